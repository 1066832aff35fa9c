// The runs and options of a fit, for the verbs that fit a law; and laws as files.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/log_options.hpp"
#include "law/records.hpp"
#include "scheduled/law.hpp"
#include "shell/arguments.hpp"

namespace scheduled::cli {

enum class Residuals { log, plain };

struct FitArguments {
  LogOptions logs;
  std::vector<std::string> runs;  ///< logs without a base or label
  LawKind law = LawKind::angular;
  std::string column;
  std::optional<std::int64_t> first;
  Residuals residuals = Residuals::log;
  std::optional<double> huber, prior;
  std::map<std::string, double> fixed;
  std::optional<std::int64_t> bootstrap;
  bool calibrate = false;
  std::optional<Threads> threads;

  /// All but the logs.
  void add_settings_to(Verb& verb);
  bool given() const { return !runs.empty() || !logs.logs.empty(); }
  /// Whether any setting is not its default.
  bool settings_given() const;
  FitOptions options() const;
  /// A log whose --base is one of the others counts with its own losses only.
  std::vector<FitRun> read() const;
  /// Fits, then refits and leaves runs out as asked; says so on standard error while it takes long.
  LawFit fit(const std::vector<FitRun>& from) const;
};

/// Reads what fit --save wrote, or --json printed. Throws ArgumentError naming the file.
FittedLaw read_law(const std::string& file);

}  // namespace scheduled::cli

namespace scheduled {

template <>
struct Words<cli::Residuals> {
  static constexpr std::array<std::string_view, 2> words{"log", "plain"};
};

}  // namespace scheduled
