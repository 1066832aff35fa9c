// Schedules of several pieces: where these lie, their ends, text, errors, and that what takes a schedule takes them.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "scheduled/design.hpp"
#include "scheduled/law.hpp"
#include "scheduled/law_design.hpp"
#include "scheduled/plan.hpp"
#include "scheduled/trunk.hpp"
#include "support/law_cases.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

std::string parse_error(const std::string& text) {
  return error_of([&] { Schedule::parse(text); });
}

double half_cosine(double x) { return 0.5 * (1.0 + std::cos(std::numbers::pi * x)); }

TEST(Shapes, StagesOfEveryKind) {
  const Schedule s = Schedule::parse(
      "stages(peak=2, warmup=10, pieces=[hold until 100, cosine to 50% over 50, hold at 0.6 over 10, rewarm over 20, "
      "polynomial power=2 from 1 to 10% until 280, exponential half_life=5 over 10, linear to 0 over 100])");
  EXPECT_EQ(s.layout(), (Layout{390, 10, 0}));
  EXPECT_EQ(s.lr(4), 1.0);
  for (const int i : {9, 10, 99}) EXPECT_EQ(s.lr(i), 2.0) << i;
  for (int j = 1; j <= 50; ++j) EXPECT_NEAR(s.lr(99 + j), 1 + half_cosine(j / 50.0), 4e-16) << j;
  EXPECT_EQ(s.lr(149), 1.0);
  for (const int i : {150, 159}) EXPECT_EQ(s.lr(i), 0.6) << i;
  for (int j = 1; j <= 20; ++j) EXPECT_NEAR(s.lr(159 + j), 0.6 + 1.4 * j / 20, 4e-16) << j;
  EXPECT_EQ(s.lr(179), 2.0);
  for (int j = 1; j <= 100; ++j) EXPECT_NEAR(s.lr(179 + j), 0.2 + 0.8 * std::pow(1 - j / 100.0, 2), 4e-16) << j;
  for (int j = 1; j <= 10; ++j) EXPECT_NEAR(s.lr(279 + j), 0.2 * std::pow(0.5, j / 5.0), 1e-16) << j;
  for (int j = 1; j <= 100; ++j) EXPECT_NEAR(s.lr(289 + j), 0.05 * (1 - j / 100.0), 1e-16) << j;
  EXPECT_EQ(s.lr(389), 0.0);
  EXPECT_EQ(s.lr(5000), 0.0);
  EXPECT_FALSE(s.flat());
  EXPECT_FALSE(s.proportional_to_peak());
}

TEST(Stages, FillIsLr) {
  for (
      const char* spec :
      {"stages(peak=2, warmup=10, pieces=[hold until 100, cosine to 50% over 50, rewarm curve=cosine over 20, linear])",
       "stages(after=cosine(steps=80, warmup=7, final=10%), pieces=[half-cosine to 1% over 33 until 100, hold over 9])",
       "stages(after=wsd-s(results=[40, 90], cooldown=9, rewarm=4), at=70, pieces=[rewarm to 120% over 5, 1-sqrt over "
       "9])"}) {
    const Schedule s = Schedule::parse(std::string(spec), steps(250));
    for (std::int64_t first = 0; first < 260; first += 7) {
      std::vector<double> rates(41);
      s.fill(first, rates);
      for (std::size_t k = 0; k < rates.size(); ++k) {
        EXPECT_EQ(rates[k], s.lr(first + static_cast<std::int64_t>(k))) << spec << " " << first << " " << k;
      }
    }
  }
}

TEST(Stages, OnePieceIsTheCooldownOfThatName) {
  for (const ScheduleHelp& decay : decay_help()) {
    std::string keys = decay.name == "polynomial" ? " power=1.5" : "";
    std::string comma = decay.name == "polynomial" ? ", power=1.5" : "";
    const std::string name(decay.name);
    const Schedule cooled =
        Schedule::parse("wsd(steps=100, warmup=9, cooldown=30, peak=0.3, final=1%, decay=" + name + comma + ")");
    const Schedule pieces =
        Schedule::parse("stages(peak=0.3, warmup=9, pieces=[hold until 70, " + name + keys + " to 1% over 30])");
    EXPECT_EQ(pieces.values(), cooled.values()) << name;
    const Schedule rest =
        Schedule::parse("stages(peak=0.3, steps=100, warmup=9, pieces=[hold until 70%, " + name + keys + " to 1%])");
    EXPECT_EQ(rest.values(), cooled.values()) << name;
  }
}

TEST(Stages, AfterAScheduleTheyKeepItsBits) {
  const Schedule first = Schedule::parse("cosine(steps=1000, warmup=50, final=1%, peak=8e-5)");
  const Schedule s =
      Schedule::parse("stages(peak=8e-5, after=cosine(steps=1000, warmup=50, final=1%), pieces=[linear to 0 over 40])");
  EXPECT_EQ(s.steps(), 1040);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(s.lr(i), first.lr(i)) << i;
  for (int j = 1; j <= 40; ++j) EXPECT_EQ(s.lr(999 + j), first.lr(999) * ((40.0 - j) / 40.0)) << j;
  EXPECT_TRUE(s.proportional_to_peak());
  EXPECT_NEAR(s.with_peak(1e-4).lr(0), 1e-4 / 50, 1e-21);
}

/// OLMo 3 7B: a cosine over 1192092 steps is left at 597046 and goes on as the second half of one until 1668930, which
/// is left, too.
TEST(Stages, AHalfDescendedCosineGoesOn) {
  const Schedule s = Schedule::parse(
      "stages(peak=3e-4, warmup=2k, pieces=[cosine to 10% over 1190092 until 597046, "
      "half-cosine from 55% to 10% over 1071884 until 1413822])");
  EXPECT_NEAR(s.lr(597045), 3e-4 * (0.1 + 0.9 * half_cosine((597046 - 2000) / 1190092.0)), 1e-19);
  EXPECT_NEAR(s.lr(597045), 3e-4 * 0.55, 1e-18);
  for (const int j : {1, 1000, 400000, 816776}) {
    EXPECT_NEAR(s.lr(597045 + j), 3e-4 * (0.1 + 0.9 * half_cosine(0.5 + 0.5 * j / 1071884.0)), 1e-18) << j;
  }
  EXPECT_EQ(s.steps(), 1413822);
  EXPECT_NEAR(s.lr(1413821), 3.93e-5, 5e-8);  // where it ended
  // The other way: the schedule as it was planned, left at a step.
  const Schedule left = Schedule::parse(
      "stages(peak=3e-4, after=cosine(steps=1192093, warmup=2k, final=10%), at=597047, pieces=[half-cosine to 10% over "
      "9k])");
  EXPECT_EQ(left.lr(597046), Schedule::parse("cosine(steps=1192093, warmup=2k, final=10%, peak=3e-4)").lr(597046));
}

/// DeepSeek-V3 and Kimi K2, in tokens.
TEST(Stages, PublishedRunsInTokens) {
  const Schedule v3 = Schedule::parse(
      "stages(peak=2.2e-4, tokens_per_step=62914560, warmup=2k, warmup_start=0, pieces=[hold until 10Ttok, "
      "cosine to 2.2e-5 over 4.3Ttok, hold over 333Btok, hold at 7.3e-6 over 167Btok])");
  const auto step = [](double tokens) { return static_cast<std::int64_t>(tokens / 62914560); };
  EXPECT_EQ(v3.lr(step(9.9e12)), 2.2e-4);
  EXPECT_EQ(v3.lr(step(14.4e12)), 2.2e-5);
  EXPECT_EQ(v3.lr(step(14.7e12)), 7.3e-6);
  EXPECT_EQ(*v3.steps(), step(10e12) + step(4.3e12) + step(333e9) + step(167e9));
  const Schedule k2 = Schedule::parse(
      "stages(peak=2e-4, tokens_per_step=67M, warmup=500, pieces=[hold until 10Ttok, cosine to 2e-5 over 5.5Ttok, "
      "linear to 7e-6 over 460Btok])");
  EXPECT_EQ(k2.lr(*k2.steps() - 1), 7e-6);
}

TEST(Stages, ARewarmEndsExactlyWhereItIsSaidTo) {
  for (const char* curve : {"linear", "cosine", "1-sqrt", "log"}) {
    for (const double from : {0.0, 1e-5, 3e-4, 0.001, 0.0123, 0.7, 1.0}) {
      for (const double to : {1e-6, 1e-5, 3e-4, 0.0017, 0.1, 0.9, 1.0}) {
        for (const int over : {1, 2, 3, 7, 10}) {
          const std::string text = "stages(pieces=[hold at " + format_number(from) + " over 2, rewarm curve=" + curve +
                                   " to " + format_number(to) + " over " + std::to_string(over) + ", hold over 3])";
          if (to < from) {
            ASSERT_NE(parse_error(text).find("is below the rate before it"), std::string::npos) << text;
            continue;
          }
          const Schedule s = Schedule::parse(text);
          ASSERT_EQ(s.lr(1 + over), to) << print(s);
          ASSERT_EQ(s.lr(2 + over), to) << print(s);
          ASSERT_EQ(s.values()[static_cast<std::size_t>(1 + over)], to) << print(s);
        }
      }
    }
  }
  const Schedule lower =
      Schedule::parse("stages(peak=1e-3, pieces=[hold at 10% over 1, rewarm curve=cosine to 30% over 3])");
  EXPECT_EQ(lower.lr(3), 1e-3 * 30 / 100);
}

TEST(Stages, HorizonsCutAndHold) {
  const std::string pieces = "pieces=[hold until 50, linear to 10% over 50])";
  EXPECT_EQ(Schedule::parse("stages(" + pieces).steps(), 100);
  const Schedule longer = Schedule::parse("stages(steps=300, " + pieces);
  EXPECT_EQ(longer.lr(299), 0.1);
  const Schedule shorter = Schedule::parse("stages(steps=75, " + pieces);
  EXPECT_EQ(shorter.lr(74), 0.1 + 0.9 * 0.5);
  EXPECT_EQ(shorter.lr(1000), shorter.lr(74));
  const Schedule endless = Schedule::parse("stages(pieces=[linear to 50% over 20, hold])");
  EXPECT_FALSE(endless.steps());
  EXPECT_EQ(endless.lr(1000000), 0.5);
  const Schedule cooled = Schedule::parse("stages(steps=100, cooldown=10, pieces=[linear to 50% over 20, hold])");
  EXPECT_EQ(cooled.layout(), (Layout{100, 0, 10}));
  EXPECT_EQ(cooled.lr(89), 0.5);
  EXPECT_EQ(cooled.lr(90), 0.5 * 0.9);
}

TEST(Stages, TheWarmupRisesToThePeakOrToTheFirstLevel) {
  EXPECT_EQ(Schedule::parse("stages(warmup=4, pieces=[linear over 10])").lr(3), 1.0);
  EXPECT_EQ(Schedule::parse("stages(warmup=4, pieces=[linear over 10])").lr(4), 0.9);
  EXPECT_EQ(Schedule::parse("stages(warmup=4, pieces=[hold at 50% over 10])").lr(1), 0.25);
  EXPECT_EQ(Schedule::parse("stages(warmup=4, warmup_start=0, pieces=[hold over 10])").lr(3), 0.75);
}

TEST(Stages, TextIsExact) {
  for (const char* spec :
       {"stages(peak=1, pieces=[hold over 20])",
        "stages(steps=1000, peak=0.5, pieces=[hold at 0.1 over 20%, rewarm curve=log from 1% to 150% over 10 until "
        "205, "
        "polynomial power=0.3 to 1e-5 until 400, exponential half_life=3.5 over 9, cosine exponent=2])",
        "stages(peak=0.001, after=stages(after=rsqrt(timescale=100), at=50, pieces=[linear to 1% over 10]), "
        "at=30, pieces=[rewarm over 5])",
        "stages(peak=1, after=table(values=[1, 0.5]), pieces=[hold over 3])"}) {
    const Schedule s = Schedule::parse(spec);
    EXPECT_EQ(print(s), spec);
    EXPECT_EQ(Schedule::parse(print_json(s)), s) << print_json(s);
    EXPECT_NE(s, s.with_peak(2));
  }
  EXPECT_EQ(print_json(Schedule::parse("stages(after=linear(steps=9), pieces=[ hold  over 2k ])")),
            R"({"schedule":"stages","peak":1,"after":{"schedule":"linear","steps":9},"pieces":["hold over 2000"]})");
  const char* const json = R"json({"schedule":"stages","after":"linear(steps=9)","pieces":["hold over 2"]})json";
  EXPECT_EQ(Schedule::parse(json), Schedule::parse("stages(after=linear(steps=9, peak=1), pieces=[hold over 2])"));
}

TEST(Stages, ErrorsNameThePiece) {
  EXPECT_EQ(parse_error("stages"), "pieces: must be given, such as pieces=[hold until 80%, linear]");
  EXPECT_EQ(parse_error("stages(pieces=[])"), "pieces = []: must hold at least one");
  EXPECT_EQ(parse_error("stages(pieces=[hold over 3, linaer over 2])").substr(0, 73),
            "pieces[1] = 'linaer over 2': curve = 'linaer': must be hold, rewarm, line");
  EXPECT_EQ(parse_error("stages(pieces=[hold to 3])"), "pieces[0] = 'hold to 3': to: must be at, over or until");
  EXPECT_EQ(parse_error("stages(pieces=[linear over])"),
            "pieces[0] = 'linear over': over: must be followed by its value");
  EXPECT_EQ(parse_error("stages(pieces=[linear over 3 over 4])"),
            "pieces[0] = 'linear over 3 over 4': over: is given twice");
  EXPECT_EQ(parse_error("stages(pieces=[linear over 0])"),
            "pieces[0] = 'linear over 0': over = 0: must be at least 1 step");
  EXPECT_EQ(parse_error("stages(pieces=[hold until 9, linear until 9])"),
            "pieces[1] = 'linear until 9': until = 9: must be after step 9, where the piece begins");
  EXPECT_EQ(
      parse_error("stages(pieces=[linear over 9 until 10])"),
      "pieces[0] = 'linear over 9 until 10': until = 10: must be after step 0, where the piece begins, and not past "
      "its end, 9");
  EXPECT_EQ(parse_error("stages(pieces=[hold, linear over 9])"),
            "pieces[0] = 'hold': over: must be given, or until: only the last piece takes the rest");
  EXPECT_EQ(parse_error("stages(pieces=[linear])"),
            "pieces[0] = 'linear': over: must be given, or steps=... for the rest of the run");
  EXPECT_EQ(parse_error("stages(pieces=[hold until 50%, linear over 9])"),
            "pieces[0] = 'hold until 50%': until = 50%: is a share of the run, which needs steps=...");
  EXPECT_EQ(
      parse_error("stages(pieces=[exponential over 9])"),
      "pieces[0] = 'exponential over 9': to = 0: exponential decay never reaches 0; give to > 0, or half_life=...");
  EXPECT_EQ(parse_error("stages(pieces=[exponential half_life=3 to 10% over 9])"),
            "pieces[0] = 'exponential half_life=3 to 10% over 9': to: give either to or half_life, not both");
  EXPECT_EQ(parse_error("stages(pieces=[hold at 0 over 9, exponential to 1 over 9])"),
            "pieces[1] = 'exponential to 1 over 9': to = 1: exponential decay never leaves a rate of 0");
  EXPECT_EQ(parse_error("stages(pieces=[polynomial over 9])"),
            "pieces[0] = 'polynomial over 9': power: must be given, such as power=2");
  EXPECT_EQ(parse_error("stages(pieces=[linear powr=2 over 9])"),
            "pieces[0] = 'linear powr=2 over 9': powr = '2': linear has no keys");
  EXPECT_EQ(parse_error("stages(peak=1e-3, pieces=[hold at 2e-3 over 9])"),
            "pieces[0] = 'hold at 0.002 over 9': at = 0.002: must not be above peak = 0.001");
  EXPECT_EQ(parse_error("stages(pieces=[hold over 9, rewarm to 50% over 9])"),
            "pieces[1] = 'rewarm to 50% over 9': to = 50%: is below the rate before it, 1, and rewarm goes up; write "
            "linear to 50%");
  const std::string word(59, 'x');  // the next character would be cut in two
  EXPECT_NE(parse_error("stages(pieces=[hold " + word + "\u00e9 over 9])").find("': " + word + ": must be"),
            std::string::npos);
  EXPECT_EQ(parse_error("stages(after=rsqrt(timescale=9), pieces=[hold over 9])"),
            "at: must be given, for rsqrt has no end");
  EXPECT_EQ(parse_error("stages(after=linear(steps=9), at=10, pieces=[hold over 9])"),
            "at = 10: must be at least 1 step, and not past the end of after=...");
  EXPECT_EQ(parse_error("stages(after=linear(steps=9, peak=2), pieces=[hold over 9])"),
            "after: says peak, which must be said outside of after=(...), of the whole");
  EXPECT_EQ(parse_error("stages(after=linear(steps=9), warmup=3, pieces=[hold over 9])"),
            "warmup: must be given within after=..., which comes first");
  EXPECT_EQ(parse_error("stages(at=3, pieces=[hold over 9])"), "at: is where after=... is left, which is missing");
  std::string nested = "linear(steps=2)";
  for (int k = 0; k < 9; ++k) nested = "stages(after=" + nested + ", pieces=[hold over 2])";
  EXPECT_EQ(parse_error(nested), "after: holds too many schedules within schedules");
  EXPECT_THROW(Schedule::parse("stages(pieces=[linear])"), NeedsHorizon);
}

TEST(Stages, APublishedScheduleBringsItsPeakAndItsBatch) {
  const Schedule after = Schedule::parse("stages(after=preset:smollm3-3b, at=4M, pieces=[linear to 0 over 100k])");
  const Schedule published = Schedule::parse("preset:smollm3-3b");
  EXPECT_EQ(after.peak(), published.peak());
  EXPECT_EQ(Schedule::parse(print(after)), after);
  for (const std::int64_t i : {0, 1000, 2000, 3'999'999}) EXPECT_EQ(after.lr(i), published.lr(i)) << i;
  EXPECT_EQ(after.lr(4'099'999), 0.0);
  EXPECT_EQ(Schedule::parse("stages(peak=1, after=preset:smollm3-3b, at=4M, pieces=[hold])").lr(3'000'000), 1.0);
  EXPECT_EQ(Schedule::parse("stages(after=preset:smollm3-3b(steps=20k), pieces=[hold over 5])").steps(), 20'005);
  const Schedule tokens = Schedule::parse("stages(after=preset:deepseek-v3, at=10Ttok, pieces=[linear over 1Ttok])");
  EXPECT_EQ(tokens.batch(0), 3072.0);
  EXPECT_EQ(Schedule::parse(print(tokens)), tokens);
  EXPECT_NE(parse_error("stages(after=preset:smollm3-4b, pieces=[hold over 5])").find("did you mean 'smollm3-3b'?"),
            std::string::npos)
      << parse_error("stages(after=preset:smollm3-4b, pieces=[hold over 5])");
}

TEST(Stages, ErrorsOfTheScheduleBeforeNameIt) {
  EXPECT_EQ(parse_error(R"({"schedule":"stages","after":{"schedule":1},"pieces":["hold"]})"),
            "after: must be a schedule");
  EXPECT_EQ(parse_error(R"({"schedule":"stages","before":{"schedule":1},"pieces":["hold"]})").substr(0, 32),
            "before = '{\"schedule\":1}': is no");
  EXPECT_EQ(parse_error("stages(after=cosine, pieces=[linear over 9])"),
            "after: cooldown = rest: needs a horizon, steps=...");
  EXPECT_EQ(parse_error("stages(after=linear(steps=9, powr=2), pieces=[linear over 9])").substr(0, 44),
            "after: powr = '2': is no key of linear; must");
  EXPECT_EQ(parse_error("stages(after=linaer(steps=9), pieces=[linear over 9])").substr(0, 32),
            "after: schedule = 'linaer': must");
  EXPECT_EQ(parse_error("stages(after=wsd(steps=9, warmup=10), pieces=[linear over 9])").substr(0, 24),
            "after: warmup + cooldown");
  EXPECT_EQ(parse_error("stages(after=rsqrt(timescale=9), at=50%, pieces=[hold over 9])"),
            "at = 50%: is a share of rsqrt, which has no end");
  // The horizon of the run is not that of the schedule before.
  for (const char* spec : {"stages(after=cosine, pieces=[linear])", "stages(after=rsqrt(timescale=9), pieces=[linear])",
                           "stages(after=rsqrt(timescale=9), at=50%, pieces=[linear])"}) {
    bool lacks_horizon = false;
    try {
      Schedule::parse(spec, steps(100));
    } catch (const NeedsHorizon&) {
      lacks_horizon = true;
    } catch (const ArgumentError&) {
    }
    EXPECT_FALSE(lacks_horizon) << spec;
  }
}

TEST(Stages, TheirOwnEndIsKeptWhereAHorizonIsTheDefault) {
  const auto length = [](const char* spec) { return Schedule::parse(spec, steps(1000)).steps(); };
  EXPECT_EQ(length("stages(pieces=[hold until 50, linear over 50])"), 100);
  EXPECT_EQ(length("stages(after=linear(steps=30), pieces=[rewarm over 5])"), 35);
  EXPECT_EQ(length("table(values=[1, 0.5])"), 2);
  EXPECT_EQ(length("stages(pieces=[hold until 50, linear])"), 1000);
  EXPECT_EQ(length("stages(pieces=[hold until 50, linear over 10%])"), 1000);
  EXPECT_EQ(length("stages(pieces=[linear over 50, hold])"), 1000);
  EXPECT_EQ(length("wsd(steps=10)"), 10);
  EXPECT_EQ(length("constant"), 1000);
}

// What takes a schedule takes these -----------------------------------------------------------------------------------

const char* const staged =
    "stages(steps=400, warmup=20, peak=0.05, pieces=[hold until 60%, cosine to 10% over 100, hold until 380, linear])";

/// The same rates as explicit values.
Schedule as_table(const Schedule& s) { return Schedule::table(s.with_peak(1.0).values(), s.peak()); }

TEST(Stages, BoundAndTune) {
  const Schedule s = Schedule::parse(staged);
  const Schedule same = as_table(s);
  EXPECT_NEAR(omega(bound_rates(s), 1.0, 1.0) / omega(bound_rates(same), 1.0, 1.0), 1.0, 1e-13);
  const BestBaseLr best = best_base_lr(s, {});
  EXPECT_NEAR(best.peak / best_base_lr(same, {}).peak, 1.0, 1e-13);
  EXPECT_EQ(bound_facts(s, {}).family, KnownFamily::none);
  // At the best peak both terms are equal, so that at a multiple x of it the bound is (x + 1/x)/2 of the best.
  EXPECT_NEAR(lr_sensitivity(s).at_double, 1.25, 1e-9);
  const Schedule absolute = Schedule::parse(
      "stages(steps=400, peak=0.05, pieces=[hold until 60%, linear to 0.01 over 100, hold until 380, linear])");
  // No other peak has a smaller bound.
  const auto bound_at = [&](double peak) { return omega(bound_rates(absolute.with_peak(peak)), 1.0, 1.0); };
  const double peak = best_base_lr(absolute, {}).peak;
  for (const double factor : {0.7, 0.95, 1.05, 1.4}) EXPECT_GT(bound_at(peak * factor), bound_at(peak)) << factor;
}

TEST(Stages, ExtendAndConstrainFromTheirRates) {
  const Schedule s = Schedule::parse(staged);
  const std::vector<double> done = s.values(300);
  const std::vector<std::int64_t> horizons = {600};
  const auto rows = extend(done, horizons, {.distance = 1.0}, {});
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(std::vector<double>(rows[0].lr.begin(), rows[0].lr.begin() + 300), done);
  EXPECT_EQ(constrained_schedule(400, 1.0, 1.0, {.prefix = done}).lr[299], done[299]);
}

TEST(Stages, AreTrunks) {
  const Schedule endless =
      Schedule::parse("stages(warmup=20, peak=0.05, pieces=[hold until 100, linear to 40% over 100, hold])");
  const Trunk trunk(endless, 150);
  EXPECT_EQ(trunk.schedule(), endless);
  const Schedule branch = trunk.branch(300, 100, {percent(20), OneMinusSqrtDecay{}, {}});
  EXPECT_EQ(branch.values(300), endless.values(300));
  EXPECT_EQ(branch.lr(399), 0.0);
  EXPECT_EQ(Schedule::parse(print(branch)), branch);
}

TEST(Stages, ArePlannedAsTrunks) {
  const Schedule trunk =
      Schedule::parse("stages(warmup=20, peak=0.05, pieces=[hold until 100, linear to 40% over 100, hold])");
  const AnytimePlan plan = plan_anytime({.trunk = trunk, .results = {steps(300), steps(600)}});
  ASSERT_EQ(plan.branches.size(), 2U);
  EXPECT_EQ(plan.branches[1].schedule.values(480), trunk.values(480));
  EXPECT_EQ(plan.branches[1].schedule.lr(599), 0.0);
  EXPECT_GT(plan.branches[1].ratio, 1.0);
}

TEST(Stages, HaveLosses) {
  const Schedule s = Schedule::parse(staged);
  const std::vector<double> lr = s.with_peak(1e-3).values();
  const std::int64_t end[] = {400};
  for (const LawKind kind : {LawKind::omega, LawKind::momentum, LawKind::multi_power}) {
    const Law law = law_cases::typical(kind, lr, 1.3e-3);
    const LawPeak best = best_law_peak(law, s, 2e-3);
    EXPECT_LE(best.loss, law_curve(law, lr, end)[0] * (1 + 1e-9)) << law_name(kind);
  }
}

}  // namespace
}  // namespace scheduled
