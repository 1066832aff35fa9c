// What plans compare with.
#pragma once

#include <cstdint>

#include "scheduled/schedule.hpp"

namespace scheduled::anytime {

/// A cosine run of N steps with the trunk's warmup and peak.
Schedule cosine_run(const Schedule& trunk, std::int64_t N);

}  // namespace scheduled::anytime
