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
  std::string state;  ///< a file; "-": standard input, and nothing is saved

  void add_to(Verb& verb);
  bool asked() const { return !input.empty(); }
  bool is_saved() const { return !state.empty() && state != "-"; }
};

/// Reads, prints a line per step, or every `every`-th, and saves the state at the end of the input or on Ctrl-C.
void bound_of_stream(const StreamVerbOptions& options, const LogOptions& log, const BoundOptions& bound,
                     std::optional<std::int64_t> every, const OutputOptions& output);

}  // namespace scheduled::cli
