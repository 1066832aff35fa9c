// piecewise: 1 before the first milestone, then factors[k] from step milestones[k] on.
#pragma once

#include <algorithm>
#include <vector>

#include "schedule/part.hpp"

namespace scheduled {

struct MilestoneRates {
  std::vector<double> milestones;
  std::vector<double> rates;  // rates[k] from milestones[k-1] on; one more than milestones
  double operator()(double i) const noexcept {
    const auto next = std::upper_bound(milestones.begin(), milestones.end(), i);
    return rates[static_cast<std::size_t>(next - milestones.begin())];
  }
};

template <>
struct Part<Piecewise> : ShapeDefaults {
  static constexpr std::string_view name = "piecewise";
  static constexpr std::string_view example = "piecewise(steps=90k, milestones=[30k, 60k], factors=[0.1, 0.01])";
  static constexpr std::string_view meaning = "constant between milestones";
  static constexpr std::string_view formula = "factors[k] from step milestones[k] on";
  static constexpr std::tuple parameters{
      Key{"milestones", &Piecewise::milestones, "steps, increasing", "milestones=[30k, 60k]"},
      Key{"factors", &Piecewise::factors, "of the peak, >= 0, one for each milestone", "factors=[0.3, 0.1]"},
  };
  static bool is_plan(const Piecewise&) { return true; }
  static MilestoneRates compile(const Piecewise& shape, Resolver& resolver) {
    const std::size_t count = shape.milestones.size();
    if (shape.factors.size() != count) {
      fail_argument("factors", concat({"there are ", std::to_string(shape.factors.size()), " for ",
                                       std::to_string(count), " milestones; must be as many"}));
    }
    require_non_negative("factors", shape.factors);
    MilestoneRates levels{{}, {resolver.peak}};
    double before = -1.0;
    for (std::size_t k = 0; k < count; ++k) {
      const auto step =
          at_entry(k, [&] { return static_cast<double>(resolver.steps("milestones", shape.milestones[k])); });
      if (step <= before) fail_entry("milestones", k, step, "must be above the milestone before");
      levels.milestones.push_back(before = step);
      levels.rates.push_back(
          resolver.finite(resolver.peak * shape.factors[k], concat({"factors[", std::to_string(k), "]"})));
    }
    return levels;
  }
};

}  // namespace scheduled
