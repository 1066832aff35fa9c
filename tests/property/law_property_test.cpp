// Identities of the laws on random schedules and parameters.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "scheduled/law.hpp"
#include "support/generators.hpp"
#include "support/law_direct.hpp"

namespace scheduled {
namespace {

struct Case {
  Law law;
  std::vector<double> lr;
  std::vector<std::int64_t> step;
};

Case any_case(LawKind kind, int longest = 400) {
  Case c;
  const int T = *rc::gen::inRange(40, longest);
  double rate = std::exp(*generate::real(-8.0, -4.0));
  for (int t = 0; t < T; ++t) {  // stretches of one rate, jumps and slopes
    if (*rc::gen::inRange(0, 20) == 0) rate *= *generate::real(0.5, 1.6);
    c.lr.push_back(rate);
  }
  double sum = 0.0;
  for (const double lr : c.lr) sum += lr;
  for (std::int64_t t = *rc::gen::inRange(1, 9); t <= T; t += *rc::gen::inRange(1, 30)) c.step.push_back(t);
  c.law = {kind, c.lr[0], sum, {}};
  for (const LawParameter& p : law_parameters(kind)) {
    const double centre = p.log_scale ? p.start : p.start + (p.name == "L0" ? 2.5 : 0.0);
    c.law.parameters.push_back(p.log_scale ? centre * std::exp(*generate::real(-0.5, 0.5))
                                           : std::min(std::max(centre + *generate::real(-0.1, 0.1), p.lower), p.upper));
  }
  return c;
}

std::vector<double> curve(const Case& c) { return law_curve(c.law, c.lr, c.step); }

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  for (std::size_t i = 0; i < a.size(); ++i) RC_ASSERT(std::fabs(a[i] - b[i]) <= tolerance * (1.0 + std::fabs(b[i])));
}

RC_GTEST_PROP(LawCurve, AgreesWithPlainSums, ()) {
  for (const LawKind kind : law_kinds()) {
    const Case c = any_case(kind);
    expect_near(curve(c), law_direct::law_curve_direct(c.law, c.lr, c.step),
                kind == LawKind::noise ? 5e-4 : 1e-8);  // as law.hpp has it for rates that jump
  }
}

RC_GTEST_PROP(LawCurve, RatesInOtherUnitsMakeNoDifference, ()) {
  for (const LawKind kind : law_kinds()) {
    Case c = any_case(kind);
    const std::vector<double> before = curve(c);
    const double unit = std::exp(*generate::real(-5.0, 5.0));
    for (double& rate : c.lr) rate *= unit;
    c.law.reference_rate *= unit;
    c.law.reference_sum *= unit;
    if (c.law.kind == LawKind::angular) c.law.parameters[7] /= unit;
    if (kind == LawKind::noise) {
      c.law.parameters[7] /= unit;
      c.law.parameters[8] *= unit;
    }
    if ((kind == LawKind::angular || kind == LawKind::noise) && c.law.parameters[7] > 100.0) continue;
    expect_near(curve(c), before, 1e-9);
  }
}

RC_GTEST_PROP(LawCurve, TheFutureDoesNotMatter, ()) {
  for (const LawKind kind : law_kinds()) {
    Case c = any_case(kind);
    const std::vector<double> before = curve(c);
    c.lr.insert(c.lr.end(), 100, c.lr.back() * 0.5);
    expect_near(curve(c), before, 1e-12);
  }
}

RC_GTEST_PROP(LawCurve, AngularWithoutDecayOfWeightsIsMultiPower, ()) {
  Case c = any_case(LawKind::angular);
  c.law.parameters[6] = 1.0;
  c.law.parameters[7] = 1e-6;
  c.law.parameters[8] = 1.0;
  const std::vector<double> angular = curve(c);
  c.law.kind = LawKind::multi_power;
  c.law.parameters.resize(7);
  c.law.parameters[6] = 0.0;
  expect_near(angular, curve(c), 1e-6);
}

RC_GTEST_PROP(LawCurve, TextReadsBackExactly, ()) {
  for (const LawKind kind : law_kinds()) {
    const Case c = any_case(kind, 60);
    RC_ASSERT(parse_law(print_law(c.law)) == c.law);
  }
}

}  // namespace
}  // namespace scheduled
