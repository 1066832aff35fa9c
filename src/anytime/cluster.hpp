// What the files of plans on a cluster share.
#pragma once

#include <string>
#include <string_view>

#include "scheduled/cluster.hpp"

namespace scheduled::anytime {

/// `name` as part of the name of a file or a job: what is not a letter, a digit or one of ._- is a dot.
std::string file_word(std::string_view name);

/// Throws ArgumentError naming command: blank, a placeholder that is unknown or stands within quotes, an open quote.
void check_command(const std::string& command);

/// What trains `job`, its placeholders replaced.
std::string command_of(const AnytimePlan& plan, const JobRequest& request, const PlannedJob& job);

/// An option of sbatch as a user gives it: its name, with the "=" or blank behind it, and its value as it is.
struct DirectiveParts {
  std::string name;
  std::string value;
};
DirectiveParts parts_of_directive(std::string_view text);

/// Throws ArgumentError where the engine knows nothing of what was given, or needs more.
void check_engine(const JobRequest& request);
/// Throws ArgumentError naming what these engines' files cannot hold.
void require_utf8(std::string_view name, const std::string& text);

/// Whether each node runs the job's script, which NeMo-Run and SkyPilot start.
inline bool runs_tasks(const JobRequest& request) {
  return request.engine == JobEngine::nemo_run || request.engine == JobEngine::skypilot;
}

/// Whether one job of the run trains at a time: as asked for, or because the engine does no other.
inline bool is_serial(const JobRequest& request) {
  return request.serial || request.engine == JobEngine::local || request.engine == JobEngine::skypilot;
}

/// The branch of `job`; none for the trunk.
const PlannedBranch* branch_of(const AnytimePlan& plan, const JobRequest& request, const PlannedJob& job);

/// Seconds of work in a job within its time limit; nothing where it has none.
std::optional<double> seconds_of_start(const JobRequest& request);

/// The texts of the files of `folder`.
std::string job_script(const AnytimePlan& plan, const JobRequest& request, const PlannedJob& job,
                       const std::filesystem::path& folder);
std::string common_script();
std::string submit_script(const JobRequest& request, const JobPlan& jobs, const std::filesystem::path& folder);
std::string local_script(const JobPlan& jobs, const std::filesystem::path& folder);
std::string experiment_script(const JobRequest& request, const JobPlan& jobs, const std::filesystem::path& folder);
std::string pipeline_yaml(const JobRequest& request, const JobPlan& jobs, const std::filesystem::path& folder);

/// 1-02:03:04, as Slurm reads it.
std::string clock_text(double seconds);

constexpr const char* jobs_file = "jobs.json";
constexpr const char* submitted_file = "submitted";
constexpr const char* started_file = "started";

}  // namespace scheduled::anytime
