// scheduled run branch, diff: lines that leave others, and two of them side by side.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "anytime/records.hpp"
#include "base/error.hpp"
#include "cli/run.hpp"
#include "shell/arguments.hpp"
#include "shell/output.hpp"
#include "shell/print.hpp"
#include "shell/schema.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

struct BranchOptions {
  RunOptions run;
  BranchRequest request;
  CooldownOptions cooldown;
  std::string pieces;
  ReadsOptions reads;
};

void branch(const BranchOptions& options) {
  BranchRequest request = options.request;
  request.line = options.run.line;
  request.cooldown = options.cooldown.cooldown;
  if (!options.pieces.empty()) request.pieces = parse_pieces(options.pieces);
  request.data = options.reads.data;
  request.batch = options.reads.batch;
  request.sequence = options.reads.sequence;
  RunStore store = options.run.open(RunStore::Access::write);
  const RecordedLine line = renamed({{"step", "at"}, {"from_lr", "from-lr"}}, [&] { return store.branch(request); });
  if (options.run.json) return print_line(to_json(line));
  print_text(fmt::format("{} leaves {} at step {} and {}: {}\n", line.name,
                         line.parent == "trunk" ? "the trunk" : line.parent, line.start,
                         line.end ? fmt::format("ends at {}", *line.end) : "has no end", print(line.schedule)));
}

struct RunDiffOptions {
  std::string a, b;
  std::int64_t rows = 8;
  bool json = false;
};

/// "RUN:LINE" for the RUN/LINE that `text` is taken for: a folder above it is a run, and that is no folder itself.
std::string meant_line(const std::string& text) {
  for (std::size_t at = text.rfind('/'); at != std::string::npos && at > 0; at = text.rfind('/', at - 1)) {
    const std::string run = text.substr(0, at);
    const std::string line = text.substr(at + 1);
    if (!line.empty() && is_run_folder(run)) return concat({run, ":", line});
  }
  return {};
}

/// RUN or RUN:LINE.
std::pair<std::string, std::string> line_of_argument(const char* name, const std::string& text) {
  if (is_run_folder(text)) return {text, "trunk"};
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos) return {text.substr(0, colon), text.substr(colon + 1)};
  const std::string meant = meant_line(text);
  if (!meant.empty()) fail_value(name, text, concat({"is no run; a line of one is RUN:LINE, here ", meant}));
  return {text, "trunk"};
}

std::string text_of(const LineDiff& diff) {
  std::string text = fmt::format("a  {}\nb  {}\n", shell::clean(diff.a), shell::clean(diff.b));
  text += diff.common ? fmt::format("{} updates in common\n\n", *diff.common) : "of two runs\n\n";
  const auto shown = [](const std::string& value) { return value.empty() ? std::string("-") : shell::clean(value); };
  for (const LineFact& fact : diff.facts) {
    if (fact.a.empty() && fact.b.empty()) continue;
    if (fact.same()) {
      text += fmt::format("  {:<16} =  {}\n", fact.what, shown(fact.a));
    } else {
      text += fmt::format("  {:<16} a  {}\n  {:<16} b  {}\n", fact.what, shown(fact.a), "", shown(fact.b));
    }
  }
  if (diff.losses.empty()) return text + "\nno loss that both logged at one step beyond what they share\n";
  TextTable table({"step", "", "a", "b", "b - a"});
  for (const LineLoss& loss : diff.losses) {
    table.add({std::to_string(loss.step), shell::clean(loss.column), rounded(loss.a), rounded(loss.b),
               rounded(loss.difference())});
  }
  return text + "\n" + table.text();
}

void diff_of(const RunDiffOptions& options) {
  const auto [folder_a, line_a] = line_of_argument("A", options.a);
  const auto [folder_b, line_b] = line_of_argument("B", options.b);
  const RunStore a = RunStore::open(folder_a, RunStore::Access::read);
  const RunStore b = RunStore::open(folder_b, RunStore::Access::read);
  const int rows = static_cast<int>(std::min<std::int64_t>(options.rows, 1 << 30));
  const LineDiff diff = diff_lines(a, line_a, b, line_b, rows);
  if (options.json) return print_line(to_json(diff));
  print_text(text_of(diff));
}

}  // namespace

void add_run_branch(Verb& run) {
  Verb& verb = run.verb("branch", "Begin a line at a checkpoint of another: a cooldown, or any pieces");
  auto& options = verb.keep<BranchOptions>();
  BranchRequest& request = options.request;
  options.run.add_to(verb, false);
  verb.add("NAME", request.name, "Name of the branch").required();
  verb.add("--attempt", request.attempt, "Make the next one of NAME/1, NAME/2, ...; a line NAME counts as the first");
  verb.add("--line", options.run.line, "The line that it leaves").type("NAME");
  verb.add("--at", request.step, "Step of the checkpoint; default: the line's last").type("N");
  const Option rewarm =
      verb.add("--rewarm", request.rewarm, "First back up over this length, to the rate that the trunk has there");
  const Option hold = verb.add("--hold", request.hold, "Then on at that rate for this length");
  const CooldownOptions::Added cooldown = options.cooldown.add_to(verb, "the branch's total");
  const Option to =
      verb.add("--to", options.cooldown.cooldown.final, "The same as --final").type("LR").excludes(cooldown.final);
  const Option from = verb.add("--from-lr", request.from_lr,
                               "Where it begins, or a share of the peak; default: the rate "
                               "before. A jump needs --override");
  verb.add("--override", request.override_jump, "Begin at another rate than the line has there");
  Option drop = verb.add("--drop", request.drop,
                         "Instead: drop to this rate, or a share of the rate before such as 62%, stay there for --hold "
                         "and end, for an average (run merge)");
  drop.type("LR").needs(hold);
  for (const Option& other : {rewarm, from, cooldown.length, cooldown.decay, cooldown.final, to}) drop.excludes(other);
  Option pieces =
      verb.add("--pieces", options.pieces,
               "Instead: pieces of stages, such as \"linear to 50% over 1k, hold until 60k, linear over 5k\"");
  pieces.type("TEXT");
  for (const Option& other : {rewarm, hold, from, drop, cooldown.length, cooldown.decay, cooldown.final, to})
    pieces.excludes(other);
  options.reads.add_to(verb, "it reads");
  verb.add("--note", request.note, "For the record").type("TEXT");
  verb.add("--code", request.code_version, "Version of the training program").type("TEXT");
  options.run.add_wait_to(verb);
  verb.help(
      "Rates join: the first one is a step below the last one of the line that is left. A cooldown is extended or cut\n"
      "short by a branch that leaves it at one of its checkpoints. Lengths in tokens are by --batch and --sequence.\n\n"
      "Examples:\n"
      "  scheduled run branch myrun result-500 --at 400 --cooldown 20% --decay 1-sqrt\n"
      "  scheduled run branch myrun cd --attempt --at 400 --cooldown 50 --to 5% --data mix --note \"more code\"\n"
      "  scheduled run branch myrun on --line result-500 --rewarm 50 --hold 100 --cooldown 20%");
  prints<RecordedLine>(verb);
  verb.run([&options] { branch(options); });
}

void add_run_diff(Verb& run) {
  Verb& verb = run.verb("diff", "Two lines side by side: schedule, data, batch, code, losses");
  auto& options = verb.keep<RunDiffOptions>();
  verb.add("A", options.a, "RUN:LINE, or a run's folder for its trunk").required();
  verb.add("B", options.b, "The other line, of the same run or of another").required();
  verb.add("--rows", options.rows, "Up to so many steps for each loss").type("N");
  verb.add("--json", options.json, "Print JSON; numbers read back exactly");
  verb.help("Example:\n  scheduled run diff myrun:cd/1 myrun:cd/2");
  prints<LineDiff>(verb);
  verb.run([&options] { diff_of(options); });
}

}  // namespace scheduled::cli
