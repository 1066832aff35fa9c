// The error of a file that is not there, which Python shows as its own FileNotFoundError, too. Private.
#pragma once

#include <string>
#include <utility>

#include "scheduled/error.hpp"

namespace scheduled {

class MissingFile : public ArgumentError {
 public:
  MissingFile(Fields fields, std::string file) : ArgumentError(std::move(fields)), file_(std::move(file)) {}
  const std::string& file() const noexcept { return file_; }

 private:
  std::string file_;
};

/// The file or folder `path`, which is what the argument says, is not there.
[[noreturn]] inline void fail_missing(std::string name, const std::string& path, std::string requirement) {
  throw MissingFile({.name = std::move(name), .value = path, .requirement = std::move(requirement)}, path);
}

}  // namespace scheduled
