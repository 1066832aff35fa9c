#include "scheduled/bound.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "bound/arguments.hpp"

namespace scheduled {
namespace {

void check_last(std::span<const double> lr) {
  if (lr.back() > 0.0) return;
  fail_value(concat({"lr[", std::to_string(lr.size() - 1), "]"}), lr.back(),
             "the last step must be > 0; leave trailing zeros out");
}

double square(double x) noexcept { return x * x; }

/// The tail sums u_k of a run from its end, block by block: plain additions within a block, compensated ones between
/// blocks, so that the relative error of every u_k stays below (block + 2) 2^-53 whatever T is.
class TailSum {
 public:
  static constexpr std::size_t block = 128;

  /// u for the steps after the current block.
  double base() const noexcept { return total_.value(); }
  void end_block(double block_sum) noexcept { total_.add(block_sum); }

 private:
  CompensatedSum total_;
};

/// Calls visit(begin, end) for the blocks of [0, size) from the last to the first.
template <class Visit>
void blocks_backward(std::size_t size, Visit visit) {
  for (std::size_t end = size; end > 0;) {
    const std::size_t begin = end > TailSum::block ? end - TailSum::block : 0;
    visit(begin, end);
    end = begin;
  }
}

/// (1.2) for checked arguments with a positive last step. Per block the tail sums come first, so that the divisions
/// that follow do not wait for each other.
template <class Norm>
BoundTerms omega_terms_of(std::span<const double> lr, const Norm& grad_norm, double distance) {
  TailSum tail;
  CompensatedSum noise;
  const std::size_t last = lr.size() - 1;
  noise.add(lr[last] * square(grad_norm(last)));
  tail.end_block(lr[last]);  // the last step has no term q_T/u_T
  blocks_backward(last, [&](std::size_t begin, std::size_t end) {
    std::array<double, TailSum::block> u;
    const double base = tail.base();
    double local = 0.0;
    std::size_t k = end;
    for (; k - begin >= 4; k -= 4) {  // four at a time: the chain of additions through `local` is what takes time
      const double one = lr[k - 1];
      const double two = one + lr[k - 2];
      const double three = two + lr[k - 3];
      u[k - 1 - begin] = base + local;
      u[k - 2 - begin] = base + (local + one);
      u[k - 3 - begin] = base + (local + two);
      u[k - 4 - begin] = base + (local + three);
      local += three + lr[k - 4];
    }
    for (; k > begin; --k) {
      u[k - 1 - begin] = base + local;
      local += lr[k - 1];
    }
    const std::size_t count = end - begin;
    for (std::size_t i = 0; i < count; ++i) u[i] = square(lr[begin + i] * grad_norm(begin + i)) / u[i];
    std::array<double, 4> sums{};
    for (std::size_t i = 0; i < count; ++i) sums[i % 4] += u[i];
    noise.add((sums[0] + sums[1]) + (sums[2] + sums[3]));
    tail.end_block(local);
  });
  return {square(distance) / (2.0 * tail.base()), 0.5 * noise.value()};
}

BoundTerms omega_terms_unchecked(std::span<const double> lr, GradNorm grad_norm, double distance) {
  return grad_norm.visit([&](const auto& norm) { return omega_terms_of(lr, norm, distance); });
}

/// Omega of the first t steps, with the rule for zero rates.
double omega_of_prefix(std::span<const double> lr, GradNorm grad_norm, double distance) {
  const auto steps = static_cast<std::size_t>(last_positive_step(lr));
  if (steps == 0) return std::numeric_limits<double>::infinity();
  return omega_terms_unchecked(lr.first(steps), grad_norm, distance).value();
}

}  // namespace

void check_bound_arguments(std::span<const double> lr, GradNorm grad_norm, double distance) {
  if (lr.empty()) fail({"lr = []: must hold at least one step"});
  require_non_negative("lr", lr);
  grad_norm.check(lr.size());
  require_positive("distance", distance);
}

void GradNorm::check(std::size_t steps) const {
  if (!is_series_) return require_non_negative("grad_norm", value_);
  if (series_.size() < steps) {
    fail({"grad_norm: there are ", std::to_string(series_.size()), " values for ", std::to_string(steps),
          " steps; must be at least one per step"});
  }
  require_non_negative("grad_norm", series_.first(steps));
}

std::vector<double> power_grad_norm(double alpha, std::int64_t steps) {
  if (!std::isfinite(alpha)) fail_value("alpha", alpha, "must be finite");
  if (steps < 0) fail({"steps = ", std::to_string(steps), ": must be >= 0"});
  std::vector<double> norms(static_cast<std::size_t>(steps));
  for (std::size_t k = 0; k < norms.size(); ++k) norms[k] = elementary::power(static_cast<double>(k + 1), alpha);
  return norms;
}

BoundTerms omega_terms(std::span<const double> lr, GradNorm grad_norm, double distance) {
  check_bound_arguments(lr, grad_norm, distance);
  check_last(lr);
  return omega_terms_unchecked(lr, grad_norm, distance);
}

double omega(std::span<const double> lr, GradNorm grad_norm, double distance) {
  return omega_terms(lr, grad_norm, distance).value();
}

OmegaSplit omega_split(std::span<const double> lr, GradNorm grad_norm, double distance) {
  check_bound_arguments(lr, grad_norm, distance);
  check_last(lr);
  const std::size_t last = lr.size() - 1;
  CompensatedSum tail;        // u_k
  CompensatedSum noise_tail;  // sum of q_t over t >= k
  CompensatedSum extra;
  tail.add(lr[last]);
  noise_tail.add(square(lr[last] * grad_norm[last]));
  for (std::size_t k = last; k-- > 0;) {
    const double after = tail.value();
    tail.add(lr[k]);
    noise_tail.add(square(lr[k] * grad_norm[k]));
    extra.add(lr[k] / after * (noise_tail.value() / tail.value()));
  }
  const double total = tail.value();
  return {square(distance) / (2.0 * total), noise_tail.value() / (2.0 * total), 0.5 * extra.value()};
}

void omega_gradient(std::span<const double> lr, GradNorm grad_norm, double distance, std::span<double> out) {
  check_bound_arguments(lr, grad_norm, distance);
  check_last(lr);
  if (out.size() != lr.size()) {
    fail({"out: has ", std::to_string(out.size()), " places for ", std::to_string(lr.size()), " steps"});
  }
  const std::size_t last = lr.size() - 1;
  CompensatedSum tail;
  for (std::size_t k = lr.size(); k-- > 0;) {
    out[k] = tail.value();  // u_k, read below
    tail.add(lr[k]);
  }
  const double from_distance = square(distance / tail.value());
  CompensatedSum before;  // sum of q_k/u_k^2 over k < j
  for (std::size_t j = 0; j < last; ++j) {
    const double u = out[j];
    const double g2 = square(grad_norm[j]);
    out[j] = 0.5 * (2.0 * lr[j] * g2 / u - from_distance - before.value());
    before.add(square(lr[j] / u) * g2);
  }
  out[last] = 0.5 * (square(grad_norm[last]) - from_distance - before.value());
}

BoundTerms standard_terms(std::span<const double> lr, GradNorm grad_norm, double distance) {
  check_bound_arguments(lr, grad_norm, distance);
  CompensatedSum total;
  CompensatedSum noise;
  for (std::size_t k = 0; k < lr.size(); ++k) {
    total.add(lr[k]);
    noise.add(square(lr[k] * grad_norm[k]));
  }
  if (!(total.value() > 0.0)) fail({"lr: all ", std::to_string(lr.size()), " values are 0; one must be > 0"});
  return {square(distance) / (2.0 * total.value()), noise.value() / (2.0 * total.value())};
}

double standard_bound(std::span<const double> lr, GradNorm grad_norm, double distance) {
  return standard_terms(lr, grad_norm, distance).value();
}

std::vector<double> omega_at(std::span<const double> lr, GradNorm grad_norm, double distance,
                             std::span<const std::int64_t> t) {
  check_bound_arguments(lr, grad_norm, distance);
  std::vector<double> values;
  values.reserve(t.size());
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (t[i] < 1 || static_cast<std::size_t>(t[i]) > lr.size()) {
      fail({"t[", std::to_string(i), "] = ", std::to_string(t[i]), ": must be between 1 and ",
            std::to_string(lr.size())});
    }
    values.push_back(omega_of_prefix(lr.first(static_cast<std::size_t>(t[i])), grad_norm, distance));
  }
  return values;
}

std::int64_t last_positive_step(std::span<const double> lr) noexcept {
  std::size_t steps = lr.size();
  while (steps > 0 && !(lr[steps - 1] > 0.0)) --steps;
  return static_cast<std::int64_t>(steps);
}

std::vector<double> bound_rates(const Schedule& schedule, std::optional<std::int64_t> T) {
  const std::optional<std::int64_t> horizon = schedule.steps();
  if (!T && !horizon) fail({"T: ", schedule_name(schedule), " has no horizon; say at which step (T, or steps=...)"});
  const std::int64_t steps = T.value_or(horizon.value_or(0));
  if (steps < 1) fail({"T = ", std::to_string(steps), ": must be at least 1"});
  if (horizon && steps > *horizon) {
    fail({"T = ", std::to_string(steps), ": must be at most the horizon, steps = ", std::to_string(*horizon)});
  }
  std::vector<double> rates = schedule.values(steps);
  rates.resize(static_cast<std::size_t>(last_positive_step(rates)));
  if (rates.empty()) fail({"lr: all of the first ", std::to_string(steps), " rates are 0; one must be > 0"});
  return rates;
}

double bound(const Schedule& schedule, const BoundSettings& settings) {
  const std::vector<double> rates = bound_rates(schedule, settings.T);
  return settings.criterion == Criterion::omega ? omega(rates, settings.grad_norm, settings.distance)
                                                : standard_bound(rates, settings.grad_norm, settings.distance);
}

}  // namespace scheduled
