#include "cli/certify.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <sstream>
#include <stdexcept>

#include "base/error.hpp"
#include "shell/file.hpp"
#ifdef SCHEDULED_WITH_PEP
#include "scheduled/pep.hpp"
#endif

namespace scheduled::cli {

#ifdef SCHEDULED_WITH_PEP

namespace {

/// Beyond it the SDP would take hours, or its file gigabytes.
void check_size(std::string_view option, std::size_t T, std::size_t most) {
  if (T <= most) return;
  fail_argument(option, fmt::format("T = {} steps are too many for the SDP, at most {}; see --T", T, most));
}

void say_that_it_takes_time(std::size_t T) {
  constexpr std::size_t quick = 60;
  if (T <= quick || ::isatty(STDERR_FILENO) != 1) return;
  const std::string line = fmt::format("scheduled: solving the SDP for T = {} ...\n", T);
  [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

Certificate certify(std::span<const double> rates, const BoundSettings& settings, const CertifyOptions& options) {
  check_size("--certify", rates.size(), 500);
  PepOptions solve;
  solve.solver = options.solver;
  if (options.tolerance) solve.tolerance = *options.tolerance;
  const PepProblem problem(rates, settings.grad_norm, settings.distance);
  say_that_it_takes_time(rates.size());
  const PepResult result = solve_pep(problem, solve);
  return {result.lower.bound,     result.upper.bound,        result.converged,     result.lower.psd_distance,
          result.lower.violation, result.upper.psd_distance, result.upper.clipped, result.upper.imbalance,
          result.rounds,          result.solver_seconds};
}

void write_sdpa_file(const std::string& file, std::span<const double> rates, const BoundSettings& settings) {
  check_size("--sdpa", rates.size(), 300);
  check_writable(file);
  std::ostringstream out;
  write_sdpa(out, PepProblem(rates, settings.grad_norm, settings.distance));
  write_file(file, out.view());
}

#else

namespace {

[[noreturn]] void fail_without() {
  throw std::runtime_error(
      "this command was built without the performance-estimation SDP; build it with SCHEDULED_BUILD_PEP=ON (needs "
      "Eigen; on Debian: apt-get install libeigen3-dev coinor-csdp)");
}

}  // namespace

Certificate certify(std::span<const double>, const BoundSettings&, const CertifyOptions&) { fail_without(); }
void write_sdpa_file(const std::string&, std::span<const double>, const BoundSettings&) { fail_without(); }

#endif

std::string text_of(const Certificate& certificate, double value) {
  const double gap = certificate.gap() / certificate.upper;
  std::string text = fmt::format(
      "certificate from the SDP, {} the tolerance\n"
      "  lower bound     {:.12g}\n  upper bound     {:.12g}\n  relative gap    {:.2g}\n",
      certificate.converged ? "within" : "NOT within", certificate.lower, certificate.upper, gap);
  const bool inside = value >= certificate.lower * (1.0 - 1e-12) && value <= certificate.upper * (1.0 + 1e-12);
  text +=
      fmt::format("  our value       {:.12g}, {}\n", value,
                  inside ? "between the two" : fmt::format("{:.4g} times the upper bound", value / certificate.upper));
  text += fmt::format(
      "  what the solver gave, before repair: Gram matrix {:.1g} from PSD, constraints violated by {:.1g};\n"
      "    multipliers {:.1g} below 0, equations off by {:.1g}, slack matrix {:.1g} from PSD\n"
      "  {} call{} of the solver, {:.2g} s\n",
      certificate.gram_psd_distance, certificate.violation, certificate.clipped, certificate.imbalance,
      certificate.slack_psd_distance, certificate.rounds, certificate.rounds == 1 ? "" : "s",
      certificate.solver_seconds);
  return text;
}

}  // namespace scheduled::cli
