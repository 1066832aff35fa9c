// Megatron-LM's batches that grow.
#include <gtest/gtest.h>

#include <string>

#include "support/foreign.hpp"

namespace scheduled {
namespace {

using testing::import_error;
using testing::imported;
using testing::megatron_flags;
using testing::megatron_in_samples;
using testing::spec;

TEST(Foreign, BatchesThatGrow) {
  const std::string rest = "cosine(steps=100001ex, peak=1, warmup=1000ex, warmup_start=0, ";
  const std::string in_steps =
      megatron_in_samples + "--seq-length 4096 --step-batch-size-schedule '0:32 40M:64 200M:128'";
  const std::string ramp = "--global-batch-size 192 --rampup-batch-size 32 16 30000";
  EXPECT_EQ(spec(megatron_in_samples + ramp), rest + "batch=[0:32, 30000ex:192 by 16], clock=examples)");
  EXPECT_EQ(imported(megatron_in_samples + ramp).updates, 744);
  EXPECT_EQ(spec("lr: 1\ntrain_samples: 100000\nlr_decay_style: cosine\nlr_warmup_samples: 1000\n"
                 "global_batch_size: 192\nrampup_batch_size: [32, 16, 30000]\n"),
            rest + "batch=[0:32, 30000ex:192 by 16], clock=examples)");
  EXPECT_EQ(spec(in_steps),
            "stages(peak=1, pieces=[hold until 1001ex, cosine to 0 over 99000ex, hold over 31ex], warmup=1000ex, "
            "warmup_start=0, batch=[0:32, 9765ex:64, 48828ex:128], seq_length=4096, clock=examples)");
  // Steps of the batch go on until all samples are consumed, a ramp leaves out what is no whole batch.
  EXPECT_EQ(imported(in_steps).updates, 306 + 610 + 400);
  EXPECT_EQ(imported(in_steps, 1316).schedule, imported(in_steps).schedule);
  EXPECT_EQ(imported(in_steps).schedule.steps(), 1316);
  EXPECT_EQ(imported(megatron_in_samples + "--seq-length 1 --step-batch-size-schedule '0:32 99970:64'").updates, 3125);
  EXPECT_EQ(imported(megatron_in_samples + "--seq-length 1 --step-batch-size-schedule '0:32 1T:64'").updates, 3125);
  EXPECT_EQ(imported(megatron_in_samples + "--seq-length 1 --step-batch-size-schedule 0:192").updates, 521);
  EXPECT_EQ(imported(megatron_in_samples + "--global-batch-size 192").updates, 520);
  // Samples that are whole updates are these, others keep their samples.
  EXPECT_EQ(spec(megatron_in_samples + "--global-batch-size 100"),
            "cosine(steps=1001, peak=1, warmup=10, warmup_start=0)");
  EXPECT_EQ(spec(megatron_in_samples + "--global-batch-size 192"), rest + "batch=192, clock=examples)");
}

TEST(Foreign, BatchesThatCannotGrow) {
  const auto said = [](const std::string& text, const std::string& what) {
    EXPECT_NE(import_error(text).find(what), std::string::npos) << import_error(text);
  };
  said(megatron_flags + " --rampup-batch-size 32 16 30000 --global-batch-size 64", "give train_samples");
  said(megatron_flags + " --step-batch-size-schedule '0:32 40M:64' --seq-length 4096",
       "with train_iters Megatron-LM takes each update of a length for micro_batch_size samples a rank");
  said(megatron_in_samples + "--seq-length 8 --global-batch-size 64 --step-batch-size-schedule '0:32 40M:64'",
       "contradicts step-batch-size-schedule = 0:32 40M:64: Megatron-LM refuses both");
  said(megatron_in_samples + "--global-batch-size 190 --rampup-batch-size 32 16 30000",
       "does not lead to global_batch_size = 190");
  said(megatron_in_samples + "--global-batch-size 32 --rampup-batch-size 32 16 30000",
       "does not lead to global_batch_size = 32");
  said(megatron_in_samples + "--global-batch-size 192 --rampup-batch-size 32 16", "must be three whole numbers");
  said(megatron_in_samples + "--global-batch-size 192 --rampup-batch-size 32 16 0", "must be three whole numbers");
  said(megatron_in_samples + "--global-batch-size 32 --lr-decay-iters 100", "is in updates, and the run in samples");
  said(megatron_flags + " --lr-warmup-samples 100", "is in samples, and the run in updates");
  said(megatron_in_samples + "--rampup-batch-size 32 16 30000", "global_batch_size: is missing");
  said(megatron_in_samples + "--global-batch-size 9007199254740992 --rampup-batch-size 1 1 30000",
       "more than 10000 changes");
  said(megatron_in_samples + "--step-batch-size-schedule 0:768", "seq_length: is missing");
  said(megatron_in_samples + "--seq-length 4096 --step-batch-size-schedule 768", "must be TOKENS:BATCH");
  said(megatron_in_samples + "--seq-length 4096 --step-batch-size-schedule '0:8 10%:16'", "must be TOKENS:BATCH");
  said(megatron_in_samples + "--seq-length 4096 --step-batch-size-schedule '0:8 100:16'",
       "must have marks that increase");
}

}  // namespace
}  // namespace scheduled
