#include "bound/weights.hpp"

namespace scheduled::weights {

void advance(std::span<const double> steps, std::span<const double> grad_norm, Lanes& state) noexcept {
  std::array<std::array<double, Lanes::count>, Lanes::block> moves;
  std::array<double, Lanes::count> p = state.p;
  std::array<double, Lanes::count> low = state.low;
  for (std::size_t k = steps.size(); k-- > 0;) {
    const double eta = steps[k];
    for (std::size_t i = 0; i < Lanes::count; ++i) {
      const double move = eta / p[i];
      const elementary::DoubleDouble sum = elementary::fast_two_sum(p[i], move + low[i]);
      moves[k][i] = move;
      p[i] = sum.hi;
      low[i] = sum.lo;
    }
  }
  std::array<double, Lanes::count> noise{};
  for (std::size_t k = steps.size(); k-- > 0;) {
    const double g = grad_norm[k];
    for (std::size_t i = 0; i < Lanes::count; ++i) noise[i] += square(moves[k][i] * g);
  }
  state = {p, low, noise};
}

}  // namespace scheduled::weights
