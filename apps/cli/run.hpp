// What the verbs of `scheduled run` share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/cooldown_options.hpp"
#include "cli/verbs.hpp"
#include "scheduled/anytime.hpp"
#include "shell/output.hpp"
#include "shell/process.hpp"

namespace scheduled::cli {

/// RUN and --line.
struct RunOptions {
  std::string folder;
  std::string line = "trunk";
  bool json = false;

  void add_to(CLI::App& verb, bool with_line = true);
  RunStore open(RunStore::Access access) const { return RunStore::open(folder, access); }
};

Json to_json(const RecordedCheckpoint& checkpoint);
Json to_json(const RecordedLine& line);

void add_run_plan(CLI::App& run);
void add_run_init(CLI::App& run);
void add_run_lr(CLI::App& run);
void add_run_commit(CLI::App& run);
void add_run_branch(CLI::App& run);
void add_run_resume(CLI::App& run);
void add_run_log(CLI::App& run);
void add_run_status(CLI::App& run);
void add_run_verify(CLI::App& run);
void add_run_gc(CLI::App& run);
void add_run_export(CLI::App& run);

}  // namespace scheduled::cli
