// scheduled bound: the bound of schedules at their own peaks, beside the best ones.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "cli/bound_curve.hpp"
#include "cli/bound_log.hpp"
#include "cli/bound_records.hpp"
#include "cli/bound_stream.hpp"
#include "cli/draw.hpp"
#include "cli/explain.hpp"
#include "cli/results.hpp"
#include "cli/verbs.hpp"
#include "scheduled/design.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

struct BoundVerbOptions {
  SpecOptions specs;
  BoundOptions bound;
  CurveVerbOptions curve;
  StreamVerbOptions stream;
  LogOptions log;
  OutputOptions output;
  bool split = false;
  bool explain = false;
};

OmegaSplit split_of(const Schedule& schedule, const BoundSettings& settings) {
  return omega_split(bound_rates(schedule, settings.T), settings.grad_norm, settings.distance);
}

Bounded evaluate(const Schedule& schedule, const BoundSettings& settings, const BoundVerbOptions& options) {
  const BestBaseLr best = best_base_lr(schedule, settings);
  AtBest at_best{{schedule.with_peak(best.peak)}, best, {}};
  Bounded result{{schedule}, schedule.peak(), bound(schedule, settings), {}, std::move(at_best), {}};
  if (options.split) {
    result.split = split_of(schedule, settings);
    result.at_best.split = split_of(result.at_best.schedule.schedule, settings);
  }
  if (options.explain) result.facts = bound_facts(schedule, settings);
  return result;
}

std::string text_of(const NamedSchedule& entry, const Bounded& result, const BoundOptions& options) {
  std::vector<std::string> header{"", "peak LR", "bound"};
  std::vector<std::string> own{"own peak", rounded(entry.schedule.peak()), rounded(result.bound)};
  std::vector<std::string> best{"best peak", rounded(result.at_best.best.peak), rounded(result.at_best.best.bound)};
  if (result.split) {
    for (const char* const name : {"distance term", "noise term", "last-iterate term"}) header.emplace_back(name);
    for (auto [row, split] : {std::pair{&own, &*result.split}, std::pair{&best, &*result.at_best.split}}) {
      for (const double term : {split->distance, split->noise, split->last}) row->push_back(rounded(term));
    }
  }
  best.push_back(method(result.at_best.best));
  header.emplace_back("");
  own.emplace_back("");
  TextTable table(header);
  table.add(own);
  table.add(best);
  return fmt::format("{}\n{} at T = {}\n\n{}", entry.name, settings_text(options), result.at_best.best.T, table.text());
}

plot::Figure draw(const std::vector<NamedSchedule>& schedules, const std::vector<Bounded>& results,
                  const BoundArguments& arguments) {
  const std::vector<std::string> names = short_names(schedules, true);
  std::int64_t end = 1;
  std::vector<plot::Line> rates, bounds;
  for (std::size_t k = 0; k < schedules.size(); ++k) {
    const Schedule& schedule = schedules[k].schedule;
    const std::int64_t T = arguments.settings().T.value_or(schedule.steps().value_or(results[k].at_best.best.T));
    end = std::max(end, T);
    rates.push_back(rate_line(schedule, T, names[k], k));
    bounds.push_back(bound_line(schedule, arguments.settings_of(k), names[k], k));
  }
  return {{rate_panel(std::move(rates), end), bound_panel(std::move(bounds), end, arguments.settings())},
          plot::Arrangement::stacked,
          4.6,
          3.8};
}

std::string explained(const Schedule& schedule, const Bounded& result) {
  const BestBaseLr& best = result.at_best.best;
  return explanation(*result.facts, ChosenPeak{schedule.peak(), best.peak, result.bound / best.bound});
}

void bound_of_specs(const BoundVerbOptions& options) {
  const std::vector<NamedSchedule>& schedules = options.specs.schedules;
  const BoundArguments arguments(options.bound, schedules);
  std::vector<Bounded> results;
  results.reserve(schedules.size());
  for (std::size_t k = 0; k < schedules.size(); ++k) {
    results.push_back(evaluate(schedules[k].schedule, arguments.settings_of(k), options));
  }
  if (!options.output.figure.empty()) {
    plot::write_figure(draw(schedules, results, arguments), options.output.figure);
  }
  if (options.output.json) return print_lines(results, options.bound);
  if (options.output.csv) return print_text(csv_of(results));
  std::string text;
  for (std::size_t k = 0; k < results.size(); ++k) {
    text += (k > 0 ? "\n" : "") + text_of(schedules[k], results[k], options.bound);
    if (options.explain) text += explained(schedules[k].schedule, results[k]);
  }
  print_text(text);
}

using Given = std::pair<bool, std::string_view>;

/// Throws ArgumentError naming the first of these options that was given.
void refuse(std::initializer_list<Given> options, std::string_view requirement) {
  for (const auto& [given, name] : options) {
    if (given) fail_argument(name, requirement);
  }
}

/// One of SPEC, --log and --stream, and only options that belong to it.
void check(const BoundVerbOptions& options) {
  const LogOptions& log = options.log;
  const bool logs = !log.logs.empty();
  const bool specs = !options.specs.specs.empty();
  const bool stream = options.stream.asked();
  if (logs + specs + stream > 1) fail_argument("SPEC, --log and --stream", "only one of them can be given");
  if (!logs && !specs && !stream) fail_argument("SPEC, --log or --stream", "is missing; see scheduled bound --help");
  const auto settings = log.given_settings();
  const std::string setting = settings.empty() ? "" : "--" + settings.front().first;
  if (specs) refuse({{!setting.empty(), setting}}, "only with --log or --stream");
  if (!logs && options.bound.distance && options.bound.distance->automatic) {
    fail_value("distance", "auto", "only with --log");
  }
  if (!logs && options.bound.grad_norm && options.bound.grad_norm->kind == AskedGradNorm::Kind::logged) {
    fail_value("grad_norm", "logged", "only with --log");
  }
  if (!specs || options.curve.asked())
    refuse({{options.bound.noise_share.has_value(), "--noise-share"}}, "only for the bound of SPECs at the end");
  if (!specs) {
    refuse({{options.specs.steps.has_value(), "--steps"}}, "only with SPECs; see --T");
    refuse({{options.split, "--split"},
            {options.curve.curve, "--curve"},
            {options.curve.gradient, "--gradient"},
            {options.explain, "--explain"}},
           "only for SPECs");
  }
  const bool by_omega = options.bound.criterion == Criterion::omega;
  if (!by_omega) refuse({{options.split, "--split"}}, "only for --criterion omega");
  if (options.bound.criterion == Criterion::worst_case) {
    refuse({{options.explain, "--explain"}}, "not with --criterion worst-case; see scheduled worst-case --explain");
  }
  if (options.curve.asked()) {
    refuse({{options.split, "--split"}, {options.explain, "--explain"}},
           options.curve.curve ? "not with --curve" : "not with --gradient");
  } else if (!stream) {
    refuse({{options.curve.every.has_value(), "--every"}}, "only with --curve, --gradient or --stream");
  }
  if (options.output.csv) refuse({{options.explain, "--explain"}}, "not with --csv");
  if (stream) {
    refuse({{options.bound.T.has_value(), "--T"},
            {!by_omega, "--criterion"},
            {!options.output.figure.empty(), "--output"},
            {log.restarts != Restarts::automatic, "--restarts"},
            {log.continue_lr, "--continue-lr"}},
           "not with --stream");
  } else {
    refuse({{options.stream.follow, "--follow"}, {!options.stream.state.empty(), "--state"}}, "only with --stream");
  }
  options.curve.check(options.bound, options.output);
}

void run(const BoundVerbOptions& options) {
  check(options);
  if (options.stream.asked()) {
    return bound_of_stream(options.stream, options.log, options.bound, options.curve.every, options.output);
  }
  if (!options.log.logs.empty()) return bound_along_logs(options.log, options.bound, options.output);
  if (options.curve.asked()) return bound_along_schedules(options.specs, options.bound, options.curve, options.output);
  bound_of_specs(options);
}

}  // namespace

void add_bound(Verb& command) {
  Verb& verb =
      command.verb("bound", "Bound of schedules, along the log of a real run, or step by step while it goes on");
  auto& options = verb.keep<BoundVerbOptions>();
  options.specs.add_to(verb);
  options.bound.add_to(verb, {Criterion::omega, Criterion::standard, Criterion::worst_case},
                       Automatic::distance_and_norms);
  options.bound.add_noise_share_to(verb);
  verb.add("--split", options.split, "Also the three terms of the bound");
  verb.add("--explain", options.explain, "Also what the closed forms say, and what that means in words");
  options.curve.add_to(verb);
  options.stream.add_to(verb);
  options.log.add_to(verb, "Training log instead of SPECs");
  options.output.add_to(verb);
  verb.help(
      "With --log, the bound is evaluated where the validation loss (else the training loss) was logged. Then\n"
      "--grad-norm also takes `logged`, and is that by default where the log has them, else 1; --distance also takes\n"
      "`auto`, the default: the distance at which the rates of the run are the best ones for the last-iterate\n"
      "bound, whatever the criterion. Steps of a log count finished updates.\n\n"
      "With --stream a line is printed for every line of the input, or for every N-th step with --every N. Between\n"
      "the rows of a log the rates are interpolated, or those of --lr, a SPEC with its steps, count at every update;\n"
      "--columns, --log-warmup and --max-gap are as with --log. A malformed line ends it with an error that names\n"
      "the line.\n\n"
      "Examples:\n"
      "  scheduled bound \"wsd(steps=50k, cooldown=20%, peak=0.002)\" --split\n"
      "  scheduled bound \"rsqrt(warmup=1k, peak=0.01)\" -T 20k --grad-norm t^-0.5 --json\n"
      "  scheduled bound \"wsd(steps=400, peak=0.025)\" --curve\n"
      "  scheduled bound \"wsd(steps=400, peak=0.025)\" --curve --gradient --csv --every 100\n"
      "  scheduled bound \"wsd(steps=50k, peak=0.002)\" --explain\n"
      "  printf '0.1\\n0.1\\n0.05\\n' | scheduled bound --stream\n"
      "  scheduled bound --stream run.csv --state run.state --every 250\n"
      "  scheduled bound --log run.csv\n"
      "  scheduled bound --log cooldown.csv --base run.csv --label wsd --log cosine.csv -o runs.svg");
  prints<With<Bounded, BoundOptions>, With<BoundCurve, BoundOptions>, StreamedBound, LoggedBound>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
