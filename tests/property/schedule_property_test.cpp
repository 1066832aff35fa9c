// parse(print(s)) == s and fill == lr, on random schedules.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <set>
#include <string>

#include "support/generators.hpp"

namespace scheduled {
namespace {

RC_GTEST_PROP(Schedule, ReadsBackEqualFromTextAndJson, ()) {
  const Schedule s = *generate::schedule();
  RC_ASSERT(Schedule::parse(print(s)) == s);
  RC_ASSERT(Schedule::parse(print_json(s)) == s);
}

RC_GTEST_PROP(Schedule, FillIsLrBitForBit, ()) {
  const Schedule s = *generate::schedule();
  const std::int64_t first = *rc::gen::inRange<std::int64_t>(0, 1200);
  std::vector<double> out(static_cast<std::size_t>(*rc::gen::inRange(0, 1500)));
  s.fill(first, out);
  for (std::size_t k = 0; k < out.size(); ++k) {
    const double expected = s.lr(first + static_cast<std::int64_t>(k));
    RC_ASSERT(std::bit_cast<std::uint64_t>(out[k]) == std::bit_cast<std::uint64_t>(expected));
  }
}

RC_GTEST_PROP(Schedule, RatesAreFiniteNonNegativeAndEndWhereTheyShould, ()) {
  const Schedule s = *generate::schedule();
  for (std::int64_t i = 0; i < 1300; ++i) {
    RC_ASSERT(std::isfinite(s.lr(i)));
    RC_ASSERT(s.lr(i) >= 0.0);
  }
  if (s.steps()) RC_ASSERT(s.lr(*s.steps() + 12345) == s.lr(*s.steps() - 1));
}

TEST(Schedules, EachIsDrawn) {
  std::set<std::string> drawn;
  rc::Random random(20261121);
  for (int k = 0; k < 2000; ++k) drawn.insert(schedule_name(generate::schedule()(random.split(), 100).value()));
  for (const ScheduleHelp& line : schedule_help()) EXPECT_TRUE(drawn.contains(std::string(line.name))) << line.name;
}

RC_GTEST_PROP(Schedule, IsProportionalToItsPeakWhereItSaysSo, ()) {
  const Schedule s = *generate::schedule();
  RC_PRE(s.proportional_to_peak());
  const Schedule twice = s.with_peak(2.0 * s.peak());
  for (std::int64_t i = 0; i < 1300; i += 7) RC_ASSERT(twice.lr(i) == 2.0 * s.lr(i));
}

}  // namespace
}  // namespace scheduled
