// The runs and options of a fit, for the verbs that fit a law; and laws as files.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/log_options.hpp"
#include "law/records.hpp"
#include "scheduled/law.hpp"
#include "shell/arguments.hpp"

namespace scheduled::cli {

enum class Residuals { log, plain };

/// --law: the kind of law that is fitted now, or the file of a fitted one.
struct LawChoice {
  LawKind kind = default_law;
  std::string file;  ///< empty: `kind` is fitted
};

struct FitArguments {
  LogOptions logs;
  std::vector<std::string> runs;  ///< logs without a base or label
  LawChoice law;
  std::string column;
  std::optional<std::int64_t> first;
  Residuals residuals = Residuals::log;
  std::optional<double> huber, prior;
  std::map<std::string, double> fixed;
  std::optional<std::int64_t> bootstrap;
  bool calibrate = false;
  std::optional<Threads> threads;

  /// All but the logs. `law_meaning`: of --law, where it is another.
  void add_settings_to(Verb& verb, const std::string& law_meaning = {});
  bool given() const { return !runs.empty() || !logs.logs.empty(); }
  /// Whether any setting is not its default.
  bool settings_given() const;
  FitOptions options() const;
  std::vector<OwnRun> read_logs() const;
  /// A log whose --base is one of the others counts with its own losses only.
  std::vector<FitRun> runs_of(const std::vector<OwnRun>& read) const;
  std::vector<FitRun> read() const { return runs_of(read_logs()); }
  /// Fits, then refits and leaves runs out as asked; says so on standard error while it takes long.
  LawFit fit(const std::vector<FitRun>& from) const;
};

/// Reads what fit --save wrote, or --json printed. Throws ArgumentError naming the file, or that it is a kind of law.
FittedLaw read_law(const std::string& file);

}  // namespace scheduled::cli

namespace scheduled::shell {

template <>
struct Argument<cli::LawChoice> {
  static constexpr bool may_be_file = true;
  static std::span<const std::string_view> words() { return Words<LawKind>::words; }
  static cli::LawChoice read(std::string_view name, std::string_view text);
  static std::string show(const cli::LawChoice& value) { return std::string(word_of(value.kind)); }
};

}  // namespace scheduled::shell

namespace scheduled {

template <>
struct Words<cli::Residuals> {
  static constexpr std::array<std::string_view, 2> words{"log", "plain"};
};

}  // namespace scheduled
