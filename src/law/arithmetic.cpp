#include "law/arithmetic.hpp"

#include "base/elementary.hpp"
#include "base/sum.hpp"

namespace scheduled::law {

double natural_log(double x) noexcept {
  const elementary::DoubleDouble l = elementary::log2(x);
  return l.hi * ln2 + l.lo * ln2;
}

double exponential(double x) noexcept {
  constexpr double log2_e = 1.44269504088896341;
  return elementary::exp2({x * log2_e, 0.0});
}

std::vector<double> prefix_sums(std::span<const double> lr, double unit) {
  std::vector<double> sums;
  sums.reserve(lr.size());
  CompensatedSum sum;
  for (const double rate : lr) {
    sum.add(rate);
    sums.push_back(sum.value() / unit);
  }
  return sums;
}

std::vector<double> tail_sums(std::span<const double> rate, double unit) {
  std::vector<double> tail(rate.size() + 1, 0.0);
  for (std::size_t k = rate.size(); k-- > 0;) tail[k] = tail[k + 1] + unit * rate[k];
  return tail;
}

}  // namespace scheduled::law
