// Files that hold one series without saying which. Private.
#pragma once

#include <string>
#include <string_view>

namespace scheduled::runlog {

/// The standard column that a file's name speaks of: "run-a-tag-train_loss.csv", "lr.csv"; empty where it does not.
std::string standard_of_file(std::string_view file);

}  // namespace scheduled::runlog
