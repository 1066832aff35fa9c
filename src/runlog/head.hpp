// What is said of the rates before the first logged one. Private.
#pragma once

#include <string>

#include "scheduled/runlog.hpp"

namespace scheduled::runlog {

/// How densify takes the updates before the first logged rate, where that may be wrong, as rows do not tell it; empty:
/// nothing to say.
std::string head_note(const RunLog& log);
/// Takes that note out, as other rows come before those of the log.
void drop_head_note(RunLog& log);

}  // namespace scheduled::runlog
