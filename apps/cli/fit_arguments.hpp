// The runs and options of a fit, for the verbs that fit a law; and laws as files.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/log_options.hpp"
#include "scheduled/law.hpp"
#include "shell/output.hpp"

namespace scheduled::cli {

struct FitArguments {
  LogOptions logs;
  std::vector<std::string> runs;  ///< logs without a base or label
  std::string law = "angular";
  std::string column;
  std::string first;
  std::string residuals = "log";
  std::string huber;
  std::string prior;
  std::vector<std::string> fixed;
  int bootstrap = 0;
  bool calibrate = false;
  int threads = 0;

  /// All but the logs.
  void add_settings_to(CLI::App& verb);
  bool given() const { return !runs.empty() || !logs.logs.empty(); }
  /// Whether any setting is not its default.
  bool settings_given() const;
  LawKind kind() const { return parse_law_kind(law); }
  FitOptions options() const;
  /// A log whose --base is one of the others counts with its own losses only.
  std::vector<FitRun> read() const;
  /// Fits, then refits and leaves runs out as asked; says so on standard error while it takes long.
  LawFit fit(const std::vector<FitRun>& from) const;
};

/// Reads what fit --save wrote, or --json printed. Throws std::invalid_argument naming the file.
FittedLaw read_law(const std::string& file);

Json law_json(const FittedLaw& fitted);

}  // namespace scheduled::cli
