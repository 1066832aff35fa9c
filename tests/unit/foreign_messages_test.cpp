// What an import says: what it took from where, what programs do otherwise, errors.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "support/foreign.hpp"

namespace scheduled {
namespace {

using testing::import_error;
using testing::imported;
using testing::megatron_flags;

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
  EXPECT_EQ(import_error("a: 1\nlearning_rate: fast\nlr_scheduler_type: linear\nmax_steps: 9\n"),
            "x, line 2: learning_rate = fast: must be a number");
  EXPECT_NE(import_error("lr_scheduler_type: linea\nmax_steps: 9\n")
                .find("x, line 1: lr_scheduler_type = linea: must be linear, cosine"),
            std::string::npos);
  EXPECT_NE(import_error("--lr 1 --train-iters 9 --lr-decay-style cosine --lr-warmup-iters 2 --lr-warmup-fraction 0.1")
                .find("contradicts lr-warmup-iters = 2: Megatron-LM refuses both"),
            std::string::npos);
  EXPECT_EQ(
      import_error("lr: 1\ntrain_iters: 9\nlr_decay_style: cosine\nlr_decay_itres: 2\n"),
      "x, line 4: lr_decay_itres = 2: is no key that is known of Megatron-LM, Megatron Bridge and sounds like its "
      "learning rate; leave it out where it has no say; did you mean 'lr_decay_iters'?");
  EXPECT_NE(import_error("--lr 1 --train-iters 9 --lr-boost 2 --lr-decay-style cosine")
                .find("lr-boost = 2: is no key that is known"),
            std::string::npos);
  EXPECT_NE(import_error(R"({"lr_scheduler_type": "linear", "num_train_epochs": 2})").find("max_steps: is not given"),
            std::string::npos);
  EXPECT_EQ(import_error(R"({"optimizer": {"type": "Adam", "params": {"lr": 1e-3}}, "train_batch_size": 8})"),
            "x: scheduler.type: is missing: without it the program that calls DeepSpeed says the schedule");
  EXPECT_EQ(import_error("{}"), import_error("{ }"));
  EXPECT_EQ(import_error(""), "x: is empty");
  EXPECT_NE(import_error("a: 1", "megatrn").find("did you mean 'megatron'?"), std::string::npos);
  EXPECT_EQ(import_error("--lr 1e-3 --min-lr 2e-3 --train-iters 9 --lr-decay-style cosine"),
            "x, line 1: min-lr = 0.002: must not be above peak = 0.001");
  EXPECT_NE(import_error("a:\n  lr: 1\nb:\n  lr: 2\ntrain_iters: 5\nlr_decay_style: cosine")
                .find("b.lr = 2: a.lr = 1 is there, too"),
            std::string::npos);
}

TEST(Foreign, EveryProgramIsInTheGuide) {
  std::ifstream page(std::string(SCHEDULED_TEST_DIR) + "/../docs/guide/foreign.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  for (const ForeignTool& tool : foreign_tools()) {
    EXPECT_NE(text.find("| `" + std::string(tool.name) + "` |"), std::string::npos) << tool.name;
    for (const ForeignKey& key : tool.keys) EXPECT_FALSE(key.meaning.empty()) << key.name;
  }
}

}  // namespace
}  // namespace scheduled
