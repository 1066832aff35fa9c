// Configurations of other programs: how they are told apart, read and refused; tests/frameworks has their rates.
#include "scheduled/foreign.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <string>

#include "fuzz/foreign_target.hpp"
#include "fuzz/replay.hpp"

namespace scheduled {
namespace {

ImportedSchedule imported(const std::string& text, std::optional<std::int64_t> updates = {}) {
  return import_schedule(text, {.tool = {}, .updates = updates, .source = "x"});
}

std::string spec(const std::string& text, std::optional<std::int64_t> updates = {}) {
  return print(imported(text, updates).schedule);
}

std::string error_of(const std::string& text, const std::string& tool = {}) {
  try {
    import_schedule(text, {.tool = tool, .updates = {}, .source = "x"});
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return "no error";
}

const std::string megatron_flags =
    "--lr 3e-4 --min-lr 3e-5 --train-iters 10000 --lr-warmup-iters 500 --lr-decay-style WSD --lr-wsd-decay-iters 2000";

TEST(Foreign, ProgramsAreToldByTheContent) {
  struct Case {
    std::string text, tool, form;
  };
  const Case cases[] = {
      {megatron_flags, "megatron", "flags"},
      {"torchrun train.py \\\n  --lr=3e-4 \\\n  --train-iters 100 # a comment\n", "megatron", "flags"},
      {R"({"learning_rate": 1e-3, "lr_scheduler_type": "linear", "max_steps": 9})", "huggingface", "JSON"},
      {"learning_rate: 1e-3\nlr_scheduler_type: linear\nmax_steps: 9\ncutoff_len: 8\n", "llama-factory", "YAML"},
      {"base_model: m\nmicro_batch_size: 2\nlearning_rate: 1e-3\nmax_steps: 9\n", "axolotl", "YAML"},
      {"[optimizer]\nlr = 1e-3\n[training]\nsteps = 10\n[lr_scheduler]\nwarmup_steps = 2\n", "torchtitan", "TOML"},
      {"learning_rate = 6e-4\nmax_iters = 5 * 100\nwarmup_iters = 10\nlr_decay_iters = 500\nmin_lr = 6e-5\n", "nanogpt",
       "Python"},
      {"-l 0.0006 -x 100 -u 10 -q 0.1", "llm.c", "flags"},
      {"schedule = optax.cosine_decay_schedule(3e-4, 100)", "optax", "Python"},
      {"opt = SGD(params, lr=1e-3)\nscheduler = CosineAnnealingLR(opt, T_max=100)\n", "pytorch", "Python"},
      {"config.lr = 1e-3\nconfig.total_steps = 10_0\nconfig.schedule = dict(decay_type='cosine', warmup_steps=5)\n",
       "big_vision", "Python"},
      {R"({"scheduler": {"type": "WarmupLR", "params": {"warmup_max_lr": 1e-3, "warmup_num_steps": 10}}})", "deepspeed",
       "JSON"},
      {"optim:\n  lr: 1e-3\n  sched:\n    name: CosineAnnealing\n    warmup_steps: 5\ntrainer:\n  max_steps: 50\n",
       "nemo", "YAML"},
      {"tokens:\n  train_steps: 10\noptimizer:\n  learning_rate_scheduler:\n    learning_rate: 1.0e-3\n", "nanotron",
       "YAML"},
      {"--train_module.optim.lr=1e-3 --train_module.scheduler.type=wsd --train_module.scheduler.warmup=5 "
       "--trainer.max_duration.value=50",
       "olmo-core", "flags"}};
  for (const Case& one : cases) {
    const ImportedSchedule found =
        imported(one.text, one.tool == "optax" ? std::optional<std::int64_t>(100) : std::nullopt);
    EXPECT_EQ(found.tool, one.tool) << one.text;
    EXPECT_EQ(found.form, one.form) << one.text;
  }
}

TEST(Foreign, SpecsOfUsualRuns) {
  EXPECT_EQ(spec(megatron_flags),
            "wsd(steps=10001, peak=0.0003, warmup=500, warmup_start=0, cooldown=2000, decay=exponential-to-zero, "
            "final=3e-5)");
  EXPECT_EQ(spec(R"({"learning_rate": 1e-3, "lr_scheduler_type": "cosine", "warmup_ratio": 0.03})", 1010),
            "cosine(steps=1011, peak=0.001, warmup=31, warmup_start=0)");
  EXPECT_EQ(spec(R"({"learning_rate": 1e-3, "lr_scheduler_type": "constant"})"), "constant(peak=0.001)");
}

const std::string in_samples = "--lr 1 --train-samples 100000 --lr-decay-style cosine --lr-warmup-samples 1000 ";

TEST(Foreign, CallsOfPyTorch) {
  EXPECT_EQ(spec("total = 1000\nopt = torch.optim.AdamW(model.parameters(), lr=3e-4)\n"
                 "s = SequentialLR(opt, [LinearLR(opt, start_factor=0.01, total_iters=100), "
                 "CosineAnnealingLR(opt, T_max=total - 100, eta_min=1e-5)], milestones=[100])\n"),
            "cosine(steps=1001, peak=0.0003, warmup=100, warmup_start=1%, final=1e-5)");
  EXPECT_EQ(spec("torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.01, total_steps=1000)"),
            "cosine(steps=1000, peak=0.01, warmup=299, warmup_start=4%, warmup_curve=cosine, final=0.0004%)");
  EXPECT_EQ(spec("lr = 1e-3\ns = StepLR(opt, 30)\n", 90),
            "piecewise(steps=90, peak=0.001, milestones=[30, 60], factors=[0.1, 0.010000000000000002])");
  EXPECT_EQ(error_of("ReduceLROnPlateau(opt, 'min')"),
            "x, line 1: ReduceLROnPlateau is not translated: its rates are made by code of yours, or by what was "
            "measured; write a spec");
  EXPECT_NE(error_of("StepLR(opt, 30)").find("lr: is missing"), std::string::npos);
  EXPECT_NE(error_of("lr = lr_of_us\nStepLR(opt, 30)").find("lr = lr_of_us: must be a number"), std::string::npos);
  EXPECT_NE(error_of("lr = 1\nCosineAnnealingLR(opt, 30, nonsense=1)").find("nonsense = 1: is no argument"),
            std::string::npos);
  EXPECT_NE(error_of("OneCycleLR(opt, 1e-3, 100, three_phase=True)").find("three_phase = true: is not translated"),
            std::string::npos);
  EXPECT_EQ(spec("lr = 1\nSequentialLR(opt, [LinearLR(opt, 0.5), StepLR(opt, 9)], [7])", 20),
            "stages(peak=1, pieces=[hold until 16, hold at 0.1 until 20], warmup=5, warmup_start=0.5)");
  EXPECT_EQ(spec("lr = 1\nSequentialLR(opt, [LinearLR(opt, 0.1, total_iters=10), ConstantLR(opt, 1.0), "
                 "CosineAnnealingLR(opt, 50)], [10, 50])"),
            "wsd(steps=101, peak=1, warmup=10, warmup_start=0.1, cooldown=50, decay=cosine)");
  EXPECT_EQ(spec("lr = 1\nConstantLR(opt, 0.5, 10)\n", 30),
            "stages(peak=1, pieces=[hold at 0.5 until 10, hold at 1 until 30])");
  EXPECT_NE(
      error_of("lr = 1\nSequentialLR(opt, [LinearLR(opt), OneCycleLR(opt, 9)], [7])").find("is not translated within"),
      std::string::npos);
}

TEST(Foreign, CallsOfOptaxThatAreNot) {
  EXPECT_EQ(error_of("optax.piecewise_interpolate_schedule('linear', 1.0)"),
            "x, line 1: piecewise_interpolate_schedule is not translated: write a spec with stages(...)");
  EXPECT_EQ(error_of("optax.sgdr_schedule([dict(init_value=0.0)])"),
            "x, line 1: sgdr_schedule needs decay_steps in each of its dicts");
  EXPECT_EQ(error_of("optax.join_schedules(3, 4)"),
            "x, line 1: join_schedules is read where its schedules and boundaries are lists of calls and of steps that "
            "the text says");
  EXPECT_NE(error_of("optax.join_schedules([3, optax.constant_schedule(1)], [3])").find("schedules[0] is no call that"),
            std::string::npos);
}

TEST(Foreign, SchedulesOfOptaxThatAreJoined) {
  const std::string rise = "optax.join_schedules([optax.linear_schedule(0.0, 1e-3, 100), ";
  EXPECT_EQ(spec(rise + "optax.constant_schedule(1e-3), optax.linear_schedule(1e-3, 1e-4, 200)], [100, 800])"),
            "wsd(steps=1001, peak=0.001, warmup=100, warmup_start=0, cooldown=200, decay=linear, final=0.0001)");
  EXPECT_EQ(spec("optax.sgdr_schedule([dict(init_value=0.0, peak_value=1e-3, warmup_steps=10, decay_steps=50, "
                 "end_value=1e-5), dict(init_value=1e-5, peak_value=5e-4, warmup_steps=5, decay_steps=20)])"),
            "stages(peak=0.001, pieces=[hold until 11, cosine to 1e-5 over 40, linear to 0.0005 over 5, cosine to 0 "
            "over 15 until 70], warmup=10, warmup_start=0)");
  EXPECT_EQ(spec("optax.cosine_onecycle_schedule(1000, 1e-3)"),
            "cosine(steps=1001, peak=0.001, warmup=300, warmup_start=4%, warmup_curve=cosine, final=0.0004%)");
}

TEST(Foreign, SchedulesWithinAnOptimizerOfOptax) {
  const std::string schedule = "optax.warmup_cosine_decay_schedule(0.0, 1e-3, 100, 1000)";
  const std::string found = "cosine(steps=1001, peak=0.001, warmup=100, warmup_start=0)";
  for (const std::string& text :
       {"tx = optax.adamw(learning_rate=" + schedule + ", weight_decay=0.1)\n",
        "tx = optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(" + schedule + ", momentum=0.9))\n",
        "rate = " + schedule + "\ntx = optax.adamw(rate, weight_decay=0.1)\n"}) {
    EXPECT_EQ(imported(text).tool, "optax") << text;
    EXPECT_EQ(spec(text), found) << text;
  }
  EXPECT_EQ(error_of("tx = optax.chain(optax.sgd(" + schedule + "), optax.sgd(optax.constant_schedule(1.0)))\n"),
            "x, line 1: has several schedules in one call; give that of the learning rate");
}

TEST(Foreign, ConfigurationsInPythonsCalls) {
  const std::string arguments =
      "args = TrainingArguments(output_dir=out, learning_rate=1e-5, warmup_ratio=0.1, "
      "lr_scheduler_type=SchedulerType.COSINE)\ntrainer = Trainer(model, args=args, data=collate(len(data), 3))\n";
  EXPECT_EQ(spec(arguments, 1000), "cosine(steps=1001, peak=1e-5, warmup=100, warmup_start=0)");
  const std::string bridge =
      "cfg = ConfigContainer(train=TrainingConfig(train_iters=1000, eval_iters=n // 2),\n"
      "    optimizer=OptimizerConfig(lr=3e-3, min_lr=1e-6),\n"
      "    scheduler=SchedulerConfig(lr_decay_style='cosine', lr_warmup_iters=2, lr_decay_iters=None))\n";
  EXPECT_EQ(imported(bridge).tool, "megatron");
  EXPECT_EQ(spec(bridge), "cosine(steps=1001, peak=0.003, warmup=2, warmup_start=0, final=1e-6)");
  EXPECT_EQ(spec("optimizer:\n  lr: 3.0e-3\nscheduler:\n  _target_: megatron.bridge.training.config.SchedulerConfig\n"
                 "  lr_decay_style: cosine\n  lr_decay_steps: null\ntrain:\n  train_iters: 1000\n"),
            "cosine(steps=1001, peak=0.003)");
  const std::string nemo =
      "optim = nl.MegatronOptimizerModule(config=OptimizerConfig(lr=3e-5),\n"
      "    lr_scheduler=nl.lr_scheduler.CosineAnnealingScheduler(max_steps=20000, warmup_steps=1500, "
      "constant_steps=5000, min_lr=3e-6))\ntrainer = nl.Trainer(max_steps=20000)\n";
  EXPECT_EQ(imported(nemo).tool, "nemo");
  EXPECT_EQ(spec(nemo),
            "stages(peak=3e-5, pieces=[hold until 1501, cosine to 3e-6 over 13500, hold over 4999], warmup=1500, "
            "warmup_start=0)");
  EXPECT_EQ(spec("optim:\n  config:\n    lr: 3.0e-4\n  lr_scheduler:\n    _target_: "
                 "nemo.lightning.pytorch.optim.lr_scheduler.CosineAnnealingScheduler\n    warmup_steps: 99\n"
                 "    constant_steps: 0\n    min_lr: 0.0\ntrainer:\n  max_steps: 1000\n"),
            "cosine(steps=1001, peak=0.0003, warmup=99, warmup_start=1%)");
}

TEST(Foreign, DefaultsOfNemosClasses) {
  const auto of_class = [](const std::string& name, const std::string& arguments) {
    return "optim = nl.MegatronOptimizerModule(config=OptimizerConfig(lr=3e-4),\n    lr_scheduler=nl.lr_scheduler." +
           name + "(" + arguments + "))\ntrainer = nl.Trainer(max_steps=100000)\n";
  };
  const std::string by_default =
      "stages(peak=0.0003, pieces=[hold until 751, cosine to 6e-5 over 19250, hold over 79999], warmup=750, "
      "warmup_start=0)";
  EXPECT_EQ(spec(of_class("CosineAnnealingScheduler", "")), by_default);
  EXPECT_EQ(spec("optim:\n  config:\n    lr: 3.0e-4\n  lr_scheduler:\n    _target_: "
                 "nemo.lightning.pytorch.optim.lr_scheduler.CosineAnnealingScheduler\ntrainer:\n  max_steps: 100000\n"),
            by_default);
  EXPECT_EQ(imported(of_class("CosineAnnealingScheduler", "warmup_steps=0, constant_steps=0")).differences,
            std::vector<std::string>{"min_lr is not given: 6e-5, the default of NeMo 2's class"});
  EXPECT_EQ(spec(of_class("CosineAnnealingScheduler", "warmup_steps=0, constant_steps=0, min_lr=0")),
            "cosine(steps=100001, peak=0.0003)");
  EXPECT_NE(spec(of_class("WarmupPolicyScheduler", "")).find("constant(steps=100000, peak=0.0003, warmup=750, "),
            std::string::npos);
  EXPECT_EQ(spec(of_class("WarmupAnnealingScheduler", "")), "linear(steps=100001, peak=0.0003)");
  // NeMo 1's schedulers have none of these.
  EXPECT_EQ(spec("model:\n  optim:\n    lr: 3e-4\n    sched:\n      name: CosineAnnealing\ntrainer:\n  max_steps: "
                 "1000\n"),
            "cosine(steps=1001, peak=0.0003)");
  EXPECT_NE(error_of("optim:\n  lr: 3.0e-4\n  lr_scheduler:\n    _target_: CosineAnnealingScheduler\ntrainer:\n"
                     "  max_steps: 1000\n")
                .find("constant_steps: is missing: NeMo 2's class takes 80000"),
            std::string::npos);
}

TEST(Foreign, PeaksOfDeepSpeedsClasses) {
  const auto of_type = [](const std::string& type, const std::string& more) {
    return R"({"optimizer": {"params": {"lr": 0.5}}, "scheduler": {"type": ")" + type +
           R"(", "params": {"warmup_num_steps": 10, "total_num_steps": 100)" + more + "}}}";
  };
  for (const char* const type : {"WarmupLR", "WarmupDecayLR"}) {
    EXPECT_EQ(imported(of_type(type, "")).schedule.peak(), 0.001) << type;
    EXPECT_EQ(imported(of_type(type, R"(, "warmup_max_lr": 0.25)")).schedule.peak(), 0.25) << type;
    EXPECT_NE(error_of(of_type(type, R"(, "warmup_max_lr": "auto")")).find("is filled in by"), std::string::npos);
  }
  EXPECT_EQ(imported(of_type("WarmupCosineLR", "")).schedule.peak(), 0.5);
}

TEST(Foreign, KeysOfOlderTorchtitansAreRefused) {
  const auto said = [](const std::string& training, const std::string& scheduler) {
    return error_of("[optimizer]\nlr = 1e-3\n[training]\nsteps = 10\n" + training + "[lr_scheduler]\n" + scheduler);
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

TEST(Foreign, SchedulesThatHaveNamesFirst) {
  EXPECT_EQ(spec("optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)\nn = 10\n"
                 "warmup = LinearLR(optimizer, start_factor=1e-8, total_iters=n)\n"
                 "cosine = CosineAnnealingLR(optimizer, 90, 1e-5)\n"
                 "sched = SequentialLR(optimizer, schedulers=[warmup, cosine], milestones=[n])\n"),
            "cosine(steps=101, peak=0.001, warmup=10, warmup_start=1e-6%, final=1e-5)");
  EXPECT_EQ(spec("rise = optax.linear_schedule(init_value=0.0, end_value=3e-4, transition_steps=100)\n"
                 "fall = optax.cosine_decay_schedule(3e-4, 900)\n"
                 "fn = optax.join_schedules(schedules=[rise, fall], boundaries=[100])\n"),
            "cosine(steps=1001, peak=0.0003, warmup=100, warmup_start=0)");
  std::string laughs = "a = f(1)\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    laughs += std::string(1, c) + " = f(" + before + ", " + before + ", " + before + ")\n";
  }
  EXPECT_EQ(spec(laughs + "optax.constant_schedule(1.0)\n"), "constant(peak=1)");
}

TEST(Foreign, GroupsOfParameters) {
  const std::string rest = "config.lr = 1e-3\nconfig.total_steps = 200\n";
  const std::string cosine = "dict(decay_type='cosine', warmup_steps=10)";
  const ImportedSchedule found = imported(rest + "config.schedule = [('img/.*', None), ('.*', " + cosine + ")]\n");
  EXPECT_EQ(print(found.schedule), "cosine(steps=201, peak=0.001, warmup=10, warmup_start=0)");
  EXPECT_EQ(found.differences.front(), "parameters that match img/.* are frozen");
  EXPECT_NE(
      error_of(rest + "config.schedule = [('a', dict(decay_type='rsqrt')), ('.*', " + cosine + ")]\n", "big_vision")
          .find("has several schedules, each for some of the parameters"),
      std::string::npos);
  EXPECT_NE(error_of(rest + "config.schedule = [('a', None)]\n", "big_vision").find("all parameters are frozen"),
            std::string::npos);
}

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
  EXPECT_NE(error_of(text, "huggingface").find("needs num_decay_steps"), std::string::npos);
  const ExportedSchedule out = export_schedule(
      Schedule::parse("wsd(steps=1001, warmup=100, warmup_start=0, cooldown=200, decay=cosine)"), "llama-factory");
  EXPECT_NE(out.text.find("num_stable_steps: 700"), std::string::npos) << out.text;
  EXPECT_NE(out.text.find("num_decay_steps: 200"), std::string::npos) << out.text;
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

TEST(Foreign, BatchesThatGrow) {
  const std::string rest = "cosine(steps=100001ex, peak=1, warmup=1000ex, warmup_start=0, ";
  const std::string ramp = "--global-batch-size 192 --rampup-batch-size 32 16 30000";
  EXPECT_EQ(spec(in_samples + ramp), rest + "batch=[0:32, 30000ex:192 by 16], clock=examples)");
  EXPECT_EQ(imported(in_samples + ramp).updates, 744);
  EXPECT_EQ(spec("lr: 1\ntrain_samples: 100000\nlr_decay_style: cosine\nlr_warmup_samples: 1000\n"
                 "global_batch_size: 192\nrampup_batch_size: [32, 16, 30000]\n"),
            rest + "batch=[0:32, 30000ex:192 by 16], clock=examples)");
  EXPECT_EQ(spec(in_samples + "--seq-length 4096 --step-batch-size-schedule '0:32 40M:64 200M:128'"),
            rest + "batch=[0:32, 9765ex:64, 48828ex:128], seq_length=4096, clock=examples)");
  // Samples that are whole updates are these, others keep their samples.
  EXPECT_EQ(spec(in_samples + "--global-batch-size 100"), "cosine(steps=1001, peak=1, warmup=10, warmup_start=0)");
  EXPECT_EQ(spec(in_samples + "--global-batch-size 192"), rest + "batch=192, clock=examples)");
}

TEST(Foreign, BatchesThatCannotGrow) {
  const auto said = [](const std::string& text, const std::string& what) {
    EXPECT_NE(error_of(text).find(what), std::string::npos) << error_of(text);
  };
  said(megatron_flags + " --rampup-batch-size 32 16 30000 --global-batch-size 64", "give train_samples");
  said(in_samples + "--global-batch-size 190 --rampup-batch-size 32 16 30000",
       "does not lead to global_batch_size = 190");
  said(in_samples + "--global-batch-size 32 --rampup-batch-size 32 16 30000",
       "does not lead to global_batch_size = 32");
  said(in_samples + "--global-batch-size 192 --rampup-batch-size 32 16", "must be three whole numbers");
  said(in_samples + "--global-batch-size 192 --rampup-batch-size 32 16 0", "must be three whole numbers");
  said(in_samples + "--global-batch-size 32 --lr-decay-iters 100", "is in updates, and the run in samples");
  said(megatron_flags + " --lr-warmup-samples 100", "is in samples, and the run in updates");
  said(in_samples + "--rampup-batch-size 32 16 30000", "global_batch_size: is missing");
  said(in_samples + "--global-batch-size 9007199254740992 --rampup-batch-size 1 1 30000", "more than 10000 changes");
  said(in_samples + "--step-batch-size-schedule 0:768", "seq_length: is missing");
  said(in_samples + "--seq-length 4096 --step-batch-size-schedule 768", "must be TOKENS:BATCH");
  said(in_samples + "--seq-length 4096 --step-batch-size-schedule '0:8 10%:16'", "must be TOKENS:BATCH");
  said(in_samples + "--seq-length 4096 --step-batch-size-schedule '0:8 100:16'", "must have marks that increase");
}

TEST(Foreign, CommentsAreNoFlags) {
  const ImportedSchedule found = imported(
      "# launch as\n# $ torchrun --nproc_per_node=8 train.py\n"
      "learning_rate = 6e-4\nmax_iters = 1000 # --max_iters\nlr_decay_iters = 1000\nwarmup_iters = 10\nmin_lr = "
      "6e-5\n");
  EXPECT_EQ(found.tool, "nanogpt");
  EXPECT_EQ(found.form, "Python");
  EXPECT_EQ(found.updates, 1001);
}

TEST(Foreign, OptionsInQuotesAreFlags) {
  const std::string script =
      "#!/bin/bash\nOPTIONS=\" \\\n  --lr 3e-4 \\\n  --train-iters 100 \\\n  --lr-decay-style cosine\"\n"
      "srun -l sh -c \"python pretrain.py ${OPTIONS}\"\n--min-lr ";
  const ImportedSchedule found = imported(script + "1e-5");
  EXPECT_EQ(found.tool, "megatron");
  EXPECT_EQ(print(found.schedule), "cosine(steps=101, peak=0.0003, final=1e-5)");
  ASSERT_EQ(found.taken[0].key, "lr");
  EXPECT_EQ(found.taken[0].line, 3);
  EXPECT_EQ(error_of(script + "${MIN_LR}"),
            "x, line 7: min-lr = ${MIN_LR}: is a variable of the shell, which is not looked up: put its value there");
}

TEST(Foreign, ValuesInQuotesLeaveTheirFlagOne) {
  EXPECT_EQ(spec("--lr='3e-4' --train-iters=\"100\" --lr-decay-style='cosine'"), "cosine(steps=101, peak=0.0003)");
  EXPECT_EQ(error_of("--learning_rate='1e-3' --max_iters='100' --warmup_iters='10' --lr_decay_iters='100'", "nanogpt"),
            "no error");
}

TEST(Foreign, MessagesThatSpeakOfFlagsHoldNone) {
  const ImportedSchedule found =
      imported("USAGE=\"don't give --lr 1 twice\"\nMORE=\"$ARGS --dropout 0\"\n" + megatron_flags);
  EXPECT_EQ(found.taken[0].value, "0.0003");
  EXPECT_NE(std::find(found.ignored.begin(), found.ignored.end(), "USAGE"), found.ignored.end());
  EXPECT_NE(std::find(found.ignored.begin(), found.ignored.end(), "dropout"), found.ignored.end());
}

TEST(Foreign, DifferencesAreSaidOnceAndOfTheRateOnly) {
  const ImportedSchedule twice =
      imported("[optimizer]\nlr = 1e-3\n[training]\nsteps = 10\n[lr_scheduler]\nwarmup_steps = 2\n", 20);
  EXPECT_EQ(twice.differences, std::vector<std::string>{"the run makes 20 updates, as was asked for, not 10"});
  const ImportedSchedule model =
      imported("base_model: m\nmicro_batch_size: 2\nlearning_rate: 1e-3\nmax_steps: 9\nwarmup_steps: 2\n");
  EXPECT_EQ(model.differences, std::vector<std::string>{});
  EXPECT_EQ(model.ignored, (std::vector<std::string>{"base_model", "micro_batch_size"}));
}

TEST(Foreign, DifferencesSayWhatOtherRunsDo) {
  const auto said = [](const std::string& text, const std::string& what) {
    const std::vector<std::string> all = imported(text).differences;
    EXPECT_NE(std::find(all.begin(), all.end(), what), all.end()) << text;
  };
  said("learning_rate: 1e-3\nlr_scheduler_type: linear\nmax_steps: 9\nstage: sft\nloraplus_lr_ratio: 16.0\n",
       "loraplus_lr_ratio: parts of LoRA have rates of their own, which are not here");
  const std::string nanotron =
      "tokens:\n  train_steps: 10\noptimizer:\n  learning_rate_scheduler:\n    learning_rate: 1.0e-3\n"
      "checkpoints:\n  load_lr_scheduler: ";
  said(nanotron + "true", "checkpoints.load_lr_scheduler: a resumed run goes on where the checkpoint's schedule was");
  said(nanotron + "false", "checkpoints.load_lr_scheduler: a resumed run begins its schedule at update 0 again");
  said(megatron_flags + " --override-opt_param-scheduler",
       "override_opt_param_scheduler: a resumed run takes these values, not the checkpoint's");
}

TEST(Foreign, WhatWasTakenSaysWhere) {
  const ImportedSchedule found = imported("a: 1\nlearning_rate: 2e-5\nlr_scheduler_type: linear\n", 10);
  ASSERT_EQ(found.taken[0].key, "lr_scheduler_type");
  EXPECT_EQ(found.taken[0].line, 3);
  EXPECT_TRUE(found.taken[0].given);
  EXPECT_EQ(found.taken[1].key, "warmup_steps");
  EXPECT_FALSE(found.taken[1].given);
  EXPECT_EQ(found.ignored, std::vector<std::string>{"a"});
}

TEST(Foreign, ErrorsNameKeyValueAndPlace) {
  EXPECT_EQ(error_of("a: 1\nlearning_rate: fast\nlr_scheduler_type: linear\nmax_steps: 9\n"),
            "x, line 2: learning_rate = fast: must be a number");
  EXPECT_NE(error_of("lr_scheduler_type: linea\nmax_steps: 9\n")
                .find("x, line 1: lr_scheduler_type = linea: must be linear, cosine"),
            std::string::npos);
  EXPECT_NE(error_of("--lr 1 --train-iters 9 --lr-decay-style cosine --lr-warmup-iters 2 --lr-warmup-fraction 0.1")
                .find("contradicts lr-warmup-iters = 2: Megatron-LM refuses both"),
            std::string::npos);
  EXPECT_NE(error_of("--lr 1 --train-iters 9 --lr-boost 2 --lr-decay-style cosine")
                .find("lr-boost = 2: is no key that is known"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"lr_scheduler_type": "linear", "num_train_epochs": 2})").find("max_steps: is not given"),
            std::string::npos);
  EXPECT_EQ(error_of(R"({"optimizer": {"type": "Adam", "params": {"lr": 1e-3}}, "train_batch_size": 8})"),
            "x: scheduler.type: is missing: without it the program that calls DeepSpeed says the schedule");
  EXPECT_EQ(error_of("{}"), error_of("{ }"));
  EXPECT_EQ(error_of(""), "x: is empty");
  EXPECT_NE(error_of("a: 1", "megatrn").find("did you mean 'megatron'?"), std::string::npos);
  EXPECT_EQ(error_of("--lr 1e-3 --min-lr 2e-3 --train-iters 9 --lr-decay-style cosine"),
            "x, line 1: min-lr = 0.002: must not be above peak = 0.001");
  EXPECT_NE(error_of("a:\n  lr: 1\nb:\n  lr: 2\ntrain_iters: 5\nlr_decay_style: cosine")
                .find("b.lr = 2: a.lr = 1 is there, too"),
            std::string::npos);
}

TEST(Foreign, HostileTextIsRefusedOrHarmless) {
  std::string laughs = "lr_scheduler_type: linear\na0: &a0 [x, x]\n";
  for (int k = 1; k < 40; ++k) {
    laughs += "a" + std::to_string(k) + ": &a" + std::to_string(k) + " [*a" + std::to_string(k - 1) + ", *a" +
              std::to_string(k - 1) + "]\n";
  }
  EXPECT_EQ(imported(laughs, 10).tool, "huggingface");
  for (const char* const open : {"[", "{\"a\":", "(", "a: [", "- "}) {
    std::string deep = "lr_scheduler_type = ";
    for (int k = 0; k < 100'000; ++k) deep += open;
    EXPECT_NE(error_of(deep), "") << open;
    EXPECT_NE(error_of(deep.substr(20)), "") << open;
  }
  EXPECT_NE(error_of(std::string("a\0b", 3)).find("zero bytes"), std::string::npos);
}

TEST(Foreign, LettersThatAreNotAsciiStandInStringsAndCommentsOfToml) {
  const auto with = [](const std::string& line) {
    return "[optimizer]\nlr = 1e-3\n[training]\nsteps = 10\n[lr_scheduler]\nwarmup_steps = 2\n[x]\n" + line + "\n";
  };
  const std::string refused =
      "x, line 8: cannot be read as TOML: letters that are not ASCII stand in strings and comments only";
  for (const char* const line :
       {"a = \xce\x9a", "a = [1, \xce\x9a]", "\xce\x9a = 1", "a = 'b' \xc2\xa0", "a = \xff", "a = \"\xce\x9a\" \xce"}) {
    EXPECT_EQ(error_of(with(line)), refused) << line;
  }
  for (const char* const line : {"a = \"\xce\x9a \\\" # \"", "a = '\xce\x9a\\' # \xce\x9a", "\"\xce\x9a\" = 1",
                                 "a = \"\"\"\xce\x9a\n\"\xce\x9a\"\"\"", "a = '''\n'\xce\x9a\n''' # \xce\x9a"}) {
    EXPECT_EQ(error_of(with(line)), "no error") << line;
  }
  EXPECT_EQ(error_of("\xef\xbb\xbf" + with("a = 1")), "no error");
}

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

TEST(Foreign, WhyAProgramCannotBeGivenIt) {
  const auto why = [](const std::string& text, const std::string& tool) {
    return export_schedule(Schedule::parse(text), tool).why;
  };
  EXPECT_EQ(why("cosine(steps=1001, warmup=10)", "nemo"),
            "NeMo begins its warmup at 1/(W+1) of the peak and reaches it at step W; give the schedule "
            "warmup_start");
  EXPECT_EQ(why("wsd(steps=1001)", "nemo"), "NeMo has no decay that begins after a time at the peak");
  EXPECT_EQ(why("cosine(steps=1001, final=10%)", "big_vision"), "big_vision has a cosine to 0 only");
  EXPECT_EQ(why("wsd(steps=1001, final=10%)", "big_vision"), "big_vision has a cooldown to 0 only");
  EXPECT_EQ(why("wsd(steps=1001, decay=1-sqrt)", "big_vision"), "big_vision has no 1-sqrt after a time at the peak");
  EXPECT_EQ(why("wsd(steps=10001ex, cooldown=2000ex, batch=[0:64, 100:128 by 64], clock=examples)", "megatron"),
            "Megatron-LM, Megatron Bridge counts samples; give the changes of the batch in whole examples (ex)");
  EXPECT_EQ(export_schedule(Schedule::parse("linear(steps=1001, batch=[0:64, 100:128])"), "megatron").notes.back(),
            "the changes of the batch are not in it: the rates do not follow them");
}

TEST(Foreign, EveryProgramIsInTheGuide) {
  std::ifstream page(std::string(SCHEDULED_TEST_DIR) + "/../docs/guide/foreign.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  for (const ForeignTool& tool : foreign_tools()) {
    EXPECT_NE(text.find("| `" + std::string(tool.name) + "` |"), std::string::npos) << tool.name;
    for (const ForeignKey& key : tool.keys) EXPECT_FALSE(key.meaning.empty()) << key.name;
  }
}

TEST(FuzzCorpus, Foreign) { fuzz::replay("foreign", fuzz::foreign); }

}  // namespace
}  // namespace scheduled
