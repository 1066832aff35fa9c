// Lines of a file, a pipe or a terminal as they come, and a clean end on Ctrl-C.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scheduled::cli {

class LineInput {
 public:
  /// `file`: a path, or "-" for standard input. With `follow` the end of a file is waited beyond. From here on SIGINT
  /// and SIGTERM end the input instead of the process. Throws ArgumentError: missing, unreadable, a directory.
  LineInput(const std::string& file, bool follow);
  LineInput(const LineInput&) = delete;
  LineInput& operator=(const LineInput&) = delete;
  ~LineInput();

  /// The next line without its line break, valid until the next call; nothing at the end. A last line without a line
  /// break counts, but not with `follow` or after Ctrl-C: it may be half written. Throws ArgumentError where
  /// reading fails, a line is longer than 16 MiB, or a file that is followed has become shorter.
  std::optional<std::string_view> next();

  /// True where `next` would have to wait or is at its end: a time to show what is done.
  bool waits() const;

  /// The input came to its end: no signal ended it.
  bool ended() const { return ended_; }

 private:
  bool read_more();
  bool wait_for_input() const;

  std::string name_;
  int descriptor_ = -1;
  bool follow_ = false;
  bool ended_ = false;
  std::int64_t bytes_ = 0;  // read so far
  std::string pending_;
  std::size_t at_ = 0;  // in pending_
};

}  // namespace scheduled::cli
