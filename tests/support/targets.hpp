// The instruction sets that this machine has.
#pragma once

#include <hwy/targets.h>

#include <cstdint>
#include <vector>

namespace scheduled::targets {

inline std::vector<std::int64_t> all() {
  std::vector<std::int64_t> out;
  for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) out.push_back(left & -left);
  return out;
}

/// What `compute` gives when only `target` may be used.
template <class Compute>
auto on(std::int64_t target, const Compute& compute) {
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  auto result = compute();
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return result;
}

}  // namespace scheduled::targets
