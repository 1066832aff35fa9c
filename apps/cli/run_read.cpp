// scheduled run status, export: looking at a run.
#include <fmt/format.h>
#include <langinfo.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "anytime/records.hpp"
#include "base/error.hpp"
#include "cli/log_options.hpp"
#include "cli/run.hpp"
#include "cli/run_records.hpp"
#include "shell/output.hpp"
#include "shell/schema.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

using State = RecordedCheckpoint::State;

/// What stands at one step of a line in the tree.
struct Entry {
  std::int64_t step = 0;
  int rank = 0;  ///< of entries at the same step
  std::string text;
  const RecordedLine* branch = nullptr;
};

std::string note_of(const RecordedCheckpoint& checkpoint) {
  const auto& external = checkpoint.external;
  std::int64_t bytes = external ? external->bytes : 0;
  for (const RecordedFile& file : checkpoint.files) bytes += external ? 0 : file.bytes;
  return fmt::format("checkpoint{}, {} bytes{}{}", external ? " at " + shell::clean(external->uri) : "", bytes,
                     checkpoint.keep ? ", to keep" : "",
                     checkpoint.state == State::live ? "" : concat({", ", word_of(checkpoint.state)}));
}

std::string reads_of(const RecordedData& data) {
  std::string text;
  const auto say = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  if (!data.text.empty()) say("data from here on: " + shell::clean(data.text));
  if (data.batch) say(fmt::format("batch {}", *data.batch));
  if (data.sequence) say(fmt::format("sequence {}", *data.sequence));
  return text;
}

std::vector<Entry> entries_of(const RunRecord& record, const RecordedLine& line) {
  std::vector<Entry> entries;
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (checkpoint.line != line.name || checkpoint.state == State::deleted) continue;
    entries.push_back({checkpoint.step, 0, note_of(checkpoint)});
  }
  const RecordedSession* before = nullptr;
  for (const RecordedSession& session : record.sessions) {
    if (session.line != line.name) continue;
    if (before != nullptr && !(before->schedule == session.schedule)) {
      entries.push_back({session.start, 1, "schedule from here on: " + print(session.schedule)});
    }
    before = &session;
  }
  for (const RecordedData& data : record.data) {
    if (data.line == line.name) entries.push_back({data.step, 2, reads_of(data)});
  }
  for (const RecordedLine& branch : record.lines) {
    if (branch.parent == line.name) entries.push_back({branch.start, 3, "", &branch});
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.step != b.step ? a.step < b.step : a.rank < b.rank; });
  return entries;
}

std::string headline(const RecordedLine& line) {
  std::string text = fmt::format("{}: ", line.name);
  if (!line.merged.empty()) {
    text += fmt::format("merge of {} checkpoints", line.merged.size());
    return line.note.empty() ? text : text + "; " + shell::clean(line.note);
  }
  if (line.finished) {
    text += fmt::format("finished at step {}", line.step);
  } else {
    text += fmt::format("at step {}{}, next LR {}", line.step, line.end ? fmt::format(" of {}", *line.end) : "",
                        rounded(line.schedule.lr(line.step)));
  }
  text += "; " + print(line.schedule);
  return line.note.empty() ? text : text + "; " + shell::clean(line.note);
}

struct Strokes {
  const char *tee, *corner, *bar;
};

/// The jobs of a line at `step`, in the order in which they were submitted; of processes without any system not what is
/// done, by itself or by others after it.
std::string jobs_text(const std::vector<JobState>& jobs, std::string_view line, std::int64_t step) {
  std::string text;
  for (const JobState& job : jobs) {
    const bool done = job.state == "COMPLETED" || job.to <= step;
    if (job.line != line || (job.system == JobSystem::process && done)) continue;
    const std::string reason = job.reason.empty() ? "" : " (" + shell::clean(job.reason) + ")";
    text += fmt::format("{}job {} to {} {}{}", text.empty() ? "; " : ", ", shell::clean(job.id), job.to,
                        shell::clean(job.state), reason);
  }
  return text;
}

std::string tree(const RunStatus& status, const RecordedLine& line, const std::string& margin, const Strokes& strokes) {
  const RunRecord& record = status.record;
  const std::vector<JobState> jobs = status.jobs.value_or(std::vector<JobState>());
  std::string text = headline(line) + jobs_text(jobs, line.name, line.step) + "\n";
  const std::vector<Entry> entries = entries_of(record, line);
  for (std::size_t k = 0; k < entries.size(); ++k) {
    const bool last = k + 1 == entries.size();
    text += margin + (last ? strokes.corner : strokes.tee) + std::to_string(entries[k].step) + "  ";
    if (entries[k].branch != nullptr) {
      text += tree(status, *entries[k].branch, margin + (last ? "    " : strokes.bar), strokes);
    } else {
      text += entries[k].text + "\n";
    }
  }
  return text;
}

struct StatusOptions {
  RunOptions run;
  std::string jobs;
  bool reached = false;
};

/// For scripts: a number in any case where the record can be read, and so far there may be none.
void print_reached(const RunOptions& options) {
  std::int64_t step = 0;
  if (!can_become_run(options.folder)) {
    const RunRecord record = options.open(RunStore::Access::read).record();
    for (const RecordedLine& line : record.lines) {
      if (line.name == options.line) step = line.step;
    }
  }
  print_text(std::to_string(step) + "\n");
}

/// The lines of a run are to be seen in any case.
std::vector<JobState> states_in(const std::filesystem::path& folder) {
  try {
    return job_states(folder);
  } catch (const StoreError& damaged) {
    shell::warn(damaged.what());
    return {};
  }
}

/// Of lines that are not on record yet.
std::string waiting_text(const RunStatus& status) {
  std::string text;
  std::vector<std::string> seen;
  for (const JobState& job : status.jobs.value_or(std::vector<JobState>())) {
    const auto& lines = status.record.lines;
    const bool there = std::any_of(lines.begin(), lines.end(), [&](const auto& line) { return line.name == job.line; });
    if (there || std::find(seen.begin(), seen.end(), job.line) != seen.end()) continue;
    seen.push_back(job.line);
    text += job.line + ": not begun" + jobs_text(*status.jobs, job.line, 0) + "\n";
  }
  return text;
}

void status(const StatusOptions& options) {
  if (options.reached) return print_reached(options.run);
  RunStatus status{options.run.open(RunStore::Access::read).record(), {}};
  const std::vector<JobState> jobs =
      states_in(options.jobs.empty() ? jobs_folder(options.run.folder) : std::filesystem::path(options.jobs));
  if (!jobs.empty()) status.jobs = jobs;
  if (options.run.json) return print_line(to_json(status));
  const bool unicode = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  const Strokes strokes = unicode ? Strokes{"├── ", "└── ", "│   "} : Strokes{"|-- ", "`-- ", "|   "};
  print_text(tree(status, status.record.line("trunk"), "", strokes) + waiting_text(status));
}

struct ExportOptions {
  RunOptions run;
  bool csv = false;
};

/// The form that `bound --log` reads, with the record beside it.
ExportedLine exported(const RunLog& log, const RunOptions& run, RunRecord record) {
  ExportedLine line{{run.folder, run.line, std::get<std::string>(log.meta.at("schedule"))}, std::move(record), {}};
  line.history.train.iter = log.step;
  for (const auto& [name, column] : log.column) {
    line.history.train.columns[name == "iter" ? "metric.iter" : name] = column;
  }
  return line;
}

void export_line(const ExportOptions& options) {
  const RunStore store = options.run.open(RunStore::Access::read);
  const RunLog log = store.log_of(options.run.line);
  warn_of(log);
  if (options.run.json) return print_line(to_json(exported(log, options.run, store.record())));
  print_csv(log);
}

}  // namespace

void add_run_status(Verb& run) {
  Verb& verb = run.verb("status", "The tree of trunk, branches and checkpoints");
  auto& options = verb.keep<StatusOptions>();
  const Option as_json = options.run.add_to(verb, false);
  const Option jobs =
      verb.add("--jobs", options.jobs, "Folder of its jobs on a cluster, to show their states; default: RUN.jobs");
  Option(jobs).type("FOLDER");
  Option reached = verb.add("--reached", options.reached,
                            "Print only the step that --line has committed; 0 where there is none yet");
  reached.excludes(as_json).excludes(jobs);
  verb.add("--line", options.run.line, "With --reached: the trunk or a branch").type("NAME").needs(reached);
  verb.help(
      "Jobs that `run plan --emit` wrote stand beside their lines: those of a Slurm as squeue or sacct know them,\n"
      "others as they noted themselves when they began and ended, with the task of SkyPilot or the process that\n"
      "they are.\n\n"
      "Example:\n  scheduled run status myrun");
  prints<RunStatus>(verb);
  verb.run([&options] { status(options); });
}

void add_run_export(Verb& run) {
  Verb& verb = run.verb("export", "The metrics of a line as a table that bound --log reads");
  auto& options = verb.keep<ExportOptions>();
  const Option as_json = options.run.add_to(verb);
  verb.add("--csv", options.csv, "Print CSV (the default)").excludes(as_json);
  verb.help(
      "A branch's table begins with the trunk's. --json has the whole record besides.\n\n"
      "Example:\n  scheduled run export myrun --line result-500 --csv");
  prints<ExportedLine>(verb);
  verb.run([&options] { export_line(options); });
}

}  // namespace scheduled::cli
