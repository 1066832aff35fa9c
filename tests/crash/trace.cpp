// fsync, fdatasync and rename of the worker and its libraries, written to standard error where SCHEDULED_FAULT=list:
// a kill cannot tell whether the bytes were on the disk, their order can.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace {

void note(const std::string& text) {
  const char* const asked = std::getenv("SCHEDULED_FAULT");  // NOLINT: one thread
  if (asked != nullptr && std::strcmp(asked, "list") == 0) std::fprintf(stderr, "> %s\n", text.c_str());
}

std::string name_of(int file) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file), error).filename().string();
}

}  // namespace

extern "C" int fsync(int file) {
  note("sync " + name_of(file));
  return static_cast<int>(::syscall(SYS_fsync, file));
}

extern "C" int fdatasync(int file) {
  note("sync " + name_of(file));
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

extern "C" int rename(const char* from, const char* to) noexcept {
  note("rename " + std::filesystem::path(to).filename().string());
  return static_cast<int>(::syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to));
}
