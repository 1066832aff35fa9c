// scheduled-paper: the figures of 2501.18965, remade and checked, and the reports behind pages of docs/.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/output.hpp"
#include "cli/process.hpp"
#include "make_figures.hpp"
#include "reports/reports.hpp"

namespace scheduled::paper {
namespace {

void add_figures(CLI::App& app) {
  auto* const verb = app.add_subcommand("figures", "Remake the figures of 2501.18965 and check their numbers");
  const auto options = std::make_shared<FiguresOptions>();
  verb->add_option("NAME", options->names, "Figures to make, as NAME or NAME:VARIANT; default: all");
  verb->add_flag("--list", options->list, "Print the figures with what they show and need");
  verb->add_option("--logs", options->logs, "Folder with the paper's training logs, for the figures of real runs");
  verb->add_option("--out", options->out, "Folder for pictures, CSV files and report.md")->capture_default_str();
  verb->add_option("--format", options->formats, "png, pdf, svg; several joined by commas")
      ->delimiter(',')
      ->check(CLI::IsMember({"png", "pdf", "svg"}))
      ->capture_default_str();
  verb->add_option("--threads", options->threads, "Figures made at a time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  verb->footer(
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
  verb->callback([options] {
    if (options->list) return cli::print_text(figure_list());
    make_figures(*options);
  });
}

struct ReportOptions {
  std::string input;
  std::string pictures;
  std::vector<std::string> parts;
  std::int64_t steps = 100'000'000;
};

void must_hold(bool holds) {
  if (!holds) throw std::runtime_error("not all of it holds, see above");
}

void add_reports(CLI::App& app) {
  const auto options = std::make_shared<ReportOptions>();
  auto* const anytime = app.add_subcommand("anytime", "Print docs/anytime.md from the logs of `make experiment`");
  anytime->add_option("LOGS", options->input, "Folder of the logs, such as docs/anytime-logs")->required();
  anytime->add_option("PICTURES", options->pictures, "Folder for the pictures; default: none are drawn");
  anytime->callback([options] { reports::anytime(options->input, options->pictures); });

  auto* const laws = app.add_subcommand("laws", "Print docs/laws.md: all laws fitted to real runs (minutes)");
  laws->add_option("DATA", options->input, "Folder with mpl/ and paper-logs/")->required();
  laws->add_option("PART", options->parts, "Parts of the page; default: all")
      ->check(CLI::IsMember(reports::law_parts()));
  laws->callback([options] { reports::laws(options->input, options->parts); });

  auto* const pep =
      app.add_subcommand("pep", "Print docs/pep.md: exact worst case beside the SDP (needs csdp; minutes)");
  pep->callback([] { must_hold(reports::pep()); });

  auto* const runs = app.add_subcommand("long-runs", "Memory and errors of curve and stream for long runs (minutes)");
  runs->add_option("STEPS", options->steps, "Steps of each run")->check(CLI::PositiveNumber)->capture_default_str();
  runs->callback([options] { must_hold(reports::long_runs(options->steps)); });
}

int run(int argc, char** argv) {
  CLI::App app("The figures of 2501.18965, and the reports behind pages of docs/.", "scheduled-paper");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.require_subcommand(1);
  add_figures(app);
  add_reports(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    cli::print_text(app.help());
    return 0;
  } catch (const CLI::ParseError& error) {
    std::string verbs;
    for (const CLI::App* verb : app.get_subcommands()) verbs += verb->get_name() + " ";
    return cli::report(std::string(error.what()) + "; see scheduled-paper " + verbs + "--help", cli::bad_input);
  }
  return 0;
}

}  // namespace
}  // namespace scheduled::paper

int main(int argc, char** argv) {
  return scheduled::cli::guarded([&] { return scheduled::paper::run(argc, argv); });
}
