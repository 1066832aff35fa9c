#include "anytime/journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "anytime/journal_scan.hpp"
#include "base/advice.hpp"
#include "base/error.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled::anytime {
namespace fs = std::filesystem;

bool Journal::exists(const fs::path& run) {
  std::error_code error;
  return fs::is_directory(run / record_folder, error) && last_number(run / record_folder) > 0;
}

void fail_newer(const fs::path& run, std::int64_t version) {
  fail_value("folder", run.string(),
             concat({"was written by a newer scheduled: its format is ", std::to_string(version),
                     ", this one reads up to ", std::to_string(store_version)}));
}

Journal::Journal(const fs::path& run, bool write, Lease* lease, TellWait tell)
    : run_(run), write_(write), lease_(lease), tell_(std::move(tell)) {
  open_segments();
}

fs::path Journal::segment_path(std::int64_t number) const { return run_ / record_folder / segment_name(number); }

std::string Journal::shown(const Segment& segment) const {
  return std::string(record_folder) + "/" + segment_name(segment.number);
}

Journal::Segment Journal::open_segment(std::int64_t number) const {
  fs::path path;
  const int file = open_placed(segment_path(number), (write_ ? O_RDWR : O_RDONLY) | O_NONBLOCK, &path);
  if (file < 0) fail_io(path, "cannot be opened", errno);
  Segment out{number, first_version, 0, {}, path, Descriptor(file), 0};
  struct stat status {};
  if (::fstat(out.file.get(), &status) != 0) fail_io(path, "cannot be opened", errno);
  if (!S_ISREG(status.st_mode)) throw StoreError(path.string() + ": is not a file");
  out.inode = status.st_ino;
  std::vector<std::string> unreadable;
  Window window(out.file, shown(out), unreadable);
  const auto head = parse_segment_line(window.view(0, mark_offset), number);
  if (head && !is_ours(head->version)) fail_newer(run_, head->version);
  if (head) {
    out.version = static_cast<int>(head->version);
    out.after = head->after;
    out.after_hash = head->after_hash;
  } else {
    out.after = -1;  // the entries tell
  }
  return out;
}

void Journal::open_segments() {
  segments_.clear();
  const std::vector<std::int64_t> listed = numbers_in(run_ / record_folder);
  std::int64_t last = listed.empty() ? 0 : listed.back();
  if (lease_ != nullptr && last < lease_->least_segments()) {
    last = lease_->least_segments();
    wait_for_segment(last);
  }
  if (last == 0) {
    throw StoreError(concat({run_.string(), "/", record_folder, ": holds no record; ", run_verb_text("repair"),
                             " makes one of what the checkpoints' folders say"}));
  }
  for (std::int64_t number = last; number >= 1; --number) {
    std::error_code error;
    const bool gone = fs::symlink_status(segment_path(number), error).type() == fs::file_type::not_found;
    const bool is_listed = std::binary_search(listed.begin(), listed.end(), number);
    if (gone && !is_listed) break;  // a scan says that it is missing
    if (gone) wait_for_segment(number);
    segments_.push_back(open_segment(number));
    if (segments_.back().after == 0) break;  // it holds the whole record
  }
  std::reverse(segments_.begin(), segments_.end());
  end_ = {0, static_cast<off_t>(head_bytes), 0, no_hash()};
  size_ = -1;
  damage_.clear();
  hashes_.clear();
  last_facts_ = no_hash();
}

/// What another machine wrote may take its time to be seen here.
void Journal::wait_for_segment(std::int64_t number) const {
  const fs::path path = segment_path(number);
  constexpr double longest = 90;  // seconds
  constexpr double pause = 0.05;
  for (Waiting waiting(tell_);;) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file >= 0) {
      ::close(file);
      return;
    }
    if (waiting.waited() > longest) {
      fail_io(path, "is there, but cannot be seen from this machine yet; try again in a minute", errno);
    }
    waiting.sleep(pause, [&] {
      return concat({path.string(), ": was written by another machine and cannot be seen from this one yet; waiting ",
                     "for it, 90 s at most"});
    });
  }
}

bool Journal::segments_changed() const {
  struct stat status {};
  const Segment& last = segments_.back();
  if (::stat(segment_path(last.number + 1).c_str(), &status) == 0) return true;
  return ::stat(last.path.c_str(), &status) != 0 || status.st_ino != last.inode;
}

void Journal::read_on(const std::function<void()>& restart, const Use& use) {
  constexpr int tries = 4;
  for (int attempt = 0;; ++attempt) {
    // Shorter than what was read: the writer took back what it could not finish.
    const bool changed = segments_changed() || size_of(segments_.back().file, segments_.back().path) < end_.offset;
    if (changed || !damage_.empty() || attempt > 0) {
      open_segments();
      restart();
    } else if (size_of(segments_.back().file, segments_.back().path) == size_) {
      return;
    }
    Scan pass{.at = end_};
    std::set<std::string> hashes;
    std::string last_facts = last_facts_;
    std::vector<std::string> texts;
    pass.use = [&](const EntryLine& line, std::string_view text) {
      texts.emplace_back(text);
      last_facts = line.hash;
      hashes.insert(line.hash);
    };
    scan(pass);
    if (!pass.damage.empty() && attempt + 1 < tries) {
      // A writer may have taken back what it could not finish, or gone on while we read: look again.
      if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    size_ = pass.size;
    end_ = pass.at;
    clean_ = pass.clean;
    damage_ = pass.damage;
    last_facts_ = last_facts;
    hashes_.merge(hashes);
    for (const std::string& text : texts) use(EntryKind::facts, text);
    return;
  }
}

void Journal::read_metrics(const Use& use) {
  Scan pass{.at = {0, static_cast<off_t>(head_bytes), 0, no_hash()}, .deep = true};
  pass.until = end_;
  pass.use = [&](const EntryLine& line, std::string_view text) {
    if (line.kind == EntryKind::metrics) use(line.kind, text);
  };
  scan(pass);
  for (const auto& problems : {pass.damage, pass.others}) {
    if (!problems.empty()) {
      throw StoreError(concat({run_.string(), ": the record is damaged: ", problems.front(), "; ",
                               run_verb_text("repair"), " makes one of what is intact"}));
    }
  }
}

std::vector<std::string> Journal::check() const {
  constexpr int tries = 4;
  for (int attempt = 1;; ++attempt) {
    Journal now(run_, false);
    Scan pass{.at = now.end_, .deep = true};
    now.scan(pass);
    std::vector<std::string> problems = std::move(pass.damage);
    problems.insert(problems.end(), pass.others.begin(), pass.others.end());
    // A writer may have been at work: what is damaged stays so.
    if (problems.empty() || attempt == tries) return problems;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::vector<EntryText> Journal::salvage(std::vector<std::string>& lost) {
  std::vector<EntryText> out;
  Scan pass{.at = {0, static_cast<off_t>(head_bytes), 0, no_hash()}, .deep = true};
  pass.use = [&](const EntryLine& line, std::string_view text) { out.push_back({line.kind, std::string(text)}); };
  scan(pass);
  lost = std::move(pass.damage);
  lost.insert(lost.end(), pass.others.begin(), pass.others.end());
  return out;
}

}  // namespace scheduled::anytime
