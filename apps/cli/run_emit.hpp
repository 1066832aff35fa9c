// Options of `scheduled run plan` for a cluster: --emit and what it needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/verbs.hpp"
#include "scheduled/cluster.hpp"

namespace scheduled::cli {

struct EmitOptions {
  std::optional<JobEngine> engine;
  JobRequest request;
  std::string run, into, config, clock;
  std::optional<double> step_seconds;
  CheckTraining check_training = nullptr;

  void add_to(Verb& verb);
  /// Throws ArgumentError where --emit is missing and something was given for it.
  void check() const;
  /// Writes the jobs. `checkpoint_bytes`: of --checkpoint-bytes.
  JobPlan write(const AnytimePlan& plan, std::optional<std::int64_t> checkpoint_bytes) const;
  /// The table of costs, and what comes next.
  std::string text_of(const JobPlan& jobs) const;

 private:
  std::string folder() const;
  JobRequest whole_request(const AnytimePlan& plan, std::optional<std::int64_t> checkpoint_bytes) const;
};

}  // namespace scheduled::cli
