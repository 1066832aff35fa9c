// Who may write to a run on a file system that other machines see, too (docs/adr/0011-leases.md).
//
// lease/000001, lease/000002, ...: a claim for every process that opened the run for writing, placed exclusively and
// whole (place_new), so that a number has one owner; the newest has the run. A claim is a line of 512 bytes:
//   scheduled lease STATE SECONDS SEGMENT PLACE PROCESS HOST START
// STATE is "held", "free" (given back), "unfenced" (given back, but an owner before it was taken over and may still
// write behind the end of the record) or "taken" (by the owner of a later claim); SEGMENT is the last of the record
// that the owner knows; PLACE says where its process number means something. The owner sets the time of its claim
// anew all the time. One that did not for SECONDS may be taken over: its claim is made to say so, then the next one is
// made, then the record is read. So a process that looks at its own claim after a write, and finds it as it was, knows
// that all later owners read what it wrote. While it has the run it never writes its claim again.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "anytime/waiting.hpp"

namespace scheduled::anytime {

constexpr const char* lease_folder = "lease";
constexpr double usual_lease = 60;  ///< seconds

/// Whether locks on files in this folder are known to hold for everybody who sees them: it is on a disk of this
/// machine.
bool has_sure_locks(const std::filesystem::path& folder);

/// Whether a writer of this run ever had a lease. Then another one may have it now whose locks are not seen here, as on
/// the disk of a server that other machines mount; so all have leases from then on. True where a link is in the way, so
/// that Lease says so. Throws StoreError where that cannot be seen.
bool has_leases(const std::filesystem::path& run);

/// This start of this machine, and in it the set of processes that see each other's numbers: a container has its own.
/// "-": not to be known.
std::string place_mark();

/// Throws ArgumentError naming lease, which must be > 0 and at most a week.
void require_lease(double seconds);

class Lease {
 public:
  /// Takes the run, in which a process that was not heard of for `seconds` is taken for dead. Throws StoreBusy, which
  /// names the holder. Where one is to be taken over that may be alive, it looks twice: a third of that apart.
  Lease(const std::filesystem::path& run, double seconds, TellWait tell = {});
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();  ///< gives it back

  /// Throws StoreError where another process took the run over. Looks past what this machine remembers of the file.
  void require_held() const;

  /// Whether the one before did not give it back: it may be alive, and still write.
  bool took_over() const { return took_over_; }

  /// At least this many segments are there, whether this machine sees them yet or not.
  std::int64_t least_segments() const { return least_segments_; }
  /// There is this segment now; the next owner is told when the run is given back.
  void note_segment(std::int64_t number) {
    least_segments_ = number;
    fenced_ = true;
  }

  /// A number that no other process has.
  std::int64_t number() const { return number_; }

 private:
  struct Heart;

  void claim();
  bool may_follow(std::int64_t last);
  bool make_claim(std::int64_t number);
  void write_claim(int file, std::int64_t number, const char* state) const;
  void remove_old(std::int64_t last) const;
  std::int64_t server_now() const;
  std::filesystem::path path_of(std::int64_t number) const;

  std::filesystem::path run_;
  std::filesystem::path folder_;
  double seconds_;
  pid_t process_;
  TellWait tell_;
  std::int64_t number_ = 0;
  std::int64_t least_segments_ = 0;
  bool took_over_ = false;
  bool fenced_ = false;  ///< began a segment
  std::string owner_;    ///< the end of the claim's line
  std::unique_ptr<Heart> heart_;
};

}  // namespace scheduled::anytime
