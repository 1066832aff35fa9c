// What lint and diff take: a schedule, a configuration or a log.
#pragma once

#include <optional>
#include <string>

#include "cli/log_options.hpp"
#include "scheduled/lint.hpp"

namespace scheduled::cli {

struct RateInputOptions {
  std::optional<Duration> steps;  ///< of a SPEC that has none; updates of a configuration
  LogOptions logs;

  void add_to(Verb& verb);
  /// A SPEC, @FILE, a configuration, or a log as other verbs take it; "-" is a log on standard input. Notes of a log
  /// are said.
  RateInput read(const std::string& text) const;
};

/// What --help says of such an argument.
extern const char* const rate_input_meaning;

/// "schedule, 1000 updates".
std::string about_text(InputKind kind, std::optional<std::int64_t> updates);

}  // namespace scheduled::cli
