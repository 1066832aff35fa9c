// Whether logged rates were rounded.
#include "runlog/digits.hpp"

#include <algorithm>
#include <cmath>

#include "scheduled/runlog.hpp"

namespace scheduled::runlog {
namespace {

/// Of the last digit of a number that has `digits` of them.
double unit_of(double value, int digits) { return std::pow(10.0, std::floor(std::log10(value)) + 1 - digits); }

/// What has been seen since the direction, the spacing of rows or the size of steps changed.
struct Moves {
  int moves = 0;           ///< rows that differ from the one before
  int more = 0, less = 0;  ///< steps that are longer, or shorter, than the one before

  bool rounded() const {
    constexpr int fewest = 4;
    constexpr int changes = 3;
    return moves >= fewest && more > 0 && less > 0 && more + less >= changes;
  }
};

}  // namespace

bool shows_rounding(const Series& rates, int digits) {
  constexpr double sum = 1e-6;  // of a unit: what sums of decimal numbers are off by
  const auto& [step, value] = rates;
  Moves seen;
  int direction = 0;
  for (std::size_t k = 2; k < value.size(); ++k) {
    const double before = value[k - 1] - value[k - 2];
    const double now = value[k] - value[k - 1];
    const int sign = now > 0.0 ? 1 : now < 0.0 ? -1 : 0;
    const double least = std::min({value[k - 2], value[k - 1], value[k]});
    const double unit = least > 0.0 ? unit_of(least, digits) : 0.0;
    const double change = now - before;
    const bool even = step[k] - step[k - 1] == step[k - 1] - step[k - 2];
    const bool turns = sign != 0 && direction != 0 && sign != direction;
    if (sign != 0) direction = sign;
    if (!even || turns || std::fabs(change) > (1.0 + sum) * unit) {
      seen = {};
      continue;
    }
    seen.moves += sign != 0 ? 1 : 0;
    if (std::fabs(change) > sum * unit) ++(change > 0.0 ? seen.more : seen.less);
    if (seen.rounded()) return true;
  }
  return false;
}

}  // namespace scheduled::runlog
