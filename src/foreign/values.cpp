#include "foreign/values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "foreign/calls.hpp"
#include "foreign/sound.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::size_t longest_shown = 60;

std::string normal(std::string_view key) {
  std::string text(key);
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

/// Calls call(name) for each of the names between '|'.
template <class Call>
bool any_name(std::string_view names, const Call& call) {
  while (true) {
    const std::size_t bar = names.find('|');
    if (call(names.substr(0, bar))) return true;
    if (bar == std::string_view::npos) return false;
    names.remove_prefix(bar + 1);
  }
}

std::string_view first_name(std::string_view names) { return names.substr(0, names.find('|')); }

}  // namespace

std::string shown(const Json& value) {
  if (const std::string_view name = name_of_call(value); !name.empty()) return concat({name, "(...)"});
  std::string text = value.is_text() ? value.text() : value.dump();
  if (text.size() <= longest_shown) return text;
  return std::string(beginning_of(text, longest_shown)) + "...";
}

bool is_key(const Setting& setting, const ForeignKey& key) {
  const std::string given = normal(setting.key);
  return any_name(key.name, [&](std::string_view name) {
    if (!given.ends_with(name)) return false;
    return given.size() == name.size() || given[given.size() - name.size() - 1] == '.';
  });
}

Values::Values(const Config& config, const ForeignTool& tool, std::optional<std::int64_t> updates)
    : config_(config), tool_(tool), updates_(updates), read_(config.settings.size(), false) {
  found_.tool = tool.name;
  found_.form = config.form;
}

const ForeignKey& Values::entry(std::string_view key) const {
  for (const ForeignKey& one : tool_.keys) {
    if (first_name(one.name) == key) return one;
  }
  throw std::logic_error("no such key: " + std::string(key));
}

const Setting* Values::find(std::string_view key) {
  const ForeignKey& wanted = entry(key);
  const Setting* found = nullptr;
  for (std::size_t k = 0; k < config_.settings.size(); ++k) {
    const Setting& setting = config_.settings[k];
    if (!is_key(setting, wanted)) continue;
    read_[k] = true;
    if (setting.value.is_null()) continue;
    if (found != nullptr && found->value != setting.value) {
      if (found->key == setting.key) {
        differs(concat({setting.key, " is given several times: the last one counts"}));
      } else {
        const std::string_view why = ": they cannot both be meant; give the part of the configuration that trains";
        ArgumentError::Fields fields{
            .name = setting.key,
            .value = shown(setting.value),
            .requirement = concat({found->key, " = ", shown(found->value), " is there, too", why})};
        if (setting.line > 0) fields.place = Place{{}, setting.line, 0};
        throw ArgumentError(std::move(fields));
      }
    }
    found = &setting;
  }
  return found;
}

bool Values::has(std::string_view key) { return find(key) != nullptr; }

bool Values::absent(std::string_view key) const {
  const ForeignKey& wanted = entry(key);
  return std::none_of(config_.settings.begin(), config_.settings.end(),
                      [&](const Setting& setting) { return is_key(setting, wanted); });
}

std::optional<Json> Values::value(std::string_view key) {
  const ForeignKey& wanted = entry(key);
  const Setting* const setting = find(key);
  if (setting == nullptr && wanted.usual.empty()) return std::nullopt;
  TakenValue taken{std::string(key), {}, std::string(wanted.meaning), 0, setting != nullptr};
  const Json found = setting != nullptr ? setting->value : plain_value(wanted.usual);
  if (setting != nullptr) {
    taken.key = setting->key;
    taken.line = setting->line;
  }
  taken.value = setting != nullptr ? shown(found) : std::string(wanted.usual);
  const bool there = std::any_of(found_.taken.begin(), found_.taken.end(),
                                 [&](const TakenValue& one) { return one.key == taken.key && one.line == taken.line; });
  if (!there) found_.taken.push_back(std::move(taken));
  return found;
}

ArgumentError::Fields Values::said(std::string_view key, std::string_view requirement) {
  const Setting* const setting = find(key);
  ArgumentError::Fields fields{.name = std::string(key), .requirement = std::string(requirement)};
  if (setting != nullptr) {
    fields.name = setting->key;
    fields.value = shown(setting->value);
    if (setting->line > 0) fields.place = Place{{}, setting->line, 0};
  } else if (const ForeignKey& wanted = entry(key); !wanted.usual.empty()) {
    fields.value = concat({wanted.usual, ", the default"});
  }
  return fields;
}

void Values::fail(std::string_view key, std::string_view requirement) { throw ArgumentError(said(key, requirement)); }

void Values::fail_above_peak(std::string_view key, double peak) {
  ArgumentError::Fields fields = said(key, "must not be above");
  fields.limit = "peak";
  fields.limit_value = format_number(peak);
  throw ArgumentError(std::move(fields));
}

void Values::fail_no_room(std::string_view key, std::string_view requirement, NoRoom limit, double value) {
  ArgumentError::Fields fields = said(key, requirement);
  fields.limit = no_room_names[static_cast<std::size_t>(limit)];
  fields.limit_value = format_number(value);
  throw ArgumentError(std::move(fields));
}

void Values::exclude(std::string_view key, std::string_view other, std::string_view wins) {
  const Setting* const first = find(key);
  const Setting* const second = find(other);
  if (first == nullptr || second == nullptr) return;
  fail(key, concat({"contradicts ", second->key, " = ", shown(second->value), ": ", wins, "; leave one of them out"}));
}

void Values::differs(std::string text) {
  std::vector<std::string>& all = found_.differences;
  if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(std::move(text));
}

void Values::differs_apart(std::initializer_list<std::string_view> keys, std::string_view which) {
  for (const std::string_view key : keys) {
    if (has(key)) differs(concat({key, ": ", which, " have rates of their own, which are not here"}));
  }
}

Json Values::needed(std::string_view key) {
  auto found = value(key);
  if (!found) fail(key, concat({"is missing: ", entry(key).meaning, ", which ", tool_.title, " has no default for"}));
  return std::move(*found);
}

double Values::as_number(std::string_view key, const Json& value) {
  Json read = value;
  if (read.is_text()) read = plain_value(read.text());
  if (value.is_text() && value.text().starts_with('$'))
    fail(key, "is a variable, which is not looked up: put its value there");
  if (!read.is_number()) fail(key, "must be a number");
  return read.number();
}

std::int64_t Values::as_count(std::string_view key, const Json& value) {
  const double number = as_number(key, value);
  if (std::floor(number) != number || number < 0.0 || number > 0x1p53) fail(key, "must be a whole number, 0 or more");
  return static_cast<std::int64_t>(number);
}

double Values::number(std::string_view key) { return as_number(key, needed(key)); }
double Values::non_negative(std::string_view key) {
  const double found = number(key);
  if (found < 0.0) fail(key, "must be 0 or more");
  return found;
}
double Values::positive(std::string_view key) {
  const double found = number(key);
  if (found <= 0.0) fail(key, "must be above 0");
  return found;
}
double Values::share(std::string_view key) {
  const double found = number(key);
  if (found < 0.0 || found > 1.0) fail(key, "must be from 0 to 1");
  return found;
}
std::int64_t Values::count(std::string_view key) { return as_count(key, needed(key)); }
std::int64_t Values::some(std::string_view key) {
  const std::int64_t found = count(key);
  if (found < 1) fail(key, "must be 1 or more");
  return found;
}
std::optional<double> Values::number_if(std::string_view key) {
  const auto found = value(key);
  if (!found || found->is_null()) return std::nullopt;
  return as_number(key, *found);
}
std::optional<std::int64_t> Values::count_if(std::string_view key) {
  const auto found = value(key);
  if (!found || found->is_null()) return std::nullopt;
  return as_count(key, *found);
}
std::string Values::word(std::string_view key) {
  const Json found = needed(key);
  return found.is_text() ? found.text() : found.dump();
}
bool Values::flag(std::string_view key) {
  const Json found = needed(key);
  if (found.is_whole()) return found.whole() != 0;
  if (!found.is_bool()) fail(key, "must be true or false");
  return found.boolean();
}
const Json* Values::raw(std::string_view key) {
  value(key);
  const Setting* const setting = find(key);
  return setting == nullptr ? nullptr : &setting->value;
}

const Json* Values::unlisted(std::string_view key) {
  const Setting* const setting = find(key);
  return setting == nullptr ? nullptr : &setting->value;
}

std::int64_t Values::line_of(std::string_view key) {
  const Setting* const setting = find(key);
  return setting == nullptr ? 0 : setting->line;
}

void Values::include(std::string_view name, Values& part) {
  ImportedSchedule found = part.finish(Schedule(ScheduleSpec{}));
  for (TakenValue& one : found.taken) {
    one.key = concat({name, ".", one.key});
    found_.taken.push_back(std::move(one));
  }
  for (std::string& one : found.differences) differs(std::move(one));
}

std::vector<double> Values::numbers(std::string_view key) {
  const auto given = value(key);
  std::vector<double> found;
  if (!given || given->is_null()) return found;
  const auto add = [&](const std::optional<double> number) {
    if (!number || !std::isfinite(*number)) fail(key, "must be a list of numbers");
    found.push_back(*number);
  };
  if (given->is_array()) {
    for (const Json& one : given->items()) add(one.is_number() ? std::optional(one.number()) : std::nullopt);
  } else if (given->is_text()) {
    constexpr std::string_view between = "[](), \t";
    const std::string& text = given->text();
    for (std::size_t at = text.find_first_not_of(between); at != std::string::npos;) {
      const std::size_t end = std::min(text.find_first_of(between, at), text.size());
      add(parse_number(std::string_view(text).substr(at, end - at)));
      at = text.find_first_not_of(between, end);
    }
  } else {
    add(given->is_number() ? std::optional(given->number()) : std::nullopt);
  }
  return found;
}

std::vector<Setting> Values::under(std::string_view key) {
  std::vector<Setting> found;
  const std::string prefix = concat({key, "."});
  for (std::size_t k = 0; k < config_.settings.size(); ++k) {
    const Setting& setting = config_.settings[k];
    if (!setting.key.starts_with(prefix)) continue;
    read_[k] = true;
    found.push_back({setting.key.substr(prefix.size()), setting.value, setting.line});
    found_.taken.push_back({setting.key, shown(setting.value), std::string(entry(key).meaning), setting.line, true});
  }
  return found;
}

std::optional<std::int64_t> Values::updates_if(std::string_view key) {
  std::optional<std::int64_t> said;
  const Setting* const setting = find(key);
  const bool unknown = updates_ && setting != nullptr && setting->value.is_text() &&
                       !plain_value(setting->value.text()).is_number();  // a name, for which the number was asked
  if (setting != nullptr && !unknown) {
    const double number = as_number(key, setting->value);
    if (number > 0.0) said = count(key);  // HF's -1 and llm.c's: as long as the epochs
  }
  found_.updates = updates_or(said);
  if (found_.updates && *found_.updates < 1)
    fail_value("updates", std::to_string(*found_.updates), "must be 1 or more");
  return found_.updates;
}

std::optional<std::int64_t> Values::updates_or(std::optional<std::int64_t> said) {
  if (updates_ && said && *updates_ != *said) {
    differs(concat(
        {"the run makes ", std::to_string(*updates_), " updates, as was asked for, not ", std::to_string(*said)}));
  }
  return updates_ ? updates_ : said;
}

std::int64_t Values::updates(std::string_view key) {
  const auto found = updates_if(key);
  if (!found) {
    fail_argument(
        first_name(entry(key).name),
        concat({"is not given, and epochs say no number without the data's size; give the updates of the run as ",
                option_text("updates", "N")}));
  }
  return *found;
}

const ForeignKey* Values::known(const Setting& setting) const {
  const auto is = [&](const ForeignKey& key) { return is_key(setting, key); };
  const auto key = std::find_if(tool_.keys.begin(), tool_.keys.end(), is);
  return key == tool_.keys.end() ? nullptr : &*key;
}

std::optional<std::string_view> Values::nearest_key(std::string_view given) const {
  const std::string last = normal(given.substr(given.find_last_of('.') + 1));
  std::vector<std::string_view> names;
  for (const ForeignKey& key : tool_.keys) {
    any_name(key.name, [&](std::string_view name) {
      names.push_back(name.substr(name.find_last_of('.') + 1));
      return false;
    });
  }
  return nearest_word(last, names);
}

ImportedSchedule Values::finish(Schedule schedule) {
  for (std::size_t k = 0; k < config_.settings.size(); ++k) {
    const Setting& setting = config_.settings[k];
    if (read_[k]) continue;
    if (const ForeignKey* const key = known(setting); key != nullptr && key->matters) {
      if (!setting.value.is_null()) {
        differs(concat({setting.key, " = ", shown(setting.value), " has no say with these settings"}));
      }
    } else if (key == nullptr && may_matter(setting.key) && !setting.value.is_null()) {
      ArgumentError::Fields fields{
          .name = setting.key,
          .value = shown(setting.value),
          .requirement = concat({"is no key that is known of ", tool_.title,
                                 " and sounds like its learning rate; leave it out where it has no say"})};
      if (const auto meant = nearest_key(setting.key)) fields.requirement += concat({"; did you mean '", *meant, "'?"});
      if (setting.line > 0) fields.place = Place{{}, setting.line, 0};
      throw ArgumentError(std::move(fields));
    } else {
      found_.ignored.push_back(setting.key);
    }
  }
  found_.schedule = std::move(schedule);
  return std::move(found_);
}

}  // namespace scheduled::foreign
