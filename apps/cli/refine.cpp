// scheduled refine: a schedule from the grad norms of a run.
#include <fmt/format.h>

#include <numeric>

#include "base/error.hpp"
#include "cli/design_records.hpp"
#include "cli/draw.hpp"
#include "cli/log_options.hpp"
#include "cli/results.hpp"
#include "cli/verbs.hpp"
#include "plot/series.hpp"
#include "scheduled/design.hpp"
#include "shell/file.hpp"
#include "shell/progress.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

struct RefineOptions {
  LogOptions run;
  NormKind norm = NormKind::l2;
  Share width{0.2};
  Share close{0.1};
  std::optional<std::int64_t> steps;
  RatesFile out;
  OutputOptions output;
};

Refined refined(const RefineOptions& options) {
  const RunLog log = options.run.read(options.run.logs.front());
  if (options.steps) check_summable(*options.steps);
  const RefineSettings settings{
      .norm = options.norm, .width = options.width.value, .steps = options.steps, .close = options.close.value};
  Refined found{refine_log(log, settings, options.run.dense())};
  if (!found.run.transfer && found.dense.first > 1 && options.norm == NormKind::l2) {
    found.run.why_no_transfer += "; --base RUN puts the run before it";
  }
  return found;
}

std::string text_of(const Refined& found, const RefineOptions& options) {
  const std::vector<double>& norms = found.run.refined.grad_norm;
  std::string text = fmt::format("{}\n{} grad norms ({}) from step {} to {}; filtered: {} at first, {} at last\n",
                                 found.log, found.norms.step.size(), word_of(options.norm), found.norms.step.front(),
                                 found.norms.step.back(), rounded(norms.front()), rounded(norms.back()));
  const std::string part =
      found.dense.first > 1 ? fmt::format(", for steps {} to {} only", found.dense.first, found.norms.step.back()) : "";
  text += fmt::format("a schedule of {} steps{}\n\n", found.steps, part);
  if (found.run.transfer) {
    text += fmt::format(
        "  bound, each at its best scale: {} for the run's own schedule\n"
        "  peak LR  {} if the scale of the run's own was the best\n",
        against(found.run.transfer->bound_ratio()) + " than", rounded(found.run.peak()));
  } else {
    text += fmt::format("  peak LR  to be tuned (not compared with the run's own: {})\n", found.run.why_no_transfer);
  }
  if (const auto nearest = found.run.nearest()) {
    text += fmt::format("  nearest  {}\n           differs by at most {} of the peak\n", print(*nearest),
                        percent_text(found.run.refined.nearest->distance));
  } else {
    text +=
        fmt::format("  nearest  no named schedule is within {} of the peak\n", Argument<Share>::show(options.close));
  }
  return text + "\n";
}

void print_csv(const Refined& found) {
  const Schedule schedule = found.run.schedule();
  RefinedRates rates{{}, schedule.values(), found.run.refined.grad_norm};
  rates.step.resize(rates.lr.size());
  std::iota(rates.step.begin(), rates.step.end(), 0);
  print_series(rates);
}

plot::Panel rates_of(const Refined& found) {
  std::vector<plot::Line> lines{rate_line(found.run.schedule(), found.steps, "refined", 0)};
  if (const auto nearest = found.run.nearest()) lines.push_back(rate_line(*nearest, found.steps, "nearest", 1));
  if (found.run.own) lines.push_back(rate_line(*found.run.own, found.steps, "of the run", 2));
  return rate_panel(std::move(lines), found.steps);
}

plot::Figure draw(const Refined& found) {
  plot::Line logged{"logged grad norm", {}, found.norms.value, 0, plot::Line::Kind::line};
  plot::Line filtered{"filtered", {}, found.run.refined.grad_norm, 3};
  // Steps of the new schedule, which may be longer or shorter than what was logged.
  const double stretch =
      static_cast<double>(found.steps) / static_cast<double>(found.norms.step.back() - found.dense.first + 1);
  for (const std::int64_t step : found.norms.step) {
    logged.x.push_back(static_cast<double>(step - found.dense.first) * stretch);
  }
  for (std::size_t k = 0; k < filtered.y.size(); ++k) filtered.x.push_back(static_cast<double>(k));
  plot::Panel norms;
  norms.x = step_axis(found.steps);
  norms.y.label = "grad norm";
  norms.y.scale = plot::Scale::log;
  norms.y.range = plot::settled_range(std::vector{logged}, 0.02, plot::Scale::log);
  norms.lines.push_back(plot::thinned(std::move(logged)));
  norms.lines.push_back(plot::thinned(std::move(filtered)));
  norms.lines[0].shade = 0.95;  // pale
  return {{std::move(norms), rates_of(found)}, plot::Arrangement::stacked, 4.6, 3.8};
}

void run(const RefineOptions& options) {
  if (!options.run.given()) fail_argument("--log", "is missing; see scheduled refine --help");
  const Refined found = [&] {
    const Busy busy;
    return refined(options);
  }();
  const Schedule schedule = found.run.schedule();
  options.out.write(schedule.values(), fmt::format("refined from the grad norms of {}; {}", found.log,
                                                   found.run.transfer ? "at the peak to try" : "largest rate 1"));
  if (!options.output.figure.empty()) plot::write_figure(draw(found), options.output.figure);
  if (options.output.json) return print_line(to_json(found));
  if (options.output.csv) return print_csv(found);
  print_text(text_of(found, options) + drawing(rates_of(found), 16));
}

}  // namespace

void add_refine(Verb& command) {
  Verb& verb = command.verb("refine", "Make a schedule from the gradient norms of a run");
  auto& options = verb.keep<RefineOptions>();
  options.run.add_one_to(verb);
  verb.add("--norm", options.norm, "What was logged: l2 (for SGD) or l1 (sum of absolute values, for Adam)")
      .type("NORM");
  verb.add("--width", options.width, "Width of the median filter, as a share of the series").type("SHARE");
  verb.add("--close", options.close, "Report a named schedule that differs by at most this share of the peak")
      .type("SHARE");
  verb.add("--steps", options.steps, "Steps of the new schedule; default: those of the log").type("N");
  options.out.add_to(verb);
  options.output.add_to(verb);
  verb.help(
      "The refinement of arXiv 2310.07831: rates are high where gradients are small. Where the log has the learning\n"
      "rate, too, the result is scaled by it (l2, and the run's own number of steps only); else its largest rate is\n"
      "1, and the peak is to be tuned. The grad norms are stretched over the new run, from the first logged one to\n"
      "the last.\n\n"
      "Examples:\n"
      "  scheduled refine --log norms.csv\n"
      "  scheduled refine --log norms.csv --norm l1 --steps 5k --out refined.txt\n"
      "  scheduled tune @refined.txt");
  prints<Refined>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
