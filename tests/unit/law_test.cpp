// Laws as values: formulas by hand, text, errors.
#include "scheduled/law.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/law_cases.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

const std::vector<double> three{1.0, 1.0, 0.5};
const std::vector<std::int64_t> end{3};

double at_end(LawKind kind, std::vector<double> parameters) {
  return law_curve({kind, 1.0, 1.0, std::move(parameters)}, three, end)[0];
}

TEST(Law, MultiPowerByHand) {
  // S = 2.5; changes 1 at k = 1 with S_1 = 2.5 and -0.5 at k = 3 with S_3 = 0.5; 0.5^-1 = 2
  const double rise = 1.0 - std::pow(1.0 + 3.0 * 2.5, -0.5);
  const double fall = 1.0 - std::pow(1.0 + 3.0 * 2.0 * 0.5, -0.5);
  EXPECT_NEAR(at_end(LawKind::multi_power, {2.0, 0.5, 0.4, 0.3, 3.0, 0.5, 1.0}),
              2.0 + 0.5 * std::pow(2.5, -0.4) + 0.3 * (rise - 0.5 * fall), 1e-14);
}

TEST(Law, AngularByHand) {
  // lambda = 1/8: v = 1/4, then (3/4)(1/4) + 1/4 = 7/16, then (3/4)(7/16) + 1/4 = 37/64
  const double h1 = 2.0;
  const double h2 = 1.0 / std::sqrt(7.0 / 16.0);
  const double h3 = 0.5 / std::sqrt(37.0 / 64.0);
  const auto forgotten = [](double progress) { return 1.0 - std::pow(1.0 + 3.0 * progress, -0.5); };
  const double cost = std::pow(h1, 0.8) * forgotten(h1 + h2 + h3) +
                      (std::pow(h2, 0.8) - std::pow(h1, 0.8)) * forgotten(h2 + h3) +
                      (std::pow(h3, 0.8) - std::pow(h2, 0.8)) * forgotten(h3);
  EXPECT_NEAR(at_end(LawKind::angular, {2.0, 0.5, 0.4, 0.3, 3.0, 0.5, 0.8, 0.125, 0.25}),
              2.0 + 0.5 * std::pow(h1 + h2 + h3, -0.4) + 0.3 * cost, 1e-14);
}

TEST(Law, MomentumByHand) {
  // lambda = 1/2: m = -1, -1/2, 1/4; their sum is -5/4
  EXPECT_NEAR(at_end(LawKind::momentum, {2.0, 0.5, 0.4, 0.3, 2.0}), 2.0 + 0.5 * std::pow(2.5, -0.4) + 0.3 * 0.625,
              1e-14);
}

TEST(Law, OmegaByHand) {
  // G = 2: Omega_3 = 1/2 [1/2.5 + 0.5 4 + 4/1.5 + 4/0.5]
  EXPECT_NEAR(at_end(LawKind::omega, {1.0, 3.0, 0.0, 0.0, 0.0, 0.0, 2.0}),
              1.0 + 1.5 * (1.0 / 2.5 + 2.0 + 4.0 / 1.5 + 4.0 / 0.5), 1e-12);
}

TEST(Law, BuByHand) { EXPECT_NEAR(at_end(LawKind::bu, {2.0, 0.6, 0.1}), 2.0 + 0.6 / 3.0 + 0.1, 1e-15); }

TEST(Law, TextReadsBackExactly) {
  const std::vector<double> lr = law_cases::rates("wsd(steps=500, warmup=50, cooldown=20%, peak=1e-3)");
  for (const LawKind kind : law_kinds()) {
    const Law law = law_cases::typical(kind, lr, 1e-3);
    EXPECT_EQ(parse_law(print_law(law)), law) << print_law(law);
    EXPECT_EQ(parse_law_kind(law_name(law.kind)), law.kind);
  }
}

TEST(Law, BadTextIsNamed) {
  EXPECT_EQ(error_of([] { parse_law("nonsense"); }), "law JSON: is no valid JSON, at byte 2");
  EXPECT_EQ(error_of([] { parse_law("[]"); }), "law JSON: must be an object {...}");
  EXPECT_TRUE(error_of([] {
                parse_law(R"({"kind":"chinchilla"})");
              }).starts_with("law = 'chinchilla': must be omega, worst-case, "));
  EXPECT_EQ(error_of([] {
              parse_law(R"({"kind":"bu","reference_rate":1,"reference_sum":1,"parameters":{"L_inf":1,"a":2}})");
            }),
            "parameters.b: is missing; must be a number");
  EXPECT_EQ(error_of([] {
              parse_law(R"({"kind":"bu","reference_rate":1,"reference_sum":1,"parameters":{"L_inf":1,"a":2,"B":1}})");
            }),
            "parameters.B = 1: is no key of parameters; must be L_inf, a or b; did you mean 'b'?")
      << "rather than that b is missing";
  EXPECT_EQ(error_of([] { parse_law(R"({"kind":7,"reference_rate":1,"reference_sum":1,"parameters":{}})"); }),
            "kind = 7: must be text");
  EXPECT_EQ(error_of([] {
              parse_law(R"({"kind":"bu","reference_rate":1,"reference_sum":1,"parameters":{"L_inf":1,"a":2,"b":-1}})");
            }),
            "b = -1: must be finite and >= 0");
}

TEST(Law, AKeyOfItsTextIsGivenOnce) {
  const Law law{LawKind::bu, 1.0, 1.0, {1.0, 2.0, 3.0}};
  const auto message = [&](std::string_view before, std::string_view more) {
    std::string text = print_law(law);
    text.insert(text.find(before), more);
    return error_of([&] { parse_law(text); });
  };
  EXPECT_EQ(message("\"b\"", R"("a":5,)"), "law JSON: key 'parameters.a' is given twice");
  EXPECT_EQ(message("\"parameters\"", R"("kind":"bu",)"), "law JSON: key 'kind' is given twice");
  EXPECT_EQ(message("\"parameters\"", R"("more":)" + std::string(64, '[') + std::string(64, ']') + ","),
            "law JSON: is nested more than 64 deep");
}

TEST(Law, BadSeriesAreNamed) {
  const Law law{LawKind::bu, 1.0, 1.0, {1.0, 1.0, 1.0}};
  const auto message = [&](std::vector<double> lr, std::vector<std::int64_t> step) {
    return error_of([&] { law_curve(law, lr, step); });
  };
  EXPECT_EQ(message({}, {1}), "lr: must hold at least one rate");
  EXPECT_EQ(message({1.0, std::nan("")}, {1}), "lr[1] = nan: must be finite and >= 0");
  EXPECT_EQ(message({1.0, 1.0}, {}), "step: must hold at least one step");
  EXPECT_EQ(message({1.0, 1.0}, {3}), "step[0] = 3: must be within 1 ... 2, the updates that lr has");
  EXPECT_EQ(message({1.0, 1.0}, {2, 2}), "step[1] = 2: must be above step[0]");
  EXPECT_EQ(message({0.0, 1.0}, {1}), "step[0] = 1: must be after the first positive rate, of update 2");
  EXPECT_EQ(message({0.0, 0.0}, {1}), "step[0] = 1: must be after the first positive rate (there is none)");
  EXPECT_EQ(error_of([&] {
              law_curve({LawKind::bu, 0.0, 1.0, {1.0, 1.0, 1.0}}, three, end);
            }),
            "reference_rate = 0: must be finite and > 0");
  EXPECT_EQ(error_of([&] {
              law_curve({LawKind::bu, 1.0, 1.0, {1.0, 1.0}}, three, end);
            }),
            "parameters: has 2 values; the law bu has 3");
  EXPECT_EQ(error_of([&] { static_cast<void>(law.at("alpha")); }), "parameter = 'alpha': the law bu has L_inf, a, b");
}

TEST(Law, RatesAfterTheLastStepDoNotCount) {
  const std::vector<double> lr = law_cases::rates("wsd(steps=500, warmup=50, cooldown=20%, peak=1e-3)");
  const std::vector<std::int64_t> steps{100, 450};
  const std::vector<double> cut(lr.begin(), lr.begin() + 450);
  for (const LawKind kind : law_kinds()) {
    const Law law = law_cases::typical(kind, cut, 1e-3);
    EXPECT_EQ(law_curve(law, lr, steps), law_curve(law, cut, steps)) << law_name(kind);
  }
}

TEST(Law, ZeroRatesAtTheEndAreLegal) {
  const std::vector<double> lr{1.0, 1.0, 0.5, 0.0, 0.0};
  const std::vector<std::int64_t> step{3, 4, 5};
  for (const LawKind kind : law_kinds()) {
    for (const double loss : law_curve(law_cases::typical(kind, lr, 1.0), lr, step)) {
      EXPECT_TRUE(std::isfinite(loss)) << law_name(kind);
    }
  }
}

}  // namespace
}  // namespace scheduled
