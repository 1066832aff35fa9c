#include "law/seen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "law/arithmetic.hpp"
#include "law/fit/problem.hpp"
#include "law/laws/shared_parameters.hpp"

namespace scheduled {
namespace law {
namespace {

constexpr std::size_t places = 9;

/// "12" or "2.5", in percent.
std::string percent(double share) {
  const double shown = 100.0 * share;
  return format_number(shown < 10.0 ? std::round(10.0 * shown) / 10.0 : std::round(shown));
}

/// "20" or "20 to 40"
std::string range(double least, double most) {
  return percent(least) == percent(most) ? percent(most) : concat({percent(least), " to ", percent(most)});
}

/// Those of the fitted runs beside that of another run.
struct Decays {
  struct All {
    double least = 1.0;
    double most = 0.0;
    double drop = 0.0;
    double distance = std::numeric_limits<double>::infinity();  ///< of the nearest shape
    const SeenRun* nearest = nullptr;
  };
  All all;

  Decays(const std::vector<SeenRun>& seen, const SeenRun& run) {
    for (const SeenRun& one : seen) {
      all.drop = std::max(all.drop, one.drop);
      if (one.decay == 0.0) continue;
      all.least = std::min(all.least, one.decay);
      all.most = std::max(all.most, one.decay);
      if (shape_distance(run, one) < all.distance) {
        all.distance = shape_distance(run, one);
        all.nearest = &one;
      }
    }
  }
  /// Than any fitted run; not where none of the two decays.
  bool other_shape() const noexcept { return all.nearest != nullptr && all.distance > near_shape; }
  bool drops(const SeenRun& run) const noexcept {
    constexpr double visible = 0.05;
    return run.drop > visible && run.drop > near_factor * all.drop;
  }
};

}  // namespace

SeenRun seen_run(const FitRun& run) {
  SeenRun seen = describe_run(fitted_rates(run));
  seen.name = run.name;
  return seen;
}

void check_seen(const std::vector<SeenRun>& seen) {
  for (const SeenRun& run : seen) {
    const auto check = [&](std::string_view name, double value, double most) {
      if (value >= 0.0 && value <= most) return;
      fail_value(name, value,
                 concat({"must be within 0 ... ", format_number(most), " for the seen run '", run.name, "'"}));
    };
    constexpr double rounding = 1.0 + 1e-9;
    check("steps", static_cast<double>(run.steps), 1e15);
    check("peak", run.peak, std::numeric_limits<double>::max());
    if (!(run.peak > 0.0)) fail_value("peak", run.peak, concat({"must be > 0 for the seen run '", run.name, "'"}));
    if (run.steps < 1) fail_argument("steps", concat({"of the seen run '", run.name, "' must be at least 1"}));
    check("decay", run.decay, 1.0);
    check("drop", run.drop, rounding);
    if (run.shape.size() != (run.decay > 0.0 ? places : 0)) {
      fail_argument("shape", concat({"of the seen run '", run.name, "' has ", std::to_string(run.shape.size()),
                                     " entries; must have ", std::to_string(places), ", or none without a decay"}));
    }
    for (const double rate : run.shape) check("shape", rate, rounding);
  }
}

double shape_at(const SeenRun& run, double x) noexcept {
  const double place = std::clamp(x, 0.0, 1.0) * static_cast<double>(run.shape.size() - 1);
  const auto left = std::min(static_cast<std::size_t>(place), run.shape.size() - 2);
  const double share = place - static_cast<double>(left);
  const double rate = run.shape[left] + share * (run.shape[left + 1] - run.shape[left]);
  constexpr double nearly = 0.15;
  const double last = run.shape.back();
  return last <= nearly ? std::max((rate - last) / (1.0 - last), 0.0) : rate;  // not below 0 by rounding
}

double shape_distance(const SeenRun& a, const SeenRun& b) noexcept {
  if (a.shape.size() != b.shape.size() || a.shape.empty()) return std::numeric_limits<double>::infinity();
  double most = 0.0;
  for (std::size_t i = 0; i < a.shape.size(); ++i) {
    const double x = static_cast<double>(i) / static_cast<double>(a.shape.size() - 1);
    most = std::max(most, std::fabs(shape_at(a, x) - shape_at(b, x)));
  }
  return most;
}

Departure departure_of(const FittedLaw& fitted, const SeenRun& run) {
  if (fitted.seen.empty() || !(run.peak > 0.0)) return {};
  constexpr double of_decay = 0.03;  // docs/laws.md
  const Decays decays(fitted.seen, run);
  Departure found;
  if (decays.other_shape() || decays.drops(run)) found.decay = of_decay;
  const auto parameters = law_parameters(fitted.law.kind);
  for (std::size_t j = 0; j < parameters.size(); ++j) {  // fitted: its own variance says how far peaks reach
    if (parameters[j].name == peak_exponent.name && fitted.covariance[j * parameters.size() + j] > 0.0) return found;
  }
  double nearest = std::numeric_limits<double>::infinity();
  for (const SeenRun& one : fitted.seen) {
    if (one.peak > 0.0) nearest = std::min(nearest, std::fabs(natural_log(run.peak / one.peak)));
  }
  if (nearest > natural_log(near_peak) && std::isfinite(nearest)) found.peak = peak_exponent.spread * nearest;
  return found;
}

void add_unlike_decay(const std::vector<SeenRun>& seen, const SeenRun& run, std::vector<std::string>& found) {
  const Decays decays(seen, run);
  const auto& [least, most, drop, distance, nearest] = decays.all;
  if (run.decay == 0.0 || nearest == nullptr) return;
  constexpr double rounding = 1.01;  // to whole updates
  if (run.decay > rounding * near_factor * most || run.decay * near_factor * rounding < least) {
    found.push_back(concat({"its rate falls over ", percent(run.decay), " % of the run, those that were fitted over ",
                            range(least, most), " %"}));
  }
  if (decays.other_shape()) {
    found.push_back(concat({"its rate falls in another shape than any that was fitted: by ", percent(distance),
                            " % of the peak from that of '", nearest->name, "', the nearest"}));
  }
  if (decays.drops(run)) {
    found.push_back(concat({"it drops by ", percent(run.drop), " % of the peak at once, those that were fitted by ",
                            percent(drop), " % at most"}));
  }
}

}  // namespace law

SeenRun describe_run(std::span<const double> lr) {
  SeenRun run;
  run.steps = static_cast<std::int64_t>(lr.size());
  if (lr.empty()) return run;
  constexpr double rounding = 1e-3;
  run.peak = *std::max_element(lr.begin(), lr.end());
  if (!(run.peak > 0.0)) return run;
  std::size_t last = lr.size();  // the last update at the peak
  while (lr[last - 1] < run.peak * (1.0 - rounding)) --last;
  for (std::size_t k = 1; k < lr.size(); ++k) run.drop = std::max(run.drop, (lr[k - 1] - lr[k]) / run.peak);
  if (last == lr.size()) return run;
  const std::size_t fall = lr.size() - last;
  run.decay = static_cast<double>(fall) / static_cast<double>(lr.size());
  for (std::size_t i = 0; i < law::places; ++i) {
    run.shape.push_back(lr[last - 1 + (fall * i + (law::places - 1) / 2) / (law::places - 1)] / run.peak);
  }
  return run;
}

}  // namespace scheduled
