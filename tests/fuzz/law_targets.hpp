// Fuzz targets of loss laws as text, and of the file of a sweep; see targets.hpp.
#pragma once

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/targets.hpp"
#include "scheduled/forecast.hpp"
#include "scheduled/law.hpp"
#include "scheduled/lr_sweep.hpp"
#include "scheduled/sweep.hpp"
#include "support/temporary_folder.hpp"

namespace scheduled::fuzz {

/// A law or a fitted law: what is read prints to what reads back equal; a fitted one predicts with ends on both sides.
inline void law(std::string_view text) {
  try {
    const Law read = parse_law(text);
    require(parse_law(print_law(read)) == read, "a law reads back equal");
  } catch (const std::invalid_argument&) {
  }
  std::optional<FittedLaw> fitted;
  try {
    fitted = parse_fitted_law(text);
  } catch (const std::invalid_argument&) {
    return;
  }
  require(parse_fitted_law(print_fitted_law(*fitted)) == *fitted, "a fitted law reads back equal");
  constexpr std::array<double, 8> rates{1e-4, 5e-4, 1e-3, 1e-3, 1e-3, 7e-4, 3e-4, 0.0};
  constexpr std::array<std::int64_t, 3> steps{1, 5, 8};
  for (const Predicted& at : predict_losses(*fitted, rates, steps)) {
    require(!(at.lower > at.loss) && !(at.loss > at.upper), "the interval holds the prediction");
  }
  static_cast<void>(extrapolations(*fitted, rates));
}

/// The lines of a sweep of 8 combinations: results are of different combinations, and the file keeps them.
inline void sweep_file(std::string_view data) {
  static const SweepAxes axes{
      .schedules = {Schedule::parse("wsd(steps=100, warmup=40)"), Schedule::parse("linear(steps=100)")},
      .horizons = {50, 100},
      .cooldowns = {},
      .grad_norms = {{.name = "1"}, {.alpha = -0.5}}};
  static const SweepOptions options{.distance = 2.0};
  static const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "sweep.csv";
  std::string header;
  for (const std::string& column : sweep_columns()) header += (header.empty() ? "" : ",") + column;
  std::ofstream(path, std::ios::binary) << with_start(data, data.starts_with('c'), header + "\n");
  std::vector<SweepResult> found;
  try {
    found = SweepFile(path, axes, options).found();
  } catch (const std::invalid_argument&) {
    return;
  }
  std::set<std::int64_t> seen;
  for (const SweepResult& result : found) {
    require(result.combination >= 0 && result.combination < axes.size(), "combinations are those of the sweep");
    require(seen.insert(result.combination).second, "a combination stands once");
  }
  const std::vector<SweepResult> again = SweepFile(path, axes, options).found();
  require(again.size() == found.size(), "an opened file opens again");
  for (std::size_t i = 0; i < found.size(); ++i) {
    require(sweep_cells(axes, options, again[i]) == sweep_cells(axes, options, found[i]), "with the same results");
  }
}

/// A table of a sweep: what is read can be fitted, or an argument is refused.
inline void lr_sweep(std::string_view data) {
  static_cast<void>(is_lr_sweep(data));
  try {
    const LrSweepTable table = parse_lr_sweep("sweep", data);
    if (table.runs.size() > 20) return;
    const LrSweepFit fit = fit_lr_sweep(table.runs);
    require(fit.runs + fit.diverged + fit.far + fit.repeated == static_cast<std::int64_t>(table.runs.size()),
            "every run counts, or it is said why not");
  } catch (const std::invalid_argument&) {
  }
}

/// A book of forecasts: what is read is sealed.
inline void forecasts(std::string_view data) {
  try {
    const ForecastBook book = parse_forecasts("book", data);
    require(book.forecasts.size() <= book.seals.size(), "a forecast has a line");
    static_cast<void>(report_forecasts(std::span(&book, 1)));
  } catch (const std::invalid_argument&) {
  }
}

}  // namespace scheduled::fuzz
