// MLflow's file store. Private.
#pragma once

#include <span>
#include <string>

#include "runlog/formats/format.hpp"

namespace scheduled::runlog {

/// A file of metrics/.
struct Metric {
  std::string key;   ///< its path within metrics/: "train/loss"
  std::string file;  ///< for messages
  std::string content;
};

/// All metrics of a run as one table. Throws ArgumentError at the line that is none of "timestamp value step".
Parsed parse_mlflow_run(std::span<const Metric> metrics);

}  // namespace scheduled::runlog
