#include "plot/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace scheduled::plot {
namespace {

std::string message(const std::filesystem::path& path, int error) {
  return path.string() + ": cannot be written: " + std::generic_category().message(error);
}

/// What is written: the file that a link leads to, whether it exists or not, rather than the link.
std::filesystem::path behind_links(std::filesystem::path path) {
  std::error_code error;
  for (int links = 0; links < 40 && std::filesystem::is_symlink(path, error); ++links) {
    path = path.parent_path() / std::filesystem::read_symlink(path, error);  // an absolute target replaces it all
  }
  return path;
}

/// A file beside the target, on the same file system, removed unless it was renamed.
class Beside {
 public:
  explicit Beside(const std::filesystem::path& target)
      : name_(target.string() + "." + std::to_string(::getpid()) + ".part"),
        descriptor_(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)),
        error_(descriptor_ < 0 ? errno : 0) {}
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;
  ~Beside() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (error_ == 0 && !renamed_) ::unlink(name_.c_str());
  }

  /// Why it could not be created; 0: it was.
  int error() const { return error_; }

  /// 0 or the error.
  int write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno != EINTR) return errno;
      if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return ::fsync(descriptor_) == 0 || errno == EINVAL ? 0 : errno;
  }

  int rename_to(const std::filesystem::path& target) {
    if (::close(std::exchange(descriptor_, -1)) != 0) return errno;
    if (::rename(name_.c_str(), target.c_str()) != 0) return errno;
    renamed_ = true;
    return 0;
  }

 private:
  std::string name_;
  int descriptor_;
  int error_;
  bool renamed_ = false;
};

}  // namespace

void check_writable(const std::filesystem::path& given) {
  const std::filesystem::path path = behind_links(given);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw std::invalid_argument(message(path, EISDIR));
  if (::access(path.c_str(), F_OK) == 0 && ::access(path.c_str(), W_OK) != 0) {
    throw std::invalid_argument(message(path, errno));
  }
  if (const int error = Beside(path).error()) throw std::invalid_argument(message(path, error));
}

void write_file(const std::filesystem::path& given, std::string_view bytes) {
  const std::filesystem::path path = behind_links(given);
  Beside file(path);
  int error = file.error();
  if (error == 0) error = file.write(bytes);
  if (error == 0) error = file.rename_to(path);
  if (error != 0) throw std::runtime_error(message(path, error));
}

}  // namespace scheduled::plot
