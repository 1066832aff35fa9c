// Predictions by fitted laws, their intervals and what they leave open; virtual cooldowns.
#include "scheduled/law.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "support/law_cases.hpp"
#include "support/law_runs.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

using law_cases::constant;
using law_cases::made;
using law_cases::three_runs;
using law_cases::truth;
using law_cases::wsd;

TEST(VirtualCooldown, IsThePredictionOfTheWholeRun) {
  const auto runs = three_runs(truth(LawKind::momentum), 1e-3);
  const FittedLaw fitted = fit_law(LawKind::momentum, runs).fitted;
  const std::vector<double> trunk = law_cases::rates("constant(steps=1000, warmup=100, peak=1e-3)");
  const VirtualCooldown cooldown = virtual_cooldown(fitted, trunk, {.lengths = {100, 500}, .further = 200});
  const std::vector<double> whole = law_cases::rates("wsd(steps=1500, warmup=100, cooldown=500, peak=1e-3)");
  const std::vector<std::int64_t> end{1500};
  ASSERT_EQ(cooldown.answers.size(), 2U);
  EXPECT_NEAR(cooldown.answers[1].loss.loss, law_curve(fitted.law, whole, end)[0], 1e-12);
  EXPECT_LT(cooldown.answers[1].loss.loss, cooldown.answers[0].loss.loss);
  EXPECT_LT(cooldown.answers[0].loss.loss, cooldown.trunk.loss);
  EXPECT_GT(cooldown.answers[0].gain.loss, 0.0);
  EXPECT_LT(cooldown.answers[0].gain.lower, cooldown.answers[0].gain.loss);
  const double longer = law_curve(fitted.law, law_cases::rates("wsd(steps=1700, warmup=100, cooldown=700, peak=1e-3)"),
                                  std::vector<std::int64_t>{1700})[0];
  EXPECT_NEAR(cooldown.answers[1].longer.loss, cooldown.answers[1].loss.loss - longer, 1e-12);
}

TEST(LawPredict, IntervalsHoldTheirPredictionBelow0) {
  FittedLaw fitted;
  fitted.law = {LawKind::bu, 1.0, 1.0, {-2.0, 0.5, 0.0}};
  fitted.noise = 0.01;
  fitted.covariance = {0.04, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
  const Predicted at = predict_losses(fitted, std::vector<double>(1, 1.0), std::vector<std::int64_t>{1})[0];
  EXPECT_DOUBLE_EQ(at.loss, -1.5);
  EXPECT_NEAR(at.upper - at.loss, 1.6448536 * std::sqrt(0.015 * 0.015 + 0.04), 1e-7);
  EXPECT_NEAR(at.loss - at.lower, at.upper - at.loss, 1e-15);
}

TEST(LawPredict, SaysWhereNoFittedRunDecays) {
  const Law law = truth(LawKind::momentum);
  const LawFit fit = fit_law(LawKind::momentum, {made(law, constant, 1e-3)});
  EXPECT_EQ(fit.fitted.decays, 0);
  const FittedLaw read = parse_fitted_law(print_fitted_law(fit.fitted));
  EXPECT_EQ(extrapolations(read, law_cases::rates(wsd)),
            (std::vector<std::string>{"its rate falls, and no run that the law was fitted to shows what that gains"}));
  EXPECT_TRUE(extrapolations(read, law_cases::rates(constant)).empty());
  EXPECT_TRUE(extrapolations(fit_law(LawKind::momentum, three_runs(law, 1e-3)).fitted, law_cases::rates(wsd)).empty());
  std::string text = print_fitted_law(fit.fitted);
  text.replace(text.find("\"decays\":0"), 10, "\"decays\":0.5");
  EXPECT_EQ(error_of([&] { parse_fitted_law(text); }), "decays = 0.5: must be a whole number from 0 to 1000000");
}

/// The prior of what a decay gains is a share of the loss that grows with the rate: losses per byte, or rates of
/// another optimizer's scale, change nothing but the unit.
TEST(LawPredict, WhatATrunkAloneGainsHasTheLossesUnit) {
  const Law law = law_cases::typical(LawKind::noise, law_cases::rates(constant), 1e-3);
  const FitRun trunk = made(law, constant, 1e-3);
  const auto lr = law_cases::rates(wsd);
  const std::int64_t end[] = {static_cast<std::int64_t>(lr.size())};
  const auto predicted = [&](double unit) {
    FitRun run = trunk;
    for (double& loss : run.loss) loss *= unit;
    return predict_losses(fit_law(LawKind::noise, {run}).fitted, lr, end)[0];
  };
  const Predicted nats = predicted(1.0);
  const Predicted smaller = predicted(0.25);
  EXPECT_NEAR(4.0 * smaller.loss, nats.loss, 1e-3 * nats.loss);
  EXPECT_NEAR(smaller.upper / smaller.lower, nats.upper / nats.lower, 1e-2);
}

/// Where no run decays, the gain counts less than the priors' spreads say one by one; what a trunk itself comes to as
/// it is.
TEST(LawPredict, NarrowsTheGainOfATrunkAlone) {
  const Law law = law_cases::typical(LawKind::noise, law_cases::rates(constant), 1e-3);
  const LawFit fit = fit_law(LawKind::noise, {made(law, constant, 1e-3)});
  EXPECT_EQ(fit.fitted.decays, 0);
  FittedLaw with = fit.fitted;
  with.decays = 1;
  const auto half = [&](const FittedLaw& of, const char* spec) {
    const auto lr = law_cases::rates(spec);
    const std::int64_t end[] = {static_cast<std::int64_t>(lr.size())};
    const Predicted one = predict_losses(of, lr, end)[0];
    return std::log(one.upper / one.lower);
  };
  EXPECT_EQ(half(fit.fitted, constant), half(with, constant));
  const double share = half(fit.fitted, wsd) / half(with, wsd);
  EXPECT_GT(share, 0.6);
  EXPECT_LT(share, 0.75);
}

TEST(LawPredict, WhatTrunksAtSeveralPeaksLeaveOpen) {
  const Law law = truth(LawKind::momentum);
  constexpr const char* twice = "constant(steps=1500, warmup=100, peak=2e-3)";
  const auto falls = law_cases::rates(wsd);
  const auto holds = law_cases::rates(constant);
  const FittedLaw two = fit_law(LawKind::momentum, {made(law, constant, 1e-3), made(law, twice, 1e-3)}).fitted;
  const std::string why =
      "what a decay gains is not identified: the law was fitted to runs at several peaks none of which lowers its "
      "rate; fit a run with a decay, too, or the runs of one peak alone";
  EXPECT_EQ(not_identified(two, falls), why);
  EXPECT_EQ(not_identified(two, holds), "");
  EXPECT_EQ(error_of([&] { check_identified(two, falls); }), why);
  EXPECT_EQ(error_of([&] { virtual_cooldown(two, holds, {.lengths = {100}}); }), why);
  const FittedLaw one = fit_law(LawKind::momentum, {made(law, constant, 1e-3)}).fitted;
  EXPECT_EQ(not_identified(one, falls), "");
  EXPECT_EQ(not_identified(one, law_cases::rates("wsd(steps=1500, warmup=100, peak=4e-3)")), "");
  EXPECT_EQ(not_identified(fit_law(LawKind::momentum, three_runs(law, 1e-3)).fitted, falls), "");
}

TEST(LawPredict, SaysWhereItExtrapolates) {
  const FittedLaw fitted = fit_law(LawKind::momentum, three_runs(truth(LawKind::momentum))).fitted;
  EXPECT_TRUE(extrapolations(fitted, law_cases::rates(wsd)).empty());
  const auto found = extrapolations(fitted, std::vector<double>(1600, 0.002));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], "rates up to 0.002 are above all that the law was fitted to (0.001)");
  EXPECT_EQ(found[1], "1600 steps are more than the longest run had (1500)");
}

TEST(VirtualCooldown, VerdictsAreThoseOfTheIntervals) {
  const auto answer = [](Predicted gain, Predicted longer) {
    return CooldownAnswer{.length = 1, .loss = {}, .gain = gain, .longer = longer};
  };
  const Predicted small{0.1, 0.05, 0.15};
  const Predicted large{0.3, 0.2, 0.4};
  EXPECT_EQ(name_of(worth_going_on(answer(small, large))), "yes");
  EXPECT_EQ(name_of(worth_going_on(answer({-0.1, -0.2, 0.0}, large))), "no");
  EXPECT_EQ(name_of(worth_going_on(answer({0.1, -0.1, 0.3}, large))), "unsure");
  EXPECT_EQ(name_of(better_spent(answer(small, large))), "cooldown");
  EXPECT_EQ(name_of(better_spent(answer(large, small))), "trunk");
  EXPECT_EQ(name_of(better_spent(answer({0.16, 0.1, 0.22}, large))), "alike");
}

TEST(VirtualCooldown, BadQuestionsAreNamed) {
  const FittedLaw fitted = fit_law(LawKind::momentum, three_runs(truth(LawKind::momentum))).fitted;
  const std::vector<double> trunk(100, 1e-3);
  const auto message = [&](const std::vector<double>& rates, const CooldownQuestion& question) {
    return error_of([&] { virtual_cooldown(fitted, rates, question); });
  };
  EXPECT_EQ(message(trunk, {}), "lengths: must hold at least one length");
  EXPECT_EQ(message(trunk, {.lengths = {0}}), "length = 0: must be >= 1");
  EXPECT_EQ(message({}, {.lengths = {10}}), "trunk = []: must hold at least one step");
  EXPECT_EQ(message({1.0, 0.0}, {.lengths = {10}}),
            "trunk[1] = 0: must be > 0: it is the LR that goes on; the last above 0 is that of update 1");
  EXPECT_EQ(message(trunk, {.lengths = {10}, .final = 1.0}), "final = 1: must be within [0, 1)");
  EXPECT_TRUE(message(trunk, {.lengths = {10}, .decay = ExponentialDecay{}}).find("never reaches 0") !=
              std::string::npos);
  EXPECT_EQ(
      virtual_cooldown(fitted, trunk, {.lengths = {10}, .decay = ExponentialDecay{}, .final = 0.1}).answers.size(), 1);
}

}  // namespace
}  // namespace scheduled
