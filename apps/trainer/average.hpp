// A running average of the weights, which needs no checkpoints and has the guarantee of the cooldown that it imitates.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace scheduled::trainer {

struct AverageConfig {
  double half_life = 0.0;  ///< updates after which a weight counts half; 0: they all count alike
  double share = 0.0;      ///< instead: the half-life as a share of the updates made
  std::int64_t from = 0;   ///< only the weights after later updates count
  std::int64_t every = 1;  ///< of these, those after updates that it divides
  bool operator==(const AverageConfig&) const = default;
};

/// "half_life 10%, from 0, every 1".
std::string text_of(const AverageConfig& config);

/// In double precision, in which the steps of long averages are not lost.
struct RunningAverage {
  std::int64_t step = 0;       ///< the last update that counts
  double count = 0.0;          ///< of weights, each by its share beside the last; 0: none so far
  std::vector<double> values;  ///< empty, or of the model
  /// How it was made; nothing: of a checkpoint of an older version, which does not say so
  std::optional<AverageConfig> how = {};

  bool wants(const AverageConfig& config, std::int64_t update) const {
    return update > config.from && update % config.every == 0;
  }
  void add(const AverageConfig& config, std::int64_t update, std::span<const float> weights);
  std::vector<float> rounded() const { return {values.begin(), values.end()}; }
};

}  // namespace scheduled::trainer
