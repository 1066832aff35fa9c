// Schedules that are plans of their own, without a cooldown.
#pragma once

#include <variant>

#include "scheduled/schedule.hpp"

namespace scheduled {

/// Whether a schedule with a horizon ends below its peak by its own rates. Shapes that are made to go on, and stages
/// whose last piece is held for ever, are trunks even so.
inline bool comes_down(const Schedule& schedule) {
  const Shape& shape = schedule.spec().shape;
  const auto* const stages = std::get_if<Stages>(&shape);
  if (stages != nullptr && !stages->pieces.empty()) {
    const Stage& last = stages->pieces.back();
    if (std::holds_alternative<Stage::Hold>(last.curve) && !last.over && !last.until) return false;
  }
  const bool planned = stages != nullptr || std::holds_alternative<Piecewise>(shape) ||
                       std::holds_alternative<Triangular>(shape) || std::holds_alternative<CosineRestarts>(shape) ||
                       std::holds_alternative<Table>(shape);
  return planned && schedule.lr(*schedule.steps() - 1) < schedule.peak();
}

}  // namespace scheduled
