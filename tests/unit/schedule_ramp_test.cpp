// A batch that changes: what a step consumes, lengths in tokens and examples, and schedules on a clock of tokens, each
// against a walk through all steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"
#include "scheduled/plan.hpp"
#include "scheduled/trunk.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

std::string parse_error(const std::string& text) {
  return error_of([&] { Schedule::parse(text); });
}

void expect_fill_is_lr(const Schedule& s, std::int64_t end) {
  for (std::int64_t first = 0; first < end; first += 13) {
    std::vector<double> rates(40);
    s.fill(first, rates);
    for (std::size_t k = 0; k < rates.size(); ++k) {
      ASSERT_EQ(rates[k], s.lr(first + static_cast<std::int64_t>(k))) << print(s) << " " << first << " " << k;
    }
  }
}

TEST(Ramp, IsReadAndPrinted) {
  const std::string text =
      "constant(peak=1, batch=[0:768, 250000000000tok:1536, 500000000ex:3072 by 512, 9000000:4096], seq_length=4096)";
  const Schedule s = Schedule::parse(text);
  EXPECT_EQ(print(s), text);
  EXPECT_EQ(Schedule::parse(print_json(s)), s);
  const StepSize& size = s.spec().step_size;
  EXPECT_EQ(size.examples, 768.0);
  ASSERT_EQ(size.ramp.size(), 3U);
  EXPECT_EQ(size.ramp[1], (BatchChange{examples(500e6), 3072, 512}));
  // As others write it.
  for (const char* batch : {"\"0:768, 250Btok:1536\"", "'0:768 250Btok:1536'", "[0:768,250Btok:1536]"}) {
    EXPECT_EQ(print(Schedule::parse(std::string("constant(seq_length=4k, batch=") + batch + ")")),
              "constant(peak=1, batch=[0:768, 250000000000tok:1536], seq_length=4000)");
  }
  EXPECT_EQ(Schedule::parse("constant(batch='0:8 40ex:24 by 8 100:32')"),
            Schedule::parse("constant(batch=[0:8, 40ex:24 by 8, 100:32])"));
  EXPECT_EQ(print(Schedule::parse("constant(batch='768')")), "constant(peak=1, batch=768)");
  EXPECT_EQ(print(Schedule::parse("cosine(steps=9Mtok, batch=8, seq_length=1k, clock=tokens)")),
            "cosine(steps=9000000tok, peak=1, batch=8, seq_length=1000, clock=tokens)");
}

TEST(Ramp, ConsumesWhatAWalkDoes) {
  for (const char* text : {"constant(batch=[0:3, 40ex:5, 700tok:4, 60:11], seq_length=7)",
                           "constant(batch=[0:8, 321ex:24 by 4], seq_length=3)",
                           "constant(batch=[0:24, 1000tok:8 by 4, 200:9], seq_length=1)",
                           "constant(batch=[0:2, 100:3], seq_length=5)", "constant(batch=4, seq_length=5)"}) {
    const Schedule s = Schedule::parse(text);
    const StepSize& size = s.spec().step_size;
    double done = 0.0;
    for (std::int64_t i = 0; i < 300; ++i) {
      ASSERT_EQ(s.examples_done(i), done) << text << i;
      ASSERT_EQ(s.tokens_done(i), done * size.sequence) << text << i;
      done += s.batch(i);
      // The whole steps that fit.
      ASSERT_EQ(s.steps_done(examples(done)), i + 1) << text;
      ASSERT_EQ(s.steps_done(examples(done - 1.0)), i) << text;
      ASSERT_EQ(resolve_steps_after("a", tokens(done * size.sequence), 0, size), i + 1);
      for (const std::int64_t begin : {0, 3, 55, 99}) {
        const double later = s.examples_done(begin + i) - s.examples_done(begin);
        ASSERT_EQ(resolve_steps_after("a", examples(later), begin, size), i) << text << begin;
        ASSERT_EQ(resolve_steps_before("a", examples(later), begin + i, size), i) << text << begin;
        ASSERT_EQ(resolve_steps_before("a", examples(later + 0.5), begin + i, size), i) << text << begin;
      }
    }
  }
}

/// Megatron-LM's rampup-batch-size: start + increment floor(consumed/(samples/increments)).
TEST(Ramp, GrowsAsMegatronsDoes) {
  for (const double samples : {1000.0, 1001.0, 4096.0, 65536.0}) {
    const double start = 32, increment = 16, global = 192;
    const Schedule s =
        Schedule::parse("constant(batch=[0:32, " + std::to_string(static_cast<int>(samples)) + "ex:192 by 16])");
    const double per_increment = samples / ((global - start) / increment);
    double consumed = 0.0;
    for (std::int64_t i = 0; i < 3000; ++i) {
      double batch = global;
      if (consumed <= samples) batch = std::min(global, start + increment * std::floor(consumed / per_increment));
      ASSERT_EQ(s.batch(i), batch) << samples << " " << i;
      consumed += batch;
    }
  }
}

TEST(Ramp, LengthsInTokensAreExact) {
  const Schedule s = Schedule::parse(
      "stages(peak=1, warmup=600tok, batch=[0:2, 1000tok:4, 3000tok:8], seq_length=10, pieces=[hold until 2000tok, "
      "cosine to 10% over 2000tok, hold until 5000tok, linear over 800tok])");
  // 1000 tokens in 50 steps of 20, up to 3000 in 50 of 40, then steps of 80.
  EXPECT_EQ(s.layout(), (Layout{100 + 35, 30, 0}));
  EXPECT_EQ(s.lr(74), 1.0);
  EXPECT_LT(s.lr(75), 1.0);
  EXPECT_EQ(s.lr(75 + 25 + 12 - 1), 0.1);  // 1000 tokens in 25 steps and 1000 in 12.5
  EXPECT_EQ(s.lr(100 + 25 - 1), 0.1);
  EXPECT_EQ(s.lr(134), 0.0);
  const Schedule cooled =
      Schedule::parse("wsd(steps=5000tok, cooldown=2800tok, batch=[0:2, 1000tok:4, 3000tok:8], seq_length=10)");
  EXPECT_EQ(cooled.layout(), (Layout{125, 0, 25 + 20}));
  const Schedule results = Schedule::parse(
      "wsd-s(results=[1000tok, 3000tok, 6000tok], cooldown=400tok, rewarm=200tok, batch=[0:2, 1000tok:4, 3000tok:8], "
      "seq_length=10)");
  for (const auto& [end, length, rewarm] : {std::tuple{50, 20, 5}, {100, 10, 2}}) {
    EXPECT_EQ(results.lr(end - 1), 0.0);
    EXPECT_EQ(results.lr(end - length - 1), 1.0);
    EXPECT_LT(results.lr(end - length), 1.0);
    EXPECT_LT(results.lr(end + rewarm - 2), 1.0);
    EXPECT_EQ(results.lr(end + rewarm - 1), 1.0);
  }
  EXPECT_EQ(results.lr(136), 0.0);
  const Schedule power = Schedule::parse("power(batch=[0:2, 1000tok:4], seq_length=10, a=1, b=-0.5, max=9)");
  EXPECT_NEAR(power.lr(9), 2 / std::sqrt(200.0), 1e-15);
  EXPECT_NEAR(power.lr(59), 4 / std::sqrt(1400.0), 1e-15);
  expect_fill_is_lr(power, 100);
  expect_fill_is_lr(s, 200);
  expect_fill_is_lr(results, 200);
}

constexpr double pi = 3.14159265358979323846;

/// OLMo-core's: a function of the tokens that have been consumed with the step.
TEST(Clock, OfTokensHasTheRateOfTheLastTokenOfAStep) {
  const Schedule s = Schedule::parse(
      "cosine(steps=9000tok, warmup=700tok, final=10%, peak=2, batch=[0:2, 1000tok:4, 3000tok:8], seq_length=10, "
      "clock=tokens)");
  ASSERT_EQ(s.steps(), 175);
  for (std::int64_t i = 0; i < 175; ++i) {
    const double tokens = s.tokens_done(i + 1);
    const double x = (tokens - 700) / (9000 - 700);
    const double rate = tokens <= 700 ? 2 * tokens / 700 : 0.2 + 1.8 * 0.5 * (1 + std::cos(pi * x));
    EXPECT_NEAR(s.lr(i), rate, 1e-15) << i;
  }
  EXPECT_EQ(s.lr(174), 0.2);
  EXPECT_EQ(s.layout().warmup_steps, 35);
  expect_fill_is_lr(s, 200);
}

/// Megatron-LM's: a function of the samples that were consumed before the step; its warmup starts at 0.
TEST(Clock, OfExamplesWithAStartHasTheRateOfTheFirstExampleOfAStep) {
  const std::string common = "warmup=300ex, warmup_start=0, batch=[0:4, 800ex:32 by 4], clock=examples)";
  const Schedule cosine = Schedule::parse("cosine(steps=4001ex, final=10%, peak=2, " + common);
  const Schedule wsd = Schedule::parse("wsd(steps=4001ex, cooldown=1000ex, decay=1-sqrt, peak=2, " + common);
  for (std::int64_t i = 0; i < *cosine.steps(); ++i) {
    const double seen = cosine.examples_done(i);
    const double x = (seen - 300) / (4000 - 300);
    const double rise = 2 * seen / 300;
    EXPECT_NEAR(cosine.lr(i), seen < 300 ? rise : 0.2 + 1.8 * 0.5 * (1 + std::cos(pi * x)), 1e-15) << i;
    const double decay = 2 * (1 - std::sqrt((seen - 3000) / 1000));
    EXPECT_NEAR(wsd.lr(i), seen < 300 ? rise : seen <= 3000 ? 2.0 : decay, 1e-15) << i;
  }
  const std::int64_t warmup = cosine.layout().warmup_steps;
  EXPECT_LT(cosine.examples_done(warmup - 1), 300.0);
  EXPECT_GE(cosine.examples_done(warmup), 300.0);
  expect_fill_is_lr(wsd, 300);
}

/// With one batch nothing shows, but that a shape that goes by the steps before one (infinite) is a step ahead.
TEST(Clock, OfOneBatchIsThatOfSteps) {
  for (const char* keys :
       {"wsd(steps=500, warmup=40, cooldown=120, decay=cosine, final=1e-3", "wsd(steps=500, cooldown=20%, decay=1-sqrt",
        "infinite(steps=500, descent=100, warmup=7", "wsd-s(results=[100, 300], cooldown=30, rewarm=9, warmup=5",
        "stages(warmup=9, pieces=[hold until 100, cosine to 10% over 50, rewarm over 20, linear over 70])",
        "piecewise(milestones=[50, 70], factors=[0.5, 0.2], steps=100", "triangular(steps=100"}) {
    std::string text(keys);
    if (text.back() == ')') text.pop_back();
    const Schedule by_step = Schedule::parse(text + ")");
    const Schedule by_token = Schedule::parse(text + ", batch=6, seq_length=512, clock=tokens)");
    ASSERT_EQ(by_step.steps(), by_token.steps()) << text;
    EXPECT_EQ(by_step.layout(), by_token.layout()) << text;
    const bool ahead = schedule_name(by_step) == "infinite";
    for (std::int64_t i = 0; i < 520; ++i) {
      const double step = ahead ? std::max(by_step.lr(i) - by_step.lr(i + 1), 0.0) : 0.0;
      EXPECT_LE(by_token.lr(i), by_step.lr(i) + 1.1 / 512 / 6) << text << i;
      EXPECT_GE(by_token.lr(i), by_step.lr(i) - step - 1.1 / 512 / 6) << text << i;
    }
  }
}

TEST(Clock, AfterAScheduleIsThatOfTheWhole) {
  const Schedule s = Schedule::parse(
      "stages(after=cosine(steps=4000tok, warmup=400tok, final=10%), at=3000tok, pieces=[linear over 1000tok], "
      "batch=[0:2, 1000tok:4], seq_length=10, clock=tokens)");
  const Schedule whole = Schedule::parse(
      "cosine(steps=4000tok, warmup=400tok, final=10%, batch=[0:2, 1000tok:4], seq_length=10, "
      "clock=tokens)");
  ASSERT_EQ(s.steps(), 125);
  for (std::int64_t i = 0; i < 100; ++i) EXPECT_EQ(s.lr(i), whole.lr(i)) << i;
  const double left = whole.lr(99);
  for (std::int64_t i = 100; i < 125; ++i) {
    EXPECT_NEAR(s.lr(i), left * (4000 - s.tokens_done(i + 1)) / 1000, 1e-15) << i;
  }
  expect_fill_is_lr(s, 150);
}

TEST(Ramp, Errors) {
  const auto of_batch = [](const std::string& batch) {
    return parse_error("constant(seq_length=10, batch=" + batch + ")");
  };
  EXPECT_EQ(of_batch("[5:3]"), "batch[0] = '5:3': must begin with the batch of step 0, such as 0:768");
  EXPECT_EQ(of_batch("[0:3, 9]"), "batch[1] = '9': must be MARK:BATCH or MARK:BATCH by CHANGE");
  EXPECT_EQ(of_batch("[0:3, 9:x]").substr(0, 15), "batch[1] = x: m");
  EXPECT_EQ(of_batch("[0:3, 50%:4]"), "batch[1] = 50%:4: must be in steps, examples (ex) or tokens (tok)");
  EXPECT_EQ(of_batch("[0:3, 9:4, 90tok:5]"), "batch[2] = 90tok:5: must be later than the change before");
  EXPECT_EQ(of_batch("[0:3, 0:4]"), "batch[1] = 0:4: must be later than the change before");
  EXPECT_EQ(of_batch("[0:3, 90tok:8 by 2]"), "batch[1] = 90tok:8: must be whole steps of 2 from 3");
  EXPECT_EQ(of_batch("[0:1, 90tok:100002 by 1]"), "batch[1] = 90tok:100002: must be reached in at most 10000 changes");
  EXPECT_EQ(of_batch("[]"), "batch = []: must be a number, or a list such as [0:768, 250Btok:1536]");
  EXPECT_EQ(of_batch("[0:1000000, 9007199254740992:3]").substr(0, 37), "batch[1] = 9007199254740992:3: steps,");
  EXPECT_EQ(parse_error("constant(batch=[0:3, 90tok:5])"),
            "batch[1] = 90tok:5: needs seq_length=..., the tokens of an example");
  EXPECT_EQ(parse_error("wsd(steps=9Mtok, batch=[0:3, 9:5])"), "steps = 9000000tok: needs seq_length=...");
  EXPECT_EQ(parse_error("constant(tokens_per_step=5, batch=[0:3, 9:5])"),
            "tokens_per_step = 5: changes with the batch: give seq_length=... instead");
  EXPECT_EQ(parse_error("constant(seq_length=5)"), "seq_length = 5: needs batch=..., the sequences of a step");
  EXPECT_EQ(parse_error("constant(clock=tokens, batch=3)"),
            "clock = tokens: needs tokens_per_step=... or seq_length=...");
  EXPECT_EQ(parse_error("table(values=[1, 2], clock=examples, batch=3)"),
            "clock = examples: must be steps: table has a rate for each of them");
  EXPECT_EQ(parse_error("linear(steps=9, warmup=3, warmup_curve=log, clock=examples, batch=3)"),
            "clock = examples: not with a log warmup, whose curve is one of steps");
  EXPECT_EQ(parse_error("linear(steps=60ex, warmup=80ex, clock=examples, batch=3)"),
            "warmup + cooldown = 80 + 0 examples: must be at most those of the run, 60");
  EXPECT_EQ(parse_error("linear(steps=2ex, clock=examples, batch=3)"), "steps: must be at least 1 step");
  EXPECT_EQ(parse_error("stages(after=cosine(steps=9, batch=3), pieces=[linear over 3])"),
            "after: says batch, which must be said outside of after=(...), of the whole");
  EXPECT_EQ(error_of([] { static_cast<void>(Schedule::parse("constant(batch=3)").tokens_done(5)); }),
            "schedule = constant(peak=1, batch=3): needs tokens_per_step=...");
}

TEST(Ramp, GradNormsFallWithTheBatch) {
  const Schedule s = Schedule::parse("linear(steps=100, batch=[0:2, 40:8])");
  const std::vector<double> norms = batch_grad_norm(s, 0.75, 3.0);
  ASSERT_EQ(norms.size(), 100U);
  EXPECT_EQ(norms[39], 3.0);
  EXPECT_DOUBLE_EQ(norms[40], 3.0 * std::sqrt(0.25 + 0.75 / 4));
  EXPECT_EQ(batch_grad_norm(s, 0.0, 3.0, 50), std::vector<double>(50, 3.0));
  // Without noise the bound is the usual one; all of it noise and the batch four times as large: half the norm.
  EXPECT_EQ(bound(s, {batch_grad_norm(s, 0.0)}), bound(s));
  EXPECT_EQ(error_of([&] { batch_grad_norm(s, 1.5); }), "noise_share = 1.5: must be within [0, 1]");
  EXPECT_EQ(error_of([] { batch_grad_norm(Schedule::parse("linear(steps=9)"), 0.5); }),
            "schedule = linear(steps=9, peak=1): needs batch=... (examples per step)");
}

/// What takes a schedule takes one with a ramp.
TEST(Ramp, IsBoundTunedExtendedAndPlanned) {
  const std::string ramp = "batch=[0:4, 2000tok:8, 6000tok:16 by 4], seq_length=5";
  const Schedule s = Schedule::parse("wsd(steps=20000tok, warmup=500tok, cooldown=4000tok, " + ramp + ")");
  EXPECT_GT(bound(s), best_base_lr(s).bound);
  const std::int64_t horizons[] = {400};
  const std::vector<ExtendRow> rows = extend(s, 200, horizons);
  for (const ExtendRow& row : rows) {
    EXPECT_LE(row.lr.size(), 400U);
    EXPECT_EQ(Schedule::parse(row.spec).spec().step_size, s.spec().step_size) << row.spec;
  }
  EXPECT_EQ(Schedule::parse(rows[0].spec).layout().cooldown_steps, 50) << rows[0].spec;
  const Trunk trunk(Schedule::parse("rsqrt(warmup=100, " + ramp + ")"), 150);
  EXPECT_EQ(cooldown_steps(tokens(800), 150, trunk.schedule().spec().step_size), 13);
  const AnytimePlan plan = plan_anytime({.trunk = Schedule::parse("constant(warmup=500tok, " + ramp + ")"),
                                         .results = {tokens(10000), tokens(20000)},
                                         .cooldown = {tokens(1600)}});
  EXPECT_EQ(plan.branches[0].cooldown, 20);
  EXPECT_EQ(plan.branches[1].result - plan.branches[0].result, 125);
  const Schedule clocked =
      Schedule::parse("wsd(steps=20000tok, warmup=500tok, cooldown=4000tok, clock=tokens, " + ramp + ")");
  for (const ExtendRow& row : extend(clocked, 200, horizons)) {
    EXPECT_EQ(Schedule::parse(row.spec).spec().clock, Clock::tokens) << row.spec;
    EXPECT_EQ(row.lr[199], 1.0);
  }
}

}  // namespace
}  // namespace scheduled
