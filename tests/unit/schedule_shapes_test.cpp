// The formulas of docs/theory.md, section 7, evaluated independently.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <tuple>
#include <vector>

#include "scheduled/schedule.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

struct DecayCase {
  const char* keys;
  std::function<double(double)> value;  // of x = j/C, for start 1
  double tolerance = 1e-15;
};
class Decays : public testing::TestWithParam<DecayCase> {};

TEST_P(Decays, FollowTheirFormula) {
  const Schedule s = Schedule::parse(std::string("wsd(steps=1000, cooldown=200, ") + GetParam().keys + ")");
  for (int j = 1; j <= 200; ++j) {
    EXPECT_NEAR(s.lr(799 + j), GetParam().value(j / 200.0), GetParam().tolerance) << j;
  }
  EXPECT_EQ(s.lr(799), 1.0);
}

const double pi = std::numbers::pi;
double half_cosine(double x) { return 0.5 * (1.0 + std::cos(pi * x)); }

const DecayCase decay_cases[] = {
    DecayCase{"decay=linear", [](double x) { return 1 - x; }},
    DecayCase{"decay=linear, final=30%", [](double x) { return 0.3 + 0.7 * (1 - x); }},
    DecayCase{"decay=1-sqrt", [](double x) { return 1 - std::sqrt(x); }},
    DecayCase{"decay=cosine, final=0.05", [](double x) { return 0.05 + 0.95 * half_cosine(x); }},
    DecayCase{"decay=cosine, exponent=1.7, final=10%",
              [](double x) { return 0.1 + 0.9 * std::pow(half_cosine(x), 1.7); }},
    DecayCase{"decay=half-cosine, final=10%", [](double x) { return 0.1 + 0.9 * (1 - std::sin(pi * x / 2)); }},
    DecayCase{"decay=mirror-cosine", [](double x) { return 2 * (1 - x) - half_cosine(x); }},
    DecayCase{"decay=square", [](double x) { return 1 - x * x; }},
    DecayCase{"decay=polynomial, power=1.7", [](double x) { return std::pow(1 - x, 1.7); }},
    DecayCase{"decay=lowered-linear", [](double x) { return 0.7 * (1 - x); }},
    DecayCase{"decay=lowered-linear, factor=0.5, final=10%", [](double x) { return 0.1 + 0.9 * 0.5 * (1 - x); }},
    DecayCase{"decay=exponential, final=1%", [](double x) { return std::pow(0.01, x); }},
    DecayCase{"decay=exponential, half_life=50", [](double x) { return std::pow(0.5, 200 * x / 50); }},
    DecayCase{"decay=exponential, half_life=5%", [](double x) { return std::pow(0.5, 200 * x / 50); }},
    DecayCase{"decay=exponential, half_life=138.28", [](double x) { return std::pow(0.5, 200 * x / 138.28); }},
    DecayCase{"decay=exponential, half_life=3.33%", [](double x) { return std::pow(0.5, 200 * x / 33.3); }},
    DecayCase{"decay=exponential-to-zero", [](double x) { return 2 * std::pow(0.5, x) - 1; }},
    DecayCase{"decay=inverse-proportional, final=1%", [](double x) { return 1 / (x / 0.01 + (1 - x)); }}};

INSTANTIATE_TEST_SUITE_P(Section7, Decays, testing::ValuesIn(decay_cases));

TEST(Decays, EndExactlyAtTheFinalRate) {
  for (const char* name :
       {"linear", "1-sqrt", "cosine", "cosine, exponent=0.7", "half-cosine", "mirror-cosine", "square",
        "polynomial, power=0.3", "exponential", "exponential-to-zero", "inverse-proportional"}) {
    const Schedule s =
        Schedule::parse(std::string("wsd(steps=777, cooldown=123, peak=3.3e-4, final=1.7e-6, decay=") + name + ")");
    EXPECT_EQ(s.lr(776), 1.7e-6) << name;
  }
}

TEST(Shapes, InversePower) {
  const Schedule s = Schedule::parse("inverse-power(alpha=0.7, warmup=10, peak=2)");
  for (const int t : {1, 2, 10, 1000}) EXPECT_NEAR(s.lr(10 + t - 1), 2.0 * std::pow(t, -0.7), 1e-15) << t;
}

TEST(Shapes, InversePowerWithTimescaleShiftAndLimit) {
  // OLMo-core's PowerLR(b = -0.4, warmup = 100): (t/100)^-0.4 on the t-th step.
  const Schedule olmo = Schedule::parse("inverse-power(alpha=0.4, timescale=100, warmup=99, warmup_start=1%)");
  for (const int t : {1, 50, 99}) EXPECT_NEAR(olmo.lr(t - 1), t / 100.0, 2e-16) << t;
  for (const int t : {100, 101, 5000}) EXPECT_NEAR(olmo.lr(t - 1), std::pow(t / 100.0, -0.4), 2e-16) << t;
  const Schedule s = Schedule::parse("inverse-power(alpha=0.5, timescale=30, shift=7, limit=20%, peak=2)");
  for (const int i : {0, 1, 500}) EXPECT_NEAR(s.lr(i), 0.4 + 1.6 / std::sqrt(1 + (i + 7) / 30.0), 4e-16) << i;
}

TEST(Shapes, RsqrtWithALimit) {
  const Schedule s = Schedule::parse("rsqrt(timescale=100, limit=1e-4, peak=1e-3, warmup=10)");
  for (const int i : {10, 11, 5000}) EXPECT_NEAR(s.lr(i), 1e-4 + 9e-4 / std::sqrt(1 + (i - 10) / 100.0), 2e-19) << i;
  EXPECT_FALSE(s.proportional_to_peak());
}

TEST(Shapes, RsqrtWithTimescaleAndShift) {
  const Schedule s = Schedule::parse("rsqrt(warmup=10, timescale=100, shift=7)");
  for (const int i : {10, 11, 500}) EXPECT_NEAR(s.lr(i), 1 / std::sqrt(1 + (i + 7 - 10) / 100.0), 1e-15) << i;
  EXPECT_NEAR(s.lr(9), s.lr(10), 1e-15);  // the warmup joins the shape, whatever the shift
}

TEST(Shapes, Noam) {
  const Schedule s = Schedule::parse("noam(d_model=512, warmup=4000)");
  for (const int i : {0, 1, 3998, 3999, 4000, 100000}) {
    const double t = i + 1;
    const double expected = std::pow(512.0, -0.5) * std::min(std::pow(t, -0.5), t * std::pow(4000.0, -1.5));
    EXPECT_NEAR(s.lr(i) / expected, 1.0, 1e-14) << i;
  }
}

TEST(Shapes, Power) {
  const Schedule s = Schedule::parse("power(batch=128, tokens_per_step=500k)");
  for (const int i : {0, 100, 100000, 2000000}) {
    const double expected = std::min(0.02, 128 * 4 * std::pow((i + 1) * 5e5, -0.51));
    EXPECT_NEAR(s.lr(i) / expected, 1.0, 1e-14) << i;
  }
  EXPECT_EQ(s.lr(0), 0.02);
}

TEST(Shapes, Infinite) {
  const Schedule s =
      Schedule::parse("infinite(steps=1000, warmup=100, descent=300, plateau=25%, cooldown=200, final=1%, peak=2)");
  EXPECT_EQ(s.lr(100), 2.0);
  for (int i = 100; i < 400; ++i) EXPECT_NEAR(s.lr(i), 0.5 + 1.5 * half_cosine((i - 100) / 300.0), 1e-15) << i;
  EXPECT_EQ(s.lr(400), 0.5);
  EXPECT_EQ(s.lr(799), 0.5);
  for (int j = 1; j <= 200; ++j) EXPECT_NEAR(s.lr(799 + j), 0.5 * std::pow(0.02 / 0.5, j / 200.0), 1e-15) << j;
  const Schedule root = Schedule::parse("infinite(warmup=100, descent=300, plateau=0.2, curve=rsqrt)");
  const auto h = [](double x) { return 1 / std::sqrt(1 + 10 * x) - 1; };
  for (int i = 100; i <= 400; ++i) {
    EXPECT_NEAR(root.lr(i), 1 + (0.2 - 1) / h(1) * h((i - 100) / 300.0), 1e-15) << i;
  }
}

TEST(Shapes, Piecewise) {
  const Schedule s = Schedule::parse("piecewise(steps=90, milestones=[30, 60], factors=[0.1, 0.01], cooldown=10)");
  EXPECT_EQ(s.lr(29), 1.0);
  EXPECT_EQ(s.lr(30), 0.1);  // the factor applies from 0-based step >= milestone
  EXPECT_EQ(s.lr(59), 0.1);
  EXPECT_EQ(s.lr(79), 0.01);
  EXPECT_EQ(s.lr(80), 0.01 * 0.9);
  EXPECT_EQ(s.lr(89), 0.0);
}

TEST(Shapes, WsdS) {
  const Schedule s = Schedule::parse("wsd-s(results=[100, 200, 400], cooldown=10%, rewarm=5, warmup=10)");
  EXPECT_EQ(s.lr(89), 1.0);
  EXPECT_EQ(s.lr(90), 0.9);       // 10 % of 100 steps
  EXPECT_EQ(s.lr(99), 0.0);       // the result at 100 steps
  EXPECT_EQ(s.lr(100), 1.0 / 5);  // re-warmup
  EXPECT_EQ(s.lr(104), 1.0);
  EXPECT_EQ(s.lr(180), 0.95);  // 20 steps
  EXPECT_EQ(s.lr(199), 0.0);
  EXPECT_EQ(s.lr(399), 0.0);
  EXPECT_EQ(s.lr(405), 1.0);  // and on
  EXPECT_FALSE(s.steps());
}

TEST(Shapes, RestartsThatFillTheRun) {
  const Schedule s = Schedule::parse("restarts(steps=1001, warmup=100, cycles=2.5, low=10%)");
  for (int i = 100; i < 1000; ++i) {
    EXPECT_NEAR(s.lr(i), 0.1 + 0.9 * half_cosine(std::fmod(2.5 * ((i - 100) / 900.0), 1.0)), 4e-16) << i;
  }
  EXPECT_EQ(s.lr(100), 1.0);
  EXPECT_EQ(s.lr(1000), 0.1);
}

TEST(Shapes, RestartsOfGivenLengths) {
  const Schedule equal = Schedule::parse("restarts(cycle=10, warmup=3)");
  for (int i = 3; i < 100; ++i) EXPECT_NEAR(equal.lr(i), half_cosine((i - 3) % 10 / 10.0), 2e-16) << i;
  const Schedule doubled = Schedule::parse("restarts(cycle=10, multiplier=2, low=0.01, peak=0.1)");
  for (const auto& [i, j, length] : {std::tuple{0, 0, 10},
                                     {9, 9, 10},
                                     {10, 0, 20},
                                     {29, 19, 20},
                                     {30, 0, 40},
                                     {69, 39, 40},
                                     {70, 0, 80},
                                     {300, 150, 160},
                                     {309, 159, 160},
                                     {310, 0, 320}}) {
    EXPECT_NEAR(doubled.lr(i), 0.01 + 0.09 * half_cosine(1.0 * j / length), 2e-17) << i;
  }
  EXPECT_FALSE(doubled.steps());
  // The cycle over 10 2^58 steps that begins at 10 (2^58 - 1): 16 - 10 of its 10 parts are over.
  EXPECT_NEAR(doubled.lr(std::int64_t{1} << 62), 0.01 + 0.09 * half_cosine(0.6), 2e-17);
}

TEST(Shapes, Triangular) {
  const Schedule s = Schedule::parse("triangular(steps=100, peak_at=40%, final=10%, peak=2)");
  for (int i = 0; i < 40; ++i) EXPECT_NEAR(s.lr(i), 2.0 * (i + 1) / 40, 1e-15) << i;
  for (int i = 39; i < 100; ++i) EXPECT_NEAR(s.lr(i), 2.0 - 1.8 * (i - 39) / 60, 1e-15) << i;
  EXPECT_EQ(s.lr(39), 2.0);
  EXPECT_EQ(s.lr(99), 0.2);
  EXPECT_EQ(s.lr(1000), 0.2);
  EXPECT_EQ(Schedule::parse("triangular(steps=2)").values(), (std::vector<double>{1.0, 0.0}));
}

/// "inverse-power" is tested by Shapes.InversePower..., a decay in the list above.
TEST(Shapes, EachIsTestedHere) {
  std::vector<std::string> tests;
  const auto& suites = *testing::UnitTest::GetInstance();
  for (int k = 0; k < suites.total_test_suite_count(); ++k) {
    const testing::TestSuite& suite = *suites.GetTestSuite(k);
    if (std::string_view(suite.name()) != "Shapes") continue;
    for (int t = 0; t < suite.total_test_count(); ++t) tests.emplace_back(suite.GetTestInfo(t)->name());
  }
  for (const ScheduleHelp& line : schedule_help()) {
    if (Schedule::parse(line.example).flat()) continue;
    std::string name;
    for (const char c : "-" + std::string(line.name)) {
      if (name.ends_with('-'))
        name.back() = static_cast<char>(c - 'a' + 'A');
      else
        name += c;
    }
    EXPECT_TRUE(std::any_of(tests.begin(), tests.end(), [&](const auto& test) { return test.starts_with(name); }))
        << name;
  }
  for (const ScheduleHelp& line : decay_help()) {
    EXPECT_TRUE(std::any_of(std::begin(decay_cases), std::end(decay_cases), [&](const DecayCase& test) {
      return std::string_view(test.keys).starts_with("decay=" + std::string(line.name));
    })) << line.name;
  }
}

TEST(Shapes, TableKeepsItsValuesAndHoldsTheLast) {
  const Schedule s = Schedule::table({0.5, 0.25, 0.125}, 2.0);
  EXPECT_EQ(s.steps(), 3);
  EXPECT_EQ(s.values(), (std::vector<double>{1.0, 0.5, 0.25}));
  EXPECT_EQ(s.lr(7), 0.25);
  EXPECT_EQ(s.with_peak(4.0).lr(0), 2.0);
}

TEST(WarmupCurves, FollowTheirFormula) {
  const auto check = [](const char* keys, const std::function<double(int)>& share) {
    const Schedule s = Schedule::parse(std::string("constant(warmup=40, peak=3, ") + keys + ")");
    for (int i = 0; i < 40; ++i) EXPECT_NEAR(s.lr(i), 3 * share(i), 1e-15) << keys << ", " << i;
    EXPECT_EQ(s.lr(40), 3.0) << keys;
  };
  check("warmup_curve=cosine", [](int i) { return half_cosine(1 - (i + 1) / 40.0); });
  check("warmup_curve=cosine, warmup_start=20%", [](int i) { return 0.2 + 0.8 * half_cosine(1 - i / 40.0); });
  check("warmup_curve=1-sqrt", [](int i) { return 1 - std::sqrt(1 - (i + 1) / 40.0); });
  check("warmup_curve=log", [](int i) { return std::log(i + 1) / std::log(40); });
  check("warmup_curve=log, warmup_start=0.3", [](int i) { return 0.1 + 0.9 * std::log(i + 1) / std::log(41); });
  check("warmup_delay=1, warmup_start=0", [](int i) { return std::max(i - 1, 0) / 39.0; });
  check("warmup_delay=5", [](int i) { return std::max(i - 4, 0) / 35.0; });
  check("warmup_delay=5%, steps=100, warmup_start=50%", [](int i) { return 0.5 + 0.5 * std::max(i - 5, 0) / 35.0; });
  check("warmup_delay=1, warmup_curve=log", [](int i) { return std::log(std::max(i, 1)) / std::log(39); });
  EXPECT_EQ(Schedule::parse("constant(warmup=1, warmup_curve=log)").lr(0), 1.0);
}

/// However many steps it waits, the rise that is left ends where it must.
TEST(WarmupCurves, WaitUntilTheLastStep) {
  for (const ScheduleHelp& curve : warmup_help()) {
    for (const int W : {2, 4, 9}) {
      const std::string keys = "constant(warmup=" + std::to_string(W) + ", warmup_delay=" + std::to_string(W - 1) +
                               ", warmup_curve=" + std::string(curve.name);
      const Schedule from_zero = Schedule::parse(keys + ")");
      const Schedule started = Schedule::parse(keys + ", warmup_start=20%)");
      for (int i = 0; i < W - 1; ++i) EXPECT_EQ(from_zero.lr(i), 0.0) << curve.name << W << i;
      for (int i = 0; i < W; ++i) EXPECT_EQ(started.lr(i), 0.2) << curve.name << W << i;
      EXPECT_EQ(from_zero.lr(W - 1), 1.0) << curve.name << W;
      EXPECT_EQ(started.lr(W), 1.0) << curve.name << W;
      std::vector<double> rates(static_cast<std::size_t>(W));
      from_zero.fill(0, rates);
      EXPECT_EQ(rates, from_zero.values(W)) << curve.name;
      EXPECT_EQ(rates.front(), 0.0) << curve.name;
    }
  }
}

TEST(Shapes, NoamHasItsOwnWarmup) {
  for (const char* curve : {"cosine", "1-sqrt", "log"}) {
    const std::string spec = "noam(d_model=64, warmup=10, warmup_curve=" + std::string(curve) + ")";
    EXPECT_EQ(error_of([&] { Schedule::parse(spec); }), "warmup_curve: noam's warmup is part of its shape");
  }
}

TEST(Floor, HoldsFromTheEndOfTheWarmup) {
  const Schedule s = Schedule::parse("rsqrt(warmup=100, floor=20%, peak=2)");
  EXPECT_EQ(s.lr(0), 0.02);
  EXPECT_EQ(s.lr(400), 1.0);
  EXPECT_EQ(s.lr(2500), 0.4);
  EXPECT_EQ(s.lr(100000), 0.4);
  const Schedule cooled = Schedule::parse("wsd(steps=1000, floor=0.1, peak=2)");
  EXPECT_EQ(cooled.lr(990), 0.1);
  EXPECT_EQ(cooled.lr(999), 0.1);
  EXPECT_EQ(cooled.lr(5000), 0.1);
  EXPECT_FALSE(cooled.proportional_to_peak());
  EXPECT_EQ(cooled.smallest_peak(), 0.1);
  std::vector<double> rates(1010);
  cooled.fill(0, rates);
  for (int i = 0; i < 1010; ++i) EXPECT_EQ(rates[static_cast<std::size_t>(i)], cooled.lr(i)) << i;
}

TEST(Durations, InTokensAndExamples) {
  const Schedule s = Schedule::parse("wsd(steps=10Btok, warmup=1e6ex, cooldown=20%, tokens_per_step=500k, batch=1000)");
  EXPECT_EQ(s.layout(), (Layout{20000, 1000, 4000}));
}

}  // namespace
}  // namespace scheduled
