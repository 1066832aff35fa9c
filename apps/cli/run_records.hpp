// What the verbs of `scheduled run` print where the library has no such result by itself, each described once
// (base/record.hpp).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "anytime/cluster_records.hpp"
#include "anytime/records.hpp"

namespace scheduled::cli {

struct Verified {
  VerifyReport report;
  Asked<std::vector<RecordedCheckpoint>> cleared;
};

struct PlannedRun {
  AnytimePlan plan;
  Asked<KeepPlan> keep;
  Asked<std::vector<ComparedWay>> ways;
  Asked<JobPlan> jobs;
};

struct RunStatus {
  RunRecord record;
  Asked<std::vector<JobState>> jobs;
};

struct Migrated {
  std::string folder;
};

struct LoggedMetrics {
  std::string line;
  std::size_t values = 0;
};

}  // namespace scheduled::cli

namespace scheduled {

template <>
struct Record<cli::Verified> {
  using X = cli::Verified;
  static constexpr std::string_view name = "Verified";
  static constexpr std::string_view meaning = "What a verification of a run found";
  static constexpr FieldList fields{
      Field{"", &X::report, "", "What was found"},
      Field{"cleared", &X::cleared, "", "Checkpoints that are as they were committed; by --clear"}};
};

template <>
struct Record<cli::PlannedRun> {
  using X = cli::PlannedRun;
  static constexpr std::string_view name = "PlannedRun";
  static constexpr std::string_view meaning = "A plan, and the checkpoints that it takes";
  static constexpr FieldList fields{
      Field{"", &X::plan, "", "Trunk and branches"},
      Field{"keep", &X::keep, "", "What branches and merges need of the trunk; by --merge or --checkpoint-bytes"},
      Field{"ways", &X::ways, "", "Ways to the results, by cost and guarantee; by --compare"},
      Field{"jobs", &X::jobs, "", "What trains all of it; by --emit"}};
};

template <>
struct Record<cli::RunStatus> {
  using X = cli::RunStatus;
  static constexpr std::string_view name = "RunStatus";
  static constexpr std::string_view meaning = "The record of a run, and its jobs";
  static constexpr FieldList fields{
      Field{"", &X::record, "", "The record"},
      Field{"jobs", &X::jobs, "", "Submitted ones that Slurm knows; where there are any"}};
};

template <>
struct Record<cli::Migrated> {
  using X = cli::Migrated;
  static constexpr std::string_view name = "Migrated";
  static constexpr std::string_view meaning = "A run whose record has today's format";
  static constexpr FieldList fields{Field{"folder", &X::folder, "", "Of the run"}};
};

template <>
struct Record<cli::LoggedMetrics> {
  using X = cli::LoggedMetrics;
  static constexpr std::string_view name = "LoggedMetrics";
  static constexpr std::string_view meaning = "Metrics that were recorded";
  static constexpr FieldList fields{Field{"line", &X::line, "", "The trunk or a branch"},
                                    Field{"values", &X::values, "", "How many"}};
};

}  // namespace scheduled
