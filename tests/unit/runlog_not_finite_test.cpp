// From which step on losses are NaN or infinite: a matter of steps, whatever the order of rows.
#include <algorithm>

#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

using Since = std::map<std::string, std::int64_t>;

Since since(const std::string& rows, const std::string& columns = "step,lr,loss") {
  return parse_log("run", columns + "\n" + rows).not_finite;
}

TEST(NotFinite, FollowsTheStepsNotTheRows) {
  EXPECT_EQ(since("10,1,3\n20,1,2\n30,1,nan\n40,1,inf\n"), (Since{{"train_loss", 30}}));
  EXPECT_EQ(since("60,1,nan\n50,1,nan\n40,1,2\n30,1,3\n20,1,4\n10,1,5\n"), (Since{{"train_loss", 50}}));
  EXPECT_EQ(since("60,1,2\n50,1,2\n40,1,2\n30,1,3\n20,1,nan\n10,1,nan\n"), Since{}) << "newest first, ends in values";
}

TEST(NotFinite, WhatARestartRepeatsDoesNotCount) {
  const std::string before = "70,1,3.4\n80,1,3.3\n90,1,3.2\n100,1,3.1\n";
  EXPECT_EQ(since(before + "90,1,nan\n100,1,nan\n"), (Since{{"train_loss", 90}}));
  EXPECT_EQ(since("70,1,3.4\n80,1,nan\n90,1,nan\n80,1,3.3\n90,1,3.2\n"), Since{});
  EXPECT_EQ(since("70,1,3.4\n80,1,nan\n90,1,nan\n80,1,3.3\n90,1,3.2\n100,1,nan\n"), (Since{{"train_loss", 100}}))
      << "nan of before the restart is no gap between values";
  EXPECT_EQ(since("80,3.3\n90,3.2\n100,3.1\n90,nan\n100,nan\n", "step,loss"), (Since{{"train_loss", 90}}))
      << "a row of nothing but nan has logged it";
  const std::string late = "80,3,nan\n90,2,nan\n100,1,nan\n90,nan,5\n";
  EXPECT_EQ(parse_log("run", "step,loss,val_loss\n" + late).restarts, 0) << "nan beside a value is not logged";
}

TEST(NotFinite, OfSeveralFilesIsThatOfOneWithAllRows) {
  const auto joined = [](const std::string& first, const std::string& second) {
    return join_logs(std::vector<RunLog>{parse_log("1", first), parse_log("2", second)}).not_finite;
  };
  const std::string head = "step,loss\n", start = "1,3\n2,nan\n3,nan\n4,2\n", end = "5,3\n6,nan\n";
  EXPECT_EQ(since(start + end, "step,loss"), Since{});
  EXPECT_EQ(joined(head + start, head + end), Since{}) << "two stood between values before";
  EXPECT_EQ(merge_branch(parse_log("1", head + start), parse_log("2", head + "4,2\n" + end)).not_finite, Since{});
  const std::string lost = end + "7,nan\n8,nan\n";
  EXPECT_EQ(joined(head + start, head + lost), (Since{{"train_loss", 6}}));
  EXPECT_EQ(merge_branch(parse_log("1", head + start), parse_log("2", head + "4,nan\n5,nan\n")).not_finite, Since{});
  EXPECT_EQ(joined(head + "1,3\n2,nan\n", "step,val_loss\n1,3\n2,2\n"), Since{}) << "another loss goes on";
  EXPECT_EQ(joined(head + "1,3\n2,nan\n", "step,val_loss\n1,3\n2,nan\n"), (Since{{"train_loss", 2}, {"val_loss", 2}}));
}

TEST(NotFinite, TheFirstStretchIsAnEndOnlyWhereNoOtherLossGoesOn) {
  const std::string columns = "step,loss,val_loss";
  EXPECT_EQ(since("9,4,3\n10,4,nan\n11,4,nan\n12,3,nan\n", columns), Since{}) << "logged more seldom";
  EXPECT_EQ(since("9,4,3\n10,nan,nan\n11,nan,nan\n", columns), (Since{{"train_loss", 10}, {"val_loss", 10}}));
  EXPECT_EQ(since("9,4,3\n10,4,nan\n11,nan,nan\n", columns), (Since{{"train_loss", 11}}));
  EXPECT_EQ(since("9,4,3\n10,4,nan\n11,,nan\n12,3,\n", columns), Since{}) << "logged between";
  const std::string seldom = "9,4,3\n10,4,nan\n11,4,2\n12,4,nan\n13,4,nan\n";
  EXPECT_EQ(since(seldom, columns), Since{}) << "one more than before";
  EXPECT_EQ(since(seldom + "14,4,nan\n", columns), (Since{{"val_loss", 12}}));
  EXPECT_EQ(since("9,4,3\n10,,nan\n11,,nan\n", columns), (Since{{"val_loss", 10}}));
}

}  // namespace
}  // namespace scheduled::testing
