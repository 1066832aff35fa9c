// Logs that begin within a warmup, and rates that were rounded: made of schedules whose rates are known.
#include <gtest/gtest.h>

#include <array>

#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "scheduled/describe.hpp"
#include "scheduled/runlog.hpp"
#include "scheduled/schedule.hpp"
#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

/// The rows first, first + spacing, ... of the schedule's updates. `shift`: the row of step s has the rate of update
/// s + shift.
RunLog rows_of(const std::string& spec, std::int64_t first, std::int64_t spacing, std::int64_t shift = 0) {
  const std::vector<double> rates = Schedule::parse(spec).values();
  std::string text = "step,lr,loss\n";
  for (std::int64_t t = first; t <= static_cast<std::int64_t>(rates.size()) - 10; t += spacing) {
    text += std::to_string(t) + "," + format_number(rates[static_cast<std::size_t>(t + shift - 1)]) + ",3\n";
  }
  return parse_log("run", text);
}

/// How much more progress, the sum of rates, is taken up to `step` than was made, as a share.
double progress_off(const RunLog& log, const std::string& spec, std::int64_t step, const DenseOptions& options = {}) {
  const std::vector<double> lr = densify(log, "lr", step, options);
  const std::vector<double> truth = Schedule::parse(spec).values(step);
  return std::accumulate(lr.begin(), lr.end(), 0.0) / std::accumulate(truth.begin(), truth.end(), 0.0) - 1.0;
}

TEST(RateHead, AWarmupBeforeTheFirstRowIsTold) {
  const std::string spec = "wsd(steps=20000, peak=1e-3, warmup=300, cooldown=4000)";
  for (const auto& [first, spacing, rows] :
       {std::tuple{100, 100, 3}, {40, 20, 5}, {50, 40, 3}, {120, 120, 2}, {200, 90, 2}}) {
    const RunLog log = rows_of(spec, first, spacing);
    const auto head = rate_head(log);
    ASSERT_TRUE(head) << first;
    EXPECT_EQ(head->from, first);
    EXPECT_EQ(head->start, 0.0) << first;
    EXPECT_GE(head->rows, rows) << first;
    const std::vector<double> truth = Schedule::parse(spec).values(first);
    const std::vector<double> lr = densify(log, "lr", first);
    for (std::size_t t = 0; t < truth.size(); ++t) EXPECT_NEAR(lr[t], truth[t], 1e-17) << first << " " << t;
    EXPECT_GT(progress_off(log, spec, first, {.warmup = 0}), 0.9);
  }
}

TEST(RateHead, ProgressOfALogWithinAWarmup) {
  const std::string spec = "constant(steps=20000, peak=1e-3, warmup=300)";
  const RunLog log = rows_of(spec, 100, 100);
  EXPECT_NEAR(progress_off(log, spec, 15000), 0.0, 1e-12);
  EXPECT_NEAR(progress_off(log, spec, 15000, {.warmup = 0}), 1.1e-3, 1e-4);
  EXPECT_EQ(densify(log, "lr", 15000), densify(log, "lr", 15000, {.warmup = 100}));
}

TEST(RateHead, OneRowInTheWarmupAndThenALevel) {
  const std::string spec = "constant(steps=20000, peak=1e-3, warmup=300)";
  const RunLog log = rows_of(spec, 200, 200);
  const auto head = rate_head(log);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->rows, 1);
  // Between the rows 200 and 400 stands the end of the warmup, which no row tells: 3.3 % of the peak over 200 updates.
  EXPECT_NEAR(progress_off(log, spec, 10000), 0.0, 2e-3);
  EXPECT_NEAR(densify(log, "lr", 200).front(), 1e-3 / 300, 1e-17);
  // A level that no line from 0 reaches before it.
  const RunLog steep = parse_log("run", "step,lr\n100,1e-4\n200,1e-3\n300,1e-3\n400,1e-3\n");
  EXPECT_EQ(rate_head(steep)->rows, 0);
  EXPECT_EQ(densify(steep, "lr", 100), std::vector<double>(100, 1e-4));
  EXPECT_NE(steep.notes.back().find("--log-warmup N"), std::string::npos) << steep.notes.back();
}

TEST(RateHead, ProgramsThatCountOrPrintOneStepOff) {
  const std::string spec = "constant(steps=5000, peak=1e-3, warmup=300)";
  for (const std::int64_t shift : {-1, 1}) {
    const RunLog log = rows_of(spec, 20, 20, shift);
    EXPECT_EQ(rate_head(log)->start, 0.0) << shift;
    EXPECT_GE(rate_head(log)->rows, 3) << shift;
  }
}

TEST(RateHead, AWarmupThatDoesNotBeginAtZero) {
  const std::string spec = "constant(steps=5000, peak=1e-3, warmup=300, warmup_start=2e-4)";
  const RunLog log = rows_of(spec, 50, 50);
  const auto head = rate_head(log);
  ASSERT_TRUE(head);
  EXPECT_NEAR(head->start, 2e-4, 5e-6);
  EXPECT_NEAR(progress_off(log, spec, 50), 0.0, 0.01);
  EXPECT_TRUE(log.notes.empty());  // its rows tell it
}

TEST(RateHead, CurvedWarmupsAndCyclesAreHeldAndSaid) {
  for (const char* const rows :
       {"10,0.0001\n20,0.0004\n30,0.0009\n40,0.0016\n50,0.0016\n",     // a square
        "100,4e-5\n200,1.6e-4\n300,6.4e-4\n400,1e-3\n500,1e-3\n",      // exponential
        "1000,2e-4\n1100,4e-4\n1200,6e-4\n1300,8e-4\n1400,8e-4\n"}) {  // on a line that is 0 at step 900
    const RunLog log = parse_log("run", "step,lr\n" + std::string(rows));
    const auto head = rate_head(log);
    ASSERT_TRUE(head) << rows;
    EXPECT_EQ(head->rows, 0) << rows;
    EXPECT_EQ(densify(log, "lr", log.step.front()).front(), log.at("lr").front());
    ASSERT_FALSE(log.notes.empty()) << rows;
    EXPECT_NE(log.notes.back().find("is held before it; --log-warmup N"), std::string::npos) << log.notes.back();
  }
}

TEST(RateHead, NothingWhereNothingRises) {
  for (const char* const rows :
       {"10,1e-3\n20,1e-3\n30,1e-3\n", "10,1e-3\n20,9e-4\n30,8e-4\n", "1,1e-4\n2,2e-4\n3,3e-4\n",
        "0,0\n10,1e-4\n20,2e-4\n", "10,0.001\n20,0.001005\n30,0.001\n", "10,0\n20,1e-4\n30,2e-4\n"}) {
    const RunLog log = parse_log("run", "step,lr\n" + std::string(rows));
    EXPECT_FALSE(rate_head(log)) << rows;
    for (const std::string& note : log.notes) EXPECT_EQ(note.find("--log-warmup"), std::string::npos) << note;
  }
  EXPECT_FALSE(rate_head(with_rates(rows_of("constant(steps=900, peak=1, warmup=300)", 100, 100),
                                    Schedule::parse("constant(steps=900, peak=1, warmup=300)"))));
}

TEST(RateHead, IsSaidWhereItMatters) {
  const auto notes = [](std::int64_t last, const ReadOptions& options = {}) {
    std::string text = "step,lr\n200,6.7e-4\n";
    for (std::int64_t t = 400; t <= last; t += 200) text += std::to_string(t) + ",1e-3\n";
    return parse_log("run", text, options).notes;
  };
  ASSERT_EQ(notes(4000).size(), 1U);  // 67 of 3,900 steps at the peak
  EXPECT_EQ(
      notes(4000)[0],
      "lr is first logged at step 200, below the next row, after which it does not rise: a linear warmup from 0 is "
      "taken before it; --log-warmup 0 holds 0.00067 instead");
  EXPECT_TRUE(notes(50000).empty());
  EXPECT_TRUE(notes(4000, {.says_warmup = true}).empty());
}

TEST(RateHead, ABranchIsNoBeginning) {
  const RunLog base = rows_of("constant(steps=1000, peak=1e-3)", 1, 100);
  const RunLog branch = parse_log("branch", "step,lr\n301,2e-4\n401,4e-4\n501,8e-4\n601,1e-3\n701,1e-3\n");
  EXPECT_EQ(branch.notes.size(), 1U);
  EXPECT_TRUE(merge_branch(base, branch).notes.empty());
  // Rates that are given count in place of those that were logged, and so does what is said of them.
  EXPECT_TRUE(with_rates(branch, std::vector<double>(701, 1e-3)).notes.front().starts_with("lr = 0.0002 was logged"));
  EXPECT_EQ(with_rates(branch, std::vector<double>(701, 1e-3)).notes.size(), 1U);
}

TEST(RateHead, IsInTheDescription) {
  const LogDescription about = describe_log(rows_of("constant(steps=2000, peak=1e-3, warmup=300)", 100, 50));
  ASSERT_TRUE(about.head);
  EXPECT_EQ(about.head->first, Schedule::parse("constant(steps=2000, peak=1e-3, warmup=300)").values()[99]);
  ASSERT_TRUE(about.shape);
  EXPECT_LT(about.shape->distance, 1e-9);
}

// ---- rounding

std::string rounded_log(const std::string& spec, std::int64_t spacing, int digits) {
  std::string text = "step,lr\n";
  const std::vector<double> rates = Schedule::parse(spec).values();
  for (std::size_t t = static_cast<std::size_t>(spacing); t <= rates.size(); t += static_cast<std::size_t>(spacing)) {
    std::array<char, 32> rate{};
    std::snprintf(rate.data(), rate.size(), "%.*e", digits - 1, rates[t - 1]);
    text += std::to_string(t) + "," + rate.data() + "\n";
  }
  return text;
}

bool says_digits(const std::string& text) {
  for (const std::string& note : parse_log("run", text).notes) {
    if (note.find("digit") != std::string::npos) return true;
  }
  return false;
}

TEST(RoundedRates, AreSeenByHowTheyMove) {
  for (const char* const spec : {"cosine(steps=3000, peak=1e-3)", "linear(steps=3000, peak=3e-4)",
                                 "wsd(steps=3000, peak=7e-4, warmup=170, cooldown=1500)",
                                 "wsd(steps=3000, peak=1e-3, cooldown=1000, decay=1-sqrt)"}) {
    for (const std::int64_t spacing : {10, 37}) {
      EXPECT_TRUE(says_digits(rounded_log(spec, spacing, 2))) << spec << spacing;
      EXPECT_TRUE(says_digits(rounded_log(spec, spacing, 1))) << spec << spacing;
      EXPECT_FALSE(says_digits(rounded_log(spec, spacing, 6))) << spec << spacing;
    }
  }
}

TEST(RoundedRates, NotWhereRatesAreRoundByNature) {
  std::string stairs = "step,lr\n";
  for (int t = 1; t <= 60; ++t)
    stairs += std::to_string(100 * t) + "," + format_number(8e-4 / std::pow(2.0, t / 10)) + "\n";
  std::string ramp = "step,lr\n";  // a warmup in round steps to a constant, then milestones
  for (int t = 1; t <= 40; ++t) {
    ramp += std::to_string(10 * t) + "," +
            (t <= 10   ? format_number(t * 1e-4)
             : t <= 20 ? "1e-3"
             : t <= 30 ? "1e-4"
                       : "1e-5") +
            "\n";
  }
  for (const std::string& text : {std::string("step,lr\n1,1e-3\n2,1e-3\n3,1e-3\n"), ramp,
                                  rounded_log("linear(steps=1000, peak=1e-3)", 100, 4), stairs}) {
    EXPECT_FALSE(says_digits(text)) << text;
  }
}

}  // namespace
}  // namespace scheduled::testing
