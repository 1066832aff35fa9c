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

std::vector<FitRun> FitArguments::read() const {
  std::vector<RunFiles> all;
  for (const std::string& file : runs) all.push_back({file});
  all.insert(all.end(), logs.logs.begin(), logs.logs.end());
  return fit_runs(logs.read_all(all), column, read_steps("first", first), logs.dense());
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
