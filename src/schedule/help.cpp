// The names of schedules, and what there is to choose from.
#include <algorithm>

#include "schedule/keys.hpp"
#include "schedule/text.hpp"

namespace scheduled {
namespace {

/// Its own, or the keys that it needs.
template <class P>
std::string example_of(bool needs_steps) {
  if (!P::example.empty()) return std::string(P::example);
  std::string needed = needs_steps ? "steps=50k" : "";
  [[maybe_unused]] const auto add = [&](const auto& key) {
    if (!key.needed.empty()) needed += concat({needed.empty() ? "" : ", ", key.needed});
  };
  std::apply([&](const auto&... key) { (add(key), ...); }, P::parameters);
  return needed.empty() ? std::string(P::name) : concat({P::name, "(", needed, ")"});
}

template <class P>
SpecName name_from(ScheduleSpec usual) {
  constexpr ShapeTraits traits = P::traits;
  const bool needs_steps = traits.needs_steps || (traits.cools == Cools::always && !traits.holds_cooldown);
  SpecName name{P::name, example_of<P>(needs_steps), P::meaning, P::formula, P::source, std::move(usual), traits.cools};
  if (name.cools == Cools::never) name.usual.cooldown.reset();
  name.takes_warmup = !traits.rises;
  name.holds_rates = traits.holds_rates;
  name.needs_steps = needs_steps;
  return name;
}

template <class... Decays>
void add_whole_runs(std::vector<SpecName>& names, const ScheduleSpec& usual, const std::variant<Decays...>*) {
  const auto add = [&]<class D>(const D* decay) {
    using P = Part<D>;
    static_cast<void>(decay);
    ScheduleSpec own = usual;
    own.cooldown = Cooldown{rest(), D{}, {}};
    names.push_back(
        {P::name, example_of<P>(true), P::meaning, P::formula, P::source, std::move(own), Cools::always, true});
    names.back().needs_steps = true;
  };
  (add(static_cast<const Decays*>(nullptr)), ...);
}

template <class... Shapes>
std::vector<SpecName> all_names(const std::variant<Shapes...>*) {
  std::vector<SpecName> names;
  const auto add = [&]<class S>(const S* shape) {
    using P = Part<S>;
    static_cast<void>(shape);
    ScheduleSpec usual;
    usual.shape = S{};
    usual.cooldown = Cooldown{percent(20), P::usual_decay(), {}};
    names.push_back(name_from<P>(usual));
    if constexpr (P::traits.flat) {
      names.push_back(name_from<typename P::Cooled>(usual));
      add_whole_runs(names, usual, static_cast<const Decay*>(nullptr));
    }
  };
  (add(static_cast<const Shapes*>(nullptr)), ...);
  return names;
}

/// Collects keys as help.
struct Lister {
  template <class K, class T, class U>
  void operator()(const K& key, const T&, const U& usual) {
    KeyHelp help{key.key, key.meaning, {}, !key.needed.empty(), false, {}};
    const Json value = help.needed ? Json() : to_value(usual);
    if (!value.is_null()) help.usual = value_text(value);
    const auto words = WordsOf<U>::words();
    help.words.assign(words.begin(), words.end());
    keys.push_back(std::move(help));
  }
  bool has(std::string_view key) const {
    return std::any_of(keys.begin(), keys.end(), [&](const KeyHelp& help) { return help.key == key; });
  }

  std::vector<KeyHelp> keys;
};

template <class Parts>
std::vector<KeyHelp> keys_of(const Parts& part) {
  Lister lister;
  visit_part(part, lister);
  return lister.keys;
}

ScheduleHelp help_of(const SpecName& name) {
  // Common keys are those that `constant` has; of the others, where a cooldown is by choice, all but the shape's own.
  Lister own, common, all;
  visit_part(name.usual.shape, own);
  visit_keys(schedule_names().front(), schedule_names().front().usual, common);
  visit_keys(name, name.usual, all);
  for (KeyHelp& key : all.keys) {
    key.common = common.has(key.key) || (name.cools == Cools::optionally && !own.has(key.key));
    if (name.cools == Cools::optionally && key.key == std::get<0>(keys::cooldown).key) key.usual.clear();
  }
  return {name.name, name.example, name.meaning, name.formula, name.source, std::move(all.keys), name.needs_steps};
}

const SpecName& named(std::string_view wanted) {
  const auto names = schedule_names();
  return *std::find_if(names.begin(), names.end(), [&](const SpecName& name) { return name.name == wanted; });
}

template <class... Decays>
std::vector<ScheduleHelp> all_decays(const std::variant<Decays...>*) {
  return {{Part<Decays>::name, named(Part<Decays>::name).example, Part<Decays>::meaning, Part<Decays>::formula,
           Part<Decays>::source, keys_of(Decay(Decays{})), false}...};
}

template <class... Curves>
std::vector<ScheduleHelp> all_curves(const std::variant<Curves...>*) {
  return {{Part<Curves>::name, {}, {}, Part<Curves>::formula, {}, keys_of(WarmupCurve(Curves{})), false}...};
}

}  // namespace

std::span<const SpecName> schedule_names() {
  static const std::vector<SpecName> names = all_names(static_cast<const Shape*>(nullptr));
  return names;
}

const SpecName& name_of(const ScheduleSpec& spec) {
  return named(std::visit(
      [&]<class S>(const S&) {
        if constexpr (Part<S>::traits.flat) {
          if (spec.cooldown)
            return spec.cooldown->length == rest() ? part_name(spec.cooldown->decay) : Part<S>::Cooled::name;
        }
        return Part<S>::name;
      },
      spec.shape));
}

std::span<const ScheduleHelp> schedule_help() {
  static const std::vector<ScheduleHelp> help = [] {
    std::vector<ScheduleHelp> lines;
    for (const SpecName& name : schedule_names()) lines.push_back(help_of(name));
    return lines;
  }();
  return help;
}

std::span<const ScheduleHelp> decay_help() {
  static const std::vector<ScheduleHelp> help = all_decays(static_cast<const Decay*>(nullptr));
  return help;
}

std::span<const ScheduleHelp> warmup_help() {
  static const std::vector<ScheduleHelp> help = all_curves(static_cast<const WarmupCurve*>(nullptr));
  return help;
}

}  // namespace scheduled
