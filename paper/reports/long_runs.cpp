// What the headers promise for runs too long for a test.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>

#include "reports/reports.hpp"
#include "scheduled/bound.hpp"

namespace scheduled::reports {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double peak_gigabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1024.0 * 1024.0);
}

/// The curve of `spec`, its error at 40 places by the direct sum, and the stream's error against it at every step.
bool check(const char* spec, std::int64_t T) {
  const auto lr = scheduled::bound_rates(scheduled::Schedule::parse(spec, scheduled::steps(T + 1)), T);
  std::vector<double> curve(lr.size());
  const auto begin = Clock::now();
  scheduled::omega_curve(lr, 1.0, 1.0, curve);
  const double curve_seconds = seconds_since(begin);
  const double memory = peak_gigabytes();
  std::mt19937_64 random(1);
  double curve_error = 0.0;
  for (int k = 0; k < 40; ++k) {
    const std::size_t t = k == 0 ? lr.size() : random() % lr.size() + 1;
    const double exact = scheduled::omega(std::span(lr).first(t), 1.0, 1.0);
    curve_error = std::max(curve_error, std::fabs(curve[t - 1] / exact - 1.0));
  }
  const auto stream_begin = Clock::now();
  scheduled::OmegaStream stream;
  double stream_error = 0.0;
  for (std::size_t t = 0; t < lr.size(); ++t) {
    stream_error = std::max(stream_error, std::fabs(stream.push(lr[t]) / curve[t] - 1.0));
  }
  std::printf("%s, %zu steps: curve %.1f s, %.2f GB at most, error %.1e; stream %.1f s, error %.1e, %zu nodes\n", spec,
              lr.size(), curve_seconds, memory, curve_error, seconds_since(stream_begin), stream_error, stream.nodes());
  return memory <= 3.0 && curve_error <= 1e-12 && stream_error <= 1e-10;
}

}  // namespace

bool long_runs(std::int64_t steps) {
  bool good = true;
  for (const char* spec : {"wsd", "cosine", "rsqrt(warmup=1000)"}) good = check(spec, steps) && good;
  return good;
}

}  // namespace scheduled::reports
