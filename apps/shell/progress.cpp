#include "shell/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace scheduled::shell {
namespace {

void write_error(std::string_view text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());  // it is only progress
}

}  // namespace

Progress::Progress(std::string_view unit, std::size_t total)
    : unit_(unit), total_(total), terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) write_error("\r\x1b[K");
}

void Progress::done(std::size_t count) {
  if (!terminal_) return;
  const std::scoped_lock lock(mutex_);
  const auto now = Clock::now();
  using std::chrono::duration;
  if (now - begin_ < std::chrono::seconds(1) || now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  shown_ = true;
  constexpr std::size_t width = 24;
  const std::size_t filled = width * std::min(count, total_) / std::max<std::size_t>(total_, 1);
  const double spent = duration<double>(now - begin_).count();
  const double left =
      count > 0 ? spent * static_cast<double>(total_ - std::min(count, total_)) / static_cast<double>(count) : 0.0;
  write_error(fmt::format("\r[{}{}] {} of {} {}, {:.0f} s left\x1b[K", std::string(filled, '#'),
                          std::string(width - filled, '.'), count, total_, unit_, left));
}

Busy::Busy() {
  if (::isatty(STDERR_FILENO) != 1) return;
  thread_ = std::jthread([this](const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    for (int seconds = 1;; ++seconds) {
      wake_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
      if (stop.stop_requested()) return;
      write_error(fmt::format("\rcomputing, {} s\x1b[K", seconds));
      shown_ = true;
    }
  });
}

Busy::~Busy() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  if (shown_) write_error("\r\x1b[K");
}

}  // namespace scheduled::shell
