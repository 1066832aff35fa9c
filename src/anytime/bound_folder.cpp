// A folder by what it is, not only by its name.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "anytime/state.hpp"
#include "base/error.hpp"
#include "base/missing.hpp"

namespace scheduled {
namespace fs = std::filesystem;

namespace anytime {

namespace {

const fs::path& require_there(const fs::path& folder) {
  std::error_code error;
  if (fs::status(folder, error).type() != fs::file_type::not_found) return folder;
  fail_missing("folder", folder.string(), "no such folder");
}

}  // namespace

/// Without "." and "/" at the end. ".." stays: behind a link it leads elsewhere than the text does.
fs::path absolute_path(const fs::path& given) {
  std::error_code error;
  fs::path out;
  for (const fs::path& part : fs::absolute(given, error)) {
    if (!part.empty() && part != ".") out /= part;
  }
  if (error) fail_io(given, "cannot be opened", error.value());
  return out;
}

BoundFolder::BoundFolder(const fs::path& given)
    : shown_(given.string()),
      path_(absolute_path(require_there(given))),
      folder_(path_, O_RDONLY | O_DIRECTORY, "cannot be opened") {
  struct stat status {};
  if (::fstat(folder_.get(), &status) != 0) fail_io(path_, "cannot be opened", errno);
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

void BoundFolder::require_here() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) return;
  throw StoreError(concat({shown_, ": ", path_.string(), " is not the folder that was opened any more: it was moved, ",
                           "removed or replaced; nothing was recorded"}));
}

void BoundFolder::require_own(std::initializer_list<const char*> folders) const {
  for (const char* const name : folders) {
    struct stat status {};
    if (::fstatat(folder_.get(), name, &status, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(status.st_mode)) continue;
    throw StoreError(concat({shown_, ": ", name, " is ", kind_of(status.st_mode),
                             ", not a folder: a run keeps its files in folders of its own"}));
  }
}

}  // namespace anytime

}  // namespace scheduled
