// transfer --from-sweep: the best peak by the runs of a sweep.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/draw.hpp"
#include "design/lr_sweep_records.hpp"
#include "scheduled/lr_sweep.hpp"
#include "shell/arguments.hpp"

namespace scheduled::cli {

struct SweepTransfer {
  LrSweepOptions fit;  ///< without questions
  std::vector<std::int64_t> to;
  std::optional<double> to_batch, to_size;
  std::string schedule;         ///< that is asked about
  std::string columns, column;  ///< of tables or logs; the losses of logs
  std::optional<SaidSchedule> plan;

  void add_rules_to(Verb& verb);
  void add_to(Verb& verb);
  /// The first option that was given of those that only a sweep has; empty: none.
  std::string_view given() const;
};

/// What the library's arguments are called by the command.
const UserNames& sweep_names();

void transfer_from_sweep(const std::vector<std::string>& files, const SweepTransfer& options,
                         const OutputOptions& output);

/// The runs of tables, or of logs (one run each); what is to be noted of them goes to standard error.
std::vector<LrSweepRun> read_sweep_runs(const std::vector<std::string>& files, const SweepTransfer& options);

}  // namespace scheduled::cli
