#include <chrono>

#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

using Steps = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

TEST(JsonLines, ReadsOneObjectPerLine) {
  const RunLog log = parse_log("run.jsonl",
                               "{\"step\": 0, \"val_loss\": 10.5}\r\n\n"
                               "{\"step\": 10, \"loss\": 4.5, \"lr\": 1e-3, \"note\": \"a\", \"flag\": true}\n"
                               "{\"lr\": null, \"loss\": 4, \"step\": 20, \"more\": {\"step\": [1]}, \"n\": [1, 2]}\n");
  EXPECT_EQ(log.step, (Steps{0, 10, 20}));
  EXPECT_EQ(names(log), (Names{"lr", "train_loss", "val_loss"}));
  expect_column(log, "train_loss", {gap, 4.5, 4.0});
  expect_column(log, "lr", {gap, 1e-3, gap});
  expect_column(log, "val_loss", {10.5, gap, gap});
}

TEST(JsonLines, OneLineIsEnough) {
  EXPECT_EQ(parse_log("run.jsonl", R"({"iteration": 3, "eval_loss": 2})").step, (Steps{3}));
  EXPECT_EQ(parse_log("run.jsonl", R"({"step": 3, "loss": 2, "history": "x"})").step, (Steps{3}));
}

TEST(JsonLines, TrainAndValidationLinesOfOneStepAreOneRow) {
  const RunLog log = parse_log("run.jsonl", "{\"step\": 5, \"loss\": 4}\n{\"step\": 5, \"val_loss\": 3}\n");
  EXPECT_EQ(log.step, (Steps{5}));
  expect_column(log, "train_loss", {4.0});
  expect_column(log, "val_loss", {3.0});
}

TEST(JsonLines, RepeatedStepsAreOfARestart) {
  const std::string text = "{\"step\": 5, \"loss\": 4}\n{\"step\": 5, \"loss\": 3}\n{\"step\": 4, \"loss\": 3}\n";
  const ReadOptions strict = {.restarts = Restarts::error};
  EXPECT_EQ(parse_error("run.jsonl", text, strict),
            "run.jsonl, line 3: step = 4: steps must not go backwards (after 5)");
  EXPECT_EQ(parse_error("run.jsonl", text.substr(0, text.find("{\"step\": 4")), strict),
            "run.jsonl, line 2: loss = 3: step 5 has a value already");
  const RunLog last = parse_log("run.jsonl", text);
  EXPECT_EQ(last.step, (Steps{4}));
  expect_column(last, "train_loss", {3.0});
  EXPECT_EQ(last.notes, (Names{"steps go back in line 3, as after a restart: of the steps logged twice the last rows "
                               "count, 2 are left out"}));
  const RunLog log = parse_log("run.jsonl", text, {.restarts = Restarts::average});
  expect_column(log, "train_loss", {3.0, 3.5});
}

TEST(JsonLines, NamesLineAndColumnOfABadEntry) {
  const auto error = [](const std::string& line) {
    return parse_error("run.jsonl", "{\"step\": 1, \"loss\": 4}\n\n" + line + "\n{\"step\": 9, \"loss\": 4}\n");
  };
  EXPECT_EQ(error(R"({"step": 2, "loss": "4"})"), "run.jsonl, line 3: loss = \"4\": must be a finite number");
  EXPECT_EQ(error(R"({"step": 2, "loss": [4]})"), "run.jsonl, line 3: loss = [...]: must be a finite number");
  EXPECT_EQ(error(R"({"step": 2, "loss": {}})"), "run.jsonl, line 3: loss = {...}: must be a finite number");
  EXPECT_EQ(error(R"({"step": 2, "loss": false})"), "run.jsonl, line 3: loss = false: must be a finite number");
  EXPECT_EQ(error(R"({"step": 2, "lr": NaN})"), "run.jsonl, line 3: lr = NaN: must be a finite number");
  EXPECT_EQ(error(R"({"step": 2, "lr": -Infinity})"), "run.jsonl, line 3: lr = -Infinity: must be a finite number");
  EXPECT_EQ(error(R"({"step": 2, "loss": 1e999})"), "run.jsonl, line 3: loss = 1e999: must be a finite number");
  EXPECT_EQ(error(R"({"step": 2.5, "loss": 4})"),
            "run.jsonl, line 3: step = 2.5: must be a whole number >= 0 and <= 2^53");
  EXPECT_EQ(error(R"({"loss": 4})"), "no error");
  EXPECT_EQ(error(R"({"step": 2, "loss": 4, "loss": 5})"), "run.jsonl, line 3: has \"loss\" twice");
}

TEST(JsonLines, WhatIsNotFiniteIsNotLogged) {
  const RunLog log =
      parse_log("run.jsonl",
                "{\"step\": 1, \"loss\": 4, \"grad_norm\": Infinity, \"f1\": NaN, \"text\": \"NaN, {\"}\n"
                "{\"step\": 2, \"loss\": NaN, \"grad_norm\": 2, \"f1\": 0.5}\n{\"msg\": \"end\"}\n");
  expect_column(log, "train_loss", {4.0, gap});
  expect_column(log, "grad_norm", {gap, 2.0});
  expect_column(log, "f1", {gap, 0.5});
  EXPECT_EQ(log.notes, (Names{"1 row has no step, and is left out (first: line 3)",
                              "train_loss is NaN or the like in 1 row, first at step 2: taken as not logged",
                              "grad_norm is Infinity or the like in 1 row, first at step 1: taken as not logged"}));
}

TEST(JsonLines, NamesTheFirstLineToo) {
  EXPECT_EQ(parse_error("run.jsonl", "{\"step\": 1, \"lr\": NaN}\n{\"step\": 2, \"lr\": 3}\n"),
            "run.jsonl, line 1: lr = NaN: must be a finite number");
  EXPECT_EQ(
      parse_error("run.jsonl", "{\"loss\": 4}\n{\"loss\": 3}\n"),
      "run.jsonl: not a training log: no column step, iter or iteration; there are loss; --columns NAME=step names it");
  EXPECT_EQ(
      parse_error("run.jsonl", "{}\n"),
      "run.jsonl: not a training log: no column step, iter or iteration; there are none; --columns NAME=step names it");
  EXPECT_EQ(parse_error("run.jsonl", "{\"step\": 1}\n"), "run.jsonl: no column of numbers besides the step");
  EXPECT_EQ(parse_error("run.jsonl", "{\"step\": 1, \"loss\": 3}\n", {.columns = {{"time", "step"}}}),
            "run.jsonl: no column \"time\", which the options name; there are step, loss");
}

TEST(JsonLines, NamesLinesThatAreNoObject) {
  const std::string first = "{\"step\": 1, \"loss\": 4}\n";
  EXPECT_EQ(parse_error("run.jsonl", first + "[{}]\n"), "run.jsonl, line 2: must be a JSON object");
  EXPECT_EQ(parse_error("run.jsonl", first + "3\n"), "run.jsonl, line 2: must be a JSON object");
  EXPECT_EQ(parse_error("run.jsonl", first + "step 2\n"), "run.jsonl, line 2: not JSON near \"step\"");
  EXPECT_EQ(parse_error("run.jsonl", first + "{\"step\": 2} {\"step\": 3}\n"),
            "run.jsonl, line 2: step: not JSON near \"{\"");
  EXPECT_EQ(parse_error("run.jsonl", first + "{\"step\": 2, \"loss\":\n3}\n"),
            "run.jsonl, line 2: loss: the object does not end on its line");
}

TEST(JsonLines, SaysWhereItIsTruncated) {
  const std::string text = "{\"step\": 1, \"loss\": 4}\n{\"step\": 2, \"loss\": 3}";
  EXPECT_EQ(parse_error("run.jsonl", text.substr(0, text.size() - 1)), "run.jsonl, line 2: loss: truncated at byte 44");
  EXPECT_EQ(parse_error("run.jsonl", text.substr(0, 24)), "run.jsonl, line 2: truncated at byte 24");
  EXPECT_EQ(parse_error("run.jsonl", text.substr(0, 10)), "run.jsonl, line 1: step: truncated at byte 10");
}

TEST(JsonLines, RefusesATableFarLargerThanTheFile) {
  std::string text;
  for (int i = 0; i < 1100; ++i) text += "{\"step\": " + std::to_string(i) + ", \"c" + std::to_string(i) + "\": 1}\n";
  EXPECT_EQ(parse_error("run.jsonl", text), "run.jsonl: 1100 columns and 1100 steps are too sparse for one table");
}

TEST(JsonLines, BlankLinesTakeNoMoreThanOthers) {
  const std::string blank(1 << 19, '\n');
  const auto begin = std::chrono::steady_clock::now();
  const RunLog log =
      parse_log("run.jsonl", "{\"step\": 1, \"loss\": 4}" + blank + "{\"step\": 2, \"loss\": 3}" + blank);
  EXPECT_EQ(log.step, (Steps{1, 2}));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << "quadratic: minutes";
  EXPECT_NE(parse_error("run.jsonl", "{\"step\": 1}\n{\"step\": 2" + blank).find("truncated at byte 22"),
            std::string::npos);
}

TEST(JsonLines, ObjectsWithinRowsAreNoted) {
  const RunLog log = parse_log("run.jsonl", "{\"step\":1,\"lr\":0.5,\"metrics\":{\"loss\":3}}\n");
  EXPECT_EQ(log.notes, (std::vector<std::string>{"objects within the rows are not read: metrics"}));
}

TEST(JsonRows, WhatTheSummaryLacksIsNoEndOfALoss) {
  const std::string rows = R"({"log_history": [{"step": 1, "loss": 3}, {"step": 2, "loss": )";
  const std::string summary = R"(}, {"step": 3, "loss": NaN, "train_runtime": 1.5}]})";
  const RunLog log = parse_log("log", rows + "2" + summary);
  EXPECT_EQ(log.not_finite, (std::map<std::string, std::int64_t>{}));
  EXPECT_EQ(log.notes, (Names{"the row with train_runtime is the summary of the run, no point of its curves"}));
  EXPECT_EQ(parse_log("log", rows + "NaN" + summary).not_finite,
            (std::map<std::string, std::int64_t>{{"train_loss", 2}}));
}

TEST(JsonRows, OlderTrainersLogTheRateOfTheNextUpdate) {
  const auto state = [](const std::string& last) {
    return R"({"max_steps": 30, "log_history": [{"step": 10, "loss": 3, "learning_rate": 0.5, "grad_norm": 2},
      {"step": 30, "loss": 2, "learning_rate": )" +
           last + R"(, "grad_norm": 1}, {"step": 30, "eval_loss": 2.5}]})";
  };
  const RunLog old = parse_log("run", state("0.0"));
  EXPECT_EQ(series(old, "lr"), (Series{{11, 31}, {0.5, 0.0}}));
  EXPECT_EQ(series(old, "grad_norm"), (Series{{10, 30}, {2.0, 1.0}})) << "that of its own update";
  EXPECT_EQ(old.notes,
            (Names{"the rate of the last update is 0: rows have the rate of the update after theirs, as of an "
                   "older Trainer; --lr-of same says otherwise"}));
  EXPECT_EQ(series(parse_log("run", state("0.0"), {.lr_of = RateOf::same}), "lr"), (Series{{10, 30}, {0.5, 0.0}}));
  EXPECT_EQ(series(parse_log("run", state("0.25")), "lr"), (Series{{10, 30}, {0.5, 0.25}}));
}

TEST(JsonRows, ArraysInThePlaceOfRowsAreNone) {
  EXPECT_EQ(parse_error("log", R"([["a", 1, {"step": 1, "loss": 2}]])", {.format = "json-array"}),
            parse_error("log", "[]", {.format = "json-array"}));
  const RunLog log =
      parse_log("log", R"({"log_history": [[1, "x"], {"step": 1, "loss": 3}, [{"step": 2, "loss": 2}]]})");
  EXPECT_EQ(log.step, (std::vector<std::int64_t>{1}));
  expect_column(log, "train_loss", {3.0});
}

TEST(JsonLines, StepsOfATotal) {
  const RunLog log =
      parse_log("logging.jsonl",
                R"({"loss": 2.5, "learning_rate": 0.001, "global_step/max_steps": "1/20", "elapsed_time": "6s"}
{"loss": 2.25, "learning_rate": 0.002, "global_step/max_steps": "10/20", "elapsed_time": "9s"}
{"eval_loss": 2.125, "global_step/max_steps": "10/20"}
{"loss": 2.0, "learning_rate": 0.001, "global_step/max_steps": "20/20"}
{"train_runtime": 9.5, "train_loss": 2.375, "global_step/max_steps": "20/20"}
{"train_dataset": "287±102", "global_step": 20}
)");
  EXPECT_EQ(log.step, (Steps{1, 10, 20}));
  expect_column(log, "lr", {0.001, 0.002, 0.001});
  expect_column(log, "train_loss", {2.5, 2.25, 2.0});
  expect_column(log, "val_loss", {gap, 2.125, gap});
  EXPECT_EQ(log.notes, (Names{"the row with train_runtime is the summary of the run, no point of its curves",
                              "1 row has no step, and is left out (first: line 6)"}));
  EXPECT_EQ(error_of([] { parse_log("logging.jsonl", R"({"loss": 2.5, "global_step/max_steps": "x/20"})"); }),
            "logging.jsonl, line 1: global_step/max_steps = \"x/20\": must be a whole number >= 0 and <= 2^53");
}

TEST(JsonLines, TotalLossIsALossWhereNothingElseIs) {
  const RunLog log = parse_log("metrics.json", R"({"iteration": 19, "lr": 0.5, "total_loss": 2.5, "loss_cls": 1}
{"iteration": 39, "lr": 0.5, "total_loss": 2.25, "loss_cls": 1}
)");
  expect_column(log, "train_loss", {2.5, 2.25});
}

}  // namespace
}  // namespace scheduled::testing
