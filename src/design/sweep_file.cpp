#include "scheduled/sweep.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/csv.hpp"
#include "base/csv_record.hpp"
#include "base/error.hpp"
#include "base/file_lock.hpp"
#include "design/records.hpp"

namespace scheduled {
namespace {

std::string message(int error) { return std::generic_category().message(error); }

/// A line of the file: line breaks in a cell become spaces, so that a line is a row.
std::string line_of(std::vector<std::string> cells) {
  for (std::string& cell : cells) {
    std::replace_if(
        cell.begin(), cell.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  }
  return csv_line(cells);
}

std::string shortened(const std::string& spec) {
  constexpr std::size_t longest = 240;
  if (spec.size() <= longest) return spec;
  return spec.substr(0, longest) + concat({"... (", std::to_string(spec.size()), " characters)"});
}

/// Says what is wrong with cells read from the file, or gives the result; the caller names file and line.
std::optional<SweepResult> result_of(const SweepAxes& axes, const SweepOptions& options,
                                     const std::vector<std::string>& cells) {
  if (cells.size() != sweep_columns().size()) return std::nullopt;
  const auto number = [&](std::size_t column) { return parse_number(cells[column]); };
  const auto combination = number(0);
  if (!combination || !(*combination >= 0.0 && *combination < static_cast<double>(axes.size()))) return std::nullopt;
  SweepResult result{static_cast<std::int64_t>(*combination), {}, cells[12]};
  if (result.error.empty()) {
    const auto T = number(7);
    const auto peak = number(8);
    const auto bound = number(9);
    constexpr double most_steps = 9007199254740992.0;  // 2^53
    if (!T || !peak || !bound || !(*T >= 0.0 && *T <= most_steps)) return std::nullopt;
    result.best = BestBaseLr{*peak, *bound, static_cast<std::int64_t>(*T), cells[10] == "true", cells[11] == "true"};
  }
  return sweep_cells(axes, options, result) == cells ? std::optional(result) : std::nullopt;
}

/// Of the grad norms.
std::string name_of(const SweepAxes& axes, const SweepPlace& place) {
  if (axes.grad_norms.empty()) return "1";
  const GradNormFamily& family = axes.grad_norms[place.grad_norm];
  return !family.name.empty() ? family.name : concat({"t^", format_number(family.alpha)});
}

}  // namespace

const std::vector<std::string>& sweep_columns() {
  static const std::vector<std::string> columns = csv_names<SweepRow>();
  return columns;
}

SweepRow sweep_row(const SweepAxes& axes, const SweepOptions& options, const SweepResult& result) {
  const SweepPlace place = sweep_place(axes, result.combination);
  const Schedule& schedule = axes.schedules.at(place.schedule);
  SweepRow row{.combination = result.combination, .schedule = shortened(print(schedule))};
  row.steps = axes.horizons.empty() ? schedule.steps().value_or(0) : axes.horizons[place.horizon];
  if (!axes.cooldowns.empty()) row.cooldown = axes.cooldowns[place.cooldown];
  row.grad_norm = name_of(axes, place);
  row.criterion = options.criterion;
  row.distance = options.distance;
  row.best = result.best;
  row.error = result.error;
  std::replace_if(
      row.error.begin(), row.error.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return row;
}

std::vector<std::string> sweep_cells(const SweepAxes& axes, const SweepOptions& options, const SweepResult& result) {
  return csv_cells(sweep_row(axes, options, result));
}

SweepFile::SweepFile(const std::filesystem::path& path, const SweepAxes& axes, const SweepOptions& options)
    : path_(path), axes_(axes), options_(options) {
  const auto fail_file = [&](std::string requirement) {
    throw ArgumentError({.requirement = std::move(requirement), .place = Place{path.string()}});
  };
  // Without O_NONBLOCK a FIFO would wait here for its reader.
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
  if (descriptor < 0) fail_file(concat({"cannot be written: ", message(errno)}));
  file_ = std::make_unique<LockedFile>(descriptor);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) fail_file("is not a plain file");
  if (file_->lock() != 0) fail_file("another process is writing to it");
  std::string text;
  std::array<char, 1 << 16> block{};
  for (;;) {
    const ssize_t count = ::read(descriptor, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_file(concat({"cannot be read: ", message(errno)}));
    if (count == 0) break;
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  read(text);
}

SweepFile::~SweepFile() = default;

void SweepFile::read(std::string_view text) {
  const std::string header = line_of(sweep_columns());
  const std::size_t whole = text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n') + 1;
  const bool cut_header = whole == 0 && header.starts_with(text);
  if (!cut_header && !text.starts_with(header)) {
    throw ArgumentError(
        {.requirement = "is not the file of a sweep; name another one", .place = Place{path_.string(), 1}});
  }
  std::int64_t line = 2;
  for (std::size_t begin = cut_header ? 0 : header.size(); begin < whole; ++line) {
    const std::size_t end = text.find('\n', begin);
    auto result = result_of(axes_, options_, cells_of_line(text.substr(begin, end - begin)));
    if (!result) {
      throw ArgumentError(
          {.requirement = "is not a result of this sweep (other schedules, axes or settings?); name another file",
           .place = Place{path_.string(), line}});
    }
    if (known_.insert(result->combination).second) found_.push_back(std::move(*result));
    begin = end + 1;
  }
  if (whole < text.size() && ::ftruncate(file_->get(), static_cast<off_t>(whole)) != 0) fail_to_write(errno);
  if (whole > 0) return;
  if (const ssize_t count = ::write(file_->get(), header.data(), header.size());
      count != static_cast<ssize_t>(header.size())) {
    fail_to_write(count < 0 ? errno : ENOSPC);
  }
}

void SweepFile::append(const SweepResult& result) {
  struct stat status {};
  if (::fstat(file_->get(), &status) == 0 && status.st_nlink == 0)
    fail_to_write(ENOENT);  // removed: nobody would see it
  const std::string line = line_of(sweep_cells(axes_, options_, result));
  const off_t before = ::lseek(file_->get(), 0, SEEK_END);
  ssize_t count = -1;
  do count = ::write(file_->get(), line.data(), line.size());
  while (count < 0 && errno == EINTR);
  if (count == static_cast<ssize_t>(line.size())) return;
  const int error = count < 0 ? errno : ENOSPC;
  [[maybe_unused]] const int cut = ::ftruncate(file_->get(), before);  // else it is cut off at the next opening
  fail_to_write(error);
}

void SweepFile::sync() {
  if (::fsync(file_->get()) != 0 && errno != EINVAL) fail_to_write(errno);
}

void SweepFile::fail_to_write(int error) const {
  throw std::runtime_error(path_.string() + ": cannot be written: " + message(error));
}

}  // namespace scheduled
