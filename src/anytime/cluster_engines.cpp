// The jobs of a plan for programs that start jobs themselves: an experiment of NeMo-Run, a pipeline of SkyPilot.
//
// Both run a job's script on each of its nodes (NeMo-Run through srun), as `bash jobs/NAME.sh task`. The first process
// looks after run and line; an exit code of 143 says that the job goes on where it is started again, which NeMo-Run
// does by requeueing what failed a few times, and SkyPilot for the exit codes that it is told.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "anytime/cluster.hpp"
#include "anytime/files.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/shell_word.hpp"

namespace scheduled::anytime {
namespace {

/// In double quotes, as Python and YAML read it, too.
std::string as_json_text(std::string_view text) { return Json(text).dump(); }

struct Setting {
  std::string section;  ///< of SkyPilot's task
  std::string key;
  std::string value;
};

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 16 && text.find_first_not_of("0123456789") == std::string_view::npos &&
         (text == "0" || text.front() != '0');
}

[[noreturn]] void refuse_setting(const JobRequest& request, std::size_t k, const std::string& why) {
  fail_entry("settings", k, concat({"'", request.settings[k], "'"}), why);
}

/// SECTION.KEY=VALUE of SkyPilot's task, KEY=VALUE of NeMo-Run's SlurmExecutor.
std::vector<Setting> settings_of(const JobRequest& request) {
  const bool sections = request.engine == JobEngine::skypilot;
  const std::string form = sections ? "must be SECTION.KEY=VALUE, such as resources.accelerators=H100:8"
                                    : "must be KEY=VALUE, such as partition=gpu";
  std::vector<Setting> out;
  for (std::size_t k = 0; k < request.settings.size(); ++k) {
    const std::string& text = request.settings[k];
    const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= ' ' && c != 0x7F; });
    const std::size_t equals = text.find('=');
    const std::size_t dot = sections ? text.find('.') : std::string::npos;
    if (!plain || equals == std::string::npos || (sections && dot >= equals)) refuse_setting(request, k, form);
    Setting setting{sections ? text.substr(0, dot) : "", text.substr(sections ? dot + 1 : 0), text.substr(equals + 1)};
    setting.key.resize(setting.key.find('='));
    if (setting.key.empty() || setting.value.empty()) refuse_setting(request, k, form);
    for (const Setting& other : out) {
      if (other.section == setting.section && other.key == setting.key) refuse_setting(request, k, "is given twice");
    }
    out.push_back(std::move(setting));
  }
  return out;
}

void check_nemo_run(const JobRequest& request) {
  const std::vector<Setting> settings = settings_of(request);
  static const std::map<std::string, std::string> elsewhere{
      {"nodes", "say it by nodes"},           {"time", "say it by clock"},      {"signal", "say it by commit_seconds"},
      {"dependencies", "the plan has them"},  {"retries", "the plan has them"}, {"srun_args", "the plan has them"},
      {"job_name_prefix", "the plan has it"}, {"packager", "the plan has it"}};
  bool account = false;
  for (std::size_t k = 0; k < settings.size(); ++k) {
    const auto found = elsewhere.find(settings[k].key);
    if (found != elsewhere.end()) refuse_setting(request, k, found->second);
    if (settings[k].key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != std::string::npos)
      refuse_setting(request, k, "must name an argument of SlurmExecutor, such as partition=gpu");
    if (request.command.empty() && settings[k].key == "ntasks_per_node" && settings[k].value != "1")
      refuse_setting(request, k, "scheduled train is one process; give your own command for more");
    account = account || settings[k].key == "account";
  }
  if (!settings.empty() && !account) {
    fail_argument("settings", "account=NAME is missing; NeMo-Run's SlurmExecutor needs it");
  }
  if (account && !request.clock) fail_argument("clock", "is missing; jobs of NeMo-Run on Slurm have a time limit");
  if (!account && request.clock) {
    fail_argument("clock", "must be given with the setting account=NAME: what runs on this machine has no time limit");
  }
}

void check_skypilot(const JobRequest& request) {
  static constexpr std::array<std::string_view, 6> sections{"resources", "volumes", "file_mounts",
                                                            "envs",      "secrets", "config"};
  const std::vector<Setting> settings = settings_of(request);
  for (std::size_t k = 0; k < settings.size(); ++k) {
    if (std::find(sections.begin(), sections.end(), settings[k].section) == sections.end())
      refuse_setting(request, k, "must begin with resources, volumes, file_mounts, envs, secrets or config");
    if (settings[k].section == "resources" && settings[k].key == "job_recovery")
      refuse_setting(request, k, "the plan has it");
    if (settings[k].section == "envs" && settings[k].key.starts_with("SCHEDULED_"))
      refuse_setting(request, k, "the plan has what begins with SCHEDULED_");
  }
  if (request.clock) fail_argument("clock", "must not be given for skypilot, whose jobs have no time limit");
}

}  // namespace

void require_utf8(std::string_view name, const std::string& text) {
  if (Json::parse(as_json_text(text)).text() == text) return;
  fail_value(name, concat({"'", text, "'"}), "must be UTF-8 for nemo-run and skypilot, whose files are");
}

void check_engine(const JobRequest& request) {
  const bool by_task = runs_tasks(request);
  if (!by_task && !request.settings.empty()) {
    fail_argument("settings", "must be given for nemo-run or skypilot; options of sbatch are directives");
  }
  if (!by_task) return;
  if (!request.directives.empty()) {
    fail_argument("directives", "must be given for slurm; what nemo-run and skypilot are told are settings");
  }
  if (request.continuation == JobContinuation::singleton) {
    fail_argument("continuation", "singleton must be for slurm; nemo-run and skypilot start a job again by themselves");
  }
  if (request.command.empty() && request.nodes != 1) {
    fail_value("nodes", std::to_string(request.nodes),
               "must be 1 for scheduled train, which is one process; give your own command for more");
  }
  require_utf8("run", request.run.string());
  require_utf8("data", request.data);
  require_utf8("branch_data", request.branch_data);
  for (const std::string& setting : request.settings) require_utf8("settings", setting);
  request.engine == JobEngine::nemo_run ? check_nemo_run(request) : check_skypilot(request);
}

namespace {

constexpr const char* experiment_head = R"py(#!/usr/bin/env python3
"""The jobs of a plan as an experiment of NeMo-Run; what is done already is left out, so it may be run again.

usage: python experiment.py [local|slurm|dry]
"""

import os
import shlex
import subprocess
import sys

import nemo_run as run

)py";

constexpr const char* experiment_end = R"py(

def executor(where, retries):
    """What runs a job; yours may be any of NeMo-Run's, for which the script runs once on each node."""
    if where == "local":
        return run.LocalExecutor()
    given = {
        "nodes": NODES,
        "time": TIME,
        # To all processes of the job so long before its limit: the command commits, and the job is requeued.
        "signal": SIGNAL,
        "retries": retries,
        "job_name_prefix": TITLE + ".",
        "packager": run.Packager(),
        # The first process is not to be ended while it commits because another one has ended.
        "srun_args": ["--wait=0"],
    }
    return run.SlurmExecutor(**{**given, **SETTINGS})


def reached(line):
    words = [os.environ.get("SCHEDULED", "scheduled"), "run", "status", RUN, "--line", line, "--reached"]
    return int(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)


def queued():
    done = subprocess.run(["squeue", "--noheader", f"--user={os.getuid()}", "--format=%j"], check=True, stdout=subprocess.PIPE)
    return [name for name in done.stdout.decode().split() if name.startswith(TITLE + ".")]


def main():
    where = (sys.argv[1:] or [WHERE])[0]
    if len(sys.argv) > 2 or where not in ("local", "slurm", "dry"):
        sys.exit(__doc__.strip())
    todo = [job for job in JOBS if reached(job[1]) < job[2]]
    if not todo:
        if where == "dry":
            print("all is done")
        return
    target = WHERE if where == "dry" else where
    if where == "slurm" and queued():
        sys.exit(f"{' '.join(queued())}: still in the queue; run this again when they have ended")
    with run.Experiment(TITLE) as experiment:
        ids = {}
        for name, line, to, after, retries in todo:
            # Not as a path, which NeMo-Run puts into its own script as it is, spaces and all.
            words = ["exec", "bash", os.path.join(FOLDER, "jobs", name + ".sh"), "local" if target == "local" else "task"]
            script = run.Script(inline=shlex.join(words))
            before = [ids[other] for other in after if other in ids]
            ids[name] = experiment.add(script, executor=executor(target, retries), name=name, dependencies=before)
        if where == "dry":
            experiment.dryrun()
            return
        experiment.run(detach=where == "slurm")
    if where == "local":
        left = [job[0] for job in todo if reached(job[1]) < job[2]]
        if left:
            sys.exit(f"not done: {' '.join(left)}; what they said is in NeMo-Run's folder of the experiment; mend it and run this again")


if __name__ == "__main__":
    main()
)py";

std::string python_value(const std::string& value) {
  if (is_number(value)) return value;
  if (value == "true" || value == "false") return value == "true" ? "True" : "False";
  return as_json_text(value);
}

/// One more than the time takes, for a job that is killed.
std::int64_t retries_of(const PlannedJob& job) { return std::max<std::int64_t>(job.starts, 1); }

}  // namespace

std::string experiment_script(const JobRequest& request, const JobPlan& plan, const std::filesystem::path& folder) {
  std::string text = experiment_head;
  const auto set = [&](const char* name, const std::string& value) { text += concat({name, " = ", value, "\n"}); };
  set("FOLDER", as_json_text(folder.string()));
  set("RUN", as_json_text(plan.run.string()));
  const std::string number = sum_text(plan.run.string()).substr(0, 6);
  set("TITLE", as_json_text(file_word(plan.run.filename().string()) + "-" + number));
  set("WHERE", request.settings.empty() ? "\"local\"" : "\"slurm\"");
  set("NODES", std::to_string(request.nodes));
  set("TIME", request.clock ? as_json_text(clock_text(*request.clock)) : "None");
  set("SIGNAL", as_json_text(request.stop_signal + "@" + std::to_string(std::llround(request.commit_seconds))));
  text += "# Of SlurmExecutor.\nSETTINGS = {";
  const std::vector<Setting> settings = settings_of(request);
  for (const Setting& setting : settings)
    text += concat({"\n    ", as_json_text(setting.key), ": ", python_value(setting.value), ","});
  text += settings.empty() ? "}\n" : "\n}\n";
  text += "# Name, line, its last step, jobs that must be done before, how often it may be started again.\nJOBS = [\n";
  for (const PlannedJob& job : plan.jobs) {
    text +=
        concat({"    (", as_json_text(job.name), ", ", as_json_text(job.line), ", ", std::to_string(job.to), ", ["});
    for (std::size_t k = 0; k < job.after.size(); ++k)
      text += (k > 0 ? ", " : "") + as_json_text(plan.jobs[job.after[k]].name);
    text += concat({"], ", std::to_string(retries_of(job)), "),\n"});
  }
  return text + "]\n" + experiment_end;
}

namespace {

/// As YAML reads it: numbers and truth values are these, all else is text.
std::string yaml_value(const std::string& section, const std::string& value) {
  const bool texts = section == "envs" || section == "secrets" || section == "volumes" || section == "file_mounts";
  const bool plain = !texts && (is_number(value) || value == "true" || value == "false");
  return plain ? value : as_json_text(value);
}

std::string task_yaml(const JobRequest& request, const JobPlan& plan, const PlannedJob& job,
                      const std::filesystem::path& folder) {
  std::string text = concat({"---\nname: ", as_json_text(job.name), "\n"});
  if (request.nodes > 1) text += concat({"num_nodes: ", std::to_string(request.nodes), "\n"});
  std::map<std::string, std::string> sections;
  for (const Setting& setting : settings_of(request)) {
    sections[setting.section] +=
        concat({"  ", as_json_text(setting.key), ": ", yaml_value(setting.section, setting.value), "\n"});
  }
  sections["resources"] += "  job_recovery:\n    recover_on_exit_codes: [143]\n";
  for (const auto& [name, value] : std::map<std::string, std::string>{{"RUN", plan.run.string()},
                                                                      {"LINE", job.line},
                                                                      {"FROM", std::to_string(job.from)},
                                                                      {"TO", std::to_string(job.to)},
                                                                      {"DATA", job.data}}) {
    sections["envs"] += concat({"  SCHEDULED_", name, ": ", as_json_text(value), "\n"});
  }
  for (const auto& [name, lines] : sections) text += name + ":\n" + lines;
  return text + "run: " +
         as_json_text(concat({"exec bash ", shell_word((folder / "jobs" / (job.name + ".sh")).string()), " task"})) +
         "\n";
}

}  // namespace

std::string pipeline_yaml(const JobRequest& request, const JobPlan& plan, const std::filesystem::path& folder) {
  std::string text = concat(
      {"# The jobs of a plan as a pipeline of SkyPilot's managed jobs, one after the other:\n",
       "#   sky jobs launch pipeline.yaml\n",
       "# What is done already ends at once, so it may be launched again. Run and folder must be there on all nodes\n",
       "# under these paths, and `scheduled` in PATH.\n",
       "name: ", as_json_text(file_word(plan.run.filename().string())), "\n"});
  for (const PlannedJob& job : plan.jobs) text += task_yaml(request, plan, job, folder);
  return text;
}

}  // namespace scheduled::anytime
