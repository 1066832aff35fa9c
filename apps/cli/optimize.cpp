// scheduled optimize: the schedule with the smallest bound for given steps, beside linear decay.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "base/error.hpp"
#include "cli/design_records.hpp"
#include "cli/draw.hpp"
#include "cli/results.hpp"
#include "cli/verbs.hpp"
#include "scheduled/design.hpp"
#include "scheduled/exact.hpp"
#include "scheduled/trunk.hpp"
#include "shell/file.hpp"
#include "shell/progress.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

struct OptimizeOptions {
  std::int64_t steps = 0;
  BoundOptions bound;
  std::optional<double> max_lr, final_lr, tolerance;
  std::optional<std::int64_t> warmup;
  std::string prefix;
  bool non_increasing = false;
  std::optional<double> trunk;
  std::optional<Duration> last;
  RatesFile out;
  OutputOptions output;

  bool constrained() const { return non_increasing || max_lr || warmup || final_lr || !prefix.empty(); }
};

ScheduleConstraints constraints_of(const OptimizeOptions& options) {
  ScheduleConstraints constraints;
  if (!options.prefix.empty()) {
    const std::string source = source_name(options.prefix);
    constraints.prefix = read_numbers(source, read_text(options.prefix));
    if (constraints.prefix.empty()) fail_file(source, "holds no rates");
  }
  constraints.warmup = linear_warmup(options.warmup.value_or(0));
  constraints.max_lr = options.max_lr;
  constraints.final_lr = options.final_lr;
  constraints.non_increasing = options.non_increasing;
  return constraints;
}

/// Throws std::runtime_error where there is no such schedule, or none was found to the tolerance.
void require_solved(const OptimumBeside& result, const ScheduleConstraints& constraints, double tolerance) {
  if (result.status == SolveStatus::infeasible) {
    throw std::runtime_error("infeasible: " + contradiction(constraints, "final", "max-lr"));
  }
  if (result.status == SolveStatus::optimal) return;
  constexpr double largest_tolerance = 0.1;
  const double enough = 2.0 * result.gap;
  const std::string advice =
      enough <= largest_tolerance
          ? fmt::format("to {:.2g} relative, not to {:.2g}; --tolerance {:.0e} would take it", result.gap, tolerance,
                        enough)
          : "to nothing of use; grad norms that span many decades are hard where the last rate is given";
  throw std::runtime_error(
      fmt::format("not converged: after {} iterations the bound is certified {}", result.iterations, advice));
}

OptimumBeside optimize(std::int64_t T, GradNorm grad_norm, double distance, const OptimizeOptions& options) {
  SolverOptions solver;
  if (options.tolerance) solver.tolerance = *options.tolerance;
  const ScheduleConstraints constraints = constraints_of(options);
  OptimumBeside found = renamed({{"T", "steps"}, {"max_lr", "max-lr"}, {"final_lr", "final"}}, [&] {
    return optimum_beside_linear(T, grad_norm, distance, constraints, options.bound.criterion, solver);
  });
  require_solved(found, constraints, solver.tolerance);
  return found;
}

std::string status_text(const OptimumBeside& found, const OptimizeOptions& options) {
  if (options.bound.criterion == Criterion::worst_case) {
    return "optimal by the exact worst case, proven (closed form)";
  }
  if (!options.constrained()) return "optimal (closed form)";
  return fmt::format("optimal; no schedule that obeys the constraints has a bound below {} (gap {:.1g}, {} iterations)",
                     rounded(found.lower_bound), std::max(found.gap, 0.0), found.iterations);
}

constexpr double visible = 5e-7;  // relative; what is less is rounding

/// "3 % higher"; differences of optima are small, and all of them are said to the same digits.
std::string compared(double ratio) {
  if (std::fabs(ratio - 1.0) < visible) return "the same";
  return percent_text(std::fabs(ratio - 1.0)) + (ratio < 1.0 ? " lower" : " higher");
}

/// Where the table's other bound is on the side of linear decay. Empty where it is not.
std::string other_bound(const OptimumBeside& found, const OptimizeOptions& options) {
  const bool by_omega = options.bound.criterion == Criterion::omega;
  const double ratio = by_omega ? found.optimum_bounds.worst_case / found.linear_bounds.worst_case
                                : found.optimum_bounds.omega / found.linear_bounds.omega;
  if (!std::isfinite(ratio) || ratio <= 1.0 + visible) return "";
  return by_omega ? fmt::format("Its worst case is {}, because it is the best by Ω only{}.", compared(ratio),
                                options.constrained() ? "" : "; --criterion worst-case finds the other")
                  : fmt::format("Its bound Ω is {}, because it is the best by the worst case only.", compared(ratio));
}

std::string beside_linear(const RateDifference& difference) {
  if (difference.largest < visible) return "Before the last step the two are the same.";
  return fmt::format(
      "Before the last step the two differ by at most {} of linear decay's peak, at step {};\n"
      "    the peak is {}.",
      percent_text(difference.largest), difference.largest_at, compared(difference.peak));
}

std::string words_of(const OptimumBeside& found, const OptimizeOptions& options) {
  const RateDifference& difference = found.difference;
  const std::string name = options.bound.criterion == Criterion::omega ? "bound" : "worst case";
  std::string text = "\nIn words\n";
  const auto say = [&](const std::string& line) { text += "  - " + line + "\n"; };
  if (difference.gain > visible) {
    say(fmt::format("{} better {} than linear decay, worth {} of its steps.", percent_text(difference.gain), name,
                    percent_text(difference.steps_saved)));
  } else {
    say(fmt::format("Linear decay has the same {}.", name));
  }
  if (const std::string other = other_bound(found, options); !other.empty()) say(other);
  if (difference.last_step > 1.0005) {
    say(fmt::format("The last step is an uptick: {:.3g} times the one before it, {:.3g} times that of linear decay.",
                    difference.last_step, difference.last));
  }
  if (found.optimum.lr.size() == 1) return text;
  say(beside_linear(difference));
  if (difference.level_until > 1 && options.constrained()) {
    say(fmt::format("The highest rate lasts until step {}.", difference.level_until));
  }
  say(found.nearest->distance < visible
          ? "That is a named schedule:"
          : fmt::format("The nearest named schedule differs by at most {} of the peak; its {} is {}:",
                        percent_text(found.nearest->distance), name,
                        compared(found.nearest_bound / found.optimum.bound)));
  text += "    " + print(found.nearest->schedule) + "\n";
  if (found.free_bound) {
    const double cost = found.optimum.bound / *found.free_bound - 1.0;
    say(cost < visible ? fmt::format("The constraints cost nothing: without them the best {} is the same.", name)
                       : fmt::format("Without the constraints the best {} would be {}: they cost {}.", name,
                                     rounded(*found.free_bound), percent_text(cost)));
  }
  return text;
}

/// Constant rates instead of the optimum: at --trunk, or at the rate that is best with the average of all iterates.
/// Nothing where the criterion is another, norms vary or there is no step to choose.
std::optional<std::vector<ConstantEnding>> endings_of(const OptimizeOptions& options, GradNorm grad_norm,
                                                      double distance) {
  const std::int64_t T = options.steps;
  if (options.bound.criterion != Criterion::worst_case) {
    if (options.trunk || options.last) fail_argument("--trunk, --last", "only for --criterion worst-case");
    return std::nullopt;
  }
  if (grad_norm.data() != nullptr) {
    if (options.trunk || options.last) fail_argument("--trunk, --last", "only for one grad norm");
    return std::nullopt;
  }
  if (T < 2) return std::nullopt;
  const double lr = options.trunk.value_or(distance / (grad_norm[0] * std::sqrt(static_cast<double>(T))));
  const std::int64_t last =
      options.last ? resolve_steps("last", *options.last, T, {}) : std::max<std::int64_t>(T / 5, 1);
  return renamed({{"lr", "trunk"}}, [&] { return constant_endings(T, lr, last, grad_norm[0], distance); });
}

std::string text_of(const std::vector<ConstantEnding>& endings) {
  std::string text = "Constant rates instead, and their worst case\n";
  for (const ConstantEnding& ending : endings) {
    text += fmt::format("  {:<18} {:<10} {}\n", ending.way, rounded(ending.bound), ending.spec);
  }
  return text + "\n";
}

std::string text_of(const OptimumBeside& found, std::int64_t T, const OptimizeOptions& options) {
  TextTable table({"", "first LR", "highest LR", "last LR", "bound Ω", "worst case"});
  const auto add = [&](const std::string& name, const OptimalSchedule& schedule, const BothBounds& bounds) {
    table.add({name, rounded(schedule.lr.front()), rounded(*std::max_element(schedule.lr.begin(), schedule.lr.end())),
               rounded(schedule.lr.back()), rounded(bounds.omega), rounded(bounds.worst_case)});
  };
  add("optimal", found.optimum, found.optimum_bounds);
  add("linear decay", found.linear, found.linear_bounds);
  return fmt::format("{} step{}; {}\n{}\n\n{}{}\n", T, T == 1 ? "" : "s", settings_text(options.bound),
                     status_text(found, options), table.text(), words_of(found, options));
}

void print_csv(const OptimumBeside& found) {
  OptimizedRates rates{{}, found.optimum.lr, found.linear.lr};
  rates.step.resize(rates.lr.size());
  std::iota(rates.step.begin(), rates.step.end(), 0);
  print_series(rates);
}

plot::Panel rates_of(const OptimumBeside& found, std::int64_t T) {
  return rate_panel({rate_line(Schedule::table(found.optimum.lr), T, "optimal", 0),
                     rate_line(Schedule::table(found.linear.lr), T, "linear decay", 1)},
                    T);
}

plot::Figure draw(const OptimumBeside& found, std::int64_t T, const BoundSettings& settings) {
  std::vector<plot::Line> bounds{bound_line(Schedule::table(found.optimum.lr), settings, "optimal", 0),
                                 bound_line(Schedule::table(found.linear.lr), settings, "linear decay", 1)};
  return {{rates_of(found, T), bound_panel(std::move(bounds), T, settings)}, plot::Arrangement::side_by_side, 6.8, 2.6};
}

/// Without --distance the one that suits the rates already made, as `extend` has it: the last of them is the best one
/// for the usual cooldown from there, as far as the run goes.
double distance_of(const OptimizeOptions& options, GradNorm grad_norm) {
  if (options.bound.distance || options.prefix.empty()) return options.bound.distance_or_1();
  const std::vector<double> done = constraints_of(options).prefix;
  return renamed({{"done", "prefix"}}, [&] { return prefix_distance(done, options.steps, grad_norm); });
}

void run(OptimizeOptions& options) {
  if (options.constrained() && options.bound.criterion == Criterion::worst_case) {
    fail_argument("--max-lr, --non-increasing, --warmup, --prefix, --final", "only for --criterion omega");
  }
  if (!options.constrained() && options.tolerance) fail_argument("--tolerance", "only with a constraint");
  const std::int64_t T = options.steps;
  if (T < 1) fail_value("steps", std::to_string(T), "must be at least 1");
  check_summable(T);
  const GradNorms norms(options.bound.grad_norm_or_1(), T);
  const double distance = distance_of(options, norms.view());
  options.bound.distance = AskedDistance{distance};
  const OptimumBeside found = [&] {
    const Busy busy;
    return optimize(T, norms.view(), distance, options);
  }();
  const auto endings = endings_of(options, norms.view(), distance);
  options.out.write(found.optimum.lr, fmt::format("optimal for {} steps; {}", T, settings_text(options.bound)));
  if (!options.output.figure.empty()) {
    const BoundSettings settings{norms.view(), distance, std::nullopt, options.bound.criterion};
    plot::write_figure(draw(found, T, settings), options.output.figure);
  }
  if (options.output.json) return print_lines(std::vector{Optimized{T, found, endings}}, options.bound);
  if (options.output.csv) return print_csv(found);
  print_text(text_of(found, T, options) + (endings ? text_of(*endings) : "") + drawing(rates_of(found, T), 16));
}

}  // namespace

void add_optimize(Verb& command) {
  Verb& verb = command.verb("optimize", "Find the schedule with the smallest bound, under constraints");
  auto& options = verb.keep<OptimizeOptions>();
  verb.add("--steps", options.steps, "Number of updates, e.g. 50k").type("N").required();
  options.bound.add_settings_to(verb, {Criterion::omega, Criterion::worst_case});
  verb.add("--max-lr", options.max_lr, "No rate is above it").type("LR");
  verb.add("--non-increasing", options.non_increasing, "No rate is above the one before it");
  verb.add("--warmup", options.warmup, "Linear warmup of N steps").type("N");
  verb.add("--prefix", options.prefix, "Rates of the steps already made, one per line").type("FILE");
  verb.add("--final", options.final_lr, "The last rate, > 0").type("LR");
  verb.add("--tolerance", options.tolerance, "Relative gap to certify under constraints; default 1e-9").type("EPS");
  verb.add("--trunk", options.trunk,
           "With --criterion worst-case: also ways to end constant rates of this height; default D/(G sqrt(N))")
      .type("LR");
  verb.add("--last", options.last, "So many steps at their end may change; default 20%").type("N");
  options.out.add_to(verb);
  options.output.add_to(verb);
  verb.help(
      "All rates are > 0; linear decay, to which it is compared, obeys the same constraints at its best height and\n"
      "would reach 0 one step later. The result is a table of rates: --out writes it for @FILE, --json has it as a\n"
      "schedule, too. Grad norms must be > 0. With --criterion worst-case it is the schedule below whose worst case "
      "no\n"
      "method can get (one grad norm), beside constant rates that end with a cooldown or are averaged. Exit code 1 "
      "says that no schedule obeys the constraints, or none was found to\n"
      "the tolerance. Without --distance, the rates of --prefix say it, as for extend: their last one is the best for "
      "a\n"
      "run that cools down from there.\n\n"
      "Examples:\n"
      "  scheduled optimize --steps 100\n"
      "  scheduled optimize --steps 1k --grad-norm t^-0.5 --warmup 50 --max-lr 0.2 --out best.txt\n"
      "  scheduled show @best.txt --at 0,50,999\n"
      "  scheduled optimize --steps 200 --criterion worst-case");
  prints<With<Optimized, BoundOptions>>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
