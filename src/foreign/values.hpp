// The values of a configuration as one program understands them: what was read of it, by which meaning.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foreign/config.hpp"
#include "scheduled/error.hpp"
#include "scheduled/foreign.hpp"

namespace scheduled::foreign {

/// Where a warmup has to end, or how much it leaves, as errors name it.
enum class NoRoom { end, decay, updates, rest };
constexpr std::array<std::string_view, 4> no_room_names{"the end of the decay", "the beginning of the decay",
                                                        "the updates", "the updates after the warmup"};

class Values {
 public:
  Values(const Config& config, const ForeignTool& tool, std::optional<std::int64_t> updates);

  /// Given, and not null. `key` is one of the tool's, by its first name.
  bool has(std::string_view key);
  /// Not even given as null.
  bool absent(std::string_view key) const;

  // The value, or the tool's default; a key without either is an error, but for those with `_if`. Numbers are finite.
  double number(std::string_view key);
  double non_negative(std::string_view key);
  double positive(std::string_view key);
  double share(std::string_view key);  ///< from 0 to 1
  std::int64_t count(std::string_view key);
  std::int64_t some(std::string_view key);  ///< a count, 1 or more
  std::string word(std::string_view key);
  bool flag(std::string_view key);
  std::optional<double> number_if(std::string_view key);
  std::optional<std::int64_t> count_if(std::string_view key);
  const Json* raw(std::string_view key);
  /// A list, also as text such as "32 16 300" or "[32, 16, 300]"; empty where it is not given.
  std::vector<double> numbers(std::string_view key);
  /// The settings below `key`, with what follows it as their keys.
  std::vector<Setting> under(std::string_view key);

  // Of a list of calls: itself, without being told as taken; its line; the settings of one of them as values of their
  // own, and what was read of these, whose keys get `name` before them.
  const Json* unlisted(std::string_view key);
  std::int64_t line_of(std::string_view key);
  Values part(const Config& config) const { return {config, tool_, std::nullopt}; }
  void include(std::string_view name, Values& part);
  const std::string& form() const { return config_.form; }

  /// Throws ArgumentError with the key as given, its value and place.
  [[noreturn]] void fail(std::string_view key, std::string_view requirement);
  /// Throws: the rate is above the peak, which errors name as specs do.
  [[noreturn]] void fail_above_peak(std::string_view key, double peak);
  /// Throws: the warmup leaves the rest of the run no room; lint knows it by the name of the limit.
  [[noreturn]] void fail_no_room(std::string_view key, std::string_view requirement, NoRoom limit, double value);
  /// Throws where both are given; `wins`: what the program does then.
  void exclude(std::string_view key, std::string_view other, std::string_view wins);

  /// The number of updates that is asked for, else `key` (where it is > 0), else an error that says --updates.
  std::int64_t updates(std::string_view key);
  /// The same, nothing instead of the error.
  std::optional<std::int64_t> updates_if(std::string_view key);

  /// The number that is asked for, and says where that is another; else `said`.
  std::optional<std::int64_t> updates_or(std::optional<std::int64_t> said);

  /// Whether a number of updates was asked for; and what the run really makes.
  bool asked() const { return updates_.has_value(); }
  void make_updates(std::int64_t updates) { found_.updates = updates; }

  /// Says it once.
  void differs(std::string text);

  /// Says of each of these keys that is given: parameters that `which` names have rates of their own.
  void differs_apart(std::initializer_list<std::string_view> keys, std::string_view which);

  /// What was read, with the settings that were not; throws where one of these may matter.
  ImportedSchedule finish(Schedule schedule);

 private:
  const ForeignKey& entry(std::string_view key) const;
  /// An error's name, value and place, of a key as given.
  ArgumentError::Fields said(std::string_view key, std::string_view requirement);
  /// The setting of a key, which counts as read.
  const Setting* find(std::string_view key);
  /// The value, recorded as taken; the default where none is given, nothing where there is none.
  std::optional<Json> value(std::string_view key);
  Json needed(std::string_view key);
  /// The tool's key that a setting is.
  const ForeignKey* known(const Setting& setting) const;
  /// The name of a key that may be meant.
  std::optional<std::string_view> nearest_key(std::string_view given) const;
  double as_number(std::string_view key, const Json& value);
  std::int64_t as_count(std::string_view key, const Json& value);

  const Config& config_;
  const ForeignTool& tool_;
  std::optional<std::int64_t> updates_;
  std::vector<bool> read_;
  ImportedSchedule found_;
};

/// A value in messages.
std::string shown(const Json& value);

/// Whether a setting is the tool's key: it, or a path that ends with it. '-' counts as '_'.
bool is_key(const Setting& setting, const ForeignKey& key);

}  // namespace scheduled::foreign
