// Rates that are not logged before the first row.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "runlog/digits.hpp"
#include "runlog/head.hpp"
#include "runlog/table.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {
namespace {

constexpr double same_line = 0.01;  // of the highest rate: rows that are so near to a line lie on it
constexpr double near_zero = 1.5;   // steps: programs count from 0 or 1, and log the rate before or after an update

/// The first rows, up to the highest one of their rise.
struct Rise {
  std::vector<double> step, rate;
  bool ends = false;        ///< a row follows that is not higher
  double tolerance = 0.01;  ///< what rows may be off a line, as a share of the highest: rates may have few digits
};

Rise rise_of(const Series& lr) {
  Rise rise;
  int digits = 0;
  std::size_t k = 0;
  for (; k < lr.step.size() && (k == 0 || lr.value[k] > lr.value[k - 1]); ++k) {
    rise.step.push_back(static_cast<double>(lr.step[k]));
    rise.rate.push_back(lr.value[k]);
    digits = std::max(digits, runlog::digits_of(lr.value[k]));
  }
  rise.ends = k < lr.step.size();
  constexpr double of_two_digits = 0.05;
  rise.tolerance = std::clamp(0.5 * std::pow(10.0, 1 - digits), same_line, of_two_digits);
  return rise;
}

struct Line {
  double start = 0.0;  ///< at step 0
  double slope = 0.0;
  double near = 0.0;  ///< how far from 0 the start may be that is 0
};

/// Through the first and the last of `count` rows; nothing: another row is off it.
std::optional<Line> line_through(const Rise& rise, std::size_t count) {
  const std::size_t last = count - 1;
  Line line;
  line.slope = (rise.rate[last] - rise.rate[0]) / (rise.step[last] - rise.step[0]);
  line.start = rise.rate[0] - line.slope * rise.step[0];
  const double off = rise.tolerance * rise.rate[last];
  line.near = std::max(near_zero * line.slope, 2.0 * off);
  for (std::size_t k = 1; k < last; ++k) {
    if (std::fabs(line.start + line.slope * rise.step[k] - rise.rate[k]) > off) return std::nullopt;
  }
  return line;
}

/// How many of the rows tell the line: three, and what is within three times the first step.
std::size_t rows_that_tell(const Rise& rise) {
  constexpr double as_far = 3.0;
  std::size_t count = std::min<std::size_t>(rise.step.size(), 3);
  while (count < rise.step.size() && rise.step[count] <= as_far * rise.step[0]) ++count;
  return count;
}

void tell_line(const Rise& rise, RateHead& head) {
  const std::size_t count = rows_that_tell(rise);
  // The highest row may be one of after the rise.
  for (std::size_t rows = count; rows >= 2 && rows + 1 >= count; --rows) {
    if (rows < count && count < rise.step.size()) break;  // the rise goes on
    const std::optional<Line> line = line_through(rise, rows);
    if (!line) continue;
    const bool ended = rows == count || rise.rate[rows] < line->start + line->slope * rise.step[rows];
    if (!ended) continue;
    const bool from_zero = std::fabs(line->start) <= line->near;
    if (!from_zero && (rows == 2 || line->start < 0.0)) continue;
    head.start = from_zero ? 0.0 : line->start;
    head.rows = static_cast<std::int64_t>(rows);
    return;
  }
  // One row in the rise, and a level after it: lower than on the line from 0, as the rise ends between the two.
  const bool level = rise.ends && rise.step.size() == 2;
  if (level && rise.rate[1] < rise.rate[0] / rise.step[0] * rise.step[1]) head.rows = 1;
}

/// The sum of rates, as progress is counted, by the lines between rows.
double sum_of(const Series& lr) {
  double sum = 0.0;
  for (std::size_t k = 1; k < lr.step.size(); ++k) {
    sum += 0.5 * (lr.value[k - 1] + lr.value[k]) * static_cast<double>(lr.step[k] - lr.step[k - 1]);
  }
  return sum;
}

}  // namespace

std::optional<RateHead> rate_head(const RunLog& log) {
  if (!log.rates.empty() || !has_values(log, "lr")) return std::nullopt;
  const Series lr = series(log, "lr");
  if (lr.step.size() < 2 || lr.step.front() < 2 || !(lr.value.front() > 0.0)) return std::nullopt;
  const Rise rise = rise_of(lr);
  if (!(rise.rate.back() > (1.0 + same_line) * rise.rate.front())) return std::nullopt;
  RateHead head{lr.step.front(), lr.value.front()};
  tell_line(rise, head);
  return head;
}

namespace runlog {

std::string head_note(const RunLog& log) {
  const std::optional<RateHead> head = rate_head(log);
  if (!head || head->rows > 1) return {};  // rows tell it
  constexpr double matters = 0.005;        // of the progress so far
  const double held_sum = head->first * static_cast<double>(head->from);
  if ((head->rows == 1 ? 0.5 : 1.0) * held_sum <= matters * sum_of(series(log, "lr"))) return {};
  const std::string first = concat({"lr is first logged at step ", std::to_string(head->from)});
  if (head->rows == 0) {
    return concat({first, " and rises from there, but not on a line that begins at step 0: ", rounded(head->first),
                   " is held before it; ", warmup_text("N"), " says that a linear warmup of N steps came first, ",
                   option_text("lr", "SPEC"), " gives the schedule"});
  }
  return concat({first,
                 ", below the next row, after which it does not rise: a linear warmup from 0 is taken before it; ",
                 warmup_text("0"), " holds ", rounded(head->first), " instead"});
}

void drop_head_note(RunLog& log) { std::erase(log.notes, head_note(log)); }

}  // namespace runlog
}  // namespace scheduled
