// scheduled refine: a schedule from the grad norms of a run.
#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/draw.hpp"
#include "cli/log_options.hpp"
#include "cli/results.hpp"
#include "cli/verbs.hpp"
#include "design/records.hpp"
#include "plot/series.hpp"
#include "scheduled/design.hpp"
#include "shell/arguments.hpp"
#include "shell/file.hpp"
#include "shell/print.hpp"
#include "shell/progress.hpp"

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

struct Refined {
  RunLog log;
  Series norms;
  DenseStretch dense;
  RefinedRun run;
  std::int64_t steps = 0;
};

/// The rates of the run, or why they are not known.
std::vector<double> own_rates(const RunLog& log, const DenseStretch& norms, const DenseOptions& dense,
                              std::string& why_not) {
  if (norms.first > 1) {
    why_not = fmt::format("the log has no grad norms before step {}; --base RUN puts the run before it", norms.first);
    return {};
  }
  KnownRates known = known_rates(log, dense);
  why_not = std::move(known.why_not);
  return std::move(known.lr);
}

Refined refine_log(const RefineOptions& options) {
  RunLog log = options.run.read(options.run.logs.front());
  Series norms = series(log, "grad_norm");
  if (norms.step.size() < 2) {
    fail_file(log.name, fmt::format("{} row{} of grad_norm; must be at least 2", norms.step.size(),
                                    norms.step.size() == 1 ? "" : "s"));
  }
  for (std::size_t k = 0; k < norms.step.size(); ++k) {
    if (norms.value[k] > 0.0) continue;
    fail_file(log.name, fmt::format("grad_norm at step {} = 0: must be > 0; leave the cell of a skipped step empty",
                                    norms.step[k]));
  }
  DenseStretch dense = densify_logged(log, "grad_norm", options.run.dense());
  const std::int64_t steps = options.steps.value_or(static_cast<std::int64_t>(dense.values.size()));
  check_summable(steps);
  const RefineSettings settings{
      .norm = options.norm, .width = options.width.value, .steps = steps, .close = options.close.value};
  std::string why_not;
  const std::vector<double> own = own_rates(log, dense, options.run.dense(), why_not);
  RefinedRun run = refine_run(dense.values, own, settings);
  if (own.empty() && settings.norm == NormKind::l2) run.why_no_transfer = why_not;
  return {std::move(log), std::move(norms), std::move(dense), std::move(run), steps};
}

std::string text_of(const Refined& found, const RefineOptions& options) {
  const std::vector<double>& norms = found.run.refined.grad_norm;
  std::string text =
      fmt::format("{}\n{} grad norms ({}) from step {} to {}; filtered: {} at first, {} at last\n", found.log.name,
                  found.norms.step.size(), word_of(options.norm), found.norms.step.front(), found.norms.step.back(),
                  rounded(norms.front()), rounded(norms.back()));
  const std::string part =
      found.dense.first > 1 ? fmt::format(", for steps {} to {} only", found.dense.first, found.norms.step.back()) : "";
  text += fmt::format("a schedule of {} steps{}\n\n", found.steps, part);
  if (found.run.transfer) {
    text += fmt::format(
        "  bound, each at its best scale: {} for the run's own schedule\n"
        "  peak LR  {} if the scale of the run's own was the best\n",
        against(found.run.transfer->to.bound / found.run.transfer->from.bound) + " than", rounded(found.run.peak()));
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

Json json_of(const Refined& found, const RefineOptions& options) {
  Json json;
  json["schedule"] = schedule_json(found.run.schedule());
  json["log"] = found.log.name;
  json["norm"] = word_of(options.norm);
  json["norms"] = found.norms.step.size();
  json["first_step"] = found.norms.step.front();
  json["last_step"] = found.norms.step.back();
  json["steps"] = found.steps;
  json["peak"] = found.run.transfer ? Json(found.run.peak()) : Json();
  json["bound_over_own"] =
      found.run.transfer ? Json(found.run.transfer->to.bound / found.run.transfer->from.bound) : Json();
  if (!found.run.transfer) json["why_no_peak"] = found.run.why_no_transfer;
  if (const auto nearest = found.run.nearest()) {
    json["nearest"] = Json::object({{"spec", print(*nearest)}, {"distance", found.run.refined.nearest->distance}});
  } else {
    json["nearest"] = nullptr;
  }
  json["grad_norm"] = found.run.refined.grad_norm;
  return json;
}

void print_csv(const Refined& found) {
  Output output;
  output.write("step,lr,grad_norm\n");
  const Schedule schedule = found.run.schedule();
  for (std::int64_t t = 0; t < found.steps; ++t) {
    output.write(fmt::format("{},{},{}\n", t, format_number(schedule.lr(t)),
                             format_number(found.run.refined.grad_norm[static_cast<std::size_t>(t)])));
  }
  output.flush();
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
  if (!options.run.given()) fail({"--log is missing; see scheduled refine --help"});
  const Refined found = [&] {
    const Busy busy;
    return refine_log(options);
  }();
  const Schedule schedule = found.run.schedule();
  options.out.write(schedule.values(), fmt::format("refined from the grad norms of {}; {}", found.log.name,
                                                   found.run.transfer ? "at the peak to try" : "largest rate 1"));
  if (!options.output.figure.empty()) plot::write_figure(draw(found), options.output.figure);
  if (options.output.json) return print_line(json_of(found, options));
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
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
