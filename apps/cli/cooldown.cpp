// scheduled cooldown: what a cooldown started now would give, without running it.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "cli/draw.hpp"
#include "cli/fit_arguments.hpp"
#include "cli/law_records.hpp"
#include "cli/log_source.hpp"
#include "cli/predict.hpp"
#include "cli/verbs.hpp"
#include "plot/series.hpp"
#include "scheduled/law.hpp"
#include "scheduled/trunk.hpp"
#include "shell/progress.hpp"
#include "shell/schema.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

/// --trunk: a log, where there is one, or a schedule.
struct TrunkSource {
  std::string log;
  std::optional<SaidSchedule> schedule;
};

struct CooldownVerb {
  std::string law;
  FitArguments fit;
  std::optional<TrunkSource> trunk;
  std::optional<std::int64_t> at;
  std::vector<std::string> trunk_bases;
  std::vector<Duration> lengths{percent(5), percent(10), percent(20), percent(40)};
  Decay decay = LinearDecay{};
  Rate final;
  std::int64_t further = 1000;
  OutputOptions output;
};

/// The run that goes on.
struct Trained {
  std::string name;
  Trunk trunk;
  Series losses;  ///< logged ones, where there are any

  std::vector<double> lr() const { return trunk.values(trunk.step()); }
};

struct Answer : CooldownAnswers {
  std::string law_name;
  std::vector<double> trunk;  ///< its rates so far
  Series losses;
};

Trained logged_trunk(const CooldownVerb& verb) {
  const RunLog log = verb.fit.logs.read({verb.trunk->log, verb.trunk_bases});
  const std::string column(verb.fit.column.empty() ? loss_column(log) : verb.fit.column);
  return {log.name, Trunk(trunk_rates(log, verb.at, verb.fit.logs.dense())),
          has_values(log, column) ? series(log, column) : Series{}};
}

Trained planned_trunk(const CooldownVerb& verb) {
  const auto& [schedule, text, says_peak] = *verb.trunk->schedule;
  if (!says_peak) fail_value("trunk", text, "has no peak; a law needs the learning rate, peak=LR");
  if (!verb.at) fail_argument("--at", "is missing: how many steps of the trunk are done");
  check_summable(*verb.at);
  return {print(schedule), Trunk(trunk_rates(schedule.values(*verb.at), print(schedule))), {}};
}

Trained trunk_of(const CooldownVerb& verb, const std::vector<FitRun>& runs) {
  if (!verb.trunk_bases.empty() && (!verb.trunk || verb.trunk->schedule)) {
    fail_argument("--trunk-base", "--trunk must be the log of a run that went on from it");
  }
  if (verb.trunk) return verb.trunk->schedule ? planned_trunk(verb) : logged_trunk(verb);
  if (runs.empty()) {
    fail_argument("--trunk", "is missing: a log, or a schedule such as \"constant(peak=1e-3)\" with --at");
  }
  const FitRun& run = runs.front();
  return {run.name, Trunk(trunk_rates(run.lr, run.name, verb.at)), {run.step, run.loss}};
}

/// The last rate as a share of the trunk's.
double final_share(const CooldownVerb& verb, double lr) {
  const bool is_share = verb.final.unit == Rate::Unit::percent;
  const double share = is_share ? verb.final.value / 100.0 : verb.final.value / lr;
  if (share >= 0.0 && share < 1.0) return share;
  fail_value("final", print_rate(verb.final),
             fmt::format("must be at least 0 and below {}; a share of it has a %, as in 10%",
                         is_share ? "100%, the trunk's rate" : "the trunk's rate, " + rounded(lr)));
}

CooldownQuestion question_of(const CooldownVerb& verb, const std::vector<double>& trunk) {
  const auto now = static_cast<std::int64_t>(trunk.size());
  CooldownQuestion question;
  for (const Duration entry : verb.lengths) {
    const std::int64_t length = cooldown_steps(entry, now);
    const bool twice = std::find(question.lengths.begin(), question.lengths.end(), length) != question.lengths.end();
    if (!twice) question.lengths.push_back(length);
  }
  question.final = final_share(verb, trunk.back());
  question.decay = verb.decay;
  question.further = verb.further;
  check_cooldown({steps(1), question.decay, percent_of_peak(100.0 * question.final)});
  return question;
}

/// The file of a fitted law, as LAW or --law; empty: one is fitted now.
std::string law_file(const CooldownVerb& verb) {
  if (!verb.law.empty() && !verb.fit.law.file.empty()) fail_argument("--law", "not with LAW, which is a fitted one");
  return verb.law.empty() ? verb.fit.law.file : verb.law;
}

Answer answer(const CooldownVerb& verb) {
  Answer found;
  const std::string law = law_file(verb);
  std::vector<FitRun> runs;
  if (law.empty()) {
    if (!verb.fit.given()) {
      fail_argument("LAW", "is missing: a fitted law, or --log RUN to fit one now; see scheduled cooldown --help");
    }
    runs = verb.fit.read();
  } else if (verb.fit.given()) {
    fail_argument("--log", "not with a fitted law; --trunk names the run that goes on");
  } else if (verb.fit.settings_given()) {
    fail_argument("options of the fit", "not with a fitted law; they are for --log RUN");
  }
  Trained trained = trunk_of(verb, runs);
  found.name = trained.name;
  found.trunk = trained.lr();
  found.lr = found.trunk.back();
  found.losses = std::move(trained.losses);
  found.question = question_of(verb, found.trunk);
  if (law.empty()) {
    const LawFit fit = verb.fit.fit(runs);
    found.fitted = fit.fitted;
    found.law_name = fmt::format("fitted to {} run{}", runs.size(), runs.size() == 1 ? "" : "s");
    found.warnings = fit.warnings;
  } else {
    found.fitted = read_law(law);
    found.law_name = "of " + law;
  }
  const Busy busy;
  found.cooldown = virtual_cooldown(found.fitted, found.trunk, found.question);
  const std::int64_t longest = *std::max_element(found.question.lengths.begin(), found.question.lengths.end());
  for (std::string& outside :
       extrapolations(found.fitted, with_cooldown(found.trunk, longest, found.question.decay, found.question.final))) {
    found.warnings.push_back("extrapolated: " + outside);
  }
  return found;
}

/// Whether the steps pay, in words.
std::string worth(const Answer& found, const CooldownAnswer& row) {
  const std::string more = std::to_string(found.question.further) + " more steps on the trunk first would ";
  switch (worth_going_on(row)) {
    case WorthGoingOn::no:
      return fmt::format("No: {}lose {:.4f}.", more, -row.gain.loss);
    case WorthGoingOn::unsure:
      return fmt::format("Not sure: {}win {}; the law cannot tell it from nothing.", more, difference_text(row.gain));
    case WorthGoingOn::yes:
      break;
  }
  return fmt::format("Yes, by the law: {}win {}.", more, difference_text(row.gain));
}

std::string words_of(const Answer& found) {
  const auto& answers = found.cooldown.answers;
  const auto best = std::min_element(answers.begin(), answers.end(),
                                     [](const CooldownAnswer& a, const auto& b) { return a.loss.loss < b.loss.loss; });
  std::string text = "\nIn words\n";
  text += fmt::format("  - A cooldown of {} step{} now would end at {} ({}), {:.4f} below the trunk as it is.\n",
                      best->length, best->length == 1 ? "" : "s", loss_text(best->loss.loss), interval_text(best->loss),
                      found.cooldown.trunk.loss - best->loss.loss);
  text += fmt::format("  - Is it worth going on before that? {}\n", worth(found, *best));
  const BetterSpent spent = better_spent(*best);
  text += fmt::format("  - The next {} steps are {} ({:.4f} on the trunk, {:.4f} in the cooldown).\n",
                      found.question.further,
                      spent == BetterSpent::alike      ? "as well spent on the trunk as in a longer cooldown"
                      : spent == BetterSpent::cooldown ? "better spent in a longer cooldown than on the trunk"
                                                       : "better spent on the trunk than in a longer cooldown",
                      best->gain.loss, best->longer.loss);
  return text;
}

std::string text_of(const Answer& found, const CooldownVerb& verb) {
  const VirtualCooldown& cooldown = found.cooldown;
  std::string text =
      fmt::format("trunk: {}, {} steps done, learning rate {} now\n{} law {}; loss now, by the law, {} ({})\n\n",
                  shortened(found.name, 80), cooldown.now, rounded(found.lr), law_name(found.fitted.law.kind),
                  found.law_name, loss_text(cooldown.trunk.loss), interval_text(cooldown.trunk));
  const std::string further = std::to_string(found.question.further);
  TextTable table({concat({decay_name(verb.decay), " cooldown"}), "ends at", "final loss", "90 % interval",
                   further + " more on the trunk win", further + " more of cooldown win"});
  for (const CooldownAnswer& row : cooldown.answers) {
    table.add({std::to_string(row.length), std::to_string(cooldown.now + row.length), loss_text(row.loss.loss),
               interval_text(row.loss), difference_text(row.gain), difference_text(row.longer)});
  }
  text += table.text() + words_of(found);
  if (!found.warnings.empty()) text += "\nwarnings\n";
  for (const std::string& warning : found.warnings) text += "  - " + warning + "\n";
  return text;
}

/// The trunk as logged and by the law, and the branches that would leave it.
plot::Figure draw(const Answer& found) {
  const FittedLaw& fitted = found.fitted;
  const std::int64_t now = found.cooldown.now;
  const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(undescribed_share * fitted.time), 1);
  const auto curve = [&](const std::vector<double>& lr, std::int64_t begin, std::string label, std::size_t style) {
    plot::Line line{std::move(label), {}, {}, style};
    std::vector<std::int64_t> steps;
    const auto last = static_cast<std::int64_t>(lr.size());
    for (const std::int64_t t : spread_steps(last - begin + 1, 200)) steps.push_back(begin + t - 1);
    line.x.assign(steps.begin(), steps.end());
    line.y = law_curve(fitted.law, lr, steps);
    return line;
  };
  plot::Line logged{"trunk, logged", {}, {}, 0, plot::Line::Kind::points};
  const std::size_t every = found.losses.step.size() / 60 + 1;
  for (std::size_t i = 0; i < found.losses.step.size(); i += every) {
    if (found.losses.step[i] < first) continue;
    logged.x.push_back(static_cast<double>(found.losses.step[i]));
    logged.y.push_back(found.losses.value[i]);
  }
  std::vector<plot::Line> losses, rates;
  losses.push_back(curve(found.trunk, std::min(first, now), "trunk, by the law", 0));
  rates.push_back(rate_line(Schedule::table(found.trunk), now, "trunk, by the law", 0));
  std::int64_t end = now;
  std::size_t style = 1;
  for (const CooldownAnswer& row : found.cooldown.answers) {
    const std::vector<double> lr = with_cooldown(found.trunk, row.length, found.question.decay, found.question.final);
    const std::string label = fmt::format("cooldown of {}", row.length);
    end = std::max(end, now + row.length);
    losses.push_back(curve(lr, now, label, style));
    const auto x = static_cast<double>(now + row.length);
    losses.push_back({"", {x, x}, {row.loss.lower, row.loss.upper}, style});
    plot::Line rate{label, {}, {}, style++};
    for (std::int64_t t = now; t <= now + row.length; ++t) {
      rate.x.push_back(static_cast<double>(t));
      rate.y.push_back(lr[static_cast<std::size_t>(t) - 1]);
    }
    rates.push_back(plot::thinned(std::move(rate)));
  }
  if (!logged.x.empty()) losses.push_back(std::move(logged));
  const plot::Axis y{.label = "loss", .range = plot::settled_range(losses, 0.1, plot::Scale::linear)};
  plot::Figure figure{{{step_axis(end), y, std::move(losses)}}, plot::Arrangement::stacked, 4.8, 4.0};
  figure.panels.push_back(rate_panel(std::move(rates), end));
  figure.panels.back().weight = 0.5;
  return figure;
}

void run(const CooldownVerb& verb) {
  const Answer found = answer(verb);
  if (!verb.output.figure.empty()) plot::write_figure(draw(found), verb.output.figure);
  if (verb.output.json) return print_line(to_json<CooldownAnswers>(found));
  print_text(verb.output.csv ? csv_of(cooldown_rows(found)) : text_of(found, verb));
}

}  // namespace
}  // namespace scheduled::cli

namespace scheduled::shell {

template <>
struct Argument<cli::TrunkSource> {
  static constexpr bool may_be_file = true;
  static cli::TrunkSource read(std::string_view name, std::string_view text) {
    if (text == "-" || !cli::source_files(std::string(text)).empty()) return {std::string(text), {}};
    try {
      return {{}, Argument<SaidSchedule>::read(name, text)};
    } catch (const ArgumentError& error) {
      fail_value("trunk", text, concat({"is no file, and as a schedule: ", error.what()}));
    }
  }
  static std::string show(const cli::TrunkSource&) { return {}; }
};

}  // namespace scheduled::shell

namespace scheduled::cli {

void add_cooldown(Verb& command) {
  Verb& verb = command.verb("cooldown", "What a cooldown started now would give, without running it");
  auto& options = verb.keep<CooldownVerb>();
  verb.add("LAW", options.law, "Fitted law: what scheduled fit --save wrote; without it --log RUN, to fit now");
  verb.add("--trunk", options.trunk, "The run that goes on: its log, or a schedule with --at; default: the first --log")
      .type("RUN|SPEC");
  verb.add_each("--trunk-base", options.trunk_bases,
                "The log that --trunk went on from, and so on back to the first step")
      .type("LOG");
  verb.add("--at", options.at, "Steps of the trunk that are done; default: all of its log").type("STEP");
  verb.add("--cooldown", options.lengths, "Lengths: steps, or shares of the run that the cooldown ends")
      .type("N,N,...");
  verb.add("--decay", options.decay, "Shape: " + decay_names()).type("NAME").suggest(suggest_decays);
  verb.add("--final", options.final, "Rate at its end, or a share of the trunk's such as 10%").type("LR");
  verb.add("--further", options.further, "Steps of 'is it worth going on?'").type("N");
  options.fit.logs.add_to(verb, "Training log to fit now");
  options.fit.add_settings_to(verb, "LAW, or the kind to fit: ");
  options.output.add_to(verb);
  verb.help(
      "For each length: the loss at its end, with its 90 % interval, and what some more steps would win before that\n"
      "cooldown (on the trunk, at its rate now) or in it (as a longer one). Steps are counted in training steps, so\n"
      "the two compare. Without any run that lowers its rate a law cannot know what a cooldown gains: give it one.\n\n"
      "Examples:\n"
      "  scheduled cooldown law.json --trunk trunk.csv --cooldown 200,500,20%\n"
      "  scheduled cooldown law.json --trunk \"constant(warmup=100, peak=1e-3)\" --at 5k --decay 1-sqrt --csv\n"
      "  scheduled cooldown --log trunk.csv --log decay.csv --base trunk.csv --at 1k --further 100 -o cooldown.png");
  prints<CooldownAnswers>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
