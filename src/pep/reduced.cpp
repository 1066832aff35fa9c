#include "pep/reduced.hpp"

#include <algorithm>

namespace scheduled::pep {

Reduced::Reduced(const PepProblem& problem)
    : problem_(problem),
      p_(problem),
      objective_unit_(omega(problem.lr(), problem.grad_norm(), problem.distance()) / p_.value_unit),
      c_scale_(p_.T, 1.0),
      column_((p_.T + 1) * (p_.T + 1), 0),
      has_row_((p_.T + 1) * (p_.T + 1), false) {
  // The largest entry of the Gram matrix in units of G_k G_j that c_k makes is then 1.
  double least = 1.0;
  for (std::size_t k = p_.T; k-- > 0;) {
    least = std::min(least, p_.norm[k + 1]);
    c_scale_[k] = p_.norm[k] * least;
  }
}

/// Such that the largest entry of the Gram matrix that the slack makes is 1.
double Reduced::slack_scale(std::size_t i, std::size_t j) const {
  double move = i < j && i > 0 ? p_.move[i] : 1.0;
  if (i > 0) move = std::min(move, p_.move[i - 1]);
  return move * p_.norm[j];
}

/// Entry (k, j), k < j, of the Gram matrix in units of G_k G_j. move[k] = eta_k G_k, and move[0] = 1 makes k = 0 fit:
/// the slack s_1j then has to change its sign.
Reduced::Terms Reduced::gram_terms(std::size_t k, std::size_t j) const {
  Terms terms{{k + 1, c_scale_[k] / (p_.norm[k] * p_.norm[j])}};
  const auto add = [&](std::size_t i, double sign) {
    const std::size_t column = i < j ? column_of(i, j) : 0;
    if (column > 0) terms.push_back({p_.T + column, sign * slack_scale(i, j) / (p_.move[k] * p_.norm[j])});
  };
  add(k, k == 0 ? 1.0 : -1.0);
  add(k + 1, k == 0 ? -1.0 : 1.0);
  return terms;
}

/// The row f_i - f_j + sum of eta_k <g_j, g_k> over j <= k < i >= 0, or f_i >= 0, at `place` of block 2.
void Reduced::add_row(SdpaProblem& sdp, std::size_t place, Pair row) const {
  const auto [i, j] = row;
  std::vector<double> factor(p_.T + columns_.size() + 1, 0.0);
  if (j == 0) {
    factor[1] += c_scale_[0];
    for (std::size_t k = 1; k < i; ++k) factor[k + 1] -= p_.rate(k) * c_scale_[k];
  } else {
    for (std::size_t k = j; k < i; ++k) {
      factor[k + 1] -= p_.rate(k) * c_scale_[k];
      if (k == j) continue;
      for (const Term& term : gram_terms(j, k)) factor[term.unknown] += p_.move[k] * p_.norm[j] * term.factor;
    }
    sdp.add(0, 2, place, place, -p_.move[j] * p_.norm[j]);
  }
  for (std::size_t unknown = 1; unknown < factor.size(); ++unknown) sdp.add(unknown, 2, place, place, factor[unknown]);
}

SdpaProblem Reduced::sdpa() const {
  SdpaProblem sdp;
  sdp.matrix_size = p_.T + 1;
  sdp.diagonal_size = columns_.size() + rows_.size();
  sdp.objective.assign(p_.T + columns_.size(), 0.0);
  sdp.objective[0] = -c_scale_[0] / objective_unit_;  // minimise -f_T
  for (std::size_t k = 1; k < p_.T; ++k) sdp.objective[k] = p_.rate(k) * c_scale_[k] / objective_unit_;
  for (std::size_t i = 0; i <= p_.T; ++i) {
    sdp.add(0, 1, i + 1, i + 1, -1.0);
    for (std::size_t j = i + 1; j <= p_.T; ++j) {
      for (const Term& term : gram_terms(i, j)) sdp.add(term.unknown, 1, i + 1, j + 1, term.factor);
    }
  }
  for (std::size_t c = 0; c < columns_.size(); ++c) sdp.add(p_.T + c + 1, 2, c + 1, c + 1, 1.0);
  for (std::size_t r = 0; r < rows_.size(); ++r) add_row(sdp, columns_.size() + r + 1, rows_[r]);
  std::stable_sort(sdp.entries.begin(), sdp.entries.end(),
                   [](const SdpaEntry& a, const SdpaEntry& b) { return a.constraint < b.constraint; });
  return sdp;
}

PepPrimal Reduced::primal(const SdpaSolution& solution) const {
  const std::size_t T = p_.T;
  const auto unit = [&](std::size_t i) { return i == 0 ? problem_.distance() : problem_.grad_norm()[i - 1]; };
  PepPrimal primal;
  primal.gram.assign((T + 1) * (T + 1), 0.0);
  for (std::size_t k = 0; k <= T; ++k) {
    primal.gram[k * (T + 1) + k] = unit(k) * unit(k);
    for (std::size_t j = k + 1; j <= T; ++j) {
      double entry = 0.0;
      for (const Term& term : gram_terms(k, j)) entry += term.factor * solution.y[term.unknown - 1];
      primal.gram[k * (T + 1) + j] = primal.gram[j * (T + 1) + k] = entry * unit(k) * unit(j);
    }
  }
  double f = c_scale_[0] * solution.y[0];
  for (std::size_t t = 1; t <= T; ++t) {
    primal.value.push_back(f * p_.value_unit);
    if (t < T) f -= p_.rate(t) * c_scale_[t] * solution.y[t];
  }
  return primal;
}

/// The slack matrix S in units of D and G_t, times the objective's unit, is block 1 of the solution. Its entry (k, j),
/// k < j, is
///   1/2 eta_k G_k G_j (lambda_0j + sum of lambda_ij over 1 <= i <= k) - 1/2 eta_j G_k G_j (sum of lambda_ik over i >
///   j)
/// (for k = 0: -1/2 G_j lambda_0j), the diagonal mu_j G_j^2 - eta_j G_j^2 (sum of lambda_ij over i > j).
PepDual Reduced::dual(const SdpaSolution& solution) const {
  const std::size_t T = p_.T;
  PepDual dual;
  dual.pair.assign((T + 1) * (T + 1), 0.0);
  std::vector<double> after((T + 1) * (T + 1), 0.0);  // (k, j): sum of lambda_ik over i > j
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const auto [i, j] = rows_[r];
    const double multiplier = objective_unit_ * solution.diagonal[columns_.size() + r];
    dual.pair[pair_index(T, i, j)] = multiplier;
    for (std::size_t l = j; l < i && j > 0; ++l) after[pair_index(T, j, l)] += multiplier;
  }
  const auto S = [&](std::size_t k, std::size_t j) { return objective_unit_ * solution.matrix[pair_index(T, k, j)]; };
  dual.distance = S(0, 0) * p_.value_unit / problem_.distance() / problem_.distance();
  for (std::size_t j = 1; j <= T; ++j) {
    double sum = -2.0 * S(0, j) / p_.norm[j];
    dual.pair[pair_index(T, 0, j)] = sum;
    for (std::size_t k = 1; k < j; ++k) {
      const double whole = S(k, j) + 0.5 * p_.move[j] * p_.norm[k] * after[pair_index(T, k, j)];
      const double next = 2.0 * whole / (p_.move[k] * p_.norm[j]);
      dual.pair[pair_index(T, k, j)] = next - sum;
      sum = next;
    }
    const double G = problem_.grad_norm()[j - 1];
    dual.grad_norm.push_back((S(j, j) + p_.move[j] * p_.norm[j] * after[pair_index(T, j, j)]) * p_.value_unit / G / G);
  }
  return dual;
}

bool Reduced::extend(const PepPrimal& primal, const PepDual& dual, double tolerance) {
  const std::size_t T = p_.T;
  const std::size_t before = columns_.size() + rows_.size();
  for (std::size_t j = 1; j <= T; ++j) {
    for (std::size_t i = 0; i < j; ++i) {
      const std::size_t place = pair_index(T, i, j);
      if (column_[place] > 0 || dual.pair[place] >= -tolerance) continue;
      columns_.emplace_back(i, j);
      column_[place] = columns_.size();
    }
  }
  const auto f = [&](std::size_t t) { return primal.value[t - 1]; };
  const double limit = -tolerance * p_.value_unit;
  for (std::size_t j = 0; j <= T; ++j) {
    double products = 0.0;  // sum of eta_k <g_j, g_k> over j <= k < i
    for (std::size_t i = j + 1; i <= T; ++i) {
      if (j > 0) products += problem_.lr()[i - 2] * primal.gram[pair_index(T, j, i - 1)];
      const double slack = j == 0 ? f(i) : f(i) - f(j) + products;
      const std::size_t place = pair_index(T, i, j);
      if (has_row_[place] || slack >= limit) continue;
      rows_.emplace_back(i, j);
      has_row_[place] = true;
    }
  }
  return columns_.size() + rows_.size() > before;
}

}  // namespace scheduled::pep
