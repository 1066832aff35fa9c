// NeMo's schedulers, and the classes around them.
#include <gtest/gtest.h>

#include <string>

#include "support/foreign.hpp"

namespace scheduled {
namespace {

using testing::import_error;
using testing::imported;
using testing::spec;

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
  EXPECT_EQ(spec(of_class("WarmupAnnealingScheduler", "warmup_steps=0")), "linear(steps=100001, peak=0.0003)");
  EXPECT_NE(spec(of_class("WarmupAnnealingScheduler", "")).find("linear(steps=100001, peak=0.0003, warmup=750, "),
            std::string::npos);
  EXPECT_EQ(
      imported(of_class("WarmupAnnealingScheduler", "")).differences,
      std::vector<std::string>{"warmup_steps is not given: 750, the default of NeMo 2's class, but for 2.0, which "
                               "has no warmup there"});
  EXPECT_NE(import_error(of_class("WarmupPolicyScheduler", "warmup_ratio=0.1"))
                .find("contradicts warmup_steps, which is 750, the default of NeMo 2's class: NeMo refuses both; give "
                      "warmup_steps = None"),
            std::string::npos);
  EXPECT_NE(spec(of_class("WarmupPolicyScheduler", "warmup_steps=None, warmup_ratio=0.01")).find("warmup=1000, "),
            std::string::npos);
  // NeMo 1's schedulers have none of these.
  EXPECT_EQ(spec("model:\n  optim:\n    lr: 3e-4\n    sched:\n      name: CosineAnnealing\ntrainer:\n  max_steps: "
                 "1000\n"),
            "cosine(steps=1001, peak=0.0003)");
  EXPECT_NE(import_error("optim:\n  lr: 3.0e-4\n  lr_scheduler:\n    _target_: CosineAnnealingScheduler\ntrainer:\n"
                         "  max_steps: 1000\n")
                .find("constant_steps: is missing: NeMo 2's class takes 80000"),
            std::string::npos);
}

const std::string nemo_optim = "model:\n  optim:\n    lr: 1e-3\n    sched:\n      name: ";

TEST(Foreign, NemosPolicies) {
  const auto of = [](const std::string& name, const std::string& more = "      warmup_steps: 99\n") {
    return spec(nemo_optim + name + "\n" + more + "trainer:\n  max_steps: 1000\n");
  };
  const std::string rise = "peak=0.001, warmup=99, warmup_start=1%";
  const std::string held = "      warmup_steps: 99\n      hold_steps: 601\n      min_lr: 1e-5\n";
  EXPECT_EQ(of("WarmupHoldPolicy", held), "constant(steps=1000, " + rise + ")");
  EXPECT_EQ(of("WarmupHoldAnnealLinear", held),
            "wsd(steps=1001, " + rise + ", cooldown=300, decay=linear, final=1e-5)");
  EXPECT_EQ(of("WarmupHoldAnnealOneMinusSquareRoot", held),
            "wsd(steps=1001, " + rise + ", cooldown=300, decay=1-sqrt, floor=1e-5)");
  EXPECT_EQ(of("PolynomialHoldDecayAnnealing", held + "      power: 2.0\n"),
            "wsd(steps=1001, " + rise + ", cooldown=300, decay=polynomial, power=2, final=1e-5)");
  EXPECT_EQ(of("SquareAnnealing"), "polynomial(steps=1001, " + rise + ", power=2, floor=1e-5)");
  EXPECT_EQ(of("SquareRootAnnealing", "      min_lr: 1e-5\n"),
            "polynomial(steps=1001, peak=0.001, power=0.5, floor=1e-5)");
  EXPECT_EQ(of("NoamHoldAnnealing", "      warmup_steps: 99\n      decay_rate: 1.0\n"),
            "inverse-power(steps=1000, peak=0.001, alpha=1, timescale=99, warmup=99, warmup_start=1%)");
  EXPECT_EQ(of("NoamAnnealing", "      warmup_steps: 100\n      d_model: 100\n      min_lr: 1e-6\n"),
            "rsqrt(steps=1000, peak=1e-5, timescale=100, warmup=100, warmup_start=1%, warmup_delay=1, floor=1e-6)");
  // Without a time at the peak these decays count from step 0, and so begin below it.
  EXPECT_EQ(of("WarmupHoldAnnealLinear").find("table("), 0U);
}

TEST(Foreign, NemosPoliciesThatAreNot) {
  const auto said = [](const std::string& name, const std::string& more = "") {
    return import_error(nemo_optim + name + "\n" + more + "trainer:\n  max_steps: 1000\n");
  };
  EXPECT_EQ(said("T5InverseSquareRootAnnealing"),
            "x, line 5: model.optim.sched.name = T5InverseSquareRootAnnealing: has the rate 1/sqrt(step) whatever the "
            "learning rate is: write a spec with rsqrt");
  EXPECT_NE(said("ReduceLROnPlateau").find("it is no schedule"), std::string::npos);
  EXPECT_NE(said("StepLR").find("is PyTorch's: import its call, StepLR(optimizer, ...)"), std::string::npos);
  EXPECT_NE(said("CosineAnneal").find("is not translated; must be CosineAnnealing, WarmupPolicy, "), std::string::npos);
  EXPECT_NE(said("NoamAnnealing", "      d_model: ${model.encoder.d_model}\n")
                .find("is a variable, which is not looked up: put its value there"),
            std::string::npos);
  EXPECT_NE(said("NoamHoldAnnealing").find("needs a warmup"), std::string::npos);
  EXPECT_NE(said("SquareAnnealing", "      min_lr: 2e-3\n").find("must not be above peak"), std::string::npos);
  EXPECT_NE(said("CosineAnnealing", "      constant_steps: 10\n      min_lr: 1e-3\n").find("which NeMo asserts"),
            std::string::npos);
  const std::string of_class = "optim:\n  lr: 1e-3\n  lr_scheduler:\n    _target_: WarmupPolicyScheduler\n    ";
  EXPECT_NE(import_error(of_class + "interval: epoch\ntrainer:\n  max_steps: 9\n").find("must be step"),
            std::string::npos);
  EXPECT_NE(import_error(of_class + "frequency: 2\ntrainer:\n  max_steps: 9\n").find("must be 1"), std::string::npos);
}

TEST(Foreign, NemosMaxStepsAreTheTrainers) {
  const std::string text = nemo_optim + "CosineAnnealing\n      max_steps: 500\n";
  const ImportedSchedule found = imported(text + "trainer:\n  max_steps: 1000\n");
  EXPECT_EQ(print(found.schedule), "cosine(steps=1001, peak=0.001)");
  EXPECT_EQ(found.differences, std::vector<std::string>{
                                   "the scheduler's max_steps = 500 has no say: NeMo puts the trainer's in its place"});
  // A run that is so many epochs long leaves the scheduler its own.
  EXPECT_EQ(spec(text + "trainer:\n  max_steps: -1\n"), "cosine(steps=501, peak=0.001)");
  EXPECT_EQ(spec(text, 400), "stages(peak=0.001, pieces=[hold until 1, cosine to 0 over 500 until 400])");
  EXPECT_EQ(spec("optim = nl.MegatronOptimizerModule(config=OptimizerConfig(lr=1e-3),\n    lr_scheduler="
                 "CosineAnnealingScheduler(max_steps=500, warmup_steps=0, constant_steps=0, min_lr=0))\n"
                 "trainer = nl.Trainer(max_steps=1000)\n"),
            "cosine(steps=1001, peak=0.001)");
}

}  // namespace
}  // namespace scheduled
