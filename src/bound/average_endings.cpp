// How a run of constant rates may end: cooldowns beside averages (docs/theory.md, (8.7) to (8.9)).
#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "base/search.hpp"
#include "scheduled/exact.hpp"

namespace scheduled {
namespace {

std::string key(std::string_view name, double value) { return concat({name, "=", format_number(value)}); }
std::string key(std::string_view name, std::int64_t value) { return concat({name, "=", std::to_string(value)}); }

/// To four digits: the bound is flat where it is smallest.
double short_factor(double phi) {
  const double inverse = std::pow(10.0, 3.0 - std::floor(std::log10(phi)));
  return std::round(phi * inverse) / inverse;
}

/// Of T + 1 rates: the last `last` of them fall from phi lr to 0.
std::vector<double> cooled(std::int64_t T, double lr, std::int64_t last, double phi) {
  std::vector<double> rates(static_cast<std::size_t>(T), lr);
  const std::int64_t begin = T + 1 - last;
  for (std::int64_t t = begin; t < T; ++t) {
    rates[static_cast<std::size_t>(t)] =
        phi * lr * (1.0 - static_cast<double>(t - begin + 1) / static_cast<double>(last));
  }
  return rates;
}

}  // namespace

std::vector<ConstantEnding> constant_endings(std::int64_t T, double lr, std::int64_t last, double grad_norm,
                                             double distance) {
  const DropAndAverage drop = drop_and_average(T, last, lr, grad_norm, distance);
  const BoundSettings settings{grad_norm, distance, std::nullopt, Criterion::worst_case};
  const std::string peak = key("peak", lr);
  const std::string longer = concat({"steps=", std::to_string(T + 1), ", ", peak});
  const std::string whole = concat({"steps=", std::to_string(T), ", ", peak});
  std::vector<ConstantEnding> endings;
  const auto add = [&](std::string_view way, std::int64_t steps, double phi, const std::string& spec) {
    const AveragedSchedule run = parse_averaged(spec);
    const double value = run.average ? average_bound(run, settings).value : bound(run.schedule, settings);
    endings.push_back({std::string(way), steps, phi, print(run), value});
  };
  add("cooldown", last, 1.0, concat({"wsd(", longer, ", ", key("cooldown", last), ")"}));
  // The value is convex in the rates, hence in phi: all of them are linear in it.
  const double phi = short_factor(std::exp(
      golden_section([&](double x) { return worst_case(cooled(T, lr, last, std::exp(x)), grad_norm, distance).value; },
                     std::log(drop.phi) - 2.0, std::log(drop.phi) + 2.0, 1e-7)
          .first));
  add("drop and cooldown", last, phi,
      concat({"stages(", longer, ", pieces=[hold until ", std::to_string(T + 1 - last), ", linear from ",
              format_number(short_factor(100.0 * phi)), "% to 0])"}));
  const std::int64_t window = best_window(T, lr, grad_norm, distance);
  add("average", window, 1.0, concat({"constant(", whole, ") | average(", key("last", window), ")"}));
  const double held = short_factor(drop.phi);
  add("drop and average", last, held,
      concat({"piecewise(", whole, ", milestones=[", std::to_string(T - last), "], factors=[", format_number(held),
              "]) | average(", key("last", last), ")"}));
  return endings;
}

}  // namespace scheduled
