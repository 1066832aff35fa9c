// scheduled-paper: the figures of 2501.18965, remade and checked, and the reports behind pages of docs/.
#include <stdexcept>
#include <string>

#include "base/error.hpp"
#include "make_figures.hpp"
#include "reports/reports.hpp"
#include "shell/options.hpp"
#include "shell/output.hpp"
#include "shell/process.hpp"

namespace scheduled::paper {
namespace {

using shell::Verb;

void add_figures(Verb& program) {
  Verb& verb = program.verb("figures", "Remake the figures of 2501.18965 and check their numbers");
  auto& options = verb.keep<FiguresOptions>();
  verb.add_each("NAME", options.names, "Figures to make, as NAME or NAME:VARIANT; default: all");
  verb.add("--list", options.list, "Print the figures with what they show and need");
  verb.add("--logs", options.logs, "Folder with the paper's training logs, for the figures of real runs");
  verb.add("--out", options.out, "Folder for pictures, CSV files and report.md");
  verb.add("--format", options.formats, "png, pdf, svg; several joined by commas");
  verb.add("--threads", options.threads, "Figures made at a time").type("N");
  verb.help(
      "Each picture comes with a CSV file of its points; report.md compares the numbers with those of the paper and\n"
      "its logs, and keeps the numbers of other figures that earlier runs wrote into the same folder. Without NAME "
      "and\n"
      "--logs, the figures of real runs are left out and named; scheduled-paper figures --logs DIR makes all. Parts\n"
      "whose logs are not there are left out and named, the others are made, and the exit code is 1; so it is where a\n"
      "number does not hold without a reason. NAME:VARIANT makes one of the variants that --list shows, such as a\n"
      "model size.\n"
      "\nExamples:\n"
      "  scheduled-paper figures --list\n"
      "  scheduled-paper figures schedules cosine-cycle --format png,svg");
  verb.run([&options] {
    if (options.list) return shell::print_text(figure_list());
    make_figures(options);
  });
}

void must_hold(bool holds) {
  if (!holds) throw std::runtime_error("not all of it holds, see above");
}

void add_reports(Verb& program) {
  struct Options {
    std::string input, pictures;
    std::vector<std::string> parts;
    std::int64_t steps = 100'000'000;
  };
  Verb& anytime = program.verb("anytime", "Print docs/anytime.md from the logs of `make experiment`");
  auto& options = anytime.keep<Options>();
  anytime.add("LOGS", options.input, "Folder of the logs, such as docs/anytime-logs").required();
  anytime.add("PICTURES", options.pictures, "Folder for the pictures; default: none are drawn");
  anytime.run([&options] { reports::anytime(options.input, options.pictures); });

  Verb& laws = program.verb("laws", "Print docs/laws.md: all laws fitted to real runs (minutes)");
  laws.add("DATA", options.input, "Folder with mpl/ and paper-logs/").required();
  laws.add_each("PART", options.parts, "Parts of the page; default: all");
  laws.run([&options] {
    const std::vector<std::string_view> known(reports::law_parts().begin(), reports::law_parts().end());
    for (const std::string& part : options.parts) static_cast<void>(find_word("part", part, known));
    reports::laws(options.input, options.parts);
  });

  Verb& exact = program.verb("exact", "Print docs/exact.md: exact worst cases and averages (needs csdp)");
  exact.add("LOGS", options.input, "Folder with logs that have gradient norms").required();
  exact.add("PICTURE", options.pictures, "Picture of the worst function; default: none is drawn");
  exact.run([&options] { reports::exact(options.input, options.pictures); });

  Verb& pep = program.verb("pep", "Print docs/pep.md: exact worst case beside the SDP (needs csdp; minutes)");
  pep.run([] { must_hold(reports::pep()); });

  Verb& published = program.verb("published", "Print docs/published.md: the published schedules by their bound");
  published.add("PICTURES", options.pictures, "Folder for the picture; default: none is drawn");
  published.run([&options] { reports::published(options.pictures); });

  Verb& runs = program.verb("long-runs", "Memory and errors of curve and stream for long runs (minutes)");
  runs.add("STEPS", options.steps, "Steps of each run");
  runs.run([&options] {
    if (options.steps < 1) fail_value("steps", std::to_string(options.steps), "must be at least 1");
    must_hold(reports::long_runs(options.steps));
  });
}

int run(int argc, char** argv) {
  Verb program("scheduled-paper", "The figures of 2501.18965, and the reports behind pages of docs/.");
  add_figures(program);
  add_reports(program);
  return shell::run_program(program, {}, argc, argv);
}

}  // namespace
}  // namespace scheduled::paper

int main(int argc, char** argv) {
  return scheduled::shell::guarded([&] { return scheduled::paper::run(argc, argv); });
}
