// What the parts of scheduled predict share.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "scheduled/law.hpp"
#include "shell/output.hpp"

namespace scheduled::cli {

struct PredictOptions {
  std::string law;
  SpecOptions specs;
  std::string every;
  bool optimize = false;
  std::string cap, warmup;
  RatesFile out;
  OutputOptions output;
};

/// "3.1235": as many digits as a loss is known to.
std::string loss_text(double loss);
/// "3.12 to 3.13"
std::string interval_text(const Predicted& predicted);
/// "0.0031 (0.0021 to 0.0041)"
std::string difference_text(const Predicted& difference);
Json to_json(const Predicted& predicted);

/// "  - ..." for each, with a headline; empty where there is none.
std::string warnings_text(const std::vector<std::string>& warnings);

/// --optimize: the schedule of the smallest predicted loss beside named ones at their best peaks.
void predict_optimum(const PredictOptions& options, const FittedLaw& fitted);

}  // namespace scheduled::cli
