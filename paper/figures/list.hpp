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
Result lr_transfer_curves(const Inputs& inputs);
Result wsd_detail(const Inputs& inputs);
Result convex_example(const Inputs& inputs);
Result horizon_extension(const Inputs& inputs);
Result schedule_optimization(const Inputs& inputs);
Result lower_bound(const Inputs& inputs);
Result loss_210m(const Inputs& inputs);
Result loss_openwebtext2(const Inputs& inputs);
Result real_cooldown_length(const Inputs& inputs);
Result real_horizon_transfer(const Inputs& inputs);
Result real_gradient_norms(const Inputs& inputs);
Result real_single_model(const Inputs& inputs);

}  // namespace scheduled::figures
