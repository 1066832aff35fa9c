// scheduled run init, lr, commit, resume, log: what a training program calls.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "cli/bound_records.hpp"
#include "cli/log_options.hpp"
#include "cli/run.hpp"
#include "cli/run_records.hpp"
#include "shell/arguments.hpp"
#include "shell/file.hpp"
#include "shell/output.hpp"
#include "shell/process.hpp"
#include "shell/schema.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

struct InitOptions {
  RunOptions run;
  SaidSchedule trunk;
  std::string code;
  ReadsOptions reads;
};

void init(const InitOptions& options) {
  require_peak("trunk", options.trunk, "give the learning rate of the run, peak=LR");
  StoreOptions settings = options.run.store_options();
  settings.code_version = options.code;
  settings.data = options.reads.data;
  settings.batch = options.reads.batch;
  settings.sequence = options.reads.sequence;
  const RunStore store = RunStore::init(options.run.folder, options.trunk.schedule, settings);
  const RunRecord record = store.record();
  if (options.run.json) return print_line(to_json(record.line("trunk")));
  print_text(fmt::format("{}: trunk {}\n", options.run.folder, print(record.line("trunk").schedule)));
}

struct LrOptions {
  RunOptions run;
  std::optional<std::int64_t> step, count;
  bool csv = false;
};

void print_rates(const LrOptions& options) {
  require_count("count", options.count);
  const RunStore store = options.run.open(RunStore::Access::read);
  const std::int64_t first = options.step ? *options.step : store.record().line(options.run.line).step;
  const std::int64_t count = options.count.value_or(1);
  Rates rates;
  for (std::int64_t step = first; step < first + count; ++step) {
    rates.step.push_back(step);
    rates.lr.push_back(store.lr(options.run.line, step));
  }
  if (options.run.json) return print_line(to_json(rates));
  if (options.csv) return print_series(rates);
  std::string text;
  for (const double lr : rates.lr) text += format_number(lr) + "\n";
  print_text(text);
}

struct CommitOptions {
  RunOptions run;
  std::int64_t step = 0;
  std::string data_position, rng_state, code;
  std::vector<std::string> files;
  std::optional<std::int64_t> session;
  bool keep = false;
  bool link = false;
  std::string external, marker, listing;
};

std::string counted(std::int64_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// ", 2 of them linked": what did not take the space of a copy.
std::string placed_text(const RecordedCheckpoint& checkpoint) {
  std::string text;
  for (const FilePlaced placed : {FilePlaced::cloned, FilePlaced::linked}) {
    const auto count = std::count_if(checkpoint.files.begin(), checkpoint.files.end(),
                                     [&](const RecordedFile& file) { return file.placed == placed; });
    if (count > 0) text += fmt::format(", {} {}", count, word_of(placed));
  }
  return text;
}

void say_external(const CommitOptions& options, const RecordedCheckpoint& checkpoint) {
  const RecordedExternal& external = *checkpoint.external;
  print_text(fmt::format("{} at step {}: {}, {} bytes, at {} ({}); what they are is in {}/{}\n", checkpoint.line,
                         checkpoint.step, counted(external.files, "file"), external.bytes,
                         shell::clean(options.external), word_of(external.kind), options.run.folder,
                         checkpoint.folder));
}

RecordedCheckpoint commit_external(RunStore& store, const CommitRequest& request, const CommitOptions& options) {
  ExternalRequest external{.uri = options.external, .marker = options.marker};
  if (!options.listing.empty()) external.listing = read_text(options.listing);
  return store.commit_external(request, external);
}

void commit(const CommitOptions& options) {
  if (options.files.empty() == options.external.empty()) {
    fail_argument("commit", "give either the FILEs of the checkpoint, or --external with where it is");
  }
  RunStore store = options.run.open(RunStore::Access::write);
  const std::vector<std::filesystem::path> files(options.files.begin(), options.files.end());
  const CommitRequest request{.line = options.run.line,
                              .step = options.step,
                              .data_position = options.data_position,
                              .rng_state = options.rng_state,
                              .code_version = options.code,
                              .keep = options.keep,
                              .session = options.session,
                              .link = options.link};
  const RecordedCheckpoint checkpoint =
      options.external.empty() ? store.commit(request, files) : commit_external(store, request, options);
  if (options.run.json) return print_line(to_json(checkpoint));
  if (checkpoint.external) return say_external(options, checkpoint);
  std::int64_t bytes = 0;
  for (const RecordedFile& file : checkpoint.files) bytes += file.bytes;
  print_text(fmt::format("{} at step {}: {}, {} bytes{}, {}/{}\n", checkpoint.line, checkpoint.step,
                         counted(static_cast<std::int64_t>(checkpoint.files.size()), "file"), bytes,
                         placed_text(checkpoint), options.run.folder, checkpoint.folder));
}

struct ResumeOptions {
  RunOptions run;
  std::optional<SaidSchedule> schedule;
  std::string decayed_from, code;
  ReadsOptions reads;
  std::optional<std::int64_t> step;
  bool override_schedule = false;
  bool dry_run = false;
};

std::string text_of(const Resume& resume, const RunOptions& run) {
  // Below the run's folder as it was given; the library's path is absolute.
  std::string folder = resume.checkpoint ? run.folder + "/" + resume.checkpoint->folder : "nothing, it starts";
  if (resume.checkpoint && resume.checkpoint->external) folder = shell::clean(resume.checkpoint->external->uri);
  std::string text = fmt::format("{} goes on at step {}\n  load          {}\n  next LR       {}\n  schedule      {}\n",
                                 run.line, resume.step, folder, format_number(resume.lr), print(resume.schedule));
  if (resume.lr_before != resume.lr) {
    text += fmt::format("  before        {}, a jump by {:.4g}\n", format_number(resume.lr_before),
                        resume.lr / resume.lr_before);
  }
  if (resume.checkpoint && !resume.checkpoint->data_position.empty()) {
    text += fmt::format("  data position {}\n", shell::clean(resume.checkpoint->data_position));
  }
  return text + fmt::format("  session       {}\n", resume.session);
}

void resume(const ResumeOptions& options) {
  RunStore store = options.run.open(options.dry_run ? RunStore::Access::read : RunStore::Access::write);
  ResumeRequest request{.line = options.run.line,
                        .override_schedule = options.override_schedule,
                        .step = options.step,
                        .decayed_from = options.decayed_from,
                        .code_version = options.code,
                        .dry_run = options.dry_run,
                        .data = options.reads.data,
                        .batch = options.reads.batch,
                        .sequence = options.reads.sequence};
  if (options.schedule) request.schedule = options.schedule->schedule;
  const Resume resume = store.resume(request);
  for (const std::string& damage : resume.damaged) warn(damage + "; the one before is used");
  if (options.run.json) return print_line(to_json(resume));
  print_text(text_of(resume, options.run));
}

struct NamedValue {
  std::string name;
  double value = 0.0;
};

struct RunLogOptions {
  RunOptions run;
  std::optional<std::int64_t> step;
  std::string from;
  std::vector<NamedValue> values;
  std::optional<std::int64_t> session;
};

/// The rows of a log in any form that `bound --log` reads.
std::vector<Metric> metrics_of(const RunLog& log) {
  std::vector<Metric> metrics;
  for (const auto& [name, column] : log.column) {
    for (std::size_t k = 0; k < log.rows(); ++k) {
      if (column[k] == column[k]) metrics.push_back({log.step[k], name, column[k]});
    }
  }
  return metrics;
}

void log(const RunLogOptions& options) {
  if (options.from.empty() == options.values.empty()) {
    fail_argument("log", "give either --step N with NAME=VALUE ..., or --from FILE");
  }
  RunLog rows;
  std::vector<Metric> metrics;
  if (options.from.empty()) {
    if (!options.step) fail_argument("step", "is missing; NAME=VALUE needs --step N");
    for (const auto& [name, value] : options.values) metrics.push_back({*options.step, name, value});
  } else {
    rows = parse_log(source_name(options.from), read_text(options.from));
    warn_of(rows);
    metrics = metrics_of(rows);
  }
  RunStore store = options.run.open(RunStore::Access::write);
  const std::string warning = store.log(options.run.line, metrics, options.session);
  store.flush();
  if (!warning.empty()) warn(warning);
  if (options.run.json) print_line(to_json(LoggedMetrics{options.run.line, metrics.size()}));
}

}  // namespace
}  // namespace scheduled::cli

namespace scheduled::shell {

template <>
struct Argument<cli::NamedValue> {
  static cli::NamedValue read(std::string_view, std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) fail_argument(text, "must be NAME=VALUE");
    const std::string_view name = text.substr(0, equals);
    return {std::string(name), Argument<double>::read(name, text.substr(equals + 1))};
  }
};

}  // namespace scheduled::shell

namespace scheduled::cli {

void add_run_init(Verb& run) {
  Verb& verb = run.verb("init", "Make a run in a new folder");
  auto& options = verb.keep<InitOptions>();
  options.run.add_to(verb, false);
  verb.add("--trunk", options.trunk, "Schedule; without a horizon, so that branches can leave it, or a plain run's")
      .type("SPEC")
      .suggest(suggest_schedules)
      .required();
  verb.add("--code", options.code, "Version of the training program, for the record").type("TEXT");
  options.reads.add_to(verb, "the trunk reads");
  options.run.add_lease_to(verb);
  verb.help("Example:\n  scheduled run init myrun --trunk \"rsqrt(warmup=100, peak=1e-3)\" --data books");
  prints<RecordedLine>(verb);
  verb.run([&options] { init(options); });
}

void add_run_lr(Verb& run) {
  Verb& verb = run.verb("lr", "The learning rate of an update, as recorded");
  auto& options = verb.keep<LrOptions>();
  const Option as_json = options.run.add_to(verb);
  verb.add("--step", options.step, "0-based update; default: the next after the last checkpoint").type("N");
  verb.add("--count", options.count, "So many from there on, one per line").type("N");
  verb.add("--csv", options.csv, "Print CSV").excludes(as_json);
  verb.help("Example:\n  scheduled run lr myrun --step 400 --count 3");
  prints<Rates>(verb);
  verb.run([&options] { print_rates(options); });
}

void add_run_commit(Verb& run) {
  Verb& verb = run.verb("commit", "Copy files into the run as a checkpoint, or record one that is elsewhere");
  auto& options = verb.keep<CommitOptions>();
  options.run.add_to(verb);
  verb.add_each("FILE", options.files, "Files, and folders for what is in them");
  verb.add("--step", options.step, "Updates finished in all, e.g. 40k").type("N").required();
  verb.add("--data-position", options.data_position, "Where the data stream is").type("TEXT");
  verb.add("--rng-state", options.rng_state, "State of the random numbers").type("TEXT");
  verb.add("--code", options.code, "Version of the training program").type("TEXT");
  verb.add("--keep", options.keep, "A branch is to start here: gc keeps it until one has finished");
  verb.add("--session", options.session, "Refuse where the line was resumed after this session").type("ID");
  options.run.add_wait_to(verb);
  verb.add("--link", options.link,
           "FILEs on the run's file system become hard links: they must not be written in place afterwards");
  const Option external =
      verb.add("--external", options.external,
               "Instead of FILEs: record the checkpoint that another system wrote there, and leave it there")
          .type("URI");
  verb.add("--marker", options.marker,
           "Of --external: the file that is written last; default: that of DCP, orbax or an index")
      .type("NAME")
      .needs(external);
  verb.add("--listing", options.listing,
           "Of --external with SCHEME://: its files, as the tool of the store lists them; - is standard input")
      .type("FILE")
      .needs(external);
  verb.help(
      "When the command returns, the checkpoint survives a crash; before, it does not exist. Copies share their "
      "blocks\n"
      "with the files where the file system can; the output says which do, and which are linked.\n"
      "Of --external names, sizes and the checksum of the marker are recorded: .metadata of "
      "torch.distributed.checkpoint,\n"
      "commit_success.txt, orbax.checkpoint or _CHECKPOINT_METADATA of orbax, *.index.json of safetensors. verify and\n"
      "resume compare these where they can be reached; gc never touches what is there.\n\n"
      "Examples:\n  scheduled run commit myrun --step 400 model.bin --data-position \"shard 7\" --keep\n"
      "  scheduled run commit far --step 400 --external dcp/step-400\n"
      "  scheduled run commit far --step 800 --external s3://bucket/step-800 --listing listing.txt");
  prints<RecordedCheckpoint>(verb);
  verb.run([&options] { commit(options); });
}

void add_run_resume(Verb& run) {
  Verb& verb = run.verb("resume", "Where to go on: the last sound checkpoint and the next LR");
  auto& options = verb.keep<ResumeOptions>();
  options.run.add_to(verb);
  verb.add("--schedule", options.schedule, "What the trainer is about to use; must be the recorded one")
      .type("SPEC")
      .suggest(suggest_schedules);
  verb.add("--override", options.override_schedule, "Record --schedule from here on");
  verb.add("--step", options.step, "This checkpoint; what came after it is superseded").type("N");
  verb.add("--decayed-from", options.decayed_from, "The trunk goes on from the cooled-down end of this branch (wsd-s)")
      .type("NAME");
  options.reads.add_to(verb, "the line reads from here on");
  verb.add("--code", options.code, "Version of the training program").type("TEXT");
  verb.add("--dry-run", options.dry_run, "Only say it");
  options.run.add_wait_to(verb);
  verb.help(
      "The checkpoint's checksums are verified; a damaged one is reported and the one before is used.\n\n"
      "Example:\n  scheduled run resume myrun --schedule \"rsqrt(warmup=100, peak=1e-3)\"");
  prints<Resume>(verb);
  verb.run([&options] { resume(options); });
}

void add_run_log(Verb& run) {
  Verb& verb = run.verb("log", "Record metrics");
  auto& options = verb.keep<RunLogOptions>();
  options.run.add_to(verb);
  verb.add_each("NAME=VALUE", options.values, "Metrics after that step, e.g. train_loss=3.1");
  verb.add("--step", options.step, "Finished updates").type("N");
  verb.add("--from", options.from, "A log with many rows, in any form that bound --log reads; - is standard input")
      .type("FILE");
  verb.add("--session", options.session, "Refuse where the line was resumed after this session").type("ID");
  options.run.add_wait_to(verb);
  verb.help("Example:\n  scheduled run log myrun --step 400 train_loss=3.25 val_loss=3.31");
  prints<LoggedMetrics>(verb);
  verb.run([&options] { log(options); });
}

}  // namespace scheduled::cli
