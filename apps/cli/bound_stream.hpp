// scheduled bound --stream: the bound step by step, while a run goes on.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/arguments.hpp"
#include "cli/bound_log.hpp"

namespace scheduled::cli {

struct StreamVerbOptions {
  std::string input;  ///< a file, "-"; empty: not asked for
  bool follow = false;
  std::string state;

  void add_to(CLI::App& verb);
  bool asked() const { return !input.empty(); }
};

/// Reads, prints a line per step, and saves the state at the end of the input or on Ctrl-C.
void bound_of_stream(const StreamVerbOptions& options, const LogOptions& log, const BoundOptions& bound,
                     const std::string& every, const OutputOptions& output);

}  // namespace scheduled::cli
