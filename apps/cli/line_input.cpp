#include "cli/line_input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include "shell/file.hpp"

namespace scheduled::cli {
using namespace shell;
namespace {

constexpr std::size_t longest_line = std::size_t{1} << 24;
constexpr int milliseconds_between_looks = 200;

// A signal writes a byte here, so that no signal is lost between a look at a flag and the wait for input.
std::array<int, 2> signal_pipe{-1, -1};

void note_signal(int) {
  const int error = errno;
  [[maybe_unused]] const auto ignored = ::write(signal_pipe[1], "", 1);
  errno = error;
}

std::string reason() { return std::generic_category().message(errno); }

void catch_signals() {
  if (signal_pipe[0] >= 0) return;
  if (::pipe2(signal_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    throw std::runtime_error("cannot make a pipe: " + reason());
  struct sigaction action {};
  action.sa_handler = note_signal;  // NOLINT: a union of the system
  ::sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

/// A signal came, or comes within the time.
bool interrupted(int milliseconds) {
  pollfd look{signal_pipe[0], POLLIN, 0};
  return ::poll(&look, 1, milliseconds) != 0;
}

}  // namespace

LineInput::LineInput(const std::string& file, bool follow) : name_(source_name(file)), follow_(follow) {
  if (file == "-") {
    descriptor_ = ::dup(STDIN_FILENO);
  } else {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0 && errno == ENOENT) fail_file(name_, "no such file");
    if (S_ISDIR(status.st_mode)) fail_file(name_, "is a directory, not a file");
    descriptor_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (descriptor_ < 0) fail_file(name_, "cannot be opened: " + reason());
  catch_signals();
}

LineInput::~LineInput() { ::close(descriptor_); }

bool LineInput::waits() const { return pending_.find('\n', at_) == std::string::npos; }

std::optional<std::string_view> LineInput::next() {
  while (true) {
    if (interrupted(0)) return std::nullopt;
    const std::size_t end = pending_.find('\n', at_);
    if (end != std::string::npos) {
      const std::string_view line = std::string_view(pending_).substr(at_, end - at_);
      at_ = end + 1;
      return line;
    }
    if (ended_ || !read_more()) break;
  }
  if (follow_ || !ended_ || at_ == pending_.size()) return std::nullopt;
  const std::string_view line = std::string_view(pending_).substr(at_);
  at_ = pending_.size();
  return line;
}

/// False where a signal came first.
bool LineInput::wait_for_input() const {
  std::array<pollfd, 2> looks{{{signal_pipe[0], POLLIN, 0}, {descriptor_, POLLIN, 0}}};
  while (::poll(looks.data(), looks.size(), -1) < 0) {
    if (errno != EINTR) fail_file(name_, "cannot be read: " + reason());
  }
  return looks[0].revents == 0;
}

/// Reads a block. False at the end (`ended_`) or after a signal.
bool LineInput::read_more() {
  pending_.erase(0, at_);
  at_ = 0;
  if (pending_.size() > longest_line) fail_file(name_, "a line is longer than 16 MiB");
  std::array<char, 1 << 16> block;  // NOLINT: filled by read
  while (wait_for_input()) {
    const ssize_t count = ::read(descriptor_, block.data(), block.size());
    if (count > 0) {
      pending_.append(block.data(), static_cast<std::size_t>(count));
      bytes_ += count;
      return true;
    }
    if (count < 0 && errno != EINTR && errno != EAGAIN) fail_file(name_, "cannot be read: " + reason());
    if (count == 0 && !follow_) {
      ended_ = true;
      return pending_.size() > at_;
    }
    struct stat status {};
    const bool is_file = ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
    if (is_file && status.st_size < bytes_)
      fail_file(name_, "has become shorter; it is followed from its beginning on");
    if (interrupted(milliseconds_between_looks)) return false;
  }
  return false;
}

}  // namespace scheduled::cli
