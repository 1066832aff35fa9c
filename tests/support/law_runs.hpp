// Runs whose losses a law made.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "scheduled/law.hpp"
#include "support/law_cases.hpp"

namespace law_cases {

inline constexpr const char* cosine = "cosine(steps=1500, warmup=100, peak=1e-3, final=1e-4)";
inline constexpr const char* wsd = "wsd(steps=1500, warmup=100, cooldown=30%, peak=1e-3)";
inline constexpr const char* drop = "piecewise(steps=1500, warmup=100, milestones=[700], factors=[0.3], peak=1e-3)";
inline constexpr const char* constant = "constant(steps=1500, warmup=100, peak=1e-3)";

inline scheduled::Law truth(scheduled::LawKind kind) {
  scheduled::Law law = typical(kind, rates(constant), 1e-3);
  if (kind == scheduled::LawKind::angular) law.parameters[7] = 2.0 / law.reference_sum;
  return law;
}

/// Losses of the law every 30 steps, times 1 + noise.
inline scheduled::FitRun made(const scheduled::Law& law, const char* spec, double noise = 0.0) {
  scheduled::FitRun run{spec, rates(spec), every(120, 1500, 30), {}};
  run.loss = scheduled::law_curve(law, run.lr, run.step);
  std::mt19937_64 random(7);
  for (double& loss : run.loss) {
    const double uniform = static_cast<double>(random() >> 11U) * 0x1p-53;
    loss *= 1.0 + noise * (2.0 * uniform - 1.0);
  }
  return run;
}

inline std::vector<scheduled::FitRun> three_runs(const scheduled::Law& law, double noise = 0.0) {
  return {made(law, cosine, noise), made(law, wsd, noise), made(law, drop, noise)};
}

}  // namespace law_cases
