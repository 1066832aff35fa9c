// The proofs for averages of iterates: (8.3) with slack, mixtures of (8.6), gaps that are filled (docs/theory.md, 8a).
#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "base/elementary.hpp"
#include "base/numbers.hpp"
#include "base/sum.hpp"
#include "bound/average.hpp"

namespace scheduled::average {

BoundTerms chain(const Run& run, std::span<const double> weight, std::optional<double> last) {
  const std::size_t T = run.lr.size();
  CompensatedSum tail;  // C_{t+1}
  tail.add(weight[T - 1]);
  double Y = last.value_or(0.0);
  double low = 0.0;    // of Y: the rounding of its sums
  double steps = 0.0;  // S_h so far
  // 2 B/G^2 for one G, where the norms of the steps after a new start telescope; else 2 B.
  double noise = run.common ? Y : Y * square(run.norm[T - 1]);
  for (std::size_t t = T - 1; t-- > 0;) {
    const double C = tail.value();
    const double h = run.lr[t] * C;
    if (!last) {  // one G: the Y_{t+1} >= what it may be for which Y_t is smallest
      const double smallest = h * std::min(1.0, weight[t] > 0.0 ? C / weight[t] : 1.0);
      if (Y < smallest) {
        Y = smallest;
        low = 0.0;
        noise = std::max(0.0, Y - 2.0 * steps);
      }
    }
    // Y_t - Y_{t+1} - 2 h by equality; by the condition where that asks for more, (8.2). Uniform weights meet it
    // exactly.
    const bool holds = weight[t] * Y <= run.lr[t] * C * C * (1.0 + 1e-12);
    const double free = holds ? h * (h / Y) : weight[t] / C * (Y + h) - h;
    noise += run.common ? free : free * square(run.norm[t]);
    const elementary::DoubleDouble next = elementary::two_sum(Y, 2.0 * h + free + low);
    Y = next.hi;
    low = next.lo;
    steps += h;
    tail.add(weight[t]);
  }
  return {0.5 * square(run.distance) / Y, 0.5 * noise * (run.common ? square(run.norm[T - 1]) : 1.0)};
}

std::optional<BoundTerms> mixture(const Run& run, std::span<const double> weight) {
  struct Open {
    std::size_t begin;
    double height;
  };
  constexpr std::size_t most = 100'000'000;
  const std::size_t T = run.lr.size();
  std::vector<Open> open;
  BoundTerms sum;
  std::size_t work = 0;
  // The average with step weights over iterates begin ... end - 1 of a run of `end` steps, by (8.6).
  const auto add = [&](double height, std::size_t begin, std::size_t end) {
    double Y = 0.0;
    double noise = 0.0;
    for (std::size_t t = begin; t < end; ++t) {
      Y += run.lr[t];
      noise += square(run.lr[t] * run.norm[t]);
    }
    const double share = height * Y;
    noise /= Y;
    for (std::size_t t = begin; t-- > 0;) {
      const double free = run.lr[t] * (run.lr[t] / Y);
      noise += free * square(run.norm[t]);
      Y += 2.0 * run.lr[t] + free;
    }
    sum.inverse += share * 0.5 * square(run.distance) / Y;
    sum.linear += share * 0.5 * noise;
    work += end;
  };
  for (std::size_t t = 0; t <= T && work <= most; ++t) {
    const double height = t < T ? weight[t] / run.lr[t] : 0.0;
    std::size_t begin = t;
    while (!open.empty() && open.back().height > height) {
      const Open top = open.back();
      open.pop_back();
      const double below = std::max(height, open.empty() ? 0.0 : open.back().height);
      add(top.height - below, top.begin, t);
      begin = top.begin;
    }
    if (height > 0.0 && (open.empty() || open.back().height < height)) open.push_back({begin, height});
  }
  if (work > most) return std::nullopt;
  return sum;
}

namespace {

/// By how much f(x_3) can exceed the mean of f(x_1), f(x_2), f(x_3) weighted with the rates: f(x_3) - f(x_1) half
/// directly and half through x_2 (docs/theory.md, 8.10). For equal rates 11/16 lr G^2, which is attained.
double last_of_three(std::span<const double> lr, double G) {
  const double total = lr[0] + lr[1] + lr[2];
  const double across = (lr[0] + lr[1]) / total * lr[1];  // times -<g_3, g_2>
  const double along = 0.5 * lr[0] / total * lr[0];       // times -<g_1, g_2 + g_3>
  const double sum = std::min(2.0, along / across);       // the best |g_2 + g_3|, with <g_3, g_2> = sum^2/2 - 1
  return square(G) * (across * (1.0 - 0.5 * square(sum)) + along * sum);
}

}  // namespace

std::optional<Filled> fill(const Run& run) {
  const std::size_t T = run.lr.size();
  std::vector<std::size_t> kept;
  for (std::size_t t = 0; t < T; ++t) {
    if (run.weight[t] > 0.0) kept.push_back(t);
  }
  if (kept.size() < 2 || kept.back() - kept.front() + 1 == kept.size()) return std::nullopt;
  Filled filled{std::vector<double>(T, 0.0), 0.0};
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const std::size_t j = kept[i];
    const std::size_t block = i > 0 ? j - kept[i - 1] : std::min(j + 1, kept[1] - j);
    double rates = 0.0;
    double G = 0.0;
    for (std::size_t t = j + 1 - block; t <= j; ++t) {
      rates += run.lr[t];
      G = std::max(G, run.norm[t]);
    }
    double excess = 0.0;
    double d = 0.0;      // (6.4) with D = 0 for the run from x_t to x_j
    double steps = 0.0;  // eta_t + ... + eta_{j-1}
    for (std::size_t t = j + 1; t-- > j + 1 - block;) {
      if (t < j) {
        const double q = std::max(run.lr[t], d);
        d = q + (2.0 * run.lr[t] + square(run.lr[t]) / q);
        steps += run.lr[t];
      }
      const double share = run.weight[j] * run.lr[t] / rates;
      filled.weight[t] += share;
      excess += share * 0.5 * square(G) * (d - 2.0 * steps);
    }
    if (block == 3) excess = std::min(excess, run.weight[j] * last_of_three(std::span(run.lr).subspan(j - 2, 3), G));
    filled.excess += excess;
  }
  return filled;
}

}  // namespace scheduled::average
