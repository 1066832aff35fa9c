// What programs print: a few lines of each.
#include "runlog/formats/template.hpp"

#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

using Steps = std::vector<std::int64_t>;
using Values = std::vector<double>;

/// Each series that is not empty.
std::map<std::string, Series> all_series(const RunLog& log) {
  std::map<std::string, Series> all;
  for (const auto& [name, values] : log.column) all[name] = series(log, name);
  return all;
}

struct Sample {
  std::string format, text;
  std::map<std::string, Series> expected;
};

std::vector<Sample> samples() {
  return {
      {"megatron",
       "using world size: 8\n"
       " iteration      100/   1000 | consumed samples:  25600 | elapsed time per iteration (ms): 1.2 | learning rate: "
       "1.500E-04 | global batch size:   256 | lm loss: 6.100000E+00 | loss scale: 1.0 | grad norm: 1.250 | number of "
       "skipped iterations:   0 |\n"
       " validation loss at iteration 100 | lm loss value: 6.000000E+00 | lm loss PPL: 4.034288E+02 |\n",
       {{"lr", {{100}, {1.5e-4}}},
        {"train_loss", {{100}, {6.1}}},
        {"grad_norm", {{100}, {1.25}}},
        {"val_loss", {{100}, {6.0}}}}},
      {"megatron",  // GPT-NeoX
       " samples/sec: 51.200 | iteration       10/     100 | elapsed time per iteration (ms): 837.1 | learning rate: "
       "1.250E-04 | approx flops per GPU: 120TFLOPS | lm_loss: 5.500000E+00 | number of skipped iterations:   0 |\n"
       " validation results at iteration 10 | lm_loss value: 5.250000E+00 | lm_loss_ppl value: 1.905663E+02 |\n",
       {{"lr", {{10}, {1.25e-4}}}, {"train_loss", {{10}, {5.5}}}, {"val_loss", {{10}, {5.25}}}}},
      {"llm.c-stdout",
       "| max_seq_len T         | 1024 |\nval loss 11.009\nstep    1/18865 | loss 10.500000 (+nanz)| norm 15.4017 "
       "(+nanz)| "
       "lr 0.00e+00 | 900 ms | 53.6% bf16 MFU | 580000 tok/s\nstep    2/18865 | loss 10.250000 (+nanz)| norm 7.5 "
       "(+nanz)| "
       "lr 1.50e-06 | 900 ms\nval loss 10.0\n",
       {{"lr", {{1, 2}, {0.0, 1.5e-6}}},
        {"train_loss", {{1, 2}, {10.5, 10.25}}},
        {"grad_norm", {{1, 2}, {15.4017, 7.5}}},
        {"val_loss", {{0, 2}, {11.009, 10.0}}}}},
      {"levanter",
       "2026-01-02 - 0 - levanter.json_logger - INFO :: {\"tracker\": \"json_logger\", \"event\": \"log\", \"step\": "
       "10, "
       "\"metrics\": {\"train/loss\": 5.25, \"global_step\": 10}}\n"
       "Progress on:train 11.0it/18.0it rate:34.5s/it remaining:04:01 elapsed:17:46 postfix:loss=15.5\n"
       "2026-01-02 - 0 - levanter.json_logger - INFO :: {\"tracker\": \"json_logger\", \"event\": \"log\", \"step\": "
       "10, "
       "\"metrics\": {\"optim/learning_rate\": 0.0005}}\n"
       "{\"tracker\": \"json_logger\", \"event\": \"log\", \"step\": 20, \"metrics\": {\"eval/loss\": 5.0}}\n",
       {{"lr", {{10}, {5e-4}}}, {"train_loss", {{10}, {5.25}}}, {"val_loss", {{20}, {5.0}}}}},
      {"modded-nanogpt",
       "    print0(f\"step:{step}/{train_steps} val_loss:{val_loss:.5f}\")\nstep:0/3350 val_loss:10.82584 "
       "train_time:0.001s\nstep:1/3350 train_time:100ms\nstep:125/3350 val_loss:4.66393 train_time:22.870s\n",
       {{"val_loss", {{0, 125}, {10.82584, 4.66393}}}}},
      {"nanogpt",
       "step 0: train loss 10.9, val loss 10.8\niter 0: loss 10.95, time 90ms, mfu -100.00%\niter 10: loss 9.5, time "
       "90ms\n",
       {{"train_loss", {{0, 10}, {10.95, 9.5}}}, {"val_loss", {{0}, {10.8}}}}},
      {"build-nanogpt",
       "0 val 10.9511\n0 hella 0.2463\n0 train 10.955029\n1 train 9.5\n",
       {{"train_loss", {{0, 1}, {10.955029, 9.5}}}, {"val_loss", {{0}, {10.9511}}}}},
      {"build-nanogpt",
       "validation loss: 10.9511\nstep     0 | loss: 10.955029 | lr 8.3916e-07 | norm: 15.3650 | dt: 1ms\n"
       "validation loss: 9.5\n",  // of the model after that update, as "1 val 9.5" of log.txt
       {{"train_loss", {{0}, {10.955029}}},
        {"val_loss", {{0, 1}, {10.9511, 9.5}}},
        {"lr", {{1}, {8.3916e-7}}},
        {"grad_norm", {{1}, {15.365}}}}},
      {"torchtitan",
       "[titan] 2024-06-01 12:00:00,000 - root - INFO - \x1b[31mstep: \x1b[36m10  \x1b[32mloss:  7.5000  "
       "\x1b[33mgrad_norm:  "
       "1.2500  \x1b[39mmemory: 40GiB(50%)\x1b[39m\n[titan] validate step: 10  loss:  7.2500\n",
       {{"train_loss", {{10}, {7.5}}}, {"grad_norm", {{10}, {1.25}}}, {"val_loss", {{10}, {7.25}}}}},
      {"deepspeed",
       "[2023-01-01 00:00:00,000] [INFO] [logging.py:96:log_dist] [Rank 0] step=10, skipped=0, lr=[0.001, 0.001], "
       "mom=[(0.9, 0.999)]\nsteps: 10 loss: 7.5000 iter time (s): 1.0 samples/sec: 10.0\n",
       {{"lr", {{10}, {0.001}}}, {"train_loss", {{10}, {7.5}}}}},
      {"litgpt",
       "Epoch 1 | iter 40 step 10 | loss train: 7.500, val: n/a | iter time: 100.0 ms (step)\niter 40: val loss 7.25, "
       "val time: 1 ms\nEpoch 1 | iter 44 step 11 | loss train: 7.250, val: 7.250 | iter time: 100.0 ms (step)\n",
       {{"train_loss", {{10, 11}, {7.5, 7.25}}}, {"val_loss", {{10}, {7.25}}}}},
      {"nanotron",
       "[INFO|DP=0]: iteration: 10 / 1000 | consumed_tokens: 1.05M | grad_norm: 1.25 | lm_loss: 7.5 | lr: 0.0003 |\n"
       "[INFO|DP=0]: iteration: 191 / 1000 | consumed_tokens: 196K | grad_norm: 201K | lm_loss: 9.18 | lr: 1e-05\n",
       {{"lr", {{10, 191}, {3e-4, 1e-5}}},
        {"train_loss", {{10, 191}, {7.5, 9.18}}},
        {"grad_norm", {{10, 191}, {1.25, 201e3}}}}},
      {"nemo",
       "Training epoch 0, iteration 0/9 | lr: 0 | global_batch_size: 1 | global_step: 0 | reduced_train_loss: 1.375 | "
       "train_step_timing in s: 2.1\n"
       "Training epoch 0, iteration 1/9 | lr: 2e-05 | global_batch_size: 1 | global_step: 1 | reduced_train_loss: 1.25 "
       "| consumed_samples: 2 | val_loss: 1.5\n"
       "Training epoch 0, iteration 2/9 | lr: 4e-05 | global_batch_size: 1 | global_step: 2 | reduced_train_loss: "
       "1.125 "
       "| consumed_samples: 3 | val_loss: 1.5\n",
       {{"lr", {{1, 2, 3}, {0.0, 2e-5, 4e-5}}},
        {"train_loss", {{0, 1, 2}, {1.375, 1.25, 1.125}}},
        {"val_loss", {{1}, {1.5}}}}},
      {"nemo",  // iterations count within their epoch
       "Training epoch 0, iteration 18/999 | lr: 2e-05 | global_batch_size: 512 | global_step: 18 | "
       "reduced_train_loss: 1.5\n"
       "Training epoch 1, iteration 0/999 | lr: 4e-05 | global_batch_size: 512 | global_step: 19 | "
       "reduced_train_loss: 1.25\n",
       {{"lr", {{19, 20}, {2e-5, 4e-5}}}, {"train_loss", {{18, 19}, {1.5, 1.25}}}}},
      {"nemo",
       "Training epoch 0, iteration 150/999 | lr: 4e-05 | global_batch_size: 4 | reduced_train_loss: 1.25\n",
       {{"lr", {{151}, {4e-5}}}, {"train_loss", {{150}, {1.25}}}}},
      {"nemo",
       "Epoch 0:   1%|  | 795/77225 [9:07:58<878:01:48, 41.36s/it, loss=3.1, v_num=, reduced_train_loss=3.125, "
       "global_step=794.0, consumed_samples=1.63e+6]\rEpoch 0:   1%|  | 796/77225 [9:08:58<878:01:48, 41.36s/it, "
       "loss=3.1, v_num=, reduced_train_loss=3.250, global_step=795.0]\n",
       {{"train_loss", {{794, 795}, {3.125, 3.25}}}}},
      {"levanter-bar",
       "2026-03-09 02:46:35 INFO Progress on:train 11.0it/1.20kit rate:34.5s/it remaining:04:01 elapsed:17:46 "
       "postfix:loss=15.5\n"
       "INFO Progress on:eval 11.0it/18.0it rate:34.5s/it remaining:04:01 elapsed:17:46 postfix:loss=1\n"
       "INFO Progress on:train 999it/1.20kit rate:1.2it/s remaining:1:04:01 elapsed:17:46 postfix:loss=3.25\n"
       "INFO Progress on:train 1.12kit/1.20kit rate:1.2it/s remaining:04:01 elapsed:17:46 postfix:loss=3.12\n",
       {{"train_loss", {{11, 999, 1120}, {15.5, 3.25, 3.12}}}}},
      {"fairseq",
       "2021 | INFO | train_inner | epoch 001:    100 / 2000 loss=13.5, nll_loss=13.1, ppl=9000, num_updates=100, "
       "lr=5e-05, "
       "gnorm=1.25, clip=0\n2021 | INFO | valid | epoch 001 | valid on 'valid' subset | loss 12.5 | nll_loss 12 | "
       "num_updates 100 | best_loss 12\n",
       {{"lr", {{100}, {5e-5}}},
        {"train_loss", {{100}, {13.5}}},
        {"grad_norm", {{100}, {1.25}}},
        {"val_loss", {{100}, {12.5}}}}},
      {"fairseq",  // --log-format json
       "2021-03-08 12:31:36 | INFO | train_inner | {\"epoch\": 1, \"update\": 0.0, \"loss\": \"16.5\", \"ppl\": "
       "\"9e4\", "
       "\"num_updates\": \"1\", \"lr\": \"2e-05\", \"gnorm\": \"20.75\", \"loss_scale\": \"4\"}\n"
       "2021-03-08 12:32:33 | INFO | train_inner | {\"epoch\": 1, \"update\": 0.0, \"loss\": \"16.25\", \"ppl\": "
       "\"9e4\", "
       "\"num_updates\": \"2\", \"lr\": \"4e-05\", \"gnorm\": \"19.5\", \"loss_scale\": \"4\"}\n"
       "2021-03-08 12:32:40 | INFO | valid | {\"epoch\": 1, \"valid_loss\": \"12.5\", \"valid_ppl\": \"9e4\", "
       "\"valid_num_updates\": \"2\", \"valid_best_loss\": \"12\"}\n"
       "2021-03-08 12:32:41 | INFO | train | {\"epoch\": 1, \"train_loss\": \"17\", \"train_num_updates\": \"2\", "
       "\"train_lr\": \"1\"}\n",
       {{"lr", {{1, 2}, {2e-5, 4e-5}}},
        {"train_loss", {{1, 2}, {16.5, 16.25}}},
        {"grad_norm", {{1, 2}, {20.75, 19.5}}},
        {"val_loss", {{2}, {12.5}}}}},
      {"olmo",
       "[step=10/1000,epoch=0]\n    optim/total_grad_norm=1.25\n    train/CrossEntropyLoss=7.5\n    "
       "optim/learning_rate_group0=0.0003\n",
       {{"lr", {{10}, {3e-4}}}, {"train_loss", {{10}, {7.5}}}, {"grad_norm", {{10}, {1.25}}}}},
      {"olmo",
       "2026-08-08 12:01:00 INFO [olmo_core.train.callbacks.console_logger:68] [step=12,000/20,000,epoch=0,eta=5h11m]\n"
       "    train/CE loss=6.25\n    train/PPL=511.9\n    optim/total grad norm=1,234\n    optim/LR (group 0)=0.0003\n",
       {{"lr", {{12000}, {3e-4}}}, {"train_loss", {{12000}, {6.25}}}, {"grad_norm", {{12000}, {1234.0}}}}},
      {"maxtext",
       "completed step: 10, seconds: 1.2, TFLOP/s/device: 100.0, Tokens/s/device: 10.0, total_weights: 8192, loss: "
       "7.5\n"
       "eval metrics after step: 10, loss=7.25, total_weights=8192.0\n",
       {{"train_loss", {{10}, {7.5}}}, {"val_loss", {{10}, {7.25}}}}},
  };
}

TEST(TextLogs, EveryProgramOfTheTable) {
  std::set<std::string> seen;
  for (const Sample& sample : samples()) {
    const RunLog log = parse_log("run.log", sample.text);
    EXPECT_EQ(log.format, sample.format);
    EXPECT_EQ(all_series(log), sample.expected) << sample.format;
    seen.insert(sample.format);
  }
  seen.insert("llm.c");  // in the cases
  for (const LogFormat& format : log_formats()) {
    if (format.what.find("templates") == std::string_view::npos) continue;
    EXPECT_TRUE(seen.contains(std::string(format.name))) << format.name;
  }
}

TEST(TextLogs, TemplatesOfTheUsersOwn) {
  const RunLog log = parse_log("run.log", "begin\n[7] rate=0.5 (err 3.25)\n[8] rate=0.25 (err 3)\n",
                               {.patterns = {"^[{step}] rate={lr} (err {train_loss})"}});
  EXPECT_EQ(log.step, (Steps{7, 8}));
  expect_column(log, "lr", {0.5, 0.25});
  expect_column(log, "train_loss", {3.25, 3.0});
  const auto error = [](const std::string& pattern) {
    return error_of([&] { parse_log("run.log", "x", {.patterns = {pattern}}); });
  };
  EXPECT_EQ(error("step {stepp}"),
            "pattern \"step {stepp}\" = stepp: must be step, lr, train_loss, val_loss, grad_norm or tokens; did you "
            "mean 'step'?");
  EXPECT_EQ(error("step {step"), "pattern = \"step {step\": a brace opens that nothing closes");
  EXPECT_EQ(error("step {step}{lr}"), "pattern = \"step {step}{lr}\": two numbers need something between them");
  EXPECT_EQ(error("step"),
            "pattern = \"step\": must name a column in braces, such as \"step {step} loss {train_loss}\"");
  EXPECT_EQ(error("{step} x"), "pattern = \"{step} x\": must begin with a text, or with ^ for the start of the line");
  EXPECT_EQ(error("at {step}"), "run.log: no line is as its format has them");
}

TEST(Template, MatchesWholeWordsAndAnyBlanks) {
  const runlog::Template loss("loss : {train_loss}");
  std::vector<runlog::TemplateValue> found;
  EXPECT_FALSE(loss.match("nll_loss: 3", found));
  EXPECT_TRUE(loss.match("nll_loss: 3, loss:2.5e0;", found));
  EXPECT_TRUE(loss.match("loss \t :   nan", found));
  EXPECT_FALSE(loss.match("loss: n/a", found));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].value, 2.5);
  EXPECT_TRUE(std::isnan(found[1].value));
}

TEST(Template, ReadsNumbersAsProgramsPrintThem) {
  const auto read = [](const char* text, const char* line) {
    std::vector<runlog::TemplateValue> found;
    return runlog::Template(text).match(line, found) ? found.front().value : -1.0;
  };
  EXPECT_EQ(read("step {step}/", "step 12,345/20,000"), 12345.0);
  EXPECT_EQ(read("step {step}", "step 1,234,567"), 1234567.0);
  EXPECT_EQ(read("step {step}", "step 1,2345"), 1.0) << "no thousands";
  EXPECT_EQ(read("step {step}, lr {lr}", "step 1, lr 0.5"), 1.0);
  EXPECT_EQ(read("step {step},{lr}", "step 1,500"), 1.0) << "the comma separates";
  EXPECT_EQ(read("lr=[{lr}", "lr=[0.001,0.002]"), 0.001);
  EXPECT_EQ(read("step {step}", "step 1.23k"), 1230.0);
  EXPECT_EQ(read("step {step}it/", "step 4.35kit/1.00Mit"), 4350.0);
  EXPECT_EQ(read("step {step}kit/", "step 4.35kit/1.00Mit"), 4.35) << "the template has the unit";
  EXPECT_EQ(read("norm {grad_norm}", "norm 201K |"), 201e3);
  EXPECT_EQ(read("norm {grad_norm}", "norm 2GiB"), 2.0) << "no number but a size";
  EXPECT_EQ(read("norm {grad_norm}", "norm K"), -1.0);
  EXPECT_EQ(read("norm {grad_norm}", "norm .5.5K"), 0.5);
}

TEST(TextLogs, ABarsRoundedStepsAreSaid) {
  const RunLog log = parse_log("run.log",
                               "Progress on:train 1.12kit/2.00kit rate:- postfix:loss=3.12\n"
                               "Progress on:train 1.12kit/2.00kit rate:- postfix:loss=3.11\n");
  EXPECT_EQ(log.step, (Steps{1120}));
  EXPECT_EQ(log.notes, (std::vector<std::string>{"steps from 1,000 on and losses are printed with three digits",
                                                 "train_loss is logged twice at 1 step, 1120: the last value counts"}));
}

TEST(TextLogs, ARunThatBeginsAnewIsSaid) {
  const auto notes = [](const std::string& text) { return parse_log("run.log", text).notes; };
  EXPECT_EQ(notes("iter 0: loss 9.5\niter 10: loss 8.5\niter 20: loss 8\niter 0: loss 9.25\n"),
            (std::vector<std::string>{"steps go back in line 4, as after a restart: of the steps logged twice the last "
                                      "rows count, 3 are left out; they go back to the first step: another run in one "
                                      "file is better split off"}));
  EXPECT_EQ(
      notes("iter 0: loss 9.5\niter 10: loss 8.5\niter 20: loss 8\niter 5: loss 9.25\n").back(),
      "steps go back in line 4, as after a restart: of the steps logged twice the last rows count, 2 are left out");
}

TEST(TextLogs, WhatIsNoLogIsNamed) {
  EXPECT_EQ(
      error_of([] {
        parse_log("out.log", "***** Running training *****\n{'loss': 2.5, 'learning_rate': 1e-05, 'epoch': 0.1}\n");
      }),
      "out.log: no log: what Hugging Face's Trainer prints, which has no steps: trainer_state.json, in the folder "
      "of a checkpoint, has them");
  EXPECT_EQ(
      error_of([] { parse_log("out.log", std::string("\xff\xfes\0t\0e\0p\0", 10)); }),
      "out.log: no log: text in UTF-16, as PowerShell's > writes it: write it as UTF-8 (iconv -f UTF-16 -t UTF-8)");
}

TEST(Formats, AreInsistedOnByName) {
  EXPECT_EQ(parse_log("run", "step,loss\n1,2\n", {.format = "csv"}).format, "csv");
  EXPECT_EQ(error_of([] { parse_log("run", "step,loss\n1,2\n", {.format = "cvs"}); }).substr(0, 24),
            "format = 'cvs': must be ");
  std::ifstream file(std::string(SCHEDULED_TEST_DIR) + "/../docs/guide/logs.md");
  const std::string guide{std::istreambuf_iterator<char>(file), {}};
  std::set<std::string_view> names;
  for (const LogFormat& format : log_formats()) {
    EXPECT_TRUE(names.insert(format.name).second) << format.name;
    EXPECT_FALSE(format.what.empty() || format.written_by.empty()) << format.name;
    EXPECT_NE(guide.find("`" + std::string(format.name) + "`"), std::string::npos) << format.name << " in the guide";
  }
}

}  // namespace
}  // namespace scheduled::testing
