// What each module of the library adds to scheduled._core.
#pragma once

#include <nanobind/nanobind.h>

namespace scheduled::python {

void bind_schedule(nanobind::module_& m);
void bind_trunk(nanobind::module_& m);
void bind_foreign(nanobind::module_& m);
void bind_runlog(nanobind::module_& m);
void bind_made_logs(nanobind::module_& m);

void bind_bound(nanobind::module_& m);
void bind_closed_forms(nanobind::module_& m);
void bind_stream(nanobind::module_& m);
void bind_worst_case(nanobind::module_& m);
void bind_exact(nanobind::module_& m);

void bind_base_lr(nanobind::module_& m);
void bind_optimal(nanobind::module_& m);
void bind_constrained(nanobind::module_& m);
void bind_refine(nanobind::module_& m);
void bind_extend(nanobind::module_& m);
void bind_transfer(nanobind::module_& m);
void bind_sweep(nanobind::module_& m);
void bind_lr_sweep(nanobind::module_& m);
void bind_along(nanobind::module_& m);
void bind_describe(nanobind::module_& m);
void bind_lint(nanobind::module_& m);

// Where what they need was found.
void bind_pep(nanobind::module_& m);
void bind_law(nanobind::module_& m);
void bind_fit(nanobind::module_& m);
void bind_predict(nanobind::module_& m);
void bind_next_run(nanobind::module_& m);
void bind_optimize(nanobind::module_& m);
void bind_watch(nanobind::module_& m);
void bind_forecast(nanobind::module_& m);
void bind_plan(nanobind::module_& m);
void bind_merge(nanobind::module_& m);
void bind_cluster(nanobind::module_& m);
void bind_record(nanobind::module_& m);
void bind_store(nanobind::module_& m);

}  // namespace scheduled::python
