// Reads the published schedules of preset_list.cpp, and scales them to another horizon.
#include "scheduled/presets.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "base/words.hpp"
#include "schedule/keys.hpp"

namespace scheduled {
namespace {

/// A visitor of keys that multiplies every length that is no share.
class Scaler {
 public:
  Scaler(double factor, const StepSize& step_size) : factor_(factor), step_size_(step_size) {}

  template <class K, class T, class U>
  void operator()(const K&, T&& value, const U&) {
    scale(value);
  }

  void of_spec(ScheduleSpec& spec) {
    visit_keys(name_of(spec), spec, *this);
    spec.step_size = {};  // of the published run; all lengths are in steps now
  }

 private:
  void scale(Duration& length) {
    if (length.unit == Duration::Unit::percent || length.unit == Duration::Unit::rest) return;
    const auto count = static_cast<double>(resolve_steps("steps", length, std::nullopt, step_size_));
    length = steps(count < 1.0 ? 0 : std::max<std::int64_t>(1, std::llround(count * factor_)));
  }
  void scale(RealDuration& length) {
    if (length.unit == Duration::Unit::percent) return;
    length = Duration{resolve_length("steps", length, std::nullopt, step_size_) * factor_, Duration::Unit::steps};
  }
  void scale(Stage& stage) {
    scale(stage.over);
    scale(stage.until);
  }
  void scale(std::shared_ptr<const ScheduleSpec>& inner) {
    if (!inner) return;
    ScheduleSpec own = *inner;
    of_spec(own);
    inner = std::make_shared<const ScheduleSpec>(std::move(own));
  }
  template <class T>
  void scale(std::optional<T>& value) {
    if (value) scale(*value);
  }
  template <class T>
  void scale(std::vector<T>& values) {
    for (T& value : values) scale(value);
  }
  void scale(const auto&) {}  // no length

  double factor_;
  StepSize step_size_;
};

const Preset& find_preset(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Preset& preset : presets()) names.push_back(preset.name);
  return presets()[find_word("preset", name, names)];
}

}  // namespace

Schedule preset(std::string_view name, std::optional<Duration> horizon) {
  const Preset& found = find_preset(name);
  if (!horizon) return Schedule::parse(found.spec);
  const Schedule published = [&] {
    try {
      return Schedule::parse(found.spec);
    } catch (const NeedsHorizon&) {  // a shape alone
      return Schedule::parse(found.spec, horizon);
    }
  }();
  ScheduleSpec spec = published.spec();
  const std::int64_t count = resolve_steps("steps", *horizon, std::nullopt, spec.step_size);
  Scaler(static_cast<double>(count) / static_cast<double>(*published.steps()), spec.step_size).of_spec(spec);
  spec.steps = steps(count);
  return Schedule(std::move(spec));
}

}  // namespace scheduled
