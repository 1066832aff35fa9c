// Arguments that several verbs take.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/exact.hpp"
#include "scheduled/schedule.hpp"
#include "shell/options.hpp"

namespace scheduled {
class Schemas;
}

namespace scheduled::shell {

/// Runs `call`; where it throws an ArgumentError about one of `names` (as the library calls it), or one that is limited
/// by another of them, that gets the name the user knows, without an index ("to", not "horizons[0]").
using UserNames = std::map<std::string_view, std::string_view>;
[[noreturn]] void throw_renamed(const ArgumentError& error, const UserNames& names);
template <class Call>
auto renamed(const UserNames& names, const Call& call) {
  try {
    return call();
  } catch (const ArgumentError& error) {
    throw_renamed(error, names);
  }
}

/// Runs `call`; an ArgumentError that says no place gets that of `source`.
template <class Call>
auto located(const std::string& source, const Call& call) {
  try {
    return call();
  } catch (const ArgumentError& error) {
    if (error.fields().place) throw;
    throw error.at(Place{source});
  }
}

/// Throws ArgumentError where `value`, a count, is less than 1.
void require_count(std::string_view name, std::optional<std::int64_t> value);

/// Throws ArgumentError where a bound after T steps would need more than the rates of 1e9 steps in memory.
void check_summable(std::int64_t T);

struct NamedSchedule {
  Schedule schedule;
  std::string name;       ///< the canonical spec, or what the user wrote where that is very long
  bool says_peak = true;  ///< else the peak is the default, 1
  std::optional<Average> average = std::nullopt;  ///< "SPEC | average(...)", for the verbs that take it

  std::string full_name() const { return average ? name + " | " + print(*average) : name; }
};

/// A schedule's text as an argument, for verbs that take one and need its peak.
struct SaidSchedule {
  Schedule schedule{ScheduleSpec{}};
  std::string text;
  bool says_peak = false;
};
template <>
struct Argument<SaidSchedule> {
  static SaidSchedule read(std::string_view name, std::string_view text) {
    try {
      return {Schedule::parse(text), std::string(text), Schedule::says_peak(text)};
    } catch (const NeedsHorizon&) {
      fail_value(name, text, "has no horizon; give steps=N in it");
    }
  }
  static std::string show(const SaidSchedule&) { return {}; }
};

/// SPEC and --steps. A SPEC is a schedule's text, `-` (one per line of standard input) or @FILE (a spec, the JSON of a
/// schedule, or one rate per line).
struct SpecOptions {
  std::vector<std::string> specs;        ///< as given
  std::optional<Duration> steps;         ///< of every SPEC that has none
  std::vector<NamedSchedule> schedules;  ///< read when all options are

  /// averages: whether the verb takes "SPEC | average(...)".
  Option add_to(Verb& verb, bool averages = false);
};

/// One SPEC; with an average only where `averages`.
std::vector<NamedSchedule> read_spec(const std::string& spec, std::optional<Duration> steps, bool averages = false);

/// For completion of a SPEC: names of schedules and, within quotes, their keys and the words that these can be, as
/// schedule_help() has them; after @ files. And names of decays.
std::vector<Suggestion> suggest_schedules(std::string_view typed, bool quoted);
std::vector<Suggestion> suggest_decays(std::string_view typed, bool quoted);

/// Names for a table or legend: keys on which all schedules agree are left out, and the peak unless `with_peak`.
std::vector<std::string> short_names(const std::vector<NamedSchedule>& schedules, bool with_peak);

/// The grad norms as said: a number, t^ALPHA, a file with one value per step, or (with logs) the logged ones.
struct AskedGradNorm {
  enum class Kind { number, power, series, logged };
  std::string text = "1";  ///< as said
  Kind kind = Kind::number;
  double value = 1.0;               ///< the number, or the power's exponent
  std::vector<double> series = {};  ///< of the file
};
inline Json describe_as_json(const AskedGradNorm& asked) {
  return asked.kind == AskedGradNorm::Kind::number ? Json(asked.value) : Json(asked.text);
}
inline Json describe_schema(Schemas&, const AskedGradNorm*) {
  return Json::object({{"type", Json::array({"number", "string"})}});
}
template <>
struct Argument<AskedGradNorm> {
  static constexpr bool may_be_file = true;
  static AskedGradNorm read(std::string_view name, std::string_view text);
  static std::string show(const AskedGradNorm& asked) { return asked.text; }
};

/// The grad norms of so many steps; keeps what view() looks at.
class GradNorms {
 public:
  GradNorms() = default;
  GradNorms(const AskedGradNorm& asked, std::int64_t steps);
  explicit GradNorms(std::vector<double> series) : series_(std::move(series)) {}
  GradNorm view() const { return series_.empty() ? GradNorm(value_) : GradNorm(series_); }

 private:
  double value_ = 1.0;
  std::vector<double> series_;
};

/// A distance, or (with logs) the one that makes the rates of a run the best ones.
struct AskedDistance {
  double value = 1.0;
  bool automatic = false;
};
template <>
struct Argument<AskedDistance> {
  static AskedDistance read(std::string_view name, std::string_view text);
  static std::string show(const AskedDistance& asked) { return asked.automatic ? "auto" : format_number(asked.value); }
};

/// What an option may find out by itself: --distance auto, --grad-norm logged.
enum class Automatic { nothing, distance, distance_and_norms };

/// How a bound is asked for: --T, --distance, --grad-norm and --criterion.
struct BoundOptions {
  std::optional<std::int64_t> T;
  std::optional<AskedDistance> distance;
  std::optional<AskedGradNorm> grad_norm;
  Criterion criterion = Criterion::omega;
  std::optional<double> noise_share;  ///< of batch_grad_norm

  /// `criteria`: those that the verb knows; --criterion where there are several.
  void add_to(Verb& verb, const std::vector<Criterion>& criteria, Automatic automatic = Automatic::nothing);
  /// All but -T, for verbs whose horizon is said otherwise.
  void add_settings_to(Verb& verb, const std::vector<Criterion>& criteria, Automatic automatic = Automatic::nothing);

  /// --noise-share, for verbs that judge SPECs one by one.
  void add_noise_share_to(Verb& verb);

  Asked<double> asked_noise_share() const { return noise_share ? Asked<double>(*noise_share) : Asked<double>(); }
  double distance_or_1() const { return distance ? distance->value : 1.0; }
  AskedGradNorm grad_norm_or_1() const { return grad_norm.value_or(AskedGradNorm()); }
};

/// The options as values for these schedules; keeps the grad norms that the settings refer to.
class BoundArguments {
 public:
  BoundArguments(const BoundOptions& options, const std::vector<NamedSchedule>& schedules);
  /// The same for all schedules, but for the norms of --noise-share.
  const BoundSettings& settings() const { return settings_.front(); }
  const BoundSettings& settings_of(std::size_t k) const { return settings_[settings_.size() > 1 ? k : 0]; }

 private:
  std::vector<GradNorms> grad_norms_;
  std::vector<BoundSettings> settings_;
};

/// In words.
std::string settings_text(const BoundOptions& options);

/// "linear, 1-sqrt, ...", as decay_help has them.
std::string decay_names();

/// --cooldown, --decay and --final.
struct CooldownOptions {
  Cooldown cooldown;

  struct Added {
    Option length, decay, final;
  };
  Added add_to(Verb& verb, const std::string& share_of);
};

/// --out of the verbs that make a schedule: its rates, one per line, to be read as @FILE. Whether the file can be
/// written is checked before any computing.
struct RatesFile {
  std::string file;

  void add_to(Verb& verb);
  /// Writes the rates after a line `# title`, all or nothing; does nothing where no file is named.
  void write(std::span<const double> rates, std::string_view title) const;
};

}  // namespace scheduled::shell

namespace scheduled {

/// A bound as it was asked for, among the fields of a result.
template <>
struct Record<shell::BoundOptions> {
  using BoundOptions = shell::BoundOptions;
  static constexpr std::string_view name = "BoundOptions";
  static constexpr std::string_view meaning = "How the bound was asked for";
  static constexpr FieldList fields{
      Field{"criterion", &BoundOptions::criterion, "", "'omega', 'standard' or 'worst-case'"},
      Field{"distance", &BoundOptions::distance_or_1, "distance", "From the start to the optimum"},
      Field{"grad_norm", &BoundOptions::grad_norm_or_1, "loss/distance", "A number, or the text that says the norms"},
      Field{"noise_share", &BoundOptions::asked_noise_share, "", "Of the noise in the square of the first grad norm"}};
};

}  // namespace scheduled
