// The configuration of a training run: one JSON file, comments allowed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/schedule.hpp"
#include "trainer/average.hpp"
#include "trainer/layout.hpp"

namespace scheduled {
class Json;
class Schemas;
}  // namespace scheduled

namespace scheduled::trainer {

struct TrainConfig {
  std::filesystem::path file;                     ///< where it was read from
  std::vector<std::filesystem::path> train;       ///< files, one after the other
  std::vector<std::filesystem::path> validation;  ///< files; none: the last validation_bytes of `train`
  std::int64_t validation_bytes = 0;
  std::int64_t epochs = 1;  ///< passes over the training bytes
  ModelConfig model;
  std::int64_t batch = 0;             ///< sequences of an update
  std::uint64_t seed = 0;             ///< of the weights and of the order of the data
  Schedule schedule{ScheduleSpec{}};  ///< of the trunk
  double weight_decay = 0.1;
  double clip = 1.0;                ///< of the global l2 norm of the gradient
  double distance = 1.0;            ///< D of the live bound
  std::int64_t threads = 1;         ///< of the CPU
  std::string device = "cpu";       ///< cpu, cuda or cuda:N
  std::int64_t log_every = 10;      ///< updates
  std::int64_t evaluate_every = 0;  ///< updates; 0: at the ends only
  std::int64_t evaluate_batches = 16;
  std::int64_t checkpoint_every = 0;  ///< updates; 0: at the ends only
  bool grad_norm_l1 = false;
  std::optional<AverageConfig> average = {};  ///< nothing: none is kept
};

/// Reads the text of a configuration. Relative data files are relative to `folder`. Throws ArgumentError at `name` with
/// the key, its value and what is allowed: keys that are given twice, unknown keys (with the one that was probably
/// meant; before anything else of their object is looked at), missing ones, wrong types, values out of range; and JSON
/// that is nested more than 64 deep.
TrainConfig parse_config(std::string_view name, std::string_view text, const std::filesystem::path& folder);

/// Its JSON Schema, by the keys that parse_config reads.
Json config_schema(Schemas& schemas);

}  // namespace scheduled::trainer
