#include "shell/file.hpp"

#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "shell/values.hpp"

namespace scheduled::shell {
namespace {

std::string reason(int error) { return "cannot be written: " + std::generic_category().message(error); }

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

std::string read_stream(std::istream& stream, const std::string& name) {
  std::string text;
  std::array<char, 1 << 14> block{};
  errno = 0;
  do {
    stream.read(block.data(), block.size());
    text.append(block.data(), static_cast<std::size_t>(stream.gcount()));
  } while (stream);
  if (stream.bad()) fail_file(name, "cannot be read: " + std::generic_category().message(errno));
  if (trimmed(text).empty()) fail_file(name, "empty");
  return text;
}

}  // namespace

void check_writable(const std::filesystem::path& given) {
  const std::filesystem::path path = behind_links(given);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) fail_file(path.string(), reason(EISDIR));
  if (::access(path.c_str(), F_OK) == 0 && ::access(path.c_str(), W_OK) != 0) {
    fail_file(path.string(), reason(errno));
  }
  if (const int error = Beside(path).error()) fail_file(path.string(), reason(error));
}

void write_file(const std::filesystem::path& given, std::string_view bytes) {
  const std::filesystem::path path = behind_links(given);
  Beside file(path);
  int error = file.error();
  if (error == 0) error = file.write(bytes);
  if (error == 0) error = file.rename_to(path);
  if (error != 0) throw std::runtime_error(path.string() + ": " + reason(error));
}

void fail_file(const std::string& file, const std::string& requirement) {
  throw ArgumentError({.requirement = requirement, .place = Place{file}});
}

std::vector<std::string> matching_files(const std::string& pattern) {
  std::error_code error;
  if (std::filesystem::exists(pattern, error)) return {pattern};
  glob_t found{};
  std::vector<std::string> files{pattern};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return files;
}

std::string source_name(const std::string& file) { return file == "-" ? "standard input" : file; }

std::string read_text(const std::string& file) {
  if (file == "-") {
    if (std::cin.eof()) fail_file(source_name(file), "is read already; give one of its readers a file");
    return read_stream(std::cin, source_name(file));
  }
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) fail_file(file, "no such file");
  if (status.type() == std::filesystem::file_type::directory) fail_file(file, "is a directory, not a file");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail_file(file, "cannot be opened: " + std::generic_category().message(errno));
  return read_stream(stream, file);
}

std::vector<double> read_numbers(std::string_view source, std::string_view text) {
  std::vector<double> numbers;
  for (std::int64_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view entry = trimmed(text.substr(0, std::min(end, text.find('#'))));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (entry.empty()) continue;
    const auto number = parse_number(entry);
    if (!number) {
      throw ArgumentError({.value = concat({"'", entry.substr(0, 60), "'"}),
                           .requirement = "must be a number",
                           .place = Place{std::string(source), line}});
    }
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace scheduled::shell
