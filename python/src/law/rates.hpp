// Classes of laws, and rates of a run as an argument.
#pragma once

#include <nanobind/nanobind.h>

#include <string_view>
#include <vector>

#include "base/bind.hpp"
#include "law/records.hpp"
#include "modules.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled::python {

template <>
inline constexpr const char* class_name<Law> = "Law";

/// Rates of a run: a Schedule with a horizon, or one number per update.
class RatesLike : public nb::object {
  NB_OBJECT(RatesLike, nb::object, "Schedule | numpy.typing.ArrayLike", any_object)
};
inline std::vector<double> read_rates(const RatesLike& rates, std::string_view name) {
  if (nb::isinstance<Schedule>(rates)) {
    const auto& schedule = nb::cast<const Schedule&>(rates);
    return without_gil([&] { return schedule.values(); });
  }
  return Values<double>(nb::borrow<ArrayLike>(rates), name).copy();
}

}  // namespace scheduled::python
