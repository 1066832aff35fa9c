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
#include "shell/output.hpp"
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

std::string tree(const RunRecord& record, const RecordedLine& line, const std::string& margin, const Strokes& strokes) {
  std::string text = headline(line) + "\n";
  const std::vector<Entry> entries = entries_of(record, line);
  for (std::size_t k = 0; k < entries.size(); ++k) {
    const bool last = k + 1 == entries.size();
    text += margin + (last ? strokes.corner : strokes.tee) + std::to_string(entries[k].step) + "  ";
    if (entries[k].branch != nullptr) {
      text += tree(record, *entries[k].branch, margin + (last ? "    " : strokes.bar), strokes);
    } else {
      text += entries[k].text + "\n";
    }
  }
  return text;
}

void status(const RunOptions& options) {
  const RunRecord record = options.open(RunStore::Access::read).record();
  if (options.json) return print_line(to_json(record));
  const bool unicode = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  const Strokes strokes = unicode ? Strokes{"├── ", "└── ", "│   "} : Strokes{"|-- ", "`-- ", "|   "};
  print_text(tree(record, record.line("trunk"), "", strokes));
}

struct ExportOptions {
  RunOptions run;
  bool csv = false;
};

/// The form that `bound --log` reads, with the record beside it.
Json history_json(const RunLog& log) {
  Json train;
  train["iter"] = log.step;
  for (const auto& [name, column] : log.column) {
    Json& values = train[name == "iter" ? "metric.iter" : name];
    values = Json::array();
    for (const double value : column) values.push_back(std::isnan(value) ? Json() : Json(value));
  }
  return Json::object({{"train", std::move(train)}});
}

void export_line(const ExportOptions& options) {
  const RunStore store = options.run.open(RunStore::Access::read);
  const RunLog log = store.log_of(options.run.line);
  warn_of(log);
  if (options.run.json) {
    Json json;
    json["config"] = Json::object({{"run", options.run.folder}, {"line", options.run.line}});
    json["config"]["schedule"] = std::get<std::string>(log.meta.at("schedule"));
    json["record"] = to_json(store.record());
    json["history"] = history_json(log);
    return print_line(json);
  }
  print_csv(log);
}

}  // namespace

void add_run_status(Verb& run) {
  Verb& verb = run.verb("status", "The tree of trunk, branches and checkpoints");
  auto& options = verb.keep<RunOptions>();
  options.add_to(verb, false);
  verb.help("Example:\n  scheduled run status myrun");
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
  verb.run([&options] { export_line(options); });
}

}  // namespace scheduled::cli
