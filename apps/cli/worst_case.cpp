// scheduled worst-case: the exact worst case of the last iterate, and its certificate.
#include <fmt/format.h>

#include <array>

#include "base/error.hpp"
#include "cli/bound_records.hpp"
#include "cli/draw.hpp"
#include "cli/explain.hpp"
#include "cli/results.hpp"
#include "cli/verbs.hpp"
#include "cli/worst_case_function.hpp"
#include "scheduled/bound.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

struct WorstCaseOptions {
  SpecOptions specs;
  BoundOptions bound;
  OutputOptions output;
  CertifyOptions certifying;
  std::vector<std::int64_t> at;
  std::string sdpa;
  std::string function;
  bool run_function = false;
  bool certify = false;
  bool explain = false;
};

std::string_view text_of(ScheduleWorstCase::NoBest reason) {
  switch (reason) {
    case ScheduleWorstCase::NoBest::has_one:
      return "";
    case ScheduleWorstCase::NoBest::absolute_rates:
      return "none: some learning rates are absolute";
    case ScheduleWorstCase::NoBest::no_step_before_the_last:
      return "none: only the last step, which the iterate does not feel";
    case ScheduleWorstCase::NoBest::smallest_at_zero:
      return "none: some grad norm is so small that the worst case falls with the peak";
    case ScheduleWorstCase::NoBest::zero_at_every_peak:
      break;
  }
  return "none: the worst case is 0 at every peak";
}

/// What is known of the value, see docs/theory.md, section 6.
std::string_view standing(const ScheduleWorstCase& found) {
  return found.exact ? "exact (proven)" : "upper bound (no certificate was found)";
}

WorstCaseAlong evaluate_along(const Schedule& schedule, const BoundSettings& settings, std::vector<std::int64_t> t) {
  const std::vector<double> rates = bound_rates(schedule, settings.T);
  WorstCaseAlong along{std::move(t), {}, {}, {}};
  along.worst_case = worst_case_at(rates, settings.grad_norm, settings.distance, along.T);
  along.omega = bound_at(rates, settings, along.T);
  if (settings.grad_norm.data() != nullptr) return along;
  along.minimax.emplace();
  for (const std::int64_t T : along.T) {
    along.minimax->push_back(minimax_rate(T, settings.grad_norm[0], settings.distance));
  }
  return along;
}

WorstCaseRow evaluate(const Schedule& schedule, const BoundSettings& settings, const WorstCaseOptions& options) {
  WorstCaseRow row{{schedule}, schedule_worst_case(schedule, settings), {}, {}, {}, {}, {}};
  if (!options.at.empty()) row.along = evaluate_along(schedule, settings, options.at);
  if (options.certify) row.certificate = certify(bound_rates(schedule, settings.T), settings, options.certifying);
  if (options.explain) row.facts = bound_facts(schedule, settings);
  if (options.run_function || !options.function.empty()) {
    const WorstCaseFunction f =
        worst_case_function(bound_rates(schedule, settings.T), settings.grad_norm, settings.distance);
    if (!options.function.empty()) write_function(options.function, f);
    if (options.run_function) {
      row.run = renamed({{"function", "--run"}}, [&] { return run_worst_case(f); });
      row.run_text = run_text(f, *row.run);
    }
  }
  return row;
}

std::vector<std::string> peak_cells(const std::string& name, const WorstCaseAtPeak& at,
                                    const ScheduleWorstCase& found) {
  const double value = at.worst_case.value;
  return {name,
          rounded(at.peak),
          rounded(value),
          rounded(at.omega),
          value > 0.0 ? fmt::format("{:.4g}", at.omega / value) : "",
          found.minimax && *found.minimax > 0.0 ? fmt::format("{:.4g}", value / *found.minimax) : "",
          std::string(name_of(at.worst_case.end))};
}

std::string along_text(const WorstCaseAlong& along) {
  TextTable table({"T", "worst case", "bound Ω", "Ω / worst case", "minimax D G/√T"});
  for (std::size_t k = 0; k < along.T.size(); ++k) {
    table.add({std::to_string(along.T[k]), rounded(along.worst_case[k]), rounded(along.omega[k]),
               along.worst_case[k] > 0.0 ? fmt::format("{:.4g}", along.omega[k] / along.worst_case[k]) : "",
               along.minimax ? rounded((*along.minimax)[k]) : ""});
  }
  return "\nat the schedule's own peak\n" + table.text();
}

std::string text_of(const NamedSchedule& entry, const WorstCaseRow& row, const BoundOptions& bound) {
  const ScheduleWorstCase& found = row.found;
  TextTable table({"", "peak LR", "worst case", "bound Ω", "Ω / worst case", "worst case / minimax", "minimum at"});
  table.add(peak_cells("own peak", found.own, found));
  if (found.best) table.add(peak_cells("best peak", *found.best, found));
  std::string text = fmt::format("{}\nworst case of the last iterate, distance {}, grad norm {} at T = {}: {}\n\n{}",
                                 entry.name, format_number(bound.distance_or_1()), bound.grad_norm_or_1().text, found.T,
                                 standing(found), table.text());
  if (!found.best) text += fmt::format("best peak  {}\n", text_of(found.why_no_best));
  if (row.along) text += along_text(*row.along);
  if (row.certificate) text += "\n" + text_of(*row.certificate, found.own.worst_case.value);
  if (row.run) text += "\n" + row.run_text;
  return text;
}

/// With --at a line for each number of steps.
void print_csv(const std::vector<WorstCaseRow>& rows) {
  if (!rows.front().along) return print_text(csv_of(rows));
  std::vector<WorstCaseAlong> along;
  for (const WorstCaseRow& row : rows) along.push_back(*row.along);
  print_series(along, [&](std::size_t k) { return OfSchedule{rows[k].schedule}; });
}

/// Rates, and the worst case along the run; of a single schedule with its bound and the minimax rate.
plot::Figure draw(const std::vector<NamedSchedule>& schedules, const std::vector<WorstCaseRow>& rows,
                  const BoundSettings& settings) {
  const std::vector<std::string> names = short_names(schedules, true);
  const bool one = schedules.size() == 1;
  std::vector<plot::Line> rates, values;
  std::int64_t end = 1;
  for (std::size_t k = 0; k < schedules.size(); ++k) {
    const Schedule& schedule = schedules[k].schedule;
    const std::int64_t T = rows[k].found.T;
    end = std::max(end, T);
    rates.push_back(rate_line(schedule, T, one ? "" : names[k], k));
    const WorstCaseAlong along = evaluate_along(schedule, settings, spread_steps(T, 100));
    const std::vector<double> steps(along.T.begin(), along.T.end());
    values.push_back({one ? "worst case" : names[k], steps, along.worst_case, k});
    if (one) values.push_back({"bound Ω", steps, along.omega, 1});
    if (one && along.minimax) values.push_back({"D G/√T, of the best method", steps, *along.minimax, 2});
  }
  plot::Panel panel = bound_panel(std::move(values), end, settings);
  panel.y.label = one ? "loss units" : "worst case";
  return {{rate_panel(std::move(rates), end), std::move(panel)}, plot::Arrangement::stacked, 4.6, 3.8};
}

void run(const WorstCaseOptions& options) {
  if (!options.certify && options.certifying.tolerance) fail_argument("--tolerance", "only with --certify");
  if (options.explain && options.output.csv) fail_argument("--explain", "not with --csv");
  const std::vector<NamedSchedule>& schedules = options.specs.schedules;
  const BoundArguments arguments(options.bound, schedules);
  const BoundSettings& settings = arguments.settings();
  if (!options.sdpa.empty() && schedules.size() != 1) fail_argument("--sdpa", "only for one SPEC");
  if (!options.function.empty() && schedules.size() != 1) fail_argument("--function", "only for one SPEC");
  if (!options.function.empty()) check_function_file(options.function);
  std::vector<WorstCaseRow> rows;
  rows.reserve(schedules.size());
  for (const NamedSchedule& entry : schedules) rows.push_back(evaluate(entry.schedule, settings, options));
  if (!options.sdpa.empty()) {
    write_sdpa_file(options.sdpa, bound_rates(schedules.front().schedule, settings.T), settings);
  }
  if (!options.output.figure.empty()) plot::write_figure(draw(schedules, rows, settings), options.output.figure);
  if (options.output.csv) return print_csv(rows);
  if (options.output.json) {
    return print_lines(rows, Without<BoundOptions, "criterion">{options.bound});
  }
  std::string text;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    text += (k > 0 ? "\n" : "") + text_of(schedules[k], rows[k], options.bound);
    if (options.explain) text += explanation(rows[k].found);
  }
  print_text(text);
}

}  // namespace

void add_worst_case(Verb& command) {
  Verb& verb = command.verb("worst-case", "Exact worst case of the last iterate, with a certificate");
  auto& options = verb.keep<WorstCaseOptions>();
  options.specs.add_to(verb).required();
  options.bound.add_to(verb, {Criterion::worst_case});
  verb.add("--at", options.at, "Also after these numbers of steps, e.g. 10,100,1k").type("T,T");
  verb.add("--certify", options.certify,
           "Solve the performance-estimation SDP (needs CSDP; T up to about 120 in minutes) and verify its answer");
  verb.add("--tolerance", options.certifying.tolerance, "Relative gap of --certify; default 1e-6").type("EPS");
  verb.add("--solver", options.certifying.solver, "CSDP's program, by name or path");
  verb.add("--sdpa", options.sdpa, "Write the SDP in SDPA sparse format, for any solver").type("FILE");
  verb.add("--function", options.function, "Write the function that attains the worst case").type("FILE.{json,npz}");
  verb.add("--run", options.run_function, "Also run the method on that function; T up to 100000");
  verb.add("--explain", options.explain, "Also what the numbers mean, in words");
  options.output.add_to(verb);
  verb.help(
      "The largest loss that any convex function leaves after T steps of the schedule, from the distance D and with\n"
      "gradient norms up to G: exact, and proven, unless it says otherwise. 'minimum at' says where the minimum over\n"
      "the weights of the proof lies: boundary is usual for good steps, interior means that they are too small to\n"
      "reach the optimum.\n\n"
      "Examples:\n"
      "  scheduled worst-case \"linear(steps=61, peak=0.1)\"\n"
      "  scheduled worst-case wsd cosine linear --steps 10k --csv\n"
      "  scheduled worst-case \"wsd(steps=1k, peak=0.02)\" --run --function worst.npz\n"
      "  scheduled worst-case \"wsd(steps=21, peak=0.2)\" --certify --json");
  prints<With<WorstCaseRow, Without<BoundOptions, "criterion">>>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
