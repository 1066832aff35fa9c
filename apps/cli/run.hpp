// What the verbs of `scheduled run` share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/verbs.hpp"
#include "scheduled/anytime.hpp"
#include "shell/arguments.hpp"

namespace scheduled::cli {

/// RUN and --line.
struct RunOptions {
  std::string folder;
  std::string line = "trunk";
  std::string wait;
  std::optional<double> lease;
  bool json = false;

  /// Returns --json.
  Option add_to(Verb& verb, bool with_line = true);
  /// --wait and --lease, of verbs that trainers of several lines call at the same time.
  void add_wait_to(Verb& verb);
  /// --lease, of verbs that write.
  void add_lease_to(Verb& verb);
  /// What --lease says; waits are told on standard error.
  StoreOptions store_options() const;
  /// Waits for another writer as --wait says.
  RunStore open(RunStore::Access access) const;
};

/// --data, --batch and --sequence: what a line reads, for the record.
struct ReadsOptions {
  std::string data;
  std::optional<std::int64_t> batch, sequence;

  void add_to(Verb& verb, const std::string& what);
};

/// A schedule whose peak must be said, because it is the learning rate of a run. Throws ArgumentError.
void require_peak(std::string_view name, const SaidSchedule& said, std::string_view why);

void add_run_plan(Verb& run, CheckTraining check);
void add_run_init(Verb& run);
void add_run_lr(Verb& run);
void add_run_commit(Verb& run);
void add_run_branch(Verb& run);
void add_run_diff(Verb& run);
void add_run_merge(Verb& run);
void add_run_resume(Verb& run);
void add_run_log(Verb& run);
void add_run_status(Verb& run);
void add_run_verify(Verb& run);
void add_run_gc(Verb& run);
void add_run_repair(Verb& run);
void add_run_migrate(Verb& run);
void add_run_export(Verb& run);

}  // namespace scheduled::cli
