#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/sum.hpp"
#include "design/arguments.hpp"
#include "scheduled/design.hpp"

namespace scheduled {
namespace {

std::vector<double> finite_norms(std::span<const double> grad_norm) {
  std::vector<double> kept;
  kept.reserve(grad_norm.size());
  for (std::size_t t = 0; t < grad_norm.size(); ++t) {
    if (!std::isfinite(grad_norm[t])) continue;
    if (grad_norm[t] <= 0.0) fail_entry("grad_norm", t, grad_norm[t], "must be > 0");
    kept.push_back(grad_norm[t]);
  }
  if (kept.empty()) {
    fail_argument("grad_norm", concat({"none of the ", std::to_string(grad_norm.size()),
                                       " values is finite; must be at least one"}));
  }
  return kept;
}

std::vector<double> filtered(const std::vector<double>& norms, double width) {
  const auto n = static_cast<double>(norms.size());
  const std::int64_t odd = 2 * (static_cast<std::int64_t>(width * n) / 2) + 1;
  return odd == 1 ? norms : median_filter(norms, odd);
}

/// The norms at `count` equally spaced places from the first to the last.
std::vector<double> resampled(const std::vector<double>& norms, std::size_t count) {
  if (count == norms.size()) return norms;
  std::vector<double> result(count);
  SeldomPoll poll(4096);
  for (std::size_t t = 0; t < count; ++t, poll()) {
    const double place =
        static_cast<double>(t) / static_cast<double>(count - 1) * static_cast<double>(norms.size() - 1);
    const auto left = std::min(static_cast<std::size_t>(place), norms.size() - 1);
    const std::size_t right = std::min(left + 1, norms.size() - 1);
    const double share = place - static_cast<double>(left);
    result[t] = (1.0 - share) * norms[left] + share * norms[right];
  }
  return result;
}

std::vector<double> rates(const std::vector<double>& norms, NormKind kind) {
  const double smallest = *std::min_element(norms.begin(), norms.end());
  std::vector<double> lr(norms.size());
  CompensatedSum behind;
  double largest = 0.0;
  SeldomPoll poll(4096);
  for (std::size_t t = norms.size(); t-- > 0; poll()) {
    const double inverse = smallest / norms[t];  // <= 1
    const double weight = kind == NormKind::l2 ? inverse * inverse : inverse;
    lr[t] = weight * behind.value();
    largest = std::max(largest, lr[t]);
    behind.add(weight);
  }
  // All weights but that of the smallest norm are below the range of double.
  if (largest < std::numeric_limits<double>::min()) {
    fail_value("grad_norm", *std::max_element(norms.begin(), norms.end()),
               concat({"must not be so far above the smallest norm, ", format_number(smallest),
                       ", that no double holds the rates"}));
  }
  for (double& rate : lr) rate /= largest;
  return lr;
}

}  // namespace

RefinedSchedule refine(std::span<const double> grad_norm, const RefineSettings& settings) {
  if (!(settings.width >= 0.0 && settings.width <= 1.0)) fail_value("width", settings.width, "must be between 0 and 1");
  if (!(settings.close >= 0.0 && settings.close <= 1.0)) fail_value("close", settings.close, "must be between 0 and 1");
  if (settings.steps) require_at_least("steps", *settings.steps, 2);
  const std::vector<double> kept = finite_norms(grad_norm);
  const std::size_t steps = settings.steps ? static_cast<std::size_t>(*settings.steps) : kept.size();
  if (steps < 2) fail_argument("grad_norm", "1 finite value; must be at least 2, or say how many steps the result has");
  std::vector<double> norms = resampled(filtered(kept, settings.width), steps);
  std::vector<double> lr = rates(norms, settings.norm);
  std::optional<NearestSpec> nearest = nearest_spec(lr);
  if (nearest->distance > settings.close) nearest.reset();
  return {Schedule::table(std::move(lr)), std::move(norms), static_cast<std::int64_t>(grad_norm.size() - kept.size()),
          std::move(nearest)};
}

}  // namespace scheduled
