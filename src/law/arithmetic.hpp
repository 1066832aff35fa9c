// Logarithms, powers and sums with the same bits on every machine, as all laws take them.
#pragma once

#include <span>
#include <vector>

namespace scheduled::law {

inline constexpr double ln2 = 0.693147180559945309;
inline constexpr double lowest_rate = 1e-9;  ///< of the reference: powers of rates stay finite, and smooth, below it

double natural_log(double x) noexcept;
double exponential(double x) noexcept;

/// sum[k] = lr[0] + ... + lr[k], in units of `unit`, compensated.
std::vector<double> prefix_sums(std::span<const double> lr, double unit);
/// tail[k] = unit (rate[k] + ... + rate[T-1]), k = 0 ... T: from the end, so that small rates there keep their digits.
std::vector<double> tail_sums(std::span<const double> rate, double unit);

}  // namespace scheduled::law
