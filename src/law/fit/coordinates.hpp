// The coordinates in which fits move: p/unit, or log(p/unit).
#pragma once

#include <span>
#include <vector>

#include "scheduled/law.hpp"

namespace scheduled::law {

class Coordinates {
 public:
  /// time: length of the longest run in steps, the unit of parameters that are times or their roots.
  Coordinates(LawKind kind, double time);
  /// Of runs none of which lowers its rate: priors differ.
  void without_decays(LawKind kind, double reference_rate, double lowest_loss);

  std::size_t size() const noexcept { return table_.size(); }
  std::vector<double> to_parameters(std::span<const double> x) const;
  std::vector<double> from_parameters(std::span<const double> p) const;
  /// dp/dx for each parameter.
  double slope(std::size_t j, double p) const noexcept { return table_[j].log_scale ? p : unit_[j]; }
  double lower(std::size_t j) const;
  double upper(std::size_t j) const;
  double centre(std::size_t j) const;  ///< typical value, and centre of the prior
  double spread(std::size_t j) const noexcept { return table_[j].spread; }
  const LawParameter& parameter(std::size_t j) const noexcept { return table_[j]; }

 private:
  double coordinate(std::size_t j, double p) const;
  std::vector<LawParameter> table_;
  std::vector<double> unit_;
};

}  // namespace scheduled::law
