// scheduled worst-case --certify, --sdpa: the performance-estimation SDP.
#pragma once

#include <optional>
#include <string>

#include "scheduled/bound.hpp"
#include "shell/output.hpp"

namespace scheduled::cli {

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
  std::string tolerance;
  std::string solver = "csdp";
};

/// Throws std::invalid_argument where there are too many steps or a rate is 0, std::runtime_error where the solver is
/// missing or fails, or the command was built without it.
Certificate certify(std::span<const double> rates, const BoundSettings& settings, const CertifyOptions& options);

/// Writes the SDP in SDPA sparse format.
void write_sdpa_file(const std::string& file, std::span<const double> rates, const BoundSettings& settings);

/// Lines for people; `value` is what we computed without the SDP.
std::string text_of(const Certificate& certificate, double value);
Json to_json(const Certificate& certificate);

}  // namespace scheduled::cli
