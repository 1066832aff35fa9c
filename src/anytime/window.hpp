// A file that may be damaged, read in blocks.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "anytime/files.hpp"

namespace scheduled::anytime {

/// What the disk cannot read is taken for zeros, which belong to no entry, and named in `problems`.
class Window {
 public:
  Window(const Descriptor& file, std::string name, std::vector<std::string>& problems)
      : file_(&file), name_(std::move(name)), problems_(&problems) {}

  /// The bytes at `offset`, fewer where the file ends.
  std::string_view view(off_t offset, std::size_t count);

 private:
  void load(off_t offset, std::size_t count);
  std::size_t skip_unreadable(off_t offset, std::size_t count);

  const Descriptor* file_;
  std::string name_;
  std::vector<std::string>* problems_;
  off_t begin_ = 0;
  std::string bytes_;
};

}  // namespace scheduled::anytime
