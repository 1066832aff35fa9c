#include <cmath>

#include "base/error.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"

namespace scheduled {
namespace {

/// gamma* sqrt(T) in the limit, for D = G = 1.
std::optional<double> limit_peak(const Schedule& schedule) {
  const ScheduleSpec& spec = schedule.spec();
  const Layout& layout = schedule.layout();
  if (!schedule.flat() || layout.cooldown_steps < 1 || schedule.lr(*layout.steps - 1) != 0.0) {
    return std::nullopt;
  }
  const std::int64_t run = *layout.steps - layout.warmup_steps;  // the cooldown leaves one step of it, if it fills it
  const bool whole_run = layout.cooldown_steps >= run - 1;
  const double share = whole_run ? 1.0 : static_cast<double>(layout.cooldown_steps) / static_cast<double>(run);
  KnownDecay decay = known_decay(spec.cooldown->decay);
  if (decay.family == KnownFamily::linear) decay.family = KnownFamily::wsd;  // whose share may be 1
  if (decay.family != KnownFamily::wsd && !whole_run) return std::nullopt;
  const std::optional<ClosedForm> limit = family_limit(decay.family, share, decay.power);
  return limit ? std::optional(limit->peak) : std::nullopt;
}

}  // namespace

LrTransfer transfer_base_lr(const Schedule& tuned, const Schedule& target, const BoundSettings& settings) {
  if (settings.T) fail_value("T", std::to_string(*settings.T), "must not be given; each schedule has its own horizon");
  LrTransfer result{best_base_lr(tuned, settings), best_base_lr(target, settings), 1.0, 0.0, std::nullopt};
  result.factor = result.to.peak / result.from.peak;
  result.peak = tuned.peak() * result.factor;
  if (settings.criterion != Criterion::omega || settings.grad_norm.data() != nullptr) return result;
  const std::optional<double> from = limit_peak(tuned);
  const std::optional<double> to = limit_peak(target);
  if (from && to) {
    const double ratio = static_cast<double>(result.from.T) / static_cast<double>(result.to.T);
    result.limit = *to / *from * std::sqrt(ratio);
  }
  return result;
}

}  // namespace scheduled
