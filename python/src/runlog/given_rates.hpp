// Rates that are given for a log, as an argument.
#pragma once

#include <nanobind/nanobind.h>

#include "scheduled/runlog.hpp"

namespace scheduled::python {

/// The log with given rates: a Schedule, its text, or one value per update; None: the logged ones.
RunLog with_lr(RunLog log, const nanobind::object& lr);

}  // namespace scheduled::python
