#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "scheduled/bound.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

// docs/theory.md, section 5: T1 = 4000, c = .2, evaluated at T2, so that a spec has one step more.
constexpr double gamma_star = .00811829;
const std::vector<std::int64_t> horizons = {6001, 8001, 10001, 12001, 14001, 16001};

Schedule trunk() {
  const Schedule tuned = Schedule::parse("wsd(steps=4001)");
  return tuned.with_peak(best_base_lr(tuned).peak);
}

std::string steps_text(std::int64_t steps) { return "(steps=" + std::to_string(steps); }

/// The value of a grid whose best base LR is nearest to that of the trunk.
struct GridPoint {
  double parameter = 0.0;
  double omega = 0.0;  // at its own best base LR
};

template <class Spec>
GridPoint nearest_on_grid(double from, double to, const Spec& spec) {
  GridPoint nearest;
  double distance = 1e300;
  for (int i = 0; i < 33; ++i) {
    const double parameter = from + (to - from) * i / 32.0;
    const BestBaseLr best = best_base_lr(Schedule::parse(spec(parameter)));
    if (std::fabs(best.peak - trunk().peak()) >= distance) continue;
    distance = std::fabs(best.peak - trunk().peak());
    nearest = {parameter, best.bound};
  }
  return nearest;
}

TEST(Extend, ThePapersGridsGiveThePublishedNumbers) {
  EXPECT_NEAR(trunk().peak(), gamma_star, 5e-9);
  const double naive[] = {.028490, .025628, .023911, .022766, .021948, .021335};
  const double drop_at[] = {.625, .525, .475, .425, .4, .375};
  const double drop[] = {.026741, .023089, .020731, .019018, .017697, .016636};
  const double cooldown_at[] = {.4375, .6344, .775, .8875, .9719, 1};
  const double cooldown[] = {.026447, .022518, .020041, .018268, .016908, .015816};
  for (std::size_t h = 0; h < horizons.size(); ++h) {
    const std::string steps = steps_text(horizons[h]);
    EXPECT_NEAR(bound(Schedule::parse("wsd" + steps + ")").with_peak(trunk().peak())), naive[h], 6e-7);
    const GridPoint dropped = nearest_on_grid(0.2, 1.0, [&](double factor) {
      return "piecewise" + steps + ", milestones=[3201], factors=[" + format_number(factor) + "], cooldown=20%)";
    });
    EXPECT_NEAR(dropped.parameter, drop_at[h], 1e-12);
    EXPECT_NEAR(dropped.omega, drop[h], 6e-7);
    const GridPoint adapted = nearest_on_grid(
        0.1, 1.0, [&](double share) { return "wsd" + steps + ", cooldown=" + format_number(100.0 * share) + "%)"; });
    EXPECT_NEAR(adapted.parameter, cooldown_at[h], 1e-4);
    EXPECT_NEAR(adapted.omega, cooldown[h], 6e-7);
  }
}

TEST(Extend, RootsLieBetweenTheGridPoints) {
  const double drop_at[] = {.625, .525, .475, .425, .4, .375};
  const double cooldown_at[] = {.4375, .6344, .775, .8875, .9719, 1};
  const auto rows = extend(trunk(), 1, horizons, {.distance = 1.0});
  ASSERT_EQ(rows.size(), 24U);
  for (std::size_t h = 0; h < horizons.size(); ++h) {
    const ExtendRow& drop = rows[4 * h + 1];
    EXPECT_EQ(drop.method, ExtendMethod::drop);
    EXPECT_NEAR(drop.parameter, drop_at[h], 0.0126);
    EXPECT_FALSE(drop.at_limit);
    EXPECT_NEAR(best_base_lr(Schedule::parse(drop.spec)).peak / trunk().peak(), 1.0, 1e-9);
    const ExtendRow& adapted = rows[4 * h + 2];
    EXPECT_EQ(adapted.method, ExtendMethod::adapted_cooldown);
    EXPECT_NEAR(adapted.parameter, cooldown_at[h], 0.0142);
    EXPECT_EQ(adapted.at_limit, h == 5);
    if (h < 5) {
      EXPECT_NEAR(best_base_lr(Schedule::parse(adapted.spec)).peak / trunk().peak(), 1.0, 1e-3);
    }
  }
}

TEST(Extend, TheOptimumHasThePublishedValues) {
  const std::vector<std::int64_t> some = {6001, 8001, 12001, 16001};
  const double omega_at_T2[] = {.0262367, .0224882, .0182846, .0158620};
  const double drops_to[] = {.830, .869, .825, .764};
  const auto rows = extend(trunk(), 3200, some, {.distance = 1.0});
  for (std::size_t h = 0; h < some.size(); ++h) {
    const ExtendRow& row = rows[4 * h + 3];
    EXPECT_EQ(row.method, ExtendMethod::optimal);
    EXPECT_EQ(row.lr.size(), static_cast<std::size_t>(some[h] - 1));
    EXPECT_NEAR(row.omega, omega_at_T2[h], 6e-8);
    EXPECT_NEAR(row.parameter, drops_to[h], 6e-4);
    EXPECT_EQ(row.extra, some[h] - 3200);
    for (std::size_t method = 0; method < 3; ++method) EXPECT_GT(rows[4 * h + method].omega, row.omega);
    // The plain spec is nearly as good.
    EXPECT_GE(row.spec_omega, row.omega);
    EXPECT_LE(row.spec_omega, row.omega * 1.001);
    EXPECT_EQ(bound(Schedule::parse(row.spec)), row.spec_omega);
  }
}

TEST(Extend, SpecsReadBackToTheRows) {
  const std::vector<std::int64_t> some = {500, 900};
  const Schedule from = Schedule::parse("wsd(steps=400, warmup=20, decay=1-sqrt, cooldown=25%, final=10%, peak=0.02)");
  for (const ExtendRow& row : extend(from, 250, some, {.grad_norm = 2.0, .distance = 0.5})) {
    const std::vector<double> rates = bound_rates(Schedule::parse(row.spec));
    EXPECT_EQ(rates.size(), row.lr.size());
    for (std::size_t t = 0; t < 250; ++t) EXPECT_EQ(row.lr[t], from.lr(static_cast<std::int64_t>(t)));
    EXPECT_EQ(omega(row.lr, 2.0, 0.5), row.omega);
    EXPECT_EQ(worst_case(row.lr, 2.0, 0.5).value, row.worst_case);
    if (row.method != ExtendMethod::optimal) {
      EXPECT_EQ(rates, row.lr);
    }
  }
}

TEST(Extend, SpecsAfterADecayedTrunkHoldTheStepsThatWereMade) {
  const std::vector<std::int64_t> some = {500, 900};
  for (const char* const text : {"wsd(steps=400, warmup=20, decay=1-sqrt, cooldown=25%, final=1%, peak=0.02)",
                                 "cosine(steps=400, warmup=20, peak=0.02)", "rsqrt(warmup=20, peak=0.02)"}) {
    const Schedule from = Schedule::parse(text);
    for (const ExtendRow& row : extend(from, 350, some, {.grad_norm = 2.0, .distance = 0.5})) {
      const Schedule spec = Schedule::parse(row.spec);
      EXPECT_EQ(spec.steps(), row.steps) << row.spec;
      for (std::int64_t i = 0; i < 350; ++i) ASSERT_EQ(spec.lr(i), from.lr(i)) << row.spec;
      if (row.method == ExtendMethod::optimal) continue;
      for (std::size_t t = 350; t < row.lr.size(); ++t) {
        ASSERT_NEAR(spec.lr(static_cast<std::int64_t>(t)), row.lr[t], 1e-15 * from.peak()) << row.spec << ", " << t;
      }
    }
  }
}

TEST(Extend, SmallestBoundIsAtMostTheMatch) {
  const std::vector<std::int64_t> some = {6001, 12001};
  const auto match = extend(trunk(), 1, some, {.distance = 1.0});
  const auto smallest = extend(trunk(), 1, some, {.distance = 1.0, .rule = ExtendRule::smallest_bound});
  for (std::size_t i = 0; i < match.size(); ++i) EXPECT_LE(smallest[i].omega, match[i].omega * (1 + 1e-14));
  EXPECT_NEAR(smallest[1].omega, .026577, 1e-6);  // drop to .5, the grid's best
  EXPECT_NEAR(smallest[2].omega, .026227, 1e-6);
}

/// Every length and a fine grid of plateaus, for small runs of all kinds.
TEST(Extend, SearchesFindWhatTryingAllFinds) {
  for (const char* decay : {"linear", "1-sqrt", "cosine", "square", "lowered-linear"}) {
    for (const double factor : {0.4, 1.0, 2.5}) {
      for (const std::int64_t horizon : {48, 90, 160}) {
        Schedule from = Schedule::parse(std::string("wsd(steps=46, decay=") + decay + ")");
        from = from.with_peak(factor * best_base_lr(from).peak);
        const std::int64_t m = 15;
        const std::vector<std::int64_t> to = {horizon};
        const auto smallest = extend(from, m, to, {.distance = 1.0, .rule = ExtendRule::smallest_bound});
        const auto match = extend(from, m, to, {.distance = 1.0});
        const auto mismatch = [&](const Schedule& s) {
          return std::fabs(std::pow(best_base_lr(s).peak / from.peak(), 2) - 1.0);
        };
        double lowest = 1e300;
        double nearest = 1e300;
        for (std::int64_t length = 1; length <= horizon - m; ++length) {
          ScheduleSpec spec = from.spec();
          spec.steps = steps(horizon);
          spec.cooldown->length = steps(length);
          lowest = std::min(lowest, bound(Schedule(spec)));
          nearest = std::min(nearest, mismatch(Schedule(spec)));
        }
        EXPECT_LE(smallest[2].omega, lowest * (1 + 1e-12)) << decay << factor << horizon;
        EXPECT_LE(mismatch(Schedule::parse(match[2].spec)), nearest * (1 + 1e-9) + 1e-12) << decay << factor << horizon;
        lowest = 1e300;
        for (int k = 1; k <= 1000; ++k) {
          ScheduleSpec spec = Schedule::parse(match[0].spec).spec();
          const std::int64_t end = 46 - from.layout().cooldown_steps;
          if (k < 1000) spec.shape = Piecewise{{steps(end)}, {1e-3 * k}};
          lowest = std::min(lowest, bound(Schedule(spec)));
        }
        EXPECT_LE(smallest[1].omega, lowest * (1 + 1e-12)) << decay << factor << horizon;
      }
    }
  }
}

TEST(Extend, SaysWhatStoppingEarlyCosts) {
  const std::vector<std::int64_t> some = {6001, 12001};
  const auto rows = extend(trunk(), 3200, some, {.distance = 1.0});
  for (const ExtendRow& row : rows) {
    ASSERT_EQ(row.stopped.size(), 2U);
    EXPECT_EQ(row.stopped[row.steps == 6001 ? 0 : 1], row.omega);
    EXPECT_EQ(std::isnan(row.stopped[1]), row.steps == 6001);
  }
  EXPECT_GT(rows[7].stopped[0], 1.2 * rows[3].omega);  // the plan for 12,000 steps stopped at 6,000
}

TEST(Extend, FromRatesAgreesWithTheSchedule) {
  const std::vector<std::int64_t> some = {6001, 9001};
  const std::vector<double> done = trunk().values(3201);
  const auto from_rates = extend(done, some, {.distance = 1.0});
  const auto from_schedule = extend(trunk(), 3201, some, {.distance = 1.0});
  for (std::size_t i = 0; i < from_rates.size(); ++i) {
    EXPECT_NEAR(from_rates[i].omega, from_schedule[i].omega, 1e-12) << i;
    EXPECT_EQ(from_rates[i].lr.size(), from_schedule[i].lr.size());
  }
}

TEST(Extend, OptimumFromATrunkThatFallsOrHasNoisyNorms) {
  std::vector<double> done(300);
  std::vector<double> norms(1001);
  for (std::size_t t = 0; t < done.size(); ++t) done[t] = 0.05 / std::sqrt(static_cast<double>(t + 1));
  for (std::size_t t = 0; t < norms.size(); ++t) norms[t] = 1.0 + 0.5 * std::sin(static_cast<double>(t * t));
  const std::vector<std::int64_t> some = {302, 1001};
  const auto rows = extend(done, some, {.grad_norm = norms, .distance = 1.0});
  for (const std::size_t i : {3U, 7U}) {
    std::vector<double> gradient(rows[i].lr.size());
    omega_gradient(rows[i].lr, norms, 1.0, gradient);
    for (std::size_t t = 300; t < gradient.size(); ++t) EXPECT_NEAR(gradient[t], 0.0, 1e-12);
  }
}

TEST(Extend, AShortTailOfAFinishedRunMayStopAtOnce) {
  // Rates so large that every further step does harm: the tail is as small as rounding allows, not an error.
  const std::vector<double> done(50, 10.0);
  const std::vector<std::int64_t> some = {60};
  const auto rows = extend(done, some, {.distance = 1.0});
  EXPECT_GT(rows[3].lr.back(), 0.0);
  for (std::size_t method = 0; method < 3; ++method) EXPECT_LE(rows[3].omega, rows[method].omega);
}

TEST(Extend, CountsItsRows) {
  std::vector<std::int64_t> counts;
  const std::vector<std::int64_t> to{600, 800};
  ExtendSettings settings;
  settings.on_row = [&](std::int64_t done, std::int64_t rows) {
    EXPECT_EQ(rows, 8);
    counts.push_back(done);
  };
  extend(Schedule::parse("wsd(steps=400, peak=0.02)"), 300, to, settings);
  EXPECT_EQ(counts, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(PlannedDistance, ThePeakIsTheBestOneForThePlan) {
  const Schedule planned = Schedule::parse("wsd(steps=400, warmup=20, peak=0.02)");
  const std::vector<double> norms = power_grad_norm(-0.3, 1000);
  for (const GradNorm norm : {GradNorm(2.0), GradNorm(norms)}) {
    const double distance = planned_distance(planned, 320, norm);
    EXPECT_NEAR(best_base_lr(planned, {.grad_norm = norm, .distance = distance}).peak / 0.02, 1.0, 1e-12);
    // Without a plan the cooldown starts where the trunk ends.
    EXPECT_NEAR(planned_distance(Schedule::parse("constant(warmup=20, peak=0.02)"), 320, norm) / distance, 1.0, 1e-12);
    EXPECT_NEAR(planned_distance(planned.values(320), norm) / distance, 1.0, 1e-12);
    EXPECT_NEAR(planned_distance(planned.values(320), norm, Cooldown{steps(80), LinearDecay{}, {}}) / distance, 1.0,
                1e-12);
  }
  // Stages and tables that come down are plans of their own, wherever they are left; those that are held are none.
  const double distance = planned_distance(planned, 320);
  const auto distance_of = [](const std::string& spec, std::int64_t m) {
    return planned_distance(Schedule::parse(spec), m);
  };
  for (const std::int64_t m : {40, 320, 350}) {
    EXPECT_NEAR(distance_of("stages(peak=0.02, warmup=20, pieces=[hold until 320, linear over 80])", m) / distance, 1.0,
                1e-12);
  }
  EXPECT_EQ(distance_of("stages(steps=400, peak=0.02, warmup=20, pieces=[hold])", 320),
            distance_of("constant(peak=0.02, warmup=20)", 320));
  EXPECT_NEAR(distance_of("table(values=[3, 3, 2, 1, 0])", 2) /
                  matching_distance(bound_rates(Schedule::parse("table(values=[3, 3, 2, 1, 0])"))),
              1.0, 1e-12);
  const Schedule half = Schedule::parse("wsd(steps=640, peak=0.02, cooldown=rest)");
  EXPECT_GT(planned_distance(half.values(320), 1.0, Cooldown{percent(100), LinearDecay{}, {}}), 0.0);
  EXPECT_EQ(error_of([] { prefix_distance(std::vector(10, 0.1), 9); }),
            "steps = 9: must be at least 10, the updates made");
  EXPECT_GT(planned_distance(std::vector{0.1}, 1.0), 0.0);
  EXPECT_EQ(planned_distance(planned, 350, 1.0), planned_distance(planned, 320, 1.0));  // also within its cooldown
  EXPECT_NE(error_of([&] { planned_distance(planned, 401, 1.0); }), "");
  EXPECT_NE(error_of([&] { planned_distance(std::vector<double>{}, 1.0); }), "");
}

TEST(Extend, KeepsNoCooldownOfLessThanAStep) {
  const std::vector<std::int64_t> to = {50};
  EXPECT_EQ(error_of([&] { extend(Schedule::parse("wsd(steps=1000, cooldown=1%)"), 20, to); }),
            "cooldown = 1%: must be at least 1 step");
}

TEST(Extend, SaysWhatIsWrong) {
  const auto error = [](const char* spec, std::int64_t m, std::vector<std::int64_t> to) {
    return error_of([&] { extend(Schedule::parse(spec), m, to); });
  };
  EXPECT_EQ(error("wsd(steps=400)", 300, {500, 301}),
            "horizons[1] = 301: must be at least 302, two steps more than the trunk");
  EXPECT_EQ(error("wsd(steps=400)", 300, {}), "horizons: none given");
  EXPECT_EQ(error("wsd(steps=400)", 401, {500}), "m = 401: must be between 1 and the trunk's 400 steps");
  EXPECT_EQ(error("wsd(steps=400)", 400, {500}),
            "m = 400: must be where the trunk's rate is still > 0: it goes on there");
  EXPECT_EQ(error("wsd(steps=400, warmup=10)", 5, {500}),
            "m = 5: must be between 10 and the trunk's 400 steps, after the warmup");
  // Whatever the shape.
  for (const char* spec : {"rsqrt(steps=400, warmup=10)", "cosine(steps=400, warmup=10)", "wsd(steps=400, warmup=10)",
                           "stages(steps=400, warmup=10, pieces=[hold until 300, linear])"}) {
    EXPECT_EQ(error(spec, 9, {500}), "m = 9: must be between 10 and the trunk's 400 steps, after the warmup") << spec;
    EXPECT_NO_THROW(extend(Schedule::parse(spec), 10, std::vector<std::int64_t>{500})) << spec;
  }
  EXPECT_EQ(error("rsqrt(warmup=10)", 9, {500}), "m = 9: must be at least 10, after the warmup");
  EXPECT_EQ(error("rsqrt(steps=400, timescale=9)", 0, {500}), "m = 0: must be between 1 and the trunk's 400 steps");
  const std::vector<std::int64_t> to = {9};
  EXPECT_EQ(error_of([&] { extend(std::vector<double>{}, to); }), "done = []: must hold at least one step");
  EXPECT_EQ(error_of([&] {
              extend(std::vector{0.1, 0.0}, to);
            }),
            "done[1] = 0: must be > 0: it is the LR that goes on; the last above 0 is that of update 1");
  EXPECT_EQ(error_of([&] { extend(std::vector{0.1, std::nan("")}, to); }), "done[1] = nan: must be finite and >= 0");
  const std::vector<double> norms(5, 1.0);
  EXPECT_EQ(error_of([&] { extend(std::vector{0.1}, to, {.grad_norm = norms}); }),
            "grad_norm: there are 5 values for 9 steps; must be at least one per step");
}

TEST(Extend, TakesThePlannedDistanceWhereNoneIsGiven) {
  const Schedule planned = Schedule::parse("wsd(steps=400, warmup=20, peak=0.02)");
  const std::vector<std::int64_t> to = {800};
  const std::vector<double> norms = power_grad_norm(-0.25, 800);
  for (const GradNorm norm : {GradNorm(2.0), GradNorm(norms)}) {
    const double distance = planned_distance(planned, 320, norm);
    const auto by_default = extend(planned, 320, to, {.grad_norm = norm});
    const auto by_number = extend(planned, 320, to, {.grad_norm = norm, .distance = distance});
    const double of_rates = planned_distance(planned.values(320), norm, *planned.spec().cooldown);
    const auto from_rates = extend(planned.values(320), to, {.grad_norm = norm}, *planned.spec().cooldown);
    for (std::size_t k = 0; k < 4; ++k) {
      EXPECT_EQ(by_default[k].distance, distance);
      EXPECT_EQ(by_default[k].omega, by_number[k].omega);
      EXPECT_EQ(by_number[k].distance, distance);
      EXPECT_EQ(from_rates[k].distance, of_rates);
    }
  }
}

TEST(Extend, SpecsFromRatesHaveTheirWarmup) {
  const std::vector<std::int64_t> to = {900};
  for (const char* text :
       {"wsd(steps=600, warmup=40, peak=0.02)", "wsd(steps=600, warmup=40, warmup_start=10%, peak=0.02)",
        "wsd(steps=600, warmup=1, warmup_start=0, peak=0.02)"}) {
    const Schedule planned = Schedule::parse(text);
    const auto rows = extend(planned.values(400), to, {.distance = 1.0});
    for (const ExtendRow& row : rows) {
      const Schedule spec = Schedule::parse(row.spec);
      EXPECT_EQ(spec.spec().warmup.length, planned.spec().warmup.length) << row.spec;
      for (std::int64_t i = 0; i < 400; ++i) EXPECT_NEAR(spec.lr(i), planned.lr(i), 1e-12) << row.spec << " " << i;
      EXPECT_NEAR(bound(spec), row.spec_omega, 1e-12 * row.omega) << row.spec;
    }
  }
  // As logs have it: rounded, and a step to either side of the corner.
  std::vector<double> logged = Schedule::parse("constant(warmup=300, peak=1e-3)").values(2000);
  for (std::size_t t = 0; t < logged.size(); ++t) logged[t] = std::round(logged[t] * 1e6) / 1e6;
  EXPECT_NE(extend(logged, std::vector<std::int64_t>{4000})[0].spec.find("warmup="), std::string::npos);
}

TEST(Extend, RatesThatAreNoWarmupGiveNone) {
  const std::vector<std::int64_t> to = {900};
  for (const char* text :
       {"wsd(steps=600, peak=0.02)", "piecewise(steps=600, milestones=[200], factors=[3])",
        "piecewise(steps=600, milestones=[200, 300], factors=[2, 3])", "rsqrt(steps=600, warmup=40)"}) {
    const auto rows = extend(Schedule::parse(text).values(400), to, {.distance = 1.0});
    EXPECT_EQ(rows[0].spec.find("warmup="), std::string::npos) << text;
  }
}

TEST(Extend, GoesOnFromTheLastRateOfADecay) {
  const std::vector<std::int64_t> to = {900};
  for (const char* spec : {"cosine(steps=400, final=1%, peak=0.02)", "wsd(steps=400, peak=0.02, cooldown=60%)",
                           "rsqrt(steps=400, warmup=10, peak=0.02)", "stages(peak=0.02, pieces=[linear over 400])"}) {
    const Schedule trunk = Schedule::parse(spec);
    const std::vector<double> done = trunk.values(300);
    const auto rows = extend(trunk, 300, to);
    ASSERT_EQ(rows.size(), 4U) << spec;
    for (const ExtendRow& row : rows) {
      EXPECT_EQ(std::vector<double>(row.lr.begin(), row.lr.begin() + 300), done) << spec;
      EXPECT_LE(rows[3].omega, row.omega * (1 + 1e-9)) << spec;
    }
    Cooldown cooldown = trunk.spec().cooldown.value_or(Cooldown{});
    if (cooldown.length == rest()) cooldown.length = percent(100);
    if (cooldown.final.unit == Rate::Unit::percent) cooldown.final = absolute_lr(0.02 * cooldown.final.value / 100);
    const auto same = extend(done, to, {.distance = rows[0].distance}, cooldown);
    EXPECT_EQ(rows[0].lr, same[0].lr) << spec;
  }
}

}  // namespace
}  // namespace scheduled
