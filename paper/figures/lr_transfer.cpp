// From the LR tuned for a short cooldown to that of linear decay.
#include <fmt/format.h>

#include <cmath>

#include "figures/fits.hpp"
#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"

namespace scheduled::figures {
namespace {

double best_peak(const std::string& spec, std::int64_t T) { return best_base_lr(at_horizon(spec, T), {.T = T}).peak; }

void add_decay(Result& result, const std::string& decay) {
  const std::vector<double> shares = spaced(0.05, 1.0, 20);
  const std::vector<double> fine = spaced(0.05, 1.0, 96);
  std::vector<plot::Line> lines;
  constexpr int horizons = 9;  // 400 ... 102,400; drawn are the ends and the middle, the others lie between them
  for (int k = 0; k < horizons; k += 4) {
    const std::int64_t T = std::int64_t{400} << k;
    const double linear = best_peak("linear", T);
    std::vector<double> logs;
    for (const double share : shares) {
      const double peak = best_peak(fmt::format("wsd(cooldown={:.6g}%, decay={})", 100.0 * share, decay), T);
      logs.push_back(std::log(linear / peak));
    }
    const double shade = static_cast<double>(k) / (horizons - 1);
    lines.push_back(shaded("T = " + std::to_string(T), shares, logs, shade));
    lines.back().kind = plot::Line::Kind::points;
    const std::vector<double> fit = fit_polynomial(shares, logs, 6);
    std::vector<double> fitted;
    for (const double share : fine) fitted.push_back(polynomial(fit, share));
    lines.push_back(shaded(k == 0 ? "fits of degree 6" : "", fine, fitted, shade));
  }
  if (decay == "linear") {
    std::vector<double> limit;
    for (const double share : fine) limit.push_back(lr_transfer_limit(share));
    lines.push_back(line("T → ∞", fine, limit, 4));
  }
  result.pictures.push_back({"lr-transfer-" + decay, single({.label = "cooldown c, share of the run"},
                                                            {.label = "ln[γ*(linear)/γ*(c)]"}, lines)});
}

}  // namespace

Result lr_transfer_curves(const Inputs&) {
  Result result;
  add_decay(result, "linear");
  add_decay(result, "1-sqrt");
  result.checks.push_back({"ln γ*(1) − ln γ*(.2), T → ∞", ".6645", lr_transfer_limit(0.2)});
  return result;
}

}  // namespace scheduled::figures
