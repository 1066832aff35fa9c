#include "law/coordinates.hpp"

#include <algorithm>
#include <cmath>

#include "law/curves.hpp"

namespace scheduled::law {

Coordinates::Coordinates(LawKind kind, double time) : table_(law_parameters(kind)), unit_(table_.size(), 1.0) {
  const double root = std::sqrt(time);
  switch (kind) {
    case LawKind::omega:
      unit_ = {1.0, 1.0, root, 1.0 / time, root, 1.0, root};
      break;
    case LawKind::worst_case:
      unit_ = {1.0, 1.0, root};
      break;
    case LawKind::multi_power:
    case LawKind::angular:
      unit_[4] = time;
      break;
    case LawKind::momentum:
    case LawKind::bu:
      break;
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
