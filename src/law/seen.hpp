// What fitted runs looked like, and what others have that none of them had.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "scheduled/law.hpp"

namespace scheduled::law {

/// A share of a run, or a length, counts as seen up to this factor beyond what was.
inline constexpr double near_factor = 1.5;
/// Largest distance of shapes that count as the same, as a share of the peak; that of a cosine from a line is .104.
inline constexpr double near_shape = 0.08;

/// Of SeenRun::shape.
inline constexpr std::size_t shape_places = 9;

/// Peaks within this factor count as the same.
inline constexpr double near_peak = 1.05;

SeenRun seen_run(const FitRun& run);

/// Whether they have peaks that do not count as the same.
bool has_peaks(const std::vector<SeenRun>& seen);

/// Throws ArgumentError naming the run and what cannot be: counts and shares out of range, a shape of another length.
void check_seen(const std::vector<SeenRun>& seen);

/// The decay's rate over the peak at x = 0 ... 1, by straight lines. Logs end a few updates before their runs: where it
/// nearly reaches 0, and went on to it, it is taken as if it did.
double shape_at(const SeenRun& run, double x) noexcept;

/// Largest difference of these at the nine places, whatever they end at where that is below 15 % of the peak (ends are
/// compared by themselves); infinity where one of them has no decay.
double shape_distance(const SeenRun& a, const SeenRun& b) noexcept;

/// Standard deviation of the logarithm of progress by which a run may depart from a law that was fitted to others, for
/// what of it no fitted run has.
struct Departure {
  double decay = 0.0;
  double peak = 0.0;
};
Departure departure_of(const FittedLaw& fitted, const SeenRun& run);

/// Whether both end at the same share of their peaks, by what is known of these ends.
bool same_end(const SeenRun& a, const SeenRun& b) noexcept;

/// What the rises of `run`, its warmup and a spike, have that no fitted run had, in words.
void add_unlike_rises(const std::vector<SeenRun>& seen, const SeenRun& run, std::vector<std::string>& found);
/// The same of its decay.
void add_unlike_decay(const std::vector<SeenRun>& seen, const SeenRun& run, std::vector<std::string>& found);

}  // namespace scheduled::law
