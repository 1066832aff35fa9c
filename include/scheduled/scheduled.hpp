// Everything of the library that is installed.
#pragma once

#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"
#include "scheduled/duration.hpp"
#include "scheduled/error.hpp"
#include "scheduled/exact.hpp"
#include "scheduled/lr_sweep.hpp"
#include "scheduled/presets.hpp"
#include "scheduled/schedule.hpp"
#include "scheduled/sweep.hpp"
#include "scheduled/trunk.hpp"

// Modules that are built only where their dependencies are found.
#if __has_include("scheduled/foreign.hpp")
#include "scheduled/foreign.hpp"
#endif
#if __has_include("scheduled/runlog.hpp")
#include "scheduled/along.hpp"
#include "scheduled/describe.hpp"
#include "scheduled/lint.hpp"
#include "scheduled/runlog.hpp"
#endif
#if __has_include("scheduled/law.hpp")
#include "scheduled/forecast.hpp"
#include "scheduled/law.hpp"
#include "scheduled/law_design.hpp"
#include "scheduled/watch.hpp"
#endif
#if __has_include("scheduled/pep.hpp")
#include "scheduled/pep.hpp"
#endif
#if __has_include("scheduled/anytime.hpp")
#include "scheduled/anytime.hpp"
#include "scheduled/cluster.hpp"
#include "scheduled/merge.hpp"
#include "scheduled/plan.hpp"
#include "scheduled/run_record.hpp"
#endif
