#include <gtest/gtest.h>

#include <cmath>

#include "scheduled/schedule.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

std::string parse_error(const std::string& text) {
  return error_of([&] { Schedule::parse(text); });
}

TEST(SpecText, EveryExampleReadsBackEqual) {
  for (const ScheduleHelp& line : schedule_help()) {
    const Schedule s = Schedule::parse(line.example);
    EXPECT_EQ(schedule_name(s), line.name);
    EXPECT_EQ(Schedule::parse(print(s)), s) << print(s);
    EXPECT_EQ(Schedule::parse(print_json(s)), s) << print_json(s);
    EXPECT_EQ(print(Schedule::parse(print(s))), print(s));
  }
}

TEST(SpecText, IsCanonical) {
  EXPECT_EQ(print(Schedule::parse(" wsd ( steps = 50k ,warmup=300, cooldown=20% ,decay=1-sqrt, peak=1e-3,final=0 ) ")),
            "wsd(steps=50000, peak=0.001, warmup=300, cooldown=20%, decay=1-sqrt)");
  EXPECT_EQ(print(Schedule::parse("constant")), "constant(peak=1)");
  EXPECT_EQ(print(Schedule::parse("constant()")), "constant(peak=1)");
  EXPECT_EQ(print(Schedule::parse("wsd(steps=9, cooldown=rest, decay=cosine)")), "cosine(steps=9, peak=1)");
  EXPECT_EQ(print_json(Schedule::parse("cosine(steps=1k, final=10%)")),
            R"({"schedule":"cosine","steps":1000,"peak":1,"final":"10%"})");
  EXPECT_EQ(Schedule::parse(R"( {"schedule": "table", "values": [1e-3, 0.5e-3]} )"), Schedule::table({1e-3, 5e-4}));
}

TEST(SpecText, TakesADefaultHorizon) {
  EXPECT_EQ(Schedule::parse("wsd", steps(100)), Schedule::parse("wsd(steps=100)"));
  EXPECT_EQ(Schedule::parse(R"({"schedule":"wsd"})", steps(100)), Schedule::parse("wsd(steps=100)"));
  EXPECT_EQ(Schedule::parse("wsd(steps=7)", steps(100)), Schedule::parse("wsd(steps=7)"));
  EXPECT_EQ(Schedule::parse("table(values=[1, 2])", steps(100)).steps(), 2);
}

TEST(SpecText, ExtremeExponentsGiveFiniteRates) {
  for (const char* spec : {"polynomial(steps=9, power=1e308)", "inverse-power(steps=9, alpha=1e308)",
                           "polynomial(steps=9, power=1e-308)"}) {
    for (const double rate : Schedule::parse(spec).values()) {
      EXPECT_TRUE(std::isfinite(rate) && rate >= 0.0) << spec;
    }
  }
}

TEST(SpecText, EqualityIsOfWhatWasSaid) {
  EXPECT_EQ(Schedule::parse("wsd(steps=50k)"), Schedule::parse("wsd(steps=50000, cooldown=20%)"));
  EXPECT_NE(Schedule::parse("wsd(steps=100)"), Schedule::parse("wsd(steps=100, cooldown=20)"));
  EXPECT_NE(Schedule::table({1.0, 0.5}), Schedule::table({1.0, 0.25}));
}

TEST(SpecText, CopiesWithAnotherPeakOrHorizonKeepRelativeParts) {
  const Schedule s = Schedule::parse("wsd(steps=100, cooldown=20%)");
  EXPECT_EQ(print(s.with_steps(steps(1000)).with_peak(0.5)), "wsd(steps=1000, peak=0.5, cooldown=20%, decay=linear)");
  EXPECT_EQ(s.with_steps(steps(1000)).layout().cooldown_steps, 200);
}

TEST(SpecErrors, NameKeyValueAndWhatIsAllowed) {
  EXPECT_EQ(parse_error("wsdd(steps=3)").substr(0, 42), "schedule = 'wsdd': must be constant, wsd, ");
  EXPECT_TRUE(parse_error("wsdd(steps=3)").ends_with(" or table; did you mean 'wsd'?"));
  EXPECT_EQ(parse_error("wsd(steps=100, warmpu=3)"),
            "warmpu = '3': is no key of wsd; must be steps, peak, warmup, warmup_start, warmup_curve, warmup_delay, "
            "cooldown, decay, final, floor, tokens_per_step, batch, seq_length or clock; did you mean 'warmup'?");
  EXPECT_EQ(parse_error("wsd(steps=1, steps=2)"), "steps: is given twice");
  EXPECT_EQ(parse_error("wsd(steps=100, cooldown=120%)"), "cooldown = 120%: must be between 0% and 100% of the run");
  EXPECT_EQ(parse_error("wsd(steps=0)"), "steps = 0: must be at least 1 step");
  EXPECT_EQ(parse_error("wsd(steps=-5)"), "steps = -5: must not be negative");
  EXPECT_EQ(parse_error("wsd(steps=50%)"), "steps = 50%: the horizon cannot be a share of itself");
  EXPECT_EQ(parse_error("wsd(steps=100, warmup=90, cooldown=20)"),
            "warmup + cooldown = 90 + 20 steps: must be at most steps = 100");
  EXPECT_EQ(parse_error("wsd(steps=9, peak=nan)"), "peak = nan: must be finite and > 0");
  EXPECT_EQ(parse_error("wsd(steps=9, peak=-1)"), "peak = -1: must be finite and > 0");
  EXPECT_EQ(parse_error("wsd(steps=9, final=2)"), "final = 2: must not be above peak = 1");
  EXPECT_EQ(parse_error("wsd(steps=9, final=101%)"), "final = 101%: must not be above peak = 1");
  EXPECT_EQ(parse_error("wsd(steps=9, final=x)"),
            "final = 'x': must be an LR such as 1e-5 or a share of the peak such as 10%");
  EXPECT_EQ(parse_error("rsqrt(steps=900, warmup=9, cooldown=9, final=90%)"),
            "final = 90%: must not be above the rate before the cooldown = 0.10056022847309863");
  EXPECT_EQ(parse_error("constant(warmup=9, warmup_start=200%)"),
            "warmup_start = 200%: must not be above the rate it warms up to = 1");
  EXPECT_EQ(parse_error("wsd(steps=9, decay=exponential)"),
            "final = 0: exponential decay never reaches 0; give final > 0, or half_life=...");
  EXPECT_EQ(
      parse_error("power(steps=90, cooldown=9, batch=8, tokens_per_step=9)"),
      "final = 0: exponential decay never reaches 0; give final > 0, or half_life=...; it is the decay of power where "
      "none is given");
  EXPECT_EQ(parse_error("wsd(steps=9, decay=exponential, final=1%, half_life=3)"),
            "final: give either final or half_life, not both");
  EXPECT_EQ(parse_error("wsd(steps=9, decay=inverse-proportional)"),
            "final = 0: inverse-proportional decay never reaches 0; give final > 0");
  EXPECT_EQ(parse_error("wsd(steps=9, decay=steep)").substr(0, 38), "decay = 'steep': must be linear, 1-sqr");
  EXPECT_EQ(parse_error("wsd(cooldown=20%)"), "cooldown = 20%: needs a horizon, steps=...");
  EXPECT_EQ(parse_error("constant(warmup=1%)"), "warmup = 1%: is a share of the run, which needs steps=...");
  EXPECT_EQ(parse_error("rsqrt(peak=1)"), "timescale: rsqrt needs it, or a warmup to take it from");
  EXPECT_EQ(parse_error("rsqrt(warmup=9, final=0)"), "final: rsqrt needs cooldown=... for it");
  EXPECT_EQ(parse_error("constant(warmup=9, warmup_delay=9)"),
            "warmup_delay = 9: must be shorter than the warmup before the shape, 9 steps");
  EXPECT_EQ(parse_error("noam(warmup=9, warmup_delay=1)"),
            "warmup_delay = 1: must be shorter than the warmup before the shape, 0 steps");
  EXPECT_EQ(parse_error("constant(floor=200%)"), "floor = 200%: must not be above peak = 1");
  EXPECT_EQ(parse_error("rsqrt(timescale=9, limit=2)"), "limit = 2: must not be above peak = 1");
  EXPECT_EQ(parse_error("cosine(steps=9, exponent=0)"), "exponent = 0: must be finite and > 0");
  EXPECT_EQ(parse_error("exponential(steps=9, half_life=0)"), "half_life = 0: must be > 0");
  EXPECT_EQ(parse_error("exponential(steps=9, half_life=-1.5)"), "half_life = -1.5: must not be negative");
  EXPECT_EQ(parse_error("restarts(steps=9)"),
            "cycle: either cycle, the length of the first, or cycles, how many fill the run, must be given");
  EXPECT_EQ(parse_error("restarts(cycles=2)"), "cycles = 2: are those that fill the run, which needs steps=...");
  EXPECT_EQ(parse_error("restarts(cycle=2, multiplier=1.5)"), "multiplier = 1.5: must be a whole number >= 1");
  EXPECT_EQ(parse_error("restarts(cycles=2, steps=9, multiplier=2)"), "multiplier: goes with cycle, not with cycles");
  EXPECT_EQ(parse_error("polynomial(steps=9)"), "power: must be given, such as power=2");
  EXPECT_EQ(parse_error("noam(d_model=512)"), "warmup: noam needs one of at least 1 step");
  EXPECT_EQ(parse_error("power(batch=8)"), "tokens_per_step: power needs it, it is a law in tokens");
  EXPECT_EQ(parse_error("piecewise(milestones=[1, 2], factors=[1])"),
            "factors: there are 1 for 2 milestones; must be as many");
  EXPECT_EQ(parse_error("piecewise(milestones=[2, 2], factors=[1, 1])"),
            "milestones[1] = 2: must be above the milestone before");
  EXPECT_EQ(
      parse_error("wsd-s(results=[100, 105], cooldown=10)"),
      "results[1] = 105: the 5 steps before it must hold 0 of warmup, a cooldown of 1 or more (here 10) and a step "
      "at the peak");
  EXPECT_EQ(parse_error("table(values=[])"), "values = []: must hold at least one LR");
  EXPECT_EQ(parse_error("table(values=[1, nan])"), "values[1] = nan: must be finite and >= 0");
  EXPECT_EQ(parse_error("table(values=[1, -1])"), "values[1] = -1: must be finite and >= 0");
  EXPECT_EQ(parse_error("table(values=[1e300, 1], peak=1e300)"),
            "peak = 1e300: must be smaller: the largest value times it is not finite");
  EXPECT_EQ(parse_error("noam(warmup=5, peak=1e308, d_model=1e-300)"),
            "peak = 1e308: must be smaller: d_model^-0.5 times it is not finite");
  EXPECT_EQ(parse_error("piecewise(milestones=[1], factors=[1e200], peak=1e200)"),
            "peak = 1e200: must be smaller: factors[0] times it is not finite");
  EXPECT_EQ(parse_error("table(values=[1, 2], steps=3)"), "steps = 3: must be the number of values, 2");
  EXPECT_EQ(parse_error("cosine(steps=10e9tok)"), "steps = 10000000000tok: needs tokens_per_step=...");
  EXPECT_EQ(parse_error("cosine(steps=9, batch=0.5k, tokens_per_step=10%)"),
            "tokens_per_step = 10%: must be a number >= 1, without a unit");
}

TEST(SpecErrors, SayWhereTheTextWentWrong) {
  EXPECT_EQ(parse_error("wsd(steps=10,"), "schedule = 'wsd(steps=10,': at character 14: key=value is expected");
  EXPECT_EQ(parse_error("wsd(steps=10"), "schedule = 'wsd(steps=10': at character 13: ',' or ')' is missing");
  EXPECT_EQ(parse_error("wsd(steps=)"), "schedule = 'wsd(steps=)': at character 11: a value is expected after steps=");
  EXPECT_EQ(parse_error("wsd(steps=10) x"),
            "schedule = 'wsd(steps=10) x': at character 14: text after the closing ')'");
  EXPECT_EQ(parse_error(""), "schedule = '': at character 1: starts with the schedule's name, such as wsd(steps=50k)");
  EXPECT_EQ(parse_error("table(values=[1,,2])"),
            "schedule = 'table(values=[1,,2])': at character 18: a value is expected before ','");
  EXPECT_EQ(parse_error("{\"schedule\":"),
            "schedule = '{\"schedule\":': is no valid JSON: it ends too soon; the text may be cut off");
  EXPECT_EQ(parse_error("{\"steps\":3}"), "schedule = '{\"steps\":3}': the key \"schedule\" with the name is missing");
  EXPECT_EQ(parse_error(R"({"schedule":"wsd","steps":null})"), "steps: must be a number, a text or a list of them");
  EXPECT_EQ(parse_error(R"({"schedule":"wsd","steps":3,"steps":4})"),
            "schedule = '{\"schedule\":\"wsd\",\"steps\":3,\"steps\":4}': key 'steps' is given twice");
}

TEST(SpecErrors, AreValues) {
  const auto fields = [](const char* text) -> ArgumentError::Fields {
    try {
      Schedule::parse(text);
    } catch (const ArgumentError& error) {
      return error.fields();
    }
    return {};
  };
  EXPECT_EQ(fields("wsd(steps=9, peak=-1)"), (ArgumentError::Fields{"peak", {}, "-1", "must be finite and > 0", {}}));
  EXPECT_EQ(fields("piecewise(milestones=[2, 2], factors=[1, 1])"),
            (ArgumentError::Fields{"milestones", 1, "2", "must be above the milestone before", {}}));
  EXPECT_EQ(fields("table(values=[1, x])"), (ArgumentError::Fields{"values", 1, "'x'", "must be a number", {}}));
  EXPECT_EQ(fields("wsd-s(results=[9, 5x], cooldown=1)").index, 1);
}

TEST(SpecErrors, AMissingHorizonIsAnErrorOfItsOwn) {
  for (const char* text : {"wsd(cooldown=20%)", "cosine", "constant(warmup=1%)", "triangular",
                           "wsd-s(results=[50%], cooldown=1)", "infinite(descent=10%)"}) {
    EXPECT_THROW(Schedule::parse(text), NeedsHorizon) << text;
  }
  EXPECT_THROW(Schedule::parse("constant").values(), NeedsHorizon);
}

TEST(SpecErrors, ACooldownIsAtLeastOneStep) {
  EXPECT_EQ(parse_error("wsd(steps=40, cooldown=1%)"), "cooldown = 1%: must be at least 1 step");
  EXPECT_EQ(parse_error("wsd(steps=4, cooldown=10%, decay=cosine)"), "cooldown = 10%: must be at least 1 step");
  EXPECT_EQ(Schedule::parse("wsd(steps=40, cooldown=0)").layout().cooldown_steps, 0);
  EXPECT_EQ(Schedule::parse("wsd(steps=4)").layout().cooldown_steps, 0);  // the usual share of so few steps
}

TEST(SpecErrors, TriangularRisesAndFallsByItself) {
  EXPECT_EQ(parse_error("triangular"), "triangular: needs a horizon, steps=...");
  EXPECT_EQ(parse_error("triangular(steps=9, peak_at=9)"), "peak_at = 9: must leave a step for the fall");
  EXPECT_EQ(parse_error("triangular(steps=9, peak_at=1%)"), "peak_at = 1%: must be at least 1 step");
  EXPECT_EQ(parse_error("triangular(steps=9, warmup=1)").substr(0, 41), "warmup = '1': is no key of triangular; mu");
  ScheduleSpec spec;
  spec.shape = Triangular{};
  spec.steps = steps(9);
  spec.warmup.length = steps(1);
  EXPECT_EQ(error_of([&] { Schedule{spec}; }), "warmup: triangular rises by itself");
}

TEST(ScheduleText, KnowsWhetherThePeakIsSaid) {
  EXPECT_TRUE(Schedule::says_peak("wsd(steps=10, peak=1)"));
  EXPECT_FALSE(Schedule::says_peak("wsd(steps=10, warmup_start=1e-3)"));
  EXPECT_FALSE(Schedule::says_peak("linear"));
  EXPECT_TRUE(Schedule::says_peak(" {\"schedule\":\"wsd\",\"peak\":2}"));
  EXPECT_FALSE(Schedule::says_peak("{\"schedule\":\"wsd\",\"steps\":2}"));
  EXPECT_TRUE(Schedule::says_peak("table(values=[0.1, 0.2])"));
  EXPECT_NE(error_of([] { Schedule::says_peak("wsd("); }), "");
}

}  // namespace
}  // namespace scheduled
