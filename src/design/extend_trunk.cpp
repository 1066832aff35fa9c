#include "design/extend_trunk.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "scheduled/bound.hpp"

namespace scheduled::extension {
namespace {

/// The linear warmup that `done` begins with; nothing where it is none, or the rates after it are not all the last one.
std::optional<Warmup> warmup_of(std::span<const double> done) {
  constexpr double close = 0.01;  // of the peak: logs round, and interpolate between steps
  const double peak = done.back();
  const auto level = [&](double rate) { return std::fabs(rate - peak) <= 1e-3 * peak; };
  const auto rising = std::find_if(done.begin(), done.end(), level);
  if (rising == done.begin() || done.front() > peak || !std::all_of(rising, done.end(), level)) return std::nullopt;
  // Its last step is the first at the peak or the one before that.
  const auto reached = static_cast<std::size_t>(rising - done.begin());
  const auto fits = [&](const Schedule& schedule) {
    for (std::size_t i = 0; i < done.size(); ++i) {
      if (std::fabs(schedule.lr(static_cast<std::int64_t>(i)) - done[i]) > close * peak) return false;
    }
    return true;
  };
  const double first = done.front() / peak;
  for (const Warmup& warmup :
       {Warmup{steps(static_cast<std::int64_t>(reached) + 1)}, Warmup{steps(static_cast<std::int64_t>(reached))},
        Warmup{steps(static_cast<std::int64_t>(reached)), Rate{100.0 * first, Rate::Unit::percent}}}) {
    ScheduleSpec spec;
    spec.peak = peak;
    spec.warmup = warmup;
    if (resolve_steps("warmup", warmup.length, std::nullopt, {}) <= static_cast<std::int64_t>(done.size()) &&
        fits(Schedule(std::move(spec)))) {
      return warmup;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<double> continued(const Trunk& trunk, const Schedule& schedule) {
  std::vector<double> lr = schedule.values();
  std::copy(trunk.done.begin(), trunk.done.end(), lr.begin());
  lr.resize(static_cast<std::size_t>(last_positive_step(lr)));
  return lr;
}

Schedule with_cooldown(const Trunk& trunk, std::int64_t horizon, std::int64_t length, const Decay& decay) {
  ScheduleSpec spec = trunk.spec;
  spec.steps = steps(horizon);
  spec.cooldown->length = steps(length);
  spec.cooldown->decay = decay;
  return Schedule(std::move(spec));
}

Trunk trunk_of(const Schedule& trunk, std::int64_t m) {
  if (!trunk.flat()) {
    fail({"trunk = ", print(trunk), ": must be constant but for warmup and cooldown; give the rates made so far"});
  }
  const Layout& layout = trunk.layout();
  const std::int64_t first = std::max<std::int64_t>(layout.warmup_steps, 1);
  const bool ends = layout.steps && layout.cooldown_steps > 0;
  const std::int64_t last = ends ? *layout.steps - layout.cooldown_steps : layout.steps.value_or(m);
  if (m > last && first == last) {
    fail({"m = ", std::to_string(m), ": must be ", std::to_string(last), "; ", print(trunk), " decays from there on"});
  }
  if (m < first || m > last) {
    fail({"m = ", std::to_string(m), ": must be between ", std::to_string(first), " and ", std::to_string(last),
          ", in the stable phase of ", print(trunk)});
  }
  Trunk state{trunk.values(m), trunk.spec(), ends ? last : m};
  // The part that is done does not follow the new horizon.
  state.spec.warmup.length = steps(layout.warmup_steps);
  if (!state.spec.cooldown) state.spec.cooldown = Cooldown{};
  if (state.spec.cooldown->length.unit == Duration::Unit::rest) state.spec.cooldown->length = percent(100);
  return state;
}

Trunk trunk_of(std::span<const double> done, const Cooldown& cooldown) {
  if (done.empty()) fail({"done = []: must hold at least one step"});
  require_non_negative("done", done);
  if (!(done.back() > 0.0)) {
    fail_value(concat({"done[", std::to_string(done.size() - 1), "]"}), done.back(),
               "must be > 0: it is the LR that goes on");
  }
  ScheduleSpec spec;
  spec.peak = done.back();
  spec.warmup = warmup_of(done).value_or(Warmup{});
  spec.cooldown = cooldown;
  return {{done.begin(), done.end()}, spec, static_cast<std::int64_t>(done.size())};
}

}  // namespace scheduled::extension
