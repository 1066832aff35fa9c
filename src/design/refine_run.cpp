#include <algorithm>
#include <string>

#include "scheduled/design.hpp"

namespace scheduled {

std::optional<Schedule> RefinedRun::nearest() const {
  if (!refined.nearest) return std::nullopt;
  const Schedule& shape = refined.nearest->schedule;
  return shape.with_peak(shape.peak() * peak());
}

RefinedRun refine_run(std::span<const double> grad_norm, std::span<const double> own, const RefineSettings& settings) {
  RefinedRun result{refine(grad_norm, settings), {}, {}, {}};
  const bool all_zero = std::none_of(own.begin(), own.end(), [](double rate) { return rate > 0.0; });
  if (settings.norm == NormKind::l1) {
    result.why_no_transfer = "the bound is for l2 norms";
  } else if (own.empty()) {
    result.why_no_transfer = "its rates are not known";
  } else if (own.size() != result.refined.grad_norm.size()) {
    result.why_no_transfer = "that has " + std::to_string(own.size()) + " steps";
  } else if (all_zero) {
    result.why_no_transfer = "its rates are all 0";
  } else {
    result.own = Schedule::table({own.begin(), own.end()});
    result.transfer = transfer_base_lr(*result.own, result.refined.schedule, {.grad_norm = result.refined.grad_norm});
  }
  return result;
}

}  // namespace scheduled
