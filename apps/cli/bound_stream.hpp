// scheduled bound --stream: the bound step by step, while a run goes on.
#pragma once

#include <optional>
#include <string>

#include "cli/draw.hpp"
#include "cli/log_options.hpp"
#include "shell/arguments.hpp"

namespace scheduled::cli {

struct StreamVerbOptions {
  std::string input;  ///< a file, "-"; empty: not asked for
  bool follow = false;
  std::string state;

  void add_to(Verb& verb);
  bool asked() const { return !input.empty(); }
};

/// Reads, prints a line per step, or every `every`-th, and saves the state at the end of the input or on Ctrl-C.
void bound_of_stream(const StreamVerbOptions& options, const LogOptions& log, const BoundOptions& bound,
                     std::optional<std::int64_t> every, const OutputOptions& output);

}  // namespace scheduled::cli
