// Step sizes and grad norms that a bound can meet, kind and unkind.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "scheduled/schedule.hpp"

namespace families {

struct Series {
  std::string name;
  std::vector<double> values;
};

/// Rates of length T, all with a positive last step.
inline std::vector<Series> rates(std::size_t T) {
  std::vector<Series> all;
  const auto length = static_cast<std::int64_t>(T);
  // The last step of a schedule that ends in 0 is step T + 1.
  const std::string steps = "(steps=" + std::to_string(length + 1);
  for (const std::string& spec : {"constant" + steps, "wsd" + steps, "linear" + steps, "cosine" + steps,
                                  "1-sqrt" + steps, "inverse-power" + steps, "rsqrt" + steps + ", timescale=10"}) {
    all.push_back({spec + ")", scheduled::Schedule::parse(spec + ")").values(length)});
  }
  all.push_back({"linear to 1e-12", all[2].values});
  all.back().values.back() = 1e-12;
  std::mt19937_64 random(T);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  Series walk{"random walk over many magnitudes", {}};
  Series jumps{"piecewise with jumps of 1e6", {}};
  Series zeros{"zero stretches", {}};
  double level = 0.0;
  for (std::size_t t = 0; t < T; ++t) {
    level = 0.999 * level + 0.3 * normal(random);
    walk.values.push_back(std::exp(level));
    jumps.values.push_back(t / 37 % 2 == 0 ? 1e-6 : 1.0);
    zeros.values.push_back(t % 5 < 2 && t + 1 < T ? 0.0 : uniform(random) + 0.01);
  }
  all.push_back(walk);
  all.push_back(jumps);
  all.push_back(zeros);
  Series spike{"one huge step", std::vector<double>(T, 1e-6)};
  spike.values[T / 2] = 1e6;
  all.push_back(spike);
  Series dip{"one tiny step", std::vector<double>(T, 1.0)};
  dip.values[T / 2] = 1e-12;
  all.push_back(dip);
  Series span{"geometric over 1e12", {}};
  for (std::size_t t = 0; t < T; ++t) {
    span.values.push_back(std::pow(10.0, -12.0 * static_cast<double>(t) / static_cast<double>(T)));
  }
  all.push_back(span);
  return all;
}

/// Grad norms of length T.
inline std::vector<Series> grad_norms(std::size_t T) {
  Series constant{"1", std::vector<double>(T, 1.0)};
  Series power{"t^-0.5", {}};
  Series random{"random", {}};
  Series zeros{"zero stretches", {}};
  Series spike{"one spike", std::vector<double>(T, 0.1)};
  std::mt19937_64 generator(7 * T + 1);
  std::lognormal_distribution<double> lognormal;
  for (std::size_t t = 0; t < T; ++t) {
    power.values.push_back(1.0 / std::sqrt(static_cast<double>(t + 1)));
    random.values.push_back(lognormal(generator));
    zeros.values.push_back(t / 11 % 2 == 0 ? 0.0 : 1.0);
  }
  spike.values[T / 3] = 1e4;
  return {constant, power, random, zeros, spike};
}

}  // namespace families
