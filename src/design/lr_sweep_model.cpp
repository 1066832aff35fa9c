#include "design/lr_sweep_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/interrupt.hpp"
#include "base/numbers.hpp"
#include "base/search.hpp"

namespace scheduled::lr_sweep {
namespace {

constexpr double huber_bend = 1.345;  // standard deviations: 95 % efficient for normal errors
constexpr double q_spread = 0.5;      // of the prior of the curvature's exponent
constexpr double q_most = 1.5;

using Columns = std::vector<std::vector<double>>;

std::size_t count_of(const Model& model) {
  std::size_t count = model.schedules + 1;
  for (const bool fitted : model.fitted) count += fitted ? 1 : 0;
  return count;
}

std::size_t place_of_axis(const Model& model, std::size_t axis) {
  std::size_t place = model.schedules;
  for (std::size_t a = 0; a < axis; ++a) place += model.fitted[a] ? 1 : 0;
  return place;
}

/// The terms of the coefficients, in their order.
Columns terms(const std::vector<Row>& rows, const Model& model, double q) {
  Columns columns(count_of(model), std::vector<double>(rows.size(), 0.0));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const double rise = std::exp(q * row.z[0]);
    columns[row.schedule][i] = rise * row.x;
    std::size_t next = model.schedules;
    for (std::size_t a = 0; a < axes; ++a) {
      if (model.fitted[a]) columns[next++][i] = rise * row.x * row.z[a];
    }
    columns[next][i] = rise * square(row.x);
  }
  return columns;
}

/// Weighted means of each group, taken off; returned.
std::vector<double> centre(std::vector<double>& values, const std::vector<Row>& rows, const std::vector<double>& weight,
                           std::size_t groups) {
  std::vector<double> sum(groups, 0.0), total(groups, 0.0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    sum[rows[i].group] += weight[i] * values[i];
    total[rows[i].group] += weight[i];
  }
  for (std::size_t g = 0; g < groups; ++g) {
    sum[g] = total[g] > 0.0 ? sum[g] / total[g] : std::numeric_limits<double>::quiet_NaN();
  }
  for (std::size_t i = 0; i < rows.size(); ++i) values[i] -= sum[rows[i].group];
  return sum;
}

double product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// (R^T R)^-1 of the known columns.
std::vector<double> inverse_of(const Columns& r, const std::vector<bool>& known) {
  const std::size_t p = known.size();
  std::vector<double> inverse(p * p, 0.0);  // of R
  for (std::size_t j = 0; j < p; ++j) {
    if (!known[j]) continue;
    inverse[j * p + j] = 1.0 / r[j][j];
    for (std::size_t i = j; i-- > 0;) {
      if (!known[i]) continue;
      double sum = 0.0;
      for (std::size_t k = i + 1; k <= j; ++k) {
        if (known[k]) sum += r[k][i] * inverse[k * p + j];
      }
      inverse[i * p + j] = -sum / r[i][i];
    }
  }
  std::vector<double> covariance(p * p, 0.0);
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j < p; ++j) {
      for (std::size_t k = 0; k < p; ++k) covariance[i * p + j] += inverse[i * p + k] * inverse[j * p + k];
    }
  }
  return covariance;
}

/// The known columns before j that make up column j, of this length, are not alone.
void find_shared(const Columns& r, std::size_t j, double length, Solution& found) {
  constexpr double little = 1e-4;  // of the length: rounding
  found.alone[j] = false;
  std::vector<double> share(j, 0.0);
  for (std::size_t k = j; k-- > 0;) {
    if (!found.known[k]) continue;
    double sum = r[j][k];
    for (std::size_t m = k + 1; m < j; ++m) sum -= r[m][k] * share[m];
    share[k] = sum / r[k][k];
    if (std::abs(share[k]) * std::sqrt(product(r[k], r[k])) > little * length) found.alone[k] = false;
  }
}

/// Least squares with weights, by Gram-Schmidt; `residual` is of the losses themselves.
Solution least_squares(const std::vector<Row>& rows, const Model& model, double q, const std::vector<double>& weight,
                       std::vector<double>& residual) {
  constexpr double aliased = 1e-7;    // of a column's length: what is left of one that others make up
  constexpr double rounding = 1e-12;  // of the losses: no curvature
  Columns columns = terms(rows, model, q);
  const Columns raw = columns;
  const std::size_t p = columns.size();
  residual.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) residual[i] = rows[i].loss;
  std::vector<double> y = residual;
  const std::vector<double> means = centre(y, rows, weight, model.groups);
  std::vector<std::vector<double>> column_means;
  for (std::vector<double>& column : columns) column_means.push_back(centre(column, rows, weight, model.groups));
  double losses = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double root = std::sqrt(weight[i]);
    losses += weight[i] * square(rows[i].loss);
    y[i] *= root;
    for (std::vector<double>& column : columns) column[i] *= root;
  }
  Solution found{std::vector<double>(p, 0.0), std::vector<bool>(p, false), {}, {}, means, q, 0.0, 0};
  found.alone.assign(p, true);
  Columns r(p, std::vector<double>(p, 0.0));
  std::vector<double> projected(p, 0.0);
  for (std::size_t j = 0; j < p; ++j) {
    const double before = std::sqrt(product(columns[j], columns[j]));
    for (std::size_t k = 0; k < j; ++k) {
      if (!found.known[k]) continue;
      r[j][k] = product(columns[k], columns[j]);
      for (std::size_t i = 0; i < rows.size(); ++i) columns[j][i] -= r[j][k] * columns[k][i];
    }
    const double left = std::sqrt(product(columns[j], columns[j]));
    if (!(left > aliased * before)) {
      find_shared(r, j, before, found);
      continue;
    }
    found.known[j] = true;
    r[j][j] = left;
    for (double& value : columns[j]) value /= left;
    projected[j] = product(columns[j], y);
  }
  if (std::abs(projected.back()) <= rounding * std::sqrt(losses)) projected.back() = 0.0;
  for (std::size_t j = p; j-- > 0;) {
    if (!found.known[j]) continue;
    double sum = projected[j];
    for (std::size_t k = j + 1; k < p; ++k) sum -= r[k][j] * found.coefficient[k];
    found.coefficient[j] = sum / r[j][j];
  }
  for (std::size_t j = 0; j < p; ++j) {
    for (std::size_t g = 0; g < model.groups; ++g) found.level[g] -= found.coefficient[j] * column_means[j][g];
    for (std::size_t i = 0; i < rows.size(); ++i) residual[i] -= found.coefficient[j] * raw[j][i];
  }
  for (std::size_t i = 0; i < rows.size(); ++i) residual[i] -= found.level[rows[i].group];
  found.covariance = inverse_of(r, found.known);
  return found;
}

int freedom_of(const std::vector<Row>& rows, const Model& model, const Solution& found) {
  std::vector<bool> used(model.groups, false);
  for (const Row& row : rows) used[row.group] = true;
  const auto parameters = std::count(used.begin(), used.end(), true) +
                          std::count(found.known.begin(), found.known.end(), true) + (model.curvature_power ? 1 : 0);
  return static_cast<int>(rows.size()) - static_cast<int>(parameters);
}

/// Median of the residuals without as many of the smallest as there are parameters, as a standard deviation.
double robust_scale(std::vector<double> residual, int freedom) {
  if (freedom < 1) return 0.0;
  for (double& value : residual) value = std::abs(value);
  std::sort(residual.begin(), residual.end());
  residual.erase(residual.begin(), residual.end() - freedom);
  const std::size_t half = residual.size() / 2;
  const double median = residual.size() % 2 == 1 ? residual[half] : 0.5 * (residual[half - 1] + residual[half]);
  return 1.4826 * median;
}

/// Shares of weight that rows keep which are less sure than a rerun.
std::vector<double> sureness(const std::vector<Row>& rows, double noise) {
  std::vector<double> spreads, share(rows.size(), 1.0);
  for (const Row& row : rows) {
    if (row.spread > 0.0) spreads.push_back(row.spread);
  }
  if (spreads.empty()) return share;
  std::nth_element(spreads.begin(), spreads.begin() + static_cast<std::ptrdiff_t>(spreads.size() / 2), spreads.end());
  const double own = square(std::max(noise, 0.25 * spreads[spreads.size() / 2]));
  for (std::size_t i = 0; i < rows.size(); ++i) share[i] = own / (own + square(rows[i].spread));
  return share;
}

struct Robust {
  Solution solution;
  double objective = 0.0;
};

/// Huber's loss at one q, by reweighting; `scale` 0: found on the way.
Robust huber_fit(const std::vector<Row>& rows, const Model& model, double q, double scale) {
  constexpr int rounds = 40;
  const bool given = scale > 0.0;
  constexpr double smallest = 1e-9;
  std::vector<double> share = sureness(rows, model.noise.value_or(scale));
  std::vector<double> weight = share, residual;
  Robust found;
  for (int round = 0; round < rounds; ++round) {
    Interruption::poll();
    found.solution = least_squares(rows, model, q, weight, residual);
    for (std::size_t i = 0; i < rows.size(); ++i) residual[i] *= std::sqrt(share[i]);
    const int freedom = freedom_of(rows, model, found.solution);
    if (!given) {
      scale = robust_scale(residual, freedom);
      share = sureness(rows, model.noise.value_or(scale));
    }
    double change = 0.0;
    double squares = 0.0;
    found.objective = 0.0;
    const double bend = huber_bend * std::max(scale, smallest);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double size = std::abs(residual[i]);
      const double kept = size <= bend ? 1.0 : bend / size;
      change = std::max(change, std::abs(weight[i] - share[i] * kept));
      weight[i] = share[i] * kept;
      squares += square(kept * size);
      found.objective += size <= bend ? square(size) : bend * (2.0 * size - bend);
    }
    found.solution.freedom = freedom;
    const double plain = freedom > 0 ? std::sqrt(squares / freedom) : 0.0;
    found.solution.scale = std::max(robust_scale(residual, freedom), plain);
    if (change < 1e-6) break;
  }
  return found;
}

/// Adds what the q of `found` leaves open of the coefficients: it is as sure as the objectives on both sides say.
void add_power(const Robust& left, Robust& found, const Robust& right, double apart, double scale) {
  const double bend = (left.objective - 2.0 * found.objective + right.objective) / square(apart);
  const double variance = 2.0 / std::max(bend, 2.0 / square(q_spread)) / square(scale);
  const std::size_t p = found.solution.coefficient.size();
  std::vector<double> slope(p, 0.0);
  for (std::size_t i = 0; i < p; ++i) {
    slope[i] = (right.solution.coefficient[i] - left.solution.coefficient[i]) / (2.0 * apart);
  }
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j < p; ++j) found.solution.covariance[i * p + j] += variance * slope[i] * slope[j];
  }
}

/// The q of the smallest objective, its prior included, for residuals of this scale.
Robust best_power(const std::vector<Row>& rows, const Model& model, double scale) {
  const auto at = [&](double q) {
    Robust found = huber_fit(rows, model, q, scale);
    found.objective = found.objective / square(scale) + square(q / q_spread);
    return found;
  };
  constexpr int steps = 15;  // each way
  double best_q = 0.0;
  double best = std::numeric_limits<double>::infinity();
  for (int n = -steps; n <= steps; ++n) {
    const double q = q_most * n / steps;
    if (const double objective = at(q).objective; objective < best) {
      best = objective;
      best_q = q;
    }
  }
  const auto [q, lowest] = golden_section([&](double at_q) { return at(at_q).objective; }, best_q - q_most / steps,
                                          best_q + q_most / steps, 1e-8);
  constexpr double apart = 0.05;
  Robust found = at(q);
  add_power(at(q - apart), found, at(q + apart), apart, scale);
  return found;
}

}  // namespace

Solution solve(const std::vector<Row>& rows, const Model& model) {
  Solution found = huber_fit(rows, model, 0.0, 0.0).solution;
  if (model.curvature_power && found.known.back()) {
    for (int round = 0; round < 3 && found.freedom > 0; ++round) {
      const double scale = std::max(model.noise.value_or(found.scale), 1e-9);
      found = best_power(rows, model, scale).solution;
    }
  }
  return found;
}

std::optional<Lowest> lowest(const Solution& solution, const Model& model, const At& at) {
  if (!solution.curved() || !solution.known[at.schedule]) return std::nullopt;
  const std::size_t p = solution.coefficient.size();
  std::vector<double> gradient(p, 0.0);
  gradient[at.schedule] = 1.0;
  double slope = solution.coefficient[at.schedule];
  std::size_t next = model.schedules;
  for (std::size_t a = 0; a < axes; ++a) {
    if (!model.fitted[a]) continue;
    if (!solution.known[next] && !at.seen) return std::nullopt;
    slope += solution.coefficient[next] * at.z[a];
    gradient[next++] = at.z[a];
  }
  const double curvature = solution.curvature();
  gradient[p - 1] = -slope / curvature;
  double variance = 0.0;
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j < p; ++j) variance += gradient[i] * gradient[j] * solution.covariance[i * p + j];
  }
  return Lowest{-slope / (2.0 * curvature), variance / square(2.0 * curvature)};
}

bool told_apart(const Solution& solution, const Model& model, std::size_t axis) {
  return solution.alone[place_of_axis(model, axis)];
}

std::optional<Lowest> exponent(const Solution& solution, const Model& model, std::size_t axis) {
  const std::size_t place = place_of_axis(model, axis);
  if (!model.fitted[axis] || !solution.curved() || !solution.known[place]) return std::nullopt;
  const std::size_t p = solution.coefficient.size();
  const double curvature = solution.curvature();
  const double slope = solution.coefficient[place];
  const double ratio = slope / curvature;
  const double variance = solution.covariance[place * p + place] -
                          2.0 * ratio * solution.covariance[place * p + p - 1] +
                          square(ratio) * solution.covariance[p * p - 1];
  return Lowest{-slope / (2.0 * curvature), variance / square(2.0 * curvature)};
}

}  // namespace scheduled::lr_sweep
