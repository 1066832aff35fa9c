// Specs from and to text: the spec language is what the parts' files and schedule/keys.hpp say.
#include <algorithm>

#include "base/error.hpp"
#include "schedule/keys.hpp"
#include "schedule/records.hpp"
#include "schedule/text.hpp"

namespace scheduled {
namespace {

/// Sets what is given and remembers which keys there are, so that what is left over is an error that can say what is
/// allowed.
class Reader {
 public:
  explicit Reader(const Json& given) : given_(given), left_(given.members().size() - 1) {}  // but for "schedule"

  template <class P, class T, class U>
  void operator()(const P& parameter, T&& value, const U&) {
    known_.push_back(parameter.key);
    const Json* const given = given_.find(parameter.key);
    if (given != nullptr) {
      --left_;
      read_value(parameter.key, *given, value);
    } else if (!parameter.needed.empty()) {
      fail_argument(parameter.key, concat({"must be given, such as ", parameter.needed}));
    }
  }

  /// Throws at a key that nobody asked for.
  void finish(std::string_view name) const {
    if (left_ == 0) return;
    for (const auto& [key, value] : given_.members()) {
      if (key == "schedule" || std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      fail_value(key.substr(0, 60), value.is_array() ? "[...]" : in_quotes(value_text(value)),
                 concat({"is no key of ", name, "; ", must_be_one_of(key, known_)}));
    }
  }

 private:
  const Json& given_;
  std::size_t left_;
  std::vector<std::string_view> known_;
};

class Writer {
 public:
  explicit Writer(std::string_view name) : spec(Json::object({{"schedule", name}})) {}

  template <class P, class T, class U>
  void operator()(const P& parameter, const T& value, const U& usual) {
    if (parameter.quiet && value == usual) return;
    Json written = to_value(value);
    if (!written.is_null()) spec[parameter.key] = std::move(written);
  }

  Json spec;
};

const SpecName& find_name(const Json& given) {
  const std::string& text = given.find("schedule")->text();
  std::vector<std::string_view> words;
  for (const SpecName& name : schedule_names()) words.push_back(name.name);
  return schedule_names()[find_word("schedule", text, words)];
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
  return spec;
}

}  // namespace

Json schedule_json(const Schedule& schedule) {
  const SpecName& name = name_of(schedule.spec());
  Writer writer(name.name);
  visit_keys(name, schedule.spec(), writer);
  return std::move(writer.spec);
}

std::string print(const Schedule& schedule) { return print_spec_text(schedule_json(schedule)); }
std::string print_json(const Schedule& schedule) { return schedule_json(schedule).dump(); }
std::string schedule_name(const Schedule& schedule) { return std::string(name_of(schedule.spec()).name); }

bool Schedule::says_peak(std::string_view text) {
  const Json given = parse_spec_text(text);
  return find_name(given).holds_rates || given.contains("peak");
}

Schedule Schedule::parse(std::string_view text, std::optional<Duration> default_steps) {
  const Json given = parse_spec_text(text);
  const SpecName& name = find_name(given);
  ScheduleSpec spec = read_spec(given, name);
  if (!spec.steps && !name.holds_rates) spec.steps = default_steps;
  return Schedule(std::move(spec));
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
