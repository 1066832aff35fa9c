// Columns that end in NaN and infinities. Private; run folders, which are logs too, use it as well.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "scheduled/runlog.hpp"

namespace scheduled::runlog {

/// RunLog::not_finite of a log whose columns, and their steps that were not finite, are complete. A column has ended
/// where more such steps follow its last value than ever stood before one: between values they mean "not logged". While
/// another loss goes on, as where a validation loss is logged more seldom, twice as many are needed, and the first such
/// stretch says nothing.
std::map<std::string, std::int64_t> not_finite_since(const RunLog& log);

}  // namespace scheduled::runlog
