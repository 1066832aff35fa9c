// scheduled worst-case --certify, --sdpa: the performance-estimation SDP.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/record.hpp"
#include "scheduled/bound.hpp"
#include "shell/options.hpp"

namespace scheduled::cli {
using namespace shell;

/// What the SDP says about a worst case, already verified by us.
struct Certificate {
  double lower = 0.0, upper = 0.0;
  bool converged = false;
  double gram_psd_distance = 0.0, violation = 0.0;                  ///< of the solver's worst case
  double slack_psd_distance = 0.0, clipped = 0.0, imbalance = 0.0;  ///< of the solver's proof
  int rounds = 0;
  double solver_seconds = 0.0;
  double gap() const { return upper - lower; }
};

struct CertifyOptions {
  std::optional<double> tolerance;
  std::string solver = "csdp";
};

/// Throws ArgumentError where there are too many steps or a rate is 0, std::runtime_error where the solver is missing
/// or fails, or the command was built without it.
Certificate certify(std::span<const double> rates, const BoundSettings& settings, const CertifyOptions& options);

/// Writes the SDP in SDPA sparse format.
void write_sdpa_file(const std::string& file, std::span<const double> rates, const BoundSettings& settings);

/// Lines for people; `value` is what we computed without the SDP.
std::string text_of(const Certificate& certificate, double value);

}  // namespace scheduled::cli

namespace scheduled {

template <>
struct Record<cli::Certificate> {
  using Certificate = cli::Certificate;
  static constexpr std::string_view name = "Certificate";
  static constexpr std::string_view meaning =
      "A certified interval that holds the worst case, and what it was made from";
  static constexpr FieldList fields{
      Field{"lower", &Certificate::lower, "loss", "The lower bound"},
      Field{"upper", &Certificate::upper, "loss", "The upper bound"},
      Field{"gap", &Certificate::gap, "loss", "Their difference"},
      Field{"converged", &Certificate::converged, "", "True where the gap is within the tolerance"},
      Field{"gram_psd_distance", &Certificate::gram_psd_distance, "",
            "How negative the Gram matrix's smallest eigenvalue was before repair"},
      Field{"violation", &Certificate::violation, "",
            "The largest violation of any constraint before repair, relative"},
      Field{"slack_psd_distance", &Certificate::slack_psd_distance, "",
            "How negative the slack matrix's smallest eigenvalue was before repair"},
      Field{"clipped", &Certificate::clipped, "", "The most negative multiplier before repair, as a positive number"},
      Field{"imbalance", &Certificate::imbalance, "", "The largest residual of the equations on the multipliers"},
      Field{"rounds", &Certificate::rounds, "", "Calls of the solver"},
      Field{"solver_seconds", &Certificate::solver_seconds, "s", "Processor time of all calls"}};
};

}  // namespace scheduled
