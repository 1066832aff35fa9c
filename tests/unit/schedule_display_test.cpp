#include "scheduled/schedule.hpp"

#include <gtest/gtest.h>

namespace scheduled {
namespace {

using Names = std::vector<std::string>;
using Notes = std::map<std::int64_t, std::string>;

TEST(ShortNames, LeaveOutWhatAllShare) {
  const Names specs{"wsd(steps=100, peak=0.1, cooldown=20%, decay=linear)", "cosine(steps=100, peak=0.2)"};
  EXPECT_EQ(short_names(specs, false), (Names{"wsd(cooldown=20%, decay=linear)", "cosine"}));
  EXPECT_EQ(short_names(specs, true), (Names{"wsd(peak=0.1, cooldown=20%, decay=linear)", "cosine(peak=0.2)"}));
  EXPECT_EQ(short_names(Names{specs[0]}, false), (Names{"wsd(steps=100, cooldown=20%, decay=linear)"}));
}

TEST(ShortNames, CommasWithinListsStay) {
  const Names specs{"piecewise(steps=9, milestones=[3, 6], factors=[0.3, 0.1])", "constant(steps=9)"};
  EXPECT_EQ(short_names(specs, true), (Names{"piecewise(milestones=[3, 6], factors=[0.3, 0.1])", "constant"}));
  EXPECT_EQ(short_names(Names{"@rates.txt", "-"}, true), (Names{"@rates.txt", "-"}));
  EXPECT_EQ(short_names(Names{}, true), Names{});
}

TEST(SpreadSteps, BothEndsAndNoRepetition) {
  EXPECT_EQ(spread_steps(9, 5), (std::vector<std::int64_t>{1, 3, 5, 7, 9}));
  EXPECT_EQ(spread_steps(3, 9), (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(spread_steps(1, 9), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(spread_steps(INT64_MAX, 3).back(), INT64_MAX);
}

TEST(InformativeSteps, WhereThePartsMeet) {
  const Notes steps = informative_steps(Schedule::parse("wsd(steps=100, warmup=10, cooldown=20%)"), 1000);
  EXPECT_EQ(steps.at(0), "first");
  EXPECT_EQ(steps.at(9), "last warmup, first at the top");
  EXPECT_EQ(steps.at(79), "last before the cooldown");
  EXPECT_EQ(steps.at(80), "first of the cooldown");
  EXPECT_EQ(steps.at(99), "last of the cooldown");
  EXPECT_EQ(steps.at(100), "past the end");
  EXPECT_EQ(steps.rbegin()->first, 100);
  EXPECT_EQ(informative_steps(Schedule::parse("constant"), 50).rbegin()->first, 49);
}

TEST(InformativeUpdates, CountFromOne) {
  const Notes updates = informative_updates(Schedule::parse("wsd(steps=100, warmup=10, cooldown=20%)"), 99);
  EXPECT_EQ(updates.begin()->first, 1);
  EXPECT_EQ(updates.rbegin()->first, 99);
  EXPECT_EQ(updates.at(10), "last of the warmup");
  EXPECT_EQ(updates.at(80), "last before the cooldown");
  EXPECT_FALSE(informative_updates(Schedule::parse("linear(steps=100)"), 50).contains(99));
}

}  // namespace
}  // namespace scheduled
