// The parts of docs/laws.md that stand in files of their own.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "scheduled/law.hpp"

namespace scheduled::reports {

void unseen(const std::filesystem::path& data, LawKind kind);  // laws_unseen.cpp
void design(const std::filesystem::path& data);                // laws_design.cpp
void coverage(const std::filesystem::path& data);              // laws_coverage.cpp
void limits(const std::filesystem::path& data);                // laws_coverage.cpp

/// The runs of h200/runs.json by name: rates by their schedules, losses of the validation set from a fifth of the
/// longest run on (of a branch that ends before, of itself), as fit --first would.
std::map<std::string, FitRun> own_runs(const std::filesystem::path& data);

}  // namespace scheduled::reports
