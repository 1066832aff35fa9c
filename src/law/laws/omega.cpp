// C + M Omega_t for rates eta/reference_sum and G_t = G_1 exp(A_1 t) + G_2 t^A_2 + B (2501.18965).
#include <algorithm>
#include <array>
#include <cmath>

#include "base/elementary.hpp"
#include "base/interrupt.hpp"
#include "law/arithmetic.hpp"
#include "law/definition.hpp"
#include "law/laws/shared_parameters.hpp"
#include "law/sums/tree.hpp"
#include "scheduled/bound.hpp"

namespace scheduled::law {
namespace {

struct OmegaLaw {
  double C, M, G_1, A_1, G_2, A_2, B;

  static constexpr std::array<Parameter<OmegaLaw>, 7> fields() {
    return {
        {{&OmegaLaw::C, bound_floor},
         {&OmegaLaw::M, bound_unit},
         {&OmegaLaw::G_1,
          {.name = "G_1",
           .meaning = "part of the grad norm that decays exponentially",
           .lower = 0.0,
           .start = 1.0,
           .unit = LawUnit::root_steps}},
         {&OmegaLaw::A_1,
          {.name = "A_1",
           .meaning = "its rate per step",
           .lower = -1.0,
           .upper = 0.0,
           .start = -10.0,
           .unit = LawUnit::per_step}},
         {&OmegaLaw::G_2,
          {.name = "G_2",
           .meaning = "part of the grad norm that follows a power of t",
           .lower = 0.0,
           .start = 1.0,
           .unit = LawUnit::root_steps}},
         {&OmegaLaw::A_2,
          {.name = "A_2", .meaning = "its exponent", .lower = -3.0, .upper = 1.0, .start = -0.5, .spread = 0.5}},
         {&OmegaLaw::B,
          {.name = "B", .meaning = "grad norm that stays", .lower = 0.0, .start = 0.5, .unit = LawUnit::root_steps}}}};
  }
};

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

/// G_t^2 enters Omega_t linearly and is smooth in t: on [2^i, 2^(i+1)) it is given by its values at 16 Chebyshev points
/// (t^A_2: error 5.83^-16; exp(A_1 t) <= 5e-11 for every A_1 <= 0), so that Omega at the targets is one matrix, made
/// once, times those values.
class Curve {
 public:
  explicit Curve(const Series& series);
  void evaluate(const OmegaLaw& p, const Losses<OmegaLaw>& out) const;

 private:
  void add_row(const Tree& tree, std::size_t target, std::size_t t, std::span<const double> rates,
               std::span<const double> sums, std::span<const double> weights);

  std::vector<double> time_;         ///< per column: t of the point
  std::vector<double> inverse_sum_;  ///< per target
  std::vector<double> rows_;         ///< concatenated rows
  std::vector<std::size_t> begin_;   ///< per target and one more
};

Curve::Curve(const Series& series) {
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
  for (std::size_t begin = 16; begin <= last; begin *= 2) {
    for (const double x : panel.point) time_.push_back(static_cast<double>(begin) * (1.5 + 0.5 * x));
  }
  begin_.push_back(0);
  for (std::size_t i = 0; i < step.size(); ++i) {
    Interruption::poll();
    const auto t = static_cast<std::size_t>(step[i]);
    rows_.resize(rows_.size() + columns_up_to(t), 0.0);
    inverse_sum_.push_back(1.0 / sums[t - 1]);
    scatter(static_cast<double>(t), series.lr[t - 1] / series.reference_sum, &rows_[begin_.back()]);
    add_row(tree, i, t, rates, sums, weights);
    begin_.push_back(rows_.size());
  }
}

void Curve::add_row(const Tree& tree, std::size_t target, std::size_t t, std::span<const double> rates,
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

void Curve::evaluate(const OmegaLaw& p, const Losses<OmegaLaw>& out) const {
  constexpr std::size_t kinds = 6;  // G^2 and its derivatives in G_1, A_1, G_2, A_2, B
  std::array<std::vector<double>, kinds> square;
  for (auto& values : square) values.reserve(time_.size());
  for (const double t : time_) {
    const double decay = exponential(p.A_1 * t);
    const double power = elementary::power(t, p.A_2);
    const double G = p.G_1 * decay + p.G_2 * power + p.B;
    square[0].push_back(G * G);
    if (!out.derivatives()) continue;
    square[1].push_back(2.0 * G * decay);
    square[2].push_back(2.0 * G * p.G_1 * t * decay);
    square[3].push_back(2.0 * G * power);
    square[4].push_back(2.0 * G * p.G_2 * natural_log(t) * power);
    square[5].push_back(2.0 * G);
  }
  for (std::size_t i = 0; i < inverse_sum_.size(); ++i) {
    const double* row = &rows_[begin_[i]];
    const std::size_t columns = begin_[i + 1] - begin_[i];
    std::array<double, kinds> sum{};
    for (std::size_t kind = 0; kind < (out.derivatives() ? kinds : 1); ++kind) {
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
    out.set(i, p.C + p.M * omega);
    if (!out.derivatives()) continue;
    const double half = 0.5 * p.M;
    out.set_derivatives(i, {.C = 1.0,
                            .M = omega,
                            .G_1 = half * sum[1],
                            .A_1 = half * sum[2],
                            .G_2 = half * sum[3],
                            .A_2 = half * sum[4],
                            .B = half * sum[5]});
  }
}

LawGradient end_gradient(const OmegaLaw& p, const Rates& run, Falls) {
  const auto T = static_cast<std::size_t>(last_positive_step(run.lr));
  std::vector<double> rates;
  std::vector<double> norms;
  for (std::size_t k = 0; k < T; ++k) {
    const auto t = static_cast<double>(k + 1);
    rates.push_back(run.lr[k] / run.reference_sum);
    norms.push_back(p.G_1 * exponential(p.A_1 * t) + p.G_2 * elementary::power(t, p.A_2) + p.B);
  }
  LawGradient result{p.C + p.M * omega(rates, norms, 1.0), std::vector<double>(run.lr.size(), 0.0)};
  omega_gradient(rates, norms, 1.0, std::span(result.rate).first(T));
  for (double& d : result.rate) d *= p.M / run.reference_sum;
  return result;
}

}  // namespace

Definition omega_law() {
  return {.kind = LawKind::omega,
          .name = "omega",
          .parameters = parameter_table<OmegaLaw>,
          .prepare = prepare<OmegaLaw, Curve>,
          .end_gradient = end_gradient_of<OmegaLaw, end_gradient>,
          .zero_rates = false};
}

}  // namespace scheduled::law
