// Published schedules: their corners, and their shape at another horizon.
#include "scheduled/presets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "support/throws.hpp"

namespace scheduled {
namespace {

std::string text_of(const Preset& published) { return "preset:" + std::string(published.name); }

TEST(Presets, AreReadScaledAndPrinted) {
  std::set<std::string_view> names;
  for (const Preset& published : presets()) {
    EXPECT_TRUE(names.insert(published.name).second) << published.name;
    EXPECT_FALSE(published.source.empty()) << published.name;
    const Schedule small = Schedule::parse(text_of(published) + "(steps=12k)");
    EXPECT_EQ(small.steps(), 12000) << published.name;
    EXPECT_EQ(Schedule::parse(print(small)), small) << published.name;
    // Where only the shape is published, so is no peak.
    EXPECT_EQ(Schedule::says_peak(text_of(published)), !published.needs_steps) << published.name;
    EXPECT_TRUE(Schedule::says_peak(text_of(published) + "(steps=12k, peak=0.5)")) << published.name;
    EXPECT_EQ(Schedule::parse(text_of(published) + "(steps=12k, peak=0.5)").peak(), 0.5) << published.name;
    if (published.needs_steps) {
      EXPECT_THROW(Schedule::parse(text_of(published)), NeedsHorizon) << published.name;
      EXPECT_EQ(Schedule::parse(text_of(published), steps(12000)), small) << published.name;
      continue;
    }
    const Schedule whole = Schedule::parse(text_of(published));
    EXPECT_EQ(whole, Schedule::parse(published.spec)) << published.name;
    EXPECT_EQ(whole, Schedule::parse(text_of(published), steps(12000))) << published.name << ": its end is its own";
    EXPECT_TRUE(whole.proportional_to_peak()) << published.name;
    EXPECT_EQ(Schedule::parse(text_of(published) + "(peak=1e-7)").peak(), 1e-7) << published.name;
    // The same rates at the same shares of the run, but where a length of a few steps is rounded.
    const double T = static_cast<double>(*whole.steps());
    for (const double x : {0.1, 0.3, 0.5, 0.7, 0.77, 0.93}) {
      const double there = whole.lr(static_cast<std::int64_t>(x * T));
      EXPECT_NEAR(small.lr(static_cast<std::int64_t>(x * 12000)), there, 0.01 * whole.peak()) << published.name << x;
    }
  }
}

/// Lengths are rounded, their sum is not.
TEST(Presets, EndAtTheirLastRateAtEveryHorizon) {
  for (const Preset& published : presets()) {
    if (published.needs_steps) continue;
    const Schedule whole = preset(published.name);
    const double last = whole.lr(*whole.steps() - 1);
    for (std::int64_t count = 2000; count < 3000; count += 7) {
      const Schedule scaled = preset(published.name, steps(count));
      ASSERT_EQ(scaled.steps(), count) << published.name;
      ASSERT_EQ(scaled.lr(count - 1), last) << published.name << count;
    }
    for (const std::int64_t count : {std::int64_t{99999}, std::int64_t{1234567}, 3 * *whole.steps() + 1}) {
      EXPECT_EQ(preset(published.name, steps(count)).lr(count - 1), last) << published.name << count;
    }
  }
}

TEST(Presets, HaveTheRatesOfTheirSources) {
  const auto rate = [](const char* name, std::int64_t step) { return preset(name).lr(step); };
  EXPECT_EQ(rate("smollm3-3b", 2000), 2e-4);
  EXPECT_EQ(rate("smollm3-3b", 4198001), 2e-4);
  EXPECT_NEAR(rate("smollm3-3b", 4198001 + 261000), 1e-4, 1e-18);
  EXPECT_EQ(rate("smollm3-3b", 4720001), 0.0);
  EXPECT_EQ(rate("smollm2-1.7b", 4716000), 5e-4);
  EXPECT_LT(rate("smollm2-1.7b", 4716001), 5e-4);
  EXPECT_EQ(rate("nemotron-3-super-120b", 992411 - 198682), 4.5e-4);
  EXPECT_NEAR(rate("nemotron-3-super-120b", 992411), 4.5e-6, 1e-20);
  EXPECT_NEAR(rate("deepseek-v2-lite", 290000), 4.2e-4 * 0.316 * 0.316, 1e-18);
  EXPECT_NEAR(rate("olmo3-7b", 1413821), 3.93e-5, 5e-8);
  EXPECT_EQ(rate("olmo3-7b", 1413822 + 47682), 0.0);
  const Schedule v3 = preset("deepseek-v3");
  EXPECT_EQ(v3.lr(100000), 2.2e-4);
  // No share of 2.2e-4 rounds to it exactly.
  EXPECT_DOUBLE_EQ(v3.lr(v3.steps_done(parse_duration("mark", "14.3Ttok"))), 2.2e-5);
  EXPECT_EQ(v3.lr(10000000), 7.3e-6);
  EXPECT_EQ(v3.batch(0), 3072.0);
  EXPECT_EQ(v3.batch(v3.steps_done(parse_duration("mark", "468Btok"))), 14592.0);
  EXPECT_EQ(v3.batch(v3.steps_done(parse_duration("mark", "470Btok"))), 15360.0);
  EXPECT_NEAR(v3.tokens_done(*v3.steps()), 14.8e12, 4 * 62914560.0);
  EXPECT_EQ(rate("kimi-k2", 10'000'000'000'000 / 67'000'000 + 5'500'000'000'000 / 67'000'000 - 1), 2e-5);
  EXPECT_NEAR(rate("olmo3-7b", 1413822), 2.0712352850360292e-4 * (1 - 1 / 47683.0), 1e-19);
  EXPECT_EQ(rate("kimi-k2", 10000000), 7e-6);
  // Its get_lr: the stage's factor, blended into 0.15 over the last 60 % of 1270 steps.
  for (std::int64_t step = 0; step < 1285; ++step) {
    const double stage = step < 423 ? 1.0 : step < 847 ? 1.52 : 1.73;
    const double t = std::min(1.0, static_cast<double>(step - 508) / (1270 - 508));
    EXPECT_NEAR(rate("modded-nanogpt", step), step < 508 ? stage : stage * (1 - t) + 0.15 * t, 1e-15) << step;
  }
  const std::int64_t before = 1718272000 / 1024;
  EXPECT_EQ(preset("apertus-8b").steps(), before + (3662109375 - 1718272000) / 2048);
  EXPECT_EQ(preset("apertus-8b").layout().warmup_steps, 4000);
  EXPECT_EQ(preset("apertus-70b", steps(20000)).batch(19999), 4096.0);
}

TEST(Presets, HaveTheRatesOfLlamaAndMarin) {
  const Schedule llama = preset("llama-3.1-405b");
  EXPECT_EQ(llama.steps(), 1154406);
  EXPECT_EQ(llama.batch(62), 4e6);
  EXPECT_EQ(llama.batch(63), 8e6);
  EXPECT_EQ(llama.batch(*llama.steps() - 1), 16e6);
  const double x = (600000.0 - 7999.0) / 1192000.0;
  EXPECT_NEAR(llama.lr(600000), 8e-7 + (8e-5 - 8e-7) * (1.0 + std::cos(M_PI * x)) / 2.0, 1e-19);
  const Schedule marin = preset("marin-8b");
  EXPECT_EQ(marin.lr(199999), 1e-4);
  EXPECT_EQ(marin.lr(200000), 1e-3);
  EXPECT_EQ(marin.lr(659999), 1e-4);
  EXPECT_NEAR(marin.lr(740499), 1.7e-3, 1e-18);
  EXPECT_NEAR(marin.lr(819999), 1.7e-4, 1e-19);
  EXPECT_NEAR(marin.lr(821999), 1.7e-3, 1e-18);
  EXPECT_NEAR(marin.lr(*marin.steps() - 1), 1.7e-5, 1e-20);
  EXPECT_NEAR(marin.tokens_done(*marin.steps()), 12.44e12, 2e7);
}

/// The runs whose numbers were collected, each as one spec; Megatron-LM's default WSD decay is a shape.
TEST(Presets, EveryPublishedRunIsOneSpec) {
  const char* const runs[] = {"preset:smollm3-3b",
                              "preset:smollm2-1.7b",
                              "preset:nemotron-3-super-120b",
                              "preset:nemotron-3-ultra-550b",
                              "preset:nemotron-3-nano-30b",
                              "preset:deepseek-v2-lite",
                              "preset:olmo2-32b",
                              "preset:olmo3-7b",
                              "preset:kimi-k2",
                              "preset:deepseek-v3",
                              "preset:apertus-8b",
                              "preset:apertus-70b",
                              "preset:marin-8b",
                              "preset:marin-32b",
                              "preset:delphi(steps=10k)",
                              "preset:nanochat(steps=10k)",
                              "preset:modded-nanogpt",
                              "wsd(steps=10001, warmup=500, warmup_start=0, cooldown=2k, decay=exponential-to-zero)",
                              "preset:llama-3.1-405b"};
  for (const char* const run : runs) {
    const Schedule schedule = Schedule::parse(run);
    ASSERT_TRUE(schedule.steps()) << run;
    EXPECT_EQ(Schedule::parse(print(schedule)), schedule) << run;
  }
  for (const Preset& published : presets()) {
    EXPECT_TRUE(std::any_of(std::begin(runs), std::end(runs), [&](std::string_view run) {
      return run.starts_with(text_of(published));
    })) << published.name;
  }
}

TEST(Presets, Errors) {
  EXPECT_EQ(error_of([] { Schedule::parse("preset:smollm3"); }).substr(0, 43),
            "preset = 'smollm3': must be smollm2-1.7b, s");
  EXPECT_EQ(error_of([] { Schedule::parse("preset:delphi(warmup=3)"); }),
            "warmup = '3': is no key of preset:delphi; must be steps or peak");
  EXPECT_EQ(error_of([] { Schedule::parse("preset:delphi(steps=100, peak=0)"); }), "peak = 0: must be finite and > 0");
}

}  // namespace
}  // namespace scheduled
