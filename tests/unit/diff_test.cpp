// Where and by how much two schedules or logs differ.
#include <gtest/gtest.h>

#include "unit/lint_support.hpp"

namespace scheduled {
namespace {

using testing::linear;
using testing::log_of;

TEST(Diff, OfEqualSchedulesIsNothing) {
  const RateDiff found = diff(read_input("wsd(steps=1000, cooldown=20%)"), read_input("wsd(steps=1000, cooldown=200)"));
  EXPECT_TRUE(found.equal);
  EXPECT_EQ(found.compared, 1000);
  EXPECT_FALSE(found.first || found.largest || found.largest_relative || found.jump);
  EXPECT_EQ(found.bound.value().ratio(), 1.0);
}

TEST(Diff, TellsWhereAndByHowMuch) {
  const Schedule a = Schedule::parse("wsd(steps=1000, cooldown=200)");
  const Schedule b = Schedule::parse("wsd(steps=1000, cooldown=400)");
  const RateDiff found = diff(a, b);
  EXPECT_FALSE(found.equal);
  EXPECT_EQ(found.first.value().update, 601);  // the first one of b's cooldown
  EXPECT_EQ(found.differing, 399);             // but for the last, 0 in both
  EXPECT_EQ(found.largest.value().update, 800);
  EXPECT_DOUBLE_EQ(found.largest->difference(), -0.5);
  EXPECT_DOUBLE_EQ(found.relative, 0.5);
  EXPECT_NEAR(found.jump_by, 0.0025, 1e-12);
  EXPECT_NEAR(found.bound->ratio(), 1.0341 / 1.0864, 0.01);
  EXPECT_TRUE(diff(a, b, {.tolerance = 0.5}).equal);
  EXPECT_FALSE(diff(a, b, {.tolerance = 0.49}).equal);
  EXPECT_THROW(diff(a, b, {.tolerance = -1.0}), ArgumentError);
}

TEST(Diff, OfOtherLengthsIsADifference) {
  const RateDiff found = diff(read_input("constant(steps=10)"), read_input("constant(steps=12)"));
  EXPECT_FALSE(found.equal);
  EXPECT_EQ(found.differing, 0);
  EXPECT_EQ(found.updates_a, 10);
  EXPECT_EQ(found.updates_b, 12);
  EXPECT_EQ(found.bound->T_b, 12);
  // Without a horizon it is as long as the other.
  EXPECT_EQ(diff(read_input("constant()"), read_input("constant(steps=12)")).compared, 12);
  EXPECT_EQ(diff(read_input("constant()"), read_input("rsqrt(warmup=100)")).compared, 10'000);
}

TEST(Diff, ComparesALogAtItsRows) {
  const Schedule schedule = Schedule::parse("cosine(steps=1001, peak=3e-4)");
  RunLog log = log_of(900, [&](double t) { return schedule.lr(static_cast<std::int64_t>(t) - 1); });
  const RateDiff found = diff(log, schedule, {.tolerance = 1e-5});
  EXPECT_TRUE(found.equal);  // to the digits; it may go on
  EXPECT_EQ(found.compared, 90);
  EXPECT_FALSE(diff(log, schedule).equal);
  EXPECT_EQ(found.bound->T_a, 900);
  EXPECT_EQ(found.bound->T_b, 900);
}

TEST(Diff, OfLogsHasTheirLosses) {
  RunLog a = log_of(1000, linear(1000)), b = log_of(1000, linear(1000));
  for (std::size_t k = 0; k < a.rows(); ++k) {
    a.column["val_loss"].push_back(3.0);
    b.column["val_loss"].push_back(k == 50 ? 3.5 : 2.9);
  }
  RateDiff found = diff(a, b);
  EXPECT_TRUE(found.equal);
  EXPECT_EQ(found.loss.value().column, "val_loss");
  EXPECT_EQ(found.loss->steps, 100);
  EXPECT_EQ(found.loss->largest, (DiffAt{510, 3.0, 3.5}));
  EXPECT_EQ(found.loss->last, (DiffAt{1000, 3.0, 2.9}));
  for (std::int64_t& step : b.step) step += 5;
  found = diff(a, b);
  EXPECT_TRUE(found.interpolated);
  EXPECT_EQ(found.compared, 1000);
  EXPECT_FALSE(found.loss);
}

}  // namespace
}  // namespace scheduled
