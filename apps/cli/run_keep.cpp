// scheduled run verify, gc, repair, migrate: keeping a run in order.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "cli/run.hpp"
#include "cli/run_records.hpp"
#include "shell/output.hpp"
#include "shell/schema.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

struct VerifyOptions {
  RunOptions run;
  bool clear = false;
};

/// Names of files may hold anything.
std::string lines_of(const char* begin, const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += begin + shell::clean(text) + "\n";
  return out;
}

void verify(const VerifyOptions& options) {
  RunStore store = options.run.open(options.clear ? RunStore::Access::write : RunStore::Access::read);
  Asked<std::vector<RecordedCheckpoint>> cleared;
  if (options.clear) cleared = store.clear_marks();
  const VerifyReport report = store.verify();
  if (options.run.json) {
    print_line(to_json(Verified{report, cleared}));
  } else {
    std::string text = lines_of("problem: ", report.problems) + lines_of("note: ", report.notes);
    for (const RecordedCheckpoint& checkpoint : cleared.value_or(std::vector<RecordedCheckpoint>())) {
      text += fmt::format("cleared: {} at step {} is as it was committed\n", checkpoint.line, checkpoint.step);
    }
    const std::string elsewhere =
        report.external == 0 ? "" : fmt::format("; of {} elsewhere names, sizes and marker", report.external);
    print_text(text + fmt::format("{}: {} checkpoint{}, {} file{}, {} bytes read{}\n",
                                  report.sound() ? "sound" : "NOT SOUND", report.checkpoints,
                                  report.checkpoints == 1 ? "" : "s", report.files, report.files == 1 ? "" : "s",
                                  report.bytes, elsewhere));
  }
  if (!report.sound()) {
    const std::size_t count = report.problems.size();
    throw std::runtime_error(fmt::format("{}: {} problem{}", options.run.folder, count, count == 1 ? "" : "s"));
  }
}

struct GcOptions {
  RunOptions run;
  std::int64_t keep = 2;
  bool dry_run = false;
  bool external = false;
};

void gc(const GcOptions& options) {
  RunStore store = options.run.open(options.dry_run ? RunStore::Access::read : RunStore::Access::write);
  const GcReport report =
      store.gc(static_cast<int>(std::min<std::int64_t>(options.keep, 1 << 30)), options.dry_run, options.external);
  if (options.run.json) return print_line(to_json(report));
  const char* const does = options.dry_run ? "would delete" : "deleted";
  std::string text = lines_of("note: ", report.notes);
  const char* const forgets = options.dry_run ? "would take off the record:" : "taken off the record:";
  for (const RecordedCheckpoint& checkpoint : report.deleted) {
    text += fmt::format("{} {} at step {}", checkpoint.external ? forgets : does, checkpoint.line, checkpoint.step);
    text += checkpoint.external ? ", at " + shell::clean(checkpoint.external->uri) + "\n" : "\n";
  }
  for (const std::string& folder : report.leftovers) {
    text += fmt::format("{} {}, left by interrupted work\n", does, shell::clean(folder));
  }
  text += fmt::format("{} checkpoint{}, {} bytes\n", report.deleted.size(), report.deleted.size() == 1 ? "" : "s",
                      report.bytes);
  if (!report.commands.empty()) text += "to delete what is elsewhere, which was not touched:\n";
  for (const std::string& command : report.commands) text += "  " + command + "\n";
  print_text(text);
}

struct RepairOptions {
  RunOptions run;
  bool dry_run = false;
};

void repair(const RepairOptions& options) {
  const RepairReport report = RunStore::repair(options.run.folder, options.dry_run, options.run.store_options());
  if (options.run.json) return print_line(to_json(report));
  const bool dry = options.dry_run;
  std::string text = lines_of("lost: ", report.lost);
  text += lines_of(dry ? "would be recovered: " : "recovered from a checkpoint's folder: ", report.recovered);
  if (report.facts_written > 0) text += fmt::format("facts written into {} checkpoints\n", report.facts_written);
  print_text(text + (!report.changed ? "the record is intact\n"
                     : dry           ? "the record would be made anew\n"
                                     : "the record was made anew; a damaged one stays in the folder, unused\n"));
}

void migrate(const RunOptions& options) {
  RunStore::migrate(options.folder, options.store_options());
  if (options.json) return print_line(to_json(Migrated{options.folder}));
  print_text(options.folder + ": the record has today's format; the older one is run.sqlite.old\n");
}

}  // namespace

void add_run_verify(Verb& run) {
  Verb& verb = run.verb("verify", "Read every byte and say what is damaged");
  auto& options = verb.keep<VerifyOptions>();
  options.run.add_to(verb, false);
  verb.add("--clear", options.clear, "Take the mark of damage off checkpoints whose bytes are back");
  options.run.add_lease_to(verb);
  verb.help(
      "Exit code 1 where something committed is damaged; what interrupted work left is only noted.\n\n"
      "Example:\n  scheduled run verify myrun");
  prints<Verified>(verb);
  verb.run([&options] { verify(options); });
}

void add_run_gc(Verb& run) {
  Verb& verb = run.verb("gc", "Delete checkpoints that nothing needs");
  auto& options = verb.keep<GcOptions>();
  options.run.add_to(verb, false);
  verb.add("--keep", options.keep, "So many of the last sound ones of the trunk and of each unfinished branch")
      .type("N");
  verb.add("--external", options.external,
           "Also take checkpoints off the record that are elsewhere, and say how to delete them there");
  verb.add("--dry-run", options.dry_run, "Only say it");
  options.run.add_lease_to(verb);
  verb.help(
      "Kept besides: ends of branches, starts of unfinished ones, what was committed with --keep until a branch\n"
      "from there is finished, and what cannot be read at the moment. Where no sound checkpoint of an unfinished\n"
      "line is left, nothing is deleted (exit code 1).\n\n"
      "Example:\n  scheduled run gc myrun --keep 1 --dry-run");
  prints<GcReport>(verb);
  verb.run([&options] { gc(options); });
}

void add_run_repair(Verb& run) {
  Verb& verb = run.verb("repair", "Make a damaged record anew from what is intact");
  auto& options = verb.keep<RepairOptions>();
  options.run.add_to(verb, false);
  verb.add("--dry-run", options.dry_run, "Only say it");
  options.run.add_lease_to(verb);
  verb.help(
      "Intact entries are kept; checkpoints whose entries are lost come back from what their folders say about\n"
      "themselves.\n\n"
      "Example:\n  scheduled run repair myrun --dry-run");
  prints<RepairReport>(verb);
  verb.run([&options] { repair(options); });
}

void add_run_migrate(Verb& run) {
  Verb& verb = run.verb("migrate", "Give a run of an older scheduled a record of today's format");
  auto& options = verb.keep<RunOptions>();
  options.add_to(verb, false);
  options.add_lease_to(verb);
  verb.help(
      "Without it such a run can be read, not written. The older record stays beside the new one, unused.\n\n"
      "Example:\n  scheduled run migrate oldrun");
  prints<Migrated>(verb);
  verb.run([&options] { migrate(options); });
}

}  // namespace scheduled::cli
