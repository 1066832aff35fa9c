// A plan of anytime training as jobs of a cluster: what trains when, what it costs, scripts that do it, and how far
// they are.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/anytime.hpp"
#include "scheduled/plan.hpp"

namespace scheduled {

/// What runs the jobs.
enum class JobEngine {
  slurm,     ///< sbatch scripts, one for each job, and one that submits them
  local,     ///< a script that runs them one after the other
  nemo_run,  ///< an experiment of NeMo-Run, in Python: on this machine, or by its SlurmExecutor
  skypilot,  ///< a pipeline of SkyPilot's managed jobs, in YAML
};

/// What a job of Slurm does that could not finish before its time limit.
enum class JobContinuation {
  requeue,    ///< puts itself back into the queue, under the same number
  singleton,  ///< ends; as many jobs of its name as are needed wait for one another from the start
};

struct JobRequest {
  std::filesystem::path run;  ///< folder of the run; the first job makes it where it is missing
  JobEngine engine = JobEngine::slurm;
  /// The command that trains a line up to a step, as typed into a shell; {run}, {line}, {from}, {to}, {spec}, {data},
  /// {nodes} and {config} stand for their values, quoted. Empty: `scheduled train`, with `config`.
  std::string command = {};
  std::filesystem::path config = {};                  ///< of `scheduled train`, and {config}
  std::vector<std::string> names = {};                ///< of the branches, in the order of the results; none: result-N
  double step_seconds = 0.0;                          ///< of one update, > 0
  std::int64_t checkpoint_bytes = 0;                  ///< >= 1
  std::int64_t nodes = 1;                             ///< of each job, >= 1
  std::optional<double> clock = {};                   ///< seconds that a job may take, > 0; nothing: no limit
  double commit_seconds = 120.0;                      ///< before that limit it is asked to commit and stop; >= 0
  std::optional<std::int64_t> checkpoint_every = {};  ///< updates; nothing: at the ends only
  JobContinuation continuation = JobContinuation::requeue;
  bool serial = false;               ///< one job of the run at a time: for programs that keep the run open for writing
  std::string stop_signal = "TERM";  ///< on which the command commits and ends with 0: TERM, INT, USR1, USR2, HUP
  std::vector<std::string> directives = {};  ///< options of sbatch for each job: --partition=gpu
  /// Of nemo_run arguments of SlurmExecutor, which needs an account: account=me, partition=gpu; none: this machine. Of
  /// skypilot entries of each task: resources.accelerators=H100:8, volumes./mnt/runs=runs.
  std::vector<std::string> settings = {};
  std::vector<std::string> setup = {};  ///< lines of shell at the start of each job: module load cuda
  std::string data = {};                ///< that the trunk reads, for the record and {data}; branches, too
  std::string branch_data = {};         ///< that branches read instead
  std::filesystem::path folder = {};    ///< where commands run; empty: here
};

/// A stretch of one line: the trunk up to a step where a branch leaves, or a branch.
struct PlannedJob {
  std::string name;                     ///< of its script: number, line and last step
  std::string line;                     ///< the trunk or a branch
  std::int64_t from = 0;                ///< updates of the line before it
  std::int64_t to = 0;                  ///< and after it: that checkpoint is committed
  std::int64_t reached = 0;             ///< what the line has committed already, at most `to`
  std::vector<std::size_t> after = {};  ///< indices of jobs that must be done before
  double seconds = 0.0;                 ///< for the updates that are left
  double node_hours = 0.0;              ///< for them
  std::int64_t starts = 1;              ///< of the job within its time limit; 0: nothing is left
  std::string command = {};             ///< that trains it
  std::string data = {};                ///< that it reads, for the record
  bool operator==(const PlannedJob&) const = default;
};

struct JobPlan {
  std::filesystem::path run;          ///< absolute
  std::vector<PlannedJob> jobs;       ///< in an order in which they could run one by one
  double node_hours = 0.0;            ///< of what is left to do
  double wall_seconds = 0.0;          ///< along the critical path, without waiting in queues
  std::vector<std::size_t> critical;  ///< that path: indices of jobs
  std::int64_t checkpoints = 0;       ///< that are in the run at the end, where nothing is deleted
  std::int64_t peak_bytes = 0;        ///< of so many
  std::int64_t needed = 0;            ///< checkpoints that must be there at once, where all others are deleted
  std::int64_t needed_bytes = 0;      ///< of so many
};

/// The jobs of a plan, less what the run has done already. Throws ArgumentError naming the field and what to do: what
/// is missing or out of range; an unknown or quoted placeholder of the command; a clock that ends before a job has got
/// from one checkpoint to the next; a run whose trunk has another schedule, or is beyond the start of a branch and has
/// no checkpoint there, or that has another line of a branch's name. Also as RunStore::open and plan_checkpoints.
JobPlan plan_jobs(const AnytimePlan& plan, const JobRequest& request);

/// Writes the scripts of the jobs into `folder`, which must be missing or empty: all of them, or nothing. What is
/// there then: jobs.json (the plan), jobs/NAME.sh, job.sh (what all jobs do), logs/, and what starts them
/// (launcher_name). Throws as plan_jobs, and StoreError where the disk refuses.
JobPlan write_jobs(const AnytimePlan& plan, const JobRequest& request, const std::filesystem::path& folder);

/// The file that starts the jobs: submit.sh, run.sh, experiment.py or pipeline.yaml.
std::string_view launcher_name(JobEngine engine);

/// Where the jobs of a run lie that are not written elsewhere: RUN.jobs.
std::filesystem::path jobs_folder(const std::filesystem::path& run);

/// What numbers a job.
enum class JobSystem {
  slurm,     ///< submit.sh or NeMo-Run has submitted it
  skypilot,  ///< a task of its managed jobs
  process,   ///< nothing: it runs on a machine by itself
};

/// A job of a plan that was submitted or has begun.
struct JobState {
  std::string name;         ///< of the planned job
  std::string line;         ///< that it trains
  std::int64_t to = 0;      ///< its last step
  std::string id;           ///< as that system numbers it; of a process HOST:NUMBER
  std::string state;        ///< in Slurm's words, PENDING, RUNNING, COMPLETED, ...; else as below
  std::string reason = {};  ///< why it waits, where Slurm says one
  JobSystem system = JobSystem::slurm;
  bool operator==(const JobState&) const = default;
};

/// The jobs of `folder`: those that were submitted, by that time, as Slurm knows them (squeue and, where there is
/// accounting, sacct); then others that have begun, whatever started them, and those that no Slurm knows that answers
/// here (within 10 seconds for sacct, and 10 for squeue), as they noted themselves in `folder`: STARTED, STOPPED (it
/// goes on when it is started again), COMPLETED or FAILED. Of a process whose number is seen here, which is on this
/// machine and not in another container, RUNNING or FAILED are what is true now. A job that was killed elsewhere stays
/// STARTED. Throws StoreError naming jobs.json where it is damaged.
std::vector<JobState> job_states(const std::filesystem::path& folder);

/// RunStore::open for writing, where another process writes now: tries again for so long. Throws as it.
RunStore open_when_free(const std::filesystem::path& folder, std::chrono::milliseconds patience,
                        const StoreOptions& options = {});

/// Seconds of a text such as "90s", "30m", "24h", "2d", "12:30:00" or "1-12:00:00". Throws ArgumentError naming `name`.
double parse_clock(std::string_view name, std::string_view text);

}  // namespace scheduled
