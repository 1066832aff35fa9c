// The scripts of a plan's jobs, for bash.
//
// A job is a stretch of one line up to a step, and is done when the record of the run says that its line is there:
// exit codes of training programs, which a signal may have ended, say nothing about that. So the trunk is cut where
// branches leave it, and "submitted when their checkpoint is committed" is a dependency of Slurm (afterok) on the
// stretch before. A job that is killed, or stops before its time limit, goes back into the queue under its own number,
// so that what depends on it still waits; no hook of the training program is needed, and nothing is lost where a job
// dies between its commit and a submission. Stretches of one line have one name and the dependency `singleton`: two
// plans for one run, or a plan that is submitted twice, never train a line twice at the same time.
#include <cmath>
#include <cstdio>

#include "anytime/cluster.hpp"
#include "anytime/files.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"
#include "base/shell_word.hpp"

namespace scheduled::anytime {
namespace {

/// Of Slurm: by this name jobs of a line know one another.
std::string job_name(const JobRequest& request, const PlannedJob& job) {
  const std::string run = absolute_path(request.run).string();
  const std::string number = sum_text(run).substr(0, 6);  // runs of one name in two folders
  const std::string line = request.serial ? "" : "-" + file_word(job.line);
  return file_word(std::filesystem::path(run).filename().string()) + "-" + number + line;
}

/// As sbatch reads a word of a directive, which is no shell: blanks stand in quotes, and there, too, a backslash takes
/// the next character as it is and # begins a comment.
std::string directive_word(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain_in_shell)) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '#') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string directives(const JobRequest& request, const PlannedJob& job) {
  if (request.engine != JobEngine::slurm) return {};
  std::vector<std::string> options{"--job-name=" + job_name(request, job), "--nodes=" + std::to_string(request.nodes)};
  if (request.clock) options.push_back("--time=" + clock_text(*request.clock));
  options.push_back("--signal=B:USR1@" + std::to_string(std::llround(request.commit_seconds)));
  options.emplace_back(request.continuation == JobContinuation::requeue ? "--requeue" : "--no-requeue");
  options.emplace_back("--open-mode=append");
  options.push_back("--output=logs/" + job.name + ".out");
  for (const std::string& given : request.directives) {
    const auto [name, value] = parts_of_directive(given);
    options.push_back(name + directive_word(value));
  }
  std::string text;
  for (const std::string& option : options) text += "#SBATCH " + option + "\n";
  return text;
}

std::string data_option(const std::string& data) { return data.empty() ? "" : " --data " + shell_word(data); }

/// What makes run and line where the training command does not.
std::string preparation(const AnytimePlan& plan, const JobRequest& request, const PlannedJob& job) {
  if (request.command.empty()) return "  :  # scheduled train makes what is missing\n";
  const PlannedBranch* const branch = branch_of(plan, request, job);
  if (branch == nullptr) {
    return concat({"  [ -e \"$run/record\" ] || \"$scheduled\" run init \"$run\" --trunk ",
                   shell_word(print(plan.trunk)), data_option(job.data), "\n"});
  }
  const Cooldown& cooldown = *branch->schedule.spec().cooldown;
  return concat({"  [ \"$before\" -gt 0 ] || \"$scheduled\" run branch \"$run\" \"$line\" --at ",
                 std::to_string(job.from), " --cooldown ", std::to_string(branch->cooldown), " --decay ",
                 decay_name(cooldown.decay), " --final ", shell_word(print_rate(cooldown.final)),
                 job.data == request.data ? "" : data_option(job.data), " --wait 10m\n"});
}

constexpr const char* common =
    R"sh(# What all jobs of this folder do; each of jobs/*.sh sets its values and then reads this.
#
# The job is done when the record of the run says that its line has reached its step. Else its command trains, and is
# asked to commit and stop where the time limit comes (SIGUSR1) or the job is to end (SIGTERM). What is not done then:
#   bash jobs/NAME.sh requeue  goes back into Slurm's queue, under its number
#   bash jobs/NAME.sh next     ends; another job of its name goes on
#   bash jobs/NAME.sh last     fails: nothing comes after it
#   bash jobs/NAME.sh local    begins again at once
#   bash jobs/NAME.sh task     ends with 143, and is started again; so on each node, by NeMo-Run or SkyPilot
how=${1:-local}
scheduled=${SCHEDULED:-scheduled}
say() { printf '%s %s: %s\n' "$(date '+%F %T')" "$name" "$*"; }
fail() { say "$@" >&2; ends FAILED 1; }
ends() { note "$1"; exit "$2"; }
reached() { "$scheduled" run status "$run" --line "$line" --reached; }
# Of the processes of a task the first one looks after run and line.
rank=0
[ "$how" != task ] || rank=${SLURM_PROCID:-${SKYPILOT_NODE_RANK:-0}}

# In the file `started`, for run status: by which job the line is trained, and how that ended.
case $how:${SLURM_JOB_ID:+slurm}${SKYPILOT_TASK_ID:+skypilot} in
  local:* | *:)
    began=$(cat "/proc/$$/stat" 2>/dev/null) || began=''
    began=(${began##*)})
    boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null) || boot=''
    seen=$(readlink /proc/self/ns/pid 2>/dev/null) || seen=''  # who sees one another's processes: a container has its own
    place=-
    [ -z "$boot" ] || [ -z "$seen" ] || place=$boot/$seen
    job="process $$ $(hostname 2>/dev/null || uname -n) ${began[19]:--} $place" ;;
  *:slurm*) job="slurm $SLURM_JOB_ID" ;;
  *) job="skypilot $SKYPILOT_TASK_ID" ;;
esac
note() { [ "$rank" -ne 0 ] || { printf '%s %s %s\n' "$name" "$1" "$job" >>"$jobs/started"; } 2>/dev/null || true; }

stop='' pid=''
# Children of the job: the command has a process group of its own. What is to end a job Slurm sends to all of its
# processes by itself, but not what says that its time limit is near.
signal_command() {
  [ "$stop" = clock ] || [ "$how" = local ] || { [ "$how" = task ] && [ -z "${SLURM_JOB_ID:-}" ]; } || return 0
  [ -z "$pid" ] || kill -s "$stop_signal" -- "-$pid" 2>/dev/null || true
}
clock_signal() { [ -n "$stop" ] || { stop=clock; say "the time limit is near"; signal_command; }; }
end_signal() { [ "$stop" = end ] || { stop=end; say "is to end"; }; signal_command; }

# Trains; its exit code is that of the command. wait also returns when a signal comes.
run_command() {
  set -m
  bash -c "trap : TERM INT USR1 USR2 HUP
$command" </dev/null &
  pid=$!
  set +m
  [ -z "$stop" ] || signal_command
  while kill -0 "$pid" 2>/dev/null; do wait "$pid"; done
  wait "$pid"
  local code=$?
  pid=''
  return "$code"
}

again() {
  case $how in
    requeue)
      note STOPPED
      say "back into the queue at step $now"
      scontrol requeue "$SLURM_JOB_ID" ||
        fail "this cluster does not let jobs requeue themselves; emit the plan with --continue singleton"
      sleep 120 & wait  # Slurm ends it
      exit 0 ;;
    task) say "at step $now; goes on when it is started again"; ends STOPPED 143 ;;
    next) say "at step $now; the next job of its name goes on"; ends STOPPED 0 ;;
    last) fail "at step $now of $to, and no job comes after it; submit.sh submits more" ;;
    *) exec bash "$0" local ;;
  esac
}

before=$(reached) || fail "the record of the run cannot be read"
if [ "$before" -ge "$to" ]; then say "done before, at step $before"; ends COMPLETED 0; fi
[ "$before" -ge "$from" ] || fail "$line is at step $before; the job before, to step $from, is not done"
trap clock_signal USR1
trap end_signal TERM INT
[ "$how" != task ] || trap end_signal "$stop_signal"
cd -- "$folder" || fail "no folder to work in"
if [ "$rank" -eq 0 ]; then
  prepare || fail "run or line cannot be made"
else
  waited=0
  until "$scheduled" run lr "$run" --line "$line" >/dev/null 2>&1 || [ -n "$stop" ]; do
    [ "$waited" -lt 600 ] || fail "the first process has not made run and line in ten minutes"
    waited=$((waited + 1))
    sleep 1
  done
fi
note STARTED
say "trains $line to step $to"
code=143
[ -n "$stop" ] || { run_command; code=$?; }
if [ "$rank" -ne 0 ]; then
  [ -n "$stop" ] || exit "$code"
  exit 0  # the first process may commit still
fi
now=$(reached) || fail "the record of the run cannot be read"
if [ "$now" -ge "$to" ]; then say "done, at step $now"; ends COMPLETED 0; fi
if [ "$stop" = end ]; then say "stopped at step $now of $to"; ends STOPPED 143; fi
# Stopped before the limit, by itself (0) or killed (above 128): goes on, where that leads anywhere.
if [ "$now" -gt "$before" ] && { [ -n "$stop" ] || [ "$code" -eq 0 ] || [ "$code" -gt 128 ]; }; then again; fi
[ -z "$stop" ] || fail "nothing was committed within the time limit; give more time or commit more often"
[ "$code" -ne 0 ] || fail "the command ended with 0 at step $now; it is to commit $line at step $to of $run"
fail "the command ended with exit code $code at step $now of $to"
)sh";

constexpr const char* submit_end = R"sh(
cd -- "$jobs"
command -v sbatch >/dev/null || { echo "submit.sh: there is no sbatch here: run it where jobs are submitted" >&2; exit 1; }
scheduled=${SCHEDULED:-scheduled}
command -v "$scheduled" >/dev/null ||
  { echo "submit.sh: there is no scheduled in PATH; SCHEDULED=/path/to/scheduled says where it is" >&2; exit 1; }
# Numbers of my jobs that wait or run.
queued=" $(squeue --noheader --user="$(id -un)" --format=%i | tr '\n' ' ')"
declare -A ids=()
if [ -e submitted ]; then
  while read -r name id; do
    case $queued in *" $id "*) ids[$name]=$id ;; esac
  done <submitted
fi

# submit NAME LINE STEP HOW AFTER...: HOW is requeue, or how many jobs of its name come after one another.
submit() {
  local name=$1 line=$2 to=$3 how=$4 after='' other id
  shift 4
  local reached
  reached=$("$scheduled" run status "$run" --line "$line" --reached)
  if [ "$reached" -ge "$to" ]; then echo "$name is done"; return; fi
  if [ -n "${ids[$name]:-}" ]; then echo "$name is job ${ids[$name]} already"; return; fi
  for other; do [ -z "${ids[$other]:-}" ] || after="$after:${ids[$other]}"; done
  after=${after:+afterok$after,}singleton
  local copies=1 left
  [ "$how" = requeue ] || copies=$how
  for ((left = copies; left > 0; left--)); do
    local what=next
    [ "$left" -gt 1 ] || what=last
    [ "$how" != requeue ] || what=requeue
    id=$(sbatch --parsable --dependency="$after" --kill-on-invalid-dep=yes "jobs/$name.sh" "$what")
    id=${id%%;*}
    echo "$name $id" >>submitted
    echo "$name is job $id"
  done
  ids[$name]=$id
}

)sh";

}  // namespace

std::string clock_text(double seconds) {
  const auto all = static_cast<std::int64_t>(std::ceil(std::min(seconds, 1e15)));
  std::array<char, 64> text{};
  const auto days = static_cast<long long>(all / 86400);
  const auto hours = static_cast<int>(all / 3600 % 24);
  const auto minutes = static_cast<int>(all / 60 % 60);
  const auto rest = static_cast<int>(all % 60);
  if (days > 0) {
    static_cast<void>(std::snprintf(text.data(), text.size(), "%lld-%02d:%02d:%02d", days, hours, minutes, rest));
  } else {
    static_cast<void>(std::snprintf(text.data(), text.size(), "%02d:%02d:%02d", hours, minutes, rest));
  }
  return text.data();
}

std::string job_script(const AnytimePlan& plan, const JobRequest& request, const PlannedJob& job,
                       const std::filesystem::path& folder) {
  std::string text = "#!/bin/bash\n" + directives(request, job);
  const auto set = [&](const char* name, std::string_view value) {
    text += concat({name, "=", shell_word(value), "\n"});
  };
  set("jobs", folder.string());
  set("name", job.name);
  set("run", absolute_path(request.run).string());
  set("line", job.line);
  set("from", std::to_string(job.line == "trunk" ? job.from : 0));  // a branch asks for its checkpoint
  set("to", std::to_string(job.to));
  set("folder", absolute_path(request.folder.empty() ? std::filesystem::current_path() : request.folder).string());
  set("stop_signal", request.stop_signal);
  set("command", job.command);
  text += "prepare() {\n" + preparation(plan, request, job) + "}\n";
  for (const std::string& line : request.setup) text += line + "\n";
  return text +
         "[ -f \"$jobs/job.sh\" ] || { echo \"$name: $jobs was moved; emit the plan again\" >&2; exit 1; }\n"
         ". \"$jobs/job.sh\"\n";
}

std::string common_script() { return common; }

std::string submit_script(const JobRequest& request, const JobPlan& plan, const std::filesystem::path& folder) {
  std::string text = concat(
      {"#!/bin/bash\n", "# Submits what is not done and not in the queue; may be run again at any time.\n",
       "set -euo pipefail\n", "jobs=", shell_word(folder.string()), "\n", "run=", shell_word(plan.run.string())});
  text += submit_end;
  for (const PlannedJob& job : plan.jobs) {
    const bool chain = request.continuation == JobContinuation::singleton;
    // One more than the time takes, for a job that is killed.
    text += concat({"submit ", job.name, " ", shell_word(job.line), " ", std::to_string(job.to), " ",
                    chain ? std::to_string(std::max<std::int64_t>(job.starts, 1) + 1) : "requeue"});
    for (const std::size_t other : job.after) text += " " + plan.jobs[other].name;
    text += "\n";
  }
  return text;
}

std::string local_script(const JobPlan& plan, const std::filesystem::path& folder) {
  std::string text =
      concat({"#!/bin/bash\n",
              "# Runs the jobs one after the other and stops at the first that fails; run again, it goes on.\n",
              "jobs=", shell_word(folder.string()), "\n"});
  text += R"sh(pid='' stop=''
trap 'stop=1; [ -z "$pid" ] || kill -s TERM "$pid" 2>/dev/null' TERM INT
for name in)sh";
  for (const PlannedJob& job : plan.jobs) text += " \\\n  " + job.name;
  return text + R"sh(
do
  bash "$jobs/jobs/$name.sh" local &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do wait "$pid"; done
  wait "$pid"
  code=$?
  pid=''
  [ "$code" -eq 0 ] || exit "$code"
  [ -z "$stop" ] || exit 143
done
)sh";
}

}  // namespace scheduled::anytime
