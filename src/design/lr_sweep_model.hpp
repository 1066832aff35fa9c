// The regression behind fit_lr_sweep: losses that are parabolas in the logarithm of the peak, with a level for each
// budget. Private.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace scheduled::lr_sweep {

/// Axes of a budget, in this order.
inline constexpr std::size_t axes = 3;  // steps, batch, size

/// A run. x: logarithm of the peak less what is given of its place; z: logarithms of the axes, each relative to its
/// reference.
struct Row {
  std::size_t group = 0, schedule = 0, budget = 0;  ///< budget: the same for all schedules
  double x = 0.0;
  double z[axes] = {};
  double loss = 0.0, spread = 0.0;
};

struct Model {
  std::size_t groups = 0, schedules = 0;
  bool fitted[axes] = {};        ///< axes with an exponent to fit
  bool curvature_power = false;  ///< q is fitted
  std::optional<double> noise;
};

/// loss = level_g + exp(q z_0) (slope_s x + sum_a slope_a z_a x + curvature x^2): linear in all but q.
struct Solution {
  std::vector<double> coefficient;  ///< slope of each schedule, of each fitted axis, curvature
  std::vector<bool> known;          ///< false: the rows do not tell it from those before it
  std::vector<bool> alone;          ///< known, and nothing that is not known could stand in its place
  std::vector<double> covariance;   ///< P x P, of the known ones
  std::vector<double> level;        ///< of each group; NaN without rows
  double q = 0.0;
  double scale = 0.0;  ///< standard deviation of a row, the larger of the robust one and that of all
  int freedom = 0;     ///< rows less parameters

  double curvature() const { return coefficient.back(); }
  bool curved() const { return known.back() && coefficient.back() > 0.0; }
};

/// Huber's loss, q by a search; the rows in a fixed order, so that the result is too.
Solution solve(const std::vector<Row>& rows, const Model& model);

/// A place where the best peak is asked for.
struct At {
  std::size_t schedule = 0;
  double z[axes] = {};
  bool seen = false;  ///< a budget of the rows: what they do not tell apart does not matter there
};
/// Where the parabola is lowest, as x, and its variance for a row of variance 1; nothing where it is not known.
struct Lowest {
  double x = 0.0, variance = 0.0;
};
std::optional<Lowest> lowest(const Solution& solution, const Model& model, const At& at);
/// The exponent of an axis, in the same way.
std::optional<Lowest> exponent(const Solution& solution, const Model& model, std::size_t axis);
/// Whether the rows tell it from the exponents of the other axes: not of horizons that grow with the size alone.
bool told_apart(const Solution& solution, const Model& model, std::size_t axis);

}  // namespace scheduled::lr_sweep
