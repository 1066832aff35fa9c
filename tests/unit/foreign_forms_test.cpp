// What configurations are written in: how programs are told apart, and texts that nobody meant to be read.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "fuzz/foreign_target.hpp"
#include "fuzz/replay.hpp"
#include "support/foreign.hpp"

namespace scheduled {
namespace {

using testing::import_error;
using testing::imported;
using testing::megatron_flags;
using testing::spec;

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
  EXPECT_EQ(import_error(script + "${MIN_LR}"),
            "x, line 7: min-lr = ${MIN_LR}: is a variable, which is not looked up: put its value there");
}

TEST(Foreign, ValuesInQuotesLeaveTheirFlagOne) {
  EXPECT_EQ(spec("--lr='3e-4' --train-iters=\"100\" --lr-decay-style='cosine'"), "cosine(steps=101, peak=0.0003)");
  EXPECT_EQ(
      import_error("--learning_rate='1e-3' --max_iters='100' --warmup_iters='10' --lr_decay_iters='100'", "nanogpt"),
      "no error");
}

TEST(Foreign, ScriptsMayHaveShortFlagsAndVariables) {
  const ImportedSchedule found = imported(
      "make train_gpt2cu\nout_dir=\"log124M\"\n./train_gpt2cu \\\n    -o $out_dir \\\n    -l 0.0006 \\\n    -q 0.0 \\\n"
      "    -u 700 \\\n    -x 19560\n");
  EXPECT_EQ(found.tool, "llm.c");
  EXPECT_EQ(print(found.schedule), "cosine(steps=19561, peak=0.0006, warmup=700)");
  EXPECT_EQ(imported("learning_rate=6e-4\nmax_iters = 100 -10\nlr_decay_iters=90\nwarmup_iters=5\nmin_lr=6e-5\n").form,
            "Python");
}

TEST(Foreign, MessagesThatSpeakOfFlagsHoldNone) {
  const ImportedSchedule found =
      imported("USAGE=\"don't give --lr 1 twice\"\nMORE=\"$ARGS --dropout 0\"\n" + megatron_flags);
  EXPECT_EQ(found.taken[0].value, "0.0003");
  EXPECT_NE(std::find(found.ignored.begin(), found.ignored.end(), "USAGE"), found.ignored.end());
  EXPECT_NE(std::find(found.ignored.begin(), found.ignored.end(), "dropout"), found.ignored.end());
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
    EXPECT_NE(import_error(deep), "") << open;
    EXPECT_NE(import_error(deep.substr(20)), "") << open;
  }
  EXPECT_NE(import_error(std::string("a\0b", 3)).find("zero bytes"), std::string::npos);
}

TEST(Foreign, LettersThatAreNotAsciiStandInStringsAndCommentsOfToml) {
  const auto with = [](const std::string& line) {
    return "[optimizer]\nlr = 1e-3\n[training]\nsteps = 10\n[lr_scheduler]\nwarmup_steps = 2\n[x]\n" + line + "\n";
  };
  const std::string refused =
      "x, line 8: cannot be read as TOML: letters that are not ASCII stand in strings and comments only";
  for (const char* const line :
       {"a = \xce\x9a", "a = [1, \xce\x9a]", "\xce\x9a = 1", "a = 'b' \xc2\xa0", "a = \xff", "a = \"\xce\x9a\" \xce"}) {
    EXPECT_EQ(import_error(with(line)), refused) << line;
  }
  for (const char* const line : {"a = \"\xce\x9a \\\" # \"", "a = '\xce\x9a\\' # \xce\x9a", "\"\xce\x9a\" = 1",
                                 "a = \"\"\"\xce\x9a\n\"\xce\x9a\"\"\"", "a = '''\n'\xce\x9a\n''' # \xce\x9a"}) {
    EXPECT_EQ(import_error(with(line)), "no error") << line;
  }
  EXPECT_EQ(import_error("\xef\xbb\xbf" + with("a = 1")), "no error");
}

TEST(FuzzCorpus, Foreign) { fuzz::replay("foreign", fuzz::foreign); }

}  // namespace
}  // namespace scheduled
