#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

using Steps = std::vector<std::int64_t>;

RunLog make_log(std::string name, Steps step, std::map<std::string, std::vector<double>> column) {
  return {.name = std::move(name), .step = std::move(step), .column = std::move(column), .meta = {}};
}

TEST(RunLog, NamesTheColumnsThereAre) {
  const RunLog log = make_log("a.csv", {1, 2}, {{"lr", {1.0, 2.0}}, {"train_loss", {3.0, gap}}});
  EXPECT_EQ(log.rows(), 2U);
  EXPECT_TRUE(log.has("lr"));
  EXPECT_FALSE(log.has("val_loss"));
  EXPECT_EQ(log.at("lr"), (std::vector<double>{1.0, 2.0}));
  EXPECT_EQ(error_of([&] { log.at("val_loss"); }),
            "a.csv: no column \"val_loss\"; there are lr, train_loss; --columns NAME=val_loss names its column");
  EXPECT_EQ(error_of([] { RunLog{}.at("lr"); }),
            ": no column \"lr\"; there are none; --lr SPEC gives the schedule, --columns NAME=lr names its column");
}

TEST(Series, IsWhatWasLogged) {
  const RunLog log = make_log("a", {0, 5, 7}, {{"lr", {gap, 1.0, 2.0}}, {"train_loss", {gap, gap, gap}}});
  EXPECT_EQ(series(log, "lr"), (Series{{5, 7}, {1.0, 2.0}}));
  EXPECT_EQ(series(log, "train_loss"), Series{});
  EXPECT_EQ(error_of([&] { series(log, "val_loss"); }),
            "a: no column \"val_loss\"; there are lr, train_loss; --columns NAME=val_loss names its column");
}

TEST(Series, ChecksThePromisesOfTheLog) {
  const auto error = [](const Steps& step, const std::vector<double>& values) {
    return error_of([&] { series(make_log("a", step, {{"lr", values}}), "lr"); });
  };
  EXPECT_EQ(error({1, 2}, {1.0}), "a: column lr has 1 rows, step has 2");
  EXPECT_EQ(error({-1, 2}, {1.0, 1.0}), "a: step[0] = -1: must be >= 0");
  EXPECT_EQ(error({2, 2}, {1.0, 1.0}), "a: step[1] = 2: must be greater than the step before, 2");
  EXPECT_EQ(error({2, 9007199254740993}, {1.0, 1.0}), "a: step[1] = 9007199254740993: must be <= 2^53");
  EXPECT_EQ(error({1, 2}, {1.0, -std::numeric_limits<double>::infinity()}),
            "a: lr[1] = -inf: must be finite, or NaN where it is not logged");
}

TEST(Series, ChecksItsOwnColumnOnly) {
  const RunLog log = make_log("a", {1, 2}, {{"lr", {1.0, 1.0}}, {"other", {1.0}}});
  EXPECT_EQ(series(log, "lr"), (Series{{1, 2}, {1.0, 1.0}}));
  EXPECT_NE(error_of([&] { merge_branch(log, log); }).find("column other has 1 rows"), std::string::npos);
}

TEST(JoinLogs, HasTheLongestRates) {
  RunLog a = with_rates(make_log("a", {2}, {{"val_loss", {3.0}}}), {1.0, 0.5});
  const RunLog b = with_rates(make_log("b", {3}, {{"train_loss", {2.0}}}), {1.0, 0.5, 0.25});
  for (const std::vector<RunLog>& logs : {std::vector<RunLog>{a, b}, std::vector<RunLog>{b, a}}) {
    EXPECT_EQ(join_logs(logs).rates, b.rates);
  }
}

TEST(MergeBranch, HasTheRatesOfTheBaseUpToTheBranch) {
  const RunLog base = with_rates(make_log("base", {2, 4}, {{"val_loss", {3.0, 2.0}}}), {1.0, 0.125, 1.0, 0.5});
  const RunLog merged = merge_branch(base, make_log("branch", {4, 6}, {{"lr", {0.5, 0.25}}}));
  EXPECT_EQ(merged.rates, (std::vector<double>{1.0, 0.125, 1.0, 0.5, 0.375, 0.25}));
  EXPECT_TRUE(merged.notes.empty());
  const RunLog far = merge_branch(base, make_log("branch", {4, 6, 100}, {{"lr", {0.5, 0.25, gap}}}));
  EXPECT_TRUE(far.rates.empty());
  ASSERT_EQ(far.notes.size(), 1U);
  EXPECT_EQ(far.notes[0].find("the rates of all updates of base do not count, as not all are known of branch: "), 0U);
}

TEST(MergeBranch, TakesTheBaseUpToTheBranch) {
  RunLog base = make_log("base", {0, 10, 20, 30}, {{"lr", {gap, 1.0, 1.0, 0.0}}, {"val_loss", {9.0, gap, 5.0, 4.0}}});
  RunLog branch = make_log("branch", {20, 30, 40}, {{"lr", {gap, 0.5, 0.25}}, {"val_loss", {4.75, gap, 3.0}}});
  base.meta = {{"iterations", 30.0}, {"seed", 1.0}};
  branch.meta = {{"iterations", 40.0}, {"decay_type", "linear"}};
  const RunLog merged = merge_branch(base, branch);
  EXPECT_EQ(merged.name, "base + branch");
  EXPECT_EQ(merged.step, (Steps{0, 10, 20, 30, 40}));
  expect_column(merged, "lr", {gap, 1.0, 1.0, 0.5, 0.25});
  expect_column(merged, "val_loss", {9.0, gap, 4.75, gap, 3.0});
  EXPECT_EQ(merged.meta,
            (std::map<std::string, MetaValue>{{"iterations", 40.0}, {"seed", 1.0}, {"decay_type", "linear"}}));
}

TEST(MergeBranch, BridgesAStepThatTheBaseDidNotLog) {
  const RunLog base = make_log("base", {10, 30}, {{"lr", {1.0, 2.0}}});
  const RunLog branch = make_log("branch", {20, 25}, {{"train_loss", {3.0, 2.0}}});
  const RunLog merged = merge_branch(base, branch);
  EXPECT_EQ(merged.step, (Steps{10, 20, 25}));
  expect_column(merged, "lr", {1.0, gap, gap});
  expect_column(merged, "train_loss", {gap, 3.0, 2.0});
}

TEST(MergeBranch, NamesTheStepsBetweenWhichNothingIsKnown) {
  const RunLog base = make_log("base", {10, 20}, {{"lr", {1.0, 1.0}}});
  const RunLog branch = make_log("branch", {30, 40}, {{"lr", {1.0, 1.0}}});
  EXPECT_EQ(error_of([&] { merge_branch(base, branch); }), "base: ends at step 20, before branch starts at step 30");
  EXPECT_EQ(error_of([&] { merge_branch(make_log("a", {}, {}), branch); }), "a: has no rows");
  EXPECT_EQ(error_of([&] { merge_branch(base, make_log("b", {}, {})); }), "b: has no rows");
  EXPECT_EQ(error_of([&] {
              merge_branch(base, make_log("b", {3, 1}, {}));
            }),
            "b: step[1] = 1: must be greater than the step before, 3");
}

TEST(MergeBranch, AtTheFirstStepOfTheBaseIsTheBranch) {
  const RunLog base = make_log("base", {10, 20}, {{"lr", {1.0, 1.0}}});
  EXPECT_EQ(merge_branch(base, make_log("b", {5, 15}, {{"lr", {2.0, 3.0}}})).at("lr"), (std::vector<double>{2.0, 3.0}));
}

TEST(Columns, AreSaidWhereAnotherMayBeMeant) {
  const std::string text = "step,lr-a,lr-b,loss,train/loss\n1,0.5,0.25,3,3\n2,0.5,0.5,2,2\n";
  EXPECT_EQ(parse_log("run.csv", text).notes,
            (std::vector<std::string>{"lr is column lr-a; so may be lr-b: --columns lr-b=lr"}))
      << "equal ones make no difference";
  EXPECT_TRUE(parse_log("run.csv", text, {.columns = {{"lr-b", "lr"}}}).notes.empty());
}

TEST(Steps, ThatCountFromZeroAreSaid) {
  const std::string advice = " look as if the first update were step 0; --step-offset 1 says so";
  const std::string lightning = "epoch,step,train_loss,val_loss\n0,9,3,\n0,19,2.5,\n0,24,,2.5\n1,29,2.25,\n";
  EXPECT_EQ(parse_log("run.csv", lightning).notes, (std::vector<std::string>{"steps 9, 19, 29" + advice}));
  EXPECT_TRUE(parse_log("run.csv", lightning, {.step_offset = 1}).notes.empty());
  EXPECT_TRUE(parse_log("run.csv", "step,loss\n1,3\n3,2\n5,2\n").notes.empty()) << "every other one";
  const std::string rate = "step,lr\n0,0.5\n1,0.25\n2,0.125\n";
  EXPECT_EQ(
      parse_log("run.csv", rate).notes,
      (std::vector<std::string>{"lr is logged at step 0, before any update; --step-offset 1 says that steps count "
                                "from 0, --lr-of next that rows have the rate of the update after theirs"}));
  for (const RateOf lr_of : {RateOf::same, RateOf::next}) {
    EXPECT_TRUE(parse_log("run.csv", rate, {.lr_of = lr_of}).notes.empty()) << "it was said";
  }
}

TEST(Steps, AreEpochsWhereNothingElseCounts) {
  const RunLog keras = parse_log("run.csv", "epoch,loss,val_loss\n0,3,3.5\n1,2,2.5\n");
  EXPECT_EQ(keras.step, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(keras.notes, (std::vector<std::string>{
                             "no column counts steps: each epoch is one, the first is 0; --step-offset 1 makes it 1"}));
  EXPECT_EQ(parse_log("run.csv", "epoch,lr\n0,3\n1,2\n").notes, keras.notes) << "one note of where it begins";
  EXPECT_EQ(parse_log("run.csv", "epoch,loss\n1,3\n2,2\n").notes,
            (std::vector<std::string>{"no column counts steps: each epoch is one"}));
  EXPECT_TRUE(parse_log("run.csv", "epoch,step,loss\n1,10,3\n2,20,2\n").notes.empty());
  for (const std::string rows : {"0.5,3\n1,2\n", "1,3\n1,2\n"}) {  // parts of epochs are no steps
    const std::string error = parse_error("run.csv", "epoch,loss\n" + rows);
    EXPECT_NE(error.find("no column step, iter or iteration"), std::string::npos) << error;
  }
}

}  // namespace
}  // namespace scheduled::testing
