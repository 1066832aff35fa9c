#include "scheduled/cluster.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include "anytime/cluster_records.hpp"
#include "anytime/records.hpp"
#include "base/bind.hpp"
#include "base/text.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* plan_jobs_doc = R"doc(A plan as jobs of a cluster, what they cost, and the scripts that run them.

A job trains a line up to a step: the trunk up to where branches leave it, or a branch. It is done when the
record of the run says so. A run that has begun is looked at: what is done costs nothing.

Parameters
----------
plan : AnytimePlan
    Of `plan_anytime`; the trunk's peak is the learning rate of the run.
run : path
    Folder of the run, which the first job makes where it is missing.
step_seconds : float
    Seconds of one update.
checkpoint_bytes : int
    Bytes of one checkpoint.
command : str
    Trains a line up to a step, as typed into a shell; {run}, {line}, {from}, {to}, {spec}, {data}, {nodes}
    and {config} stand for their values, quoted. Empty: `scheduled train` with `config`.
config : path, optional
    Configuration of `scheduled train`, or for {config}.
engine : str
    'slurm': sbatch scripts and submit.sh; 'local': run.sh, which runs the jobs one after the other;
    'nemo-run': experiment.py, of NeMo-Run; 'skypilot': pipeline.yaml, of SkyPilot's managed jobs.
names : sequence of str
    Of the branches; none: result-N.
nodes : int
    Of each job.
clock : float or str, optional
    Time limit of a job: seconds, or text such as '24h'.
commit_seconds : float
    Before that limit a job is asked to commit and stop.
checkpoint_every : int, optional
    Updates between checkpoints; none: at the ends of jobs only.
continuation : str
    Of what does not finish within the limit: 'requeue', or 'singleton' for a chain of jobs.
serial : bool
    One job of the run at a time: for programs that keep the run open for writing.
stop_signal : str
    On which the command commits and ends: 'TERM', 'INT', 'USR1', 'USR2' or 'HUP'.
directives : sequence of str
    Options of sbatch for each job, such as '--partition=gpu'.
settings : sequence of str
    Of 'nemo-run': arguments of its SlurmExecutor, 'account=me'; none: this machine. Of 'skypilot': entries of
    each task, 'resources.accelerators=H100:8'.
setup : sequence of str
    Lines of shell at the start of each job.
data, branch_data : str
    What the command reads, for the record and {data}; what branches read instead.
into : path, optional
    Writes the scripts into this folder, which must be missing or empty.

Returns
-------
JobPlan

Raises
------
ArgumentError
    Naming the argument and what to do: a number that is missing, a placeholder that is unknown, a clock that is
    shorter than the way to the next checkpoint, a run that has another trunk, ...
StoreError
    The scripts cannot be written.

Examples
--------
>>> from scheduled import Schedule, plan_anytime
>>> from scheduled.anytime import plan_jobs
>>> plan = plan_anytime(Schedule("rsqrt(warmup=1k, peak=1e-3)"), ["50k", "100k"])
>>> jobs = plan_jobs(plan, "model", step_seconds=0.5, checkpoint_bytes=10**9, command="train.sh {run} {line} {to}")
>>> [(job.name, job.after) for job in jobs.jobs]
[('01-trunk-40000', []), ('02-result-50000-50000', [0]), ('03-trunk-80000', [0]), ('04-result-100000-100000', [2])]
>>> round(jobs.node_hours, 2), round(jobs.wall_seconds / 3600, 2)
(15.28, 13.89)
)doc";

constexpr const char* job_states_doc = R"doc(The jobs of a plan that were submitted or have begun.

Those of a Slurm are as squeue and sacct know them; others, and those that no Slurm knows here, are as they noted
themselves in the folder: STARTED, STOPPED (it goes on when it is started again), COMPLETED or FAILED. Of a process
of this machine, and not of another container, RUNNING or FAILED are what is true now; a job that was killed elsewhere
stays STARTED. A damaged jobs.json is a StoreError.

Parameters
----------
folder : path
    Where the jobs were written.

Returns
-------
list of JobState
    In the order in which they were submitted or began.

Examples
--------
>>> from scheduled.anytime import job_states
>>> job_states("model.jobs")  # nothing was submitted
[]
)doc";

double seconds_of(const std::variant<double, std::string>& clock) {
  const auto* const seconds = std::get_if<double>(&clock);
  return seconds ? *seconds : parse_clock("clock", std::get<std::string>(clock));
}

}  // namespace

void bind_cluster(nb::module_& m) {
  bind<PlannedJob>(m);
  bind<JobPlan>(m);
  bind<JobState>(m);
  m.def(
      "plan_jobs",
      [](const AnytimePlan& plan, const std::filesystem::path& run, double step_seconds, std::int64_t checkpoint_bytes,
         const std::string& command, const std::optional<std::filesystem::path>& config, std::string_view engine,
         const std::vector<std::string>& names, std::int64_t nodes,
         const std::optional<std::variant<double, std::string>>& clock, double commit_seconds,
         std::optional<std::int64_t> checkpoint_every, std::string_view continuation, bool serial,
         const std::string& stop_signal, const std::vector<std::string>& directives,
         const std::vector<std::string>& settings, const std::vector<std::string>& setup, const std::string& data,
         const std::string& branch_data, const std::optional<std::filesystem::path>& into) {
        JobRequest request{.run = run,
                           .engine = parse_word<JobEngine>("engine", engine),
                           .command = command,
                           .config = config.value_or(std::filesystem::path()),
                           .names = names,
                           .step_seconds = step_seconds,
                           .checkpoint_bytes = checkpoint_bytes,
                           .nodes = nodes,
                           .commit_seconds = commit_seconds,
                           .checkpoint_every = checkpoint_every,
                           .continuation = parse_word<JobContinuation>("continuation", continuation),
                           .serial = serial,
                           .stop_signal = stop_signal,
                           .directives = directives,
                           .settings = settings,
                           .setup = setup,
                           .data = data,
                           .branch_data = branch_data};
        if (clock) request.clock = seconds_of(*clock);
        return without_gil([&] { return into ? write_jobs(plan, request, *into) : plan_jobs(plan, request); });
      },
      nb::arg("plan"), nb::arg("run"), nb::kw_only(), nb::arg("step_seconds"), nb::arg("checkpoint_bytes"),
      nb::arg("command") = "", nb::arg("config") = nb::none(), nb::arg("engine") = "slurm",
      nb::arg("names") = std::vector<std::string>(), nb::arg("nodes") = 1, nb::arg("clock") = nb::none(),
      nb::arg("commit_seconds") = 120.0, nb::arg("checkpoint_every") = nb::none(), nb::arg("continuation") = "requeue",
      nb::arg("serial") = false, nb::arg("stop_signal") = "TERM", nb::arg("directives") = std::vector<std::string>(),
      nb::arg("settings") = std::vector<std::string>(), nb::arg("setup") = std::vector<std::string>(),
      nb::arg("data") = "", nb::arg("branch_data") = "", nb::arg("into") = nb::none(), plan_jobs_doc);
  m.def(
      "job_states", [](const std::filesystem::path& folder) { return without_gil([&] { return job_states(folder); }); },
      nb::arg("folder"), job_states_doc);
}

}  // namespace scheduled::python
