// A lock on a file or folder that belongs to this process alone.
#pragma once

#include <cstdint>
#include <string>

namespace scheduled {

/// An open file that can be locked with flock, exclusively. flock is inherited by forked processes and then held until
/// the last of them ends; so closing releases it in any case, and a forked process loses the file at once: its
/// descriptor then refers to nothing that can be written. Programs that are executed never get it.
class LockedFile {
 public:
  explicit LockedFile(int descriptor);  ///< owns it
  LockedFile(LockedFile&& other) noexcept;
  LockedFile& operator=(LockedFile&&) = delete;
  ~LockedFile();

  /// 0: the lock is ours; else errno, EWOULDBLOCK where another open file holds it.
  int lock();
  int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

/// Who this process is, in a way that outlives the reuse of its number: "number host start".
std::string process_mark();

/// What is known of the process that wrote `mark` (a line of process_mark).
struct ProcessState {
  std::int64_t number = 0;  ///< 0: the mark cannot be read
  std::string host;         ///< empty: this one
  bool dead = false;        ///< known to have ended; false where it lives, or on another host
};
ProcessState state_of_process(const std::string& mark);

}  // namespace scheduled
