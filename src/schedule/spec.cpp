// Specs from and to text: the spec language is what the parts' files and schedule/keys.hpp say.
#include <algorithm>

#include "base/error.hpp"
#include "schedule/keys.hpp"
#include "schedule/reader.hpp"
#include "schedule/records.hpp"
#include "schedule/stage_text.hpp"
#include "schedule/text.hpp"
#include "scheduled/presets.hpp"

namespace scheduled {
namespace {

const SpecName& find_name(const Json& given) {
  const std::string& text = given.find("schedule")->text();
  std::vector<std::string_view> words;
  for (const SpecName& name : schedule_names()) words.push_back(name.name);
  return schedule_names()[find_word("schedule", text, words)];
}

ScheduleSpec read_spec(const Json& given, const SpecName& name);

/// Of `preset:NAME`.
std::optional<std::string_view> preset_name(const Json& given) {
  constexpr std::string_view prefix = "preset:";
  const std::string_view text = given.find("schedule")->text();
  if (!text.starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

/// make({}), or make(default_steps) where that needs a horizon or has none.
template <class Make>
Schedule with_default(std::optional<Duration> default_steps, const Make& make) {
  if (!default_steps) return make(default_steps);
  try {
    Schedule schedule = make(std::nullopt);
    if (schedule.steps()) return schedule;
  } catch (const NeedsHorizon&) {  // which there is
  }
  return make(default_steps);
}

/// As published, or with the `steps` and the `peak` that are given.
Schedule read_preset(std::string_view name, const Json& given, std::optional<Duration> default_steps) {
  ScheduleSpec said;
  Reader reader(given);
  visit_members(keys::run, said, ScheduleSpec{}, reader);
  reader.finish(given.find("schedule")->text());
  const auto make = [&](std::optional<Duration> steps) { return preset(name, steps); };
  const Schedule schedule = said.steps ? make(said.steps) : with_default(default_steps, make);
  return given.contains(std::get<1>(keys::run).key) ? schedule.with_peak(said.peak) : schedule;
}

/// A schedule in a value, as an object.
Json inner_of(std::string_view key, const Json& given) {
  Json spec = given.is_object() ? given : within_after([&] { return parse_spec_text(read_text(key, given)); });
  const Json* const name = spec.find("schedule");
  if (name == nullptr || !name->is_text()) fail_argument(key, "must be a schedule");
  return spec;
}

/// after=preset:NAME brings the peak, the batch and the clock of the published run, where others are not said.
void take_of_preset(ScheduleSpec& spec, const Json& given) {
  constexpr std::string_view key = "after";
  const Json* const after = given.find(key);
  if (after == nullptr || !std::holds_alternative<Stages>(spec.shape)) return;
  const Json inner = inner_of(key, *after);
  const auto published = preset_name(inner);
  if (!published) return;
  const ScheduleSpec whole = within_after([&] { return read_preset(*published, inner, std::nullopt).spec(); });
  if (!given.contains("peak")) spec.peak = whole.peak;
  if (spec.step_size == StepSize{}) spec.step_size = whole.step_size;
  if (!given.contains("clock")) spec.clock = whole.clock;
}

ScheduleSpec read_spec(const Json& given, const SpecName& name) {
  ScheduleSpec spec = name.usual;
  if (name.cools == Cools::optionally && !given.contains("cooldown")) {
    spec.cooldown.reset();
    for (const std::string_view key : {"decay", "final"}) {
      if (given.contains(key)) fail_argument(key, concat({name.name, " needs cooldown=... for it"}));
    }
  }
  Reader reader(given);
  visit_keys(name, spec, reader);
  reader.finish(name.name);
  take_of_preset(spec, given);
  return spec;
}

Json spec_json(const ScheduleSpec& spec) {
  const SpecName& name = name_of(spec);
  Writer writer(name.name);
  visit_keys(name, spec, writer);
  return std::move(writer.spec);
}

/// Schedules within schedules, itself included.
int depth_of(const Json& spec) {
  int deepest = 0;
  if (!spec.is_object()) return 0;
  for (const auto& [key, value] : spec.members()) deepest = std::max(deepest, depth_of(value));
  return deepest + 1;
}

}  // namespace

/// Without its peak, which is that of the schedule around it.
Json to_value(const std::shared_ptr<const ScheduleSpec>& inner) {
  if (!inner) return {};
  const Json whole = spec_json(*inner);
  Json out = Json::object();
  for (const auto& [key, value] : whole.members()) {
    if (key != std::get<1>(keys::run).key) out.add(key, value);
  }
  return out;
}

void read_value(std::string_view key, const Json& given, std::shared_ptr<const ScheduleSpec>& inner) {
  constexpr int deepest = 8;
  const Json spec = inner_of(key, given);
  if (depth_of(spec) > deepest) fail_argument(key, "holds too many schedules within schedules");
  inner = within_after([&] {
    const auto published = preset_name(spec);
    if (!published) return std::make_shared<const ScheduleSpec>(read_spec(spec, find_name(spec)));
    ScheduleSpec whole = read_preset(*published, spec, std::nullopt).spec();
    whole.peak = 1.0;  // these are the whole schedule's: take_of_preset
    whole.step_size = {};
    whole.clock = Clock::steps;
    return std::make_shared<const ScheduleSpec>(std::move(whole));
  });
}

Json schedule_json(const Schedule& schedule) { return spec_json(schedule.spec()); }

std::string print(const Schedule& schedule) { return print_spec_text(schedule_json(schedule)); }
std::string print_json(const Schedule& schedule) { return schedule_json(schedule).dump(); }
std::string schedule_name(const Schedule& schedule) { return std::string(name_of(schedule.spec()).name); }

bool Schedule::says_peak(std::string_view text) {
  const Json given = parse_spec_text(text);
  if (given.contains("peak")) return true;
  if (const auto published = preset_name(given)) return says_peak(find_preset(*published).spec);
  return find_name(given).holds_rates;
}

Schedule Schedule::parse(std::string_view text, std::optional<Duration> default_steps) {
  const Json given = parse_spec_text(text);
  if (const auto published = preset_name(given)) return read_preset(*published, given, default_steps);
  const SpecName& name = find_name(given);
  const ScheduleSpec spec = read_spec(given, name);
  if (spec.steps) return Schedule(spec);
  return with_default(default_steps, [&](std::optional<Duration> steps) {
    ScheduleSpec own = spec;
    own.steps = steps;
    return Schedule(std::move(own));
  });
}

Rate parse_rate(std::string_view name, std::string_view text) {
  if (text.ends_with('%')) {
    if (const auto share = parse_number(text.substr(0, text.size() - 1))) return percent_of_peak(*share);
  } else if (const auto rate = parse_number(text)) {
    return absolute_lr(*rate);
  }
  fail_value(name, in_quotes(text), "must be an LR such as 1e-5 or a share of the peak such as 10%");
}

std::string print_rate(Rate rate) {
  return concat({format_number(rate.value), rate.unit == Rate::Unit::percent ? "%" : ""});
}

Decay parse_decay(std::string_view name, std::string_view text) {
  Decay decay;
  read_value(name, text, decay);
  return decay;
}

std::string_view decay_name(const Decay& decay) noexcept { return part_name(decay); }

void check_cooldown(const Cooldown& cooldown) {
  // The checks of a schedule whose peak allows the final rate.
  ScheduleSpec spec;
  spec.steps = steps(1000);
  spec.peak = cooldown.final.unit == Rate::Unit::absolute ? std::max(1.0, cooldown.final.value) : 1.0;
  spec.cooldown = cooldown;
  spec.cooldown->length = percent(10);
  static_cast<void>(Schedule(std::move(spec)));
}

Cooldown parse_cooldown(std::string_view length, std::string_view decay, std::string_view final_lr) {
  Cooldown cooldown{parse_duration("cooldown", length), parse_decay("decay", decay), parse_rate("final", final_lr)};
  check_cooldown(cooldown);
  return cooldown;
}

}  // namespace scheduled
