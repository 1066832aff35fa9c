// One function per module of the library; each adds that module's part to scheduled._core.
#pragma once

#include <nanobind/nanobind.h>

namespace scheduled::python {

void bind_schedule(nanobind::module_& m);
void bind_bound(nanobind::module_& m);
void bind_worst_case(nanobind::module_& m);
void bind_closed_forms(nanobind::module_& m);
void bind_stream(nanobind::module_& m);
void bind_design(nanobind::module_& m);
void bind_design_optimal(nanobind::module_& m);
void bind_design_constrained(nanobind::module_& m);
void bind_design_refine(nanobind::module_& m);
void bind_design_extend(nanobind::module_& m);
void bind_design_transfer(nanobind::module_& m);
void bind_design_sweep(nanobind::module_& m);
void bind_runlog(nanobind::module_& m);

}  // namespace scheduled::python
