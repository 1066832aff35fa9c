// The rates of an input as rules look at them. Private.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduled/lint.hpp"

namespace scheduled::linting {

/// A way up after a way down, in points.
struct Rise {
  std::size_t from = 0;  ///< the trough
  std::size_t to = 0;    ///< the top after it
};

/// The rates that are known: of a schedule those of all updates, of a log those of its rows.
class Subject {
 public:
  /// `length`: that of a schedule without a horizon; nothing: ten warmups, at least 10,000 updates. Throws as lint.
  explicit Subject(const RateInput& input, const DenseOptions& options = {},
                   std::optional<std::int64_t> length = std::nullopt);

  const RateInput& input() const noexcept { return input_; }
  const Schedule* schedule() const noexcept { return input_.schedule ? &*input_.schedule : nullptr; }
  const RunLog* log() const noexcept { return input_.log ? &*input_.log : nullptr; }
  /// Whether its rates are said one by one (a log, a table), not by a rule that somebody wrote down.
  bool plain_rates() const noexcept;

  /// Known points. None where the input was refused.
  std::size_t size() const noexcept { return rate_.size(); }
  std::int64_t step(std::size_t k) const noexcept {
    return step_.empty() ? static_cast<std::int64_t>(k) + 1 : step_[k];
  }
  double rate(std::size_t k) const noexcept { return rate_[k]; }
  const std::vector<double>& rates() const noexcept { return rate_; }
  /// Change per update from point k - 1 to k.
  double slope(std::size_t k) const noexcept {
    return (rate_[k] - rate_[k - 1]) / static_cast<double>(step(k) - step(k - 1));
  }

  /// Rates of updates 1 ... updates(); empty where they are not known, and why.
  const std::vector<double>& dense() const noexcept { return step_.empty() ? rate_ : dense_; }
  const std::string& why_not_dense() const noexcept { return why_not_; }
  std::int64_t updates() const noexcept { return size() == 0 ? 0 : step(size() - 1); }
  bool ends() const noexcept { return ends_; }  ///< it has a horizon, or is a log

  double peak() const noexcept { return peak_; }                 ///< the largest rate
  std::size_t first_top() const noexcept { return first_top_; }  ///< first point there
  std::size_t last_top() const noexcept { return last_top_; }    ///< last one
  const std::vector<Rise>& rises() const noexcept { return rises_; }

  /// Bound at the best scale of dense() over that of `mended`, less 1. Nothing where one is not known or all 0.
  std::optional<double> cost(const std::vector<double>& mended) const;

 private:
  void find_shape();
  bool is_jump(std::size_t trough, std::size_t top) const noexcept;
  void find_rises();

  const RateInput& input_;
  std::vector<std::int64_t> step_;  // empty: 1, 2, ...
  std::vector<double> rate_;
  std::vector<double> dense_;
  std::string why_not_;
  bool ends_ = true;
  double peak_ = 0.0;
  std::size_t first_top_ = 0, last_top_ = 0;
  std::vector<Rise> rises_;
  std::optional<double> best_bound_;
};

/// Omega_T of the rates at their best scale, D = G = 1; and that scale. Nothing where all are 0.
struct BestScale {
  double bound = 0.0;
  double scale = 0.0;
};
std::optional<BestScale> best_scale(const std::vector<double>& rates);

}  // namespace scheduled::linting
