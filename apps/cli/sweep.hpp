// scheduled compare --horizons, --cooldowns, --grad-norms: schedules over a grid.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/draw.hpp"
#include "scheduled/sweep.hpp"
#include "shell/arguments.hpp"

namespace scheduled::cli {

/// Values of an axis: a list whose entries are values, or FROM:TO:COUNT for as many in equal ratios (horizons) or
/// evenly spaced (cooldowns).
struct Horizons {
  std::vector<std::int64_t> steps;
};
struct Cooldowns {
  std::vector<double> shares;
};

/// What a figure shows of each combination.
enum class SweepValue { ratio, bound, peak };

struct SweepVerbOptions {
  Horizons horizons;
  Cooldowns cooldowns;
  std::vector<AskedGradNorm> grad_norms;
  std::optional<Threads> threads;
  std::string out;
  std::optional<SweepValue> value;

  void add_to(Verb& verb);
  /// An axis was given.
  bool asked() const { return !(horizons.steps.empty() && cooldowns.shares.empty() && grad_norms.empty()); }
  /// Throws ArgumentError on options that belong to a sweep only.
  void check_unasked() const;
};

/// Computes, draws and prints. Throws std::runtime_error where it was interrupted.
void compare_over(const SweepVerbOptions& options, const SpecOptions& specs, const BoundOptions& bound,
                  const OutputOptions& output);

/// Results with their ratios, by combination.
struct SweepTable {
  SweepAxes axes;
  std::vector<SweepResult> results;
  std::vector<double> ratios;
  std::vector<std::string> schedule_names;
  std::vector<AskedGradNorm> norms;  ///< one, of 1, where that is no axis
};

/// A heat map where horizons and cooldowns vary, lines where one of them does. Throws ArgumentError where neither does,
/// or where there would be too many panels.
plot::Figure draw_sweep(const SweepTable& table, SweepValue value, Criterion criterion);

/// draw_sweep's check, before any computing.
void check_drawable(const SweepAxes& axes);

}  // namespace scheduled::cli

namespace scheduled::shell {

template <>
struct Argument<cli::Horizons> {
  static cli::Horizons read(std::string_view name, std::string_view text);
  static std::string show(const cli::Horizons&) { return {}; }
};
template <>
struct Argument<cli::Cooldowns> {
  static cli::Cooldowns read(std::string_view name, std::string_view text);
  static std::string show(const cli::Cooldowns&) { return {}; }
};

}  // namespace scheduled::shell

namespace scheduled {

template <>
struct Words<cli::SweepValue> {
  static constexpr std::array<std::string_view, 3> words{"ratio", "bound", "peak"};
};

}  // namespace scheduled
