// scheduled tune: the peak learning rate with the smallest bound.
#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "cli/design_records.hpp"
#include "cli/draw.hpp"
#include "cli/explain.hpp"
#include "cli/results.hpp"
#include "cli/verbs.hpp"
#include "scheduled/design.hpp"
#include "shell/progress.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

struct TuneOptions {
  SpecOptions specs;
  BoundOptions bound;
  OutputOptions output;
  Share within{0.01};
  bool explain = false;
};

const BestBaseLr& best_of(const Tuned& tuned) { return tuned.sensitivity.best; }

Tuned tune_one(const Schedule& schedule, const BoundSettings& settings, const TuneOptions& options) {
  const LrSensitivity found =
      renamed({{"share", "within"}}, [&] { return lr_sensitivity(schedule, settings, options.within.value); });
  Tuned tuned{{schedule.with_peak(found.best.peak)}, found, {}};
  if (options.explain) tuned.facts = bound_facts(tuned.schedule.schedule, settings);
  return tuned;
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
  const BestBaseLr& best = best_of(tuned);
  std::string text;
  const auto say = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<15}{}\n", name, value);
  };
  say("best peak LR", fmt::format("{} ({})", rounded(best.peak), method(best)));
  say("bound", fmt::format("{} at T = {}", rounded(best.bound), best.T));
  say("at half of it", beside(tuned.sensitivity.at_half, best.bound));
  say("at twice it", beside(tuned.sensitivity.at_double, best.bound));
  say("within " + percent_text(tuned.sensitivity.share), interval_text(tuned.sensitivity));
  say("tuned", short_enough ? print(tuned.schedule.schedule) : entry.name + " with this peak");
  return entry.name + "\n" + text;
}

/// The bound over the peak around each optimum, which is marked.
plot::Figure draw(const std::vector<NamedSchedule>& schedules, const std::vector<Tuned>& tuned,
                  const BoundArguments& arguments) {
  constexpr int points = 121;
  constexpr double decades = 1.2;  // each way
  const std::vector<std::string> names = short_names(schedules, false);
  std::vector<plot::Line> lines;
  std::vector<plot::Line> optima;
  for (std::size_t k = 0; k < tuned.size(); ++k) {
    plot::Line line{names[k], {}, {}, k};
    for (int n = 0; n < points; ++n) {
      const double peak = best_of(tuned[k]).peak * std::pow(10.0, decades * (2.0 * n / (points - 1) - 1.0));
      if (peak < tuned[k].schedule.schedule.smallest_peak() || !(std::isfinite(peak) && peak > 0.0)) continue;
      line.x.push_back(peak);
      line.y.push_back(bound(tuned[k].schedule.schedule.with_peak(peak), arguments.settings_of(k)));
    }
    lines.push_back(std::move(line));
    optima.push_back({"", {best_of(tuned[k]).peak}, {best_of(tuned[k]).bound}, k, plot::Line::Kind::points});
  }
  lines.insert(lines.end(), optima.begin(), optima.end());
  const plot::Axis x{.label = "peak learning rate", .scale = plot::Scale::log};
  const plot::Axis y{.label = bound_label(arguments.settings()), .scale = plot::Scale::log};
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
    for (std::size_t k = 0; k < schedules.size(); ++k) {
      tuned.push_back(tune_one(schedules[k].schedule, arguments.settings_of(k), options));
    }
  }
  if (!options.output.figure.empty()) {
    plot::write_figure(draw(schedules, tuned, arguments), options.output.figure);
  }
  if (options.output.json) return print_lines(tuned, options.bound);
  if (options.output.csv) return print_text(csv_of(tuned));
  std::string text;
  for (std::size_t k = 0; k < tuned.size(); ++k) {
    text += text_of(schedules[k], tuned[k]);
    if (options.explain) text += explanation(*tuned[k].facts);
  }
  print_text(text);
}

}  // namespace

void add_tune(Verb& command) {
  Verb& verb = command.verb("tune", "Find the peak learning rate with the smallest bound");
  auto& options = verb.keep<TuneOptions>();
  options.specs.add_to(verb).required();
  options.bound.add_to(verb, {Criterion::omega, Criterion::standard, Criterion::worst_case});
  options.bound.add_noise_share_to(verb);
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
      "  scheduled tune \"cosine(steps=10k, warmup=300, final=1e-5)\" --grad-norm t^-0.5 --json\n"
      "  scheduled tune \"wsd(steps=400, batch=[0:256, 100:1024])\" --noise-share 0.9");
  prints<With<Tuned, BoundOptions>>(verb);
  verb.run([&options] { tune(options); });
}

}  // namespace scheduled::cli
