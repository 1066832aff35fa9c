// scheduled run plan --emit: the plan as jobs of a cluster.
#include "cli/run_emit.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string_view>

#include "anytime/cluster_records.hpp"
#include "base/error.hpp"
#include "base/shell_word.hpp"
#include "shell/arguments.hpp"
#include "shell/print.hpp"

namespace scheduled::cli {
namespace {

std::string hours_text(double seconds) { return fmt::format("{:.4g}", seconds / 3600.0); }

std::string bytes_text(std::int64_t bytes) {
  const auto count = static_cast<double>(bytes);
  if (count >= 1e12) return fmt::format("{:.4g} TB", count / 1e12);
  if (count >= 1e9) return fmt::format("{:.4g} GB", count / 1e9);
  return count >= 1e6 ? fmt::format("{:.4g} MB", count / 1e6) : fmt::format("{} bytes", bytes);
}

}  // namespace

void EmitOptions::add_to(Verb& verb) {
  verb.add("--emit", engine, "Also write the jobs that train all of it: for Slurm, this machine, NeMo-Run or SkyPilot");
  verb.add("--run", run, "With --emit: folder of the run, which the first job makes").type("RUN");
  verb.add("--into", into, "With --emit: folder for the scripts, missing or empty; default: RUN.jobs").type("FOLDER");
  verb.add("--config", config, "With --emit: train with scheduled train and this configuration").type("FILE");
  verb.add(
          "--train", request.command,
          "With --emit: your command instead, such as \"srun python train.py {run} {line} --until {to}\"; also {from}, "
          "{spec}, {data}, {nodes}, {config}")
      .type("COMMAND");
  verb.add("--names", request.names, "Names of the branches; default: result-N").type("NAME,NAME");
  verb.add("--step-seconds", step_seconds, "Of one update; needed for the costs").type("S");
  verb.add("--nodes", request.nodes, "Of each job").type("N");
  verb.add("--clock", clock, "Time limit of a job: 90s, 30m, 24h, 1-12:00:00; default: none").type("TIME");
  verb.add("--commit-seconds", request.commit_seconds, "Before that limit a job is asked to commit and stop").type("S");
  verb.add("--checkpoint-every", request.checkpoint_every,
           "Updates between checkpoints; default: as the configuration says, else at the ends of jobs")
      .type("N");
  verb.add("--continue", request.continuation,
           "What does not finish within the limit requeues itself, or is a chain of jobs");
  verb.add("--serial", request.serial, "One job of the run at a time: for programs that keep the run open for writing");
  verb.add("--stop-signal", request.stop_signal, "On which your command commits and ends: TERM, INT, USR1, USR2, HUP")
      .type("NAME");
  verb.add_each("--sbatch", request.directives, "Option of sbatch for each job, such as --sbatch=--partition=gpu")
      .type("OPTION");
  verb.add_each(
          "--set", request.settings,
          "Of nemo-run: argument of its SlurmExecutor, account=me, partition=gpu (none: this machine); of skypilot: "
          "entry of each task, resources.accelerators=H100:8")
      .type("KEY=VALUE");
  verb.add_each("--setup", request.setup, "Line of shell at the start of each job, such as \"module load cuda\"")
      .type("LINE");
  verb.add("--data", request.data, "What your command reads, for the record and {data}").type("TEXT");
  verb.add("--branch-data", request.branch_data, "What branches read instead").type("TEXT");
}

void EmitOptions::check() const {
  if (engine) return;
  const JobRequest none;
  const bool something =
      !run.empty() || !into.empty() || !config.empty() || !clock.empty() || step_seconds || !request.command.empty() ||
      !request.names.empty() || request.nodes != none.nodes || request.commit_seconds != none.commit_seconds ||
      request.checkpoint_every || request.continuation != none.continuation || request.serial ||
      request.stop_signal != none.stop_signal || !request.directives.empty() || !request.settings.empty() ||
      !request.setup.empty() || !request.data.empty() || !request.branch_data.empty();
  if (something)
    fail_argument("emit",
                  "is missing: --emit slurm, local, nemo-run or skypilot writes jobs, which other options are for");
}

/// Where the run was given relative to here, so is this.
std::string EmitOptions::folder() const {
  if (!into.empty()) return into;
  const std::filesystem::path whole = jobs_folder(run);
  return std::filesystem::path(run).is_absolute() ? whole.string() : std::filesystem::proximate(whole).string();
}

JobRequest EmitOptions::whole_request(const AnytimePlan& plan, std::optional<std::int64_t> checkpoint_bytes) const {
  JobRequest all = request;
  all.run = run;
  all.engine = *engine;
  all.step_seconds = step_seconds.value_or(0.0);
  all.checkpoint_bytes = checkpoint_bytes.value_or(0);
  if (!clock.empty()) all.clock = parse_clock("clock", clock);
  all.config = config;
  if (!all.command.empty() || config.empty()) return all;
  const std::int64_t every = check_training(config, plan);
  if (every > 0) {
    if (all.checkpoint_every && *all.checkpoint_every != every) {
      fail_value("checkpoint-every", std::to_string(*all.checkpoint_every),
                 concat({config, " has ", std::to_string(every)}));
    }
    all.checkpoint_every = every;
  }
  return all;
}

JobPlan EmitOptions::write(const AnytimePlan& plan, std::optional<std::int64_t> checkpoint_bytes) const {
  return renamed({{"step_seconds", "step-seconds"},
                  {"checkpoint_bytes", "checkpoint-bytes"},
                  {"checkpoint_every", "checkpoint-every"},
                  {"commit_seconds", "commit-seconds"},
                  {"stop_signal", "stop-signal"},
                  {"command", "train"},
                  {"directives", "sbatch"},
                  {"settings", "set"},
                  {"continuation", "continue"},
                  {"branch_data", "branch-data"}},
                 [&] {
                   const JobRequest all = whole_request(plan, checkpoint_bytes);
                   if (all.run.empty()) return plan_jobs(plan, all);  // says so
                   return write_jobs(plan, all, folder());
                 });
}

std::string EmitOptions::text_of(const JobPlan& plan) const {
  TextTable jobs({"job", "line", "from", "to", "left", "hours", "node hours", "starts", "after"});
  for (const PlannedJob& job : plan.jobs) {
    std::string after;
    for (const std::size_t other : job.after) after += (after.empty() ? "" : " ") + plan.jobs[other].name;
    jobs.add({job.name, job.line, std::to_string(job.from), std::to_string(job.to),
              std::to_string(job.to - std::max(job.from, job.reached)), hours_text(job.seconds),
              fmt::format("{:.4g}", job.node_hours), std::to_string(job.starts), after.empty() ? "-" : after});
  }
  std::string path;
  for (const std::size_t k : plan.critical) path += (path.empty() ? "" : ", ") + plan.jobs[k].name;
  const std::string launcher = shell_word(folder() + "/" + std::string(launcher_name(*engine)));
  constexpr std::array<std::string_view, 4> starts{"submit with ", "run with ", "run with python ",
                                                   "launch with sky jobs launch "};
  return fmt::format(
      "\n{}\n{:.4g} node hours; {} hours along {}, without waiting in queues\n"
      "{} checkpoints, {}, where nothing is deleted; {} of them, {}, are needed at once\n"
      "{}{}\n",
      jobs.text(), plan.node_hours, hours_text(plan.wall_seconds), path, plan.checkpoints, bytes_text(plan.peak_bytes),
      plan.needed, bytes_text(plan.needed_bytes), starts.at(static_cast<std::size_t>(*engine)), launcher);
}

}  // namespace scheduled::cli
