// scheduled worst-case: the exact worst case of the last iterate, and its certificate.
#include <fmt/format.h>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "cli/certify.hpp"
#include "cli/draw.hpp"
#include "cli/explain.hpp"
#include "cli/results.hpp"
#include "cli/verbs.hpp"
#include "scheduled/bound.hpp"
#include "shell/arguments.hpp"
#include "shell/print.hpp"

namespace scheduled::cli {
namespace {

struct WorstCaseOptions {
  SpecOptions specs;
  BoundOptions bound;
  OutputOptions output;
  CertifyOptions certifying;
  std::vector<std::int64_t> at;
  std::string sdpa;
  bool certify = false;
  bool explain = false;
};

/// Values after several numbers of steps.
struct Along {
  std::vector<std::int64_t> t;
  std::vector<double> worst_case, bound;
  std::vector<double> minimax;  ///< empty where grad norms vary
};

struct Row {
  ScheduleWorstCase found;
  Along along;
  std::optional<Certificate> certificate;
};

std::string_view name_of(ScheduleWorstCase::NoBest reason) {
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

Along evaluate_along(const Schedule& schedule, const BoundSettings& settings, std::vector<std::int64_t> t) {
  Along along{std::move(t), {}, {}, {}};
  if (along.t.empty()) return along;
  const std::vector<double> rates = bound_rates(schedule, settings.T);
  along.worst_case = worst_case_at(rates, settings.grad_norm, settings.distance, along.t);
  along.bound = bound_at(rates, settings, along.t);
  if (settings.grad_norm.data() != nullptr) return along;
  for (const std::int64_t k : along.t) {
    along.minimax.push_back(minimax_rate(k, settings.grad_norm[0], settings.distance));
  }
  return along;
}

Row evaluate(const Schedule& schedule, const BoundSettings& settings, const WorstCaseOptions& options) {
  Row row{schedule_worst_case(schedule, settings), evaluate_along(schedule, settings, options.at), {}};
  if (options.certify) row.certificate = certify(bound_rates(schedule, settings.T), settings, options.certifying);
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

std::string along_text(const Along& along) {
  TextTable table({"T", "worst case", "bound Ω", "Ω / worst case", "minimax D G/√T"});
  for (std::size_t k = 0; k < along.t.size(); ++k) {
    table.add({std::to_string(along.t[k]), rounded(along.worst_case[k]), rounded(along.bound[k]),
               along.worst_case[k] > 0.0 ? fmt::format("{:.4g}", along.bound[k] / along.worst_case[k]) : "",
               along.minimax.empty() ? "" : rounded(along.minimax[k])});
  }
  return "\nat the schedule's own peak\n" + table.text();
}

std::string text_of(const NamedSchedule& entry, const Row& row, const BoundOptions& bound) {
  const ScheduleWorstCase& found = row.found;
  TextTable table({"", "peak LR", "worst case", "bound Ω", "Ω / worst case", "worst case / minimax", "minimum at"});
  table.add(peak_cells("own peak", found.own, found));
  if (found.best) table.add(peak_cells("best peak", *found.best, found));
  std::string text = fmt::format("{}\nworst case of the last iterate, distance {}, grad norm {} at T = {}: {}\n\n{}",
                                 entry.name, format_number(bound.distance_or_1()), bound.grad_norm_or_1().text, found.T,
                                 standing(found), table.text());
  if (!found.best) text += fmt::format("best peak  {}\n", name_of(found.why_no_best));
  if (!row.along.t.empty()) text += along_text(row.along);
  if (row.certificate) text += "\n" + text_of(*row.certificate, found.own.worst_case.value);
  return text;
}

Json json_of(const WorstCaseAtPeak& at) {
  return Json::object({{"peak", at.peak},
                       {"worst_case", at.worst_case.value},
                       {"bound", at.omega},
                       {"W", at.worst_case.W},
                       {"W_min", at.worst_case.W_min},
                       {"end", name_of(at.worst_case.end)}});
}

Json json_of(const Schedule& schedule, const Row& row, const WorstCaseOptions& options) {
  Json json = spec_and_schedule(schedule);
  json["T"] = row.found.T;
  json["exact"] = row.found.exact;
  json.append(json_of(row.found.own));
  json["minimax"] = row.found.minimax;
  json["best"] = row.found.best ? json_of(*row.found.best) : Json();
  if (row.found.best) json["best"]["spec"] = print(schedule.with_peak(row.found.best->peak));
  if (!row.along.t.empty()) {
    json["at"] = Json::object({{"T", row.along.t}, {"worst_case", row.along.worst_case}, {"bound", row.along.bound}});
    if (!row.along.minimax.empty()) json["at"]["minimax"] = row.along.minimax;
  }
  if (row.certificate) json["certificate"] = scheduled::to_json(*row.certificate);
  json["distance"] = options.bound.distance_or_1();
  json["grad_norm"] = options.bound.grad_norm_or_1().json();
  return json;
}

std::string csv_of(const std::vector<NamedSchedule>& schedules, const std::vector<Row>& rows, bool along) {
  const auto number = [](double value) { return format_number(value); };
  if (along) {
    std::string text = csv_line({"schedule", "T", "worst_case", "bound", "minimax"});
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const Along& a = rows[k].along;
      for (std::size_t i = 0; i < a.t.size(); ++i) {
        text += csv_line({print(schedules[k].schedule), std::to_string(a.t[i]), number(a.worst_case[i]),
                          number(a.bound[i]), a.minimax.empty() ? "" : number(a.minimax[i])});
      }
    }
    return text;
  }
  std::string text = csv_line({"schedule", "T", "peak", "worst_case", "bound", "end", "best_peak", "best_worst_case",
                               "minimax", "lower", "upper"});
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const ScheduleWorstCase& found = rows[k].found;
    const auto& certificate = rows[k].certificate;
    text +=
        csv_line({print(schedules[k].schedule), std::to_string(found.T), number(found.own.peak),
                  number(found.own.worst_case.value), number(found.own.omega),
                  std::string(name_of(found.own.worst_case.end)), found.best ? number(found.best->peak) : "",
                  found.best ? number(found.best->worst_case.value) : "", found.minimax ? number(*found.minimax) : "",
                  certificate ? number(certificate->lower) : "", certificate ? number(certificate->upper) : ""});
  }
  return text;
}

/// Rates, and the worst case along the run; of a single schedule with its bound and the minimax rate.
plot::Figure draw(const std::vector<NamedSchedule>& schedules, const std::vector<Row>& rows,
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
    const Along along = evaluate_along(schedule, settings, spread_steps(T, 100));
    const std::vector<double> steps(along.t.begin(), along.t.end());
    values.push_back({one ? "worst case" : names[k], steps, along.worst_case, k});
    if (one) values.push_back({"bound Ω", steps, along.bound, 1});
    if (one && !along.minimax.empty()) values.push_back({"D G/√T, of the best method", steps, along.minimax, 2});
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
  std::vector<Row> rows;
  rows.reserve(schedules.size());
  for (const NamedSchedule& entry : schedules) rows.push_back(evaluate(entry.schedule, settings, options));
  if (!options.sdpa.empty()) {
    write_sdpa_file(options.sdpa, bound_rates(schedules.front().schedule, settings.T), settings);
  }
  if (!options.output.figure.empty()) plot::write_figure(draw(schedules, rows, settings), options.output.figure);
  if (options.output.csv) return print_text(csv_of(schedules, rows, !options.at.empty()));
  std::string text;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (options.output.json) {
      Json json = json_of(schedules[k].schedule, rows[k], options);
      if (options.explain) json["closed_forms"] = to_json(bound_facts(schedules[k].schedule, settings));
      print_line(json);
    } else {
      text += (k > 0 ? "\n" : "") + text_of(schedules[k], rows[k], options.bound);
      if (options.explain) text += explanation(rows[k].found);
    }
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
      "  scheduled worst-case \"wsd(steps=21, peak=0.2)\" --certify --json");
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
