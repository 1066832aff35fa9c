#include "anytime/window.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace scheduled::anytime {

std::string_view Window::view(off_t offset, std::size_t count) {
  if (offset < begin_ || offset + static_cast<off_t>(count) > begin_ + static_cast<off_t>(bytes_.size())) {
    constexpr std::size_t block = 1 << 18;
    load(offset, std::max(block, count));
  }
  return std::string_view(bytes_).substr(static_cast<std::size_t>(offset - begin_), count);
}

void Window::load(off_t offset, std::size_t count) {
  begin_ = offset;
  bytes_.resize(count);
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t got =
        ::pread(file_->get(), bytes_.data() + filled, count - filled, offset + static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      filled += skip_unreadable(offset + static_cast<off_t>(filled), count - filled);
      continue;
    }
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes_.resize(filled);
}

std::size_t Window::skip_unreadable(off_t offset, std::size_t count) {
  constexpr std::size_t sector = 4096;
  const std::string text = name_ + ": cannot be read: " + std::generic_category().message(errno);
  if (problems_->empty() || problems_->back() != text) problems_->push_back(text);
  struct stat status {};
  const bool known = ::fstat(file_->get(), &status) == 0 && status.st_size > offset;
  const std::size_t most = known ? static_cast<std::size_t>(status.st_size - offset) : 0;
  const std::size_t skipped = std::min({sector - static_cast<std::size_t>(offset) % sector, count, most});
  std::fill_n(bytes_.begin() + (offset - begin_), skipped, '\0');
  if (skipped == 0) throw StoreError(text);
  return skipped;
}

}  // namespace scheduled::anytime
