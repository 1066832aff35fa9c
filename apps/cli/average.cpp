// scheduled average: what averages of iterates guarantee, and which decay they imitate.
#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/average_records.hpp"
#include "cli/draw.hpp"
#include "cli/results.hpp"
#include "cli/verbs.hpp"
#include "scheduled/exact.hpp"
#include "shell/arguments.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

struct AverageOptions {
  SpecOptions specs;
  BoundOptions bound;
  OutputOptions output;
};

Averaged evaluate(const NamedSchedule& entry, const BoundSettings& settings) {
  if (!entry.average) {
    fail_value("SPEC", entry.name, concat({"has no average; write '", entry.name, " | average(last=20%)'"}));
  }
  if (!entry.schedule.proportional_to_peak()) {
    fail_value("SPEC", entry.full_name(), "has absolute rates, so that there is no best peak; give them in % of it");
  }
  const std::vector<double> rates = bound_rates(entry.schedule, settings.T);
  return {{entry.schedule},
          print(*entry.average),
          static_cast<std::int64_t>(rates.size()),
          entry.schedule.peak(),
          average_bound({entry.schedule, entry.average}, settings),
          worst_case(rates, settings.grad_norm, settings.distance).value};
}

std::string text_of(const std::vector<std::string>& names, const std::vector<Averaged>& rows,
                    const BoundOptions& bound) {
  TextTable table(
      {"", "T", "peak LR", "bound", "proof", "decay imitated", "last iterate", "best peak LR", "bound there"});
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const Averaged& row = rows[k];
    table.add({names[k], std::to_string(row.T), rounded(row.peak), rounded(row.found.value),
               std::string(name_of(row.found.rule)), rounded(row.found.imitated), rounded(row.last_iterate),
               rounded(row.best_peak()), rounded(row.found.best_value)});
  }
  std::string text = fmt::format("guarantee of averaged iterates, distance {}, grad norm {}\n\n{}",
                                 format_number(bound.distance_or_1()), bound.grad_norm_or_1().text, table.text());
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::int64_t at = rows[k].found.fails_at;
    if (at == 0) continue;
    text += fmt::format(
        "{}: its weights, with these rates and grad norms, do not meet the condition of the proof 'decay' at step {}\n",
        names[k], at);
  }
  return text;
}

/// The rates of each schedule beside the decay that its average imitates.
plot::Figure draw(const std::vector<NamedSchedule>& schedules, const std::vector<std::string>& names,
                  const BoundSettings& settings) {
  std::vector<plot::Line> lines;
  std::int64_t end = 1;
  for (std::size_t k = 0; k < schedules.size(); ++k) {
    const std::vector<double> rates = bound_rates(schedules[k].schedule, settings.T);
    std::vector<double> decay = weights_of(*schedules[k].average, rates, schedules[k].schedule.spec().step_size);
    double tail = 0.0;  // C_{t+1}
    for (std::size_t t = rates.size(); t-- > 0;) {
      const double weight = decay[t];
      decay[t] = rates[t] * tail;
      tail += weight;
    }
    const auto T = static_cast<std::int64_t>(rates.size());
    end = std::max(end, T);
    lines.push_back(rate_line(schedules[k].schedule, T, names[k], 2 * k));
    lines.push_back(rate_line(Schedule::table(decay), T, "the decay that it imitates", 2 * k + 1));
  }
  return {{rate_panel(std::move(lines), end)}, plot::Arrangement::stacked, 4.6, 2.6};
}

void run(const AverageOptions& options) {
  const std::vector<NamedSchedule>& schedules = options.specs.schedules;
  const BoundArguments arguments(options.bound, schedules);
  std::vector<Averaged> rows;
  rows.reserve(schedules.size());
  for (const NamedSchedule& entry : schedules) rows.push_back(evaluate(entry, arguments.settings()));
  const std::vector<std::string> names = short_names(schedules, false);
  if (!options.output.figure.empty()) {
    plot::write_figure(draw(schedules, names, arguments.settings()), options.output.figure);
  }
  if (options.output.csv) return print_text(csv_of(rows));
  if (options.output.json) return print_lines(rows, options.bound);
  print_text(text_of(names, rows, options.bound));
}

}  // namespace

void add_average(Verb& command) {
  Verb& verb = command.verb("average", "What averages of iterates guarantee, and which decay they imitate");
  auto& options = verb.keep<AverageOptions>();
  options.specs.add_to(verb, true).required();
  options.bound.add_to(verb, {Criterion::worst_case});
  options.bound.criterion = Criterion::worst_case;
  options.output.add_to(verb);
  verb.help(
      "SPEC | average(...) says how the iterates of a run are averaged:\n"
      "  average(last=20%)                 the last fifth of them, uniformly\n"
      "  average(last=2k, every=100)       every 100th of the last 2000\n"
      "  average(last=20%, weights=step)   in proportion to the rates; weights=1-sqrt imitates that cooldown\n"
      "  average(half_life=5%)             an exponential moving average\n\n"
      "An average imitates a decay of the rates without a decay being run. 'proof' says where the bound comes from:\n"
      "decay is the exact worst case of the decay that is imitated, which holds where weights do not fall much along\n"
      "the window and grad norms vary little there. Else, or where iterates are left out, chain, mixture and filled\n"
      "give larger bounds.\n\n"
      "Examples:\n"
      "  scheduled average \"constant(steps=10k, peak=0.005) | average(last=20%)\"\n"
      "  scheduled average \"constant | average(half_life=5%)\" \"constant | average(last=40%)\" --steps 10k --csv\n"
      "  scheduled compare wsd \"constant | average(last=20%)\" --steps 10k --criterion worst-case");
  prints<With<Averaged, BoundOptions>>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
