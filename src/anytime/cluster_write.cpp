// The folder of a plan's jobs: written beside its place, and moved there whole.
#include <fcntl.h>

#include <algorithm>
#include <array>

#include "anytime/cluster.hpp"
#include "anytime/cluster_records.hpp"
#include "anytime/files.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"
#include "base/missing.hpp"

namespace scheduled {
namespace fs = std::filesystem;

namespace {

void require_free_folder(const fs::path& folder) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(folder, error);
  if (!fs::exists(status)) {
    if (!fs::is_directory(folder.parent_path(), error))
      fail_missing("into", folder.parent_path().string(), "no such folder");
    return;
  }
  if (fs::is_directory(status) && fs::is_empty(folder, error)) return;
  fail_value("into", folder.string(),
             fs::exists(folder / anytime::jobs_file, error)
                 ? "holds the jobs of a plan already; name another folder, or remove it when none of them runs"
                 : "must be missing or an empty folder");
}

/// Whether it is what an emission left that was killed.
bool is_left_over(const fs::path& part) {
  static constexpr std::array<std::string_view, 8> ours{anytime::jobs_file, "job.sh", "jobs",          "logs",
                                                        "submit.sh",        "run.sh", "experiment.py", "pipeline.yaml"};
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(part, error))) return false;
  for (const fs::directory_entry& entry : fs::directory_iterator(part, error)) {
    if (std::find(ours.begin(), ours.end(), entry.path().filename().string()) == ours.end()) return false;
  }
  return !error;
}

void write_script(const fs::path& path, const std::string& text) {
  anytime::write_new(path, text);
  fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
}

/// Everything, in `part`; `folder` is where it will be.
void write_folder(const AnytimePlan& plan, const JobRequest& request, const JobPlan& jobs, const fs::path& part,
                  const fs::path& folder) {
  anytime::write_new(part / anytime::jobs_file, to_json(jobs).dump(2) + "\n");
  fs::create_directory(part / "jobs");
  fs::create_directory(part / "logs");
  for (const PlannedJob& job : jobs.jobs) {
    write_script(part / "jobs" / (job.name + ".sh"), anytime::job_script(plan, request, job, folder));
  }
  anytime::write_new(part / "job.sh", anytime::common_script());
  const fs::path launcher = part / launcher_name(request.engine);
  switch (request.engine) {
    case JobEngine::slurm:
      return write_script(launcher, anytime::submit_script(request, jobs, folder));
    case JobEngine::local:
      return write_script(launcher, anytime::local_script(jobs, folder));
    case JobEngine::nemo_run:
      return write_script(launcher, anytime::experiment_script(request, jobs, folder));
    case JobEngine::skypilot:
      return anytime::write_new(launcher, anytime::pipeline_yaml(request, jobs, folder));
  }
}

}  // namespace

JobPlan write_jobs(const AnytimePlan& plan, const JobRequest& given, const fs::path& into) {
  JobRequest request = given;
  request.serial = anytime::is_serial(request);
  const JobPlan jobs = plan_jobs(plan, request);
  if (into.empty()) fail_value("into", "''", "must be missing or an empty folder");
  const fs::path folder = anytime::absolute_path(into);
  if (anytime::runs_tasks(request)) anytime::require_utf8("into", folder.string());
  require_free_folder(folder);
  fs::path part = folder;
  part += ".part";
  try {
    if (is_left_over(part)) fs::remove_all(part);
    if (!fs::create_directory(part)) fail_value("into", part.string(), "is in the way; move it elsewhere");
    write_folder(plan, request, jobs, part, folder);
    anytime::sync_files(part, anytime::names_below(part));
    anytime::sync_folders(part);
    if (::rename(part.c_str(), folder.c_str()) != 0) anytime::fail_io(folder, "cannot be made", errno);
    anytime::sync_path(folder.parent_path());
  } catch (const fs::filesystem_error& failure) {
    std::error_code error;
    fs::remove_all(part, error);
    anytime::fail_io(failure.path1(), "cannot be written", failure.code().value());
  } catch (const StoreError&) {
    std::error_code error;
    fs::remove_all(part, error);
    throw;
  }
  return jobs;
}

}  // namespace scheduled
