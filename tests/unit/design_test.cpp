#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/throws.hpp"

namespace scheduled {
namespace {

TEST(BestBaseLr, DoesNotDependOnTheSchedulesOwnPeak) {
  const Schedule s = Schedule::parse("wsd(steps=1000, warmup=50, peak=3e-4)");
  EXPECT_EQ(best_base_lr(s).peak, best_base_lr(s.with_peak(7.0)).peak);
}

TEST(BestBaseLr, IsAMinimum) {
  for (const char* spec : {"wsd(steps=300)", "wsd(steps=300, final=1e-3)", "cosine(steps=300, final=0.005)",
                           "constant(steps=300, warmup=40, warmup_start=1e-3)",
                           "infinite(steps=300, descent=100, plateau=0.01, cooldown=20%, final=1e-3)"}) {
    const Schedule s = Schedule::parse(spec);
    const BestBaseLr best = best_base_lr(s);
    EXPECT_EQ(best.closed_form, s.proportional_to_peak()) << spec;
    EXPECT_NEAR(best.bound, bound(s.with_peak(best.peak)), 1e-14) << spec;
    for (const double factor : {0.5, 0.9, 0.999, 1.001, 1.1, 2.0}) {
      EXPECT_GT(bound(s.with_peak(best.peak * factor)), best.bound) << spec << " " << factor;
    }
  }
}

TEST(BestBaseLr, NumericAgreesWithTheClosedFormWhereBothApply) {
  // A table's rates are proportional; the same rates with an absolute final LR that happens to fit are not.
  const double peak = best_base_lr(Schedule::parse("wsd(steps=400, final=10%)")).peak;
  const Schedule s = Schedule::parse("wsd(steps=400, final=" + format_number(0.1 * peak) + ")");
  const BestBaseLr best = best_base_lr(s);
  EXPECT_FALSE(best.closed_form);
  EXPECT_FALSE(best.at_limit);
  EXPECT_LE(best.bound, bound(s.with_peak(peak)) * (1 + 1e-15));
}

TEST(BestBaseLr, SaysWhenAnAbsoluteRateIsInTheWay) {
  const BestBaseLr best = best_base_lr(Schedule::parse("wsd(steps=401, final=0.1)"));
  EXPECT_TRUE(best.at_limit);
  EXPECT_EQ(best.peak, 0.1);
}

TEST(BestBaseLr, RefusesZeroGradNorms) {
  EXPECT_EQ(error_of([] { best_base_lr(Schedule::parse("linear(steps=9)"), {.grad_norm = 0.0}); }),
            "grad_norm: all are 0 where the LR is not (or too small to square); the best base LR is then infinite");
  EXPECT_EQ(error_of([] { best_base_lr(Schedule::parse("linear(steps=9)"), {.grad_norm = 1e160}); }),
            "lr, grad_norm, distance: the bound is above 1.8e308, the largest double; use other units");
}

TEST(BestBaseLr, OfTheExactWorstCase) {
  // Tuned constant steps, docs/theory.md, section 6: T = 3: 4/15 and 3/5.
  const BestBaseLr best = best_base_lr(Schedule::parse("constant(steps=3)"), {.criterion = Criterion::worst_case});
  EXPECT_NEAR(best.peak, 4.0 / 15.0, 1e-14);
  EXPECT_NEAR(best.bound, 0.6, 1e-14);
  for (const auto& [T, value] : {std::pair{5, .490089}, std::pair{10, .371604}}) {
    const Schedule s = Schedule::parse("constant(steps=" + std::to_string(T) + ")");
    EXPECT_NEAR(best_base_lr(s, {.criterion = Criterion::worst_case}).bound, value, 1e-6);
  }
  for (const char* spec : {"wsd(steps=301)", "wsd(steps=301, final=1e-3)", "cosine(steps=301, final=5e-3)"}) {
    const auto norms = power_grad_norm(-0.2, 301);
    const BoundSettings settings{.grad_norm = norms, .criterion = Criterion::worst_case};
    const Schedule s = Schedule::parse(spec);
    const BestBaseLr at = best_base_lr(s, settings);
    EXPECT_NEAR(at.bound / bound(s.with_peak(at.peak), settings), 1.0, 1e-12) << spec;
    EXPECT_LT(at.bound, best_base_lr(s, {.grad_norm = norms}).bound);
    for (const double factor : {0.5, 0.99, 1.01, 2.0}) {
      EXPECT_GT(bound(s.with_peak(at.peak * factor), settings), at.bound) << spec << factor;
    }
  }
}

TEST(BestBaseLr, OfTheWorstCaseNeedsTwoSteps) {
  EXPECT_EQ(error_of([] { best_base_lr(Schedule::parse("constant(steps=1)"), {.criterion = Criterion::worst_case}); }),
            "lr: none of the first 0 of 1 rates is > 0; x_T depends on no other");
}

TEST(LrSensitivity, ClosedForm) {
  for (const Criterion criterion : {Criterion::omega, Criterion::standard}) {
    const BoundSettings settings{.criterion = criterion};
    const Schedule s = Schedule::parse("wsd(steps=400)");
    const LrSensitivity loss = lr_sensitivity(s, settings);
    EXPECT_TRUE(loss.closed_form);
    EXPECT_NEAR(bound(s.with_peak(0.5 * loss.best.peak), settings) / loss.best.bound, *loss.at_half, 1e-14);
    EXPECT_NEAR(bound(s.with_peak(2.0 * loss.best.peak), settings) / loss.best.bound, loss.at_double, 1e-14);
    EXPECT_NEAR(bound(s.with_peak(loss.low), settings) / loss.best.bound, 1.01, 1e-14);
    EXPECT_NEAR(bound(s.with_peak(loss.high), settings) / loss.best.bound, 1.01, 1e-14);
    EXPECT_NEAR(loss.high / loss.low, 1.32658, 1e-5);
  }
}

TEST(LrSensitivity, ByRootFinding) {
  const auto norms = power_grad_norm(0.2, 400);
  const std::pair<const char*, BoundSettings> cases[] = {
      {"wsd(steps=400, final=1e-3)", {}},
      {"cosine(steps=400, final=1e-4)", {.criterion = Criterion::standard}},
      {"linear(steps=400)", {.criterion = Criterion::worst_case}},
      {"wsd(steps=400)", {.grad_norm = norms, .criterion = Criterion::worst_case}}};
  for (const auto& [spec, settings] : cases) {
    const Schedule s = Schedule::parse(spec);
    const LrSensitivity loss = lr_sensitivity(s, settings, 0.05);
    EXPECT_FALSE(loss.closed_form);
    EXPECT_FALSE(loss.low_at_limit);
    EXPECT_NEAR(bound(s.with_peak(loss.low), settings) / loss.best.bound, 1.05, 1e-10) << spec;
    EXPECT_NEAR(bound(s.with_peak(loss.high), settings) / loss.best.bound, 1.05, 1e-10) << spec;
    EXPECT_NEAR(bound(s.with_peak(0.5 * loss.best.peak), settings) / loss.best.bound, *loss.at_half, 1e-12) << spec;
    EXPECT_GT(loss.at_double, 1.0) << spec;
    EXPECT_LT(loss.low, loss.best.peak);
    EXPECT_GT(loss.high, loss.best.peak);
  }
}

TEST(LrSensitivity, NoPeakIsTooSmallForALargeLossOfTheWorstCase) {
  const Schedule s = Schedule::parse("linear(steps=5)");
  const LrSensitivity loss = lr_sensitivity(s, {.criterion = Criterion::worst_case}, 3.0);
  EXPECT_EQ(loss.low, 0.0);
  EXPECT_FALSE(loss.low_at_limit);
  EXPECT_NEAR(bound(s.with_peak(loss.high), {.criterion = Criterion::worst_case}) / loss.best.bound, 4.0, 1e-10);
}

TEST(LrSensitivity, WhereAnAbsoluteRateIsInTheWay) {
  const LrSensitivity loss = lr_sensitivity(Schedule::parse("wsd(steps=401, final=0.1)"));
  EXPECT_TRUE(loss.low_at_limit);
  EXPECT_EQ(loss.low, 0.1);
  EXPECT_FALSE(loss.at_half);
  EXPECT_GT(loss.high, 0.1);
  EXPECT_EQ(error_of([] { lr_sensitivity(Schedule::parse("linear(steps=9)"), {}, 0.0); }),
            "share = 0: must be > 0 and at most 1e6");
}

TEST(MatchingDistance, MakesTheRatesOptimal) {
  const Schedule s = Schedule::parse("cosine(steps=1000, warmup=100, peak=1e-3)");
  const auto rates = bound_rates(s);
  const double distance = matching_distance(rates, 0.7);
  EXPECT_NEAR(best_base_lr(s, {.grad_norm = 0.7, .distance = distance}).peak, 1e-3, 1e-15);
}

TEST(Compare, GivesRatiosToTheBestInTheOrderGiven) {
  const std::vector<Schedule> schedules = {Schedule::parse("wsd(steps=401)"), Schedule::parse("linear(steps=401)"),
                                           Schedule::parse("constant(steps=401)")};
  const auto rows = compare(schedules, {.T = 400});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].ratio, 1.0);
  EXPECT_NEAR(rows[0].ratio, .1093230 / .1006299, 1e-6);
  EXPECT_NEAR(rows[2].ratio, .1375448 / .1006299, 1e-6);
  EXPECT_EQ(rows[0].schedule.peak(), rows[0].best.peak);
  EXPECT_EQ(error_of([] { compare(std::span<const Schedule>{}); }), "schedules: none to compare");
}

TEST(BestBaseLr, SaysWhatWasFoundByASearch) {
  const Schedule schedule = Schedule::parse("wsd(steps=50)");
  const auto norms = power_grad_norm(-0.5, 50);
  const auto closed = [&](GradNorm norm, Criterion criterion) {
    return best_base_lr(schedule, {.grad_norm = norm, .criterion = criterion}).closed_form;
  };
  EXPECT_TRUE(closed(2.0, Criterion::worst_case));
  EXPECT_TRUE(closed(std::vector<double>(50, 2.0), Criterion::worst_case));
  EXPECT_FALSE(closed(norms, Criterion::worst_case));
  EXPECT_TRUE(closed(norms, Criterion::omega));
  EXPECT_TRUE(closed(norms, Criterion::standard));
}

}  // namespace
}  // namespace scheduled
