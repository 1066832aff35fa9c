#include "bound/wide.hpp"

#include <cmath>
#include <initializer_list>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "bound/arguments.hpp"

namespace scheduled::wide {
namespace {

using Wide = long double;
static_assert(std::numeric_limits<Wide>::max_exponent >= 16384, "long double must have 15 bits of exponent");

/// Neumaier's sum.
class Sum {
 public:
  void add(Wide x) noexcept {
    const Wide sum = sum_ + x;
    lost_ += std::fabs(sum_) >= std::fabs(x) ? (sum_ - sum) + x : (x - sum) + sum_;
    sum_ = sum;
  }
  Wide value() const noexcept { return sum_ + lost_; }

 private:
  Wide sum_ = 0.0L;
  Wide lost_ = 0.0L;
};

Wide square(Wide x) noexcept { return x * x; }

constexpr unsigned steps_per_poll = 4096;

/// The parts of a bound as doubles; their sum must be one.
std::vector<double> checked(std::initializer_list<Wide> parts) {
  Wide total = 0.0L;
  for (const Wide part : parts) total += part;
  if (total > Wide{std::numeric_limits<double>::max()}) fail_above_largest();
  if (total > 0.0L && total < Wide{std::numeric_limits<double>::min()}) {
    fail_argument("lr, grad_norm, distance", "the bound is below 2.2e-308, the smallest double; use other units");
  }
  return {parts.begin(), parts.end()};
}

}  // namespace

BoundTerms omega_terms(std::span<const double> lr, GradNorm grad_norm, double distance) {
  Sum tail;
  Sum noise;
  SeldomPoll poll(steps_per_poll);
  for (std::size_t k = lr.size(); k-- > 0; poll()) {
    const Wide move = Wide{lr[k]} * Wide{grad_norm[k]};
    noise.add(k + 1 == lr.size() ? move * Wide{grad_norm[k]} : square(move) / tail.value());
    tail.add(lr[k]);
  }
  const auto parts = checked({square(distance) / (2.0L * tail.value()), 0.5L * noise.value()});
  return {parts[0], parts[1]};
}

OmegaSplit omega_split(std::span<const double> lr, GradNorm grad_norm, double distance) {
  Sum tail;
  Sum squares;
  Sum extra;
  SeldomPoll poll(steps_per_poll);
  for (std::size_t k = lr.size(); k-- > 0; poll()) {
    const Wide after = tail.value();
    tail.add(lr[k]);
    squares.add(square(Wide{lr[k]} * Wide{grad_norm[k]}));
    if (k + 1 < lr.size()) extra.add(Wide{lr[k]} / after * squares.value() / tail.value());
  }
  const Wide total = tail.value();
  const auto parts =
      checked({square(distance) / (2.0L * total), squares.value() / (2.0L * total), 0.5L * extra.value()});
  return {parts[0], parts[1], parts[2]};
}

void omega_gradient(std::span<const double> lr, GradNorm grad_norm, double distance, std::span<double> out) {
  std::vector<Wide> after(lr.size());
  Sum tail;
  SeldomPoll poll(steps_per_poll);
  for (std::size_t k = lr.size(); k-- > 0; poll()) {
    after[k] = tail.value();
    tail.add(lr[k]);
  }
  const Wide shift = square(Wide{distance} / tail.value());
  Sum before;
  for (std::size_t k = 0; k < lr.size(); ++k, poll()) {
    const Wide norm = grad_norm[k];
    const bool last = k + 1 == lr.size();
    const Wide own = last ? square(norm) : 2.0L * Wide{lr[k]} * norm / after[k] * norm;
    const Wide value = 0.5L * (own - shift - before.value());
    if (std::fabs(value) > Wide{std::numeric_limits<double>::max()}) {
      fail_argument("lr, grad_norm, distance", "the gradient at step " + std::to_string(k) +
                                                   " is beyond 1.8e308, the largest double; use other units");
    }
    out[k] = static_cast<double>(value);
    if (!last) before.add(square(Wide{lr[k]} * norm / after[k]));
  }
}

namespace {

/// Calls visit(k, sum of rates, sum of squares) after every step.
template <class Visit>
void standard_sums(std::span<const double> lr, GradNorm grad_norm, const Visit& visit) {
  Sum total;
  Sum squares;
  SeldomPoll poll(steps_per_poll);
  for (std::size_t k = 0; k < lr.size(); ++k, poll()) {
    total.add(lr[k]);
    squares.add(square(Wide{lr[k]} * Wide{grad_norm[k]}));
    visit(k, total.value(), squares.value());
  }
}

}  // namespace

BoundTerms standard_terms(std::span<const double> lr, GradNorm grad_norm, double distance) {
  BoundTerms out;
  standard_sums(lr, grad_norm, [&](std::size_t k, Wide total, Wide squares) {
    if (k + 1 < lr.size()) return;
    const auto parts = checked({square(distance) / (2.0L * total), squares / (2.0L * total)});
    out = {parts[0], parts[1]};
  });
  return out;
}

void standard_curve(std::span<const double> lr, GradNorm grad_norm, double distance, std::span<double> out) {
  standard_sums(lr, grad_norm, [&](std::size_t k, Wide total, Wide squares) {
    out[k] = total > 0.0L ? checked({(square(distance) + squares) / (2.0L * total)})[0]
                          : std::numeric_limits<double>::infinity();
  });
}

}  // namespace scheduled::wide
