// The schedule of a law's smallest final loss: spectral projected gradients (Birgin, Martinez, Raydan 2000) on knots.
#include "scheduled/law.hpp"
#include "scheduled/law_design.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "law/definition.hpp"
#include "law/optimize/bound.hpp"
#include "law/optimize/check.hpp"
#include "law/optimize/knots.hpp"

namespace scheduled {
namespace law {
namespace {

/// A point with what was computed there.
struct Point {
  std::vector<double> value;     ///< at the knots
  std::vector<double> gradient;  ///< in the values
  std::vector<double> rates;
  std::vector<double> by_rate;
  double loss = std::numeric_limits<double>::infinity();
};

class Search {
 public:
  Search(const Law& law, const RateLimits& limits, Falls falls) : law_(law), limits_(limits), falls_(falls) {}

  Point evaluate(const Knots& knots, std::vector<double> value) {
    ++evaluations_;
    Point point{std::move(value), {}, {}, {}, std::numeric_limits<double>::infinity()};
    point.rates = knots.rates(point.value);
    LawGradient at = law_end_gradient(law_, point.rates, falls_);
    point.by_rate = std::move(at.rate);
    point.gradient = knots.gradient(point.by_rate);
    if (std::isfinite(at.loss)) point.loss = at.loss;
    return point;
  }

  /// From `point` until its gap is at most `tolerance`, or for so many iterations.
  Point minimise(Knots& knots, Point point, double tolerance, int iterations);
  Point descend(const Knots& knots, Point point, double tolerance, int iterations);

  double gap(const Point& point) const {
    const std::span<const double> main = std::span(point.rates).subspan(limits_.warmup);
    return first_order_gap(main, by_main_rate(limits_, point.by_rate), limits_.floor, limits_.cap);
  }
  int evaluations() const noexcept { return evaluations_; }

 private:
  const Law& law_;
  RateLimits limits_;
  Falls falls_;
  int evaluations_ = 0;
};

double product(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Barzilai and Borwein's length: by how much the gradient changed on the last step, in the knots' metric.
double next_length(const Knots& knots, const Point& from, const Point& to, double last) {
  double square = 0.0;
  double curvature = 0.0;
  for (std::size_t i = 0; i < to.value.size(); ++i) {
    const double s = to.value[i] - from.value[i];
    square += knots.weight()[i] * s * s;
    curvature += s * (to.gradient[i] - from.gradient[i]);
  }
  return curvature > 0.0 ? square / curvature : 10.0 * last;
}

Point Search::descend(const Knots& knots, Point point, double tolerance, int iterations) {
  constexpr std::size_t memory = 8;  // losses among which a step may rise
  std::array<double, memory> recent;
  recent.fill(point.loss);
  double steepest = 0.0;
  for (std::size_t i = 0; i < knots.size(); ++i) {
    steepest = std::max(steepest, std::fabs(point.gradient[i]) / knots.weight()[i]);
  }
  double length = steepest > 0.0 ? 0.1 * limits_.cap / steepest : 1.0;
  Point best = point;
  for (int iteration = 0; iteration < iterations; ++iteration) {
    if (first_order_gap(point.value, point.gradient, limits_.floor, limits_.cap) <= tolerance) break;
    std::vector<double> target = point.value;
    for (std::size_t i = 0; i < target.size(); ++i) target[i] -= length * point.gradient[i] / knots.weight()[i];
    std::vector<double> way = knots.project(std::move(target));
    for (std::size_t i = 0; i < way.size(); ++i) way[i] -= point.value[i];
    const double slope = product(point.gradient, way);
    if (!(slope < 0.0)) break;
    const double allowed = *std::max_element(recent.begin(), recent.end());
    double share = 1.0;
    Point next;
    for (int halvings = 0; halvings < 30; ++halvings) {
      std::vector<double> value = point.value;
      for (std::size_t i = 0; i < value.size(); ++i) value[i] += share * way[i];
      next = evaluate(knots, knots.project(std::move(value)));
      if (next.loss <= allowed + 1e-4 * share * slope) break;
      share *= 0.5;
    }
    if (!(next.loss <= allowed)) break;  // rounding is all that is left
    length = std::clamp(next_length(knots, point, next, length), 1e-12 * length, 1e12 * length);
    recent[static_cast<std::size_t>(iteration) % memory] = next.loss;
    point = std::move(next);
    if (point.loss < best.loss) best = point;
  }
  return best;
}

Point Search::minimise(Knots& knots, Point point, double tolerance, int iterations) {
  constexpr int before_adapting = 50;
  for (int done = 0; done < iterations; done += before_adapting) {
    knots.adapt(point.value);
    const double before = point.loss;
    point = descend(knots, std::move(point), tolerance, std::min(before_adapting, iterations - done));
    if (!(point.loss < before)) break;
  }
  return point;
}

/// Falling shapes that schedules have, x = 0 ... 1 along the main part.
double shape(std::size_t kind, double x) {
  constexpr std::array<double, 5> cooldown{0.0, 0.1, 0.2, 0.5, 1.0};
  const double length = cooldown[kind];
  return x <= 1.0 - length ? 1.0 : (1.0 - x) / length;
}

constexpr std::size_t shapes = 5;

std::vector<std::size_t> even_knots(std::size_t updates, std::size_t intervals) {
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i <= intervals; ++i) {
    const std::size_t place = (updates - 1) * i / intervals;
    if (at.empty() || place > at.back()) at.push_back(place);
  }
  return at;
}

/// The best of the shapes at several peaks, and the best minima from the best of them.
Point start(Search& search, Knots& knots, const RateLimits& limits, const LawOptimizeOptions& options) {
  std::vector<Point> points;
  for (std::size_t kind = 0; kind < shapes; ++kind) {
    Point best;
    for (const double share : {1.0, 0.7, 0.5, 0.35, 0.25, 0.12, 0.06, 0.03}) {
      std::vector<double> value;
      for (const std::size_t place : knots.at()) {
        const double x = static_cast<double>(place + 1) / static_cast<double>(limits.main() + 1);
        value.push_back(share * limits.cap * shape(kind, x));
      }
      Point point = search.evaluate(knots, knots.project(std::move(value)));
      if (point.loss < best.loss) best = std::move(point);
    }
    points.push_back(std::move(best));
  }
  std::stable_sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.loss < b.loss; });
  constexpr std::size_t from = 3;
  Point best = points[0];
  for (std::size_t i = 0; i < from; ++i) {
    Point found = search.minimise(knots, points[i], options.tolerance, options.max_iterations);
    if (found.loss < best.loss) best = std::move(found);
  }
  return best;
}

LawOptimum minimum(const Law& law, const RateLimits& limits, const LawOptimizeOptions& options) {
  constexpr std::size_t coarse = 24;  // intervals at first; with as many updates every one is a knot
  constexpr int most_rounds = 24;
  Search search(law, limits, options.falls);
  Knots knots(limits, even_knots(limits.main(), std::min(coarse, std::max<std::size_t>(limits.main() - 1, 1))));
  Point point = start(search, knots, limits, options);
  double gap = search.gap(point);
  for (int round = 0; round < most_rounds && gap > options.tolerance; ++round) {
    const double share = 0.1 * options.tolerance;
    std::vector<std::size_t> finer = knots.refined(point.rates, point.by_rate, share);
    if (finer.size() == knots.size() && round > 0) {
      // Nothing to gain between the knots: the rest is for the knots.
      point = search.minimise(knots, std::move(point), 0.5 * options.tolerance, options.max_iterations);
      gap = search.gap(point);
      break;
    }
    knots = Knots(limits, std::move(finer));
    std::vector<double> value;
    for (const std::size_t place : knots.at()) value.push_back(point.rates[limits.warmup + place]);
    point = search.minimise(knots, search.evaluate(knots, std::move(value)), 0.5 * options.tolerance,
                            options.max_iterations);
    gap = search.gap(point);
  }
  const double loss = law_end_gradient(law, point.rates).loss;
  return {std::move(point.rates), loss, std::max(gap, 0.0), gap <= options.tolerance, search.evaluations()};
}

/// Of a law for which all schedules with the same highest rate are equal.
LawOptimum constant_optimum(const Law& law, const RateLimits& limits, double rate) {
  const std::array<std::size_t, 2> ends{0, limits.main() - 1};
  const Knots knots(limits, limits.main() > 1 ? std::vector(ends.begin(), ends.end()) : std::vector{ends[0]});
  std::vector<double> rates = knots.rates(std::vector(knots.size(), std::min(rate, limits.cap)));
  const double loss = law_end_gradient(law, rates).loss;
  return {std::move(rates), loss, 0.0, true, 1};
}

void check(const Definition& definition, std::int64_t steps, const LawOptimizeOptions& options) {
  if (definition.end_gradient == nullptr) fail_value("law", definition.name, definition.no_optimum);
  check_optimum(steps, options.warmup, options.cap.value_or(1.0));
  require_positive("tolerance", options.tolerance);
  if (options.max_iterations < 1) {
    fail_value("max_iterations", std::to_string(options.max_iterations), "must be >= 1");
  }
}

}  // namespace
}  // namespace law

LawOptimum optimize_law(const Law& law, std::int64_t steps, const LawOptimizeOptions& options) {
  check_law(law);
  const law::Definition& definition = law::definition_of(law.kind);
  law::check(definition, steps, options);
  law::RateLimits limits{static_cast<std::size_t>(steps), static_cast<std::size_t>(options.warmup), 0.0,
                         options.cap.value_or(law.reference_rate)};
  if (definition.best_highest_rate != nullptr) {
    const law::Rates references{{}, law.reference_rate, law.reference_sum};
    const double rate = definition.best_highest_rate(law.parameters, references, static_cast<double>(steps));
    LawOptimum constant = law::constant_optimum(law, limits, rate);
    constant.bound = constant.loss;
    return constant;
  }
  // A run that ends in zeros is a shorter one.
  if (!definition.zero_rates) limits.floor = 1e-3 * limits.cap / static_cast<double>(steps);
  LawOptimum found = law::minimum(law, limits, options);
  found.bound = law.kind == LawKind::momentum ? found.loss - found.gap : law::loss_bound(law, steps, limits.cap);
  return found;
}

}  // namespace scheduled
