// The same input gives the same bits with every compiler and C library: the hashes below were taken once and must hold
// on every machine.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>

#include "scheduled/design.hpp"

namespace scheduled {
namespace {

class Hash {  // FNV-1a
 public:
  void add(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (unsigned shift = 0; shift < 64; shift += 8) state_ = (state_ ^ (bits >> shift & 0xffU)) * 1099511628211ULL;
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 14695981039346656037ULL;
};

TEST(Determinism, Rates) {
  Hash hash;
  for (const ScheduleHelp& line : schedule_help()) {
    for (const double rate : Schedule::parse(line.example).values(100000)) hash.add(rate);
  }
  EXPECT_EQ(hash.value(), 0xe612666c7bca85d3ULL);
}

TEST(Determinism, Bounds) {
  Hash hash;
  for (const ScheduleHelp& line : schedule_help()) {
    const auto rates = bound_rates(Schedule::parse(line.example), 3);
    hash.add(omega(rates, 1.0, 1.0));
  }
  for (const char* spec : {"wsd(steps=20001)", "cosine(steps=20001)", "wsd(steps=3001, final=1e-3)",
                           "polynomial(steps=5000, power=1.3)", "inverse-power(steps=5000, alpha=0.3)"}) {
    const Schedule s = Schedule::parse(spec);
    const auto norms = power_grad_norm(-0.37, *s.steps());
    const BestBaseLr best = best_base_lr(s, {.grad_norm = norms, .distance = 1.7});
    hash.add(best.peak);
    hash.add(best.bound);
    std::vector<double> gradient(bound_rates(s).size());
    omega_gradient(bound_rates(s), norms, 1.7, gradient);
    for (const double value : gradient) hash.add(value);
    hash.add(omega_split(bound_rates(s), norms, 1.7).last);
    hash.add(standard_bound(bound_rates(s), norms, 1.7));
  }
  EXPECT_EQ(hash.value(), 0xc4dfc86f4df0fbbcULL);
}

}  // namespace
}  // namespace scheduled
