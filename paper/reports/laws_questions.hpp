// Fits and the runs that they are asked for, as docs/laws.md has them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scheduled/law.hpp"

namespace scheduled::reports {

/// One fit and the runs whose last losses it is asked for.
struct Question {
  std::string kind;
  std::string setup;  ///< the model, and its trunk
  std::vector<FitRun> fitted;
  std::vector<FitRun> asked;
};

/// From a run of 50k steps to longer ones that left it at 40k.
struct Horizon {
  std::string model;
  std::vector<FitRun> one, all;
};

std::vector<Horizon> horizons(const std::filesystem::path& data);
std::vector<Question> law_questions(const std::filesystem::path& data);

}  // namespace scheduled::reports
