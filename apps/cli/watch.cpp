// scheduled watch: a run as it goes on.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "base/error.hpp"
#include "cli/draw.hpp"
#include "cli/fit_arguments.hpp"
#include "cli/log_source.hpp"
#include "cli/predict.hpp"
#include "cli/verbs.hpp"
#include "plot/series.hpp"
#include "scheduled/watch.hpp"
#include "shell/file.hpp"
#include "shell/output.hpp"
#include "shell/process.hpp"
#include "shell/schema.hpp"
#include "shell/text.hpp"
#include "watch/records.hpp"

namespace scheduled::cli {
namespace {

/// --until as it was said.
struct Until {
  std::string text;
  WatchCondition condition;
};

struct WatchVerb {
  std::vector<std::string> names;  ///< of files, or patterns
  FitArguments fit;
  Duration cooldown = percent(10);
  Decay decay = LinearDecay{};
  std::int64_t further = 1000;
  double every = 10.0;
  std::optional<Until> until;
  bool once = false;
  bool json = false;

  /// The files now: more may match as the run goes on.
  std::vector<std::string> files() const {
    std::vector<std::string> all;
    for (const std::string& name : names) {
      for (std::string& file : matching_files(name)) all.push_back(std::move(file));
    }
    return all;
  }
};

/// What changes when a log grows: sizes and times of all files that it is made of.
using State = std::map<std::string, std::pair<std::uintmax_t, std::filesystem::file_time_type>>;

State state_of(const std::vector<std::string>& logs) {
  namespace fs = std::filesystem;
  State state;
  std::error_code error;
  const auto add = [&](const fs::path& file) {
    state[file.string()] = {fs::file_size(file, error), fs::last_write_time(file, error)};
  };
  for (const std::string& log : logs) {
    for (const fs::path& file : source_files(log)) {
      add(file);
      if (!fs::is_directory(file, error)) continue;
      for (fs::recursive_directory_iterator it(file, fs::directory_options::skip_permission_denied, error), end;
           !error && it != end; it.increment(error)) {
        if (it->is_regular_file(error)) add(it->path());
      }
    }
  }
  return state;
}

/// Reads the run again and again, and fits the law again when a twentieth more losses are there, or fewer.
class Watcher {
 public:
  explicit Watcher(const WatchVerb& verb) : verb_(verb) {
    settings_.cooldown = verb.cooldown;
    settings_.decay = verb.decay;
    settings_.further = verb.further;
    settings_.bound.rates = verb.fit.logs.dense();
    if (!verb.fit.law.file.empty()) {
      settings_.law = read_law(verb.fit.law.file);
    } else {
      runs_ = verb.fit.logs.read_all(verb.fit.logs.logs);
    }
    runs_.push_back({"this run", {}, nullptr});
  }

  WatchedRun look() {
    ReadOptions options = verb_.fit.logs.read_options();
    options.growing = true;
    runs_.back().log = verb_.fit.logs.with_lr(read_joined(verb_.files(), options, read_source));
    say_notes();
    if (verb_.fit.law.file.empty()) fit();
    WatchedRun run = watch_run(log(), settings_);
    const bool lost = run.notice == RunNotice::diverging;  // no law predicts it
    if (!settings_.law && !lost) run.no_prediction = "no law fits yet: " + why_not_;
    return run;
  }

  const RunLog& log() const { return runs_.back().log; }

 private:
  /// Each note once: only its numbers change while the log grows.
  void say_notes() {
    for (const std::string& note : log().notes) {
      std::string kind = note;
      std::erase_if(kind, [](char c) { return c >= '0' && c <= '9'; });
      if (said_.insert(std::move(kind)).second) warn(concat({log().name, ": ", note}));
    }
  }

  void fit() {
    const std::string_view column = loss_column(log());
    const std::size_t losses = column.empty() ? 0 : series(log(), column).step.size();
    const bool is_same_run = losses >= fitted_;  // with fewer it has started again
    if (is_same_run && static_cast<double>(losses) < 1.05 * static_cast<double>(fitted_)) return;
    fitted_ = std::max<std::size_t>(losses, 1);
    try {
      settings_.law = verb_.fit.fit(fit_runs(runs_, verb_.fit.column, verb_.fit.first, verb_.fit.logs.dense())).fitted;
    } catch (const ArgumentError& error) {
      settings_.law = std::nullopt;
      why_not_ = error.what();
    }
  }

  const WatchVerb& verb_;
  WatchSettings settings_;
  std::vector<OwnRun> runs_;  // those of --log, then the one that is watched
  std::size_t fitted_ = 0;    // losses of the last fit
  std::string why_not_;
  std::set<std::string> said_;
};

std::string text_of(const WatchedRun& run, const WatchVerb& verb) {
  std::string text = shortened(run.name, 70) + "\n";
  const auto say = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<12}{}\n", name, value);
  };
  say("step", std::to_string(run.step));
  if (run.lr) say("rate", rounded(*run.lr));
  if (run.loss) {
    const std::string when = *run.loss_step == run.step ? "" : fmt::format(", of step {}", *run.loss_step);
    say("loss", fmt::format("{} ({}{})", rounded(*run.loss), run.loss_column, when));
  }
  say("bound", run.bound ? fmt::format("{} (distance {})", rounded(*run.bound), rounded(*run.distance)) : run.no_bound);
  if (run.gain) say("gain", difference_text(*run.gain) + " in 1,000 steps");
  if (run.now) {
    say("cooldown", fmt::format("{} steps, started now: {} ({})", *run.cooldown, loss_text(run.now->loss),
                                interval_text(*run.now)));
    say("", fmt::format("started in {} steps: {} ({})", verb.further, loss_text(run.later->loss),
                        interval_text(*run.later)));
  } else {
    say("cooldown", "not predicted: " + run.no_prediction);
  }
  if (run.notice == RunNotice::plateau) {
    say("notice", run.gain && run.gain->upper < 0.0 ? "plateau: the loss has risen of late"
                                                    : "plateau: the gain cannot be told from nothing");
  }
  if (run.notice == RunNotice::diverging) {
    say("notice", run.not_finite_since
                      ? fmt::format("diverging: losses are not finite since step {}", *run.not_finite_since)
                      : "diverging: the loss is above its lowest by more than its noise");
  }
  return text + warnings_text(run.warnings);
}

/// The loss, or without one the rate, as characters.
std::string picture(const RunLog& log, const WatchedRun& run) {
  const std::string column = run.loss_column.empty() ? "lr" : run.loss_column;
  if (!has_values(log, column)) return {};
  const Series values = series(log, column);
  std::vector<plot::Line> lines{
      plot::thinned({"", {values.step.begin(), values.step.end()}, values.value, 0, plot::Line::Kind::line})};
  constexpr double skipped = 0.1;
  const plot::Axis y{.label = column, .range = plot::settled_range(lines, skipped, plot::Scale::linear)};
  constexpr int height = 14;
  return drawing({step_axis(run.step), y, std::move(lines)}, height);
}

void show(const WatchVerb& verb, const RunLog& log, const WatchedRun& run) {
  if (verb.json) return print_line(to_json(run));
  constexpr std::string_view clear =
      "\x1b[H\x1b[2J";  // the terminal is drawn anew; a file gets one block after another
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  print_text(concat(
      {terminal && !verb.once ? clear : "", picture(log, run), text_of(run, verb), terminal || verb.once ? "" : "\n"}));
}

/// Before the next look: `every` seconds, and then until something has changed.
void wait_for_growth(const WatchVerb& verb, const State& seen) {
  do {
    std::this_thread::sleep_for(std::chrono::duration<double>(verb.every));
  } while (state_of(verb.files()) == seen);
}

void run(const WatchVerb& verb) {
  if (verb.names.empty()) fail_argument("FILE", "a log is needed; see scheduled watch --help");
  constexpr double a_day = 86400.0;
  if (!(verb.every > 0.0 && verb.every <= a_day)) fail_value("every", verb.every, "must be > 0 and at most 86400");
  if (!verb.fit.law.file.empty() && (verb.fit.given() || verb.fit.settings_given())) {
    fail_value("law", verb.fit.law.file, "is a fitted law: not with --log or options of a fit");
  }
  // Standard input is read to its end, and does not grow then.
  const bool once = verb.once || std::find(verb.names.begin(), verb.names.end(), "-") != verb.names.end();
  Watcher watcher(verb);
  for (bool first = true;; first = false) {
    const State seen = state_of(verb.files());  // what grows during the look is seen by the next one
    try {
      const WatchedRun run = watcher.look();
      show(verb, watcher.log(), run);
      if (verb.until && holds(verb.until->condition, run)) return;
    } catch (const ArgumentError& error) {
      if (first) throw;
      warn(concat({"not read this time: ", error.what()}));  // it may be half written, or be replaced just now
    }
    if (once && verb.until) throw std::runtime_error(concat({"--until ", verb.until->text, ": does not hold"}));
    if (once) return;
    wait_for_growth(verb, seen);
  }
}

}  // namespace
}  // namespace scheduled::cli

namespace scheduled::shell {

template <>
struct Argument<cli::Until> {
  static cli::Until read(std::string_view, std::string_view text) {
    return {std::string(text), parse_watch_condition(text)};
  }
  static std::string show(const cli::Until&) { return {}; }
};

}  // namespace scheduled::shell

namespace scheduled::cli {

void add_watch(Verb& command) {
  Verb& verb =
      command.verb("watch", "Follow a run: loss, rate, live bound, and what a cooldown started now would give");
  auto& options = verb.keep<WatchVerb>();
  verb.add_each(
      "FILE", options.names,
      "The run's log, as in scheduled log: a file, a folder, a run of ours; several, or a pattern in quotes that "
      "several match as they come, are one run");
  options.fit.logs.add_to(verb, "Without a fitted --law: another run, to fit the law to this one and to it");
  options.fit.add_settings_to(verb,
                              "What predicts: the file of scheduled fit --save, or the kind to fit at each look: ");
  verb.add("--cooldown", options.cooldown, "Its length: steps, or a share of the run that it ends").type("N");
  verb.add("--decay", options.decay, "Its shape: " + decay_names()).type("NAME").suggest(suggest_decays);
  verb.add("--further", options.further, "Steps of 'and if it started later?'").type("N");
  verb.add("--every", options.every, "Seconds between looks, at least; without growth there is none").type("SECONDS");
  verb.add("--until", options.until,
           "End, with exit code 0, when this holds: \"loss<2.9\", \"loss<2.9 predicted\", ...")
      .type("CONDITION");
  verb.add("--once", options.once, "Look once; exit code 1 where --until does not hold");
  verb.add("--json", options.json, "Print one JSON object for each look");
  verb.help(
      "The log is read again when it has grown; a last line without its line break is not there yet. Standard\n"
      "input is read to its end, and looked at once. Conditions: loss, step, bound or gain (of 1,000 steps) with\n"
      "<, <=, >, >= or =; \"loss<X predicted\" is about the end of a cooldown started now; notice=plateau,\n"
      "notice=diverging. A law knows what a decay gains only from runs that lower their rate: --law LAW.json or\n"
      "--log brings it. From this run alone it is what other models' decays gained: in an interval that is\n"
      "wide, and misses more than it says while the run is short.\n\n"
      "Examples:\n"
      "  scheduled watch trunk.csv --law law.json --once\n"
      "  scheduled watch trunk.csv --law law.json --once --json\n"
      "  scheduled watch trunk.csv --until \"step>=100\" --once");
  prints<WatchedRun>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
