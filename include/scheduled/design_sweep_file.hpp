// Layer 3: the results of a sweep in a CSV file, from which an interrupted sweep goes on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "scheduled/design_sweep.hpp"

namespace scheduled {

/// combination, schedule, steps, cooldown, grad_norm, criterion, distance (these say which sweep it is), T, peak,
/// bound, closed_form, at_limit, error.
const std::vector<std::string>& sweep_columns();

/// The cells of a result; numbers read back exactly; empty where there is none. A very long spec is shortened.
std::vector<std::string> sweep_cells(const SweepAxes& axes, const SweepOptions& options, const SweepResult& result);

/// A file with one line per result, in the order they come. Each line is appended by one write, so that whatever
/// interrupts the sweep, at most the last line is incomplete; it is cut off when the file is opened again.
/// One process at a time (a lock is held). The series of a grad norm family are known by their name only.
class SweepFile {
 public:
  /// Opens or makes the file and reads what it holds. `axes` and `options` must outlive it. Throws
  /// std::invalid_argument naming file and line: it cannot be opened, another process has it, it is no such file, or
  /// that of another sweep.
  SweepFile(const std::filesystem::path& path, const SweepAxes& axes, const SweepOptions& options);
  SweepFile(const SweepFile&) = delete;
  SweepFile& operator=(const SweepFile&) = delete;
  ~SweepFile();

  /// The results that it held when it was opened.
  const std::vector<SweepResult>& found() const noexcept { return found_; }
  bool holds(std::int64_t combination) const { return known_.contains(combination); }

  /// Appends a line. Throws std::runtime_error naming the file, and leaves no part of the line (disk full).
  void append(const SweepResult& result);

  /// All lines are on the disk then. Throws as append.
  void sync();

 private:
  void read(std::string_view text);
  [[noreturn]] void fail_to_write(int error) const;

  std::filesystem::path path_;
  const SweepAxes& axes_;
  const SweepOptions& options_;
  int descriptor_ = -1;
  std::vector<SweepResult> found_;
  std::set<std::int64_t> known_;
};

}  // namespace scheduled
