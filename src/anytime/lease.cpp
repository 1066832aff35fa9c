#include "anytime/lease.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>
#include <optional>
#include <span>
#include <sstream>
#include <thread>
#include <vector>

#include "anytime/fault.hpp"
#include "anytime/files.hpp"
#include "anytime/segment.hpp"
#include "base/error.hpp"
#include "base/numbers.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled::anytime {
namespace fs = std::filesystem;

std::string place_mark() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::array<char, 64> set{};
  const ssize_t size = ::readlink("/proc/self/ns/pid", set.data(), set.size() - 1);
  return boot.empty() || size <= 0 ? "-" : boot + "/" + set.data();
}

namespace {

constexpr std::size_t claim_bytes = 512;
// Shares of a lease. Between two looks a living owner sets its time at least once, a slow server allowed for.
constexpr double beat = 0.25;
constexpr double second_look = 1.0 / 3.0;
constexpr std::int64_t nanoseconds = 1000000000;
/// Numbers are not used again: no listing that a machine remembers is as old as this and so far behind.
constexpr std::size_t kept_claims = 16;
constexpr std::int64_t kept_nanoseconds = 3600 * nanoseconds;
constexpr std::size_t most_removed = 64;        ///< at once
constexpr const char* claim_prefix = "claim-";  ///< of those without a number yet

struct Claim {
  std::string state;  ///< empty: it is being made
  double seconds = usual_lease;
  std::int64_t segments = 0;
  std::string owner;
  std::string place;
  ProcessState process;
};

Claim parse_claim(const std::string& text) {
  std::istringstream words(text);
  std::string scheduled, lease, state;
  Claim out;
  if (!(words >> scheduled >> lease >> state >> out.seconds >> out.segments) || lease != "lease") return {};
  std::getline(words >> std::ws, out.owner);
  out.owner.erase(out.owner.find_last_not_of(" \n") + 1);
  out.state = state;
  out.place = out.owner.substr(0, out.owner.find(' '));
  out.process = state_of_process(out.owner.substr(std::min(out.owner.size(), out.place.size() + 1)));
  return out;
}

std::int64_t time_of(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * nanoseconds + status.st_mtim.tv_nsec;
}

/// What is in the file now, and when it was last heard of; opening it asks the server. Nothing where it is not there.
struct Seen {
  Claim claim;
  std::int64_t time = 0;
};
std::optional<Seen> look(const fs::path& path) {
  const int number = open_placed(path, O_RDONLY);
  if (number < 0 && (errno == ENOENT || errno == ESTALE)) return std::nullopt;
  if (number < 0) fail_io(path, "cannot be read", errno);
  const Descriptor file(number);
  std::array<char, claim_bytes> text{};
  struct stat status {};
  const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
  if (size < 0 || ::fstat(file.get(), &status) != 0) fail_io(path, "cannot be read", errno);
  return Seen{parse_claim(std::string(text.data(), static_cast<std::size_t>(size))), time_of(status)};
}

/// A claim has its number when all of it is written: one that got its number empty, and was followed because its maker
/// was stopped there, would be written over what the follower wrote into it.
std::string unnamed_claim(const std::string& owner) {
  static std::atomic<int> count = 0;
  constexpr std::size_t digits = 16;
  return concat({claim_prefix, sum_text(owner).substr(0, digits), "-", std::to_string(++count)});
}

/// Goes at the end, where it has no number by then.
struct Unnamed {
  explicit Unnamed(fs::path name) : path(std::move(name)) {}
  Unnamed(const Unnamed&) = delete;
  Unnamed& operator=(const Unnamed&) = delete;
  ~Unnamed() { ::unlink(path.c_str()); }
  fs::path path;
};

std::string holder_text(const Claim& claim) {
  if (claim.process.number == 0) return "another process";
  return concat({"process ", std::to_string(claim.process.number),
                 claim.process.host.empty() ? "" : " on " + claim.process.host});
}

}  // namespace

bool has_sure_locks([[maybe_unused]] const fs::path& folder) {
#ifdef __linux__
  struct statfs status {};
  if (::statfs(folder.c_str(), &status) != 0) return false;
  // ext2 to ext4, XFS, Btrfs, tmpfs, ramfs, overlay, F2FS, ZFS, bcachefs
  constexpr std::array<std::uint32_t, 9> own{0xEF53,     0x58465342, 0x9123683E, 0x01021994, 0x858458F6,
                                             0x794C7630, 0xF2F52010, 0x2FC12FC1, 0xCA451A4E};
  return std::find(own.begin(), own.end(), static_cast<std::uint32_t>(status.f_type)) != own.end();
#else
  return false;
#endif
}

bool has_leases(const fs::path& run) {
  struct stat status {};
  const fs::path path = run / lease_folder;
  if (::lstat(path.c_str(), &status) == 0) return S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode);
  if (errno != ENOENT) fail_io(path, "cannot be seen", errno);
  return false;
}

/// A claim to be written.
Descriptor open_claim(const fs::path& path, std::string_view doing) {
  const int number = open_placed(path, O_RDWR);
  if (number < 0) fail_io(path, doing, errno);
  return Descriptor(number);
}

/// Says all the time that this process is alive.
struct Lease::Heart {
  Heart(Descriptor claim, double seconds) : file(std::move(claim)) {
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for those who know of them
    thread = std::thread([this, seconds] {
      std::unique_lock held(mutex);
      while (!ends.wait_for(held, std::chrono::duration<double>(beat * seconds), [this] { return ended; })) {
        ::futimens(file.get(), nullptr);  // the server's time; where it fails, the next look says why
      }
    });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  Heart(const Heart&) = delete;
  Heart& operator=(const Heart&) = delete;
  ~Heart() {
    {
      const std::lock_guard held(mutex);
      ended = true;
    }
    ends.notify_all();
    thread.join();
  }

  Descriptor file;
  std::mutex mutex;
  std::condition_variable ends;
  bool ended = false;
  std::thread thread;
};

void require_lease(double seconds) {
  constexpr double week = 604800.0;
  if (!(seconds > 0.0 && seconds <= week)) {
    fail_value("lease", format_number(seconds), "must be > 0 seconds and at most a week, 604800");
  }
}

Lease::Lease(const fs::path& run, double seconds, TellWait tell)
    : run_(run), folder_(run / lease_folder), seconds_(seconds), process_(::getpid()), tell_(std::move(tell)) {
  require_lease(seconds);
  owner_ = place_mark() + " " + process_mark();
  struct stat status {};
  const auto is_there = [&] { return ::lstat(folder_.c_str(), &status) == 0; };
  std::error_code error;
  if (!is_there() && fs::create_directory(folder_, error)) sync_path(run);
  if (error) fail_io(folder_, "cannot be made", error.value());
  if (!is_there()) fail_io(folder_, "cannot be seen", errno);
  if (!S_ISDIR(status.st_mode)) {
    throw StoreError(concat({folder_.string(), ": is ", kind_of(status.st_mode),
                             ", not a folder: writers of a run have their leases there; move it away"}));
  }
  claim();
  const fs::path path = path_of(number_);
  heart_ = std::make_unique<Heart>(open_claim(path, "cannot be opened"), seconds);
}

Lease::~Lease() {
  if (::getpid() != process_) {
    static_cast<void>(heart_.release());  // its thread is not in a forked process, and its lock may be held for ever
    return;
  }
  const Descriptor file(::dup(heart_->file.get()));
  heart_.reset();
  try {
    require_held();
    // Where it took over and began no segment, the owner before may still write where the next one would.
    write_claim(file.get(), number_, took_over_ && !fenced_ ? "unfenced" : "free");
  } catch (const std::exception&) {  // NOLINT: then it is taken over after its time
  }
}

fs::path Lease::path_of(std::int64_t number) const { return folder_ / segment_name(number); }

/// The time of the server that keeps the files: only such times are compared.
std::int64_t Lease::server_now() const {
  const fs::path path = folder_ / "clock";
  const Descriptor file(path, O_RDWR | O_CREAT | O_NOFOLLOW, "cannot be made");
  struct stat status {};
  if (::futimens(file.get(), nullptr) != 0 || ::fstat(file.get(), &status) != 0) {
    fail_io(path, "cannot be written", errno);
  }
  return time_of(status);
}

void Lease::write_claim(int file, std::int64_t number, const char* state) const {
  std::string line = concat(
      {"scheduled lease ", state, " ", format_number(seconds_), " ", std::to_string(least_segments_), " ", owner_});
  line.resize(claim_bytes - 1, ' ');
  line += '\n';
  const bool written = ::pwrite(file, line.data(), line.size(), 0) == static_cast<ssize_t>(line.size());
  if (!written || ::fsync(file) != 0) fail_io(path_of(number), "cannot be written", errno);
}

/// Whether the newest claim lets another follow. Throws StoreBusy where it does not.
bool Lease::may_follow(std::int64_t last) {
  auto seen = look(path_of(last));
  if (!seen) return false;                                        // not to be seen here yet
  if (seen->claim.state.empty()) seen->claim.seconds = seconds_;  // it was never written
  least_segments_ = seen->claim.segments;
  took_over_ = seen->claim.state != "free";
  if (!took_over_ || seen->claim.state == "unfenced") return true;
  const bool known_dead = seen->claim.place != "-" && seen->claim.place == place_mark() && seen->claim.process.dead;
  if (known_dead) return true;
  const auto silent = [&](const Seen& now) {
    const double since = static_cast<double>(server_now() - now.time) / static_cast<double>(nanoseconds);
    if (since > now.claim.seconds) return;
    throw StoreBusy(
        concat({run_.string(), ": ", holder_text(now.claim), " writes to this run; it was heard of ",
                std::to_string(std::max(0L, std::lround(since))), " s ago, and where it is dead the run is free ",
                format_number(now.claim.seconds), " s after that; one writes at a time, readers always can"}));
  };
  silent(*seen);
  // The server may have been away, for it as for us: then it says at once that it is alive.
  const double apart = second_look * seen->claim.seconds;
  Waiting(tell_).sleep(apart, [&] {
    return concat({run_.string(), ": ", holder_text(seen->claim), " wrote to this run and was not heard of for ",
                   format_number(seen->claim.seconds), " s; it is taken over where that is so in ",
                   std::to_string(std::lround(apart)), " s, too"});
  });
  auto again = look(path_of(last));
  if (again && again->claim.state.empty()) again->claim.seconds = seconds_;
  if (!again || again->time != seen->time || again->claim.owner != seen->claim.owner) {
    if (again) silent(*again);
    return false;
  }
  return true;
}

/// False where another process was quicker.
bool Lease::make_claim(std::int64_t number) {
  const fs::path path = path_of(number);
  const Unnamed unnamed(folder_ / unnamed_claim(owner_));
  const Descriptor written(unnamed.path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, "cannot be made");
  fault_point("lease.made");
  write_claim(written.get(), number, "held");
  fault_point("lease.written");
  if (!place_new(unnamed.path, path)) return false;
  fault_point("lease.named");
  return true;
}

void Lease::claim() {
  constexpr double pause = 0.05;
  constexpr double longest = 90;  // a machine may remember for a minute that a file was not there
  std::int64_t last = last_number(folder_);
  for (Waiting waiting(tell_); waiting.waited() < longest;) {
    if (last > 0 && !may_follow(last)) {
      last = std::max(last, last_number(folder_));
      waiting.sleep(pause, [&] {
        return concat({path_of(last).string(), ": was written by another machine and cannot be seen from this one ",
                       "yet; waiting for it, 90 s at most"});
      });
      continue;
    }
    if (took_over_) {
      const Descriptor before = open_claim(path_of(last), "cannot be taken over");
      write_claim(before.get(), last, "taken");
      fault_point("lease.taken");
    }
    if (make_claim(++last)) {
      number_ = last;
      return remove_old(last);
    }
  }
  throw StoreBusy(concat({run_.string(), ": ", path_of(last).string(),
                          " is there, but cannot be seen from this machine yet; try again in a minute"}));
}

void Lease::remove_old(std::int64_t last) const {
  const std::vector<std::int64_t> numbers = numbers_in(folder_);
  if (numbers.size() <= kept_claims) return;
  const std::int64_t now = server_now();
  for (const std::string& name : names_below(folder_)) {
    struct stat status {};
    const fs::path path = folder_ / name;
    if (!name.starts_with(claim_prefix) || ::lstat(path.c_str(), &status) != 0) continue;
    if (now - time_of(status) >= kept_nanoseconds) {  // of a process that died
      remove_placed(path.parent_path() == folder_ ? path : path.parent_path());
    }
  }
  for (const std::int64_t number : std::span(numbers).first(std::min(most_removed, numbers.size() - kept_claims))) {
    struct stat status {};
    const fs::path path = placed_path(path_of(number));
    if (number >= last || ::lstat(path.c_str(), &status) != 0 || now - time_of(status) < kept_nanoseconds) return;
    remove_placed(path_of(number));
  }
}

void Lease::require_held() const {
  const auto seen = look(path_of(number_));
  if (seen && seen->claim.state == "held" && seen->claim.owner == owner_) return;
  const bool named = seen && seen->claim.owner != owner_;
  throw StoreError(concat({run_.string(), ": ", named ? holder_text(seen->claim) : "another process",
                           " took the run over, as nothing was heard of this one for ", format_number(seconds_),
                           " s; open the run anew, it says what is on record"}));
}

}  // namespace scheduled::anytime
