#include "anytime/files.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#if __has_include(<linux/fs.h>)
#include <linux/fs.h>
#endif

#include "anytime/fault.hpp"
#include "anytime/xxh3.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/missing.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled::anytime {
namespace fs = std::filesystem;

void fail_io(const fs::path& path, std::string_view doing, int error) {
  throw StoreError(concat({path.string(), ": ", doing, ": ", std::generic_category().message(error)}), error);
}

Descriptor::Descriptor(const fs::path& path, int flags, std::string_view doing)
    : number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
  if (number_ < 0) fail_io(path, doing, errno);
}

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

std::string_view kind_of(mode_t mode) {
  return S_ISLNK(mode)    ? "a link"
         : S_ISDIR(mode)  ? "a folder"
         : S_ISFIFO(mode) ? "a FIFO"
         : S_ISSOCK(mode) ? "a socket"
         : S_ISREG(mode)  ? "a file"
                          : "a device";
}

namespace {

void sync(const Descriptor& file, const fs::path& path) {
  if (::fsync(file.get()) != 0 && errno != EINVAL) fail_io(path, "cannot be synced", errno);
}

}  // namespace

RecordedFile sum(const Descriptor& file, const fs::path& path) {
  constexpr std::size_t block = 1 << 20;
  std::string bytes(block, '\0');
  Xxh3 hash;
  RecordedFile out;
  for (;;) {
    Interruption::poll();
    const ssize_t count = ::read(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_io(path, "cannot be read", errno);
    if (count == 0) break;
    hash.add({bytes.data(), static_cast<std::size_t>(count)});
    out.bytes += count;
  }
  out.xxh3 = hash.hex();
  return out;
}

void sync_path(const fs::path& path) { sync(Descriptor(path, O_RDONLY, "cannot be synced"), path); }

std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    const fs::file_status status = entries->symlink_status();
    if (fs::is_regular_file(status)) {
      names.push_back(entries->path().lexically_relative(folder).generic_string());
    } else if (!fs::is_directory(status)) {
      fail_value("file", entries->path().string(),
                 "must be a file or a folder; links and devices cannot be in a checkpoint");
    }
  }
  if (error) fail_io(folder, "cannot be listed", error.value());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> names_below(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (!fs::is_directory(entries->symlink_status(error))) {
      names.push_back(entries->path().lexically_relative(folder).generic_string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<RecordedFile> sum_files(const fs::path& folder) {
  std::vector<RecordedFile> files;
  for (const std::string& name : files_below(folder)) {
    const fs::path path = folder / name;
    files.push_back(sum(Descriptor(path, O_RDONLY | O_NOFOLLOW, "cannot be read"), path));
    files.back().name = name;
  }
  return files;
}

void sync_files(const fs::path& folder, std::span<const std::string> names) {
  for (const std::string& name : names) sync_path(folder / name);
}

void sync_folders(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_directory()) sync_path(entry.path());
  }
  sync_path(folder);
}

off_t size_of(const Descriptor& file, const fs::path& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail_io(path, "cannot be read", errno);
  return status.st_size;
}

std::string sum_text(std::string_view text) {
  Xxh3 hash;
  hash.add(text);
  return hash.hex();
}

void write_all(const Descriptor& file, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) fail_io(path, "cannot be written", errno);
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void write_new(const fs::path& path, std::string_view bytes) {
  write_all(Descriptor(path, O_WRONLY | O_CREAT | O_EXCL, "cannot be made"), bytes, path);
}

namespace {

/// The name of a file in the folder that is placed for it.
constexpr const char* placed_name = "it";

/// A second name for a file; false where there is something of this name. Nothing: the file system has no hard links.
std::optional<bool> link_new(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return true;
  const int failure = errno;
  if (failure == EPERM || failure == EOPNOTSUPP || failure == ENOSYS) return std::nullopt;
  if (failure != EEXIST) fail_io(to, "cannot be made", failure);
  struct stat status {};
  // A server may have done it, and be asked again because its answer was lost.
  return ::lstat(from.c_str(), &status) == 0 && status.st_nlink == 2;
}

/// Nothing: the file system cannot rename without replacing.
std::optional<bool> rename_new([[maybe_unused]] const fs::path& from, [[maybe_unused]] const fs::path& to) {
#ifdef RENAME_NOREPLACE
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) fail_io(to, "cannot be made", errno);
#endif
  return std::nullopt;
}

bool place_in_folder(const fs::path& from, const fs::path& to) {
  fs::path part = from;
  part += ".folder";
  if (::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) fail_io(part, "cannot be made", errno);
  if (::rename(from.c_str(), (part / placed_name).c_str()) != 0) fail_io(part, "cannot be written", errno);
  sync_path(part);
  if (::rename(part.c_str(), to.c_str()) == 0) return true;
  const int failure = errno;
  remove_placed(part);
  if (failure != EEXIST && failure != ENOTEMPTY && failure != ENOTDIR) fail_io(to, "cannot be made", failure);
  return false;
}

}  // namespace

bool place_new(const fs::path& from, const fs::path& to) {
  if (const std::optional<bool> linked = link_new(from, to)) {
    ::unlink(from.c_str());  // what stays of it harms nobody
    return *linked;
  }
  if (const std::optional<bool> renamed = rename_new(from, to)) {
    if (!*renamed) ::unlink(from.c_str());
    return *renamed;
  }
  return place_in_folder(from, to);
}

int open_placed(const fs::path& path, int flags, fs::path* where) {
  if (where != nullptr) *where = path;
  const int file = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0666);
  struct stat status {};
  const bool folder = file < 0 ? errno == EISDIR : ::fstat(file, &status) == 0 && S_ISDIR(status.st_mode);
  if (!folder) return file;
  if (file >= 0) ::close(file);
  if (where != nullptr) *where = path / placed_name;
  return ::open((path / placed_name).c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0666);
}

fs::path placed_path(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(fs::symlink_status(path, error)) ? path / placed_name : path;
}

void remove_placed(const fs::path& path) {
  if (::unlink(path.c_str()) == 0) return;
  ::unlink((path / placed_name).c_str());
  ::rmdir(path.c_str());
}

void move_new(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(to, error))) fail_io(to, "cannot be made", EEXIST);  // we hold the lock
  if (::rename(from.c_str(), to.c_str()) != 0) fail_io(to, "cannot be made", errno);
}

namespace {

/// A copy that shares its blocks with the source until one of the two is written; false where the file system has none.
bool clone_blocks([[maybe_unused]] const Descriptor& source, [[maybe_unused]] const Descriptor& target) {
#ifdef FICLONE
  return ::ioctl(target.get(), FICLONE, source.get()) == 0;
#else
  return false;
#endif
}

FilePlaced copy_bytes(const fs::path& from, const fs::path& to) {
  constexpr std::size_t block = 1 << 20;
  const Descriptor source(from, O_RDONLY, "cannot be read");
  const Descriptor target(to, O_WRONLY | O_CREAT | O_EXCL, "cannot be written");
  if (clone_blocks(source, target)) return FilePlaced::cloned;
  std::string bytes(block, '\0');
  for (;;) {
    Interruption::poll();
    const ssize_t count = ::read(source.get(), bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) fail_io(from, "cannot be read", errno);
    if (count == 0) return FilePlaced::written;
    write_all(target, {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))}, to);
  }
}

FilePlaced place_file(const fs::path& from, const fs::path& to, bool link) {
  // Of a link, the file that it leads to. Where hard links do not work, as between file systems, it is a copy.
  if (link && ::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0) return FilePlaced::linked;
  return copy_bytes(from, to);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail_io(folder, "cannot be made", error.value());
}

}  // namespace

void copy_into(const fs::path& from, const fs::path& into) {
  std::map<std::string, FilePlaced> placed;
  place_into(from, into, false, placed);
}

void place_into(const fs::path& from, const fs::path& into, bool link, std::map<std::string, FilePlaced>& placed) {
  std::error_code error;
  const fs::file_status status = fs::status(from, error);
  if (!fs::exists(status)) fail_missing("file", from.string(), "no such file");
  if (!fs::is_directory(status) && !fs::is_regular_file(status)) {
    fail_value("file", from.string(), "must be a file or a folder");
  }
  const bool folder = fs::is_directory(status);
  for (const std::string& name : folder ? files_below(from) : std::vector<std::string>{from.filename().string()}) {
    const fs::path to = into / name;
    if (fs::exists(to, error))
      fail_value("file", (folder ? from / name : from).string(), "there is another file of this name");
    make_folder(to.parent_path());
    placed[name] = place_file(folder ? from / name : from, to, link);
    fault_point("commit.placed");
  }
}

namespace {

int open_to_lock(const fs::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0666);
  if (descriptor < 0) fail_io(path, "cannot be locked for writing", errno);
  return descriptor;
}

/// It is written, so it is nothing that a link leads to, and nothing that another process reads.
int open_lock_file(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    throw StoreError(concat({path.string(), ": is ", kind_of(status.st_mode), ", not a file; it may be removed"}));
  }
  return open_to_lock(path, O_RDWR | O_CREAT | O_NOFOLLOW);
}

/// "process 17", with its host, and whether it is still there.
std::string holder_of(const LockedFile& file) {
  std::array<char, 512> text{};
  const ssize_t size = ::pread(file.get(), text.data(), text.size() - 1, 0);
  const ProcessState holder =
      state_of_process(std::string(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))));
  if (holder.number == 0) return {};
  return concat({" (process ", std::to_string(holder.number), holder.host.empty() ? "" : " on " + holder.host,
                 holder.dead ? ", which has ended; a process that it started holds the run" : "", ")"});
}

}  // namespace

WriterLock::WriterLock(const fs::path& folder, const fs::path& path, std::optional<double> lease, const TellWait& tell)
    : folder_(open_to_lock(folder, O_RDONLY | O_DIRECTORY)), file_(open_lock_file(path)) {
  const int of_folder = folder_.lock();
  const int of_file = of_folder == EWOULDBLOCK ? of_folder : file_.lock();
  if (of_folder == EWOULDBLOCK || of_file == EWOULDBLOCK) {
    throw StoreBusy(concat({folder.string(), ": another process writes to this run", holder_of(file_),
                            "; one at a time, readers always can"}));
  }
  if (!lease && (!has_sure_locks(folder) || has_leases(folder))) lease = usual_lease;
  if (of_file != 0 && !lease) fail_io(path, "cannot be locked for writing", of_file);
  // For the other's error text only: a disk too full for it is no reason to stop.
  const std::string own = process_mark() + "\n";
  if (::ftruncate(file_.get(), 0) == 0) [[maybe_unused]]
    const auto size = ::pwrite(file_.get(), own.data(), own.size(), 0);
  if (lease) lease_.emplace(folder, *lease, tell);
}

}  // namespace scheduled::anytime
