// What a checkpoint of the trainer holds: model.safetensors, optimizer.safetensors, state.json, and where an average is
// kept average.safetensors, in double precision.
#pragma once

#include <filesystem>
#include <string>

#include "scheduled/bound.hpp"
#include "trainer/average.hpp"
#include "trainer/config.hpp"
#include "trainer/data.hpp"
#include "trainer/learner.hpp"

namespace scheduled::trainer {

/// What training goes on from, besides the weights.
struct TrainState {
  std::int64_t step = 0;  ///< finished updates
  OmegaStream omega;
  double loss_sum = 0.0;  ///< of the updates since train_loss was logged
  std::int64_t loss_count = 0;
  RunningAverage average = {};
};

/// What must not change within a run: "model.width" and the like with their values, in a fixed order.
using Identity = std::vector<std::pair<std::string, std::string>>;
Identity identity_of(const TrainConfig& config, const Corpus& corpus);

void write_checkpoint(const std::filesystem::path& folder, const Layout& layout, const Weights& weights,
                      const TrainState& state, const Identity& identity);

/// Reads what write_checkpoint wrote. Throws ArgumentError that names the file where it is not that, or where
/// it is of a run with another identity: key, recorded value and present value.
TrainState read_checkpoint(const std::filesystem::path& folder, const Layout& layout, const Identity& identity,
                           Weights& weights);

/// The JSON Schema of state.json.
Json state_schema(Schemas& schemas);

}  // namespace scheduled::trainer
