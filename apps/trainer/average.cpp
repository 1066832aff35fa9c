#include "trainer/average.hpp"

#include <cmath>

namespace scheduled::trainer {

void RunningAverage::add(const AverageConfig& config, std::int64_t update, std::span<const float> weights) {
  const double half_life = config.share > 0.0 ? config.share * static_cast<double>(update) : config.half_life;
  const double left = half_life > 0.0 ? std::exp2(-static_cast<double>(update - step) / half_life) : 1.0;
  count = count * left + 1.0;
  step = update;
  values.resize(weights.size());
  for (std::size_t k = 0; k < weights.size(); ++k) {
    values[k] += (static_cast<double>(weights[k]) - values[k]) / count;  // the first takes the place of zeros
  }
}

}  // namespace scheduled::trainer
