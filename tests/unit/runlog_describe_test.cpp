// What a log holds; rates that are not logged to the end; logs of columns.
#include "scheduled/describe.hpp"

#include <cmath>
#include <numbers>

#include "scheduled/law.hpp"
#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

/// A decay of 1,000 steps after 1,000 constant ones, logged every 100 steps up to `last`; losses to step 2000.
RunLog decayed(double (*height)(double), std::int64_t last, double peak = 1e-3) {
  RunLog log;
  log.name = "run";
  for (std::int64_t step = 100; step <= 2000; step += 100) {
    const double x = std::max(0.0, static_cast<double>(step) / 1000.0 - 1.0);
    log.step.push_back(step);
    log.column["lr"].push_back(step <= last ? peak * height(x) : gap);
    log.column["train_loss"].push_back(3.0);
  }
  return log;
}

double linear(double x) { return 1.0 - x; }
double cosine(double x) { return 0.5 * (1.0 + std::cos(std::numbers::pi * x)); }
double one_minus_sqrt(double x) { return 1.0 - std::sqrt(x); }
double square(double x) { return 1.0 - x * x; }

TEST(RateTail, KnowsTheShapeOfTheLastRows) {
  struct Case {
    const char* name;
    double (*height)(double);
  };
  for (const Case& one : {Case{"linear", linear}, Case{"cosine", cosine}, Case{"1-sqrt", one_minus_sqrt}}) {
    const RunLog log = decayed(one.height, 1600);
    const auto tail = rate_tail(log);
    ASSERT_TRUE(tail) << one.name;
    EXPECT_EQ(tail->shape, one.name);
    EXPECT_EQ(tail->from, 1600);
    EXPECT_EQ(tail->to, 2000);
    EXPECT_NEAR(tail->zero_at, 2000.0, 1e-6) << one.name;
    EXPECT_NEAR(tail->end, 0.0, 1e-9) << one.name;
    const RunLog longer = continue_rates(log);
    const RunLog whole = decayed(one.height, 2000);
    for (std::size_t k = 0; k < log.rows(); ++k) {
      EXPECT_NEAR(longer.at("lr")[k], whole.at("lr")[k], 1e-9) << one.name << " at row " << k;
    }
    EXPECT_FALSE(rate_tail(longer));
    EXPECT_NE(longer.notes.back().find("goes on along the " + std::string(one.name)), std::string::npos);
  }
}

TEST(RateTail, OthersAreOnlyPointedOut) {
  const RunLog log = decayed(square, 1600);
  const auto tail = rate_tail(log);
  ASSERT_TRUE(tail);
  EXPECT_EQ(tail->shape, "");
  EXPECT_NE(error_of([&] { continue_rates(log); }).find("run: lr: is not logged after step 1600"), std::string::npos);
  EXPECT_FALSE(rate_tail(decayed(linear, 2000)));
  EXPECT_FALSE(rate_tail(decayed(linear, 900)));  // constant so far
  const auto effect = tail_effect(decayed(linear, 1600));
  ASSERT_TRUE(effect);
  EXPECT_LT(effect->continued, effect->held);
}

TEST(DescribeLog, SaysWhatThereIsAndWhatIsMissing) {
  const RunLog log = parse_log("run.csv",
                               "Step,learning_rate,loss,acc\n10,1e-3,4,1\n20,1e-3,3.5,2\n30,1e-3,3.4,3\n20,1e-3,3.6,2\n"
                               "30,1e-3,3.3,3\n500,1e-3,2,4\n");
  const LogDescription about = describe_log(log, {.max_gap = 1000});
  EXPECT_EQ(about.format, "csv");
  EXPECT_EQ(about.rows, 4);
  EXPECT_EQ(about.first_step, 10);
  EXPECT_EQ(about.last_step, 500);
  EXPECT_EQ(about.spacing, 10);
  EXPECT_EQ(about.restarts, 1);
  EXPECT_EQ(about.left_out, 2);
  ASSERT_EQ(about.gaps.size(), 1U);
  EXPECT_EQ(about.gaps[0].to, 500);
  ASSERT_EQ(about.columns.size(), 3U);
  EXPECT_EQ(about.columns[0].name, "lr");
  EXPECT_EQ(about.columns[0].source, "learning_rate");
  EXPECT_EQ(about.columns[1].name, "train_loss");
  EXPECT_EQ(about.columns[1].low, 2.0);
  EXPECT_EQ(about.columns[2].source, "");
  ASSERT_TRUE(about.shape);
  EXPECT_EQ(schedule_name(about.shape->schedule), "constant");
  EXPECT_EQ(about.shape->schedule.steps(), 500);
  EXPECT_NEAR(about.shape->schedule.peak(), 1e-3, 1e-12);
  for (const LogUse& use : about.uses) {
    EXPECT_EQ(use.works, use.verb != "refine" && use.verb != "fit") << use.verb << use.needs;
  }
  EXPECT_EQ(about.uses.back().needs, "gradient norms: --columns NAME=grad_norm names their column");

  std::string linear = "step,lr\n";  // 0 would be the rate of update 41
  for (int t = 1; t <= 40; ++t) linear += std::to_string(t) + "," + std::to_string((41 - t) * 0.025) + "\n";
  const LogDescription falls = describe_log(parse_log("run.csv", linear));
  EXPECT_EQ(schedule_name(falls.shape->schedule), "linear");
  EXPECT_LT(falls.shape->distance, 1e-6);

  std::string late = "step,lr\n";  // the first row stands at step 10, of four digits
  for (int t = 10; t <= 400; t += 10)
    late += std::to_string(t) + "," + std::to_string((401 - t) * 25e-4).substr(0, 6) + "\n";
  const LogDescription begun = describe_log(parse_log("run.csv", late));
  EXPECT_EQ(print(begun.shape->schedule.with_peak(1.0)), "linear(steps=401, peak=1)");
  EXPECT_LT(begun.shape->distance, 1e-3);

  std::string after = "step,lr\n";  // rows have the rate after their update
  for (int t = 50; t <= 5000; t += 50) after += std::to_string(t) + "," + std::to_string((5000 - t) / 5000.0) + "\n";
  EXPECT_EQ(print(describe_log(parse_log("run.csv", after)).shape->schedule.with_peak(1.0)),
            "linear(steps=5000, peak=1)");

  std::string held = "step,lr,val_loss\n";  // the last row, an evaluation, has no rate
  for (int t = 20; t <= 360; t += 20) held += std::to_string(t) + "," + std::to_string((376 - t) * 1e-3) + ",\n";
  const LogDescription goes_on = describe_log(parse_log("run.csv", held + "375,,3\n"));
  EXPECT_EQ(print(goes_on.shape->schedule.with_peak(1.0)), "linear(steps=376, peak=1)");
  EXPECT_LT(goes_on.shape->distance, 1e-6);

  const LogDescription bare = describe_log(parse_log("run.csv", "step,acc\n1,2\n"));
  EXPECT_EQ(bare.uses.front().needs,
            "learning rates: --lr SPEC gives the schedule, --columns NAME=lr names their column");
  EXPECT_EQ(bare.spacing, 0);
  EXPECT_EQ(error_of([] { describe_log(RunLog{"none", {}, {}, {}}); }), "none: has no rows");
}

/// The verbs that work, and what the first other one needs.
std::string uses(const RunLog& log) {
  std::string works, needs;
  for (const LogUse& use : describe_log(log).uses) {
    if (use.works) works += use.verb + " ";
    if (!use.works && needs.empty()) needs = use.verb + ": " + use.needs;
  }
  return works + "| " + needs;
}

TEST(DescribeLog, SaysWorksOnlyWhereItDoes) {
  std::string rows;
  for (int step = 100; step <= 6000; step += 100) rows += std::to_string(step) + ",1e-3,3,1\n";
  const std::string head = "step,lr,loss,grad_norm\n";
  const RunLog whole = parse_log("run", head + rows);
  EXPECT_EQ(uses(whole), "bound fit cooldown extend refine | ");
  EXPECT_EQ(uses(parse_log("run", head + rows + "6100,0,3,1\n")),
            "bound fit refine | cooldown: a rate above 0 at its end: --at STEP names an earlier one");
  EXPECT_EQ(uses(parse_log("run", head + rows + "6100,1e-3,3,0\n")),
            "bound fit cooldown extend | refine: gradient norms above 0: that of step 6100 is 0");
  EXPECT_EQ(uses(parse_log("run", "step,lr,loss,grad_norm\n1,1e-3,3,1\n")),
            "bound cooldown extend | fit: at least 11 losses for the default law: train_loss has 1 from step 1 on; "
            "other runs of the model may "
            "have them");
  EXPECT_EQ(uses(parse_log("run", "step,lr,loss,grad_norm\n1,0,3,1\n2,0,3,1\n")),
            "refine | bound: learning rates that are not all 0: --lr SPEC gives the schedule");
  EXPECT_EQ(
      uses(parse_log("run", "step,lr,grad_norm\n1,1e-3,0\n2,1e-3,0\n")),
      "cooldown extend | bound: grad_norm: all are 0 where the LR is not (or too small to square); the best base LR is "
      "then infinite");
  std::string seldom = "step,lr,loss,val_loss\n";
  for (int step = 1; step <= 100; ++step) seldom += std::to_string(step) + ",1e-3,3," + (step == 99 ? "3\n" : "\n");
  EXPECT_EQ(uses(parse_log("run", seldom)),
            "bound cooldown extend | fit: at least 11 losses for the default law: val_loss has 1 from step 5 on; "
            "--column train_loss has 96");
  // Rates are not known to the end, but to the last loss.
  EXPECT_EQ(uses(parse_log("run", head + rows + "9000,,,\n")).substr(0, 37), "fit refine | bound: learning rates: r");
  EXPECT_EQ(law_parameters(LawKind::angular).size() + 1, 10U) << "the losses that a fit needs";
  EXPECT_EQ(undescribed_share, 0.05);
}

TEST(LogOfColumns, FollowsTheRulesOfFiles) {
  const RunLog log = log_of_columns("frame", {{"global_step", {1, 2, 2}}, {"lr", {0.5, gap, 0.25}}, {"x", {1, 2, 3}}});
  EXPECT_EQ(log.step, (std::vector<std::int64_t>{1, 2}));
  expect_column(log, "lr", {0.5, 0.25});
  EXPECT_EQ(log.format, "columns");
  EXPECT_TRUE(log.notes.empty());
  EXPECT_EQ(log_of_columns("frame", {{"step", {1, 2, 3}}, {"lr", {0.5, gap, gap}}}).notes.at(0),
            "lr is nan in 2 rows, first at step 2: taken as not logged");
  EXPECT_EQ(error_of([] {
              log_of_columns("frame", {{"step", {1, 2}}, {"lr", {1}}});
            }),
            "frame: column lr has 1 entries, column step has 2");
  EXPECT_EQ(error_of([] {
              log_of_columns("frame", {{"step", {1, 2}}, {"lr", {1, -1}}});
            }),
            "frame: lr[1] = -1: must be >= 0");
  EXPECT_NE(error_of([] { log_of_columns("frame", {}); }).find("not a training log"), std::string::npos);
}

}  // namespace
}  // namespace scheduled::testing
