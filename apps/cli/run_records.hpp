// What the verbs of `scheduled run` print where the library has no such result by itself, each described once
// (base/record.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
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

// ---- run export

struct ExportedConfig {
  std::string run, line, schedule;
};
struct ExportedColumns {
  std::vector<std::int64_t> iter;
  std::map<std::string, std::vector<double>> columns = {};
};
struct ExportedHistory {
  ExportedColumns train;
};
struct ExportedLine {
  ExportedConfig config;
  RunRecord record;
  ExportedHistory history;
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

template <>
struct Record<cli::ExportedConfig> {
  using X = cli::ExportedConfig;
  static constexpr std::string_view name = "ExportedConfig";
  static constexpr std::string_view meaning = "What a log is of";
  static constexpr FieldList fields{Field{"run", &X::run, "", "Folder of the run"},
                                    Field{"line", &X::line, "", "The trunk or a branch"},
                                    Field{"schedule", &X::schedule, "", "Its spec"}};
};

template <>
struct Record<cli::ExportedColumns> {
  using X = cli::ExportedColumns;
  static constexpr std::string_view name = "ExportedColumns";
  static constexpr std::string_view meaning = "Metrics by name, each with a value, or null, for every step";
  static constexpr FieldList fields{Field{"iter", &X::iter, "steps", "The steps"},
                                    Field{"", &X::columns, "", "A metric of the name iter is metric.iter"}};
};

template <>
struct Record<cli::ExportedHistory> {
  using X = cli::ExportedHistory;
  static constexpr std::string_view name = "ExportedHistory";
  static constexpr std::string_view meaning = "The rows of a log";
  static constexpr FieldList fields{Field{"train", &X::train, "", "As columns"}};
};

template <>
struct Record<cli::ExportedLine> {
  using X = cli::ExportedLine;
  static constexpr std::string_view name = "ExportedLine";
  static constexpr std::string_view meaning = "A line as a log that reads back, and the record of the run";
  static constexpr FieldList fields{Field{"config", &X::config, "", "What the log is of"},
                                    Field{"record", &X::record, "", "The record of the run"},
                                    Field{"history", &X::history, "", "The metrics of the line"}};
};

}  // namespace scheduled
