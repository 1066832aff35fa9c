#include "trainer/average.hpp"

#include <cmath>

#include "base/error.hpp"
#include "scheduled/error.hpp"

namespace scheduled::trainer {

std::string text_of(const AverageConfig& config) {
  const std::string half_life = config.share > 0.0       ? format_number(100.0 * config.share) + "%"
                                : config.half_life > 0.0 ? format_number(config.half_life)
                                                         : std::string();
  return concat({half_life.empty() ? "" : "half_life ", half_life, half_life.empty() ? "" : ", ", "from ",
                 std::to_string(config.from), ", every ", std::to_string(config.every)});
}

void RunningAverage::add(const AverageConfig& config, std::int64_t update, std::span<const float> weights) {
  const double half_life = config.share > 0.0 ? config.share * static_cast<double>(update) : config.half_life;
  const double left = half_life > 0.0 ? std::exp2(-static_cast<double>(update - step) / half_life) : 1.0;
  count = count * left + 1.0;
  step = update;
  how = config;
  values.resize(weights.size());
  for (std::size_t k = 0; k < weights.size(); ++k) {
    values[k] += (static_cast<double>(weights[k]) - values[k]) / count;  // the first takes the place of zeros
  }
}

}  // namespace scheduled::trainer
