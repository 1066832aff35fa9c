// Schedules as configurations of other programs, and why some are none.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "scheduled/error.hpp"
#include "scheduled/foreign.hpp"

namespace scheduled {
namespace {

TEST(Foreign, ExportsReadBack) {
  struct Case {
    std::string spec, tool;
  };
  const Case cases[] = {
      {"wsd(steps=10001, warmup=500, warmup_start=0, cooldown=2k, peak=3e-4, final=3e-5, decay=exponential-to-zero)",
       "megatron"},
      {"cosine(steps=1001, warmup=100, warmup_start=0, peak=3e-4, final=10%)", "megatron"},
      {"cosine(steps=1001, warmup=100, warmup_start=0, peak=3e-4, final=10%)", "huggingface"},
      {"cosine(steps=1001, warmup=100, warmup_start=0, peak=3e-4, final=10%)", "axolotl"},
      {"cosine(steps=1001, warmup=100, warmup_start=0, peak=3e-4, final=10%)", "nanotron"},
      {"cosine(steps=1001, warmup=100, warmup_start=0, peak=3e-4, final=10%)", "optax"},
      {"linear(steps=1001, warmup=100, warmup_start=0, peak=3e-4)", "llama-factory"},
      {"restarts(steps=1001, warmup=100, warmup_start=0, peak=3e-4, cycles=3)", "huggingface"},
      {"rsqrt(steps=1001, warmup=100, warmup_start=0, timescale=100, peak=3e-4)", "huggingface"},
      {"wsd(steps=1001, warmup=100, cooldown=200, decay=1-sqrt, peak=3e-4)", "torchtitan"},
      {"wsd(steps=1000, warmup=100, cooldown=200, peak=3e-4, final=1e-5)", "olmo-core"},
      {"cosine(steps=1001, warmup=100, peak=3e-4)", "llm.c"},
      {"cosine(steps=1001, warmup=99, warmup_start=1%, peak=3e-4, final=3e-5)", "nanogpt"},
      {"constant(warmup=11, warmup_delay=1, warmup_curve=log, peak=3e-4)", "deepspeed"},
      {"cosine(steps=100001ex, warmup=1000ex, warmup_start=0, final=10%, peak=1e-3, batch=[0:32, 30000ex:192 by 16], "
       "clock=examples)",
       "megatron"},
      {"wsd(steps=100001ex, warmup=1000ex, warmup_start=0, cooldown=20001ex, decay=1-sqrt, peak=1e-3, batch=[0:32, "
       "8192ktok:64, 30000ex:256], seq_length=4096, clock=examples)",
       "megatron"},
      {"rsqrt(steps=100001ex, warmup=1000ex, warmup_start=0, peak=1e-3, batch=7, clock=examples)", "megatron"},
      {"cosine(steps=1001, warmup=99, warmup_start=1%, peak=3e-4, final=3e-5)", "nemo"},
      {"polynomial(steps=1001, warmup=99, warmup_start=1%, peak=3e-4, power=2)", "nemo"},
      {"linear(steps=1001, peak=3e-4)", "nemo"},
      {"rsqrt(steps=1001, warmup=99, warmup_start=1%, timescale=100, peak=3e-4)", "nemo"},
      {"constant(steps=1001, warmup=99, warmup_start=1%, peak=3e-4)", "nemo"},
      {"wsd(steps=1001, warmup=99, warmup_start=1%, cooldown=200, peak=3e-4, final=1e-5)", "nemo"},
      {"wsd(steps=1001, warmup=99, warmup_start=1%, cooldown=200, decay=1-sqrt, floor=1e-5, peak=3e-4)", "nemo"},
      {"polynomial(steps=1001, warmup=99, warmup_start=1%, power=2, floor=1e-5, peak=3e-4)", "nemo"},
      {"rsqrt(steps=1001, warmup=100, warmup_start=1%, warmup_delay=1, timescale=100, floor=1e-5, peak=3e-4)", "nemo"},
      {"inverse-power(steps=1001, warmup=99, warmup_start=1%, timescale=99, alpha=1, peak=3e-4)", "nemo"},
      {"cosine(steps=1001, warmup=100, warmup_start=0, peak=3e-4)", "nemo"},
      {"cosine(steps=1001, warmup=100, warmup_start=0, peak=3e-4)", "big_vision"},
      {"polynomial(steps=1001, warmup=100, warmup_start=0, peak=3e-4, power=2, final=10%)", "big_vision"},
      {"wsd(steps=1001, warmup=100, warmup_start=0, cooldown=200, peak=3e-4)", "big_vision"},
      {"rsqrt(steps=1001, warmup=100, warmup_start=0, timescale=500, shift=20, peak=3e-4)", "big_vision"},
      {"piecewise(steps=1001, warmup=100, warmup_start=0, milestones=[500, 800], factors=[0.5, 0.1], peak=3e-4)",
       "big_vision"},
      {"constant(steps=1001, warmup=100, warmup_start=0, peak=3e-4)", "big_vision"}};
  for (const Case& one : cases) {
    const Schedule schedule = Schedule::parse(one.spec);
    const ExportedSchedule out = export_schedule(schedule, one.tool);
    ASSERT_FALSE(out.table) << one.tool << ": " << out.why;
    // LLaMA-Factory's files are the Trainer's, but for keys that have no say in the rate.
    const bool told = one.tool != "llama-factory";
    const ImportedSchedule back =
        import_schedule(out.text, {.tool = told ? "" : one.tool, .updates = out.updates, .source = "x"});
    EXPECT_EQ(back.tool, one.tool) << out.text;
    for (std::int64_t i = 0; i < out.updates.value_or(1000); ++i) {
      ASSERT_NEAR(back.schedule.lr(i), schedule.lr(i), 1e-15 * schedule.peak()) << one.spec << ", " << i;
    }
    const ExportedSchedule again = export_schedule(back.schedule, one.tool);
    EXPECT_EQ(again.text, out.text) << one.spec;
  }
}

TEST(Foreign, WhatDoesNotArriveKeepsItsLastUpdate) {
  const auto updates = [](const std::string& text) {
    return export_schedule(Schedule::parse(text), "huggingface").updates;
  };
  EXPECT_EQ(updates("rsqrt(steps=1000, warmup=100, warmup_start=0, timescale=100)"), 1000);
  EXPECT_EQ(updates("constant(steps=1000, warmup=100, warmup_start=0)"), 1000);
  EXPECT_EQ(updates("cosine(steps=1001, warmup=100, warmup_start=0)"), 1000);
  EXPECT_EQ(updates("restarts(steps=1001, warmup=100, warmup_start=0, cycles=3)"), 1000);
}

TEST(Foreign, WhatAProgramCannotExpressIsATable) {
  const ExportedSchedule out =
      export_schedule(Schedule::parse("rsqrt(steps=1k, warmup=100, peak=1e-3)"), "nanogpt", "r.npy");
  EXPECT_TRUE(out.table);
  EXPECT_EQ(out.why, "nanoGPT has nothing like rsqrt");
  EXPECT_NE(out.text.find("np.load(\"r.npy\")"), std::string::npos);
  const ExportedSchedule curve =
      export_schedule(Schedule::parse("cosine(steps=1001, warmup=100, warmup_start=0, peak=1e-3)"), "nanogpt");
  EXPECT_NE(curve.why.find("update 0 would be the first with another rate"), std::string::npos) << curve.why;
  // A difference in the last fifth of a run that is too long to compare whole.
  EXPECT_TRUE(export_schedule(Schedule::parse("wsd(steps=25000001, cooldown=4M, decay=1-sqrt)"), "llm.c").table);
  EXPECT_THROW(export_schedule(Schedule::parse("rsqrt(warmup=100)"), "nanogpt"), ArgumentError);
  EXPECT_THROW(export_schedule(Schedule::parse("constant"), "nanogtp"), ArgumentError);
  const double rates[] = {1.0, 0.5};
  const std::string bytes = numpy_file(rates);
  EXPECT_EQ(bytes.size(), 64U + 64U + 16U);
  EXPECT_EQ(bytes.substr(0, 6), "\x93NUMPY");
  EXPECT_EQ((bytes.size() - 16) % 64, 0U);
}

TEST(Foreign, ProgramsWithAHorizonNeedOne) {
  const auto said = [](const std::string& text, const std::string& tool) {
    try {
      const ExportedSchedule out = export_schedule(Schedule::parse(text), tool);
      return out.updates ? "with updates" : out.text;
    } catch (const ArgumentError& error) {
      return std::string(error.what());
    }
  };
  const std::string constant = "constant(peak=1e-3, warmup=10, warmup_start=0)";
  const std::string end =
      ", and the schedule has no horizon; give it steps=N; a table of rates needs a horizon: give steps=N";
  const std::pair<std::string, std::string> needs[] = {{"megatron", "Megatron-LM, Megatron Bridge needs train-iters"},
                                                       {"nemo", "NeMo needs max_steps"},
                                                       {"torchtitan", "torchtitan needs training.steps"},
                                                       {"olmo-core", "OLMo-core needs max_duration"},
                                                       {"nanotron", "nanotron needs train_steps"},
                                                       {"nanogpt", "nanoGPT needs max_iters"},
                                                       {"llm.c", "llm.c needs the number of updates"},
                                                       {"axolotl", "axolotl needs max_steps"},
                                                       {"big_vision", "big_vision needs total_steps"}};
  for (const auto& [tool, why] : needs) EXPECT_EQ(said(constant, tool), "to = " + tool + ": " + why + end);
  // The others have schedules without an end.
  for (const std::string tool : {"huggingface", "llama-factory", "optax"})
    EXPECT_NE(said(constant, tool).find("warmup"), std::string::npos) << said(constant, tool);
  EXPECT_NE(said("constant(peak=1e-3, warmup=10, warmup_start=1%)", "pytorch").find("LinearLR"), std::string::npos);
  EXPECT_NE(said("constant(peak=1e-3, warmup=11, warmup_start=0, warmup_delay=1)", "deepspeed").find("WarmupLR"),
            std::string::npos);
  EXPECT_EQ(std::size(needs) + 5, foreign_tools().size());
}

TEST(Foreign, WhyAProgramCannotBeGivenIt) {
  const auto why = [](const std::string& text, const std::string& tool) {
    return export_schedule(Schedule::parse(text), tool).why;
  };
  EXPECT_EQ(why("cosine(steps=1001, warmup=10)", "nemo"),
            "NeMo begins its warmup at 1/(W+1) of the peak and reaches it at step W; give the schedule "
            "warmup_start");
  EXPECT_EQ(why("wsd(steps=1001, decay=cosine)", "nemo"), "NeMo has no cosine that begins after a time at the peak");
  EXPECT_EQ(why("wsd(steps=1001, decay=1-sqrt, final=10%)", "nemo"), "NeMo has a 1-sqrt to 0 only, with a floor");
  EXPECT_EQ(why("stages(pieces=[hold until 1, linear to 0 over 100, hold over 100])", "nemo"),
            "NeMo ends its decay with the run");
  EXPECT_EQ(why("cosine(steps=1001, final=10%)", "big_vision"), "big_vision has a cosine to 0 only");
  EXPECT_EQ(why("wsd(steps=1001, final=10%)", "big_vision"), "big_vision has a cooldown to 0 only");
  EXPECT_EQ(why("wsd(steps=1001, decay=1-sqrt)", "big_vision"), "big_vision has no 1-sqrt after a time at the peak");
  EXPECT_EQ(why("wsd(steps=10001ex, cooldown=2000ex, batch=[0:64, 100:128 by 64], clock=examples)", "megatron"),
            "Megatron-LM, Megatron Bridge counts samples; give the changes of the batch in whole examples (ex)");
  EXPECT_EQ(export_schedule(Schedule::parse("linear(steps=1001, batch=[0:64, 100:128])"), "megatron").notes.back(),
            "the changes of the batch are not in it: the rates do not follow them");
}

}  // namespace
}  // namespace scheduled
