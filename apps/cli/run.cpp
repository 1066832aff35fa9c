// scheduled run: anytime training, planned and recorded. One verb of its own for each operation of the store.
#include "cli/run.hpp"

#include <algorithm>
#include <chrono>

#include "base/error.hpp"
#include "scheduled/cluster.hpp"
#include "shell/process.hpp"

namespace scheduled::cli {

Option RunOptions::add_to(Verb& verb, bool with_line) {
  verb.add("RUN", folder, "Folder of the run").required();
  if (with_line) verb.add("--line", line, "The trunk or a branch").type("NAME");
  return verb.add("--json", json, "Print JSON; numbers read back exactly");
}

void RunOptions::add_wait_to(Verb& verb) {
  verb.add("--wait", wait, "Where another process writes to the run, wait for so long: 30s, 10m").type("TIME");
  add_lease_to(verb);
}

void RunOptions::add_lease_to(Verb& verb) {
  verb.add("--lease", lease,
           "Seconds without a word after which another machine takes the run over; default: 60 on shared file systems "
           "and where one was given before")
      .type("S");
}

StoreOptions RunOptions::store_options() const {
  StoreOptions options;
  options.lease = lease;
  options.on_wait = [](const std::string& text) { note(text); };
  return options;
}

RunStore RunOptions::open(RunStore::Access access) const {
  if (wait.empty()) return RunStore::open(folder, access, store_options());
  constexpr double most = 365.0 * 86400.0;
  const std::chrono::duration<double> patience(std::min(parse_clock("wait", wait), most));
  if (access == RunStore::Access::read) return RunStore::open(folder, access, store_options());
  return open_when_free(folder, std::chrono::duration_cast<std::chrono::milliseconds>(patience), store_options());
}

void ReadsOptions::add_to(Verb& verb, const std::string& what) {
  verb.add("--data", data, concat({"Data that ", what, ", for the record"})).type("TEXT");
  verb.add("--batch", batch, "Examples per step").type("N");
  verb.add("--sequence", sequence, "Tokens per example").type("N");
}

void require_peak(std::string_view name, const SaidSchedule& said, std::string_view why) {
  if (!said.says_peak) fail_value(name, said.text, concat({"has no peak; ", why}));
}

void add_run(Verb& command, CheckTraining check) {
  Verb& run = command.verb("run", "Train without a horizon: plan, record, branch, resume");
  add_run_plan(run, check);
  add_run_init(run);
  add_run_lr(run);
  add_run_commit(run);
  add_run_branch(run);
  add_run_diff(run);
  add_run_merge(run);
  add_run_resume(run);
  add_run_log(run);
  add_run_status(run);
  add_run_verify(run);
  add_run_gc(run);
  add_run_repair(run);
  add_run_migrate(run);
  add_run_export(run);
  run.help(
      "A run is a folder: the record and the checkpoints. One process writes to it at a time; readers always can.\n"
      "Steps count finished updates: after a resume at step s the next update has the rate of `run lr --step s`.\n"
      "See `scheduled run VERB --help` for the options and an example.");
}

}  // namespace scheduled::cli
