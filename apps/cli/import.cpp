// scheduled import: the schedule of another program's configuration.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "base/names.hpp"
#include "cli/foreign_records.hpp"
#include "cli/verbs.hpp"
#include "scheduled/foreign.hpp"
#include "shell/arguments.hpp"
#include "shell/file.hpp"
#include "shell/schema.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

struct ImportVerb {
  std::vector<std::string> words;
  std::string from;
  std::optional<std::int64_t> updates;
  RatesFile out;
  bool json = false;
};

constexpr std::size_t widest = 60;

/// A word of the command line as flags are read: in quotes.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// Flags keep their names outside of the quotes, which make values of texts.
std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    const bool flag = word.size() > 1 && word.front() == '-';
    const std::size_t name = flag || equals != std::string::npos ? std::min(equals, word.size()) : 0;
    text += word.substr(0, name);
    if (equals != std::string::npos) text += "=";
    const std::string value = equals == std::string::npos ? word.substr(name) : word.substr(equals + 1);
    text += (value.empty() ? "" : quoted(value)) + " ";
  }
  return text;
}

struct Source {
  std::string name, text;
};

/// A file, standard input, flags, or a call of optax or PyTorch.
Source source_of(const std::vector<std::string>& words) {
  const std::string& first = words.front();
  const bool flag = first.size() > 1 && first.front() == '-';
  const auto plain = [](const std::string& word) { return word.front() != '-' && word.find('=') == std::string::npos; };
  if (words.size() > 1 && std::none_of(words.begin(), words.end(), [](const auto& word) { return word.empty(); }) &&
      std::all_of(words.begin(), words.end(), plain))
    fail_value("FILE", words[1], "is one too many: one configuration is read at a time; flags begin with -");
  std::error_code error;
  if (words.size() == 1 && std::filesystem::exists(first, error)) return {source_name(first), read_text(first)};
  // A call, or a whole command in quotes.
  if (words.size() == 1 && (first.find('(') != std::string::npos || first.find(" -") != std::string::npos)) {
    return {"command line", first};
  }
  if (words.size() > 1 || flag || first.find('=') != std::string::npos) return {"command line", joined(words)};
  return {source_name(first), read_text(first)};
}

std::string taken_text(const ImportedSchedule& imported) {
  TextTable table({"from", "", "", "line"});
  TextTable lineless({"from", "", ""});
  const bool lines =
      std::any_of(imported.taken.begin(), imported.taken.end(), [](const TakenValue& one) { return one.line > 1; });
  for (const TakenValue& one : imported.taken) {
    const std::string value = "= " + shortened(one.value, widest);
    const std::string meaning = one.given ? one.meaning : one.meaning + " (its default)";
    const std::string key = shortened(one.key, widest);
    if (lines) {
      table.add({key, value, meaning, one.line > 0 ? std::to_string(one.line) : ""});
    } else {
      lineless.add({key, value, meaning});
    }
  }
  return (lines ? table : lineless).text();
}

std::string text_of(const ImportedSchedule& imported, const ForeignTool& tool) {
  constexpr std::size_t longest = 2000;  // beyond that it is a table, which nobody reads
  std::string spec = print(imported.schedule);
  if (spec.size() > longest)
    spec = fmt::format("a table of {} rates; --out FILE writes them", *imported.schedule.steps());
  std::string text = fmt::format("{}\n\n{} ({})", spec, tool.title, imported.form);
  if (imported.updates) {
    text += fmt::format(": updates 0 to {}", *imported.updates - 1);
    if (imported.schedule.steps() == *imported.updates + 1) {
      text += fmt::format("; its formula ends at {}, which is never made", *imported.updates);
    }
  }
  text += "\n\n" + taken_text(imported);
  if (!imported.differences.empty()) text += "\nto know\n";
  for (const std::string& one : imported.differences) text += "  - " + one + "\n";
  if (!imported.ignored.empty()) {
    text += "\nwithout a say:";
    for (std::size_t k = 0; k < imported.ignored.size(); ++k) {
      constexpr std::size_t most = 40;
      if (k == most) {
        text += fmt::format(" and {} more", imported.ignored.size() - most);
        break;
      }
      text += fmt::format("{} {}", k == 0 ? "" : ",", shortened(imported.ignored[k], widest));
    }
    text += "\n";
  }
  return text;
}

void run(const ImportVerb& verb) {
  if (verb.words.empty()) fail_argument("FILE", "a configuration is needed; see scheduled import --help");
  const Source source = source_of(verb.words);
  const ImportedSchedule imported = import_schedule(source.text, {verb.from, verb.updates, source.name});
  if (!verb.out.file.empty()) {
    const auto count = imported.schedule.steps() ? imported.schedule.steps() : imported.updates;
    if (!count) fail_argument("--out", "rates of a schedule without an end need --updates N");
    verb.out.write(imported.schedule.values(*count), imported.tool);
  }
  if (verb.json) return print_line(to_json(Imported{{imported.schedule}, {imported}}));
  const auto tools = foreign_tools();
  print_text(text_of(imported, *std::find_if(tools.begin(), tools.end(),
                                             [&](const ForeignTool& tool) { return tool.name == imported.tool; })));
}

}  // namespace

std::vector<std::string_view> tool_names() { return names_of(foreign_tools()); }

std::string tool_list() {
  std::string text;
  for (const ForeignTool& tool : foreign_tools())
    text += fmt::format("  {:<14}{} ({})\n", tool.name, tool.title, tool.forms);
  return text;
}

void add_import(Verb& command) {
  Verb& verb = command.verb("import", "Read the schedule of another training program's configuration");
  auto& options = verb.keep<ImportVerb>();
  verb.add_each(
      "FILE", options.words,
      "A configuration, - for standard input; after -- flags as the program takes them, or a call of optax or PyTorch");
  verb.add("--from", options.from, "The program; default: told by the content")
      .type("TOOL")
      .suggest(suggest_words(tool_names()));
  verb.add("--updates", options.updates, "How many updates the run makes, where the configuration does not say")
      .type("N");
  options.out.add_to(verb);
  verb.add("--json", options.json, "Print JSON");
  verb.help(
      "Prints the spec with which the rates of all updates are the program's, what was read from where, and what the\n"
      "program does otherwise. A key that is not known and sounds like the learning rate is an error.\n\n"
      "Programs:\n" +
      tool_list() +
      "\nExamples:\n"
      "  scheduled import trainer_args.json --updates 5k\n"
      "  scheduled import -- --lr 3e-4 --min-lr 3e-5 --train-iters 10000 --lr-warmup-iters 500 --lr-decay-style WSD "
      "--lr-wsd-decay-iters 2000\n"
      "  scheduled import \"warmup_cosine_decay_schedule(init_value=0.0, peak_value=3e-4, warmup_steps=100, "
      "decay_steps=1000)\"\n"
      "  scheduled import debug_model.toml --json");
  prints<Imported>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
