// Runs whose losses are in another unit than those of the others.
#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "law/arithmetic.hpp"
#include "law/fit/warnings.hpp"

namespace scheduled::law {
namespace {

/// Loss at step t, linear between the logged ones, the first or last beyond them.
double loss_at(const FitRun& run, std::int64_t t) {
  const auto above = std::lower_bound(run.step.begin(), run.step.end(), t);
  if (above == run.step.begin()) return run.loss.front();
  if (above == run.step.end()) return run.loss.back();
  const auto i = static_cast<std::size_t>(above - run.step.begin());
  const double share = static_cast<double>(t - run.step[i - 1]) / static_cast<double>(run.step[i] - run.step[i - 1]);
  return run.loss[i - 1] + share * (run.loss[i] - run.loss[i - 1]);
}

/// Rates move losses of one model at one step by some per cent; units by more.
constexpr double usual_ratio = 1.3;

bool differ(const FitRun& a, const FitRun& b) {
  const std::int64_t t = std::min(a.step.back(), b.step.back());
  const double ratio = loss_at(a, t) / loss_at(b, t);
  return !(ratio < usual_ratio && ratio > 1.0 / usual_ratio);
}

bool near(double value, double wanted, double share) { return std::fabs(value - wanted) < share * wanted; }

/// What `loss` might be where the others have `usual`.
std::string guess(double loss, double usual) {
  if (near(loss, exponential(usual), 0.5)) return "perplexity where the others are nats";
  if (near(natural_log(std::max(usual, 1e-300)), loss, 0.15)) return "nats where the others are perplexity";
  if (near(loss, usual / ln2, 0.1)) return "bits where the others are nats";
  if (near(loss, usual * ln2, 0.1)) return "nats where the others are bits";
  if (loss < usual && loss > 0.15 * usual) return "per byte where the others are per token";
  if (loss > usual && loss < usual / 0.15) return "per token where the others are per byte";
  return "another unit or another model";
}

}  // namespace

std::vector<std::string> unit_warnings(const std::vector<FitRun>& runs) {
  // The run that the fewest others differ from is the usual one.
  std::size_t usual = 0;
  auto fewest = static_cast<std::ptrdiff_t>(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto count =
        std::count_if(runs.begin(), runs.end(), [&](const FitRun& other) { return differ(runs[i], other); });
    if (count >= fewest) continue;
    fewest = count;
    usual = i;
  }
  std::vector<std::string> warnings;
  for (const FitRun& run : runs) {
    if (!differ(run, runs[usual])) continue;
    const std::int64_t t = std::min(run.step.back(), runs[usual].step.back());
    const double here = loss_at(run, t);
    const double there = loss_at(runs[usual], t);
    warnings.push_back(
        concat({"units: run '", run.name, "' has the loss ", format_number(here), " at step ", std::to_string(t),
                " where '", runs[usual].name, "' has ", format_number(there), ": ", guess(here, there), "?"}));
  }
  return warnings;
}

}  // namespace scheduled::law
