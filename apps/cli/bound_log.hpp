// scheduled bound --log: the bound along real training runs, from their logs.
#pragma once

#include "cli/draw.hpp"
#include "cli/log_options.hpp"
#include "shell/arguments.hpp"

namespace scheduled::cli {

/// Reads, evaluates, draws and prints. Throws ArgumentError on bad logs and options.
void bound_along_logs(const LogOptions& logs, const BoundOptions& bound, const OutputOptions& output);

}  // namespace scheduled::cli
