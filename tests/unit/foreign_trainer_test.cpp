// Hugging Face's schedules, and what LLaMA-Factory, axolotl and other programs make otherwise; tests/frameworks has
// their rates.
#include <gtest/gtest.h>

#include <string>

#include "support/foreign.hpp"

namespace scheduled {
namespace {

using testing::import_error;
using testing::imported;
using testing::spec;

TEST(Foreign, CosinesOfSeveralCycles) {
  const std::string text =
      "learning_rate: 1e-3\nlr_scheduler_type: cosine\nmax_steps: 110\nwarmup_steps: 10\n"
      "lr_scheduler_kwargs:\n  num_cycles: ";
  EXPECT_EQ(spec(text + "1\n"),
            "stages(peak=0.001, pieces=[hold until 11, cosine to 0 over 50, cosine to 100% over 50], warmup=10, "
            "warmup_start=0)");
  EXPECT_EQ(spec(text + "0.25\n").find("stages(peak=0.001, pieces=[hold until 11, cosine to 0 over 200 until 111]"),
            0U);
}

TEST(Foreign, LengthsOfLlamaFactorysStableDecay) {
  const std::string text =
      "learning_rate: 1e-3\nlr_scheduler_type: warmup_stable_decay\nmax_steps: 1000\nwarmup_steps: 100\n"
      "finetuning_type: lora\nstage: sft\n";
  const std::string kwargs = "lr_scheduler_kwargs:\n";
  EXPECT_EQ(imported(text).tool, "llama-factory");
  EXPECT_EQ(spec(text), "wsd(steps=1001, peak=0.001, warmup=100, warmup_start=0, cooldown=600, decay=cosine)");
  EXPECT_EQ(spec(text + kwargs + "  num_decay_steps: 200\n"),
            "stages(peak=0.001, pieces=[hold until 401, cosine to 0 over 200, hold over 399], warmup=100, "
            "warmup_start=0)");
  // A decay that is not given is as long as after a third at the peak, whatever is given of that.
  EXPECT_EQ(spec(text + kwargs + "  num_stable_steps: 200\n"),
            "stages(peak=0.001, pieces=[hold until 301, cosine to 0 over 600, hold over 99], warmup=100, "
            "warmup_start=0)");
  EXPECT_EQ(spec(text + kwargs + "  num_stable_steps: 700\n  num_decay_steps: 200\n  decay_type: linear\n"),
            "wsd(steps=1001, peak=0.001, warmup=100, warmup_start=0, cooldown=200, decay=linear)");
  EXPECT_EQ(spec(text, 101), "constant(steps=101, peak=0.001, warmup=100, warmup_start=0)");
  EXPECT_EQ(spec(text, 50), "constant(peak=0.001, warmup=100, warmup_start=0)");
  // The Trainer's own decay ends with the run.
  EXPECT_NE(import_error(text, "huggingface").find("needs num_decay_steps"), std::string::npos);
  const ExportedSchedule out = export_schedule(
      Schedule::parse("wsd(steps=1001, warmup=100, warmup_start=0, cooldown=200, decay=cosine)"), "llama-factory");
  EXPECT_NE(out.text.find("num_stable_steps: 700"), std::string::npos) << out.text;
  EXPECT_NE(out.text.find("num_decay_steps: 200"), std::string::npos) << out.text;
}

TEST(Foreign, FlagsOfDiffusersScripts) {
  const std::string flags = "accelerate launch train.py \\\n  --learning_rate 1e-4 \\\n  --max_train_steps 15000 ";
  EXPECT_EQ(imported(flags + "--lr_scheduler cosine --lr_warmup_steps 500").tool, "huggingface");
  EXPECT_EQ(spec(flags + "--lr_scheduler cosine --lr_warmup_steps 500"),
            "cosine(steps=15001, peak=0.0001, warmup=500, warmup_start=0)");
  EXPECT_EQ(spec(flags + "--lr_scheduler=constant --lr_warmup_steps=0"), "constant(steps=15000, peak=0.0001)");
  EXPECT_NE(import_error(flags + "--lr_scheduler cosin --lr_warmup_steps 5")
                .find("lr_scheduler_type = cosin: must be linear"),
            std::string::npos);
  // Configurations of axolotl have the same key.
  EXPECT_EQ(imported("base_model: m\nlr_scheduler: cosine\nlearning_rate: 1e-3\nmax_steps: 40\nwarmup_steps: 2\n").tool,
            "axolotl");
}

TEST(Foreign, DecaysOfNoSteps) {
  const std::string text =
      "learning_rate: 1e-3\nlr_scheduler_type: warmup_stable_decay\nmax_steps: 100\nwarmup_steps: 10\n"
      "lr_scheduler_kwargs:\n  num_decay_steps: 0\n";
  EXPECT_EQ(spec(text), "constant(steps=100, peak=0.001, warmup=10, warmup_start=0)");
  EXPECT_EQ(spec(text + "  num_stable_steps: 50\n  min_lr_ratio: 0.1\n"),
            "stages(peak=0.001, pieces=[hold until 60, hold at 10% until 100], warmup=10, warmup_start=10%)");
  EXPECT_EQ(spec(text + "  num_stable_steps: 0\n"),
            "stages(peak=0.001, pieces=[hold at 0 until 100], warmup=10, "
            "warmup_start=0)");
  EXPECT_EQ(spec("--lr 1 --train-iters 100 --lr-decay-style WSD --lr-wsd-decay-iters 0 --lr-decay-iters 60"),
            "stages(peak=1, pieces=[hold until 61, exponential-to-zero to 0 over 1, hold over 38])");
}

TEST(Foreign, AxolotlsOwnSchedulersSayWhatToDo) {
  const auto said = [](const std::string& kind) {
    return import_error(
        "base_model: m\nmicro_batch_size: 2\nlearning_rate: 1e-3\nmax_steps: 40\nlr_scheduler: " + kind + "\n");
  };
  EXPECT_EQ(said("one_cycle"),
            "x, line 5: lr_scheduler = one_cycle: is PyTorch's: import its call, OneCycleLR(optimizer, "
            "max_lr=learning_rate, total_steps=max_steps, pct_start=warmup_steps/max_steps)");
  EXPECT_NE(said("rex").find("has no spec: log its rates once and give them as a table, @FILE"), std::string::npos);
  EXPECT_NE(said("log_sweep").find("it is no schedule to train with"), std::string::npos);
}

TEST(Foreign, OlmosOlderSchedulersSayWhatToDo) {
  const std::string text = "optimizer:\n  name: adamw\n  learning_rate: 3.0e-4\nscheduler:\n  name: ";
  for (const char* const kind : {"cosine_with_warmup", "linear_with_warmup"}) {
    EXPECT_EQ(import_error(text + kind + "\n  t_warmup: 2000\n  alpha_f: 0.1\nmax_duration: 739_328\n"),
              "x, line 5: scheduler.name = " + std::string(kind) +
                  ": is of OLMo before OLMo-core, whose schedulers are others: write a spec, such as cosine(steps=N, "
                  "warmup=t_warmup, warmup_start=10%, final=10%)");
  }
}

TEST(Foreign, AxolotlHasNoWarmupOfOneStep) {
  const std::string text = "base_model: m\nmicro_batch_size: 2\nlearning_rate: 1e-3\nmax_steps: 40\n";
  const std::string of_two = "cosine(steps=41, peak=0.001, warmup=2, warmup_start=0)";
  for (const std::string given : {"warmup_steps: 1\n", "warmup_ratio: 0.04\n", ""}) {
    const ImportedSchedule found = imported(text + given);
    EXPECT_EQ(print(found.schedule), of_two) << given;
    EXPECT_EQ(found.differences.back(), "a warmup of 1 step: axolotl makes that 2");
  }
  EXPECT_EQ(spec(text + "warmup_steps: 0\n"), "cosine(steps=41, peak=0.001)");
  EXPECT_EQ(spec(text + "cosine_min_lr_ratio: 0.1\nwarmup_steps: 1\n"),
            "cosine(steps=41, peak=0.001, warmup=2, warmup_start=0, final=10%)");
  for (const char* const one :
       {"cosine(steps=41, warmup=1, warmup_start=0)", "constant(steps=41, warmup=1, warmup_start=0)",
        "stages(pieces=[hold until 2, cosine to 10% over 20, hold over 18], warmup=1, warmup_start=0)"}) {
    EXPECT_EQ(export_schedule(Schedule::parse(one), "axolotl").why, "axolotl makes a warmup of 1 step one of 2");
  }
}

TEST(Foreign, SharesOfAxolotlsCosineThatDoNotCount) {
  const std::string text =
      "base_model: m\nmicro_batch_size: 2\nlearning_rate: 1e-3\nmax_steps: 100\nwarmup_steps: 10\n";
  const std::string plain = "cosine(steps=101, peak=0.001, warmup=10, warmup_start=0)";
  const std::string until = "cosine_constant_lr_ratio: 0.8\n";
  EXPECT_EQ(spec(text + until), plain);
  EXPECT_EQ(imported(text + until).differences,
            std::vector<std::string>{"cosine_constant_lr_ratio = 0.8 has no say with these settings"});
  EXPECT_EQ(spec(text + until + "cosine_min_lr_ratio: 0\n"), plain);
  EXPECT_EQ(spec(text + "cosine_min_lr_ratio: 0.0\n"), plain);
  EXPECT_EQ(spec(text + "cosine_min_lr_ratio: 0.1\ncosine_constant_lr_ratio: 0\n"),
            "cosine(steps=101, peak=0.001, warmup=10, warmup_start=0, final=10%)");
  EXPECT_EQ(spec(text + until + "cosine_min_lr_ratio: 0.1\n"),
            "stages(peak=0.001, pieces=[hold until 11, cosine to 10% over 70, hold over 19], warmup=10, "
            "warmup_start=0)");
  const ExportedSchedule out = export_schedule(
      Schedule::parse("stages(pieces=[hold until 11, cosine to 0 over 70, hold over 20], warmup=10, warmup_start=0)"),
      "axolotl");
  EXPECT_EQ(out.text.find("cosine_constant_lr_ratio"), std::string::npos) << out.text;
  EXPECT_FALSE(out.table) << out.why;
}

TEST(Foreign, PeaksOfDeepSpeedsClasses) {
  const auto of_type = [](const std::string& type, const std::string& more) {
    return R"({"optimizer": {"params": {"lr": 0.5}}, "scheduler": {"type": ")" + type +
           R"(", "params": {"warmup_num_steps": 10, "total_num_steps": 100)" + more + "}}}";
  };
  for (const char* const type : {"WarmupLR", "WarmupDecayLR"}) {
    EXPECT_EQ(imported(of_type(type, "")).schedule.peak(), 0.001) << type;
    EXPECT_EQ(imported(of_type(type, R"(, "warmup_max_lr": 0.25)")).schedule.peak(), 0.25) << type;
    EXPECT_NE(import_error(of_type(type, R"(, "warmup_max_lr": "auto")")).find("is filled in by"), std::string::npos);
  }
  EXPECT_EQ(imported(of_type("WarmupCosineLR", "")).schedule.peak(), 0.5);
}

TEST(Foreign, KeysOfOlderTorchtitansAreRefused) {
  const auto said = [](const std::string& training, const std::string& scheduler) {
    return import_error("[optimizer]\nlr = 1e-3\n[training]\nsteps = 10\n" + training + "[lr_scheduler]\n" + scheduler);
  };
  const std::string reason =
      " is a key of older versions of torchtitan, whose warmup may have (i+1)/(W+1) in place of today's (i+1)/W; "
      "write ";
  const std::string end = " for the rates of today's version, or give the schedule as a spec";
  EXPECT_EQ(said("warmup_steps = 2\n", ""),
            "x, line 5: training.warmup_steps = 2:" + reason + "lr_scheduler.warmup_steps" + end);
  EXPECT_EQ(said("", "warmup_steps = 2\nlr_min = 0.1\n"),
            "x, line 7: lr_scheduler.lr_min = 0.1:" + reason + "lr_scheduler.min_lr_factor" + end);
  EXPECT_NE(said("", "lr_decay_type = 'cosine'\n").find("write lr_scheduler.decay_type"), std::string::npos);
  EXPECT_NE(said("", "lr_decay_ratio = 0.1\n").find("write lr_scheduler.decay_ratio"), std::string::npos);
  EXPECT_EQ(said("", "warmup_steps = 2\nmin_lr_factor = 0.1\ndecay_type = 'cosine'\n"), "no error");
}

TEST(Foreign, GroupsOfParameters) {
  const std::string rest = "config.lr = 1e-3\nconfig.total_steps = 200\n";
  const std::string cosine = "dict(decay_type='cosine', warmup_steps=10)";
  const ImportedSchedule found = imported(rest + "config.schedule = [('img/.*', None), ('.*', " + cosine + ")]\n");
  EXPECT_EQ(print(found.schedule), "cosine(steps=201, peak=0.001, warmup=10, warmup_start=0)");
  EXPECT_EQ(found.differences.front(), "parameters that match img/.* are frozen");
  EXPECT_NE(
      import_error(rest + "config.schedule = [('a', dict(decay_type='rsqrt')), ('.*', " + cosine + ")]\n", "big_vision")
          .find("has several schedules, each for some of the parameters"),
      std::string::npos);
  EXPECT_NE(import_error(rest + "config.schedule = [('a', None)]\n", "big_vision").find("all parameters are frozen"),
            std::string::npos);
}

}  // namespace
}  // namespace scheduled
