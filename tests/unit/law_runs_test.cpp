// Runs that are fitted: which losses of logs count, and what a fit says of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "scheduled/law.hpp"
#include "support/law_cases.hpp"

namespace scheduled {
namespace {

Law truth() {
  return law_cases::typical(LawKind::momentum, law_cases::rates("constant(steps=1500, warmup=100, peak=1e-3)"), 1e-3);
}

FitRun made(const char* spec, std::int64_t first) {
  FitRun run{spec, law_cases::rates(spec), law_cases::every(first, 1500, 30), {}};
  run.loss = law_curve(truth(), run.lr, run.step);
  return run;
}

std::vector<FitRun> three_runs(std::int64_t first = 120) {
  return {made("cosine(steps=1500, warmup=100, peak=1e-3, final=1e-4)", first),
          made("wsd(steps=1500, warmup=100, cooldown=30%, peak=1e-3)", first),
          made("piecewise(steps=1500, warmup=100, milestones=[700], factors=[0.3], peak=1e-3)", first)};
}

/// A log of that many steps, with a loss after each.
RunLog log_of(const char* name, std::int64_t first, std::int64_t last) {
  RunLog log{name, {}, {}, {}};
  for (std::int64_t t = first; t <= last; ++t) {
    log.step.push_back(t);
    log.column["lr"].push_back(1e-3);
    log.column["val_loss"].push_back(2.0 + 10.0 / static_cast<double>(t) + (first > 1 ? 1e-3 : 0.0));
  }
  return log;
}

TEST(FitRuns, LeaveTheSameLossesOutWhateverReadsThem) {
  const RunLog trunk = log_of("trunk", 1, 1000);
  EXPECT_EQ(first_described(1000), 50);
  EXPECT_EQ(first_described(3), 1);
  EXPECT_EQ(fit_run(trunk).step.front(), 50);
  EXPECT_EQ(fit_run(trunk, {.first_step = 1}).step.front(), 1);
  const std::vector<OwnRun> one{{"trunk", trunk, {}}};
  const FitRun together = fit_runs(one)[0];
  EXPECT_EQ(together.step, fit_run(trunk).step);
  EXPECT_EQ(together.loss, fit_run(trunk).loss);
  // Of several the longest decides; a branch is as long as the longer one of it and its base.
  const RunLog shorter = log_of("shorter", 1, 100);
  const std::vector<OwnRun> two{{"trunk", trunk, {}}, {"shorter", shorter, {}}};
  EXPECT_EQ(fit_runs(two)[1].step.front(), 50);
  EXPECT_EQ(fit_run(shorter).step.front(), 5);
  const RunLog branch = log_of("branch", 20, 100);
  EXPECT_EQ(fit_branch(trunk, branch).step.front(), 50);
  EXPECT_EQ(fit_branch(shorter, branch).step.front(), 21);
}

TEST(LawFit, BranchesCountTheirOwnLosses) {
  const RunLog base{"base", {10, 20, 30}, {{"lr", {1.0, 1.0, 1.0}}, {"val_loss", {5.0, 4.0, 3.5}}}, {}};
  const RunLog branch{"branch", {20, 25, 30}, {{"lr", {1.0, 0.5, 0.0}}, {"val_loss", {4.0, 3.6, 3.3}}}, {}};
  const FitRun run = fit_branch(base, branch);
  EXPECT_EQ(run.step, (std::vector<std::int64_t>{25, 30}));
  EXPECT_EQ(run.loss, (std::vector<double>{3.6, 3.3}));
  EXPECT_EQ(run.lr.size(), 30U);
  EXPECT_EQ(run.lr[9], 1.0);
  EXPECT_EQ(run.lr[24], 0.5);
  EXPECT_EQ(fit_branch(base, branch, {.first_step = 26}).step.size(), 1U);
}

TEST(LawFit, WarnsOfLossesThatNoLawDescribes) {
  const auto early = [](std::int64_t first) {
    std::vector<std::string> found;
    for (const std::string& warning :
         fit_law(LawKind::momentum, three_runs(first), {.candidates = 2, .starts = 1}).warnings) {
      if (warning.find("where laws do not hold") != std::string::npos) found.push_back(warning);
    }
    return found;
  };
  ASSERT_EQ(early(30).size(), 1U);
  EXPECT_TRUE(early(30)[0].starts_with("6 of 150 losses are from before step 75, 5 % of the longest run"))
      << early(30)[0];
  EXPECT_TRUE(early(90).empty());
}

TEST(LawFit, WarnsOfAnotherUnit) {
  const auto good = three_runs();
  const auto units = [&](double (*changed)(double), std::size_t run) {
    auto runs = good;
    for (double& loss : runs[run].loss) loss = changed(loss);
    std::vector<std::string> found;
    for (const std::string& warning :
         fit_law(LawKind::momentum, runs, {.candidates = 2, .starts = 1, .max_iterations = 5}).warnings) {
      if (warning.starts_with("units: ")) found.push_back(warning);
    }
    return found;
  };
  EXPECT_TRUE(units([](double loss) { return 1.05 * loss; }, 1).empty());
  for (std::size_t run = 0; run < 3; ++run) {  // the first run is no more right than the others
    const auto perplexity = units([](double loss) { return std::exp(loss); }, run);
    ASSERT_EQ(perplexity.size(), 1U);
    EXPECT_TRUE(perplexity[0].starts_with("units: run '" + good[run].name + "' has the loss ")) << perplexity[0];
    EXPECT_TRUE(perplexity[0].ends_with(": perplexity where the others are nats?")) << perplexity[0];
  }
  const auto ending = [&](double (*changed)(double)) {
    const auto found = units(changed, 1);
    return found.size() == 1 ? found[0].substr(found[0].rfind(": ") + 2) : std::to_string(found.size()) + " warnings";
  };
  EXPECT_EQ(ending([](double loss) { return loss / std::log(2.0); }), "bits where the others are nats?");
  EXPECT_EQ(ending([](double loss) { return loss * std::log(2.0); }), "nats where the others are bits?");
  EXPECT_EQ(ending([](double loss) { return 0.3 * loss; }), "per byte where the others are per token?");
  EXPECT_EQ(ending([](double loss) { return 0.01 * loss; }), "another unit or another model?");
}

TEST(LawFit, LossesWithoutAnyErrorLeaveALawThatPredicts) {
  const Law law{LawKind::bu, 1e-3, 1.0, {2.0, 0.2, 0.1}};
  FitRun run{"trunk", std::vector<double>(1000, 1e-3), law_cases::every(100, 900, 100), {}};
  run.loss = law_curve(law, run.lr, run.step);
  const FittedLaw fitted = fit_law(LawKind::bu, {run}, {.prior = 0.25}).fitted;
  check_fitted(fitted);
  const std::int64_t end[] = {1000};
  EXPECT_NEAR(predict_losses(fitted, run.lr, end)[0].loss, law_curve(law, run.lr, end)[0], 1e-6);
}

TEST(LawFit, SaysHowItWasMade) {
  FitOptions options{.prior = 0.5, .candidates = 4, .starts = 2, .fixed = {{"memory", 50.0}}};
  options.weight = {1.0, 1.0, 0.5};
  const std::vector<FitRun> runs = three_runs();
  LawFit fit = fit_law(LawKind::momentum, runs, options);
  const auto how = [&](const char* key) { return fit.fitted.how.contains(key) ? fit.fitted.how.at(key) : "none"; };
  EXPECT_EQ(how("prior"), "0.5");
  EXPECT_EQ(how("residuals"), "log");
  EXPECT_EQ(how("fix memory"), "50");
  EXPECT_EQ(how("weight"), "1,1,0.5");
  EXPECT_EQ(how("starts"), "2");
  EXPECT_EQ(how("bootstrap"), "none");
  EXPECT_EQ(how("calibrate"), "none");
  bootstrap_law(fit, runs, 3, options);
  calibrate_law(fit, runs, options);
  EXPECT_EQ(how("bootstrap"), "3");
  EXPECT_EQ(how("calibrate"), "yes");
  EXPECT_EQ(parse_fitted_law(print_fitted_law(fit.fitted)), fit.fitted);
}

}  // namespace
}  // namespace scheduled
