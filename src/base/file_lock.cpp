#include "base/file_lock.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>  // NOLINT: kill is POSIX
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <mutex>
#include <sstream>
#include <utility>
#include <vector>

namespace scheduled {
namespace {

/// The open files of this process that a forked one must not keep.
struct Registry {
  std::mutex mutex;
  std::vector<int> descriptors;
};

Registry& registry() {
  static auto* const made = new Registry;  // never destroyed: files may be closed after main
  return *made;
}

/// In the child, between fork and its first own step: only calls that are safe there.
void drop_in_child() {
  for (const int descriptor : registry().descriptors) {
    // The number stays taken, so that who still closes it does not close another file; writing to it fails.
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || ::dup3(nothing, descriptor, O_CLOEXEC) < 0) ::close(descriptor);
    if (nothing >= 0) ::close(nothing);
  }
  registry().descriptors.clear();
  registry().mutex.unlock();
}

void add(int descriptor) {
  static const int registered =
      ::pthread_atfork([] { registry().mutex.lock(); }, [] { registry().mutex.unlock(); }, drop_in_child);
  static_cast<void>(registered);
  const std::lock_guard held(registry().mutex);
  registry().descriptors.push_back(descriptor);
}

bool remove(int descriptor) {
  const std::lock_guard held(registry().mutex);
  return std::erase(registry().descriptors, descriptor) > 0;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name.front() != '\0' ? name.data() : "localhost";
}

/// When the process started, in ticks since the machine did; empty where that cannot be known.
std::string start_of(std::int64_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  if (!std::getline(file, text) || text.rfind(')') == std::string::npos) return {};
  std::istringstream words(text.substr(text.rfind(')') + 1));  // the name before may have blanks
  std::string word;
  for (int k = 3; k <= 22 && words >> word; ++k) {
    if (k == 3 && (word == "Z" || word == "X")) return {};  // ended, not waited for
  }
  return words ? word : std::string();
}

}  // namespace

LockedFile::LockedFile(int descriptor) : descriptor_(descriptor) {
  if (descriptor_ >= 0) add(descriptor_);
}

LockedFile::LockedFile(LockedFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

LockedFile::~LockedFile() {
  if (descriptor_ < 0) return;
  // A process that was forked past our handler may still have the open file: the lock goes anyway.
  if (remove(descriptor_)) ::flock(descriptor_, LOCK_UN);
  ::close(descriptor_);
}

int LockedFile::lock() { return ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 ? 0 : errno; }

std::string process_mark() { return std::to_string(::getpid()) + " " + host_name() + " " + start_of(::getpid()); }

ProcessState state_of_process(const std::string& mark) {
  ProcessState out;
  std::istringstream words(mark);
  std::string start;
  if (!(words >> out.number) || out.number <= 0) return {};
  if (!(words >> out.host)) return out;
  words >> start;
  if (out.host != host_name()) return out;
  out.host.clear();
  const std::string now = start_of(out.number);
  out.dead = !start.empty() && now != start;
  return out;
}

}  // namespace scheduled
