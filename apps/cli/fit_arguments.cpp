#include "cli/fit_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>

#include "base/error.hpp"
#include "shell/file.hpp"
#include "shell/progress.hpp"

namespace scheduled::cli {
namespace {

/// What `fit` and `cooldown` print with --json holds the fitted law as "fitted"; other text is left alone.
std::string law_within(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    if (const Json* const fitted = json.find("fitted"); fitted != nullptr) {
      const Json* const law = fitted->find("law");
      // In files of before "fitted" was the law itself, whose "law" is a name.
      if ((law != nullptr && law->is_object()) || fitted->contains("fitted")) return fitted->dump();
    }
  } catch (const ArgumentError&) {
    // parse_fitted_law refuses it with all that there is to say
  }
  return text;
}

std::string law_kinds() { return word_list(std::span<const std::string_view>(Words<LawKind>::words)); }

bool is_kind(std::string_view text) {
  const auto& kinds = Words<LawKind>::words;
  return std::find(kinds.begin(), kinds.end(), text) != kinds.end();
}

/// A law needs the rates themselves: without a peak a schedule's is 1.
void require_peak(const std::string& spec) {
  if (spec.empty()) return;
  for (const NamedSchedule& one : read_spec(spec, {})) {
    if (!one.says_peak) fail_value("lr", spec, "has no peak; a law needs the learning rate, peak=LR");
  }
}

}  // namespace

void FitArguments::add_settings_to(Verb& verb, const std::string& law_meaning) {
  verb.add("--law", law, concat({law_meaning, law_kinds()})).type("LAW");
  verb.add("--column", column, "The losses to fit; default val_loss, where a log has none train_loss").type("NAME");
  verb.add("--first", first,
           "Leave out losses before this step, which laws do not describe; default 5 % of the longest run")
      .type("STEP");
  verb.add("--residuals", residuals, "log: of the logarithms of losses; plain: of losses").type("WORD");
  verb.add("--huber", huber,
           "Residuals up to this, and at least up to 1e-3 (one run: 3e-3, two: 1.5e-3), count squared, larger ones "
           "linearly; 0: all squared")
      .type("X");
  verb.add("--prior", prior, "Weight of what is known of parameters from other models; 0: none; default 1").type("X");
  verb.add_calls(
          "--fix",
          [this](std::string_view name, std::string_view text) {
            const auto [parameter, value] = read_pair(name, text, "NAME=VALUE, e.g. lambda=0.1");
            fixed[parameter] = Argument<double>::read("fix " + parameter, value);
          },
          "Do not fit this parameter; may be repeated")
      .type("NAME=VALUE");
  verb.add("--bootstrap", bootstrap,
           "Also N refits with random weights for the runs; intervals are then the wider ones")
      .type("N");
  verb.add("--calibrate", calibrate, "Widen the intervals of predictions to what leaving runs out shows");
  verb.add("--threads", threads, "Threads; the numbers are the same for any; default: one for each core").type("N");
  verb.then([this] {
    if (bootstrap && !(*bootstrap >= 1 && *bootstrap <= 10000)) {
      fail_value("bootstrap", std::to_string(*bootstrap), "must be between 1 and 10000");
    }
  });
}

FitOptions FitArguments::options() const {
  FitOptions options;
  options.log_residuals = residuals == Residuals::log;
  if (huber) options.huber = *huber;
  if (prior) options.prior = *prior;
  const auto cores = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 16U));
  options.threads = threads ? threads->count : cores;
  options.fixed = fixed;
  return options;
}

std::vector<OwnRun> FitArguments::read_logs() const {
  require_peak(logs.lr);
  std::vector<RunFiles> all;
  for (const std::string& file : runs) all.push_back({file});
  all.insert(all.end(), logs.logs.begin(), logs.logs.end());
  return logs.read_all(all);
}

std::vector<FitRun> FitArguments::runs_of(const std::vector<OwnRun>& read) const {
  return fit_runs(read, column, first, logs.dense());
}

bool FitArguments::settings_given() const {
  const FitArguments usual;
  return law.kind != usual.law.kind || column != usual.column || first != usual.first || residuals != usual.residuals ||
         huber != usual.huber || prior != usual.prior || fixed != usual.fixed || bootstrap != usual.bootstrap ||
         calibrate != usual.calibrate;
}

LawFit FitArguments::fit(const std::vector<FitRun>& from) const {
  const FitOptions how = options();
  const Busy busy;
  LawFit fit = fit_law(law.kind, from, how);
  if (bootstrap) bootstrap_law(fit, from, static_cast<int>(*bootstrap), how);
  if (calibrate) calibrate_law(fit, from, how);
  return fit;
}

FittedLaw read_law(const std::string& file) {
  if (is_kind(file)) {
    fail_value("LAW", file,
               "is a kind of law; what scheduled fit --save wrote is needed (./ before a file of that name)");
  }
  const std::string text = read_text(file);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || text[first] != '{') {
    throw ArgumentError({.requirement =
                             "is no fitted law, which is JSON, as scheduled fit --save writes it; scheduled fit "
                             "makes one of logs",
                         .place = Place{source_name(file)}});
  }
  return located(source_name(file), [&] { return parse_fitted_law(law_within(text)); });
}

}  // namespace scheduled::cli

namespace scheduled::shell {

cli::LawChoice Argument<cli::LawChoice>::read(std::string_view name, std::string_view text) {
  if (cli::is_kind(text)) return {parse_word<LawKind>(name, text), {}};
  const bool like_a_file = text == "-" || text.find_first_of("./") != std::string_view::npos;
  if (like_a_file || std::filesystem::exists(std::filesystem::path(text))) return {.file = std::string(text)};
  fail_value(name, concat({"'", text, "'"}), concat({must_be_one_of(text, words()), ", or the file of a fitted law"}));
}

}  // namespace scheduled::shell
