// Schedules that are calls in Python: PyTorch, optax, and configurations made of calls.
#include <gtest/gtest.h>

#include <string>

#include "support/foreign.hpp"

namespace scheduled {
namespace {

using testing::import_error;
using testing::imported;
using testing::spec;

TEST(Foreign, CallsOfPyTorch) {
  EXPECT_EQ(spec("total = 1000\nopt = torch.optim.AdamW(model.parameters(), lr=3e-4)\n"
                 "s = SequentialLR(opt, [LinearLR(opt, start_factor=0.01, total_iters=100), "
                 "CosineAnnealingLR(opt, T_max=total - 100, eta_min=1e-5)], milestones=[100])\n"),
            "cosine(steps=1001, peak=0.0003, warmup=100, warmup_start=1%, final=1e-5)");
  EXPECT_EQ(spec("torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.01, total_steps=1000)"),
            "cosine(steps=1000, peak=0.01, warmup=299, warmup_start=4%, warmup_curve=cosine, final=0.0004%)");
  EXPECT_EQ(spec("lr = 1e-3\ns = StepLR(opt, 30)\n", 90),
            "piecewise(steps=90, peak=0.001, milestones=[30, 60], factors=[0.1, 0.010000000000000002])");
  EXPECT_EQ(import_error("ReduceLROnPlateau(opt, 'min')"),
            "x, line 1: ReduceLROnPlateau is not translated: its rates are made by code of yours, or by what was "
            "measured; write a spec");
  EXPECT_NE(import_error("StepLR(opt, 30)").find("lr: is missing"), std::string::npos);
  EXPECT_NE(import_error("lr = lr_of_us\nStepLR(opt, 30)").find("lr = lr_of_us: must be a number"), std::string::npos);
  EXPECT_NE(import_error("lr = 1\nCosineAnnealingLR(opt, 30, nonsense=1)").find("nonsense = 1: is no argument"),
            std::string::npos);
  EXPECT_NE(import_error("OneCycleLR(opt, 1e-3, 100, three_phase=True)").find("three_phase = true: is not translated"),
            std::string::npos);
  EXPECT_EQ(spec("lr = 1\nSequentialLR(opt, [LinearLR(opt, 0.5), StepLR(opt, 9)], [7])", 20),
            "stages(peak=1, pieces=[hold until 16, hold at 0.1 until 20], warmup=5, warmup_start=0.5)");
  EXPECT_EQ(spec("lr = 1\nSequentialLR(opt, [LinearLR(opt, 0.1, total_iters=10), ConstantLR(opt, 1.0), "
                 "CosineAnnealingLR(opt, 50)], [10, 50])"),
            "wsd(steps=101, peak=1, warmup=10, warmup_start=0.1, cooldown=50, decay=cosine)");
  EXPECT_EQ(spec("lr = 1\nConstantLR(opt, 0.5, 10)\n", 30),
            "stages(peak=1, pieces=[hold at 0.5 until 10, hold at 1 until 30])");
  EXPECT_NE(import_error("lr = 1\nSequentialLR(opt, [LinearLR(opt), OneCycleLR(opt, 9)], [7])")
                .find("is not translated within"),
            std::string::npos);
}

TEST(Foreign, MilestonesOfPyTorchAreWholeNumbers) {
  for (const std::string& call : {std::string("MultiStepLR(opt, milestones=[30.5, 60])"),
                                  std::string("SequentialLR(opt, [LinearLR(opt, 0.1, total_iters=10), MultiStepLR(opt, "
                                              "[30.5]), ConstantLR(opt, 1.0, 9)], [10, 90])")}) {
    EXPECT_NE(import_error("lr = 1\n" + call, "pytorch")
                  .find("must be whole numbers, 0 or more: PyTorch never reaches others"),
              std::string::npos)
        << import_error("lr = 1\n" + call, "pytorch");
  }
}

TEST(Foreign, ConfigurationsOfTorchtitanInPython) {
  const std::string text =
      "def llama3_debugmodel() -> Trainer.Config:\n    model_spec = model_registry(\"debugmodel\")\n"
      "    return Trainer.Config(\n        hf_assets_path=\"./tests\",\n        optimizer=default_adamw(lr=8e-4),\n"
      "        lr_scheduler=LRSchedulersContainer.Config(warmup_steps=2, decay_ratio=0.8, decay_type=\"linear\"),\n"
      "        training=TrainingConfig(local_batch_size=8, steps=10),\n        validator=Validator.Config(freq=5, "
      "steps=9),\n"
      "    )\n";
  const ImportedSchedule found = imported(text);
  EXPECT_EQ(found.tool, "torchtitan");
  EXPECT_EQ(found.form, "Python");
  EXPECT_EQ(print(found.schedule), "linear(steps=11, peak=0.0008, warmup=2)");
  EXPECT_EQ(import_error(text + text),
            "x, line 12: is a second configuration: give the function of the one that trains "
            "alone");
  // What other functions return is not what is trained with.
  EXPECT_EQ(spec("def f(o):\n    return LambdaLR(o, g)\nlr = 1\ns = CosineAnnealingLR(opt, T_max=100)\n"),
            "cosine(steps=101, peak=1)");
}

TEST(Foreign, ScriptsOfOlmoCore) {
  const std::string module =
      "module = TransformerTrainModuleConfig(rank_microbatch_size=16 * 1024,\n    optim=SkipStepAdamWConfig(lr=6e-4, "
      "weight_decay=0.1, betas=(0.9, 0.95)),\n    scheduler=CosWithWarmup(warmup_steps=2000))\n";
  const std::string found = "cosine(steps=5000, peak=0.0006, warmup=1999, warmup_start=0.05%, final=10%)";
  EXPECT_EQ(imported(module, 5000).tool, "olmo-core");
  EXPECT_EQ(spec(module, 5000), found);
  EXPECT_EQ(spec(module + "trainer = TrainerConfig(save_folder=folder, max_duration=Duration.steps(5000))\n"), found);
  EXPECT_EQ(spec(module + "loader = NumpyDataLoaderConfig(global_batch_size=1_000_000)\n"
                          "trainer = TrainerConfig(max_duration=Duration.tokens(int(5e9)))\n"),
            found);
  const std::string in_tokens = module +
                                "loader = DataConfig(global_batch_size=1_000_000)\ntrainer = TrainerConfig("
                                "max_duration=Duration.tokens(4_999_000_001))\n";
  EXPECT_EQ(imported(in_tokens).updates, 5000);
  EXPECT_EQ(imported(in_tokens, 3000).updates, 3000);
  EXPECT_EQ(imported(in_tokens, 3000).differences,
            std::vector<std::string>{"the run makes 3000 updates, as was asked for, not 5000"});
}

TEST(Foreign, UpdatesThatHaveANameOnly) {
  const std::string text =
      "cfg = ConfigContainer(train=TrainingConfig(train_iters=n), optimizer=OptimizerConfig(lr=3e-3),\n"
      "    scheduler=SchedulerConfig(lr_decay_style='cosine', lr_warmup_iters=2))\n";
  EXPECT_NE(import_error(text).find("train_iters = n: must be a number"), std::string::npos);
  EXPECT_EQ(spec(text, 1000), "cosine(steps=1001, peak=0.003, warmup=2, warmup_start=0)");
}

TEST(Foreign, LengthsOfPyTorchAreSteps) {
  for (const char* const call : {"LinearLR(opt, total_iters=0)", "ConstantLR(opt, total_iters=0)",
                                 "CosineAnnealingLR(opt, T_max=0)", "CosineAnnealingWarmRestarts(opt, T_0=0)"}) {
    EXPECT_THROW(imported(std::string("lr = 1\n") + call, 10), ArgumentError) << call;
  }
  EXPECT_NE(import_error("lr = 1\nCosineAnnealingLR(opt, T_max=0)").find("T_max = 0: must be 1 or more"),
            std::string::npos);
}

TEST(Foreign, NumbersThatPythonComputes) {
  EXPECT_EQ(spec("total = 10_000\nwarmup = int(0.0333 * total)\n"
                 "optax.warmup_cosine_decay_schedule(0.0, 1e-3, warmup, max(total, 5), min(1e-5, 1.0))\n"),
            "cosine(steps=10001, peak=0.001, warmup=333, warmup_start=0, final=1e-5)");
  EXPECT_EQ(spec("lr = float('1e-3')\nlr = float(1e-3)\nCosineAnnealingLR(opt, T_max=round(1000 * 0.0125))\n"),
            "cosine(steps=13, peak=0.001)");
  EXPECT_NE(
      import_error("optax.cosine_decay_schedule(1e-3, len(loader))").find("decay_steps = len(...): must be a number"),
      std::string::npos);
}

TEST(Foreign, CallsOfOptaxThatAreNot) {
  EXPECT_EQ(import_error("optax.piecewise_interpolate_schedule('linear', 1.0)"),
            "x, line 1: piecewise_interpolate_schedule is not translated: write a spec with stages(...)");
  EXPECT_EQ(import_error("optax.sgdr_schedule([dict(init_value=0.0)])"),
            "x, line 1: sgdr_schedule needs decay_steps in each of its dicts");
  EXPECT_EQ(import_error("optax.join_schedules(3, 4)"),
            "x, line 1: join_schedules is read where its schedules and boundaries are lists of calls and of steps that "
            "the text says");
  EXPECT_NE(
      import_error("optax.join_schedules([3, optax.constant_schedule(1)], [3])").find("schedules[0] is no call that"),
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
  EXPECT_EQ(import_error("tx = optax.chain(optax.sgd(" + schedule + "), optax.sgd(optax.constant_schedule(1.0)))\n"),
            "x, line 1: has several schedules in one call; give that of the learning rate");
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

}  // namespace
}  // namespace scheduled
