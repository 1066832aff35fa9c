// Which run to make next: how much the losses of runs that could be made would narrow an asked prediction.
#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.hpp"
#include "law/arithmetic.hpp"
#include "law/fit/coordinates.hpp"
#include "law/fit/solve.hpp"
#include "law/fit/uncertainty.hpp"
#include "law/fit/warnings.hpp"
#include "scheduled/law_design.hpp"

namespace scheduled {
namespace law {
namespace {

constexpr std::size_t counted_losses = 12;  ///< of a run: residuals wander for longer than the steps between losses

/// Losses and their gradients, of the logarithms, in the fit's coordinates and the exponent of the peak.
class Gradients {
 public:
  explicit Gradients(const FittedLaw& fitted) : fitted_(fitted), coordinates_(fitted.law.kind, fitted.time) {
    const auto table = law_parameters(fitted.law.kind);
    for (std::size_t j = 0; j < table.size(); ++j) {
      if (table[j].name == "A") progress_ = j;
      if (table[j].name == "alpha" || table[j].name == "s") exponent_ = j;
      if (table[j].name == "delta") knows_peaks_ = true;
    }
  }

  std::size_t size() const noexcept { return coordinates_.size() + 1; }
  const Coordinates& coordinates() const noexcept { return coordinates_; }

  struct Rows {
    std::vector<double> loss;
    Matrix by;        ///< losses x size()
    Vector progress;  ///< by the logarithm of progress
  };

  Rows of(std::span<const double> lr, std::span<const std::int64_t> step) const {
    const Law& law = fitted_.law;
    const std::size_t P = coordinates_.size();
    Rows rows{std::vector<double>(step.size()), Matrix::Zero(at(step.size()), at(size())),
              Vector::Zero(at(step.size()))};
    std::vector<double> jacobian(step.size() * P);
    LawCurve(law.kind, lr, step, law.reference_rate, law.reference_sum).evaluate(law.parameters, rows.loss, jacobian);
    double highest = 0.0;
    std::size_t done = 0;
    for (std::size_t i = 0; i < step.size(); ++i) {
      for (; done < static_cast<std::size_t>(step[i]); ++done) highest = std::max(highest, lr[done]);
      const double* const row = &jacobian[i * P];
      const double per_loss = 1.0 / std::max(std::fabs(rows.loss[i]), 1e-12);
      for (std::size_t j = 0; j < P; ++j) {
        rows.by(at(i), at(j)) = row[j] * coordinates_.slope(j, law.parameters[j]) * per_loss;
      }
      if (progress_ == P || exponent_ == P) continue;
      rows.progress[at(i)] = -law.parameters[exponent_] * law.parameters[progress_] * row[progress_] * per_loss;
      if (!knows_peaks_) rows.by(at(i), at(P)) = rows.progress[at(i)] * natural_log(highest / law.reference_rate);
    }
    return rows;
  }

 private:
  const FittedLaw& fitted_;
  Coordinates coordinates_;
  std::size_t progress_ = coordinates_.size();
  std::size_t exponent_ = coordinates_.size();
  bool knows_peaks_ = false;
};

/// So many steps from the first to the last, both with them.
std::vector<std::int64_t> counted_steps(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> step;
  for (std::size_t i = 1; i <= counted_losses; ++i) {
    const auto share = static_cast<double>(i) / static_cast<double>(counted_losses);
    const auto t = first + static_cast<std::int64_t>(share * static_cast<double>(last - first));
    if (step.empty() || t > step.back()) step.push_back(t);
  }
  return step;
}

/// The covariance after losses of a run: by Kalman's update.
Matrix after(const Matrix& covariance, const Gradients::Rows& rows, double noise, double between, double speed) {
  const Matrix crossed = rows.by * covariance;
  Matrix seen = crossed * rows.by.transpose() + speed * speed * rows.progress * rows.progress.transpose();
  seen.array() += between * between;
  seen.diagonal().array() += noise * noise;
  return covariance - crossed.transpose() * solve_columns(seen, crossed);
}

/// Whether the rates are those of one of the runs for a tenth of them, beyond a warmup.
bool leaves_one(const std::vector<FitRun>& runs, std::span<const double> lr) {
  const std::size_t least = std::max<std::size_t>(lr.size() / 10, 1);
  return std::any_of(runs.begin(), runs.end(), [&](const FitRun& run) {
    const auto base = fitted_rates(run);
    std::size_t same = 0;
    while (same < std::min(base.size(), lr.size()) && std::fabs(base[same] - lr[same]) <= 1e-6 * lr[same]) ++same;
    return same >= least;
  });
}

/// Whether a run has the rates of one before it up to its first loss.
bool is_branch(const std::vector<FitRun>& runs, std::size_t place) {
  const FitRun& run = runs[place];
  const auto shared = static_cast<std::size_t>(run.step.front() - 1);
  const auto leaves = [&](const FitRun& base) {
    if (fitted_rates(base).size() < shared) return false;
    for (std::size_t i = 0; i < shared; ++i) {
      if (std::fabs(base.lr[i] - run.lr[i]) > 1e-6 * std::fabs(run.lr[i])) return false;
    }
    return true;
  };
  return std::any_of(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(place), leaves);
}

/// Priors at their spreads; parameters without any are free: as wide as their logarithm, or their value, allows.
Matrix prior(const Gradients& gradients, const FittedLaw& fitted, const NextRunOptions& options) {
  const Coordinates& c = gradients.coordinates();
  Matrix covariance = Matrix::Zero(at(gradients.size()), at(gradients.size()));
  const std::size_t P = c.size();
  for (std::size_t j = 0; j < P; ++j) {
    const bool fixed = fitted.covariance[j * P + j] == 0.0;
    const double free = c.parameter(j).log_scale ? 2.0 : std::max(std::fabs(fitted.law.parameters[j]), 1.0);
    const double spread = c.spread(j) > 0.0 ? c.spread(j) : free;
    covariance(at(j), at(j)) = fixed ? 0.0 : spread * spread;
  }
  covariance(at(P), at(P)) = options.peak * options.peak;
  return covariance;
}

void check(const std::vector<Experiment>& experiments, const NextRunOptions& options) {
  require_positive("noise", options.noise);
  require_non_negative("between", options.between);
  require_non_negative("peak", options.peak);
  require_non_negative("branch", options.branch);
  require_non_negative("whole", options.whole);
  if (!(options.enough > 0.0 && options.enough <= 1.0)) fail_value("enough", options.enough, "must be within (0, 1]");
  for (const Experiment& one : experiments) {
    if (one.shared >= 0 && static_cast<std::size_t>(one.shared) < one.lr.size()) continue;
    fail_value("shared", std::to_string(one.shared),
               concat({"must be within 0 ... ", std::to_string(std::max<std::size_t>(one.lr.size(), 1) - 1), " for '",
                       one.name, "', which has ", std::to_string(one.lr.size()), " updates"}));
  }
}

/// The first update whose rate is not 0.
std::int64_t first_counted(std::span<const double> lr, double undescribed) {
  const auto zeros = std::find_if(lr.begin(), lr.end(), [](double rate) { return rate > 0.0; }) - lr.begin();
  return std::min(std::max(static_cast<std::int64_t>(zeros) + 1, static_cast<std::int64_t>(undescribed)),
                  static_cast<std::int64_t>(lr.size()));
}

double highest_of(std::span<const double> lr) { return lr.empty() ? 0.0 : *std::max_element(lr.begin(), lr.end()); }

std::optional<std::size_t> cheapest(const NextRun& found, const std::vector<Experiment>& experiments, double peak,
                                    double enough) {
  constexpr double visible = 0.05;  // of what can be narrowed
  constexpr double same = 0.01;
  const std::vector<ExperimentValue>& values = found.experiments;
  double most = 0.0;
  for (const ExperimentValue& one : values) most = std::max(most, one.narrowed);
  std::optional<std::size_t> best[2];  // at the asked peak; at any
  for (std::size_t i = 0; i < values.size() && most >= visible; ++i) {
    if (values[i].narrowed < enough * most) continue;
    const bool at_peak = std::fabs(highest_of(experiments[i].lr) / peak - 1.0) <= same;
    for (std::size_t any = at_peak ? 0 : 1; any < 2; ++any) {
      if (!best[any] || values[i].cost < values[*best[any]].cost) best[any] = i;
    }
  }
  return best[0] ? best[0] : best[1];
}

}  // namespace
}  // namespace law

NextRun next_run(const FittedLaw& fitted, const std::vector<FitRun>& runs, std::span<const double> asked,
                 const std::vector<Experiment>& experiments, const NextRunOptions& options) {
  using law::at;
  check_fitted(fitted);
  law::check(experiments, options);
  const law::Gradients gradients(fitted);
  const double noise = std::max(fitted.noise, options.noise);
  law::Matrix covariance = law::prior(gradients, fitted, options);
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const FitRun& run = runs[k];
    const auto rows = gradients.of(law::fitted_rates(run), law::counted_steps(run.step.front(), run.step.back()));
    // The speed of the first run is that of the law.
    const double speed = k == 0 ? 0.0 : law::is_branch(runs, k) ? options.branch : options.whole;
    covariance = law::after(covariance, rows, noise, options.between, speed);
  }
  const std::int64_t end[] = {static_cast<std::int64_t>(asked.size())};
  const auto wanted = gradients.of(asked, end);
  const auto open = [&](const law::Matrix& by) {
    return std::max((wanted.by * by * wanted.by.transpose())(0, 0), 0.0);
  };
  const double own = (law::leaves_one(runs, asked) ? options.branch : options.whole) * wanted.progress[0];
  const double floor = fitted.noise * fitted.noise + options.between * options.between + own * own;
  const auto half = [&](double variance) { return law::ninety * wanted.loss[0] * std::sqrt(variance + floor); };
  const double now = open(covariance);
  NextRun found{wanted.loss[0], std::nullopt, half(now), half(0.0), {}, {}};
  if (not_identified(fitted, asked).empty()) found.predicted = predict_losses(fitted, asked, end)[0];
  const double undescribed = undescribed_share * fitted.time;
  for (const Experiment& one : experiments) {
    const std::int64_t first = one.shared > 0 ? one.shared : law::first_counted(one.lr, undescribed);
    const auto rows = gradients.of(one.lr, law::counted_steps(first, static_cast<std::int64_t>(one.lr.size())));
    const double speed = one.shared > 0 ? options.branch : options.whole;
    const double left = open(law::after(covariance, rows, noise, options.between, speed));
    found.experiments.push_back({one.name, one.shared, static_cast<std::int64_t>(one.lr.size()) - one.shared,
                                 half(left), now > 0.0 ? std::clamp(1.0 - left / now, 0.0, 1.0) : 0.0});
  }
  found.best = law::cheapest(found, experiments, law::highest_of(asked), options.enough);
  return found;
}

}  // namespace scheduled
