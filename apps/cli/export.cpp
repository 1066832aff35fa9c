// scheduled export: a schedule as another program's configuration.
#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/foreign_records.hpp"
#include "cli/verbs.hpp"
#include "scheduled/foreign.hpp"
#include "shell/arguments.hpp"
#include "shell/file.hpp"
#include "shell/process.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

struct ExportVerb {
  SpecOptions specs;
  std::string to;
  std::string table;
  bool json = false;
};

/// Rates as NumPy reads them, or as a JSON array.
void write_table(const std::string& file, const Schedule& schedule) {
  const std::vector<double> rates = schedule.values();
  write_file(file, file.ends_with(".json") ? Json(rates).dump() + "\n" : numpy_file(rates));
}

std::string text_of(const ExportedSchedule& exported) {
  std::string text;
  if (exported.table) text += fmt::format("# {}: this reads its rates\n", exported.why);
  text += exported.text;
  return text;
}

void run(const ExportVerb& verb) {
  if (verb.specs.schedules.size() != 1) fail_argument("SPEC", "one schedule is needed");
  const Schedule& schedule = verb.specs.schedules.front().schedule;
  if (!verb.table.empty()) {
    if (!verb.table.ends_with(".npy") && !verb.table.ends_with(".json")) {
      fail_value("table", verb.table, "must end in .npy or .json");
    }
    check_writable(verb.table);
  }
  const ExportedSchedule exported =
      verb.table.empty() ? export_schedule(schedule, verb.to) : export_schedule(schedule, verb.to, verb.table);
  if (exported.table) {
    if (verb.table.empty()) {
      fail_value("to", verb.to,
                 exported.why + "; --table FILE.npy writes the rates, and the lines that read them are printed");
    }
    write_table(verb.table, schedule);
  }
  if (verb.json) return print_line(to_json(exported));
  print_text(text_of(exported));
  for (const std::string& note : exported.notes) warn(note);
}

}  // namespace

void add_export(Verb& command) {
  Verb& verb = command.verb("export", "Write a schedule as another training program's configuration");
  auto& options = verb.keep<ExportVerb>();
  options.specs.add_to(verb).required();
  verb.add("--to", options.to, "The program").type("TOOL").suggest(suggest_words(tool_names())).required();
  verb.add("--table", options.table, "Where the rates go if the program has no settings for them (.npy or .json)")
      .type("FILE");
  verb.add("--json", options.json, "Print JSON");
  verb.help(
      "What is printed is read back as import does, and compared at every update. Where no settings of the program "
      "give\n"
      "these rates, --table FILE writes them as a table, and the lines that use it are printed.\n\n"
      "Programs:\n" +
      tool_list() +
      "\nExamples:\n"
      "  scheduled export \"wsd(steps=10001, warmup=500, warmup_start=0, cooldown=2k, peak=3e-4)\" --to megatron\n"
      "  scheduled export \"wsd(steps=10k, warmup=500, cooldown=2k, peak=3e-4)\" --to torchtitan\n"
      "  scheduled export \"rsqrt(steps=1k, warmup=100, peak=1e-3)\" --to nanogpt --table rates.npy");
  prints<ExportedSchedule>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
