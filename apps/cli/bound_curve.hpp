// scheduled bound --curve, --gradient: a value for every step.
#pragma once

#include <cstdint>
#include <optional>

#include "cli/draw.hpp"
#include "shell/arguments.hpp"

namespace scheduled::cli {

struct CurveVerbOptions {
  bool curve = false;
  bool gradient = false;
  std::optional<std::int64_t> every;
  std::optional<double> tolerance;
  std::optional<Threads> threads;

  void add_to(Verb& verb);
  bool asked() const { return curve || gradient; }
  /// Throws ArgumentError where an option makes no sense with the others.
  void check(const BoundOptions& bound, const OutputOptions& output) const;
};

/// Evaluates, draws and prints.
void bound_along_schedules(const SpecOptions& specs, const BoundOptions& bound, const CurveVerbOptions& options,
                           const OutputOptions& output);

}  // namespace scheduled::cli
