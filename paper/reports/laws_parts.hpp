// The parts of docs/laws.md that stand in files of their own.
#pragma once

#include <filesystem>

#include "scheduled/law.hpp"

namespace scheduled::reports {

void unseen(const std::filesystem::path& data, LawKind kind);  // laws_unseen.cpp

}  // namespace scheduled::reports
