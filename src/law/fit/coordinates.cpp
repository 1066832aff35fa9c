#include "law/fit/coordinates.hpp"

#include <algorithm>
#include <cmath>

#include "law/arithmetic.hpp"
#include "law/definition.hpp"

namespace scheduled::law {

namespace {

double value_of(LawUnit unit, double time) {
  switch (unit) {
    case LawUnit::none:
      return 1.0;
    case LawUnit::steps:
      return time;
    case LawUnit::root_steps:
      return std::sqrt(time);
    case LawUnit::per_step:
      return 1.0 / time;
  }
  return 1.0;
}

}  // namespace

Coordinates::Coordinates(LawKind kind, double time) : table_(law_parameters(kind).begin(), law_parameters(kind).end()) {
  for (const LawParameter& parameter : table_) unit_.push_back(value_of(parameter.unit, time));
}

void Coordinates::without_decays(LawKind kind, double reference_rate, double lowest_loss) {
  const UnseenGain& gain = definition_of(kind).unseen_gain;
  if (gain.parameter.empty() || !(lowest_loss > 0.0)) return;
  for (LawParameter& parameter : table_) {
    if (parameter.name != gain.parameter) continue;
    const double rate = exponential(gain.by_rate * natural_log(reference_rate / gain.at_rate));
    parameter.start = std::max(gain.of_loss * rate * lowest_loss, parameter.lower);
    parameter.spread = gain.spread;
  }
}

double Coordinates::coordinate(std::size_t j, double p) const {
  return table_[j].log_scale ? natural_log(p / unit_[j]) : p / unit_[j];
}

std::vector<double> Coordinates::to_parameters(std::span<const double> x) const {
  std::vector<double> p;
  for (std::size_t j = 0; j < size(); ++j) {
    const double value = unit_[j] * (table_[j].log_scale ? exponential(x[j]) : x[j]);
    p.push_back(std::clamp(value, table_[j].lower, table_[j].upper));
  }
  return p;
}

std::vector<double> Coordinates::from_parameters(std::span<const double> p) const {
  std::vector<double> x;
  for (std::size_t j = 0; j < size(); ++j) x.push_back(coordinate(j, p[j]));
  return x;
}

double Coordinates::lower(std::size_t j) const { return coordinate(j, table_[j].lower); }

double Coordinates::upper(std::size_t j) const {
  return std::isinf(table_[j].upper / unit_[j]) ? table_[j].upper : coordinate(j, table_[j].upper);
}

double Coordinates::centre(std::size_t j) const {
  return table_[j].log_scale ? natural_log(table_[j].start) : table_[j].start;
}

}  // namespace scheduled::law
