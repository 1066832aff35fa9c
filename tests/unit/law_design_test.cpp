// What fitted laws say to do: the functional law's best schedule beside the numeric optimum and the limits of theory.
#include "scheduled/law_design.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/law_cases.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

/// L0 = 2, A = .3, B = .2 at a constant rate of 1 over 1000 updates.
Law functional(double s, double beta, double C = 100.0, double updates = 1000.0) {
  return {LawKind::functional, 1.0, updates, {2.0, 0.3, s, 0.2, C, beta}};
}

TEST(FunctionalOptimum, IsTheOptimumOfAllSchedulesThatDoNotRise) {
  for (const double beta : {1.3, 2.0, 4.0}) {
    for (const double s : {0.2, 0.5, 1.2}) {
      for (const double cap : {0.3, 1.0, 20.0}) {
        for (const std::int64_t warmup : {0, 100}) {
          const Law law = functional(s, beta);
          const FunctionalOptimum theory = functional_optimum(law, 2000, {.warmup = warmup, .cap = cap});
          const LawOptimum numeric = optimize_law(law, 2000, {.warmup = warmup, .cap = cap, .tolerance = 1e-6});
          ASSERT_EQ(theory.lr.size(), 2000U);
          EXPECT_TRUE(std::is_sorted(theory.lr.begin() + warmup, theory.lr.end(), std::greater<>()));
          EXPECT_LE(theory.lr[static_cast<std::size_t>(warmup)], cap);
          const double gains = numeric.loss - 2.0;
          // A search can lift the whole ramp by one high rate after it, which no plateau at the cap allows.
          const double most = warmup > 0 && cap > 1.0 ? 4e-3 : 1e-4;
          EXPECT_LE(theory.loss - numeric.loss, most * gains) << s << ' ' << beta << ' ' << cap << ' ' << warmup;
          EXPECT_GE(theory.loss - numeric.loss, -numeric.gap - 1e-5) << s << ' ' << beta << ' ' << cap;
        }
      }
    }
  }
}

TEST(FunctionalOptimum, IsThePowerDecayOfTheoryWhereNothingBinds) {
  const Law law = functional(1.0, 1.5, 1e7);
  const FunctionalOptimum best = functional_optimum(law, 10'000, {.cap = 1e6});
  EXPECT_FALSE(best.at_cap);
  EXPECT_EQ(best.decay, 10'000);
  EXPECT_EQ(best.exponent, 2.0);
  for (const std::int64_t z : {1000, 5000, 9000}) {
    const double left = 1.0 - (static_cast<double>(z) + 0.5) / 1e4;
    EXPECT_NEAR(best.lr[static_cast<std::size_t>(z)] / best.peak, left * left, 2e-3);
  }
}

TEST(FunctionalOptimum, PeaksFallWithTheHorizonAsTheorySays) {
  // 2602.06797: peak ~ N^-(1 + s beta - beta)/(1 + s beta)
  for (const auto& [s, beta] : {std::pair{1.0, 2.0}, {0.8, 1.5}, {2.0, 3.0}}) {
    const Law law = functional(s, beta, 1e6);
    const double at = functional_optimum(law, 10'000, {.cap = 1e9}).peak;
    const double later = functional_optimum(law, 1'000'000, {.cap = 1e9}).peak;
    EXPECT_NEAR(std::log(later / at) / std::log(100.0), -(1.0 + s * beta - beta) / (1.0 + s * beta), 0.02);
  }
}

TEST(FunctionalOptimum, OfAHardTaskHoldsTheCapEverLonger) {
  double last = 1.0;
  for (const std::int64_t steps : {1000, 10'000, 100'000, 1'000'000}) {
    const FunctionalOptimum best = functional_optimum(functional(0.2, 3.0), steps);
    EXPECT_TRUE(best.at_cap);
    const double share = static_cast<double>(best.decay) / static_cast<double>(steps);
    EXPECT_LT(share, 0.9 * last);
    last = share;
  }
  EXPECT_LT(last, 0.2);
}

TEST(FunctionalOptimum, OfFewUpdates) {
  EXPECT_EQ(functional_optimum(functional(0.5, 2.0), 1).lr.size(), 1U);
  EXPECT_EQ(functional_optimum(functional(0.5, 2.0), 5, {.warmup = 4}).decay, 1);
}

TEST(FunctionalOptimum, SaysWhatIsWrong) {
  const Law law = functional(0.5, 2.0);
  EXPECT_EQ(error_of([&] { functional_optimum(law, 0); }), "steps = 0: must be >= 1");
  EXPECT_EQ(error_of([&] { functional_optimum(law, 5, {.warmup = 5}); }),
            "warmup = 5: must be within 0 ... 4, below the number of steps");
  EXPECT_EQ(error_of([&] { functional_optimum(law, 5, {.cap = 0.0}); }), "cap = 0: must be finite and > 0");
  const Law other = law_cases::typical(LawKind::momentum, {1.0, 0.5}, 1.0);
  EXPECT_EQ(error_of([&] { functional_optimum(other, 5); }),
            "law = momentum: must be a functional law, which has the exponents s and beta");
}

TEST(FunctionalExponents, HaveTheirIntervalsFromTheCovariance) {
  FittedLaw fitted;
  fitted.law = functional(0.6, 2.0);
  fitted.time = 1000.0;
  fitted.covariance.assign(36, 0.0);
  fitted.covariance[2 * 6 + 2] = 0.01;  // of log s
  fitted.covariance[5 * 6 + 5] = 0.1;   // of log beta: more than the prior's .4 leaves
  fitted.covariance[2 * 6 + 5] = fitted.covariance[5 * 6 + 2] = -0.01;
  const FunctionalExponents found = functional_exponents(fitted);
  constexpr double ninety = 1.6448536269514722;
  EXPECT_EQ(found.s.value, 0.6);
  EXPECT_NEAR(found.s.upper, 0.6 * std::exp(ninety * 0.1), 1e-14);
  EXPECT_NEAR(found.beta.lower, 2.0 * std::exp(-ninety * std::sqrt(0.1)), 1e-14);
  EXPECT_TRUE(found.s.identified);
  EXPECT_FALSE(found.beta.identified);
  EXPECT_FALSE(found.margin.identified);
  const double half = ninety * std::sqrt(0.36 * 0.01 + 0.25 * 0.1 + 2.0 * 0.6 * 0.5 * 0.01);
  EXPECT_NEAR(found.margin.value, 0.1, 1e-15);
  EXPECT_NEAR(found.margin.upper, 0.1 + half, 1e-14);
  EXPECT_EQ(found.margin.lower, found.s.lower - (1.0 - 1.0 / found.beta.upper));  // above 0.1 - half
  EXPECT_GT(found.margin.lower, 0.1 - half);
  EXPECT_EQ(found.task, TaskKind::unsure);
  fitted.law.parameters[2] = 1.5;
  EXPECT_EQ(functional_exponents(fitted).task, TaskKind::easy);
  fitted.law.parameters[2] = 0.1;
  EXPECT_EQ(functional_exponents(fitted).task, TaskKind::hard);
  EXPECT_EQ(name_of(TaskKind::hard), "hard");
  fitted.bootstrap = {fitted.law, fitted.law};  // refits that are farther apart than the covariance says
  fitted.bootstrap[0].parameters[2] = fitted.bootstrap[1].parameters[2] = 0.9;
  EXPECT_EQ(functional_exponents(fitted).task, TaskKind::unsure);
}

// ---- which run next

/// A trunk at 1e-3 and a cooldown of its last fifth, by the noise law.
struct Made {
  std::vector<FitRun> runs;
  LawFit fit;
};

Made made_by_the_noise_law() {
  const std::vector<double> trunk = law_cases::rates("constant(steps=2000, peak=1e-3, warmup=50)");
  const std::vector<double> whole = law_cases::rates("wsd(steps=2000, peak=1e-3, warmup=50)");
  const Law truth = law_cases::typical(LawKind::noise, trunk, 1e-3);
  Made made;
  const auto add = [&](const char* name, const std::vector<double>& lr, std::int64_t first) {
    const auto step = law_cases::every(first, 2000, 20);
    std::vector<double> loss = law_curve(truth, lr, step);
    for (std::size_t i = 0; i < loss.size(); ++i) loss[i] += i % 2 == 0 ? 1e-3 : -1e-3;
    made.runs.push_back({name, lr, step, loss});
  };
  add("trunk", trunk, 200);
  add("cooldown", whole, 1620);
  made.fit = fit_law(LawKind::noise, made.runs, {.candidates = 4, .starts = 1});
  return made;
}

std::size_t place_of(const NextRun& found, std::string_view begin) {
  for (std::size_t i = 0; i < found.experiments.size(); ++i) {
    if (found.experiments[i].name.starts_with(begin)) return i;
  }
  ADD_FAILURE() << begin;
  return 0;
}

TEST(NextRun, AnotherPeakIsToldByARunAtThatPeakOnly) {
  const Made made = made_by_the_noise_law();
  const std::vector<double> asked = law_cases::rates("cosine(steps=2000, peak=2e-3, warmup=50)");
  const auto experiments = usual_experiments(made.runs, asked);
  const NextRun found = next_run(made.fit.fitted, made.runs, asked, experiments);
  ASSERT_EQ(found.experiments.size(), 6U);  // the cooldown of 20 % was made
  const std::size_t quarter = place_of(found, "the asked schedule in 5");
  const std::size_t half = place_of(found, "the asked schedule in 1");
  EXPECT_EQ(found.best, half);
  EXPECT_GT(found.experiments[half].narrowed, found.experiments[quarter].narrowed);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_LT(found.experiments[i].narrowed, 0.8 * found.experiments[quarter].narrowed) << found.experiments[i].name;
  }
  EXPECT_NEAR(static_cast<double>(found.experiments[quarter].cost), 537.0, 1.0);
  for (const ExperimentValue& one : found.experiments) {
    EXPECT_LE(one.half_width, found.half_width * (1.0 + 1e-12));
    EXPECT_GE(one.half_width, found.least);
  }
}

TEST(NextRun, ALongCooldownIsToldByALongCooldown) {
  const Made made = made_by_the_noise_law();
  std::vector<double> asked = law_cases::rates("constant(steps=100, peak=1e-3, warmup=50)");
  asked = with_cooldown(asked, 1900, LinearDecay{});
  const NextRun found = next_run(made.fit.fitted, made.runs, asked, usual_experiments(made.runs, asked));
  const auto narrowed = [&](std::string_view name) { return found.experiments[place_of(found, name)].narrowed; };
  EXPECT_GT(narrowed("90 % linear"), narrowed("10 % linear"));
  EXPECT_GT(narrowed("50 % linear"), narrowed("trunk on to 3000"));
  const ExperimentValue& longest = found.experiments[place_of(found, "90 % linear cooldown of trunk from 200")];
  EXPECT_EQ(longest.first, 200);
  EXPECT_EQ(longest.cost, 1800);
}

TEST(NextRun, SaysTheIntervalOfAPredictionBesideItsOwn) {
  const Made made = made_by_the_noise_law();
  const std::vector<double> asked = law_cases::rates("linear(steps=2000, peak=1e-3, warmup=50)");
  const NextRun found = next_run(made.fit.fitted, made.runs, asked, {});
  const std::int64_t end[] = {2000};
  EXPECT_EQ(found.predicted, predict_losses(made.fit.fitted, asked, end)[0]);
  EXPECT_EQ(found.predicted->loss, found.loss);
}

TEST(NextRun, LawsWithoutAParameterForItAreUnsureOfOtherPeaks) {
  const Made made = made_by_the_noise_law();
  const LawFit angular = fit_law(LawKind::angular, made.runs, {.candidates = 4, .starts = 1});
  const std::vector<double> asked = law_cases::rates("cosine(steps=2000, peak=2e-3, warmup=50)");
  const auto width = [&](double peak) {
    return next_run(angular.fitted, made.runs, asked, {}, {.peak = peak}).half_width;
  };
  EXPECT_GT(width(0.17), width(0.0));
  const auto fixed = [&](double peak) {
    return next_run(made.fit.fitted, made.runs, asked, {}, {.peak = peak}).half_width;
  };
  EXPECT_EQ(fixed(0.17), fixed(0.0));
}

TEST(NextRun, OfRunsThatTellAsMuchOneAtTheAskedPeakIsTaken) {
  const Made made = made_by_the_noise_law();
  const std::vector<double> asked = law_cases::rates("linear(steps=2000, peak=1e-3, warmup=50)");
  const std::vector<Experiment> both{
      {"another peak", law_cases::rates("linear(steps=1990, peak=2e-3, warmup=50)"), 0},
      {"the asked one", law_cases::rates("linear(steps=2000, peak=1e-3, warmup=50)"), 0}};
  EXPECT_EQ(next_run(made.fit.fitted, made.runs, asked, both, {.enough = 0.1}).best, 1U);
  EXPECT_EQ(next_run(made.fit.fitted, made.runs, asked, {both[0]}, {.enough = 0.1}).best, 0U);
}

TEST(NextRun, WholeRunsTellLessOfOthersThanBranches) {
  const Made made = made_by_the_noise_law();
  const std::vector<double> asked = law_cases::rates("linear(steps=2000, peak=1e-3, warmup=50)");
  const std::vector<Experiment> one{{"half", law_cases::rates("linear(steps=1000, peak=1e-3, warmup=50)"), 0}};
  const NextRun sure = next_run(made.fit.fitted, made.runs, asked, one, {.whole = 0.0});
  const NextRun unsure = next_run(made.fit.fitted, made.runs, asked, one);
  EXPECT_LT(sure.least, unsure.least);
  EXPECT_GT(sure.experiments[0].narrowed, unsure.experiments[0].narrowed);
}

TEST(NextRun, NothingToNarrowHasNoBest) {
  const Made made = made_by_the_noise_law();
  EXPECT_EQ(next_run(made.fit.fitted, made.runs, made.runs[0].lr, {}).best, std::nullopt);
  EXPECT_TRUE(usual_experiments({}, std::vector<double>(4, 1.0)).empty());
}

TEST(NextRun, SaysWhatIsWrong) {
  const Made made = made_by_the_noise_law();
  const auto message = [&](const std::vector<Experiment>& experiments, const NextRunOptions& options) {
    return error_of([&] { next_run(made.fit.fitted, made.runs, made.runs[0].lr, experiments, options); });
  };
  EXPECT_EQ(message({{"a", {1e-3, 1e-3}, 2}}, {}), "shared = 2: must be within 0 ... 1 for 'a', which has 2 updates");
  EXPECT_EQ(message({}, {.noise = 0.0}), "noise = 0: must be finite and > 0");
  EXPECT_EQ(message({}, {.between = -1.0}), "between = -1: must be finite and >= 0");
  EXPECT_EQ(message({}, {.whole = -1.0}), "whole = -1: must be finite and >= 0");
  EXPECT_EQ(message({}, {.enough = 1.5}), "enough = 1.5: must be within (0, 1]");
}

}  // namespace
}  // namespace scheduled
