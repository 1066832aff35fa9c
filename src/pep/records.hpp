// The results of this module, each described once (base/record.hpp).
#pragma once

#include <array>
#include <string_view>

#include "base/record.hpp"
#include "scheduled/pep.hpp"

namespace scheduled {

template <>
struct Words<PepOptions::Method> {
  static constexpr std::array<std::string_view, 2> words{"reduced", "full"};
};

template <>
struct Record<PepLower> {
  static constexpr std::string_view name = "PepLower";
  static constexpr std::string_view meaning =
      "A lower bound, and how far its candidate was from feasible before repair";
  static constexpr FieldList fields{
      Field{"bound", &PepLower::bound, "loss", "The bound"},
      Field{"psd_distance", &PepLower::psd_distance, "", "How negative the Gram matrix's smallest eigenvalue was"},
      Field{"violation", &PepLower::violation, "", "The largest violation of any constraint, relative"},
      Field{"mixed", &PepLower::mixed, "", "Share of a strictly feasible point that the repair mixed in"}};
};

template <>
struct Record<PepUpper> {
  static constexpr std::string_view name = "PepUpper";
  static constexpr std::string_view meaning =
      "An upper bound, and how far its candidate was from feasible before repair";
  static constexpr FieldList fields{
      Field{"bound", &PepUpper::bound, "loss", "The bound; infinite where nothing was usable"},
      Field{"psd_distance", &PepUpper::psd_distance, "", "How negative the slack matrix's smallest eigenvalue was"},
      Field{"clipped", &PepUpper::clipped, "", "The most negative multiplier, as a positive number"},
      Field{"imbalance", &PepUpper::imbalance, "", "The largest residual of the equations on the multipliers"}};
};

template <>
struct Record<PepPrimal> {
  static constexpr std::string_view name = "PepPrimal";
  static constexpr std::string_view meaning = "What a lower bound was made from";
  static constexpr FieldList fields{
      Field{"gram", &PepPrimal::gram, "", "Gram matrix of (x_1 - x*, g_1, ..., g_T), row by row"},
      Field{"value", &PepPrimal::value, "loss", "f(x_t) - f* for t = 1 ... T"}};
};

template <>
struct Record<PepDual> {
  static constexpr std::string_view name = "PepDual";
  static constexpr std::string_view meaning = "What an upper bound was made from";
  static constexpr FieldList fields{
      Field{"pair", &PepDual::pair, "",
            "Multipliers of f_i >= f_j + <g_j, x_i - x_j>, row by row from i = 0, which is x*"},
      Field{"grad_norm", &PepDual::grad_norm, "", "Multipliers of ||g_t||^2 <= G_t^2"},
      Field{"distance", &PepDual::distance, "", "Multiplier of ||x_1 - x*||^2 <= D^2"}};
};

template <>
struct Record<PepResult> {
  static constexpr std::string_view name = "PepResult";
  static constexpr std::string_view meaning = "A certified interval that holds the worst case";
  static constexpr FieldList fields{
      Field{"lower", &PepResult::lower, "", "The best lower bound"},
      Field{"upper", &PepResult::upper, "", "The best upper bound"},
      Field{"converged", &PepResult::converged, "", "True where the gap is within the tolerance"},
      Field{"rounds", &PepResult::rounds, "", "Calls of the solver"},
      Field{"released", &PepResult::released, "", "Constraints that turned out not to bind"},
      Field{"added", &PepResult::added, "", "Constraints brought in because they were violated"},
      Field{"solver_status", &PepResult::solver_status, "",
            "CSDP's exit code in the last round: 0 solved, 3 solved to less accuracy"},
      Field{"solver_seconds", &PepResult::solver_seconds, "s", "Processor time of all calls"},
      Field{"primal", &PepResult::primal, "", "What the lower bound was made from"},
      Field{"dual", &PepResult::dual, "", "What the upper bound was made from"},
      Field{"gap", &PepResult::gap, "loss", "The upper less the lower bound"}};
};

template <>
struct Record<PepAverage> {
  static constexpr std::string_view name = "PepAverage";
  static constexpr std::string_view meaning = "What the solver says of an average of iterates; not certified";
  static constexpr FieldList fields{Field{"primal", &PepAverage::primal, "loss", "Value of the worst function found"},
                                    Field{"dual", &PepAverage::dual, "loss", "Value of the proof found"},
                                    Field{"status", &PepAverage::status, "", "CSDP's exit code, 0: solved"}};
};

}  // namespace scheduled
