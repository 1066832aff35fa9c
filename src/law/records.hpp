// The results of this module, each described once (base/record.hpp).
#pragma once

#include <string_view>
#include <tuple>

#include "base/record.hpp"
#include "schedule/records.hpp"
#include "scheduled/law.hpp"

namespace scheduled {

template <>
struct Record<Predicted> {
  static constexpr std::string_view name = "Predicted";
  static constexpr std::string_view meaning = "A loss, or a difference of losses, with its 90 % interval";
  static constexpr std::tuple fields{Field{"loss", &Predicted::loss, "nats", "The prediction"},
                                     Field{"lower", &Predicted::lower, "nats", "Lower end of the interval"},
                                     Field{"upper", &Predicted::upper, "nats", "Upper end of the interval"}};
};

}  // namespace scheduled
