// What makes each figure; the table is in list.cpp.
#pragma once

#include "figures/figure.hpp"
#include "scheduled/bound.hpp"

namespace scheduled::figures {

Result horizons(Criterion criterion);
Result cooldown_length(Criterion criterion);
Result gradient_shape(Criterion criterion);
Result schedule_comparison(Criterion criterion);
Result cosine_cycle(Criterion criterion);

}  // namespace scheduled::figures
