// scheduled lint: what is mostly a mistake in schedules, configurations and logs.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/names.hpp"
#include "cli/rate_input.hpp"
#include "cli/verbs.hpp"
#include "lint/records.hpp"
#include "shell/arguments.hpp"
#include "shell/output.hpp"
#include "shell/print.hpp"
#include "shell/process.hpp"
#include "shell/progress.hpp"
#include "shell/schema.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

/// From which severity on findings give exit code 1.
enum class FailOn { note, warning, error, never };

struct LintVerb {
  std::vector<std::string> inputs;
  RateInputOptions reading;
  std::vector<std::string> ignore;
  FailOn fail_on = FailOn::warning;
  bool rules = false;
  bool json = false;
};

void print_rules(bool json) {
  std::string text;
  for (const LintRule& rule : lint_rules()) {
    if (json) {
      print_line(to_json(rule));
      continue;
    }
    const char* const of = !rule.of_logs ? ", of schedules" : !rule.of_schedules ? ", of logs" : "";
    text += fmt::format("{} ({}{}): {}\n    {}\n", rule.name, word_of(rule.severity), of, rule.meaning, rule.remedy);
  }
  print_text(text);
}

std::string place_text(const LintFinding& found) {
  if (found.first == 0) return {};
  if (found.first == found.last) return fmt::format("update {}: ", found.first);
  return fmt::format("updates {} to {}: ", found.first, found.last);
}

std::string cost_text(const LintFinding& found) {
  constexpr double unseen = 5e-5;
  const double cost = *found.cost;
  const std::string size = std::abs(cost) < unseen ? "under 0.01 %" : percent_text(std::abs(cost));
  return fmt::format("bound: {} {} than {}", size, cost >= 0.0 ? "larger" : "smaller", found.mended);
}

std::string text_of(const LintReport& report) {
  const bool refused = report.updates == 0;
  std::string text =
      fmt::format("{} ({})\n", report.name, refused ? "refused" : about_text(report.kind, report.updates));
  for (const LintFinding& found : report.findings) {
    text += fmt::format("  {:<9}{:<18}{}{}\n", word_of(found.severity), found.rule, place_text(found), found.what);
    if (found.cost) text += fmt::format("{:29}{}\n", "", cost_text(found));
    text += fmt::format("{:29}to do: {}\n", "", found.remedy);
  }
  if (report.findings.empty()) text += "  nothing found\n";
  for (const std::string& note : report.notes) text += "  " + note + "\n";
  return text;
}

bool fails(const LintReport& report, FailOn from) {
  if (from == FailOn::never) return false;
  const auto severity = static_cast<Severity>(from);
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [severity](const LintFinding& found) { return found.severity >= severity; });
}

void run(const LintVerb& verb) {
  if (verb.rules) return print_rules(verb.json);
  if (verb.inputs.empty()) fail_argument("INPUT", "none given; see scheduled lint --help");
  bool failed = false;
  std::string text;
  for (const std::string& input : verb.inputs) {
    const LintReport report = [&] {
      try {
        const RateInput read = verb.reading.read(input);
        const Busy busy;
        return lint(read, {verb.ignore, verb.reading.logs.dense()});
      } catch (...) {  // the reports before it are no worse for it
        if (!text.empty()) print_text(text);
        throw;
      }
    }();
    failed = failed || fails(report, verb.fail_on);
    if (verb.json) {
      print_line(to_json(report));
    } else {
      text += (text.empty() ? "" : "\n") + text_of(report);
    }
  }
  if (!verb.json) print_text(text);
  if (failed) throw Answered{1};
}

}  // namespace
}  // namespace scheduled::cli

namespace scheduled {

template <>
struct Words<cli::FailOn> {
  static constexpr std::array<std::string_view, 4> words{"note", "warning", "error", "never"};
};

}  // namespace scheduled

namespace scheduled::cli {

void add_lint(Verb& command) {
  Verb& verb = command.verb("lint", "Look over schedules, configurations and logs for what is mostly a mistake");
  auto& options = verb.keep<LintVerb>();
  verb.add_each("INPUT", options.inputs, rate_input_meaning).suggest(suggest_schedules);
  verb.add_each("--ignore", options.ignore, "A rule that does not count; may be repeated")
      .type("RULE")
      .suggest(suggest_words(names_of(lint_rules())));
  verb.add("--fail-on", options.fail_on, "Exit code 1 from this severity on: note, warning, error or never")
      .type("SEVERITY");
  verb.add("--rules", options.rules, "List the rules");
  verb.add("--json", options.json, "Print one JSON object for each INPUT, or rule; numbers read back exactly");
  options.reading.add_to(verb);
  verb.help(
      "Updates count from 1, as steps of a log. 'bound' is how much larger the last-iterate bound at the best peak is\n"
      "than that of the mended rates at theirs, for one grad norm. Exit code 1 where something is found, 2 where an\n"
      "INPUT cannot be read.\n\n"
      "Examples:\n"
      "  scheduled lint \"cosine(steps=10k, warmup=300, final=20%)\"\n"
      "  scheduled lint run.csv --fail-on error\n"
      "  scheduled lint preset:olmo3-7b --ignore jump --json\n"
      "  scheduled lint --rules");
  prints<LintReport, LintRule>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
