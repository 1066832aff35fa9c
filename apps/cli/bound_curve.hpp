// scheduled bound --curve, --gradient: a value for every step.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/arguments.hpp"

namespace scheduled::cli {

struct CurveVerbOptions {
  bool curve = false;
  bool gradient = false;
  std::string every;
  std::string tolerance;
  std::string threads;

  void add_to(CLI::App& verb);
  bool asked() const { return curve || gradient; }
  /// Throws std::invalid_argument where an option makes no sense with the others.
  void check(const BoundOptions& bound, const OutputOptions& output) const;
};

/// Evaluates, draws and prints.
void bound_along_schedules(const SpecOptions& specs, const BoundOptions& bound, const CurveVerbOptions& options,
                           const OutputOptions& output);

}  // namespace scheduled::cli
