// Fuzz targets of the spec language and of a saved stream; see targets.hpp.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string_view>

#include "fuzz/targets.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled::fuzz {

/// Spec text or JSON: what parses prints to what parses equal, and has finite rates >= 0 that fill and lr agree on.
inline void spec(std::string_view text) {
  std::optional<Schedule> schedule;
  try {
    schedule = Schedule::parse(text);
  } catch (const std::invalid_argument&) {
    return;
  }
  require(Schedule::parse(print(*schedule)) == *schedule, "print reads back equal");
  require(Schedule::parse(print_json(*schedule)) == *schedule, "print_json reads back equal");
  std::array<double, 50> rates{};
  for (const std::int64_t first : {std::int64_t{0}, schedule->layout().warmup_steps,
                                   schedule->steps().value_or(1000) - 1, std::int64_t{1} << 52}) {
    schedule->fill(first, rates);
    for (std::size_t k = 0; k < rates.size(); ++k) {
      require(rates[k] >= 0.0 && std::isfinite(rates[k]), "rates are finite and >= 0");
      require(rates[k] == schedule->lr(first + static_cast<std::int64_t>(k)), "fill is lr");
    }
  }
}

/// A saved stream: what is restored saves to itself and goes on.
inline void stream_state(std::string_view text) {
  std::optional<OmegaStream> stream;
  try {
    stream = OmegaStream::restore(text);
  } catch (const std::invalid_argument&) {
    return;
  }
  const std::string saved = stream->save();
  require(OmegaStream::restore(saved).save() == saved, "a restored stream saves to the same text");
  for (const double lr : {1e-3, 0.0, 1e3}) stream->push(lr);
}

}  // namespace scheduled::fuzz
