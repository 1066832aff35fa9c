#include "law/seen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "law/arithmetic.hpp"
#include "law/laws/shared_parameters.hpp"

namespace scheduled {
namespace law {
namespace {

constexpr double visible = 0.05;  ///< share of a run, or of its peak, below which nothing is said

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
    bool same_end = false;  ///< of any of them
    double lowest = 1.0;    ///< end
    double highest = 0.0;
  };
  All all;

  Decays(const std::vector<SeenRun>& seen, const SeenRun& run) {
    for (const SeenRun& one : seen) {
      all.drop = std::max(all.drop, one.drop);
      if (one.decay == 0.0) continue;
      all.least = std::min(all.least, one.decay);
      all.most = std::max(all.most, one.decay);
      all.same_end = all.same_end || law::same_end(run, one);
      all.lowest = std::min(all.lowest, one.to_zero ? 0.0 : one.final);
      all.highest = std::max(all.highest, one.final);
      if (shape_distance(run, one) < all.distance) {
        all.distance = shape_distance(run, one);
        all.nearest = &one;
      }
    }
  }
  /// Than any fitted run; not where none of the two decays.
  bool other_shape() const noexcept { return all.nearest != nullptr && all.distance > near_shape; }
  bool other_end() const noexcept { return all.nearest != nullptr && !all.same_end; }
  bool drops(const SeenRun& run) const noexcept { return run.drop > visible && run.drop > near_factor * all.drop; }
};

}  // namespace

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
    check("warmup", run.warmup, 1.0);
    check("rise", run.rise, rounding);
    check("spike", run.spike, std::numeric_limits<double>::max());
    check("final", run.final, rounding);
    check("first", static_cast<double>(run.first), 1e15);
    if (run.shape.size() != (run.decay > 0.0 ? shape_places : 0)) {
      fail_argument("shape",
                    concat({"of the seen run '", run.name, "' has ", std::to_string(run.shape.size()),
                            " entries; must have ", std::to_string(shape_places), ", or none without a decay"}));
    }
    for (const double rate : run.shape) check("shape", rate, rounding);
  }
}

bool has_peaks(const std::vector<SeenRun>& seen) {
  const auto by_peak = [](const SeenRun& a, const SeenRun& b) { return a.peak < b.peak; };
  const auto [lowest, highest] = std::minmax_element(seen.begin(), seen.end(), by_peak);
  return !seen.empty() && highest->peak > near_peak * lowest->peak;
}

namespace {

constexpr double nearly = 0.15;  ///< a decay that ends below this share of the peak may have been on its way to 0

double line_at(const SeenRun& run, double x) noexcept {
  const double place = std::clamp(x, 0.0, 1.0) * static_cast<double>(run.shape.size() - 1);
  const auto left = std::min(static_cast<std::size_t>(place), run.shape.size() - 2);
  const double share = place - static_cast<double>(left);
  return run.shape[left] + share * (run.shape[left + 1] - run.shape[left]);
}

/// As if its end were at 0.
double lowered(const SeenRun& run, double rate) noexcept {
  const double last = run.shape.back();
  return last <= nearly ? std::max((rate - last) / (1.0 - last), 0.0) : rate;  // not below 0 by rounding
}

}  // namespace

double shape_at(const SeenRun& run, double x) noexcept {
  return run.to_zero ? lowered(run, line_at(run, x)) : line_at(run, x);
}

double shape_distance(const SeenRun& a, const SeenRun& b) noexcept {
  if (a.shape.size() != b.shape.size() || a.shape.empty()) return std::numeric_limits<double>::infinity();
  double most = 0.0;
  for (std::size_t i = 0; i < a.shape.size(); ++i) {
    most = std::max(most, std::fabs(lowered(a, a.shape[i]) - lowered(b, b.shape[i])));
  }
  return most;
}

bool same_end(const SeenRun& a, const SeenRun& b) noexcept {
  const double least_a = a.to_zero ? 0.0 : a.final;
  const double least_b = b.to_zero ? 0.0 : b.final;
  return least_a <= b.final + near_shape && least_b <= a.final + near_shape;
}

Departure departure_of(const FittedLaw& fitted, const SeenRun& run) {
  if (fitted.seen.empty() || !(run.peak > 0.0)) return {};
  constexpr double of_decay = 0.03;  // docs/laws.md
  constexpr double of_whole = 0.08;
  const Decays decays(fitted.seen, run);
  Departure found;
  if (decays.other_shape() || decays.other_end() || decays.drops(run)) {
    found.decay = run.decay > near_factor * decays.all.most ? of_whole : of_decay;
  }
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

void add_unlike_rises(const std::vector<SeenRun>& seen, const SeenRun& run, std::vector<std::string>& found) {
  if (seen.empty()) return;
  double warmup = 0.0;
  double rise = 0.0;
  double spike = 0.0;
  for (const SeenRun& one : seen) {
    warmup = std::max(warmup, one.warmup);
    rise = std::max(rise, one.rise);
    spike = std::max(spike, one.spike);
  }
  const auto unlike = [](double share, double most) { return share > visible && share > near_factor * most; };
  if (unlike(run.warmup, warmup)) {
    found.push_back(concat({"it comes to its highest rate after ", percent(run.warmup),
                            " % of the run, those that were fitted after ", percent(warmup), " % at most"}));
  }
  if (unlike(run.rise, rise)) {
    found.push_back(concat({"its rate rises again after a fall, by ", percent(run.rise),
                            " % of the peak, those that were "
                            "fitted ",
                            rise > 0.0 ? concat({"by ", percent(rise), " % at most"}) : "never do"}));
  }
  if (unlike(run.spike, spike)) {
    found.push_back(concat({"a spike of its rate, ", percent(run.spike),
                            " % above what is held, is not counted as its peak, but by the law it may count"}));
  }
}

void add_unlike_decay(const std::vector<SeenRun>& seen, const SeenRun& run, std::vector<std::string>& found) {
  const Decays decays(seen, run);
  const Decays::All& all = decays.all;
  if (run.decay == 0.0 || all.nearest == nullptr) return;
  constexpr double rounding = 1.01;  // to whole updates
  if (run.decay > rounding * near_factor * all.most || run.decay * near_factor * rounding < all.least) {
    found.push_back(concat({"its rate falls over ", percent(run.decay), " % of the run, those that were fitted over ",
                            range(all.least, all.most), " %"}));
  }
  if (decays.other_shape()) {
    found.push_back(concat({"its rate falls in another shape than any that was fitted: by ", percent(all.distance),
                            " % of the peak from that of '", all.nearest->name, "', the nearest"}));
  }
  if (decays.other_end()) {
    found.push_back(concat({"its rate ends at ", percent(run.final), " % of the peak, those that were fitted at ",
                            range(all.lowest, all.highest), " %"}));
  }
  if (decays.drops(run)) {
    found.push_back(concat({"it drops by ", percent(run.drop), " % of the peak at once, those that were fitted by ",
                            percent(all.drop), " % at most"}));
  }
}

}  // namespace law

}  // namespace scheduled
