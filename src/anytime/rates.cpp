#include "anytime/rates.hpp"

#include <algorithm>
#include <span>

#include "base/interrupt.hpp"

namespace scheduled::anytime {

std::vector<double> all_rates(std::int64_t last, const std::vector<Span>& spans) {
  std::vector<double> rates = interruptible_zeros(static_cast<std::size_t>(last));
  std::int64_t done = 0;
  for (auto span = spans.rbegin(); span != spans.rend(); ++span) {  // oldest first
    const std::int64_t count = std::min(last, span->end) - done;
    if (count <= 0) continue;
    span->session->schedule.fill(
        done, std::span(rates).subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(count)));
    done += count;
  }
  return rates;
}

}  // namespace scheduled::anytime
