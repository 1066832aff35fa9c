// scheduled worst-case --function, --run: the function that attains the worst case.
#pragma once

#include <string>

#include "scheduled/exact.hpp"

namespace scheduled::cli {

/// Throws ArgumentError where `file` is not one to write, or does not end in .json or .npz.
void check_function_file(const std::string& file);

/// As JSON, with all fields of WorstCaseFunction; or as a .npz, with the arrays step, lr, a, b, q and the numbers as
/// arrays of one, as numpy.load reads it.
void write_function(const std::string& file, const WorstCaseFunction& function);

/// Lines for people.
std::string run_text(const WorstCaseFunction& function, const WorstCaseRun& run);

}  // namespace scheduled::cli
