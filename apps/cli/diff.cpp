// scheduled diff: where and by how much two schedules, configurations or logs differ.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "cli/draw.hpp"
#include "cli/rate_input.hpp"
#include "cli/verbs.hpp"
#include "lint/records.hpp"
#include "plot/series.hpp"
#include "shell/arguments.hpp"
#include "shell/output.hpp"
#include "shell/print.hpp"
#include "shell/process.hpp"
#include "shell/progress.hpp"
#include "shell/schema.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

struct DiffVerb {
  std::string a, b;
  RateInputOptions reading;
  Share tolerance;
  OutputOptions output;
};

/// Two numbers with as many digits as tell them apart.
std::string both(double a, double b, std::string_view between) {
  const bool alike = a != b && rounded(a) == rounded(b);
  return fmt::format("{}{}{}", alike ? format_number(a) : rounded(a), between, alike ? format_number(b) : rounded(b));
}

/// As other verbs say it, but that a difference which shows is never called none.
std::string against_b(double ratio) {
  constexpr double visible = 5e-7;
  const double share = std::fabs(ratio - 1.0);
  if (share < visible || share > 5e-4) return against(ratio);
  return percent_text(share) + (ratio < 1.0 ? " lower" : " higher");
}

std::string values_text(const DiffAt& at) {
  return fmt::format("at update {}: {}", at.update, both(at.a, at.b, " and "));
}

std::string text_of(const RateDiff& diff, const RateInput& a, const RateInput& b) {
  std::string text = fmt::format("a  {} ({})\nb  {} ({})\n\n", a.name, about_text(a.kind, diff.updates_a), b.name,
                                 about_text(b.kind, diff.updates_b));
  const auto say = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<18}{}\n", name, value);
  };
  say("compared",
      fmt::format("{} update{}{}", diff.compared, diff.compared == 1 ? "" : "s",
                  diff.interpolated ? ", none of which is logged in both: rates on the line between rows" : ""));
  say("differing", std::to_string(diff.differing));
  if (diff.first) say("first", values_text(*diff.first));
  if (diff.largest) {
    say("largest", fmt::format("{} {}", rounded(diff.largest->difference()), values_text(*diff.largest)));
    say("largest share",
        fmt::format("{} of the larger rate {}", percent_text(diff.relative), values_text(*diff.largest_relative)));
  }
  if (diff.jump) say("largest jump", fmt::format("by {} {}", rounded(diff.jump_by), values_text(*diff.jump)));
  if (diff.bound) {
    const DiffBound& bound = *diff.bound;
    say("bound of b", fmt::format("{} ({} after {}, {} after {})", against_b(bound.ratio()), rounded(bound.bound_a),
                                  bound.T_a, rounded(bound.bound_b), bound.T_b));
    say("best peak of b",
        fmt::format("{} ({})", against_b(bound.peak_ratio()), both(bound.peak_a, bound.peak_b, " and ")));
  } else {
    say("bound", "not known: " + diff.no_bound);
  }
  if (diff.loss) {
    say(diff.loss->column, fmt::format("{} at the last of {} common steps, {}", rounded(diff.loss->last.difference()),
                                       diff.loss->steps, diff.loss->last.update));
    say("", fmt::format("largest {} {}", rounded(diff.loss->largest.difference()), values_text(diff.loss->largest)));
  }
  return text + (diff.equal ? "\nequal\n" : "\ndifferent\n");
}

/// Both above, the difference below.
plot::Figure draw(const DiffRates& rates, const RateInput& a, const RateInput& b) {
  const std::vector<double> x(rates.update.begin(), rates.update.end());
  constexpr std::size_t longest = 60;
  const auto name = [](const RateInput& input) { return shortened(input.name, longest); };
  const std::int64_t end = rates.update.back();
  plot::Figure figure{{}, plot::Arrangement::stacked, 4.8, 3.6};
  figure.panels.push_back(
      rate_panel({plot::thinned({name(a), x, rates.a, 0}), plot::thinned({name(b), x, rates.b, 1})}, end));
  figure.panels.push_back({step_axis(end), {.label = "b - a"}, {plot::thinned({"", x, rates.difference, 2})}, 0.7});
  return figure;
}

void run(const DiffVerb& verb) {
  const RateInput a = verb.reading.read(verb.a);
  const RateInput b = verb.reading.read(verb.b);
  const DiffSettings settings{verb.tolerance.value, verb.reading.logs.dense()};
  const RateDiff found = [&] {
    const Busy busy;
    return diff(a, b, settings);
  }();
  if (!verb.output.figure.empty()) plot::write_figure(draw(diff_rates(a, b, settings), a, b), verb.output.figure);
  if (verb.output.json) {
    print_line(to_json(found));
  } else if (verb.output.csv) {
    print_series(diff_rates(a, b, settings));
  } else {
    print_text(text_of(found, a, b));
  }
  if (!found.equal) throw Answered{1};
}

}  // namespace

void add_diff(Verb& command) {
  Verb& verb = command.verb("diff", "Where and by how much two schedules, configurations or logs differ");
  auto& options = verb.keep<DiffVerb>();
  verb.add("A", options.a, rate_input_meaning).required().suggest(suggest_schedules);
  verb.add("B", options.b, "The other one").required().suggest(suggest_schedules);
  verb.add("--tolerance", options.tolerance, "Differences up to this share of the largest rate count as none")
      .type("SHARE");
  options.reading.add_to(verb);
  options.output.add_to(verb);
  verb.help(
      "Exit code 0 where all rates are equal, to the last bit without --tolerance, 1 where they differ, 2 where one\n"
      "cannot be read. Updates count from 1, as steps of a log; of logs the logged ones are compared. Lengths count\n"
      "between two schedules or two logs. Bounds are last-iterate bounds, each at its own best peak. The figure shows\n"
      "both and, below, their difference; --csv prints these.\n\n"
      "Examples:\n"
      "  scheduled diff \"cosine(steps=1000)\" \"linear(steps=1000)\"\n"
      "  scheduled diff \"cosine(steps=1000, peak=1e-3)\" \"cosine(steps=1001, peak=1e-3)\" --tolerance 1% --json\n"
      "  scheduled diff run.csv \"constant(peak=1e-3)\"");
  prints<RateDiff>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
