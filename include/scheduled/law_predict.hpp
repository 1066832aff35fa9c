// Layer 3: what a fitted law says of schedules that were not run.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "scheduled/law_fit.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// A loss and its 90 % interval for one evaluation on the validation set of the fit: parameters and noise together.
struct Predicted {
  double loss = 0.0;
  double lower = 0.0;
  double upper = 0.0;
};

/// Losses after the given updates of a run with rates `lr`. Variance: noise^2 + the larger of the covariance's and the
/// bootstrap's, times inflation^2. Errors as LawCurve, and of a covariance that does not belong to the law.
std::vector<Predicted> predict_losses(const FittedLaw& fitted, std::span<const double> lr,
                                      std::span<const std::int64_t> step);
/// The same for a schedule, at its own peak.
std::vector<Predicted> predict_losses(const FittedLaw& fitted, const Schedule& schedule,
                                      std::span<const std::int64_t> step);

/// Loss of the first run less loss of the second, each after all its rates, and the 90 % interval of this difference:
/// what the parameters leave open, without noise.
Predicted predict_difference(const FittedLaw& fitted, std::span<const double> lr_a, std::span<const double> lr_b);

/// What of a run with rates `lr` lies outside what the law was fitted to, in words: rates above the highest, more steps
/// than the longest run had, a rate that falls where none did.
std::vector<std::string> extrapolations(const FittedLaw& fitted, std::span<const double> lr);

}  // namespace scheduled
