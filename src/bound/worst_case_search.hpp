// The search over p_T for steps with varying grad norms (scheduled/bound.hpp).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "base/elementary.hpp"
#include "bound/weights.hpp"
#include "scheduled/bound.hpp"

namespace scheduled::weights {

/// The two ways to judge a p_T.
struct FixedSteps {  // 1/2 [D^2/p_1^2 + B]
  double distance;

  double value(const Tails& tails) const noexcept { return 0.5 * (square(distance / tails.first) + tails.noise); }

  Jet jet(const TailJets& tails) const noexcept {
    const Jet& p = tails.first;
    const double inverse = 1.0 / p.value;
    const double from_distance = square(distance * inverse);
    const double s = p.slope * inverse;
    const double c = p.curvature * inverse;
    return {0.5 * (from_distance + tails.noise.value), 0.5 * tails.noise.slope - from_distance * s,
            0.5 * tails.noise.curvature + from_distance * (3.0 * s * s - c)};
  }
};

struct BestScale {  // D sqrt(B)/p_1; `jet` is that of 1 + its logarithm, up to a constant
  double distance;

  double value(const Tails& tails) const noexcept { return distance * std::sqrt(tails.noise) / tails.first; }

  Jet jet(const TailJets& tails) const noexcept {
    const double b = tails.noise.slope / tails.noise.value;
    const double s = tails.first.slope / tails.first.value;
    return {1.0, 0.5 * b - s,
            0.5 * (tails.noise.curvature / tails.noise.value - b * b) -
                (tails.first.curvature / tails.first.value - s * s)};
  }
};

constexpr std::size_t lanes = Lanes::count;
constexpr double zoom_factor = 2.0 / (lanes + 1.0);  // `lanes` points between the neighbours of a point

struct Point {
  double x = 0.0;  // log2 p_T
  double value = std::numeric_limits<double>::infinity();
};

struct Minimum {
  double p = 0.0;  // p_T
  double value = std::numeric_limits<double>::infinity();
  Tails tails;
  int passes = 0;
};

/// Search over x = log2 p_T for steps with varying grad norms.
///
/// In y = ln p_T the slope s of ln p_t has |s| <= 1, since every step multiplies it by (1 - a)/(1 + a), and its
/// derivative is at most 1 - s^2 (by induction over the steps: with k = |1 - a|/(1 + a) it becomes at most
/// (1 - k^2) s^2 + k (1 - s^2) <= 1 - k^2 s^2). Hence a term c p_t^2 or c/p_t^2 has a second derivative of at most 4
/// times itself, and so has their sum F: at a distance d from its minimum F* it is at most F* cosh(2d). The scan
/// point next to the minimum, d <= spacing ln(2)/2 away, is therefore within a factor 1 + spacing^2/4 of it (and
/// sqrt(B)/p_1, the logarithm of which has a second derivative <= 3, even closer). What is above that need not be
/// looked at; the deepest point of a scan is that close to the minimum. Wells can be as narrow as one likes, where
/// two steps turn over at nearly the same p_T, but are then shallow: below the last spacing they do not count.
template <class Norm, class Goal>
class Search {
 public:
  Search(std::span<const double> steps, const Norm& grad_norm, const Goal& goal)
      : steps_(steps), grad_norm_(grad_norm), goal_(goal) {}

  /// The best p in [low, high] and what it leads to.
  Minimum minimise(double low, double high) {
    double spacing = 0.4;
    const std::vector<Point> points = scan(elementary::log2(low).hi, elementary::log2(high).hi, spacing);
    std::vector<Point> candidates = valleys(points);
    std::vector<Point> next;
    // A well narrower than the spacing may hide on a slope: look between the lowest other points, too.
    for (const Point& point : lowest_others(points, candidates)) {
      if (may_hide_minimum(point, spacing)) zoom(point, spacing, false, next);
    }
    while (spacing > 5e-3) {
      for (const Point& point : candidates) {
        if (may_hide_minimum(point, spacing)) zoom(point, spacing, true, next);
      }
      candidates = deepest_first(std::exchange(next, {}));
      spacing *= zoom_factor;
    }
    Minimum best = refine(candidates.empty() ? lowest_ : candidates.front(), spacing);
    for (std::size_t i = 1; i < candidates.size(); ++i) {
      if (!may_hide_minimum(candidates[i], spacing)) break;
      const Minimum other = refine(candidates[i], spacing);
      if (other.value < best.value) best = other;
    }
    best.passes = passes_;
    return best;
  }

  /// A p at which the value is stationary, near the lowest of the points that were looked at last, `spacing` apart. It
  /// need not be the best one: for callers that verify what they get.
  Minimum nearby(const std::array<Point, lanes>& points, double spacing) {
    Point lowest = lowest_of(points);
    for (; spacing > 0.3; spacing *= zoom_factor) {
      std::array<double, lanes> x;
      for (std::size_t i = 0; i < lanes; ++i)
        x[i] = lowest.x + spacing * (zoom_factor * (static_cast<double>(i) + 1.0) - 1.0);
      const Point finer = lowest_of(at(x));
      if (finer.value < lowest.value) lowest = finer;
    }
    Minimum found = refine(lowest, spacing);
    found.passes = passes_;
    return found;
  }

  /// The values at `lanes` points, in one pass.
  std::array<Point, lanes> at(const std::array<double, lanes>& x) {
    std::array<double, lanes> p;
    for (std::size_t i = 0; i < lanes; ++i) p[i] = elementary::exp2({x[i], 0.0});
    const auto tails = weights::tails(steps_, grad_norm_, p);
    ++passes_;
    std::array<Point, lanes> points;
    for (std::size_t i = 0; i < lanes; ++i) {
      points[i] = {x[i], goal_.value(tails[i])};
      if (points[i].value < lowest_.value) lowest_ = points[i];
    }
    return points;
  }

  double lowest_value() const noexcept { return lowest_.value; }

 private:
  bool may_hide_minimum(const Point& point, double spacing) const noexcept {
    return point.value <= (1.0 + 0.25 * spacing * spacing) * lowest_.value;
  }

  /// Adds the wells between the neighbours of a scan point; those that continue beyond only where asked.
  void zoom(const Point& point, double spacing, bool with_ends, std::vector<Point>& wells) {
    const double finer = spacing * zoom_factor;
    const double from = point.x - spacing + finer;
    const std::vector<Point> points = scan(from, from + finer * (lanes - 1.5), finer);
    for (const Point& well : valleys(points)) {
      if (with_ends || (well.x != points.front().x && well.x != points.back().x)) wells.push_back(well);
    }
  }

  /// Points from `from` on, in groups of `lanes`, until `to` is passed.
  std::vector<Point> scan(double from, double to, double spacing) {
    std::vector<Point> points;
    do {
      std::array<double, lanes> x;
      for (std::size_t i = 0; i < lanes; ++i) x[i] = from + spacing * static_cast<double>(points.size() + i);
      for (const Point& point : at(x)) points.push_back(point);
    } while (points.back().x < to);
    return points;
  }

  /// The lowest point of every valley, deepest first. A rise or fall counts from 1e-11 of the value on: where p_T
  /// hardly matters, rounding makes many smaller ones.
  static std::vector<Point> valleys(const std::vector<Point>& points) {
    constexpr double counts = 1.0 + 1e-11;
    std::vector<Point> lowest;
    Point turn = points.front();  // lowest of this valley while falling, highest of this hill while rising
    bool falling = true;
    for (const Point& point : points) {
      if (falling && point.value > turn.value * counts) {
        lowest.push_back(turn);
        falling = false;
        turn = point;
      } else if (!falling && point.value * counts < turn.value) {
        falling = true;
        turn = point;
      } else if (falling ? point.value < turn.value : point.value > turn.value) {
        turn = point;
      }
    }
    if (falling) lowest.push_back(turn);
    return deepest_first(std::move(lowest));
  }

  static std::vector<Point> lowest_others(std::vector<Point> points, const std::vector<Point>& wells) {
    constexpr std::size_t most = 4;
    std::erase_if(points, [&](const Point& point) {
      return std::any_of(wells.begin(), wells.end(), [&](const Point& well) { return well.x == point.x; });
    });
    points = deepest_first(std::move(points));
    if (points.size() > most) points.resize(most);
    return points;
  }

  static std::vector<Point> deepest_first(std::vector<Point> points) {
    std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.value < b.value; });
    return points;
  }

  static Point lowest_of(const std::array<Point, lanes>& points) noexcept {
    return *std::min_element(points.begin(), points.end(),
                             [](const Point& a, const Point& b) { return a.value < b.value; });
  }

  /// Newton's method in ln p_T, kept between the neighbours of a scan point by bisection.
  double stationary(double x, double spacing) {
    constexpr double ln2 = 0.693147180559945309;
    double low = x - 2.0 * spacing;
    double high = x + 2.0 * spacing;
    for (int i = 0; i < 50; ++i) {
      const Jet jet = goal_.jet(tail_jets(steps_, grad_norm_, elementary::exp2({x, 0.0})));
      ++passes_;
      (jet.slope > 0.0 ? high : low) = x;
      double next = x - jet.slope / (jet.curvature * ln2);
      if (!(jet.curvature > 0.0 && next >= low && next <= high)) next = 0.5 * (low + high);
      const double step = next - x;
      x = next;
      // The next step would be about the square of this one; or there is nothing to gain but rounding.
      if (std::fabs(step) <= 1e-7 || std::fabs(jet.slope * step) <= 1e-16 * jet.value) break;
    }
    return x;
  }

  Minimum refine(const Point& start, double spacing) {
    const double p = elementary::exp2({stationary(start.x, spacing), 0.0});
    ++passes_;
    const Tails sums = weights::tails(steps_, grad_norm_, {p, p, p, p, p, p, p, p})[0];
    return {p, goal_.value(sums), sums, 0};
  }

  std::span<const double> steps_;
  const Norm& grad_norm_;
  const Goal& goal_;
  Point lowest_;
  int passes_ = 0;
};

/// What brackets the search: the last positive step t = j < T, and sums.
struct Ends {
  double step = 0.0;       // eta_j
  double step_norm = 0.0;  // G_j
  double last_norm = 0.0;  // G_T
  double total = 0.0;      // S
  double noise = 0.0;      // Q = sum eta_t^2 G_t^2
};

template <class Norm>
Ends ends_of(std::span<const double> steps, const Norm& grad_norm) {
  Ends ends;
  BlockSum total;
  BlockSum noise;
  for (std::size_t k = 0; k < steps.size(); ++k) {
    total.add(steps[k]);
    noise.add(square(steps[k] * grad_norm(k)));
    if (!(steps[k] > 0.0)) continue;
    ends.step = steps[k];
    ends.step_norm = grad_norm(k);
  }
  ends.last_norm = grad_norm(steps.size());
  ends.total = total.value();
  ends.noise = noise.value();
  return ends;
}

/// x = p_T^2 and z = eta_j^2/p_T^2 play the same part: B >= x G_T^2 and B >= z G_j^2, so that the bound rises without
/// end (or to a limit) in both. A range of p_T is given by the largest of each.
struct Range {
  double x = 0.0;
  double z = 0.0;
};

/// Beyond these one of x G_T^2/2 and z G_j^2/2 alone exceeds a bound that was already met.
inline Range range_of(const FixedSteps& /*goal*/, const Ends& ends, double met) noexcept {
  return {2.0 * met / square(ends.last_norm), 2.0 * met / square(ends.step_norm)};
}

/// p_1 <= sqrt(x) + S/sqrt(x) and likewise in z, so sqrt(B)/p_1 >= G_T/(1 + S/x) and >= G_j/(1 + S/z): beyond these
/// that exceeds a value already met. first_look ensures that the value met is below D G_T and D G_j, unless rounding
/// hides it.
inline Range range_of(const BestScale& goal, const Ends& ends, double met) noexcept {
  const auto largest = [&](double norm) {
    const double over = norm * goal.distance / met - 1.0;
    return over > 1e-12 ? ends.total / over : 1e12 * ends.total;
  };
  return {largest(ends.last_norm), largest(ends.step_norm)};
}

/// At x = Q/(S G_T^2): B <= x G_T^2 + Q/x and p_1^2 >= x + 2S, so sqrt(B)/p_1 < G_T; likewise in z, where the last
/// gradient joins Q with weight eta_j^2.
inline Range first_look(const Ends& ends) noexcept {
  return {ends.noise / (ends.total * square(ends.last_norm)),
          (ends.noise + square(ends.step * ends.last_norm)) / (ends.total * square(ends.step_norm))};
}

enum class Reach {
  everywhere,  ///< the minimum
  nearby,      ///< Search::nearby: a few passes
};

template <class Goal>
Minimum minimise(std::span<const double> steps, GradNorm grad_norm, const Goal& goal, Reach reach = Reach::everywhere) {
  return grad_norm.visit([&](const auto& g) {
    const Ends ends = ends_of(steps, g);
    Search search(steps, g, goal);
    const Range look = first_look(ends);
    std::array<double, lanes> x;
    const double left = elementary::log2(ends.step / std::sqrt(look.z)).hi;
    const double right = elementary::log2(std::sqrt(look.x)).hi;
    for (std::size_t i = 0; i < lanes; ++i) x[i] = left + (right - left) * static_cast<double>(i) / (lanes - 1.0);
    const std::array<Point, lanes> points = search.at(x);
    if (reach == Reach::nearby) return search.nearby(points, std::fabs(right - left) / (lanes - 1.0));
    const Range range = range_of(goal, ends, search.lowest_value());
    // With G_T = G_j the bound is the same at p_T and eta_j/p_T.
    const bool mirrored = ends.last_norm == ends.step_norm;
    const double low = mirrored ? std::sqrt(ends.step) : ends.step / std::sqrt(range.z);
    return search.minimise(low, std::sqrt(range.x));
  });
}

}  // namespace scheduled::weights
