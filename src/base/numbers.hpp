// Small arithmetic that several modules share.
#pragma once

namespace scheduled {

constexpr double square(double x) noexcept { return x * x; }

}  // namespace scheduled
