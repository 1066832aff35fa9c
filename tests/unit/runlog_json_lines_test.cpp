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

TEST(JsonLines, RepeatedStepsAreAFaultOfTheFile) {
  const std::string text = "{\"step\": 5, \"loss\": 4}\n{\"step\": 5, \"loss\": 3}\n{\"step\": 4, \"loss\": 3}\n";
  EXPECT_EQ(parse_error("run.jsonl", text),
            "run.jsonl: line 3, column step = 4: steps must not go backwards (after 5)");
  EXPECT_EQ(parse_error("run.jsonl", text.substr(0, text.find("{\"step\": 4"))),
            "run.jsonl: line 2, column loss = 3: step 5 has a value already");
  const RunLog log = parse_log("run.jsonl", text, {.columns = {}, .repeated_steps = RepeatedSteps::average});
  expect_column(log, "train_loss", {3.0, 3.5});
}

TEST(JsonLines, NamesLineAndColumnOfABadEntry) {
  const auto error = [](const std::string& line) {
    return parse_error("run.jsonl", "{\"step\": 1, \"loss\": 4}\n\n" + line + "\n{\"step\": 9, \"loss\": 4}\n");
  };
  EXPECT_EQ(error(R"({"step": 2, "loss": "4"})"), "run.jsonl: line 3, column loss = \"4\": must be a finite number");
  EXPECT_EQ(error(R"({"step": 2, "loss": [4]})"), "run.jsonl: line 3, column loss = [...]: must be a finite number");
  EXPECT_EQ(error(R"({"step": 2, "loss": {}})"), "run.jsonl: line 3, column loss = {...}: must be a finite number");
  EXPECT_EQ(error(R"({"step": 2, "loss": false})"), "run.jsonl: line 3, column loss = false: must be a finite number");
  EXPECT_EQ(error(R"({"step": 2, "loss": NaN})"), "run.jsonl: line 3, column loss = NaN: must be a finite number");
  EXPECT_EQ(error(R"({"step": 2, "loss": -Infinity})"),
            "run.jsonl: line 3, column loss = -Infinity: must be a finite number");
  EXPECT_EQ(error(R"({"step": 2, "loss": 1e999})"), "run.jsonl: line 3, column loss = 1e999: must be a finite number");
  EXPECT_EQ(error(R"({"step": 2.5, "loss": 4})"),
            "run.jsonl: line 3, column step = 2.5: must be a whole number >= 0 and <= 2^53");
  EXPECT_EQ(error(R"({"loss": 4})"), "run.jsonl: line 3, column step: missing");
  EXPECT_EQ(error(R"({"step": 2, "loss": 4, "loss": 5})"), "run.jsonl: line 3: has \"loss\" twice");
}

TEST(JsonLines, NamesTheFirstLineToo) {
  EXPECT_EQ(parse_error("run.jsonl", "{\"step\": 1, \"loss\": NaN}\n{\"step\": 2, \"loss\": 3}\n"),
            "run.jsonl: line 1, column loss = NaN: must be a finite number");
  EXPECT_EQ(parse_error("run.jsonl", "{\"loss\": 4}\n{\"loss\": 3}\n"),
            "run.jsonl: not a training log: no column step, iter or iteration; there are loss");
  EXPECT_EQ(parse_error("run.jsonl", "{}\n"),
            "run.jsonl: not a training log: no column step, iter or iteration; there are none");
  EXPECT_EQ(parse_error("run.jsonl", "{\"step\": 1}\n"), "run.jsonl: no column of numbers besides the step");
  EXPECT_EQ(parse_error("run.jsonl", "{\"step\": 1, \"loss\": 3}\n", {.columns = {{"time", "step"}}}),
            "run.jsonl: no column \"time\", which the options name; there are step, loss");
}

TEST(JsonLines, NamesLinesThatAreNoObject) {
  const std::string first = "{\"step\": 1, \"loss\": 4}\n";
  EXPECT_EQ(parse_error("run.jsonl", first + "[{}]\n"), "run.jsonl: line 2: must be a JSON object");
  EXPECT_EQ(parse_error("run.jsonl", first + "3\n"), "run.jsonl: line 2: must be a JSON object");
  EXPECT_EQ(parse_error("run.jsonl", first + "step 2\n"), "run.jsonl: line 2: not JSON near \"step\"");
  EXPECT_EQ(parse_error("run.jsonl", first + "{\"step\": 2} {\"step\": 3}\n"),
            "run.jsonl: line 2, column step: not JSON near \"{\"");
  EXPECT_EQ(parse_error("run.jsonl", first + "{\"step\": 2, \"loss\":\n3}\n"),
            "run.jsonl: line 2, column loss: the object does not end on its line");
}

TEST(JsonLines, SaysWhereItIsTruncated) {
  const std::string text = "{\"step\": 1, \"loss\": 4}\n{\"step\": 2, \"loss\": 3}";
  EXPECT_EQ(parse_error("run.jsonl", text.substr(0, text.size() - 1)),
            "run.jsonl: truncated at byte 44 (line 2, column loss)");
  EXPECT_EQ(parse_error("run.jsonl", text.substr(0, 24)), "run.jsonl: truncated at byte 24 (line 2)");
  EXPECT_EQ(parse_error("run.jsonl", text.substr(0, 10)), "run.jsonl: truncated at byte 10 (line 1), in step");
}

TEST(JsonLines, RefusesATableFarLargerThanTheFile) {
  std::string text;
  for (int i = 0; i < 1100; ++i) text += "{\"step\": " + std::to_string(i) + ", \"c" + std::to_string(i) + "\": 1}\n";
  EXPECT_EQ(parse_error("run.jsonl", text), "run.jsonl: 1100 columns and 1100 steps are too sparse for one table");
}

}  // namespace
}  // namespace scheduled::testing
