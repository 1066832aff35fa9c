// Rates that are not logged up to the last row.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/numbers.hpp"
#include "runlog/table.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {
namespace {

/// A decay from 1 to 0 and its inverse: how far the decay is, from 0 to 1, at a height.
struct TailShape {
  std::string_view name;
  double (*height)(double progress);
  double (*progress)(double height);
};

/// The inverse of half_cosine by bisection: acos differs between C libraries (docs/adr/0002).
double cosine_progress(double height) {
  double low = 0.0;
  double high = 1.0;
  constexpr int halvings = 55;
  for (int k = 0; k < halvings; ++k) {
    const double middle = 0.5 * (low + high);
    (elementary::half_cosine(middle, 1.0 - middle) > height ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

constexpr std::array<TailShape, 3> shapes{{
    {"linear", [](double x) { return 1.0 - x; }, [](double h) { return 1.0 - h; }},
    {"cosine", [](double x) { return elementary::half_cosine(x, 1.0 - x); }, cosine_progress},
    {"1-sqrt", [](double x) { return 1.0 - std::sqrt(x); }, [](double h) { return (1.0 - h) * (1.0 - h); }},
}};

/// The rates that fall from the highest one to the last, at most a few hundred of them, and the highest.
struct Fall {
  double peak = 0.0;
  bool plateau = false;              ///< the highest rate lasts: it is where the fall begins
  std::vector<double> step, height;  ///< of the rates below the peak, as shares of it
};

Fall fall_of(const Series& lr) {
  Fall fall;
  fall.peak = *std::max_element(lr.value.begin(), lr.value.end());
  std::size_t k = lr.value.size();
  while (k > 0 && lr.value[k - 1] < fall.peak && (k == lr.value.size() || lr.value[k - 1] >= lr.value[k])) --k;
  fall.plateau = k >= 2 && lr.value[k - 1] == fall.peak && lr.value[k - 2] == fall.peak;
  constexpr std::size_t enough = 200;
  const std::size_t every = 1 + (lr.value.size() - k) / enough;
  for (std::size_t row = lr.value.size(); row > k; row -= std::min(every, row - k)) {  // the last one always
    fall.step.push_back(static_cast<double>(lr.step[row - 1]));
    fall.height.push_back(lr.value[row - 1] / fall.peak);
  }
  std::reverse(fall.step.begin(), fall.step.end());
  std::reverse(fall.height.begin(), fall.height.end());
  return fall;
}

/// The line through (step, progress), which is straight where the rates have the shape.
struct Straight {
  double start = 0.0, end = 0.0;  ///< steps at which the progress is 0 and 1
  double off = 0.0;               ///< largest difference of the rates, as a share of the peak
};

std::optional<Straight> straight(const Fall& fall, const TailShape& shape) {
  const auto n = static_cast<double>(fall.step.size());
  double mean_t = 0.0, mean_x = 0.0, tt = 0.0, tx = 0.0;
  std::vector<double> x;
  for (const double height : fall.height) x.push_back(shape.progress(height));
  for (std::size_t k = 0; k < x.size(); ++k) mean_t += fall.step[k] / n, mean_x += x[k] / n;
  for (std::size_t k = 0; k < x.size(); ++k) {
    tt += (fall.step[k] - mean_t) * (fall.step[k] - mean_t);
    tx += (fall.step[k] - mean_t) * (x[k] - mean_x);
  }
  if (!(tx > 0.0)) return std::nullopt;
  const double slope = tx / tt;
  Straight found{mean_t - mean_x / slope, mean_t + (1.0 - mean_x) / slope, 0.0};
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double at = std::clamp((fall.step[k] - found.start) * slope, 0.0, 1.0);
    found.off = std::max(found.off, std::fabs(shape.height(at) - fall.height[k]));
  }
  return found;
}

struct Continued {
  const TailShape* shape = nullptr;  ///< none: the rows follow no shape
  Straight line;
  double peak = 0.0;

  double rate(double step) const {
    return peak * shape->height(std::clamp((step - line.start) / (line.end - line.start), 0.0, 1.0));
  }
};

Continued continued(const Series& lr) {
  constexpr std::size_t fewest = 3;  // rows that fall: two lie on a line of any shape
  constexpr double close = 2e-3;     // of the peak: rates are printed with three digits and more
  const Fall fall = fall_of(lr);
  Continued best{nullptr, {}, fall.peak};
  if (fall.step.size() < fewest) return best;
  constexpr int peaks = 60;  // the fall may begin above the highest logged rate, by at most a seventh
  for (int k = 0; k < (fall.plateau ? 1 : peaks); ++k) {
    const double factor = 1.0 + 0.15 * square(static_cast<double>(k) / peaks);
    Fall from = fall;
    for (double& height : from.height) height /= factor;
    for (const TailShape& shape : shapes) {
      const std::optional<Straight> line = straight(from, shape);
      if (!line || line->off > close || line->end < fall.step.back()) continue;
      if (best.shape != nullptr && line->off >= 0.999 * best.line.off) continue;
      best = {&shape, *line, fall.peak * factor};
    }
  }
  return best;
}

}  // namespace

std::optional<RateTail> rate_tail(const RunLog& log) {
  if (!log.rates.empty() || !has_values(log, "lr")) return std::nullopt;
  const Series lr = series(log, "lr");
  const std::size_t n = lr.step.size();
  RateTail tail;
  tail.from = lr.step.back();
  tail.to = log.step.back();
  tail.held = lr.value.back();
  if (n < 2 || tail.to <= tail.from) return std::nullopt;
  const double before = lr.value[n - 2];
  const double slope = (tail.held - before) / static_cast<double>(tail.from - lr.step[n - 2]);
  tail.end = std::max(0.0, tail.held + slope * static_cast<double>(tail.to - tail.from));
  if (tail.held < before) {
    const Continued shape = continued(lr);
    if (shape.shape != nullptr) {
      tail.shape = shape.shape->name;
      tail.zero_at = shape.line.end;
      tail.end = shape.rate(static_cast<double>(tail.to));
    }
  }
  const double peak = *std::max_element(lr.value.begin(), lr.value.end());
  constexpr double matters = 0.01;  // of the peak
  if (std::fabs(tail.end - tail.held) <= matters * peak) return std::nullopt;
  return tail;
}

RunLog continue_rates(RunLog log) {
  const std::optional<RateTail> tail = rate_tail(log);
  if (!tail) return log;
  if (tail->shape.empty()) {
    throw ArgumentError({.name = "lr",
                         .requirement = concat({"is not logged after step ", std::to_string(tail->from),
                                                ", and its last rows follow no linear, cosine or 1-sqrt decay to 0"}),
                         .place = Place{log.name}});
  }
  const Continued shape = continued(series(log, "lr"));
  std::vector<double>& lr = log.column.at("lr");
  for (std::size_t row = 0; row < log.rows(); ++row) {
    if (log.step[row] > tail->from) lr[row] = shape.rate(static_cast<double>(log.step[row]));
  }
  log.notes.push_back(concat({"lr after step ", std::to_string(tail->from), " goes on along the ", tail->shape,
                              " decay of its last rows, 0 at step ", runlog::rounded(tail->zero_at)}));
  return log;
}

}  // namespace scheduled
