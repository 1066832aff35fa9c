#include "law/sums/memories.hpp"

#include <algorithm>

#include "base/interrupt.hpp"

namespace scheduled::law {

std::vector<Piece> pieces_of(std::span<const double> rate, std::span<const std::size_t> step) {
  std::vector<Piece> pieces;
  double highest = 0.0;
  std::size_t next = 0;
  std::size_t risen = 0;
  SeldomPoll poll(4096);
  for (std::size_t k = 0; k < rate.size();) {
    const double first = rate[k];
    const double most = std::max(0.05 * first, 0.005);
    if (k > 0 && first - rate[k - 1] > most) risen = k;
    const std::size_t end = std::min(rate.size(), k + std::max<std::size_t>(1, (k - risen) / 192));
    const double slope = k + 1 < end ? rate[k + 1] - first : 0.0;
    double sum = 0.0;
    std::size_t n = 0;
    const auto add = [&](bool whole) {
      const auto steps = static_cast<double>(n);
      const std::size_t loss = next < step.size() && k + n == step[next] ? next++ : none;
      pieces.push_back({steps, first, rate[k + n - 1], sum / steps, highest, loss, whole});
    };
    for (; k + n < end; ++n, poll()) {
      const double here = rate[k + n];
      const double line = first + static_cast<double>(n) * slope;
      if (n > 0 && (std::fabs(here - first) > most || std::fabs(here - line) > 0.02 * most)) break;
      if (n > 0 && k + n == step[next]) add(false);
      sum += here;
      highest = std::max(highest, here);
    }
    add(true);
    k += n;
  }
  return pieces;
}

}  // namespace scheduled::law
