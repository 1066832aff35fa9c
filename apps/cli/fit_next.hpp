// fit --next: which run to make, so that the loss of a schedule is known better.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduled/law_design.hpp"
#include "shell/arguments.hpp"

namespace scheduled::cli {

struct NextArguments {
  std::optional<SaidSchedule> asked;
  std::vector<std::string> tries;  ///< SPECs

  void add_to(Verb& verb);
  /// Throws where options are given that need --next, or a schedule lacks its horizon or peak.
  void check() const;
  NextRun find(const FittedLaw& fitted, const std::vector<FitRun>& runs) const;
  /// Why predict gives no loss for the asked schedule by this law; empty: it does.
  std::string refused_by(const FittedLaw& fitted) const;
  std::string text_of(const NextRun& found, const FittedLaw& fitted) const;
};

}  // namespace scheduled::cli
