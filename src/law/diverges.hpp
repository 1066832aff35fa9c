// Whether a run has left what laws describe. Private.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "scheduled/runlog.hpp"

namespace scheduled::law {

/// The last losses are above the lowest by more than their noise, and by 2 % of it; of eight losses or more. Losses
/// at lower rates than that of the end do not count, as a rate that rises again lifts the loss. `lr`: of every update;
/// empty: not known. Returns the row of the lowest loss; nothing: it does not diverge.
std::optional<std::size_t> diverges(const scheduled::Series& losses, std::span<const double> lr);

}  // namespace scheduled::law
