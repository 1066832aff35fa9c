#include "cli/fit_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>

#include "cli/arguments.hpp"
#include "shell/progress.hpp"

namespace scheduled::cli {
namespace {

constexpr int most_threads = 256;

/// Of the first log that has neither of the usual losses: its columns, and how to say which of them is one.
std::string unnamed_loss(const std::vector<RunLog>& logs) {
  const auto none = [](const RunLog& log) { return !log.has("val_loss") && !log.has("train_loss"); };
  const auto log = std::find_if(logs.begin(), logs.end(), none);
  if (log == logs.end()) return {};
  std::string columns;
  for (const auto& [name, values] : log->column) columns += (columns.empty() ? "" : ", ") + name;
  return "; " + log->name + " has " + columns + ": --columns SOURCE=val_loss says which is its loss";
}

/// What `fit` prints with --json holds the fitted law as "law"; other text is left alone.
std::string without_wrapper(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    if (const Json* const law = json.find("law"); law != nullptr && law->is_object()) return law->dump();
  } catch (const std::invalid_argument&) {
    // parse_fitted_law refuses it with all that there is to say
  }
  return text;
}

/// The column that all logs have: validation losses, without them training losses.
std::string loss_column(const std::vector<RunLog>& logs) {
  for (const char* const column : {"val_loss", "train_loss"}) {
    const bool everywhere = std::all_of(logs.begin(), logs.end(), [&](const RunLog& log) {
      return log.has(column) && !series(log, column).step.empty();
    });
    if (everywhere) return column;
  }
  fail(std::string("column: neither val_loss nor train_loss is in all logs; name one that is with --column") +
       unnamed_loss(logs));
}

}  // namespace

void FitArguments::add_settings_to(CLI::App& verb) {
  verb.add_option("--law", law, "angular, multi-power, momentum, omega, worst-case or bu")->capture_default_str();
  verb.add_option("--column", column, "The losses to fit; default val_loss, where a log has none train_loss")
      ->type_name("NAME");
  verb.add_option("--first", first,
                  "Leave out losses before this step, which laws do not describe; default 5 % of the longest run")
      ->type_name("STEP");
  verb.add_option("--residuals", residuals, "log: of the logarithms of losses; plain: of losses")
      ->check(CLI::IsMember({"log", "plain"}))
      ->capture_default_str();
  verb.add_option("--huber", huber,
                  "Residuals up to this count squared, larger ones linearly; 0: all squared; default 1e-3")
      ->type_name("X");
  verb.add_option("--prior", prior, "Weight of what is known of parameters from other models; 0: none; default 1")
      ->type_name("X");
  verb.add_option("--fix", fixed, "Do not fit this parameter; may be repeated")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb.add_option("--bootstrap", bootstrap,
                  "Also N refits with random weights for the runs; intervals are then the wider ones")
      ->type_name("N")
      ->check(CLI::Range(1, 10000));
  verb.add_flag("--calibrate", calibrate, "Widen the intervals of predictions to what leaving runs out shows");
  verb.add_option("--threads", threads, "Threads; the numbers are the same for any; default: one for each core")
      ->type_name("N")
      ->check(CLI::Range(1, most_threads));
}

FitOptions FitArguments::options() const {
  FitOptions options;
  options.log_residuals = residuals == "log";
  if (!huber.empty()) options.huber = read_number("huber", huber);
  if (!prior.empty()) options.prior = read_number("prior", prior);
  const auto cores = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 16U));
  options.threads = threads > 0 ? threads : cores;
  for (const std::string& entry : fixed) {
    const std::size_t equals = entry.find('=');
    if (equals == 0 || equals == std::string::npos) fail("fix = " + entry + ": must be NAME=VALUE, e.g. lambda=0.1");
    const std::string name = entry.substr(0, equals);
    options.fixed[name] = read_number("fix " + name, entry.substr(equals + 1));
  }
  return options;
}

std::vector<LogSource> FitArguments::sources() const {
  std::vector<LogSource> all;
  for (const std::string& file : runs) all.push_back({file, {}, {}});
  all.insert(all.end(), logs.logs.begin(), logs.logs.end());
  for (std::size_t k = 0; k < all.size(); ++k) {
    const bool twice =
        std::any_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k),
                    [&](const LogSource& other) { return other.file == all[k].file && other.bases == all[k].bases; });
    if (twice) fail(all[k].file + ": is given twice; its losses would count double");
  }
  return all;
}

std::vector<FitRun> FitArguments::read() const {
  const std::vector<LogSource> all = sources();
  const ReadOptions reading = logs.read_options();
  struct Read {
    RunLog own;                  ///< joined to its base where nobody else fits that
    std::optional<RunLog> base;  ///< of a branch
  };
  std::vector<Read> logs_read;
  std::vector<RunLog> with_losses;
  for (const LogSource& source : all) {
    const bool branch = !source.bases.empty() && std::any_of(all.begin(), all.end(), [&](const LogSource& other) {
      return other.file == source.bases.front();
    });
    if (branch) {
      const LogSource base{source.bases.front(), {source.bases.begin() + 1, source.bases.end()}, {}};
      logs_read.push_back({read_log(source.file, reading), read_run(base, reading)});
    } else {
      logs_read.push_back({read_run(source, reading), std::nullopt});
    }
    with_losses.push_back(logs_read.back().own);
  }
  FitRunOptions options;
  options.column = column.empty() ? loss_column(with_losses) : column;
  std::int64_t longest = 0;
  for (const RunLog& log : with_losses) longest = std::max(longest, log.step.empty() ? 0 : log.step.back());
  options.first_step =
      read_steps("first", first)
          .value_or(std::max<std::int64_t>(std::llround(undescribed_share * static_cast<double>(longest)), 1));
  options.rates = logs.dense();
  const std::vector<std::string> names = run_names(all);
  std::vector<FitRun> result;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const Read& log = logs_read[k];
    result.push_back(log.base ? fit_branch(*log.base, log.own, options) : fit_run(log.own, options));
    result.back().name = names[k];
  }
  return result;
}

bool FitArguments::settings_given() const {
  const FitArguments usual;
  return law != usual.law || column != usual.column || first != usual.first || residuals != usual.residuals ||
         huber != usual.huber || prior != usual.prior || fixed != usual.fixed || bootstrap != usual.bootstrap ||
         calibrate != usual.calibrate;
}

LawFit FitArguments::fit(const std::vector<FitRun>& from) const {
  const FitOptions how = options();
  const Busy busy;
  LawFit fit = fit_law(kind(), from, how);
  if (bootstrap > 0) bootstrap_law(fit, from, bootstrap, how);
  if (calibrate) calibrate_law(fit, from, how);
  return fit;
}

FittedLaw read_law(const std::string& file) {
  const std::string text = read_text(file);
  try {
    return parse_fitted_law(without_wrapper(text));
  } catch (const std::invalid_argument& error) {
    fail(file + ": " + error.what());
  }
}

Json law_json(const FittedLaw& fitted) { return Json::parse(print_fitted_law(fitted)); }

}  // namespace scheduled::cli
