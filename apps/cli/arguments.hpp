// Arguments that several verbs take, from text to values.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "cli/draw.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/schedule.hpp"
#include "shell/arguments.hpp"
#include "shell/file.hpp"

namespace scheduled::cli {

/// Throws std::invalid_argument: bad input, exit code 2.
[[noreturn]] void fail(const std::string& text);

/// What an argument of the library is called on the command line.
struct Word {
  std::string_view of_library, of_user;
};

/// An error text of the library with its arguments by the names that the user knows: "horizons[0] = 3: ..." is
/// "to = 3: ..." by {"horizons", "to"}.
std::string reworded(std::string_view text, std::span<const Word> words);

/// Runs `call`; errors of bad input name arguments as `words` say.
template <class Call>
auto in_words(std::initializer_list<Word> words, const Call& call) {
  try {
    return call();
  } catch (const std::invalid_argument& error) {
    fail(reworded(error.what(), std::span(words.begin(), words.size())));
  }
}

double read_number(std::string_view name, std::string_view text);

/// A count of steps such as 50k; nothing for an empty text. Throws std::invalid_argument on other lengths, such as 50%.
std::optional<std::int64_t> read_steps(std::string_view name, std::string_view text);

struct SpecOptions {
  std::vector<std::string> specs;
  std::string steps;

  CLI::Option* add_to(CLI::App& verb);
  /// SPEC, `-` (one per line of standard input) or @FILE (a spec, the JSON of a schedule, or one rate per line).
  std::vector<NamedSchedule> read() const;
};

/// A share such as 20% or 0.2. Throws std::invalid_argument naming `name`.
double read_share(std::string_view name, std::string_view text);

/// The grad norms as said: a number, t^ALPHA, or a file with one value per step.
class GradNormArgument {
 public:
  /// Reads `text`; a power of t is evaluated for `steps` steps.
  GradNormArgument(const std::string& text, std::int64_t steps);
  GradNorm view() const { return series_.empty() ? GradNorm(value_) : GradNorm(series_); }

 private:
  double value_ = 1.0;
  std::vector<double> series_;
};

struct BoundOptions {
  std::string T;
  std::string distance;  ///< empty: the verb's default
  std::string grad_norm;
  std::string criterion = "omega";

  /// Which bounds the verb knows.
  enum class Of {
    both,          ///< omega, standard
    last_iterate,  ///< no choice
    all,           ///< the exact worst case, too
    optimal        ///< omega, worst-case
  };
  void add_to(CLI::App& verb, Of of = Of::both);
  /// All but -T, for verbs whose horizon is said otherwise.
  void add_settings_to(CLI::App& verb, Of of = Of::both);
  Criterion which() const;
};

/// The options as values; keeps the grad norms that the settings refer to.
class BoundArguments {
 public:
  BoundArguments(const BoundOptions& options, const std::vector<NamedSchedule>& schedules);
  const BoundSettings& settings() const { return settings_; }

 private:
  std::optional<std::int64_t> T_;
  GradNormArgument grad_norm_;
  BoundSettings settings_;
};

/// --out of the verbs that make a schedule: its rates, one per line, to be read as @FILE.
struct RatesFile {
  std::string file;

  void add_to(CLI::App& verb);
  /// Throws std::invalid_argument where it could not be written: before any computing.
  void check() const;
  /// Writes the rates after a line `# title`, all or nothing; does nothing where no file is named.
  void write(std::span<const double> rates, std::string_view title) const;
};

/// Grad norms as asked for: a number where one was given, else the text.
Json grad_norm_json(const std::string& text);

/// criterion, distance and grad_norm as asked for.
void add_settings(Json& json, const BoundOptions& options);

/// The same in words.
std::string settings_text(const BoundOptions& options);

}  // namespace scheduled::cli
