// Preloaded: lets the operating system fail on files whose path has SCHEDULED_SHIM_PATH in it.
//   SCHEDULED_SHIM=eio      reads fail with EIO
//   SCHEDULED_SHIM=enospc   writes fail with ENOSPC once SCHEDULED_SHIM_BYTES have been written
//   SCHEDULED_SHIM=nosync   fsync and fdatasync fail with EIO
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::atomic<long> written{0};

bool asked(const char* what) {
  const char* const shim = std::getenv("SCHEDULED_SHIM");  // NOLINT: nobody changes it
  return shim != nullptr && std::strcmp(shim, what) == 0;
}

bool meant(int file) {
  const char* const part = std::getenv("SCHEDULED_SHIM_PATH");  // NOLINT
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size() - 1);
  return part != nullptr && size > 0 && std::strstr(path.data(), part) != nullptr;
}

bool full(int file, size_t count) {
  if (!asked("enospc") || !meant(file)) return false;
  const char* const most = std::getenv("SCHEDULED_SHIM_BYTES");  // NOLINT
  return (written += static_cast<long>(count)) > (most != nullptr ? std::atol(most) : 0);
}

ssize_t failed(int error) {
  errno = error;
  return -1;
}

}  // namespace

extern "C" {

ssize_t read(int file, void* bytes, size_t count) {
  if (asked("eio") && meant(file)) return failed(EIO);
  return ::syscall(SYS_read, file, bytes, count);
}
ssize_t pread(int file, void* bytes, size_t count, off_t offset) {
  if (asked("eio") && meant(file)) return failed(EIO);
  return ::syscall(SYS_pread64, file, bytes, count, offset);
}
ssize_t write(int file, const void* bytes, size_t count) {
  if (full(file, count)) return failed(ENOSPC);
  return ::syscall(SYS_write, file, bytes, count);
}
ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
  if (full(file, count)) return failed(ENOSPC);
  return ::syscall(SYS_pwrite64, file, bytes, count, offset);
}
int fsync(int file) {
  if (asked("nosync") && meant(file)) return static_cast<int>(failed(EIO));
  return static_cast<int>(::syscall(SYS_fsync, file));
}
int fdatasync(int file) {
  if (asked("nosync") && meant(file)) return static_cast<int>(failed(EIO));
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

}  // extern "C"
