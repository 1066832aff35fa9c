// Reads the published schedules of preset_list.cpp, and scales them to another horizon.
#include "scheduled/presets.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "base/words.hpp"
#include "schedule/keys.hpp"
#include "schedule/shapes/stages.hpp"

namespace scheduled {
namespace {

/// A visitor of keys that multiplies every length that is no share.
class Scaler {
 public:
  Scaler(double factor, const StepSize& step_size) : factor_(factor), step_size_(step_size) {}

  template <class K, class T, class U>
  void operator()(const K& parameter, T&& value, const U&) {
    if constexpr (std::is_same_v<T, Duration&>) {
      const bool cools = parameter.key == std::get<0>(keys::cooldown).key;
      if (cools && !follows(value)) {
        value = steps(scaled(resolve_steps_before("cooldown", value, end_, step_size_)));
        return;
      }
    }
    scale(value);
  }

  void of_spec(ScheduleSpec& spec) {
    ScheduleSpec published = spec;
    published.step_size = step_size_;
    const Layout layout = Schedule(published).layout();
    end_ = layout.steps.value_or(0);
    std::vector<StagePlace> places;
    if (const auto* const shape = std::get_if<Stages>(&spec.shape)) {
      places = Part<Stages>::places(*shape, published, layout);
    }
    visit_keys(name_of(spec), spec, *this);
    if (auto* const shape = std::get_if<Stages>(&spec.shape)) of_pieces(shape->pieces, places);
    spec.step_size = {};  // of the published run; all lengths are in steps now
  }

  /// The batch of the published run, whose changes are as far along as there. Those that the shorter run has in one
  /// step are one.
  StepSize ramp() const {
    StepSize size = step_size_;
    if (size.ramp.empty()) return {};
    size.ramp.clear();
    const Timeline published(step_size_);
    for (BatchChange change : step_size_.ramp) {
      const double step = published.step_of(change.at.unit, change.at.value);
      change.at = steps(std::max<std::int64_t>(1, std::llround(step * factor_)));
      if (!size.ramp.empty() && change.at.value <= size.ramp.back().at.value) {
        size.ramp.back().batch = change.batch;
      } else {
        size.ramp.push_back(change);
      }
    }
    return size;
  }

 private:
  static bool follows(const Duration& length) {
    return length.unit == Duration::Unit::percent || length.unit == Duration::Unit::rest;
  }
  std::int64_t scaled(std::int64_t count) const {
    return count < 1 ? 0 : std::max<std::int64_t>(1, std::llround(static_cast<double>(count) * factor_));
  }
  /// The ends are scaled, so that the roundings of the lengths do not add up.
  void of_pieces(std::vector<Stage>& pieces, const std::vector<StagePlace>& places) {
    std::int64_t begin = scaled(places.front().begin);
    const std::optional<std::int64_t> last = places.back().end;
    for (std::size_t k = 0; k < pieces.size() && places[k].end; ++k) {
      std::int64_t end = scaled(*places[k].end);
      if (last)
        end = std::min(end, scaled(*last) - static_cast<std::int64_t>(pieces.size() - 1 - k));  // a step for each
      end = std::max(begin + 1, end);
      const std::int64_t whole = std::max(end, scaled(places[k].begin + places[k].count));
      if (pieces[k].over && !follows(*pieces[k].over)) pieces[k].over = steps(whole - begin);
      if (pieces[k].until && !follows(*pieces[k].until)) pieces[k].until = steps(end);
      begin = end;
    }
  }

  void scale(Duration& length) {
    if (!follows(length)) length = steps(scaled(resolve_steps("steps", length, std::nullopt, step_size_)));
  }
  void scale(RealDuration& length) {
    if (length.unit == Duration::Unit::percent) return;
    const double published = Timeline(step_size_).length_after("steps", length, std::nullopt, 0.0);
    length = Duration{published * factor_, Duration::Unit::steps};
  }
  void scale(std::vector<Stage>&) {}  // by of_pieces
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
  std::int64_t end_ = 0;
};

}  // namespace

const Preset& find_preset(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Preset& preset : presets()) names.push_back(preset.name);
  return presets()[find_word("preset", name, names)];
}

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
  Scaler scaler(static_cast<double>(count) / static_cast<double>(*published.steps()), spec.step_size);
  scaler.of_spec(spec);
  spec.step_size = scaler.ramp();
  spec.steps = steps(count);
  return Schedule(std::move(spec));
}

}  // namespace scheduled
