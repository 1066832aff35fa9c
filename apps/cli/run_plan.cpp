// scheduled run plan: where branches leave the trunk, what that costs, and what to expect of the results.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "anytime/records.hpp"
#include "base/error.hpp"
#include "cli/draw.hpp"
#include "cli/fit_arguments.hpp"
#include "cli/results.hpp"
#include "cli/run.hpp"
#include "cli/run_emit.hpp"
#include "cli/run_records.hpp"
#include "plot/series.hpp"
#include "scheduled/merge.hpp"
#include "scheduled/plan.hpp"
#include "shell/arguments.hpp"
#include "shell/print.hpp"
#include "shell/process.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

struct PlanOptions {
  SaidSchedule trunk;
  std::vector<Duration> results;
  std::optional<Duration> overhead;
  BoundOptions bound;
  std::string law;
  std::optional<Duration> merge;
  std::optional<std::int64_t> merge_of, checkpoint_bytes;
  std::vector<ResultWay> compare;
  std::optional<Duration> half_life;
  CooldownOptions cooldown;
  EmitOptions emit;
  OutputOptions output;
};

std::optional<double> overhead_of(const std::optional<Duration>& share) {
  if (!share) return std::nullopt;
  if (share->unit != Duration::Unit::percent) {
    fail_value("overhead", print_duration(*share), "must be a share of the longest result, such as 15%");
  }
  return share->value / 100.0;
}

std::string percent_of(double share) { return fmt::format("{:.4g}%", 100.0 * share); }

std::string until(const AnytimePlan& plan, const PlannedCheckpoint& checkpoint) {
  if (checkpoint.is_result) return "it is a result";
  std::string text;
  for (const std::size_t k : checkpoint.needed_by) {
    text += (text.empty() ? "" : " and ") + fmt::format("the branch to {} is finished", plan.branches[k].result);
  }
  if (checkpoint.after_trunk_step)
    text += fmt::format(", and the trunk has committed {}", *checkpoint.after_trunk_step);
  return text;
}

/// The predicted loss and its interval; nothing without a law.
std::vector<double> losses_of(const PlannedBranch& branch) {
  if (!branch.loss) return {};
  return {branch.loss->loss, branch.loss->lower, branch.loss->upper};
}

/// What branches and merges at the same results need of the trunk; nothing where neither was asked for.
std::optional<KeepPlan> keep_of(const PlanOptions& options, const AnytimePlan& plan) {
  if (!options.merge && !options.checkpoint_bytes) return std::nullopt;
  KeepRequest request;
  for (const PlannedBranch& branch : plan.branches) {
    request.branches.push_back(branch.start);
    request.ends.push_back(branch.result);
    if (options.merge) request.merges.push_back(branch.result);
  }
  request.window = options.merge.value_or(request.window);
  request.count = options.merge_of.value_or(request.count);
  request.bytes = options.checkpoint_bytes.value_or(0);
  return renamed({{"window", "merge"}, {"count", "merge-of"}, {"bytes", "checkpoint-bytes"}},
                 [&] { return plan_checkpoints(request); });
}

/// Steps as text: the first ones and the last where there are many.
std::string steps_text(const std::vector<std::int64_t>& steps) {
  constexpr std::size_t most = 8, first = 3;
  std::string text;
  for (std::size_t k = 0; k < steps.size(); ++k) {
    if (steps.size() > most && k >= first && k + 1 < steps.size()) {
      if (k == first) text += ", ...";
      continue;
    }
    text += (k > 0 ? ", " : "") + std::to_string(steps[k]);
  }
  return text;
}

std::string text_of(const KeepPlan& keep, const AnytimePlan& plan) {
  TextTable merges({"merge at", "keep until then"});
  bool any = false;
  for (const PlannedBranch& branch : plan.branches) {
    std::vector<std::int64_t> steps;
    for (const KeptCheckpoint& kept : keep.checkpoints) {
      if (std::find(kept.merges.begin(), kept.merges.end(), branch.result) != kept.merges.end())
        steps.push_back(kept.step);
    }
    any = any || !steps.empty();
    merges.add({std::to_string(branch.result), steps_text(steps)});
  }
  const std::string bytes = keep.bytes > 0 ? fmt::format(", {:.4g} GB", static_cast<double>(keep.bytes) / 1e9) : "";
  return (any ? "\n" + merges.text() : std::string()) +
         fmt::format("\nup to {} checkpoints at once, at step {}{}\n", keep.most, keep.at, bytes);
}

/// The results by other ways; nothing where none was asked for.
std::optional<std::vector<ComparedWay>> ways_of(const PlanOptions& options, const AnytimePlan& plan,
                                                const PlanRequest& planned) {
  if (options.compare.empty()) {
    if (options.half_life) fail_argument("half-life", "is of --compare ema");
    return std::nullopt;
  }
  if (options.output.csv) fail_argument("compare", "is shown as a table and in --json, not in --csv");
  CompareRequest request{.ways = options.compare, .window = options.merge};
  request.count = options.merge_of.value_or(request.count);
  request.half_life = options.half_life.value_or(request.half_life);
  request.checkpoint_bytes = options.checkpoint_bytes.value_or(0);
  request.grad_norm = planned.grad_norm;
  request.distance = planned.distance;
  request.law = planned.law;
  return renamed({{"ways", "compare"},
                  {"window", "merge"},
                  {"count", "merge-of"},
                  {"half_life", "half-life"},
                  {"bytes", "checkpoint-bytes"}},
                 [&] { return compare_ways(plan, request); });
}

std::string text_of(const std::vector<ComparedWay>& ways, const AnytimePlan& plan) {
  const bool with_bytes = ways.front().bytes > 0;
  const bool with_bound = ways.front().results.front().bound.has_value();
  const bool with_loss = ways.front().results.front().loss.has_value();
  std::vector<std::string> captions{"way", "steps", "extra", "checkpoints", "copies"};
  if (with_bytes) captions.emplace_back("GB");
  TextTable costs(captions);
  captions = {"result", "way", "extra steps"};
  if (with_bound) captions.insert(captions.end(), {"worst case", "at best", "factor", "ratio"});
  if (with_loss) captions.insert(captions.end(), {"loss", "90 % from", "to"});
  TextTable results(captions);
  for (const ComparedWay& way : ways) {
    std::vector<std::string> cells{std::string(word_of(way.way)), std::to_string(way.total_steps),
                                   std::to_string(way.extra_steps), std::to_string(way.checkpoints),
                                   std::to_string(way.copies)};
    if (with_bytes) cells.push_back(fmt::format("{:.4g}", static_cast<double>(way.bytes) / 1e9));
    costs.add(std::move(cells));
  }
  for (std::size_t k = 0; k < plan.branches.size(); ++k) {
    for (const ComparedWay& way : ways) {
      const WayResult& result = way.results[k];
      std::vector<std::string> cells{std::to_string(result.result), std::string(word_of(way.way)),
                                     std::to_string(result.extra_steps)};
      if (with_bound) {
        cells.insert(cells.end(), {rounded(*result.bound), rounded(*result.best), rounded(*result.factor),
                                   fmt::format("{:.3f}", *result.ratio)});
      }
      if (with_loss) {
        for (const double value : {result.loss->loss, result.loss->lower, result.loss->upper})
          cells.push_back(fmt::format("{:.4f}", value));
      }
      results.add(std::move(cells));
    }
  }
  return "\n" + costs.text() + "\n" + results.text() +
         (with_bound ? "worst case: at the plan's peak; at best: at that factor of it; ratio: to a cosine run at its "
                       "own best\n"
                     : "") +
         (with_loss ? "loss of an average: of the run that it imitates, of whose gain averages of models reach a part\n"
                    : "");
}

std::string text_of(const AnytimePlan& plan, const std::string& scale) {
  std::string text = fmt::format("trunk {}\n", print(plan.trunk));
  text += plan.tuned ? fmt::format("best peak for all results {} ({})\n\n", rounded(plan.peak), scale)
                     : fmt::format("at its own peak {} ({})\n\n", rounded(plan.peak), scale);
  std::vector<std::string> captions{"result", "leaves the trunk at", "cooldown", "share",
                                    "bound",  "best cosine",         "ratio"};
  const auto any = [&](const std::optional<double> PlannedBranch::*value) {
    return std::ranges::any_of(plan.branches, [&](const PlannedBranch& branch) { return (branch.*value).has_value(); });
  };
  const bool with_worst_case = any(&PlannedBranch::worst_case);
  const bool with_average = any(&PlannedBranch::averaged);
  if (with_worst_case) captions.emplace_back("worst case");
  if (with_average) captions.emplace_back("averaged");
  const bool with_loss = plan.branches.front().loss.has_value();
  if (with_loss) captions.insert(captions.end(), {"loss", "90 % from", "to"});
  TextTable branches(captions);
  for (const PlannedBranch& branch : plan.branches) {
    std::vector<std::string> cells{
        std::to_string(branch.result),      std::to_string(branch.start), std::to_string(branch.cooldown),
        percent_of(branch.share()),         rounded(branch.bound),        rounded(branch.cosine.bound),
        fmt::format("{:.3f}", branch.ratio)};
    if (with_worst_case) cells.push_back(rounded(*branch.worst_case));
    if (with_average) cells.push_back(branch.averaged ? rounded(*branch.averaged) : "-");
    for (const double value : losses_of(branch)) cells.push_back(fmt::format("{:.4f}", value));
    branches.add(std::move(cells));
  }
  TextTable checkpoints({"checkpoint", ""});
  for (const PlannedCheckpoint& checkpoint : plan.checkpoints) {
    const std::string why = until(plan, checkpoint);
    checkpoints.add({std::to_string(checkpoint.step), checkpoint.is_result ? "keep: " + why : "keep until " + why});
  }
  std::string own_peak;
  const double saved = 1.0 - static_cast<double>(plan.total_steps) / static_cast<double>(plan.separate_steps);
  if (with_loss) own_peak = fmt::format("\nloss: by the law, at the trunk's own peak {}\n", rounded(plan.trunk.peak()));
  return text + branches.text() + own_peak +
         fmt::format("\n{} steps: trunk {}, cooldowns {}; {} more than the longest result alone\n", plan.total_steps,
                     plan.trunk_steps, plan.total_steps - plan.trunk_steps, percent_of(plan.overhead)) +
         fmt::format("{} steps as separate cosine runs: {} saved\n", plan.separate_steps, percent_of(saved)) +
         (with_average
              ? fmt::format("{} steps without branches: averaged is the worst case of the mean of the trunk's last "
                            "iterates, as many as the cooldown has\n",
                            plan.branches.back().result)
              : "") +
         "\n" + checkpoints.text();
}

/// The part of a line from x = `begin` on.
plot::Line from(const plot::Line& line, std::int64_t begin) {
  plot::Line out{line.label, {}, {}, line.style};
  for (std::size_t k = 0; k < line.x.size(); ++k) {
    if (line.x[k] < static_cast<double>(begin)) continue;
    out.x.push_back(line.x[k]);
    out.y.push_back(line.y[k]);
  }
  return out;
}

/// The predicted losses along `schedule` from update `begin` to `end`.
plot::Line loss_line(const FittedLaw& law, const Schedule& schedule, std::int64_t begin, std::int64_t end,
                     std::string label, std::size_t style) {
  plot::Line line{std::move(label), {}, {}, style};
  std::vector<std::int64_t> steps;
  for (const std::int64_t t : spread_steps(end - begin, 200)) steps.push_back(begin + t);
  for (const Predicted& predicted : predict_losses(law, schedule, steps)) line.y.push_back(predicted.loss);
  line.x.assign(steps.begin(), steps.end());
  return line;
}

/// The losses that the law predicts for trunk and branches, at the trunk's own peak.
plot::Panel loss_panel(const AnytimePlan& plan, const FittedLaw& law) {
  std::vector<plot::Line> lines{
      loss_line(law, plan.trunk, plan.trunk.layout().warmup_steps, plan.trunk_steps, "trunk", 0)};
  for (const PlannedBranch& branch : plan.branches) {
    lines.push_back(loss_line(law, branch.schedule, branch.start - 1, branch.result, "branches", 1));
  }
  const plot::Range range = plot::settled_range(lines, 0.05, plot::Scale::linear);
  plot::Panel panel{
      step_axis(plan.branches.back().result), {.label = "predicted loss", .range = range}, std::move(lines)};
  panel.title = fmt::format("at the trunk's own peak {}", rounded(plan.trunk.peak()));  // the others: at the plan's
  return panel;
}

/// Trunk and branches: the rates, and below them the bound with that of the cosine runs where they end.
plot::Figure draw(const AnytimePlan& plan, const BoundSettings& settings, const std::optional<FittedLaw>& law) {
  const std::int64_t end = plan.branches.back().result;
  const Schedule trunk = plan.trunk.with_peak(plan.peak);
  std::vector<plot::Line> rates{rate_line(trunk, plan.trunk_steps, "trunk", 0)};
  BoundSettings of_trunk = settings;
  of_trunk.T = plan.trunk_steps;
  std::vector<plot::Line> bounds{bound_line(trunk, of_trunk, "trunk", 0)};
  plot::Line cosines{"cosine runs", {}, {}, 2, plot::Line::Kind::points};
  for (const PlannedBranch& branch : plan.branches) {
    const Schedule schedule = branch.schedule.with_peak(plan.peak);
    rates.push_back(from(rate_line(schedule, branch.result, "branches", 1), branch.start - 1));
    bounds.push_back(from(bound_line(schedule, settings, "branches", 1), branch.start));
    cosines.x.push_back(static_cast<double>(branch.result));
    cosines.y.push_back(branch.cosine.bound);
  }
  bounds.push_back(std::move(cosines));
  plot::Figure figure{{rate_panel(std::move(rates), end), bound_panel(std::move(bounds), end, settings)},
                      plot::Arrangement::stacked,
                      4.4,
                      3.6};
  if (!law) return figure;
  figure.panels.push_back(loss_panel(plan, *law));
  figure.height = 5.2;
  return figure;
}

/// --law. Rates without a unit would give a loss that means nothing.
std::optional<FittedLaw> law_of(const PlanOptions& options) {
  if (options.law.empty()) return std::nullopt;
  require_peak("trunk", options.trunk, "--law needs the learning rate of the run, peak=LR");
  return read_law(options.law);
}

/// Where the law was never shown such rates or lengths.
void warn_of_extrapolation(const AnytimePlan& plan, const FittedLaw& law) {
  const PlannedBranch& longest = plan.branches.back();
  for (const std::string& outside : extrapolations(law, longest.schedule.values())) {
    warn("extrapolated, so less sure than the intervals say: the branch to " + std::to_string(longest.result) + ": " +
         outside);
  }
}

/// --emit. What trains has learning rates in real units.
Asked<JobPlan> jobs_of(const PlanOptions& options, const AnytimePlan& plan) {
  if (!options.emit.engine) return {};
  require_peak("trunk", options.trunk, "--emit needs the learning rate of the run, peak=LR");
  return options.emit.write(plan, options.checkpoint_bytes);
}

void plan_run(const PlanOptions& options) {
  options.emit.check();
  PlanRequest request{.trunk = options.trunk.schedule, .results = options.results};
  request.cooldown = options.cooldown.cooldown;
  request.max_overhead = overhead_of(options.overhead);
  request.distance = options.bound.distance_or_1();
  std::int64_t longest = 0;
  for (const Duration& result : request.results) {
    longest = std::max(longest, resolve_steps("results", result, {}, request.trunk.spec().step_size));
  }
  check_summable(longest);
  const GradNorms grad_norms(options.bound.grad_norm_or_1(), longest);
  request.grad_norm = grad_norms.view();
  request.law = law_of(options);
  const AnytimePlan plan = plan_anytime(request);
  if (request.law) warn_of_extrapolation(plan, *request.law);
  const std::optional<KeepPlan> keep = keep_of(options, plan);
  const std::optional<std::vector<ComparedWay>> ways = ways_of(options, plan, request);
  const Asked<JobPlan> jobs = jobs_of(options, plan);
  const BoundSettings settings{request.grad_norm, request.distance};
  if (!options.output.figure.empty()) plot::write_figure(draw(plan, settings, request.law), options.output.figure);
  if (options.output.json) {
    PlannedRun planned{plan, {}, {}, jobs};
    if (keep) planned.keep = *keep;
    if (ways) planned.ways = *ways;
    return print_lines(std::vector{planned}, Without<BoundOptions, "criterion">{options.bound});
  }
  const std::string scale =
      fmt::format("distance {}, grad norm {}", format_number(request.distance), options.bound.grad_norm_or_1().text);
  print_text(options.output.csv ? csv_of(plan.branches)
                                : text_of(plan, scale) + (ways ? text_of(*ways, plan) : std::string()) +
                                      (keep ? text_of(*keep, plan) : std::string()) +
                                      (jobs ? options.emit.text_of(*jobs) : std::string()));
}

}  // namespace

void add_run_plan(Verb& run, CheckTraining check) {
  Verb& verb = run.verb("plan", "Where branches leave the trunk, what that costs, what to expect");
  auto& options = verb.keep<PlanOptions>();
  verb.add("--trunk", options.trunk, "Schedule without a horizon, e.g. \"rsqrt(warmup=1k)\"")
      .type("SPEC")
      .suggest(suggest_schedules)
      .required();
  verb.add("--results", options.results, "Total budgets of the results: steps, tokens or examples")
      .type("N,N")
      .required();
  const CooldownOptions::Added cooldown = options.cooldown.add_to(verb, "its result's budget");
  verb.add("--overhead", options.overhead,
           "Choose the shares so that all takes at most this much more than the longest result alone, e.g. 15%")
      .type("P%")
      .excludes(cooldown.length);
  options.bound.add_settings_to(verb, {Criterion::omega});
  verb.add("--law", options.law,
           "Fitted loss law (JSON): predicts the loss of each result at the trunk's own peak, which must be given")
      .type("FILE");
  const Option merge = verb.add("--merge", options.merge,
                                "Also merge the trunk's checkpoints of a window before each result, e.g. the last 20%");
  verb.add("--merge-of", options.merge_of, "So many checkpoints in each window; default: 8").type("N").needs(merge);
  verb.add("--checkpoint-bytes", options.checkpoint_bytes, "Of one checkpoint, for the disk that the plan takes")
      .type("N");
  verb.add("--compare", options.compare,
           "Also by these ways: steps, checkpoints, guarantee and, with --law, loss of each result")
      .type("WAY,...");
  verb.add("--half-life", options.half_life,
           "Of --compare ema: updates, or a share of those made so far; default: 10%");
  options.emit.check_training = check;
  options.emit.add_to(verb);
  options.output.add_to(verb);
  verb.help(
      "Bounds are at the trunk's peak that is best for all results together; the ratio is to a cosine run of the same\n"
      "budget at its best peak. The figure shows trunk and branches, rates above bounds.\n"
      "With --law: losses have a 90 % interval, and are for the trunk's own peak, as laws know real learning rates.\n\n"
      "Examples:\n"
      "  scheduled run plan --trunk \"rsqrt(warmup=1k)\" --results 50k,100k,200k --cooldown 20%\n"
      "  scheduled run plan --trunk \"constant(warmup=300, tokens_per_step=100k)\" --results 2Btok,5Btok --overhead "
      "10% "
      "--csv\n"
      "  scheduled run plan --trunk \"rsqrt(warmup=300, peak=1e-3)\" --results 10k,20k --law law.json\n"
      "  scheduled run plan --trunk \"constant(warmup=300)\" --results 10k,20k --merge 20% --checkpoint-bytes 500B\n"
      "  scheduled run plan --trunk \"constant(warmup=300)\" --results 10k,20k --compare "
      "cooldown,merge,ema,schedule-free\n"
      "  scheduled run plan --trunk \"rsqrt(warmup=10, peak=1e-2)\" --results 1k,2k --emit slurm --run model --config "
      "train.json --step-seconds 2 --checkpoint-bytes 7k --clock 30m --checkpoint-every 100");
  prints<With<PlannedRun, Without<BoundOptions, "criterion">>>(verb);
  verb.run([&options] { plan_run(options); });
}

}  // namespace scheduled::cli
