// scheduled tune: the peak learning rate with the smallest bound.
#include <fmt/format.h>

#include <cmath>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "cli/draw.hpp"
#include "cli/explain.hpp"
#include "cli/results.hpp"
#include "cli/verbs.hpp"
#include "scheduled/design.hpp"
#include "shell/arguments.hpp"
#include "shell/print.hpp"
#include "shell/progress.hpp"

namespace scheduled::cli {
namespace {

struct TuneOptions {
  SpecOptions specs;
  BoundOptions bound;
  OutputOptions output;
  Share within{0.01};
  bool explain = false;
};

struct Tuned {
  Schedule schedule;  ///< at its best peak
  LrSensitivity sensitivity;
  const BestBaseLr& best() const { return sensitivity.best; }
};

Tuned tune_one(const Schedule& schedule, const BoundSettings& settings, double within) {
  const LrSensitivity sensitivity = lr_sensitivity(schedule, settings, within);
  return {schedule.with_peak(sensitivity.best.peak), sensitivity};
}

std::string beside(const std::optional<double>& ratio, double best) {
  return ratio ? fmt::format("{} ({:.4g} times the best)", rounded(*ratio * best), *ratio)
               : "below the absolute LRs of the schedule";
}

std::string interval_text(const LrSensitivity& found) {
  std::string text = found.low == 0.0 ? fmt::format("every peak up to {}", rounded(found.high))
                                      : fmt::format("{} to {}", rounded(found.low), rounded(found.high));
  if (found.low > 0.0) {
    text +=
        fmt::format(" ({:.3g} to {:.3g} times the best)", found.low / found.best.peak, found.high / found.best.peak);
  }
  return text + (found.low_at_limit ? ", the absolute LRs allow none below" : "");
}

std::string text_of(const NamedSchedule& entry, const Tuned& tuned) {
  const bool short_enough = print(entry.schedule) == entry.name;
  const BestBaseLr& best = tuned.best();
  std::string text;
  const auto say = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<15}{}\n", name, value);
  };
  say("best peak LR", fmt::format("{} ({})", rounded(best.peak), method(best)));
  say("bound", fmt::format("{} at T = {}", rounded(best.bound), best.T));
  say("at half of it", beside(tuned.sensitivity.at_half, best.bound));
  say("at twice it", beside(tuned.sensitivity.at_double, best.bound));
  say("within " + percent_text(tuned.sensitivity.share), interval_text(tuned.sensitivity));
  say("tuned", short_enough ? print(tuned.schedule) : entry.name + " with this peak");
  return entry.name + "\n" + text;
}

Json json_of(const Tuned& tuned, const BoundOptions& bound) {
  Json json = to_json(tuned.schedule, tuned.best());
  json["at_half"] = tuned.sensitivity.at_half;
  json["at_double"] = tuned.sensitivity.at_double;
  json["within"] = Json::object({{"share", tuned.sensitivity.share},
                                 {"low", tuned.sensitivity.low},
                                 {"high", tuned.sensitivity.high},
                                 {"low_at_limit", tuned.sensitivity.low_at_limit}});
  add_settings(json, bound);
  return json;
}

/// The bound over the peak around each optimum, which is marked.
plot::Figure draw(const std::vector<NamedSchedule>& schedules, const std::vector<Tuned>& tuned,
                  const BoundSettings& settings) {
  constexpr int points = 121;
  constexpr double decades = 1.2;  // each way
  const std::vector<std::string> names = short_names(schedules, false);
  std::vector<plot::Line> lines;
  std::vector<plot::Line> optima;
  for (std::size_t k = 0; k < tuned.size(); ++k) {
    plot::Line line{names[k], {}, {}, k};
    for (int n = 0; n < points; ++n) {
      const double peak = tuned[k].best().peak * std::pow(10.0, decades * (2.0 * n / (points - 1) - 1.0));
      if (peak < tuned[k].schedule.smallest_peak() || !(std::isfinite(peak) && peak > 0.0)) continue;
      line.x.push_back(peak);
      line.y.push_back(bound(tuned[k].schedule.with_peak(peak), settings));
    }
    lines.push_back(std::move(line));
    optima.push_back({"", {tuned[k].best().peak}, {tuned[k].best().bound}, k, plot::Line::Kind::points});
  }
  lines.insert(lines.end(), optima.begin(), optima.end());
  const plot::Axis x{.label = "peak learning rate", .scale = plot::Scale::log};
  const plot::Axis y{.label = bound_label(settings), .scale = plot::Scale::log};
  return {{{x, y, std::move(lines)}}, plot::Arrangement::stacked, 4.4, 2.7};
}

void tune(const TuneOptions& options) {
  if (options.explain && options.output.csv) fail_argument("--explain", "not with --csv");
  if (options.explain && options.bound.criterion == Criterion::worst_case) {
    fail_argument("--explain", "not with --criterion worst-case; see scheduled worst-case --explain");
  }
  const std::vector<NamedSchedule>& schedules = options.specs.schedules;
  const BoundArguments arguments(options.bound, schedules);
  std::vector<Tuned> tuned;
  {
    const Busy busy;
    for (const NamedSchedule& entry : schedules) {
      tuned.push_back(tune_one(entry.schedule, arguments.settings(), options.within.value));
    }
  }
  if (!options.output.figure.empty()) {
    plot::write_figure(draw(schedules, tuned, arguments.settings()), options.output.figure);
  }
  std::string text;
  if (options.output.csv) {
    text = csv_line({"schedule", "T", "peak", "bound", "at_half", "at_double", "closed_form", "low", "high"});
  }
  const auto number = [](const std::optional<double>& value) { return value ? format_number(*value) : ""; };
  for (std::size_t k = 0; k < tuned.size(); ++k) {
    const Tuned& row = tuned[k];
    if (options.output.json) {
      Json json = json_of(row, options.bound);
      if (options.explain) json["closed_forms"] = to_json(bound_facts(row.schedule, arguments.settings()));
      print_line(json);
    } else if (options.output.csv) {
      const BestBaseLr& best = row.best();
      text += csv_line({print(row.schedule), std::to_string(best.T), format_number(best.peak),
                        format_number(best.bound), number(row.sensitivity.at_half), number(row.sensitivity.at_double),
                        best.closed_form ? "true" : "false", format_number(row.sensitivity.low),
                        format_number(row.sensitivity.high)});
    } else {
      text += text_of(schedules[k], row);
      if (options.explain) text += explanation(bound_facts(row.schedule, arguments.settings()));
    }
  }
  print_text(text);
}

}  // namespace

void add_tune(Verb& command) {
  Verb& verb = command.verb("tune", "Find the peak learning rate with the smallest bound");
  auto& options = verb.keep<TuneOptions>();
  options.specs.add_to(verb).required();
  options.bound.add_to(verb, {Criterion::omega, Criterion::standard, Criterion::worst_case});
  verb.add("--within", options.within, "Also the peaks that lose at most this share").type("SHARE");
  verb.add("--explain", options.explain, "Also what the closed forms say, and what that means in words");
  options.output.add_to(verb);
  verb.help(
      "The SPEC's own peak does not matter. 'within' is the range of peaks whose bound is at most 1 % above the best:\n"
      "how exactly the peak has to be met. The figure shows the bound over the peak.\n\n"
      "Examples:\n"
      "  scheduled tune \"wsd(steps=50k, cooldown=20%)\"\n"
      "  scheduled tune \"cosine(steps=50k)\" --explain\n"
      "  scheduled tune wsd cosine --steps 10k --criterion worst-case --within 5%\n"
      "  scheduled tune \"cosine(steps=10k, warmup=300, final=1e-5)\" --grad-norm t^-0.5 --json");
  verb.run([&options] { tune(options); });
}

}  // namespace scheduled::cli
