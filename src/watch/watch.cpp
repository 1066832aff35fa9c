// A run that goes on: where it stands, and what a cooldown started now would give. Part of scheduled::law.
#include "scheduled/watch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "law/diverges.hpp"
#include "law/end.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/trunk.hpp"
#include "watch/records.hpp"

namespace scheduled {
namespace {

constexpr std::size_t fewest_rows = 8;

/// The 95 % quantile of Student's t, by the Cornish-Fisher expansion: within 1e-4 from 6 degrees of freedom on
/// (Abramowitz and Stegun, 26.7.5).
double student_95(double degrees) {
  constexpr double z = 1.6448536269514722;  // of the normal distribution
  constexpr double z2 = z * z;
  constexpr double g1 = z * (z2 + 1.0) / 4.0;
  constexpr double g2 = z * (3.0 + z2 * (16.0 + z2 * 5.0)) / 96.0;
  constexpr double g3 = z * (-15.0 + z2 * (17.0 + z2 * (19.0 + z2 * 3.0))) / 384.0;
  constexpr double g4 = z * (-945.0 + z2 * (-1920.0 + z2 * (1482.0 + z2 * (776.0 + z2 * 79.0)))) / 92160.0;
  return z + (g1 + (g2 + (g3 + g4 / degrees) / degrees) / degrees) / degrees;
}

/// What 1,000 steps win, by the least-squares line through the losses of the last quarter of the run.
std::optional<Predicted> recent_gain(const Series& losses) {
  const std::size_t n = losses.step.size();
  if (n < fewest_rows) return std::nullopt;
  const auto quarter = static_cast<double>(losses.step.back()) * 0.75;
  std::size_t begin = n - fewest_rows;
  while (begin > 0 && static_cast<double>(losses.step[begin - 1]) >= quarter) --begin;
  const auto count = static_cast<double>(n - begin);
  double mean_t = 0.0, mean_y = 0.0, tt = 0.0, ty = 0.0, squares = 0.0;
  for (std::size_t k = begin; k < n; ++k) {
    mean_t += static_cast<double>(losses.step[k]) / count;
    mean_y += losses.value[k] / count;
  }
  for (std::size_t k = begin; k < n; ++k) {
    const double t = static_cast<double>(losses.step[k]) - mean_t;
    tt += t * t;
    ty += t * (losses.value[k] - mean_y);
  }
  const double slope = ty / tt;
  for (std::size_t k = begin; k < n; ++k) {
    const double off = losses.value[k] - mean_y - slope * (static_cast<double>(losses.step[k]) - mean_t);
    squares += off * off;
  }
  const double degrees = count - 2.0;  // the line has two parameters
  const double width = student_95(degrees) * std::sqrt(squares / degrees / tt);
  return Predicted{-1000.0 * slope, -1000.0 * (slope + width), -1000.0 * (slope - width)};
}

void watch_bound(const RunLog& log, const WatchSettings& settings, WatchedRun& run) {
  if (!has_values(log, "lr") && log.rates.empty()) {
    run.no_bound = concat({"the log has no rates: ", option_text("lr", "SPEC"), " gives the schedule"});
    return;
  }
  AlongOptions along = settings.bound;
  along.T = std::nullopt;
  try {
    const RunUpdates found = run_updates(log, along);
    const std::int64_t now[] = {found.T};  // losses may be logged more seldom than rates, or not at all
    run.bound = bound_at(found.rates, {found.norm(), found.distance, found.T, along.criterion}, now).front();
    run.distance = found.distance;
  } catch (const ArgumentError& error) {
    run.no_bound = error.what();
  }
}

/// Of every update; none: why not.
KnownRates rates_of(const RunLog& log, const DenseOptions& options) {
  try {
    return known_rates(log, options);
  } catch (const ArgumentError& error) {
    return {{}, error.what()};  // a warmup that is longer than what was not logged
  }
}

void watch_losses(const RunLog& log, std::span<const double> lr, WatchedRun& run) {
  run.loss_column = loss_column(log);
  for (const char* const column : {"val_loss", "train_loss"}) {
    const auto lost = log.not_finite.find(column);
    if (lost != log.not_finite.end()) {
      run.not_finite_since = std::min(lost->second, run.not_finite_since.value_or(lost->second));
    }
  }
  if (run.not_finite_since) run.notice = RunNotice::diverging;
  if (run.loss_column.empty()) return;
  const Series losses = series(log, run.loss_column);
  run.loss = losses.value.back();
  run.loss_step = losses.step.back();
  if (run.not_finite_since) return;
  run.gain = recent_gain(losses);
  if (run.gain && run.gain->lower <= 0.0) run.notice = RunNotice::plateau;
  if (law::diverges(losses, lr)) run.notice = RunNotice::diverging;
}

void watch_cooldown(KnownRates rates, const WatchSettings& settings, WatchedRun& run) {
  if (run.not_finite_since) {
    run.no_prediction = concat({"the losses are not finite since step ", std::to_string(*run.not_finite_since)});
    return;
  }
  if (run.notice == RunNotice::diverging) {
    run.no_prediction = "the loss is above its lowest by more than its noise, which no law describes";
    return;
  }
  if (!settings.law) {
    run.no_prediction = "no law to predict with";
    return;
  }
  if (rates.lr.empty()) {
    run.no_prediction = rates.why_not;
    return;
  }
  if (!(rates.lr.back() > 0.0)) {
    run.no_prediction = concat({"the rate is ", format_number(rates.lr.back()), " at step ", std::to_string(run.step),
                                ": a cooldown starts from a rate above 0; of the verb cooldown, ",
                                option_text("at", "STEP"), " asks about an earlier step"});
    return;
  }
  try {
    const std::int64_t length = cooldown_steps(settings.cooldown, static_cast<std::int64_t>(rates.lr.size()));
    const std::vector<double> now = with_cooldown(rates.lr, length, settings.decay);
    const Predicted ends = law::identified_end(*settings.law, now);
    rates.lr.resize(rates.lr.size() + static_cast<std::size_t>(settings.further), rates.lr.back());
    const std::vector<double> later = with_cooldown(rates.lr, length, settings.decay);
    run.later = law::identified_end(*settings.law, later);
    run.now = ends;
    run.cooldown = length;
    run.warnings = extrapolations(*settings.law, now);
    if (!run.warnings.empty()) return;
    for (const std::string& found : extrapolations(*settings.law, later)) {
      run.warnings.push_back(concat({"started in ", std::to_string(settings.further), " steps: ", found}));
    }
  } catch (const ArgumentError& error) {
    run.no_prediction = error.what();  // a run that has just begun, or is at rate 0
  }
}

/// What no log could make right.
void check_settings(const WatchSettings& settings) {
  if (settings.further < 1) fail_value("further", std::to_string(settings.further), "must be >= 1");
  constexpr std::int64_t long_run = 1'000'000'000;  // of which every share is a step
  cooldown_steps(settings.cooldown, long_run);
  check_cooldown({settings.cooldown, settings.decay});
  if (settings.law) check_fitted(*settings.law);
}

constexpr std::array<std::string_view, 5> quantities = {"loss", "step", "bound", "gain", "notice"};

}  // namespace

WatchedRun watch_run(const RunLog& log, const WatchSettings& settings) {
  check_settings(settings);
  if (log.step.empty()) throw ArgumentError({.requirement = "has no rows", .place = Place{log.name}});
  WatchedRun run;
  run.name = log.name;
  run.step = log.step.back();
  if (has_values(log, "lr")) run.lr = series(log, "lr").value.back();
  KnownRates rates = rates_of(log, settings.bound.rates);
  watch_losses(log, rates.lr, run);
  watch_bound(log, settings, run);
  watch_cooldown(std::move(rates), settings, run);
  return run;
}

WatchCondition parse_watch_condition(std::string_view text) {
  const auto refuse = [&](std::string_view why) { fail_value("until", text, why); };
  constexpr std::string_view example =
      "must be such as \"loss<2.9\", \"loss<2.9 predicted\", \"step>=5000\" or \"notice=diverging\"";
  const std::size_t at = text.find_first_of("<>=");
  if (at == std::string_view::npos) refuse(example);
  const std::size_t end = std::min(text.find_first_not_of("<>=", at), text.size());
  WatchCondition condition{std::string(trimmed(text.substr(0, at))), std::string(text.substr(at, end - at)), 0.0,
                           RunNotice::none};
  std::string_view rest = trimmed(text.substr(end));
  constexpr std::array<std::string_view, 5> relations = {"<", "<=", ">", ">=", "="};
  if (std::find(relations.begin(), relations.end(), condition.relation) == relations.end()) refuse(example);
  if (std::find(quantities.begin(), quantities.end(), condition.quantity) == quantities.end()) {
    fail_value("until", condition.quantity, must_be_one_of(condition.quantity, quantities));
  }
  if (condition.quantity == "notice") {
    condition.notice = parse_word<RunNotice>("until", rest);
    if (condition.relation != "=") refuse(example);
    return condition;
  }
  constexpr std::string_view predicted = "predicted";
  if (condition.quantity == "loss" && rest.ends_with(predicted)) {
    rest = trimmed(rest.substr(0, rest.size() - predicted.size()));
    condition.quantity = predicted;
  }
  const std::optional<double> value = parse_number(rest);
  if (!value || !std::isfinite(*value)) refuse(example);
  condition.value = *value;
  return condition;
}

bool holds(const WatchCondition& condition, const WatchedRun& run) {
  if (condition.quantity == "notice") return run.notice == condition.notice;
  std::optional<double> value;
  const bool lost = run.not_finite_since && run.loss_step && *run.loss_step < *run.not_finite_since;
  if (condition.quantity == "loss" && !lost) value = run.loss;
  if (condition.quantity == "predicted" && run.now) value = run.now->loss;
  if (condition.quantity == "step") value = static_cast<double>(run.step);
  if (condition.quantity == "bound") value = run.bound;
  if (condition.quantity == "gain" && run.gain) value = run.gain->loss;
  if (!value) return false;
  if (condition.relation == "<") return *value < condition.value;
  if (condition.relation == "<=") return *value <= condition.value;
  if (condition.relation == ">") return *value > condition.value;
  if (condition.relation == ">=") return *value >= condition.value;
  return *value == condition.value;
}

}  // namespace scheduled
