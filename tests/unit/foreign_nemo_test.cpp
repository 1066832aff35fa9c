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
  EXPECT_EQ(spec(of_class("WarmupAnnealingScheduler", "")), "linear(steps=100001, peak=0.0003)");
  // NeMo 1's schedulers have none of these.
  EXPECT_EQ(spec("model:\n  optim:\n    lr: 3e-4\n    sched:\n      name: CosineAnnealing\ntrainer:\n  max_steps: "
                 "1000\n"),
            "cosine(steps=1001, peak=0.0003)");
  EXPECT_NE(import_error("optim:\n  lr: 3.0e-4\n  lr_scheduler:\n    _target_: CosineAnnealingScheduler\ntrainer:\n"
                         "  max_steps: 1000\n")
                .find("constant_steps: is missing: NeMo 2's class takes 80000"),
            std::string::npos);
}

}  // namespace
}  // namespace scheduled
