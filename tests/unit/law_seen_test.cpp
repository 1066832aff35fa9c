// What fitted runs were like, what others have that none of them had, and how far an optimum can be trusted.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "scheduled/law.hpp"
#include "scheduled/law_design.hpp"
#include "support/law_cases.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

constexpr const char* constant = "constant(steps=1500, warmup=100, peak=1e-3)";
constexpr const char* wsd = "wsd(steps=1500, warmup=100, cooldown=30%, peak=1e-3)";

FitRun made(const Law& law, const char* spec) {
  FitRun run{spec, law_cases::rates(spec), law_cases::every(120, 1500, 30), {}};
  run.loss = law_curve(law, run.lr, run.step);
  return run;
}

FittedLaw fitted_to(LawKind kind, std::initializer_list<const char*> specs) {
  const Law law = law_cases::typical(kind, law_cases::rates(constant), 1e-3);
  std::vector<FitRun> runs;
  for (const char* spec : specs) runs.push_back(made(law, spec));
  return fit_law(kind, runs, {.candidates = 8, .starts = 1}).fitted;
}

using Words = std::vector<std::string>;

TEST(DescribeRun, SaysPeakLengthAndDecay) {
  const SeenRun run = describe_run(law_cases::rates("wsd(steps=1000, warmup=100, cooldown=40%, peak=2e-3)"));
  EXPECT_EQ(run.steps, 1000);
  EXPECT_EQ(run.peak, 2e-3);
  EXPECT_NEAR(run.decay, 0.4, 0.002);
  EXPECT_NEAR(run.drop, 1.0 / 400.0, 1e-5);
  ASSERT_EQ(run.shape.size(), 9U);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(run.shape[i], 1.0 - static_cast<double>(i) / 8.0, 0.003) << i;
  const SeenRun flat = describe_run(law_cases::rates(constant));
  EXPECT_EQ(flat.decay, 0.0);
  EXPECT_TRUE(flat.shape.empty());
  const SeenRun stairs = describe_run(std::vector<double>{1.0, 1.0, 0.25, 0.25});
  EXPECT_EQ(stairs.decay, 0.5);
  EXPECT_EQ(stairs.drop, 0.75);
  EXPECT_EQ(stairs.shape, (std::vector<double>{1, 1, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25}));
  EXPECT_EQ(describe_run(std::vector<double>(3, 0.0)).shape.size(), 0U);
  EXPECT_EQ(describe_run({}).steps, 0);
}

TEST(Extrapolations, NameWhatNoFittedRunHas) {
  const FittedLaw fitted = fitted_to(LawKind::momentum, {constant, wsd});
  ASSERT_EQ(fitted.seen.size(), 2U);
  EXPECT_EQ(fitted.seen[1].name, wsd);
  const auto of = [&](const char* spec) { return extrapolations(fitted, law_cases::rates(spec)); };
  EXPECT_EQ(of(constant), Words{});
  EXPECT_EQ(of("wsd(steps=1500, warmup=100, cooldown=40%, peak=1e-3)"), Words{});
  EXPECT_EQ(of("wsd(steps=1500, warmup=100, cooldown=60%, peak=1e-3)"),
            Words{"its rate falls over 60 % of the run, those that were fitted over 30 %"});
  EXPECT_EQ(of("wsd(steps=1500, warmup=100, cooldown=10%, peak=1e-3)"),
            Words{"its rate falls over 10 % of the run, those that were fitted over 30 %"});
  const Words root = of("wsd(steps=1500, warmup=100, cooldown=30%, decay=1-sqrt, peak=1e-3)");
  ASSERT_EQ(root.size(), 1U);
  EXPECT_EQ(root[0],
            concat({"its rate falls in another shape than any that was fitted: by 25 % of the peak from that of '", wsd,
                    "', the nearest"}));
  EXPECT_EQ(of("wsd(steps=1500, warmup=100, cooldown=30%, peak=5e-4)"),
            Words{"its highest rate 0.0005 is below that of every fitted run (0.001 and more)"});
  const Words stairs = of("piecewise(steps=1500, warmup=100, milestones=[1050, 1300], factors=[0.5, 0.1], peak=1e-3)");
  ASSERT_EQ(stairs.size(), 3U);
  EXPECT_EQ(stairs[1], "its rate ends at 10 % of the peak, those that were fitted at 0 %");
  EXPECT_EQ(stairs[2], "it drops by 50 % of the peak at once, those that were fitted by 0.2 % at most");
}

TEST(Extrapolations, RisesAgainAreNamed) {
  const FittedLaw fitted = fitted_to(LawKind::momentum, {constant, wsd});
  std::vector<double> cycles = law_cases::rates("wsd(steps=750, warmup=100, cooldown=30%, peak=1e-3)");
  const std::vector<double> one = cycles;
  cycles.insert(cycles.end(), one.begin(), one.end());
  EXPECT_NEAR(describe_run(cycles).rise, 1.0, 0.005);
  EXPECT_EQ(extrapolations(fitted, cycles).at(0),
            "its rate rises again after a fall, by 100 % of the peak, those that were fitted never do");
  std::vector<double> warmed = law_cases::rates(wsd);  // back to a half of the peak, in its last tenth
  for (std::size_t k = 1350; k < 1500; ++k) warmed[k] = 5e-4;
  const Words again = extrapolations(fitted, warmed);
  EXPECT_TRUE(std::any_of(again.begin(), again.end(), [](const std::string& what) {
    return what.starts_with("its rate rises again after a fall, by 17 % of the peak");
  })) << testing::PrintToString(again);
  EXPECT_EQ(describe_run(law_cases::rates(wsd)).rise, 0.0);
  EXPECT_EQ(describe_run(law_cases::rates("triangular(steps=1500, peak=1e-3)")).rise, 0.0);
  std::vector<FitRun> runs{made(fitted.law, constant), made(fitted.law, wsd)};
  runs.push_back({"cycles", cycles, law_cases::every(120, 1500, 30), {}});
  runs.back().loss = law_curve(fitted.law, cycles, runs.back().step);
  const FittedLaw knows = fit_law(LawKind::momentum, runs, {.candidates = 8, .starts = 1}).fitted;
  EXPECT_EQ(extrapolations(knows, cycles), Words{});
}

TEST(Extrapolations, LatePeaksAndShortRunsAreNamed) {
  const FittedLaw fitted = fitted_to(LawKind::momentum, {constant, wsd});
  const auto of = [&](const char* spec) { return extrapolations(fitted, law_cases::rates(spec)); };
  EXPECT_EQ(of("constant(steps=1500, warmup=600, peak=1e-3)"),
            Words{"it comes to its highest rate after 40 % of the run, those that were fitted after 6.6 % at most"});
  EXPECT_EQ(of("constant(steps=1500, warmup=140, peak=1e-3)"), Words{});
  EXPECT_EQ(of("constant(steps=150, warmup=9, peak=1e-3)"),
            Words{"it ends after 150 steps, and the first loss that was fitted is that of step 120"});
  EXPECT_EQ(of("constant(steps=200, warmup=9, peak=1e-3)"), Words{});
}

TEST(Extrapolations, OtherEndsAreNamedAndWidenIntervals) {
  const FittedLaw to_zero = fitted_to(LawKind::angular, {constant, wsd});
  const auto ending = [](const char* final) {
    return law_cases::rates(
        ("wsd(steps=1500, warmup=100, cooldown=30%, peak=1e-3, final=" + std::string(final) + ")").c_str());
  };
  for (const char* final : {"10%", "14%"}) {
    const std::string share = final;
    EXPECT_EQ(extrapolations(to_zero, ending(final)),
              Words{"its rate ends at " + share.substr(0, 2) + " % of the peak, those that were fitted at 0 %"});
  }
  EXPECT_EQ(extrapolations(to_zero, ending("5%")), Words{});
  EXPECT_EQ(extrapolations(to_zero, ending("0")), Words{});
  const FittedLaw to_tenth =
      fitted_to(LawKind::angular, {constant, "wsd(steps=1500, warmup=100, cooldown=30%, peak=1e-3, final=12%)"});
  EXPECT_FALSE(to_tenth.seen[1].to_zero);
  EXPECT_EQ(extrapolations(to_tenth, ending("0")),
            Words{"its rate ends at 0 % of the peak, those that were fitted at 12 %"});
  EXPECT_EQ(extrapolations(to_tenth, ending("12%")), Words{});
  const std::int64_t end[] = {1500};
  FittedLaw same_end = to_zero;
  same_end.seen[1].final = 0.1;
  const auto width = [&](const FittedLaw& fitted) {
    const Predicted at = predict_losses(fitted, ending("10%"), end)[0];
    return at.upper - at.lower;
  };
  EXPECT_GT(width(to_zero), 1.05 * width(same_end));
}

TEST(DescribeRun, LogsThatEndBeforeTheirRunsGoOnToZero) {
  const Law law = law_cases::typical(LawKind::momentum, law_cases::rates(constant), 1e-3);
  const auto seen = [&](std::int64_t last, std::int64_t every) {
    FitRun run{"log", law_cases::rates(wsd), law_cases::every(120, last, every), {}};
    run.loss = law_curve(law, run.lr, run.step);
    const FittedLaw fitted =
        fit_law(LawKind::momentum, {made(law, constant), run}, {.candidates = 2, .starts = 1}).fitted;
    return extrapolations(fitted, law_cases::rates(wsd));
  };
  EXPECT_EQ(seen(1480, 40), Words{});  // its last loss is 4 % of the peak above 0, and 9 % below the one before
  EXPECT_EQ(seen(1440, 60), Words{});  // 13 %
}

TEST(DescribeRun, ASpikeIsNoPeak) {
  std::vector<double> lr = law_cases::rates(wsd);
  lr[700] = 2e-3;
  const SeenRun run = describe_run(lr);
  EXPECT_EQ(run.peak, 1e-3);
  EXPECT_NEAR(run.spike, 1.0, 1e-12);
  EXPECT_NEAR(run.decay, 0.3, 0.002);
  EXPECT_LT(run.drop, 0.01);
  EXPECT_EQ(run.rise, 0.0);
  const FittedLaw fitted = fitted_to(LawKind::angular, {constant, wsd});
  EXPECT_EQ(
      extrapolations(fitted, lr),
      Words{"a spike of its rate, 100 % above what is held, is not counted as its peak, but by the law it may count"});
  const std::int64_t end[] = {1500};
  const auto width = [&](const std::vector<double>& rates) {
    const Predicted at = predict_losses(fitted, rates, end)[0];
    return at.upper - at.lower;
  };
  EXPECT_NEAR(width(lr), width(law_cases::rates(wsd)), 0.1 * width(lr));
  lr[1300] = 2e-3;  // in the decay
  EXPECT_EQ(describe_run(lr).peak, 1e-3);
  // What is higher for longer is a peak, as is the tip of a curve without warmup.
  for (std::size_t k = 700; k < 710; ++k) lr[k] = 2e-3;
  EXPECT_EQ(describe_run(lr).peak, 2e-3);
  for (const char* spec : {"rsqrt(steps=1500, warmup=10, peak=1e-3)", "linear(steps=150, peak=1e-3)",
                           "triangular(steps=1500, peak=1e-3)", "cosine(steps=100, peak=1e-3)"}) {
    EXPECT_EQ(describe_run(law_cases::rates(spec)).spike, 0.0) << spec;
    EXPECT_EQ(describe_run(law_cases::rates(spec)).peak, 1e-3) << spec;
  }
}

TEST(Extrapolations, FilesOfBeforeSayNothingOfShapes) {
  FittedLaw fitted = fitted_to(LawKind::momentum, {constant, wsd});
  EXPECT_EQ(parse_fitted_law(print_fitted_law(fitted)), fitted);
  std::string text = print_fitted_law(fitted);
  const auto seen = text.find(",\"seen\":");
  const FittedLaw before = parse_fitted_law(text.substr(0, seen) + "}");
  EXPECT_EQ(parse_fitted_law(text.substr(0, seen) + ",\"seen\":null}"), before);
  EXPECT_TRUE(before.how.empty());
  std::string yesterday = text.substr(0, text.find(",\"how\":")) + "}";  // runs without warmup ... first
  for (auto begin = yesterday.find(",\"warmup\":"); begin != std::string::npos;
       begin = yesterday.find(",\"warmup\":")) {
    yesterday.erase(begin, yesterday.find('}', begin) - begin);
  }
  const FittedLaw of_yesterday = parse_fitted_law(yesterday);
  ASSERT_EQ(of_yesterday.seen.size(), 2U);
  EXPECT_TRUE(of_yesterday.seen[1].to_zero);
  EXPECT_EQ(parse_fitted_law(print_fitted_law(of_yesterday)), of_yesterday);
  EXPECT_EQ(extrapolations(of_yesterday, law_cases::rates("constant(steps=150, warmup=100, peak=1e-3)")), Words{});
  EXPECT_TRUE(before.seen.empty());
  EXPECT_TRUE(extrapolations(before, law_cases::rates("linear(steps=1500, peak=5e-4)")).empty());
  EXPECT_FALSE(optimize_seen(before, 1000).has_value());
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string other = text;
    return error_of([&] { parse_fitted_law(other.replace(other.find(from), from.size(), to)); });
  };
  EXPECT_EQ(changed("\"steps\":1500", "\"steps\":-1").substr(0, 19), "seen[0].steps = -1:");
  EXPECT_EQ(changed("\"decay\":0.0,", "\"decay\":2.0,"),
            concat({"decay = 2: must be within 0 ... 1 for the seen run '", constant, "'"}));
  EXPECT_EQ(changed("\"shape\":[]", "\"shape\":[1]"),
            concat({"shape: of the seen run '", constant, "' has 1 entries; must have 9, or none without a decay"}));
  EXPECT_EQ(changed("\"drop\":", "\"dorp\":").substr(0, 13), "seen[0].dorp ");
  EXPECT_EQ(changed("\"peak\":0.001", "\"peak\":0.0"),
            concat({"peak = 0: must be > 0 for the seen run '", constant, "'"}));
}

TEST(OptimizeSeen, IsTheBestDecayThatARunHas) {
  const FittedLaw fitted =
      fitted_to(LawKind::angular, {constant, wsd, "wsd(steps=1500, warmup=100, cooldown=20%, peak=1e-3)"});
  const LawOptimizeOptions options{.warmup = 100};
  const auto seen = optimize_seen(fitted, 2000, options);
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->lr.size(), 2000U);
  EXPECT_GE(seen->decay, 0.2 / 1.5 - 1e-3);
  EXPECT_LE(seen->decay, 0.3 * 1.5 + 1e-3);
  const auto unlike = extrapolations(fitted, seen->lr);
  EXPECT_EQ(unlike, Words{"2000 steps are more than the longest run had (1500)"});
  const std::int64_t end[] = {2000};
  EXPECT_DOUBLE_EQ(seen->loss, law_curve(fitted.law, seen->lr, end)[0]);
  // No schedule of the family is better by more than the scan's percent allows, and the optimum of all is at least as
  // good.
  for (const char* spec :
       {"wsd(steps=2000, warmup=100, cooldown=20%, peak=1e-3)", "wsd(steps=2000, warmup=100, cooldown=30%, peak=1e-3)",
        "wsd(steps=2000, warmup=100, cooldown=44%, peak=1e-3)"}) {
    EXPECT_LE(seen->loss, law_curve(fitted.law, law_cases::rates(spec), end)[0] + 1e-5) << spec;
  }
  EXPECT_LE(optimize_law(fitted.law, 2000, options).loss, seen->loss + 1e-5);
  EXPECT_FALSE(optimize_seen(fitted_to(LawKind::momentum, {constant}), 100).has_value());
  EXPECT_EQ(error_of([&] { optimize_seen(fitted, 0); }), "steps = 0: must be >= 1");
}

TEST(OptimizeSeen, HasNoRateBelowZeroAndNoPeakThatNoRunHad) {
  for (const char* end : {"0.1%", "0.7%", "1%", "3%", "7%", "14%"}) {
    const std::string low = concat({"wsd(steps=1500, warmup=100, cooldown=30%, final=", end, ", peak=1e-3)"});
    const FittedLaw fitted = fitted_to(LawKind::angular, {constant, low.c_str()});
    for (const std::int64_t steps : {300, 400, 777, 1500}) {
      const auto seen = optimize_seen(fitted, steps, {.warmup = 50, .cap = 4e-3});
      ASSERT_TRUE(seen.has_value());
      EXPECT_GE(*std::min_element(seen->lr.begin(), seen->lr.end()), 0.0) << end << " of " << steps;
      EXPECT_LE(seen->peak, 1e-3) << end << " of " << steps;
    }
  }
}

double half_width(const FittedLaw& fitted, const char* spec) {
  const std::vector<double> lr = law_cases::rates(spec);
  const std::int64_t end[] = {static_cast<std::int64_t>(lr.size())};
  const Predicted at = predict_losses(fitted, lr, end)[0];
  return 0.5 * (at.upper - at.lower);
}

TEST(LawPredict, IntervalsAreWiderForWhatNoFittedRunHas) {
  FittedLaw fitted = fitted_to(LawKind::momentum, {constant, wsd});
  FittedLaw blind = fitted;
  blind.seen.clear();
  const Law& law = fitted.law;
  const auto added = [&](const char* spec) {
    const double with = half_width(fitted, spec);
    const double without = half_width(blind, spec);
    return std::sqrt(std::max(with * with - without * without, 0.0)) / 1.6448536;
  };
  EXPECT_EQ(added("wsd(steps=1500, warmup=100, cooldown=40%, peak=1e-3)"), 0.0);
  const auto progress = [&](const char* spec) {  // derivative of the loss by the logarithm of progress
    const std::vector<double> lr = law_cases::rates(spec);
    double sum = 0.0;
    for (const double rate : lr) sum += rate;
    return law.at("alpha") * law.at("A") * std::pow(sum / law.reference_sum, -law.at("alpha"));
  };
  const char* cosine = "cosine(steps=1500, warmup=100, peak=1e-3)";
  EXPECT_NEAR(added(cosine), 0.08 * progress(cosine), 1e-2 * 0.08 * progress(cosine));  // three times the share, too
  const char* root = "wsd(steps=1500, warmup=100, cooldown=40%, decay=1-sqrt, peak=1e-3)";
  EXPECT_NEAR(added(root), 0.03 * progress(root), 1e-2 * 0.03 * progress(root));
  const char* half_peak = "wsd(steps=1500, warmup=100, cooldown=30%, peak=5e-4)";
  EXPECT_NEAR(added(half_peak), 0.17 * std::log(2.0) * progress(half_peak), 1e-2 * 0.17 * progress(half_peak));
  // Before it falls a run has no other shape.
  const std::vector<double> lr = law_cases::rates("wsd(steps=1500, warmup=100, cooldown=30%, decay=1-sqrt, peak=1e-3)");
  const std::vector<std::int64_t> step{1000, 1500};
  const auto seen = predict_losses(fitted, lr, step);
  const auto unseen = predict_losses(blind, lr, step);
  EXPECT_NEAR(seen[0].upper, unseen[0].upper, 1e-12);
  EXPECT_GT(seen[1].upper, unseen[1].upper);
  // What both runs have that none was fitted to they have alike.
  const std::vector<double> lower = law_cases::rates("cosine(steps=1500, warmup=100, peak=9.9e-4)");
  const std::vector<double> upper = law_cases::rates(cosine);
  const Predicted alike = predict_difference(fitted, upper, lower);
  const Predicted other = predict_difference(fitted, upper, law_cases::rates(wsd));
  EXPECT_LT(alike.upper - alike.lower, 0.1 * (other.upper - other.lower));
}

TEST(LawFit, LossesCountAsFortyOfARun) {
  const Law law = law_cases::typical(LawKind::noise, law_cases::rates(constant), 1e-3);
  const auto made_every = [&](std::int64_t stride) {
    std::vector<FitRun> runs;
    for (const char* spec : {constant, wsd}) {
      FitRun run{spec, law_cases::rates(spec), law_cases::every(75, 1500, stride), {}};
      run.loss = law_curve(law, run.lr, run.step);
      for (std::size_t i = 0; i < run.step.size(); ++i) {  // an error that lasts
        run.loss[i] *= 1.0 + 2e-3 * std::sin(static_cast<double>(run.step[i]) / 150.0);
      }
      runs.push_back(std::move(run));
    }
    return runs;
  };
  const auto objective = [&](std::int64_t stride) {
    return fit_law(LawKind::noise, made_every(stride), {.candidates = 8, .starts = 2}).objective;
  };
  EXPECT_NEAR(objective(3) / objective(25), 1.0, 0.1);  // 476 and 58 losses a run
}

/// The objective where all losses are the law's but one of the first run, and only L0 is fitted.
double objective_of_one(const std::vector<const char*>& specs, std::int64_t stride, std::int64_t wrong, double error) {
  const Law law = law_cases::typical(LawKind::noise, law_cases::rates(constant), 1e-3);
  FitOptions options{.candidates = 1, .starts = 1};
  for (std::size_t j = 1; j < law.parameters.size(); ++j) {
    options.fixed[std::string(law_parameters(law.kind)[j].name)] = law.parameters[j];
  }
  options.start = law;
  std::vector<FitRun> runs;
  for (const char* spec : specs) {
    FitRun run{spec, law_cases::rates(spec), law_cases::every(75, 1500, stride), {}};
    run.loss = law_curve(law, run.lr, run.step);
    runs.push_back(std::move(run));
  }
  const auto place = std::find(runs[0].step.begin(), runs[0].step.end(), wrong) - runs[0].step.begin();
  runs[0].loss.at(static_cast<std::size_t>(place)) *= std::exp(-error);
  return fit_law(law.kind, runs, options).objective;
}

TEST(LawFit, TheBeginningCountsLess) {
  constexpr double small = 1e-4;
  // 5 % of the run: half of 40 of 58 losses, and of one of 20.
  EXPECT_NEAR(objective_of_one({constant}, 25, 75, small), 0.5 * 40.0 / 58.0 * 0.5 * small * small, 0.03e-8);
  EXPECT_NEAR(objective_of_one({constant}, 75, 75, small), 0.5 * 0.5 * small * small, 0.03e-8);
  EXPECT_NEAR(objective_of_one({constant}, 75, 750, small), 0.99 * 0.5 * small * small, 0.04e-8);
}

TEST(LawFit, RunsThatDifferTellTheLawsErrors) {
  constexpr double large = 0.02;
  const char* cosine = "cosine(steps=1500, warmup=100, peak=1e-3)";
  const char* linear = "linear(steps=1500, warmup=100, peak=1e-3)";
  const auto expect_corner = [&](const std::vector<const char*>& specs, double corner) {  // of Huber's loss, 2 units
    const double expected = corner * (large - corner / 2.0);
    EXPECT_NEAR(objective_of_one(specs, 75, 1500, large), expected, 0.08 * expected) << specs.size();
  };
  expect_corner({constant}, 3e-3);
  expect_corner({constant, constant, "constant(steps=1800, warmup=100, peak=1e-3)"}, 3e-3);
  expect_corner({constant, wsd}, 1.5e-3);
  expect_corner({constant, wsd, cosine}, 1e-3);
  expect_corner({constant, wsd, cosine, linear}, 1e-3);
  // Where losses are far from what other models show the law follows three schedules closer than one three times.
  Law far = law_cases::typical(LawKind::noise, law_cases::rates(constant), 1e-3);
  for (std::size_t j = 0; j < far.parameters.size(); ++j) {
    if (law_parameters(far.kind)[j].name == "alpha") far.parameters[j] = 0.6;
  }
  const auto off = [&](std::initializer_list<const char*> specs) {
    std::vector<FitRun> runs;
    for (const char* spec : specs) runs.push_back(made(far, spec));
    FitOptions options{.candidates = 1, .starts = 1};
    for (const char* name : {"B", "C", "beta", "kappa", "lambda", "eta0", "delta"}) options.fixed[name] = far.at(name);
    return std::fabs(fit_law(LawKind::noise, runs, options).fitted.law.at("alpha") - 0.6);
  };
  EXPECT_LT(off({wsd, constant, cosine}), off({wsd, wsd, wsd}) / 2.0);
}

TEST(OptimizeLaw, NothingIsBelowItsBound) {
  for (const LawKind kind :
       {LawKind::functional, LawKind::angular, LawKind::noise, LawKind::multi_power, LawKind::momentum, LawKind::bu}) {
    const Law law = law_cases::typical(kind, law_cases::rates(constant), 1e-3);
    const LawOptimum best = optimize_law(law, 1000, {.warmup = 20, .cap = 1e-3});
    ASSERT_TRUE(best.bound.has_value()) << law_name(kind);
    EXPECT_LE(*best.bound, best.loss + 1e-12) << law_name(kind);
    const std::int64_t end[] = {1000};
    for (const char* spec : {"constant(steps=1000, peak=1e-3)", "constant(steps=1000, peak=1e-4)",
                             "wsd(steps=1000, cooldown=50%, peak=1e-3)", "cosine(steps=1000, peak=7e-4)",
                             "linear(steps=1000, peak=1e-3)", "linear(steps=1000, peak=3e-5)"}) {
      EXPECT_GE(law_curve(law, law_cases::rates(spec), end)[0], *best.bound) << law_name(kind) << " " << spec;
    }
  }
  EXPECT_FALSE(
      optimize_law(law_cases::typical(LawKind::omega, law_cases::rates(constant), 1e-3), 50).bound.has_value());
}

TEST(FunctionalOptimum, ReachesItsBoundWhereTheCapDoesNotBind) {
  Law law{LawKind::functional, 1.0, 1000.0, {2.0, 0.3, 0.5, 0.2, 100.0, 1.5}};
  const FunctionalOptimum free = functional_optimum(law, 4000, {.cap = 50.0});
  EXPECT_FALSE(free.at_cap);
  EXPECT_GE(free.loss, free.bound - 1e-4);
  EXPECT_LT(free.loss - free.bound, 1e-3);
  const FunctionalOptimum bound = functional_optimum(law, 4000, {.cap = 0.5});
  EXPECT_TRUE(bound.at_cap);
  EXPECT_GT(bound.loss, bound.bound);
}

}  // namespace
}  // namespace scheduled
