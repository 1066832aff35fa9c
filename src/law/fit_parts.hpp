// Parts of a fit that have a file of their own.
#pragma once

#include "law/problem.hpp"

namespace scheduled::law {
/// x^(1/n)
double elementary_root(double x, double n);

/// Throws as fit_law. (runs.cpp)
void check_fit(LawKind kind, const std::vector<FitRun>& runs, const FitOptions& options);
/// Noise, covariance, estimates. (uncertainty.cpp)
void add_uncertainty(const Problem& problem, std::span<const double> x, const std::vector<FitRun>& runs,
                     const FitOptions& options, LawFit& fit);
/// The intervals of the estimates become those of the refits where these are wider. (uncertainty.cpp)
void widen_to_bootstrap(const Coordinates& coordinates, LawFit& fit);
/// One for each run whose losses are far from those of most others at the same step. (units.cpp)
std::vector<std::string> unit_warnings(const std::vector<FitRun>& runs);
/// Whether rates fall after their peak, by more than rounding of a log. (runs.cpp)
bool lowers_rate(std::span<const double> lr);
/// Runs that lower their rate up to their last loss. (runs.cpp)
int decays_in(const std::vector<FitRun>& runs);
/// (runs.cpp)
void add_warnings(const std::vector<FitRun>& runs, LawFit& fit);

}  // namespace scheduled::law
