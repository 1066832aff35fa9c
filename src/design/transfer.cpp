#include <cmath>

#include "base/error.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"

namespace scheduled {
namespace {

/// gamma* sqrt(T) in the limit, for D = G = 1.
struct LimitOf {
  double cooldown_share;
  bool whole_run;

  std::optional<double> operator()(const LinearDecay&) const { return wsd_limit(cooldown_share).peak; }
  std::optional<double> operator()(const CosineDecay&) const { return over_whole_run(cosine_limit().peak); }
  std::optional<double> operator()(const OneMinusSqrtDecay&) const {
    return over_whole_run(one_minus_sqrt_limit().peak);
  }
  std::optional<double> operator()(const PolynomialDecay& decay) const {
    return over_whole_run(polynomial_limit(decay.power).peak);
  }
  template <class Other>
  std::optional<double> operator()(const Other&) const {
    return std::nullopt;
  }
  std::optional<double> over_whole_run(double peak) const { return whole_run ? std::optional(peak) : std::nullopt; }
};

std::optional<double> limit_peak(const Schedule& schedule) {
  const ScheduleSpec& spec = schedule.spec();
  const Layout& layout = schedule.layout();
  if (!std::holds_alternative<Constant>(spec.shape) || !spec.cooldown || spec.cooldown->final.value != 0.0 ||
      layout.cooldown_steps < 1) {
    return std::nullopt;
  }
  const std::int64_t run = *layout.steps - layout.warmup_steps;  // the cooldown leaves one step of it, if it fills it
  const bool whole_run = layout.cooldown_steps >= run - 1;
  const double share = whole_run ? 1.0 : static_cast<double>(layout.cooldown_steps) / static_cast<double>(run);
  return std::visit(LimitOf{share, whole_run}, spec.cooldown->decay);
}

}  // namespace

LrTransfer transfer_base_lr(const Schedule& tuned, const Schedule& target, const BoundSettings& settings) {
  if (settings.T) fail({"T = ", std::to_string(*settings.T), ": must not be given; each schedule has its own horizon"});
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
