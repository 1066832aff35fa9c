// scheduled fit: a loss law from the logs of several runs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "cli/draw.hpp"
#include "cli/fit_arguments.hpp"
#include "cli/fit_next.hpp"
#include "cli/law_records.hpp"
#include "cli/verbs.hpp"
#include "plot/series.hpp"
#include "shell/file.hpp"
#include "shell/schema.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

struct FitVerb {
  FitArguments fit;
  NextArguments next;
  std::string save;
  OutputOptions output;
};

struct Fitted {
  std::vector<FitRun> runs;
  LawFit fit;
  std::optional<NextRun> next;
  std::vector<std::vector<double>> curves;  ///< the law at the steps of each run
};

std::string brief(double value) { return fmt::format("{:.4g}", value); }

std::string meaning_of(LawKind kind, const std::string& parameter) {
  for (const LawParameter& p : law_parameters(kind)) {
    if (p.name == parameter) return std::string(p.meaning);
  }
  return {};
}

std::string parameters_text(const LawFit& fit, const std::map<std::string, double>& given) {
  TextTable table({"parameter", "value", "90 % interval", ""});
  for (const Estimate& e : fit.estimates) {
    const bool fixed = given.contains(e.name);
    const std::string state = fixed          ? " (fixed)"
                              : e.at_bound   ? " (at its bound)"
                              : e.identified ? ""
                                             : " (not identified)";
    table.add({e.name, brief(e.value), fixed ? "" : brief(e.lower) + " to " + brief(e.upper),
               meaning_of(fit.fitted.law.kind, e.name) + state});
  }
  const Law& law = fit.fitted.law;
  return table.text() + fmt::format("reference rate {}, reference sum of rates {}\n", rounded(law.reference_rate),
                                    rounded(law.reference_sum));
}

std::string residuals_text(const LawFit& fit) {
  constexpr std::size_t widest = 48;
  TextTable table({"run", "losses", "mean", "RMS", "largest", "largest %"});
  for (const RunResiduals& r : fit.residuals) {
    table.add({shortened(r.name, widest), std::to_string(r.points), fmt::format("{:+.5f}", r.mean),
               fmt::format("{:.5f}", r.rms), fmt::format("{:.5f}", r.largest),
               fmt::format("{:.2f}", 100.0 * r.largest_relative)});
  }
  return "fitted less logged loss\n" + table.text();
}

std::string text_of(const Fitted& found, const FitVerb& verb) {
  const LawFit& fit = found.fit;
  std::size_t points = 0;
  std::int64_t first = found.runs[0].step.front();
  for (const FitRun& run : found.runs) {
    points += run.loss.size();
    first = std::min(first, run.step.front());
  }
  std::string text =
      fmt::format("{} law, {} losses of {} run{} from step {} on; {} residuals; {} after {} iterations\n\n",
                  law_name(fit.fitted.law.kind), points, found.runs.size(), found.runs.size() == 1 ? "" : "s", first,
                  word_of(verb.fit.residuals), fit.converged ? "converged" : "not converged", fit.iterations);
  text += parameters_text(fit, verb.fit.fixed) + "\n" + residuals_text(fit);
  if (!fit.fitted.bootstrap.empty()) {
    text +=
        fmt::format("\nintervals: the wider ones of the covariance and of {} refits\n", fit.fitted.bootstrap.size());
  }
  if (verb.fit.calibrate) {
    text += fmt::format("\nintervals of predictions times {}: what leaving runs out asks for\n",
                        brief(fit.fitted.inflation));
  }
  if (!fit.warnings.empty()) text += "\nwarnings\n";
  for (const std::string& warning : fit.warnings) text += "  - " + warning + "\n";
  if (found.next) text += verb.next.text_of(*found.next, fit.fitted);
  if (!verb.save.empty()) text += "\nsaved as " + verb.save + "\n";
  return text;
}

/// The losses of each run with the law through them.
void print_csv(const Fitted& found) {
  std::vector<FittedCurve> curves;
  for (std::size_t k = 0; k < found.runs.size(); ++k) {
    const FitRun& run = found.runs[k];
    FittedCurve curve{run.step, {}, run.loss, found.curves[k]};
    for (const std::int64_t t : run.step) curve.lr.push_back(run.lr[static_cast<std::size_t>(t) - 1]);
    curves.push_back(std::move(curve));
  }
  print_series(curves, [&](std::size_t k) { return OfRun{found.runs[k].name}; });
}

/// The next of 1, 2, 5, 10, ...: ends of an axis at which it has ticks.
double round_up(double size) {
  const double decade = std::pow(10.0, std::floor(std::log10(size)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * decade >= size) return factor * decade;
  }
  return 10.0 * decade;
}

/// Every n-th point, at most about 60.
plot::Line sparse(const plot::Line& line) {
  constexpr std::size_t most = 60;
  const std::size_t every = line.x.size() / most + 1;
  plot::Line out = line;
  out.x.clear();
  out.y.clear();
  for (std::size_t i = line.x.size(); i > 0; i -= std::min(i, every)) {  // the last one always
    out.x.push_back(line.x[i - 1]);
    out.y.push_back(line.y[i - 1]);
  }
  return out;
}

/// Losses as points with the law through them, what is left over, and the rates.
plot::Figure draw(const Fitted& found) {
  constexpr std::size_t few = 6;  // runs with a name each
  const std::size_t count = found.runs.size();
  std::vector<plot::Line> points, curves, left, rates;
  std::int64_t end = 1;
  for (std::size_t k = 0; k < count; ++k) {
    const FitRun& run = found.runs[k];
    end = std::max(end, run.step.back());
    const std::vector<double> x(run.step.begin(), run.step.end());
    plot::Line logged{count <= few ? run.name : "", x, run.loss, k, plot::Line::Kind::points};
    plot::Line fitted{"", x, found.curves[k], k};
    if (count > few) logged.shade = fitted.shade = static_cast<double>(k) / static_cast<double>(count - 1);
    plot::Line rest = fitted;
    for (std::size_t i = 0; i < x.size(); ++i) rest.y[i] -= run.loss[i];
    plot::Line rate = fitted;
    rate.x.clear();
    for (std::size_t i = 0; i < static_cast<std::size_t>(run.step.back()); ++i) {
      rate.x.push_back(static_cast<double>(i + 1));
    }
    rate.y.assign(run.lr.begin(), run.lr.begin() + run.step.back());
    points.push_back(sparse(logged));
    curves.push_back(plot::thinned(std::move(fitted)));
    left.push_back(plot::thinned(std::move(rest)));
    rates.push_back(plot::thinned(std::move(rate)));
  }
  if (count > few) points.front().label = fmt::format("{} runs, logged", count);
  curves.front().label = "the law";
  constexpr double skipped = 0.05;  // losses of the first steps lie far above all others
  const plot::Axis loss{.label = "loss", .range = plot::settled_range(points, skipped, plot::Scale::linear)};
  plot::Axis rest{.label = "law less loss", .range = plot::settled_range(left, skipped, plot::Scale::linear)};
  const double size = round_up(std::max(-rest.range->low, rest.range->high));
  rest.range = plot::Range{-size, size};
  points.insert(points.end(), curves.begin(), curves.end());
  plot::Figure figure{{{step_axis(end), loss, std::move(points)}, {step_axis(end), rest, std::move(left)}},
                      plot::Arrangement::stacked,
                      4.8,
                      5.4};
  figure.panels.push_back(rate_panel(std::move(rates), end));
  figure.panels[1].weight = 0.6;
  figure.panels[2].weight = 0.5;
  return figure;
}

void run(const FitVerb& verb) {
  if (!verb.fit.law.file.empty()) {
    fail_value("law", verb.fit.law.file, "is the file of a fitted law; to fit one a kind is needed");
  }
  if (!verb.save.empty()) check_writable(verb.save);
  if (!verb.fit.given()) fail_argument("RUN", "at least one log is needed; see scheduled fit --help");
  verb.next.check();
  Fitted found{verb.fit.read(), {}, {}, {}};
  found.fit = verb.fit.fit(found.runs);
  if (verb.next.asked) found.next = verb.next.find(found.fit.fitted, found.runs);
  for (const FitRun& run : found.runs) found.curves.push_back(law_curve(found.fit.fitted.law, run.lr, run.step));
  if (!verb.save.empty()) write_file(verb.save, print_fitted_law(found.fit.fitted) + "\n");
  if (!verb.output.figure.empty()) plot::write_figure(draw(found), verb.output.figure);
  if (verb.output.json) {
    FitAnswer answer{found.fit, {}};
    if (found.next) {
      answer.next = *found.next;
      const std::string refused = verb.next.refused_by(found.fit.fitted);
      if (!refused.empty()) answer.fit.warnings.push_back("next: " + refused);
    }
    return print_line(to_json(answer));
  }
  if (verb.output.csv) return print_csv(found);
  print_text(text_of(found, verb));
}

}  // namespace

void add_fit(Verb& command) {
  Verb& verb = command.verb("fit", "Fit a law of the loss curve to the logs of runs");
  auto& options = verb.keep<FitVerb>();
  verb.add_each("RUN", options.fit.runs, "Training logs, of one model, in one unit");
  options.fit.logs.add_to(verb, "The same, where --base or --label follows");
  options.fit.add_settings_to(verb);
  options.next.add_to(verb);
  verb.add("--save", options.save, "Write the fitted law for predict and cooldown").type("LAW.json");
  options.output.add_to(verb);
  verb.help(
      "All runs are fitted at once; a law learns what a decay gains only from runs that lower their rate. A cooldown\n"
      "branch names the run that it left with --base; where that run is fitted, too, its losses count once. The\n"
      "figure shows the losses with the law through them, what is left over, and the rates. docs/laws.md compares\n"
      "the laws on real runs. --next says which further run would tell most of a schedule's final loss. Its\n"
      "`predicted` has the interval of scheduled predict: that is what to say of the loss. Its \"give or take\" is\n"
      "for comparing runs, and mostly wider: it counts how far whole runs depart from laws, and twelve losses of\n"
      "each run at most.\n\n"
      "Examples:\n"
      "  scheduled fit trunk.csv cosine-decay.csv --log decay.csv --base trunk.csv --log-warmup 100 --save law.json\n"
      "  scheduled fit trunk.csv cosine-decay.csv --law multi-power --fix gamma=0.5 --bootstrap 20 -o fit.png\n"
      "  scheduled fit trunk.csv cosine-decay.csv --law momentum --csv | head -4\n"
      "  scheduled fit trunk.csv cosine-decay.csv --law noise --next \"linear(steps=4k, warmup=100, peak=2e-3)\"");
  prints<FitAnswer>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
