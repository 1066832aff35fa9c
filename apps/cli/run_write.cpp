// scheduled run init, lr, commit, branch, resume, log: what a training program calls.
#include <fmt/format.h>

#include <memory>
#include <stdexcept>

#include "cli/arguments.hpp"
#include "cli/run.hpp"
#include "scheduled/error.hpp"

namespace scheduled::cli {
namespace {

std::int64_t read_step(const std::string& text) { return read_steps("step", text).value_or(0); }

struct InitOptions {
  RunOptions run;
  std::string trunk, code, data;
};

void init(const InitOptions& options) {
  const Schedule trunk = Schedule::parse(options.trunk);
  if (!Schedule::says_peak(options.trunk)) {
    fail("trunk = " + options.trunk + ": has no peak; give the learning rate of the run, peak=LR");
  }
  const RunStore store =
      RunStore::init(options.run.folder, trunk, {.code_version = options.code, .data = options.data});
  const RunRecord record = store.record();
  if (options.run.json) return print_line(to_json(record.line("trunk")));
  print_text(fmt::format("{}: trunk {}\n", options.run.folder, print(record.line("trunk").schedule)));
}

struct LrOptions {
  RunOptions run;
  std::string step, count;
  bool csv = false;
};

void print_rates(const LrOptions& options) {
  const RunStore store = options.run.open(RunStore::Access::read);
  const std::int64_t first =
      options.step.empty() ? store.record().line(options.run.line).step : read_step(options.step);
  const std::int64_t count = options.count.empty() ? 1 : read_steps("count", options.count).value_or(1);
  if (count < 1) throw std::invalid_argument("count = 0: must be >= 1");
  Json json;
  Output output;
  if (options.csv) output.write("step,lr\n");
  for (std::int64_t step = first; step < first + count; ++step) {
    const double lr = store.lr(options.run.line, step);
    if (options.run.json) {
      json["step"].push_back(step);
      json["lr"].push_back(lr);
    } else {
      output.write((options.csv ? std::to_string(step) + "," : "") + format_number(lr) + "\n");
    }
  }
  if (options.run.json) return print_line(json);
  output.flush();
}

struct CommitOptions {
  RunOptions run;
  std::string step, data_position, rng_state, code;
  std::vector<std::string> files;
  std::optional<std::int64_t> session;
  bool keep = false;
};

void commit(const CommitOptions& options) {
  RunStore store = options.run.open(RunStore::Access::write);
  const std::vector<std::filesystem::path> files(options.files.begin(), options.files.end());
  const RecordedCheckpoint checkpoint = store.commit({.line = options.run.line,
                                                      .step = read_step(options.step),
                                                      .data_position = options.data_position,
                                                      .rng_state = options.rng_state,
                                                      .code_version = options.code,
                                                      .keep = options.keep,
                                                      .session = options.session},
                                                     files);
  if (options.run.json) return print_line(to_json(checkpoint));
  std::int64_t bytes = 0;
  for (const RecordedFile& file : checkpoint.files) bytes += file.bytes;
  print_text(fmt::format("{} at step {}: {} file{}, {} bytes, {}/{}\n", checkpoint.line, checkpoint.step,
                         checkpoint.files.size(), checkpoint.files.size() == 1 ? "" : "s", bytes, options.run.folder,
                         checkpoint.folder));
}

struct BranchOptions {
  RunOptions run;
  std::string name, at, code;
  CooldownOptions cooldown;
};

void branch(const BranchOptions& options) {
  const Cooldown cooldown = options.cooldown.read();
  RunStore store = options.run.open(RunStore::Access::write);
  const RecordedLine line = store.branch(options.name, read_steps("at", options.at), cooldown, options.code);
  if (options.run.json) return print_line(to_json(line));
  print_text(fmt::format("{} leaves the trunk at step {} and ends at {}: {}\n", line.name, line.start, *line.end,
                         print(line.schedule)));
}

struct ResumeOptions {
  RunOptions run;
  std::string schedule, step, decayed_from, data, code;
  bool override_schedule = false;
  bool dry_run = false;
};

Json json_of(const Resume& resume, const std::string& line) {
  Json json;
  json["line"] = line;
  json["step"] = resume.step;
  json["lr"] = resume.lr;
  json["lr_before"] = resume.lr_before;
  json["spec"] = print(resume.schedule);
  json["session"] = resume.session;
  json["folder"] = resume.folder.empty() ? Json() : Json(resume.folder.string());
  json["checkpoint"] = resume.checkpoint ? to_json(*resume.checkpoint) : Json();
  json["damaged"] = resume.damaged;
  return json;
}

std::string text_of(const Resume& resume, const std::string& line) {
  std::string text =
      fmt::format("{} goes on at step {}\n  load          {}\n  next LR       {}\n  schedule      {}\n", line,
                  resume.step, resume.folder.empty() ? "nothing, it starts" : resume.folder.string(),
                  format_number(resume.lr), print(resume.schedule));
  if (resume.lr_before != resume.lr) {
    text += fmt::format("  before        {}, a jump by {:.4g}\n", format_number(resume.lr_before),
                        resume.lr / resume.lr_before);
  }
  if (resume.checkpoint && !resume.checkpoint->data_position.empty()) {
    text += fmt::format("  data position {}\n", resume.checkpoint->data_position);
  }
  return text + fmt::format("  session       {}\n", resume.session);
}

void resume(const ResumeOptions& options) {
  RunStore store = options.run.open(options.dry_run ? RunStore::Access::read : RunStore::Access::write);
  ResumeRequest request{.line = options.run.line,
                        .override_schedule = options.override_schedule,
                        .step = read_steps("step", options.step),
                        .decayed_from = options.decayed_from,
                        .code_version = options.code,
                        .dry_run = options.dry_run};
  if (!options.schedule.empty()) request.schedule = Schedule::parse(options.schedule);
  const Resume resume = store.resume(request);
  for (const std::string& damage : resume.damaged) warn(damage + "; the one before is used");
  if (!options.data.empty() && !options.dry_run) store.attach_data(options.run.line, resume.step, options.data);
  if (options.run.json) return print_line(json_of(resume, options.run.line));
  print_text(text_of(resume, options.run.line));
}

struct LogOptions {
  RunOptions run;
  std::string step, from;
  std::vector<std::string> values;
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

void log(const LogOptions& options) {
  if (options.from.empty() == options.values.empty()) {
    throw std::invalid_argument("log: give either --step N with NAME=VALUE ..., or --from FILE");
  }
  RunLog rows;
  std::vector<Metric> metrics;
  if (options.from.empty()) {
    if (options.step.empty()) throw std::invalid_argument("step: is missing; NAME=VALUE needs --step N");
    for (const std::string& text : options.values) {
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos) throw std::invalid_argument(text + ": must be NAME=VALUE");
      const std::string_view name = std::string_view(text).substr(0, equals);
      metrics.push_back({read_step(options.step), name, read_number(name, text.substr(equals + 1))});
    }
  } else {
    rows = parse_log(options.from == "-" ? "standard input" : options.from, read_text(options.from));
    metrics = metrics_of(rows);
  }
  RunStore store = options.run.open(RunStore::Access::write);
  store.log(options.run.line, metrics, options.session);
  store.flush();
  if (options.run.json) print_line(Json::object({{"line", options.run.line}, {"values", metrics.size()}}));
}

}  // namespace

void add_run_init(CLI::App& run) {
  auto* const verb = run.add_subcommand("init", "Make a run in a new folder");
  const auto options = std::make_shared<InitOptions>();
  options->run.add_to(*verb, false);
  verb->add_option("--trunk", options->trunk,
                   "Schedule; without a horizon, so that branches can leave it, or a plain run's")
      ->type_name("SPEC")
      ->required();
  verb->add_option("--code", options->code, "Version of the training program, for the record")->type_name("TEXT");
  verb->add_option("--data", options->data, "What the trunk reads, for the record")->type_name("TEXT");
  verb->footer("Example:\n  scheduled run init myrun --trunk \"rsqrt(warmup=100, peak=1e-3)\" --data books");
  verb->callback([options] { init(*options); });
}

void add_run_lr(CLI::App& run) {
  auto* const verb = run.add_subcommand("lr", "The learning rate of an update, as recorded");
  const auto options = std::make_shared<LrOptions>();
  options->run.add_to(*verb);
  verb->add_option("--step", options->step, "0-based update; default: the next after the last checkpoint")
      ->type_name("N");
  verb->add_option("--count", options->count, "So many from there on, one per line")->type_name("N");
  verb->add_flag("--csv", options->csv, "Print CSV")->excludes("--json");
  verb->footer("Example:\n  scheduled run lr myrun --step 400 --count 3");
  verb->callback([options] { print_rates(*options); });
}

void add_run_commit(CLI::App& run) {
  auto* const verb = run.add_subcommand("commit", "Copy files into the run as a checkpoint");
  const auto options = std::make_shared<CommitOptions>();
  options->run.add_to(*verb);
  verb->add_option("FILE", options->files, "Files, and folders for what is in them")->required();
  verb->add_option("--step", options->step, "Updates finished in all, e.g. 40k")->type_name("N")->required();
  verb->add_option("--data-position", options->data_position, "Where the data stream is")->type_name("TEXT");
  verb->add_option("--rng-state", options->rng_state, "State of the random numbers")->type_name("TEXT");
  verb->add_option("--code", options->code, "Version of the training program")->type_name("TEXT");
  verb->add_flag("--keep", options->keep, "A branch is to start here: gc keeps it until one has finished");
  verb->add_option("--session", options->session, "Refuse where the line was resumed after this session")
      ->type_name("ID");
  verb->footer(
      "When the command returns, the checkpoint survives a crash; before, it does not exist.\n\n"
      "Example:\n  scheduled run commit myrun --step 400 model.bin --data-position \"shard 7\" --keep");
  verb->callback([options] { commit(*options); });
}

void add_run_branch(CLI::App& run) {
  auto* const verb = run.add_subcommand("branch", "Begin a cooldown at a checkpoint of the trunk");
  const auto options = std::make_shared<BranchOptions>();
  options->run.add_to(*verb, false);
  verb->add_option("NAME", options->name, "Name of the branch")->required();
  verb->add_option("--at", options->at, "Step of the checkpoint; default: the trunk's last")->type_name("N");
  options->cooldown.add_to(*verb, "the branch's total");
  verb->add_option("--code", options->code, "Version of the training program")->type_name("TEXT");
  verb->footer("Example:\n  scheduled run branch myrun result-500 --at 400 --cooldown 20% --decay 1-sqrt");
  verb->callback([options] { branch(*options); });
}

void add_run_resume(CLI::App& run) {
  auto* const verb = run.add_subcommand("resume", "Where to go on: the last sound checkpoint and the next LR");
  const auto options = std::make_shared<ResumeOptions>();
  options->run.add_to(*verb);
  verb->add_option("--schedule", options->schedule, "What the trainer is about to use; must be the recorded one")
      ->type_name("SPEC");
  verb->add_flag("--override", options->override_schedule, "Record --schedule from here on");
  verb->add_option("--step", options->step, "This checkpoint; what came after it is superseded")->type_name("N");
  verb->add_option("--decayed-from", options->decayed_from,
                   "The trunk goes on from the cooled-down end of this branch (wsd-s)")
      ->type_name("NAME");
  verb->add_option("--data", options->data, "New data that the line reads from here on")->type_name("TEXT");
  verb->add_option("--code", options->code, "Version of the training program")->type_name("TEXT");
  verb->add_flag("--dry-run", options->dry_run, "Only say it");
  verb->footer(
      "The checkpoint's checksums are verified; a damaged one is reported and the one before is used.\n\n"
      "Example:\n  scheduled run resume myrun --schedule \"rsqrt(warmup=100, peak=1e-3)\"");
  verb->callback([options] { resume(*options); });
}

void add_run_log(CLI::App& run) {
  auto* const verb = run.add_subcommand("log", "Record metrics");
  const auto options = std::make_shared<LogOptions>();
  options->run.add_to(*verb);
  verb->add_option("NAME=VALUE", options->values, "Metrics after that step, e.g. train_loss=3.1");
  verb->add_option("--step", options->step, "Finished updates")->type_name("N");
  verb->add_option("--from", options->from, "A log with many rows: JSON, CSV or JSON lines; - is standard input")
      ->type_name("FILE");
  verb->add_option("--session", options->session, "Refuse where the line was resumed after this session")
      ->type_name("ID");
  verb->footer("Example:\n  scheduled run log myrun --step 400 train_loss=3.25 val_loss=3.31");
  verb->callback([options] { log(*options); });
}

}  // namespace scheduled::cli
