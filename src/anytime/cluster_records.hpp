// The results of plans on a cluster, each described once (base/record.hpp).
#pragma once

#include <array>
#include <string_view>

#include "base/record.hpp"
#include "scheduled/cluster.hpp"

namespace scheduled {

template <>
struct Words<JobEngine> {
  static constexpr std::array<std::string_view, 4> words{"slurm", "local", "nemo-run", "skypilot"};
};
template <>
struct Words<JobContinuation> {
  static constexpr std::array<std::string_view, 2> words{"requeue", "singleton"};
};

template <>
struct Words<JobSystem> {
  static constexpr std::array<std::string_view, 3> words{"slurm", "skypilot", "process"};
};

template <>
struct Record<PlannedJob> {
  using X = PlannedJob;
  static constexpr std::string_view name = "PlannedJob";
  static constexpr std::string_view meaning =
      "A stretch of one line: the trunk up to where a branch leaves, or a branch";
  static constexpr FieldList fields{
      Field{"name", &X::name, "", "Of its script: number, line and last step"},
      Field{"line", &X::line, "", "The trunk or a branch"},
      Field{"from", &X::from, "steps", "Updates of the line before it"},
      Field{"to", &X::to, "steps", "And after it: that checkpoint is committed"},
      Field{"reached", &X::reached, "steps", "What the line has committed already, at most `to`"},
      Field{"after", &X::after, "", "Indices of the jobs that must be done before"},
      Field{"seconds", &X::seconds, "s", "For the updates that are left"},
      Field{"node_hours", &X::node_hours, "h", "Of nodes, for them"},
      Field{"starts", &X::starts, "", "Of the job within its time limit; 0: nothing is left to do"},
      Field{"command", &X::command, "", "That trains it, as typed into a shell"},
      Field{"data", &X::data, "", "That it reads, for the record"}};
};

template <>
struct Record<JobPlan> {
  using X = JobPlan;
  static constexpr std::string_view name = "JobPlan";
  static constexpr std::string_view meaning = "The jobs of a plan, and what they cost";
  static constexpr FieldList fields{
      Field{"run", &X::run, "", "Folder of the run"},
      Field{"jobs", &X::jobs, "", "In an order in which they could run one by one"},
      Field{"node_hours", &X::node_hours, "h", "Of nodes, for what is left to do"},
      Field{"wall_seconds", &X::wall_seconds, "s", "Along the critical path, without waiting in queues"},
      Field{"critical", &X::critical, "", "That path: indices of jobs"},
      Field{"checkpoints", &X::checkpoints, "", "In the run at the end, where nothing is deleted"},
      Field{"peak_bytes", &X::peak_bytes, "bytes", "Of so many"},
      Field{"needed", &X::needed, "", "Checkpoints that must be there at once, where all others are deleted"},
      Field{"needed_bytes", &X::needed_bytes, "bytes", "Of so many"}};
};

template <>
struct Record<JobState> {
  using X = JobState;
  static constexpr std::string_view name = "JobState";
  static constexpr std::string_view meaning = "A job of a plan that was submitted or has begun";
  static constexpr FieldList fields{
      Field{"name", &X::name, "", "Of the planned job"},
      Field{"line", &X::line, "", "The trunk or a branch"},
      Field{"to", &X::to, "steps", "Its last step"},
      Field{"id", &X::id, "", "As Slurm or SkyPilot numbers it; of a process its host and number"},
      Field{"state", &X::state, "",
            "In Slurm's words, such as PENDING, RUNNING or COMPLETED; else as it noted: STARTED, STOPPED, COMPLETED or "
            "FAILED"},
      Field{"reason", &X::reason, "", "Why it waits, where Slurm says one"},
      Field{"system", &X::system, "", "That numbers it"}};
};

}  // namespace scheduled
