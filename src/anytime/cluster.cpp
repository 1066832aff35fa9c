// A plan as jobs: which stretch of which line each of them trains, after which others, and what that costs.
#include "anytime/cluster.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "anytime/state.hpp"
#include "anytime/text.hpp"
#include "base/error.hpp"
#include "base/missing.hpp"
#include "base/shell_word.hpp"
#include "base/text.hpp"
#include "scheduled/merge.hpp"

namespace scheduled {
namespace fs = std::filesystem;

namespace {

constexpr double longest_warning = 65535.0;  // seconds of sbatch --signal

void check_numbers(const JobRequest& request) {
  const auto positive = [](const char* name, double value, const char* what) {
    if (value == 0.0) fail_argument(name, concat({"is missing; ", what}));
    if (!std::isfinite(value) || value < 0.0) fail_value(name, value, "must be finite and > 0");
  };
  positive("step_seconds", request.step_seconds, "costs need the seconds that an update takes, such as 2.5");
  if (request.checkpoint_bytes == 0) {
    fail_argument("checkpoint_bytes", "is missing; the disk that the plan takes needs the bytes of one checkpoint");
  }
  const auto at_least_1 = [](const char* name, std::int64_t value) {
    if (value < 1) fail_value(name, std::to_string(value), "must be at least 1");
  };
  at_least_1("checkpoint_bytes", request.checkpoint_bytes);
  at_least_1("nodes", request.nodes);
  if (request.checkpoint_every) at_least_1("checkpoint_every", *request.checkpoint_every);
  if (!std::isfinite(request.commit_seconds) || request.commit_seconds < 0.0 ||
      request.commit_seconds > longest_warning) {
    fail_value("commit_seconds", request.commit_seconds, "must be between 0 and 65535");
  }
  if (request.clock && !(std::isfinite(*request.clock) && *request.clock > 0.0)) {
    fail_value("clock", *request.clock, "must be finite and > 0");
  }
}

void check_directive(const JobRequest& request, std::size_t k) {
  const std::string& text = request.directives[k];
  const auto refuse = [&](const char* why) { fail_entry("directives", k, concat({"'", text, "'"}), why); };
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= ' ' && c != 0x7F; });
  const auto [name, value] = anytime::parts_of_directive(text);
  const std::string_view word = std::string_view(name).substr(0, name.find_first_of(" ="));
  const bool named = word.size() > 1 && word.front() == '-' && word != "--" &&
                     std::all_of(word.begin(), word.end(), is_plain_in_shell);
  if (!plain || !named) refuse("must be an option of sbatch on one line: --partition=gpu");
  if (name.back() == ' ' && value.front() == '=') refuse("must have no blank before its =: --exclude=n1");
  for (std::size_t at = value.find(" -"); at != std::string::npos; at = value.find(" -", at + 1)) {
    const char next = at + 2 < value.size() ? value[at + 2] : ' ';
    if (next != ' ' && !(next >= '0' && next <= '9')) refuse("must be one option; give each of several by itself");
  }
}

/// Texts that end up in scripts.
void check_texts(const JobRequest& request) {
  if (request.run.empty()) fail_argument("run", "is missing; the folder of the run, which the first job makes");
  if (request.command.empty() && request.config.empty()) {
    fail_argument("config", "is missing: the configuration for scheduled train; or give the command that trains");
  }
  if (!request.command.empty()) anytime::check_command(request.command);
  static const std::set<std::string> signals{"TERM", "INT", "USR1", "USR2", "HUP"};
  if (!signals.contains(request.stop_signal)) {
    fail_value("stop_signal", request.stop_signal, "must be TERM, INT, USR1, USR2 or HUP");
  }
  for (std::size_t k = 0; k < request.directives.size(); ++k) check_directive(request, k);
  if (request.command.empty() && !(request.data.empty() && request.branch_data.empty())) {
    fail_argument("data", "must not be given for scheduled train, which reads what its configuration names");
  }
}

std::vector<std::string> names_of(const AnytimePlan& plan, const JobRequest& request) {
  std::vector<std::string> names = request.names;
  if (names.empty()) {
    for (const PlannedBranch& branch : plan.branches) names.push_back("result-" + std::to_string(branch.result));
  }
  if (names.size() != plan.branches.size()) {
    fail_value("names", std::to_string(names.size()),
               concat({"must be one for each of the ", std::to_string(plan.branches.size()), " results"}));
  }
  std::set<std::string> seen;
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (names[k] == "trunk" || !seen.insert(names[k]).second)
      fail_entry("names", k, names[k], "is the name of another line");
    anytime::require_line_name(names[k]);
  }
  return names;
}

/// The jobs: the trunk up to each step where branches leave, and after it these.
class Stretches {
 public:
  Stretches(const AnytimePlan& plan, const JobRequest& request) : plan_(plan), request_(request) {}

  std::vector<PlannedJob> jobs() {
    const std::vector<std::string> names = names_of(plan_, request_);
    std::set<std::int64_t> starts;
    for (const PlannedBranch& branch : plan_.branches) starts.insert(branch.start);
    std::int64_t from = 0;
    std::optional<std::size_t> trunk;
    for (const std::int64_t start : starts) {
      std::vector<std::size_t> after;
      if (trunk) after = {*trunk};
      trunk = add("trunk", from, start, after);
      for (std::size_t k = 0; k < names.size(); ++k) {
        const PlannedBranch& branch = plan_.branches[k];
        if (branch.start == start) add(names[k], start, branch.result, {*trunk});
      }
      from = start;
    }
    return std::move(jobs_);
  }

 private:
  std::size_t add(const std::string& line, std::int64_t from, std::int64_t to, std::vector<std::size_t> after) {
    PlannedJob job{.name = {}, .line = line, .from = from, .to = to, .reached = 0, .after = std::move(after)};
    if (request_.serial && !jobs_.empty()) job.after = {jobs_.size() - 1};
    job.data = line != "trunk" && !request_.branch_data.empty() ? request_.branch_data : request_.data;
    const std::string number = std::to_string(jobs_.size() + 1);
    job.name = concat({number.size() < 2 ? "0" : "", number, "-", anytime::file_word(line), "-", std::to_string(to)});
    jobs_.push_back(std::move(job));
    return jobs_.size() - 1;
  }

  const AnytimePlan& plan_;
  const JobRequest& request_;
  std::vector<PlannedJob> jobs_;
};

bool has_checkpoint(const RunRecord& record, std::string_view line, std::int64_t step) {
  return std::any_of(record.checkpoints.begin(), record.checkpoints.end(), [&](const RecordedCheckpoint& checkpoint) {
    return checkpoint.line == line && checkpoint.step == step && checkpoint.state == RecordedCheckpoint::State::live;
  });
}

/// Sets what the trunk has done. Throws where it is not the plan's.
void reach_trunk(const AnytimePlan& plan, const JobRequest& request, const RunRecord& record, PlannedJob& job) {
  const RecordedLine& trunk = record.line("trunk");
  if (!(trunk.schedule == plan.trunk)) {
    fail_value("trunk", print(plan.trunk),
               concat({"the trunk of ", request.run.string(), " has ", print(trunk.schedule), "; plan with that"}));
  }
  job.reached = std::min(trunk.step, job.to);
}

/// Sets what a branch has done. Throws where a line of its name is another one, or it cannot begin any more.
void reach_branch(const AnytimePlan& plan, const JobRequest& request, const RunRecord& record, PlannedJob& job) {
  const PlannedBranch& branch = *anytime::branch_of(plan, request, job);
  const RecordedLine& trunk = record.line("trunk");
  job.reached = std::min(job.from, trunk.step);
  const auto line = std::find_if(record.lines.begin(), record.lines.end(),
                                 [&](const RecordedLine& candidate) { return candidate.name == job.line; });
  if (line == record.lines.end()) {
    if (trunk.step <= job.from || has_checkpoint(record, "trunk", job.from)) return;
    fail_value("results", std::to_string(branch.result),
               concat({"its branch leaves the trunk at step ", std::to_string(job.from), "; the trunk of ",
                       request.run.string(), " is at step ", std::to_string(trunk.step),
                       " already and has no checkpoint there; choose a cooldown that leaves it at one of its "
                       "checkpoints, or after step ",
                       std::to_string(trunk.step)}));
  }
  if (line->parent != "trunk" || line->start != job.from || !(line->schedule == branch.schedule)) {
    fail_value("names", job.line,
               concat({"is another line of ", request.run.string(), ", from step ", std::to_string(line->start),
                       " with ", print(line->schedule), "; give the branch another name"}));
  }
  job.reached = std::max(line->step, job.from);
}

/// What the run has done, where there is one. Returns how many checkpoints it holds.
std::int64_t reach(const AnytimePlan& plan, const JobRequest& request, std::vector<PlannedJob>& jobs) {
  if (!is_run_folder(request.run)) {
    const fs::path parent = anytime::absolute_path(request.run).parent_path();
    std::error_code error;
    if (!fs::is_directory(parent, error)) fail_missing("run", parent.string(), "no such folder");
    if (!can_become_run(request.run)) {
      fail_value("run", request.run.string(), "must be a run, or missing or empty: the first job makes one of it");
    }
    return 0;
  }
  const RunRecord record = RunStore::open(request.run, RunStore::Access::read).record();
  for (PlannedJob& job : jobs) {
    job.line == "trunk" ? reach_trunk(plan, request, record, job) : reach_branch(plan, request, record, job);
  }
  return std::count_if(record.checkpoints.begin(), record.checkpoints.end(), [](const RecordedCheckpoint& checkpoint) {
    return checkpoint.state != RecordedCheckpoint::State::deleted;
  });
}

/// Updates that are left.
std::int64_t left_of(const PlannedJob& job) { return job.to - std::max(job.from, job.reached); }

void check_clock(const JobRequest& request, const PlannedJob& job) {
  const std::optional<double> start = anytime::seconds_of_start(request);
  if (!start || job.seconds <= *start) return;
  const std::string limit = anytime::clock_text(*request.clock);
  const std::string work =
      concat({"a job of ", limit, " trains for ", anytime::clock_text(std::max(*start, 0.0)), ", as it is to commit ",
              format_number(request.commit_seconds), " s before its end"});
  if (!request.checkpoint_every) {
    fail_argument("checkpoint_every",
                  concat({"is missing: ", work, "; ", job.name, " takes ", anytime::clock_text(job.seconds),
                          ", so say after how many updates checkpoints are committed"}));
  }
  const double interval = static_cast<double>(*request.checkpoint_every) * request.step_seconds;
  if (interval <= *start) return;
  const auto steps = static_cast<std::int64_t>(std::max(*start, 0.0) / request.step_seconds);
  fail_value(
      "clock", limit,
      concat({work, ": ", std::to_string(steps), " updates; checkpoints are ",
              std::to_string(*request.checkpoint_every), " updates apart, so a job that is killed would begin ",
              "again and again; give a limit above ", anytime::clock_text(std::ceil(interval + request.commit_seconds)),
              steps >= 1 ? concat({", or commit every ", std::to_string(steps), " updates or more often"}) : ""}));
}

/// What each job costs, and all of them.
void cost(const JobRequest& request, JobPlan& plan) {
  std::vector<double> end(plan.jobs.size());
  std::vector<std::size_t> before(plan.jobs.size(), plan.jobs.size());
  for (std::size_t k = 0; k < plan.jobs.size(); ++k) {
    PlannedJob& job = plan.jobs[k];
    job.seconds = static_cast<double>(left_of(job)) * request.step_seconds;
    job.node_hours = job.seconds * static_cast<double>(request.nodes) / 3600.0;
    check_clock(request, job);
    const double start = anytime::seconds_of_start(request).value_or(job.seconds);
    job.starts = left_of(job) == 0 ? 0 : static_cast<std::int64_t>(std::max(1.0, std::ceil(job.seconds / start)));
    plan.node_hours += job.node_hours;
    for (const std::size_t other : job.after) {
      if (before[k] != plan.jobs.size() && end[other] <= end[before[k]]) continue;
      before[k] = other;
    }
    end[k] = job.seconds + (before[k] == plan.jobs.size() ? 0.0 : end[before[k]]);
  }
  const auto last = static_cast<std::size_t>(std::max_element(end.begin(), end.end()) - end.begin());
  plan.wall_seconds = end[last];
  for (std::size_t k = last; k < plan.jobs.size(); k = before[k]) plan.critical.insert(plan.critical.begin(), k);
}

std::int64_t bytes_of(const JobRequest& request, std::int64_t checkpoints) {
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(checkpoints, request.checkpoint_bytes, &bytes)) {
    fail_value("checkpoint_bytes", std::to_string(request.checkpoint_bytes),
               concat({"times ", std::to_string(checkpoints), " must fit 2^63"}));
  }
  return bytes;
}

void count_disk(const AnytimePlan& plan, const JobRequest& request, std::int64_t there, JobPlan& jobs) {
  jobs.checkpoints = there;
  for (const PlannedJob& job : jobs.jobs) {
    const std::int64_t begin = job.to - left_of(job);
    if (begin == job.to) continue;
    const std::int64_t every = request.checkpoint_every.value_or(job.to);
    jobs.checkpoints += (job.to - 1) / every - begin / every + 1;  // multiples in (begin, to), and `to`
  }
  jobs.peak_bytes = bytes_of(request, jobs.checkpoints);
  KeepRequest keep;
  for (const PlannedBranch& branch : plan.branches) {
    keep.branches.push_back(branch.start);
    keep.ends.push_back(branch.result);
  }
  jobs.needed = std::min(plan_checkpoints(keep).most, jobs.checkpoints);
  jobs.needed_bytes = bytes_of(request, jobs.needed);
}

}  // namespace

std::optional<double> anytime::seconds_of_start(const JobRequest& request) {
  if (!request.clock) return std::nullopt;
  return *request.clock - request.commit_seconds;
}

anytime::DirectiveParts anytime::parts_of_directive(std::string_view given) {
  const std::string_view text = trimmed(given);
  const std::size_t end = text.starts_with("--") ? text.find_first_of(" =") : 2;
  if (end >= text.size()) return {std::string(text), ""};
  const std::string_view rest = text.substr(end);
  if (rest.front() == ' ') return {concat({text.substr(0, end), " "}), std::string(trimmed(rest))};
  const std::size_t equals = text.starts_with("--") ? 1 : 0;
  return {std::string(text.substr(0, end + equals)), std::string(rest.substr(equals))};
}

const PlannedBranch* anytime::branch_of(const AnytimePlan& plan, const JobRequest& request, const PlannedJob& job) {
  if (job.line == "trunk") return nullptr;
  const std::vector<std::string> names = names_of(plan, request);
  const auto at = std::find(names.begin(), names.end(), job.line);
  return &plan.branches[static_cast<std::size_t>(at - names.begin())];
}

std::string_view launcher_name(JobEngine engine) {
  constexpr std::array<std::string_view, 4> names{"submit.sh", "run.sh", "experiment.py", "pipeline.yaml"};
  return names.at(static_cast<std::size_t>(engine));
}

fs::path jobs_folder(const fs::path& run) {
  fs::path folder = anytime::absolute_path(run);
  folder += ".jobs";
  return folder;
}

JobPlan plan_jobs(const AnytimePlan& plan, const JobRequest& given) {
  JobRequest request = given;
  request.serial = anytime::is_serial(request);
  check_texts(request);
  check_numbers(request);
  anytime::check_engine(request);
  JobPlan out;
  out.run = anytime::absolute_path(request.run);
  out.jobs = Stretches(plan, request).jobs();
  const std::int64_t there = reach(plan, request, out.jobs);
  cost(request, out);
  count_disk(plan, request, there, out);
  for (PlannedJob& job : out.jobs) job.command = anytime::command_of(plan, request, job);
  return out;
}

}  // namespace scheduled
