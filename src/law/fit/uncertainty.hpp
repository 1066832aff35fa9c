// How sure a fit is.
#pragma once

#include <span>
#include <vector>

#include "law/fit/problem.hpp"

namespace scheduled::law {

inline constexpr double ninety = 1.6448536269514722;  ///< half width of the 90 % interval, in standard deviations
/// A parameter is identified where its standard deviation is at most this share of the prior's.
inline constexpr double identified_share = 0.7;

/// Noise, covariance, estimates: by a jackknife over blocks of losses.
void add_uncertainty(const Problem& problem, std::span<const double> x, const std::vector<FitRun>& runs,
                     const FitOptions& options, LawFit& fit);
/// The intervals of the estimates become those of the refits where these are wider.
void widen_to_bootstrap(const Coordinates& coordinates, LawFit& fit);

}  // namespace scheduled::law
