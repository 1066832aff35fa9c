// The named schedule nearest to given rates.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/search.hpp"
#include "scheduled/design.hpp"

namespace scheduled {
namespace {

/// The rates at up to 400 places, which is what the fit sees.
class Sample {
 public:
  explicit Sample(std::span<const double> lr) : steps_(static_cast<std::int64_t>(lr.size())) {
    const std::int64_t count = std::min<std::int64_t>(steps_, 400);
    for (std::int64_t k = 0; k < count; ++k) {
      place_.push_back(count == 1 ? 0 : k * (steps_ - 1) / (count - 1));
      rate_.push_back(lr[static_cast<std::size_t>(place_.back())]);
    }
  }

  struct Fit {
    double peak = 0.0;
    double error = 0.0;  // mean square
  };

  /// The best peak for a schedule of peak 1, and the error there.
  Fit fit(const Schedule& schedule) const {
    Interruption::poll();
    double product = 0.0;
    double square = 0.0;
    for (std::size_t k = 0; k < place_.size(); ++k) {
      const double value = schedule.lr(place_[k]);
      product += value * rate_[k];
      square += value * value;
    }
    const double peak = square > 0.0 ? product / square : 0.0;
    double error = 0.0;
    for (std::size_t k = 0; k < place_.size(); ++k) {
      const double difference = rate_[k] - peak * schedule.lr(place_[k]);
      error += difference * difference;
    }
    return {peak, error / static_cast<double>(place_.size())};
  }

  struct FloorFit {
    double floor = 0.0;  // share of the peak
    double error = 0.0;
  };

  /// The best floor with the best peak: rates are linear in the peak and in the floor's rate, so that the schedules
  /// that fall to 0 and that do not fall say all.
  FloorFit fit_floor(const Schedule& to_zero, const Schedule& unfallen) const {
    Interruption::poll();
    double aa = 0.0, ab = 0.0, bb = 0.0, ar = 0.0, br = 0.0;
    for (std::size_t k = 0; k < place_.size(); ++k) {
      const double a = to_zero.lr(place_[k]), b = unfallen.lr(place_[k]) - a;
      aa += a * a, ab += a * b, bb += b * b, ar += a * rate_[k], br += b * rate_[k];
    }
    const double determinant = aa * bb - ab * ab;
    if (!(determinant > 1e-12 * aa * bb)) return {0.0, fit(to_zero).error};
    const double peak = (ar * bb - br * ab) / determinant, height = (br * aa - ar * ab) / determinant;
    if (!(peak > 0.0 && height > 0.0 && height < peak)) return {0.0, fit(to_zero).error};
    double error = 0.0;
    for (std::size_t k = 0; k < place_.size(); ++k) {
      const double a = to_zero.lr(place_[k]), b = unfallen.lr(place_[k]) - a;
      const double difference = rate_[k] - peak * a - height * b;
      error += difference * difference;
    }
    return {height / peak, error / static_cast<double>(place_.size())};
  }

  std::int64_t steps() const noexcept { return steps_; }

 private:
  std::int64_t steps_;
  std::vector<std::int64_t> place_;
  std::vector<double> rate_;
};

/// A shape with a warmup and a cooldown of given shares of the run; `power` only for polynomial decay. With a floor it
/// falls to a share of the peak that is fitted.
struct NamedFamily {
  enum class Kind { constant, linear, one_minus_sqrt, cosine, polynomial };
  Kind kind;
  bool with_floor = false;

  Schedule schedule(std::int64_t T, double warmup, double cooldown, double power, double floor_percent = 0.0) const {
    ScheduleSpec spec;
    spec.steps = steps(T);
    const auto share_of = [T](double share) {
      return static_cast<std::int64_t>(std::llround(share * static_cast<double>(T)));
    };
    const std::int64_t w = std::clamp<std::int64_t>(share_of(warmup), 0, T - 1);
    spec.warmup.length = steps(w);
    if (kind == Kind::constant) return Schedule(std::move(spec));
    Cooldown tail;
    const std::int64_t c = std::clamp<std::int64_t>(share_of(cooldown), 1, T - w);
    const bool rest_of_run = c >= T - w - 1;
    tail.length = rest_of_run ? rest() : steps(c);
    if (kind == Kind::one_minus_sqrt) tail.decay = OneMinusSqrtDecay{};
    if (kind == Kind::cosine) tail.decay = CosineDecay{};
    if (kind == Kind::polynomial) tail.decay = PolynomialDecay{power};
    if (floor_percent > 0.0) tail.final = percent_of_peak(floor_percent);
    spec.cooldown = tail;
    return Schedule(std::move(spec));
  }
};

struct Candidate {
  Schedule schedule;
  double error;
};

/// Fits the lengths in turn, from a grid of starts: the error is smooth in each but may have several valleys.
Candidate fit(const Sample& sample, const NamedFamily& family) {
  using Kind = NamedFamily::Kind;
  double warmup = 0.0;
  double cooldown = 1.0;
  double power = 1.0;
  const auto floor_fit = [&](double w, double c, double p) {
    return sample.fit_floor(family.schedule(sample.steps(), w, c, p),
                            NamedFamily{Kind::constant}.schedule(sample.steps(), w, c, p));
  };
  const auto error = [&](double w, double c, double p) {
    return family.with_floor ? floor_fit(w, c, p).error : sample.fit(family.schedule(sample.steps(), w, c, p)).error;
  };
  double lowest = error(warmup, cooldown, power);
  for (const double w : {0.0, 0.01, 0.03, 0.1, 0.3}) {
    for (const double x : {0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0}) {
      const double c = family.kind == Kind::polynomial ? 1.0 : x;
      const double p = family.kind == Kind::polynomial ? 4.0 * x : 1.0;
      const double value = error(w, c, p);
      if (value < lowest) lowest = value, warmup = w, cooldown = c, power = p;
    }
  }
  for (int round = 0; round < 6; ++round) {
    const double before = lowest;
    const auto improve = [&](double& parameter, double left, double right, const auto& at) {
      const auto [x, value] = golden_section(at, std::max(left, 0.0), right, 1e-4 * right);
      if (at(x) < lowest) parameter = x, lowest = at(x);
    };
    improve(warmup, warmup - 0.1, std::min(warmup + 0.1, 0.9), [&](double w) { return error(w, cooldown, power); });
    if (family.kind == Kind::polynomial) {
      improve(power, std::max(0.5 * power, 0.05), 2.0 * power, [&](double p) { return error(warmup, cooldown, p); });
    } else if (family.kind != Kind::constant) {
      improve(cooldown, cooldown - 0.25, std::min(cooldown + 0.25, 1.0),
              [&](double c) { return error(warmup, c, power); });
    }
    if (lowest > 0.999 * before) break;
  }
  if (!family.with_floor) return {family.schedule(sample.steps(), warmup, cooldown, power), lowest};
  const double percent = std::round(1e3 * floor_fit(warmup, cooldown, power).floor) / 10.0;  // as people write it
  const Schedule schedule = family.schedule(sample.steps(), warmup, cooldown, power, percent);
  return {schedule, sample.fit(schedule).error};
}

}  // namespace

NearestSpec nearest_spec(std::span<const double> lr) {
  if (lr.size() < 2) fail_argument("lr", concat({std::to_string(lr.size()), " values; must be at least 2"}));
  require_non_negative("lr", lr);
  const double largest = *std::max_element(lr.begin(), lr.end());
  if (!(largest > 0.0))
    fail_argument("lr", concat({"all ", std::to_string(lr.size()), " values are 0; one must be > 0"}));
  const Sample sample(lr);
  std::optional<Candidate> best;
  bool floor_found = false;
  using Kind = NamedFamily::Kind;
  constexpr std::array<NamedFamily, 8> families{{{Kind::constant},
                                                 {Kind::linear},
                                                 {Kind::one_minus_sqrt},
                                                 {Kind::cosine},
                                                 {Kind::linear, true},
                                                 {Kind::one_minus_sqrt, true},
                                                 {Kind::cosine, true},
                                                 {Kind::polynomial}}};
  for (const NamedFamily& family : families) {
    const Candidate candidate = fit(sample, family);
    // A floor or a power must earn its keep beside the shapes without, but a floor not beside another shape with one.
    const double counts = family.kind == Kind::polynomial ? 0.5 : family.with_floor && !floor_found ? 0.25 : 1.0;
    if (!best || candidate.error < counts * best->error) {
      best = candidate;
      floor_found = family.with_floor;
    }
  }
  NearestSpec nearest{best->schedule.with_peak(sample.fit(best->schedule).peak), 0.0, 0.0};
  std::vector<double> rates(lr.size());
  nearest.schedule.fill(0, rates);
  double sum = 0.0;
  for (std::size_t t = 0; t < lr.size(); ++t) {
    const double difference = std::fabs(lr[t] - rates[t]) / largest;
    nearest.distance = std::max(nearest.distance, difference);
    sum += difference * difference;
  }
  nearest.mean_square = std::sqrt(sum / static_cast<double>(lr.size()));
  return nearest;
}

}  // namespace scheduled
