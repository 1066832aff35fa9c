// What the parts of scheduled predict share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/draw.hpp"
#include "cli/law_records.hpp"
#include "scheduled/law.hpp"
#include "shell/arguments.hpp"
#include "shell/output.hpp"

namespace scheduled::cli {

struct PredictOptions {
  std::string law;
  std::string functional;  ///< the file of a functional law, with --optimize
  SpecOptions specs;
  std::optional<std::int64_t> every, warmup;
  bool optimize = false;
  std::optional<double> cap;
  RatesFile out;
  OutputOptions output;
};

/// "3.1235": as many digits as a loss is known to.
std::string loss_text(double loss);
/// "3.12 to 3.13"
std::string interval_text(const Predicted& predicted);
/// "0.0031 (0.0021 to 0.0041)"
std::string difference_text(const Predicted& difference);

/// "  - ..." for each, with a headline; empty where there is none.
std::string warnings_text(const std::vector<std::string>& warnings);

/// --optimize: the schedule of the smallest predicted loss beside named ones at their best peaks.
void predict_optimum(const PredictOptions& options, const FittedLaw& fitted);

/// --functional: the best schedules by the law, by the functional law and by the bound. found: with its optimum.
LawTheory judge_by_theory(const LawBest& found, const FittedLaw& fitted, const FittedLaw& functional);
std::string theory_text(const LawBest& found, const std::string& file);

}  // namespace scheduled::cli
