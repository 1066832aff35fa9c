// table: values[i] at step i.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<Table> : ShapeDefaults {
  static constexpr std::string_view name = "table";
  static constexpr std::string_view example = "table(values=[1e-3, 8e-4, 5e-4])";
  static constexpr std::string_view meaning = "explicit values, times the peak";
  static constexpr std::string_view formula = "values[i]";
  static constexpr ShapeTraits traits{.holds_rates = true, .peak_is_factor = true, .needs_real_steps = true};
  static constexpr std::tuple parameters{
      Key{"values", &Table::values, "one for each step, >= 0; the horizon is their number", "values=[1e-3, 5e-4]"},
  };
  static bool is_plan(const Table&) { return true; }
  static std::optional<std::int64_t> own_steps(const Table& shape, const ScheduleSpec&) {
    if (!shape.values || shape.values->empty()) fail_value("values", "[]", "must hold at least one LR");
    return static_cast<std::int64_t>(shape.values->size());
  }
  static auto compile(const Table& shape, Resolver& resolver) {
    require_non_negative("values", *shape.values);
    resolver.finite(resolver.peak * *std::max_element(shape.values->begin(), shape.values->end()), "the largest value");
    return [values = shape.values, peak = resolver.peak](double i) {
      return peak * (*values)[static_cast<std::size_t>(i)];
    };
  }
};

}  // namespace scheduled
