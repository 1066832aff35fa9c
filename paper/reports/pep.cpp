// docs/pep.md: the exact worst case beside the interval that the SDP certifies.
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "reports/reports.hpp"
#include "support/pep_cases.hpp"

namespace scheduled::reports {
namespace {

void print_row(const std::string& name, const std::vector<double>& lr, double& worst) {
  const auto begin = std::chrono::steady_clock::now();
  const scheduled::PepResult result = scheduled::solve_pep(scheduled::PepProblem(lr));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const double value = pep_cases::exact(lr);
  const double apart = pep_cases::disagreement(result, value);
  worst = std::max(worst, apart);
  std::printf("| %s | %zu | %.9f | %.9f | %.9f | %.1e | %.6f | %.2f |\n", name.c_str(), lr.size(), value,
              result.lower.bound, result.upper.bound, apart, scheduled::omega(lr, 1.0, 1.0), seconds.count());
  std::fflush(stdout);
}

}  // namespace

bool pep() {
  if (!scheduled::pep_solver_available()) {
    throw std::runtime_error("csdp is not on PATH (Debian: coinor-csdp)");
  }
  std::printf(
      "# Exact worst case, SDP and \xce\xa9\n\n"
      "Written by `scheduled-paper pep > docs/pep.md`. D = G = 1. *Exact* is the minimum of\n"
      "(6.2) over W, in long double; *SDP lower* and *upper* are the ends of the interval that the library certifies\n"
      "from the raw data of the problem, whatever the solver says; *disagreement* is the larger relative distance of\n"
      "the exact value from those ends. Seconds are wall time on a shared machine (2 cores of an Intel Xeon).\n\n"
      "| schedule | T | exact (6.2) | SDP lower | SDP upper | disagreement | \xce\xa9 | seconds |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|\n");
  double worst = 0.0;
  for (const std::string& name : pep_cases::names()) {
    for (const int T : {2, 3, 5, 10, 20, 40, 60, 80, 120}) print_row(name, pep_cases::tuned(name, T), worst);
  }
  std::mt19937_64 random(1);
  for (int repeat = 0; repeat < 50; ++repeat) {
    print_row("random " + std::to_string(repeat + 1), pep_cases::random_rates(random, 2 + repeat * 2), worst);
  }
  std::printf("\nLargest disagreement: %.1e.\n", worst);
  return worst <= 1e-6;
}

}  // namespace scheduled::reports
