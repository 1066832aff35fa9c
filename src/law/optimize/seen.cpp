// The best schedule by a law of those whose decay some fitted run has.
#include "law/seen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/interrupt.hpp"
#include "base/search.hpp"
#include "law/arithmetic.hpp"
#include "law/optimize/check.hpp"
#include "scheduled/law.hpp"
#include "scheduled/law_design.hpp"

namespace scheduled {
namespace law {
namespace {

/// Schedules with the decay of one fitted run.
class SeenDecay {
 public:
  SeenDecay(const Law& law, const SeenRun& run, std::int64_t steps, std::int64_t warmup)
      : law_(law), run_(run), steps_(steps), warmup_(warmup) {}

  std::vector<double> rates(double peak, double decay) const {
    std::vector<double> lr;
    const auto fall = static_cast<double>(steps_) * decay;
    const double from = static_cast<double>(steps_) - fall;  // the last update at the peak
    for (std::int64_t i = 0; i < warmup_; ++i) {
      lr.push_back(peak * static_cast<double>(i + 1) / static_cast<double>(warmup_));
    }
    for (std::int64_t i = warmup_; i < steps_; ++i) {
      const double past = static_cast<double>(i + 1) - from;
      lr.push_back(past <= 0.0 ? peak : peak * shape_at(run_, past / fall));
    }
    return lr;
  }

  double loss(double peak, double decay) const {
    Interruption::poll();
    const std::int64_t end[] = {steps_};
    const double value = law_curve(law_, rates(peak, decay), end)[0];
    return std::isfinite(value) ? value : std::numeric_limits<double>::infinity();
  }

 private:
  const Law& law_;
  const SeenRun& run_;
  std::int64_t steps_;
  std::int64_t warmup_;
};

/// Lowest value of f on a grid from low to high, then between its neighbours, to a hundredth.
template <class Function>
Minimum1D lowest(const Function& f, double low, double high, int intervals) {
  if (!(high > low)) return {low, low, low, f(low)};
  const double step = (high - low) / intervals;
  int best = 0;
  double value = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= intervals; ++i) {
    const double here = f(low + step * i);
    if (!(here < value)) continue;
    value = here;
    best = i;
  }
  constexpr double enough = 0.01;
  const Minimum1D found = golden_section(f, low + step * std::max(best - 1, 0), std::min(high, low + step * (best + 1)),
                                         [](double left, double right) { return right - left <= enough; });
  if (found.value < value) return found;
  return {low, high, best == intervals ? high : low + step * best, value};
}

/// One run of each shape.
std::vector<const SeenRun*> different_shapes(const std::vector<SeenRun>& seen) {
  constexpr double same = 0.02;
  std::vector<const SeenRun*> kept;
  for (const SeenRun& run : seen) {
    if (run.shape.empty()) continue;
    const bool is_new = std::none_of(kept.begin(), kept.end(),
                                     [&](const SeenRun* other) { return shape_distance(run, *other) <= same; });
    if (is_new) kept.push_back(&run);
  }
  return kept;
}

}  // namespace
}  // namespace law

std::optional<SeenOptimum> optimize_seen(const FittedLaw& fitted, std::int64_t steps,
                                         const LawOptimizeOptions& options) {
  check_fitted(fitted);
  const double cap = options.cap.value_or(fitted.law.reference_rate);
  law::check_optimum(steps, options.warmup, cap);
  double shortest = 1.0;
  double longest = 0.0;
  double least_peak = cap;
  double most_peak = 0.0;
  for (const SeenRun& run : fitted.seen) {
    least_peak = std::min(least_peak, run.peak);
    most_peak = std::max(most_peak, run.peak);
    if (run.decay == 0.0) continue;
    shortest = std::min(shortest, run.decay);
    longest = std::max(longest, run.decay);
  }
  most_peak = std::min(most_peak, cap);
  const double most = 1.0 - static_cast<double>(options.warmup + 1) / static_cast<double>(steps);
  if (longest == 0.0 || !(most > 0.0)) return std::nullopt;
  const double low = law::natural_log(std::min(shortest / law::near_factor, most));
  const double high = law::natural_log(std::min(longest * law::near_factor, most));
  std::optional<SeenOptimum> best;
  for (const SeenRun* run : law::different_shapes(fitted.seen)) {
    const law::SeenDecay decay(fitted.law, *run, steps, options.warmup);
    const auto by_peak = [&](double share) {
      const auto loss = [&](double log_peak) {
        return decay.loss(std::min(most_peak, law::exponential(log_peak)), share);
      };
      return law::lowest(loss, law::natural_log(least_peak), law::natural_log(most_peak), 4);
    };
    const auto share =
        law::lowest([&](double log_share) { return by_peak(law::exponential(log_share)).value; }, low, high, 6);
    const double chosen = std::min(law::exponential(share.x), most);
    const Minimum1D peak = by_peak(chosen);
    if (best && !(peak.value < best->loss)) continue;
    const double rate = std::min(most_peak, law::exponential(peak.x));
    best = SeenOptimum{decay.rates(rate, chosen), decay.loss(rate, chosen), run->name, rate, chosen};
  }
  return best;
}

}  // namespace scheduled
