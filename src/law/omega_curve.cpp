#include <algorithm>
#include <array>
#include <cmath>

#include "base/elementary.hpp"
#include "law/curves.hpp"

namespace scheduled::law {
namespace {

constexpr std::size_t panel_order = 16;
constexpr std::size_t singles = 15;  ///< columns for t = 1 ... 15, then panels [16, 32), [32, 64), ...

/// Chebyshev points of [-1, 1] and their barycentric weights.
struct Panel {
  std::array<double, panel_order> point{};
  std::array<double, panel_order> weight{};
  Panel() {
    for (std::size_t j = 0; j < panel_order; ++j) {
      const double x = (2.0 * static_cast<double>(j) + 1.0) / (2.0 * panel_order);
      point[j] = 2.0 * elementary::half_cosine(1.0 - x, x) - 1.0;
      // sin(pi x) = 2 sqrt(c (1 - c)) with c = (1 + cos(pi x))/2
      const double c = elementary::half_cosine(x, 1.0 - x);
      weight[j] = (j % 2 == 0 ? 2.0 : -2.0) * std::sqrt(c * (1.0 - c));
    }
  }
};

struct Place {
  std::size_t column;  ///< the first of the panel
  double x;            ///< in [-1, 1)
};

Place place_of(double t) {
  std::size_t panel = 0;
  double begin = 16.0;
  while (t >= 2.0 * begin) {
    begin *= 2.0;
    ++panel;
  }
  return {singles + panel * panel_order, 2.0 * (t - begin) / begin - 1.0};
}

/// row += amount times the interpolation formula of G^2 at t.
void scatter(double t, double amount, double* row) {
  static const Panel panel;
  if (t < 16.0) {
    row[static_cast<std::size_t>(t) - 1] += amount;
    return;
  }
  const Place place = place_of(t);
  std::array<double, panel_order> part{};
  double total = 0.0;
  for (std::size_t j = 0; j < panel_order; ++j) {
    const double apart = place.x - panel.point[j];
    if (apart == 0.0) {
      row[place.column + j] += amount;
      return;
    }
    part[j] = panel.weight[j] / apart;
    total += part[j];
  }
  for (std::size_t j = 0; j < panel_order; ++j) row[place.column + j] += amount * (part[j] / total);
}

std::size_t columns_up_to(std::size_t t) { return t < 16 ? t : place_of(static_cast<double>(t)).column + panel_order; }

}  // namespace

OmegaCurve::OmegaCurve(const Series& series) {
  static const Panel panel;
  // A step of rate 0 changes nothing: the value of the last positive one stands.
  std::vector<std::int64_t> step;
  for (std::int64_t t : series.step) {
    while (series.lr[static_cast<std::size_t>(t) - 1] == 0.0) --t;
    step.push_back(t);
  }
  const auto last = static_cast<std::size_t>(step.back());
  const std::vector<double> sums = prefix_sums(series.lr.first(last), series.reference_sum);
  const Tree tree(series.lr.first(last), step, false);
  std::vector<double> rates;
  std::vector<double> squares;
  for (std::size_t k = 0; k < last; ++k) {
    rates.push_back(series.lr[k] / series.reference_sum);
    squares.push_back(rates.back() * rates.back());
  }
  std::vector<double> weights(tree.slots());
  tree.gather(squares, weights);
  for (std::size_t t = 1; t < 16 && t <= last; ++t) time_.push_back(static_cast<double>(t));
  for (double begin = 16.0; begin <= static_cast<double>(last); begin *= 2.0) {
    for (const double x : panel.point) time_.push_back(begin * (1.5 + 0.5 * x));
  }
  begin_.push_back(0);
  for (std::size_t i = 0; i < step.size(); ++i) {
    const auto t = static_cast<std::size_t>(step[i]);
    rows_.resize(rows_.size() + columns_up_to(t), 0.0);
    inverse_sum_.push_back(1.0 / sums[t - 1]);
    scatter(static_cast<double>(t), series.lr[t - 1] / series.reference_sum, &rows_[begin_.back()]);
    add_row(tree, i, t, rates, sums, weights);
    begin_.push_back(rows_.size());
  }
}

void OmegaCurve::add_row(const Tree& tree, std::size_t target, std::size_t t, std::span<const double> rates,
                         std::span<const double> sums, std::span<const double> weights) {
  // Tail sums near t from the end: where rates decay to nothing, differences of sums from the start are all rounding.
  std::array<double, 64> tail{};
  const std::size_t near = std::min(tail.size(), t);
  for (std::size_t i = 1; i < near; ++i) tail[i] = tail[i - 1] + rates[t - i];
  double* row = &rows_[begin_[target]];
  for (const Tree::Segment& segment : tree.segments(target)) {
    for (std::size_t slot = segment.first; slot < segment.first + segment.count; ++slot) {
      const std::size_t k = tree.position()[slot];
      if (k + 1 == t || weights[slot] == 0.0) continue;  // the sum runs over k < t
      const std::size_t back = t - 1 - k;
      const double rest = back < near ? tail[back] : std::max(sums[t - 1] - sums[k], tail[near - 1]);
      scatter(static_cast<double>(k + 1), weights[slot] / rest, row);
    }
  }
}

void OmegaCurve::evaluate(std::span<const double> p, const Output& out) const {
  constexpr std::size_t kinds = 6;  // G^2 and its derivatives in G_1, A_1, G_2, A_2, B
  std::array<std::vector<double>, kinds> square;
  for (auto& values : square) values.reserve(time_.size());
  for (const double t : time_) {
    const double decay = exponential(p[3] * t);
    const double power = elementary::power(t, p[5]);
    const double G = p[2] * decay + p[4] * power + p[6];
    square[0].push_back(G * G);
    if (!out.jacobian) continue;
    square[1].push_back(2.0 * G * decay);
    square[2].push_back(2.0 * G * p[2] * t * decay);
    square[3].push_back(2.0 * G * power);
    square[4].push_back(2.0 * G * p[4] * natural_log(t) * power);
    square[5].push_back(2.0 * G);
  }
  for (std::size_t i = 0; i < inverse_sum_.size(); ++i) {
    const double* row = &rows_[begin_[i]];
    const std::size_t columns = begin_[i + 1] - begin_[i];
    std::array<double, kinds> sum{};
    for (std::size_t kind = 0; kind < (out.jacobian ? kinds : 1); ++kind) {
      const double* values = square[kind].data();
      std::array<double, 4> part{};  // four chains: fixed order, and the compiler may use vectors
      std::size_t c = 0;
      for (; c + 4 <= columns; c += 4) {
        for (std::size_t l = 0; l < 4; ++l) part[l] += row[c + l] * values[c + l];
      }
      for (; c < columns; ++c) part[0] += row[c] * values[c];
      sum[kind] = (part[0] + part[1]) + (part[2] + part[3]);
    }
    const double omega = 0.5 * (inverse_sum_[i] + sum[0]);
    out.loss[i] = p[0] + p[1] * omega;
    if (!out.jacobian) continue;
    double* jacobian = out.jacobian + 7 * i;
    jacobian[0] = 1.0;
    jacobian[1] = omega;
    for (std::size_t kind = 1; kind < kinds; ++kind) jacobian[1 + kind] = 0.5 * p[1] * sum[kind];
  }
}

}  // namespace scheduled::law
