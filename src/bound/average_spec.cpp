// Averages as text: average(last=20%), and behind a schedule.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "base/text.hpp"
#include "bound/records.hpp"
#include "schedule/value.hpp"
#include "scheduled/exact.hpp"

namespace scheduled {
namespace {

constexpr std::array<std::string_view, 4> keys{"last", "weights", "every", "half_life"};
constexpr std::string_view form =
    "must read like average(last=20%), average(last=20%, every=10), average(last=20%, weights=step) or "
    "average(half_life=5%)";

std::int64_t parse_every(std::string_view text) {
  double count = 0.0;
  read_value("every", Json(text), WholeCount{count});
  return static_cast<std::int64_t>(count);
}

RealDuration parse_half_life(std::string_view text) {
  RealDuration length;
  read_value("half_life", Json(text), length);
  const bool unit = length.unit == Duration::Unit::steps || length.unit == Duration::Unit::percent;
  if (!unit || !(length.value > 0.0)) fail_value("half_life", text, "must be > 0, in steps or % of the run");
  return length;
}

void read_key(Average& average, std::string_view key, std::string_view value) {
  switch (find_word("key", key, keys)) {
    case 0:
      average.last = parse_duration("last", value);
      return;
    case 1:
      average.weights = parse_word<Average::Weights>("weights", value);
      return;
    case 2:
      average.every = parse_every(value);
      return;
    default:
      average.half_life = parse_half_life(value);
  }
}

/// A length of the window, in iterates.
std::int64_t window_of(const Average& average, std::int64_t T, const StepSize& step_size) {
  const std::int64_t last = resolve_steps_before("last", average.last, T, step_size);
  if (last < 1 || last > T) {
    fail_value("last", print_duration(average.last),
               concat({"is ", std::to_string(last), last == 1 ? " iterate" : " iterates", "; must be 1 to ",
                       std::to_string(T), ", all of the run"}));
  }
  return last;
}

/// The factor of an exponential average.
double beta_of(const RealDuration& half_life, std::int64_t T) {
  const bool share = half_life.unit == Duration::Unit::percent;
  const double length = half_life.value * (share ? static_cast<double>(T) / 100.0 : 1.0);
  const double beta = std::exp2(-1.0 / length);
  if (!(beta > 0.0 && beta < 1.0)) {
    fail_value("half_life", print_duration(half_life),
               concat({"is ", format_number(length), " iterates; must be between 0.001 and 1e16"}));
  }
  return beta;
}

}  // namespace

Average parse_average(std::string_view given) {
  constexpr std::string_view word = "average";
  const std::string_view text = trimmed(given);
  std::string_view rest = text;
  if (!rest.starts_with(word)) fail_value("average", text, form);
  rest = trimmed(rest.substr(word.size()));
  if (!rest.starts_with('(') || !rest.ends_with(')')) fail_value("average", text, form);
  rest = trimmed(rest.substr(1, rest.size() - 2));
  if (rest.ends_with(',') || rest.find_first_of("()|") != std::string_view::npos) fail_value("average", text, form);
  Average average;
  std::array<bool, keys.size()> seen{};
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view entry = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) fail_value("average", text, form);
    const std::string_view key = trimmed(entry.substr(0, equals));
    read_key(average, key, trimmed(entry.substr(equals + 1)));
    bool& again = seen[find_word("key", key, keys)];
    if (again) fail_value("average", text, concat({"has ", key, " twice"}));
    again = true;
  }
  if (seen[3] && (seen[0] || seen[1] || seen[2])) {
    fail_value("average", text, "half_life stands alone: an exponential average has all iterates");
  }
  if (average.every > 1 && average.weights != Average::Weights::uniform) {
    fail_value("average", text, "every needs uniform weights");
  }
  return average;
}

std::string print(const Average& average) {
  if (average.half_life) return concat({"average(half_life=", print_duration(*average.half_life), ")"});
  std::string text = concat({"average(last=", print_duration(average.last)});
  if (average.weights != Average::Weights::uniform) text += concat({", weights=", word_of(average.weights)});
  if (average.every > 1) text += concat({", every=", std::to_string(average.every)});
  return text + ")";
}

std::vector<double> weights_of(const Average& average, std::span<const double> lr, const StepSize& step_size) {
  if (lr.empty()) fail_value("lr", "[]", "must hold at least one step");
  const auto T = static_cast<std::int64_t>(lr.size());
  if (average.half_life) return ema_weights(T, beta_of(*average.half_life, T));
  const std::int64_t last = window_of(average, T, step_size);
  switch (average.weights) {
    case Average::Weights::step:
      return step_weights(lr, last);
    case Average::Weights::one_minus_sqrt:
      return one_minus_sqrt_weights(T, last);
    case Average::Weights::uniform:
      break;
  }
  return uniform_weights(T, last, average.every);
}

std::pair<std::string_view, std::string_view> split_average(std::string_view text) noexcept {
  const std::size_t json_end = trimmed(text).starts_with('{') ? text.rfind('}') : 0;
  const std::size_t bar = json_end < text.size() ? text.find('|', json_end) : std::string_view::npos;
  if (bar == std::string_view::npos) return {text, {}};
  return {trimmed(text.substr(0, bar)), text.substr(bar)};
}

AveragedSchedule parse_averaged(std::string_view text, std::optional<Duration> horizon) {
  const auto [schedule, average] = split_average(text);
  AveragedSchedule averaged{Schedule::parse(schedule, horizon)};
  if (!average.empty()) averaged.average = parse_average(average.substr(1));
  return averaged;
}

std::string print(const AveragedSchedule& averaged) {
  const std::string schedule = print(averaged.schedule);
  return averaged.average ? concat({schedule, " | ", print(*averaged.average)}) : schedule;
}

AverageBound average_bound(const AveragedSchedule& averaged, const BoundSettings& settings) {
  if (!averaged.average) fail_argument("average", "there is none; write SPEC | average(last=20%)");
  const std::vector<double> rates = bound_rates(averaged.schedule, settings.T);
  return average_bound(rates, weights_of(*averaged.average, rates, averaged.schedule.spec().step_size),
                       settings.grad_norm, settings.distance);
}

}  // namespace scheduled
