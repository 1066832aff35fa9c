// scheduled compare --horizons, --cooldowns, --grad-norms: schedules over a grid.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "plot/figure.hpp"
#include "scheduled/design.hpp"

namespace scheduled::cli {

struct SweepVerbOptions {
  std::string horizons, cooldowns, grad_norms;
  std::string threads;
  std::string out;
  std::string value;

  void add_to(CLI::App& verb);
  /// An axis was given.
  bool asked() const { return !(horizons.empty() && cooldowns.empty() && grad_norms.empty()); }
  /// Throws std::invalid_argument on options that belong to a sweep only.
  void check_unasked() const;
};

/// Computes, draws and prints. Throws std::runtime_error where it was interrupted.
void compare_over(const SweepVerbOptions& options, const SpecOptions& specs, const BoundOptions& bound,
                  const OutputOptions& output);

/// What a figure shows of each combination.
enum class SweepValue { ratio, bound, peak };

/// Results with their ratios, by combination.
struct SweepTable {
  SweepAxes axes;
  std::vector<SweepResult> results;
  std::vector<double> ratios;
  std::vector<std::string> schedule_names, norm_names;
};

/// A heat map where horizons and cooldowns vary, lines where one of them does. Throws std::invalid_argument where
/// neither does, or where there would be too many panels.
plot::Figure draw_sweep(const SweepTable& table, SweepValue value, Criterion criterion);

/// draw_sweep's check, before any computing.
void check_drawable(const SweepAxes& axes);

}  // namespace scheduled::cli
