// Every instruction set that this machine has gives the same bits.
#include <gtest/gtest.h>

#include "scheduled/bound.hpp"
#include "scheduled/schedule.hpp"
#include "support/families.hpp"
#include "support/targets.hpp"

namespace scheduled {
namespace {

std::vector<double> everything(const families::Series& rates, const families::Series& norms) {
  const std::size_t T = rates.values.size();
  std::vector<double> all = {omega(rates.values, norms.values, 1.3), omega(rates.values, 0.7, 1.3)};
  const OmegaSplit split = omega_split(rates.values, norms.values, 1.3);
  all.insert(all.end(), {split.distance, split.noise, split.last});
  std::vector<double> part(T);
  omega_gradient(rates.values, norms.values, 1.3, part);
  all.insert(all.end(), part.begin(), part.end());
  omega_curve(rates.values, norms.values, 1.3, part);
  all.insert(all.end(), part.begin(), part.end());
  OmegaStream stream(1.3);
  for (std::size_t t = 0; t < T; ++t) all.push_back(stream.push(rates.values[t], norms.values[t]));
  return all;
}

TEST(Targets, GiveTheSameBits) {
  int compared = 0;
  for (const std::size_t T : {1U, 7U, 130U, 3000U}) {
    const auto norms = families::grad_norms(T);
    std::size_t k = 0;
    for (const auto& rates : families::rates(T)) {
      const auto& norm = norms[k++ % norms.size()];
      const auto compute = [&] { return everything(rates, norm); };
      const auto expected = compute();
      for (const std::int64_t target : targets::all()) {
        EXPECT_EQ(targets::on(target, compute), expected) << hwy::TargetName(target) << ", " << rates.name << ", " << T;
        ++compared;
      }
    }
  }
  std::cout << compared << " comparisons\n";
  EXPECT_GT(compared, 56);  // more than one target
}

TEST(Targets, FillTheSameBits) {
  for (const ScheduleHelp& line : schedule_help()) {
    const Schedule schedule = Schedule::parse(line.example);
    const auto compute = [&] { return schedule.values(20011); };
    const auto expected = compute();
    for (const std::int64_t target : targets::all()) {
      EXPECT_EQ(targets::on(target, compute), expected) << hwy::TargetName(target) << ", " << line.example;
    }
  }
}

}  // namespace
}  // namespace scheduled
