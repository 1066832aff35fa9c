// Where verbs read logs from: files, standard input, and folders of our own runs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scheduled/runlog.hpp"

namespace scheduled::cli {

/// A log by itself: read_log; "-" is standard input, RUNFOLDER the trunk of a run and RUNFOLDER:LINE one of its lines.
RunLog read_source(const std::string& file, const ReadOptions& options);

/// The files and folders that read_source reads; none for standard input, and where there is no such log.
std::vector<std::filesystem::path> source_files(const std::string& file);

/// The lines of a run's folder, RUNFOLDER:LINE, each with its parent as base; empty where `file` is none.
std::vector<RunFiles> lines_of(const std::string& file);

}  // namespace scheduled::cli
