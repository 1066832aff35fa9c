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
  EXPECT_EQ(hash.value(), 0x6c45888079638a57ULL);
}

TEST(Determinism, Designs) {
  Hash hash;
  const auto add = [&hash](const std::vector<double>& values) {
    for (const double value : values) hash.add(value);
  };
  const auto norms = power_grad_norm(-0.37, 5001);
  add(optimal_schedule(5000, norms, 1.7).lr);
  add(worst_case_optimal_schedule(5000, norms, 1.7).lr);
  const double peak = optimal_schedule(5000, norms).lr[0];
  const auto constrained = constrained_schedule(5000, norms, 1.0,
                                                {.prefix = {0.1 * peak, 0.2 * peak},
                                                 .warmup = linear_warmup(50),
                                                 .max_lr = 0.5 * peak,
                                                 .non_increasing = true,
                                                 .final_lr = 1e-3 * peak});
  add(constrained.lr);
  hash.add(constrained.lower_bound);
  add(refine(norms).schedule.values());
  const std::vector<std::int64_t> horizons = {3000, 5001};
  for (const ExtendRow& row : extend(Schedule::parse("wsd(steps=2001, peak=0.02)"), 1500, horizons, {.distance = 1.0}))
    add(row.lr);
  const LrSensitivity loss = lr_sensitivity(Schedule::parse("wsd(steps=300, final=1e-3)"));
  add({loss.low, loss.high, loss.at_double});
  EXPECT_EQ(hash.value(), 0xba2524036a3532daULL);
}

}  // namespace
}  // namespace scheduled
