// scheduled forecast: predictions written down before their result exists, and what became of them.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "base/error.hpp"
#include "cli/fit_arguments.hpp"
#include "cli/log_source.hpp"
#include "cli/predict.hpp"
#include "cli/verbs.hpp"
#include "forecast/records.hpp"
#include "scheduled/forecast.hpp"
#include "shell/file.hpp"
#include "shell/print.hpp"
#include "shell/process.hpp"
#include "shell/schema.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

constexpr const char* usual_book = "forecasts.jsonl";

struct RegisterVerb {
  FitArguments fit;
  SaidSchedule to;
  std::optional<std::int64_t> at;
  std::string name, result, note, time, book = usual_book;
  bool json = false;
};

struct ScoreVerb {
  std::vector<std::string> runs;
  LogOptions logs;
  std::optional<double> loss;
  std::string result, time, book = usual_book;
  bool json = false;
};

struct ReportVerb {
  std::vector<std::string> books;
  std::optional<std::string> book, seal;
  bool json = false, csv = false;
};

/// --time, SOURCE_DATE_EPOCH, or now.
std::string time_of(const std::string& said) {
  if (!said.empty()) return said;
  auto seconds = static_cast<std::time_t>(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
  if (const char* const epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr) {
    const std::optional<double> given = parse_number(epoch);
    if (!given || !(*given >= 0.0 && *given < 253402300800.0)) {
      fail_value("SOURCE_DATE_EPOCH", epoch, "must be seconds since 1970");
    }
    seconds = static_cast<std::time_t>(*given);
  }
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/// The files of logs with their hashes.
void add_hashes(std::map<std::string, std::string>& hashes, const std::string& log) {
  for (const std::filesystem::path& file : source_files(log)) {
    if (std::filesystem::is_regular_file(file)) hashes[file.string()] = sha256(read_text(file.string()));
  }
}

/// What the command was told of the logs, in their order: to fit the law again.
void add_settings(std::map<std::string, std::string>& how, const FitArguments& fit) {
  for (const auto& [name, value] : fit.logs.given_settings()) how[name] = value;
  if (fit.first) how["first"] = std::to_string(*fit.first);
  std::size_t number = 0;
  for (const std::string& file : fit.runs) how[fmt::format("log {}", ++number)] = file;
  for (const RunFiles& log : fit.logs.logs) {
    how[fmt::format("log {}", ++number)] = log.file;
    std::string bases;
    for (const std::string& base : log.bases) bases += (bases.empty() ? "" : ", ") + base;
    if (!bases.empty()) how[fmt::format("base {}", number)] = bases;
    if (!log.label.empty()) how[fmt::format("label {}", number)] = log.label;
  }
}

/// What a log says of a step.
struct FoundResult {
  std::optional<double> loss;
  bool passed = false;  ///< the log has come to the step, with a loss there or without
};
FoundResult result_in(const std::string& log, const std::string& column, std::int64_t step,
                      const ReadOptions& options) {
  if (log.empty() || source_files(log).empty()) return {};
  const RunLog read = read_source(log, options);
  FoundResult found;
  if (read.has(column)) found.loss = loss_at_step(read, column, step);
  found.passed = !read.step.empty() && read.step.back() >= step;
  for (const auto& [name, steps] : read.not_finite_steps) {
    found.passed = found.passed || std::any_of(steps.begin(), steps.end(), [&](auto lost) { return lost >= step; });
  }
  return found;
}

std::string sealed_text(const SealedForecast& sealed) {
  const Forecast& said = sealed.forecast;
  std::string text =
      fmt::format("{}: {} after {} updates of {}\n  predicted  {} ({}), law {}, {}\n", clean(said.run), said.column,
                  said.step, said.schedule, loss_text(said.loss.loss), interval_text(said.loss), said.law, said.time);
  if (sealed.score) {
    text += fmt::format("  real       {}, {}; error {:+.4f}, {} the interval\n", loss_text(sealed.score->loss),
                        sealed.score->time, *sealed.error(), *sealed.held() ? "within" : "outside");
  }
  return text + fmt::format("  seal       {}\n", sealed.seal);
}

void run_register(const RegisterVerb& verb) {
  const bool from_file = !verb.fit.law.file.empty();
  if (from_file && (verb.fit.given() || verb.fit.settings_given())) {
    fail_value("law", verb.fit.law.file, "is fitted already: give no RUN and no setting of a fit beside it");
  }
  if (!from_file && !verb.fit.given()) {
    fail_argument("RUN", "at least one log is needed, or --law LAW.json; see scheduled forecast register --help");
  }
  if (!verb.to.says_peak) fail_value("to", verb.to.text, "has no peak; the rates of the run are needed");
  if (!verb.to.schedule.steps() && !verb.at) {
    fail_value("to", verb.to.text, "has no horizon; give steps=N in it, or --at STEP");
  }
  std::map<std::string, std::string> data;
  std::string column = verb.fit.column;
  FittedLaw law;
  if (from_file) {
    law = read_law(verb.fit.law.file);
    data[verb.fit.law.file] = sha256(read_text(verb.fit.law.file));
    if (column.empty()) column = "val_loss";
  } else {
    const std::vector<OwnRun> logs = verb.fit.read_logs();
    law = verb.fit.fit(verb.fit.runs_of(logs)).fitted;
    for (const std::string& file : verb.fit.runs) add_hashes(data, file);
    for (const RunFiles& log : verb.fit.logs.logs) {
      add_hashes(data, log.file);
      for (const std::string& base : log.bases) add_hashes(data, base);
    }
    if (column.empty()) column = std::string(common_loss_column(logs));
  }
  Forecast forecast =
      renamed({{"schedule", "to"}, {"step", "at"}}, [&] { return make_forecast(law, verb.to.schedule, verb.at); });
  forecast.run = verb.name.empty() ? (verb.result.empty() ? forecast.schedule : verb.result) : verb.name;
  forecast.column = column;
  forecast.result = verb.result;
  forecast.data = std::move(data);
  add_settings(forecast.how, verb.fit);
  forecast.time = time_of(verb.time);
  forecast.note = verb.note;
  const FoundResult there = result_in(verb.result, column, forecast.step, verb.fit.logs.read_options());
  if (there.loss) {
    fail_value("result", verb.result,
               fmt::format("has {} at step {} already, {}: no forecast any more", column, forecast.step,
                           format_number(*there.loss)));
  }
  if (there.passed) {
    fail_value("result", verb.result, fmt::format("has come to step {} already: no forecast any more", forecast.step));
  }
  const SealedForecast sealed = renamed({{"run", "name"}}, [&] { return register_forecast(verb.book, forecast); });
  for (const std::string& why : extrapolations(law, verb.to.schedule.values(forecast.step))) warn(why);
  if (verb.json) return print_line(to_json(sealed));
  print_text(sealed_text(sealed) + "written to " + verb.book + "; make the seal known, and it cannot be changed\n");
}

void run_score(const ScoreVerb& verb) {
  const ForecastBook book = read_forecasts(verb.book);
  const auto wanted = [&](const SealedForecast& sealed) {
    return verb.runs.empty() ? !sealed.score
                             : std::find(verb.runs.begin(), verb.runs.end(), sealed.forecast.run) != verb.runs.end();
  };
  for (const std::string& run : verb.runs) {
    const bool known = std::any_of(book.forecasts.begin(), book.forecasts.end(),
                                   [&](const SealedForecast& sealed) { return sealed.forecast.run == run; });
    if (!known) fail_value("NAME", run, concat({"has no forecast in ", verb.book}));
  }
  if ((verb.loss || !verb.result.empty()) && verb.runs.size() != 1) {
    fail_argument(verb.loss ? "loss" : "result", "is of one run: give its NAME");
  }
  std::int64_t scored = 0;
  std::int64_t waiting = 0;
  for (const SealedForecast& sealed : book.forecasts) {
    if (!wanted(sealed)) continue;
    const Forecast& said = sealed.forecast;
    const std::string& log = verb.result.empty() ? said.result : verb.result;
    ForecastScore score;
    score.run = said.run;
    const FoundResult found =
        verb.loss ? FoundResult{verb.loss, true} : result_in(log, said.column, said.step, verb.logs.read_options());
    if (!found.loss) {
      ++waiting;
      warn(found.passed ? fmt::format("{}: {} has come to step {} and has no {} there; --loss X says it", said.run, log,
                                      said.step, said.column)
                        : fmt::format("{}: no {} at step {} yet{}", said.run, said.column, said.step,
                                      log.empty() ? "; --result LOG or --loss X says it" : " in " + log));
      continue;
    }
    score.loss = *found.loss;
    if (!verb.loss) add_hashes(score.data, log);
    score.time = time_of(verb.time);
    const SealedForecast kept = renamed({{"run", "NAME"}}, [&] { return score_forecast(verb.book, score); });
    ++scored;
    verb.json ? print_line(to_json(kept)) : print_text(sealed_text(kept));
  }
  if (!verb.json) print_text(fmt::format("{} scored, {} without a result\n", scored, waiting));
}

std::string summaries_text(const ForecastReport& report) {
  const auto digits = [](const std::optional<double>& value, bool with_sign) {
    if (!value) return std::string("-");
    return with_sign ? fmt::format("{:+.4f}", *value) : fmt::format("{:.4f}", *value);
  };
  TextTable table({"law", "forecasts", "scored", "within", "bias", "mean error", "half width"});
  for (const ForecastSummary& law : report.laws) {
    table.add({law.law.empty() ? "all" : law.law, std::to_string(law.forecasts), std::to_string(law.scored),
               law.coverage ? percent_text(*law.coverage) : "-", digits(law.bias, true), digits(law.error, false),
               digits(law.half_width, false)});
  }
  return table.text() + "\nwithin: results in their 90 % interval; bias: mean of predicted less real\n";
}

void run_report(const ReportVerb& verb) {
  std::vector<ForecastBook> books;
  std::vector<std::string> files = verb.books;
  if (verb.book) files.push_back(*verb.book);
  if (files.empty()) files.emplace_back(usual_book);
  for (const std::string& file : files) books.push_back(read_forecasts(file));
  if (verb.seal) {
    if (files.size() != 1) fail_argument("seal", "is of one book");
    check_seal(files.front(), *verb.seal);
  }
  const ForecastReport report = report_forecasts(books);
  if (verb.json) return print_line(to_json(report));
  if (verb.csv) return print_text(csv_of(report.forecasts));
  std::string text;
  for (const SealedForecast& sealed : report.forecasts) text += sealed_text(sealed);
  print_text(text + "\n" + summaries_text(report));
}

void add_register(Verb& forecast) {
  Verb& verb = forecast.verb("register", "Write a prediction down before its result exists");
  auto& options = verb.keep<RegisterVerb>();
  verb.add_each("RUN", options.fit.runs, "Training logs that the law is fitted to");
  options.fit.logs.add_to(verb, "The same, where --base or --label follows");
  options.fit.add_settings_to(verb, "The file of a fitted law, in place of RUN; or the kind that is fitted: ");
  verb.add("--to", options.to, "All rates of the run that is predicted")
      .type("SPEC")
      .required()
      .suggest(suggest_schedules);
  verb.add("--at", options.at, "The step of the predicted loss; default the last").type("STEP");
  verb.add("--result", options.result, "The log in which the result will stand; refused where it does").type("LOG");
  verb.add("--name", options.name, "What the run is called; default LOG, or SPEC").type("NAME");
  verb.add("--note", options.note, "What else is to be kept").type("TEXT");
  verb.add("--time", options.time, "UTC as 2026-11-27T09:00:00Z; default SOURCE_DATE_EPOCH, or now").type("TIME");
  verb.add("--book", options.book, "The file of forecasts").type("FILE");
  verb.add("--json", options.json, "Print JSON; numbers read back exactly");
  verb.help(
      "Prediction, interval, law, how it was fitted, the hashes of the data and the time become a line of the\n"
      "book, which ends with the hash of itself and of the line before: the seal. Nothing is ever changed in a\n"
      "book, only added.\n\n"
      "Examples:\n"
      "  scheduled forecast register trunk.csv cosine-decay.csv --to \"linear(steps=3k, warmup=100, peak=1e-3)\" "
      "--result long.csv --time 2026-11-27T09:00:00Z");
  prints<SealedForecast>(verb);
  verb.run([&options] { run_register(options); });
}

void add_score(Verb& forecast) {
  Verb& verb = forecast.verb("score", "Write down what runs came to");
  auto& options = verb.keep<ScoreVerb>();
  verb.add_each("NAME", options.runs, "Runs of forecasts; default all that have no result yet");
  verb.add("--result", options.result, "The log that has it; default as registered").type("LOG");
  verb.add("--loss", options.loss, "The result itself, where there is no log").type("X");
  verb.add("--time", options.time, "UTC as 2026-11-27T09:00:00Z; default SOURCE_DATE_EPOCH, or now").type("TIME");
  verb.add("--book", options.book, "The file of forecasts").type("FILE");
  options.logs.add_settings_to(verb, "Columns of the logs by their standard names (step, val_loss, train_loss)");
  verb.add("--json", options.json, "Print JSON; numbers read back exactly");
  verb.help(
      "Reads the log that was named with --result when the forecast was registered, once it has come to the step.\n\n"
      "Examples:\n"
      "  scheduled forecast score long.csv --loss 3.05 --time 2026-11-28T09:00:00Z");
  prints<SealedForecast>(verb);
  verb.run([&options] { run_score(options); });
}

void add_report(Verb& forecast) {
  Verb& verb = forecast.verb("report", "Coverage and bias of the forecasts so far, by law");
  auto& options = verb.keep<ReportVerb>();
  verb.add_each("BOOK", options.books, std::string("Files of forecasts; default ") + usual_book);
  verb.add("--book", options.book, "The same, as the other verbs name it").type("FILE");
  verb.add("--seal", options.seal, "Fail unless the book still has the line with this seal").type("SEAL");
  const Option as_json = verb.add("--json", options.json, "Print JSON; numbers read back exactly");
  verb.add("--csv", options.csv, "Print CSV, a line for each forecast").excludes(as_json);
  verb.help(
      "Fails where a book was changed: it names the first line whose seal does not fit.\n\n"
      "Examples:\n"
      "  scheduled forecast report");
  prints<ForecastReport>(verb);
  verb.run([&options] { run_report(options); });
}

}  // namespace

void add_forecast(Verb& command) {
  Verb& forecast = command.verb("forecast", "Predictions with a seal: written down before the result, scored after");
  add_register(forecast);
  add_score(forecast);
  add_report(forecast);
  forecast.help(
      "See `scheduled forecast VERB --help` for the options and an example, docs/guide/forecasts.md for more.");
}

}  // namespace scheduled::cli
