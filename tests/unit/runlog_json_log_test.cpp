#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

using Steps = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

std::string history(const std::string& train, const std::string& val = "{}") {
  return R"({"history": {"train": )" + train + R"(, "val": )" + val + "}}";
}

TEST(JsonLog, JoinsTrainAndValByStep) {
  const RunLog log =
      parse_log("run.json",
                history(R"({"iter": [10, 20], "train_loss": [4.5, 4.25], "train_lr": [1e-3, 2e-3],
                              "train_perplexity": [90, 70], "grad_norm": [1.5, null]})",
                        R"({"iter": [0, 20], "val_loss": [10.5, 4.0], "val_perplexity": [5, 6], "val_acc": [0, 1]})"));
  EXPECT_EQ(log.name, "run.json");
  EXPECT_EQ(log.step, (Steps{0, 10, 20}));
  EXPECT_EQ(names(log),
            (Names{"grad_norm", "lr", "train_loss", "train_perplexity", "val_acc", "val_loss", "val_perplexity"}));
  expect_column(log, "train_loss", {gap, 4.5, 4.25});
  expect_column(log, "lr", {gap, 1e-3, 2e-3});
  expect_column(log, "grad_norm", {gap, 1.5, gap});
  expect_column(log, "val_loss", {10.5, gap, 4.0});
  expect_column(log, "val_acc", {0.0, gap, 1.0});
  EXPECT_TRUE(log.meta.empty());
}

TEST(JsonLog, TakesUsualNamesBestFirst) {
  const RunLog log = parse_log("run.json", history(R"({"iteration": [1], "learning_rate": [0.5], "loss": [3]})",
                                                   R"({"step": [1], "loss": [4]})"));
  EXPECT_EQ(names(log), (Names{"lr", "train_loss", "val_loss"}));
  const RunLog both = parse_log("run.json", history(R"({"iter": [1], "step": [2], "loss": [3], "train_loss": [4]})"));
  EXPECT_EQ(both.step, (Steps{2}));
  expect_column(both, "train_loss", {4.0});
  expect_column(both, "loss", {3.0});
  expect_column(both, "iter", {1.0});
}

TEST(JsonLog, NamesTheSectionWhereBothHaveAName) {
  const RunLog log = parse_log("run.json", history(R"({"iter": [1], "time": [5]})", R"({"iter": [1], "time": [6]})"));
  expect_column(log, "time", {5.0});
  expect_column(log, "val.time", {6.0});
}

TEST(JsonLog, OptionsNameColumns) {
  const std::string text = history(R"({"n": [1], "a": [5]})", R"({"iter": [1], "a": [6]})");
  const RunLog log =
      parse_log("run.json", text, {.columns = {{"n", "step"}, {"a", "train_loss"}, {"history.val.a", "val_loss"}}});
  expect_column(log, "train_loss", {5.0});
  expect_column(log, "val_loss", {6.0});
  EXPECT_EQ(parse_error("run.json", text, {.columns = {{"b", "lr"}}}),
            "run.json: no column \"b\", which the options name; there are n, a, iter, a");
  EXPECT_EQ(parse_error("run.json", text, {.columns = {{"n", "learning"}}}),
            "columns \"n\" = learning: must be step, lr, train_loss, val_loss, grad_norm or tokens");
  EXPECT_EQ(parse_error("run.json", text, {.columns = {{"n", "lr"}, {"a", "lr"}}}),
            "run.json: the options give two columns \"lr\"");
  EXPECT_EQ(parse_error("run.json", history(R"({"iter": [1, 2], "a": [5, "x"]})"), {.columns = {{"a", "lr"}}}),
            "run.json: history.train.a[1] = \"x\": must be a finite number");
}

TEST(JsonLog, AveragesRepeatedStepsOfRestarts) {
  const std::string text = history(R"({"iter": [10, 20, 30, 20, 10, 20], "train_loss": [4, 3, 2.5, 3.5, null, 4],
                                       "train_lr": [0.1, 0.1, 0.3, 0.1, 0.1, 0.1]})");
  for (const Restarts mode : {Restarts::automatic, Restarts::average}) {
    const RunLog log = parse_log("run.json", text, {.restarts = mode});
    EXPECT_EQ(log.step, (Steps{10, 20, 30}));
    expect_column(log, "train_loss", {4.0, 3.5, 2.5});
    expect_column(log, "lr", {0.1, 0.1, 0.3});
  }
  EXPECT_EQ(parse_error("run.json", text, {.restarts = Restarts::error}),
            "run.json: history.train.iter[3] = 20: steps must not go backwards (after 30)");
  EXPECT_EQ(parse_error("run.json", history(R"({"iter": [1, 1], "loss": [2, 3]})"), {.restarts = Restarts::error}),
            "run.json: history.train.loss[1] = 3: step 1 has a value already");
}

TEST(JsonLog, AveragesWithoutOverflow) {
  const RunLog log =
      parse_log("run.json", history(R"({"iter": [1, 1, 1, 1], "loss": [1e308, 1.5e308, -1e308, 1e308]})"));
  EXPECT_NEAR(log.at("train_loss")[0] / 1e308, 0.625, 1e-12);
}

TEST(JsonLog, MetaIsConfigThenFinalValThenSummary) {
  const RunLog log = parse_log("run.json", R"({
    "summary": {"lr": 0, "parameters": 33479040, "train/loss": 3.5, "final-val/loss": 2.75, "final-val/acc": 0.5,
                "_wandb": {"runtime": 235}},
    "config": {"lr": 0.001, "wandb": true, "compile": false, "scheduler": "wsd", "resume_from": null, "at": [1, 2],
               "seed": -1},
    "name": "x",
    "history": {"train": {"iter": [1], "train_loss": [3]},
                "final-val": {"iter": [5], "final_val_loss": [2.5, 2.25], "final_val_best_loss_wa": [],
                              "final_val_text": ["x"]}}})");
  const std::map<std::string, MetaValue> expected = {
      {"lr", 0.001},  {"wandb", 1.0},           {"compile", 0.0},           {"scheduler", "wsd"},
      {"seed", -1.0}, {"final_val_loss", 2.25}, {"parameters", 33479040.0}, {"final_val_acc", 0.5}};
  EXPECT_EQ(log.meta, expected);
  EXPECT_EQ(log.number("final_val_loss"), 2.25);
  EXPECT_EQ(log.number("scheduler"), std::nullopt);
  EXPECT_EQ(log.number("none"), std::nullopt);
}

TEST(JsonLog, LeavesOutWhatCannotBePlaced) {
  const RunLog log = parse_log(
      "run.json", history(R"({"iter": [1, 2], "loss": [3, 2], "note": ["a", "b"], "nest": [[1], {"a": 2}], "one": 3,
                              "object": {"iter": [1]}, "none": null, "flag": [true, false], "": [1, 2]})",
                          R"({"iter": [1, 2], "val_loss": [3, 2], "val_acc": [0.5], "more": [1, 2, 3]})"));
  EXPECT_EQ(names(log), (Names{"train_loss", "val_loss"}));
}

TEST(JsonLog, NamesTheEntryThatIsNoNumber) {
  const auto error = [](const std::string& train) { return parse_error("run.json", history(train)); };
  EXPECT_EQ(error(R"({"iter": [1, 2], "train_lr": [0.1, "fast"]})"),
            "run.json: history.train.train_lr[1] = \"fast\": must be a finite number");
  EXPECT_EQ(error(R"({"iter": [1, 2], "train_lr": [true, 0.1]})"),
            "run.json: history.train.train_lr[0] = true: must be a finite number");
  EXPECT_EQ(error(R"({"iter": [1, 2], "train_lr": [0.1, [0.1]]})"),
            "run.json: history.train.train_lr[1] = [...]: must be a finite number");
  EXPECT_EQ(error(R"({"iter": [1, 2], "train_lr": [{}, 0.1]})"),
            "run.json: history.train.train_lr[0] = {...}: must be a finite number");
  EXPECT_EQ(error(R"({"iter": [1, 2], "train_lr": 0.1})"),
            "run.json: history.train.train_lr = 0.1: must be an array of numbers");
  EXPECT_EQ(error(R"({"iter": [1, 2], "train_lr": ["\u0007\u00e9 and a text of more than forty characters"]})"),
            "run.json: history.train.train_lr[0] = \"\\x07\\xc3\\xa9 and a text of more than forty charac...\": "
            "must be a finite number");
}

TEST(JsonLog, NamesNaNAndOverflow) {
  const auto error = [](const std::string& entry) {
    return parse_error("run.json", history("{\"iter\": [1, 2],\n \"train_loss\": [0.5, " + entry + "]}"));
  };
  for (const std::string entry : {"1e999", "-1e999"}) {
    EXPECT_EQ(error(entry), "run.json, line 2: history.train.train_loss[1] = " + entry + ": must be a finite number");
  }
  for (const std::string entry : {"NaN", "-NaN", "nan", "Infinity", "-Infinity", "inf"}) {
    const RunLog log = parse_log("run.json", history("{\"iter\": [1, 2], \"loss\": [0.5, " + entry + "]}"));
    expect_column(log, "train_loss", {0.5, gap});
    EXPECT_EQ(log.notes.size(), 1U) << entry;
    EXPECT_EQ(parse_error("run.json", history("{\"iter\": [1, 2], \"lr\": [0.5, " + entry + "]}")),
              "run.json: history.train.lr[1] = " + entry + ": must be a finite number");
  }
}

TEST(JsonLog, NamesWrongSteps) {
  const auto error = [](const std::string& train) { return parse_error("run.json", history(train)); };
  const std::string must = ": must be a whole number >= 0 and <= 2^53";
  EXPECT_EQ(error(R"({"iter": [1, 2.5], "loss": [1, 1]})"), "run.json: history.train.iter[1] = 2.5" + must);
  EXPECT_EQ(error(R"({"iter": [-1, 2], "loss": [1, 1]})"), "run.json: history.train.iter[0] = -1" + must);
  EXPECT_EQ(error(R"({"iter": [1, 9007199254740994], "loss": [1, 1]})"),
            "run.json: history.train.iter[1] = 9007199254740994" + must);
  EXPECT_EQ(error(R"({"iter": [1, "2"], "loss": [1, 1]})"), "run.json: history.train.iter[1] = \"2\"" + must);
  EXPECT_EQ(error(R"({"iter": 3, "loss": [1, 1]})"), "run.json: history.train.iter = 3" + must);
  EXPECT_EQ(error(R"({"iter": [null, 2], "loss": [1, 1]})"), "run.json: history.train.iter[0]: missing");
  EXPECT_EQ(error(R"({"loss": [1, 1]})"), "run.json: history.train.iter is missing (or step, or iteration)");
  EXPECT_EQ(parse_error("run.json", history(R"({"iter": [1], "loss": [1]})", R"({"val_loss": [1]})")),
            "run.json: history.val.iter is missing (or step, or iteration)");
}

TEST(JsonLog, NamesColumnsOfDifferentLength) {
  EXPECT_EQ(parse_error("run.json", history(R"({"iter": [1, 2], "train_loss": [1, 2, 3]})")),
            "run.json: history.train.train_loss has 3 entries, history.train.iter has 2");
  EXPECT_EQ(parse_error("run.json", history(R"({"iter": [1, 2], "train_loss": []})")),
            "run.json: history.train.train_loss has 0 entries, history.train.iter has 2");
  EXPECT_EQ(parse_error("run.json", history(R"({"iter": [1, 2], "acc": [1]})"), {.columns = {{"acc", "val_loss"}}}),
            "run.json: history.train.acc has 1 entries, history.train.iter has 2");
}

TEST(JsonLog, NamesWhatAppearsTwice) {
  EXPECT_EQ(parse_error("run.json", history(R"({"iter": [1], "iter": [2], "train_loss": [1]})")),
            "run.json: history.train.iter appears twice");
  const RunLog named =
      parse_log("run.json", history(R"({"iter": [1], "a": [2], "lr": [1]})"), {.columns = {{"a", "lr"}}});
  expect_column(named, "lr", {2.0});
  EXPECT_EQ(named.notes, (Names{"history.train.lr is left out: another column has its name"}));
  const RunLog both =
      parse_log("run.json", history(R"({"iter": [1], "a": [2], "val.a": [1]})", R"({"iter": [1], "a": [1]})"));
  EXPECT_EQ(both.notes, (Names{"history.val.a is left out: another column has its name"}));
}

TEST(JsonLog, NamesWhatIsMissing) {
  EXPECT_EQ(parse_error("run.json", R"({"history": {}})"),
            "run.json: history.train and history.val are both missing or empty");
  EXPECT_EQ(parse_error("run.json", history("[1]")),
            "run.json: history.train and history.val are both missing or empty");
  EXPECT_EQ(parse_error("run.json", "{\n\"config\": {}}"),
            "run.json: not a training log: a JSON object without an object \"history\" or an array \"log_history\"");
  EXPECT_EQ(parse_error("run.json", "{\n\"history\": []}"),
            "run.json: not a training log: a JSON object without an object \"history\" or an array \"log_history\"");
  EXPECT_EQ(parse_error("run.json", history(R"({"iter": [1, 2]})")), "run.json: no column of numbers besides the step");
  EXPECT_EQ(parse_error("run.json", history(R"({"iter": [], "loss": []})")), "run.json: has no rows");
}

TEST(JsonLog, SaysWhereItIsTruncated) {
  const std::string text = "{\"history\": {\n\"train\": {\"iter\": [1, 2],\n\"train_loss\": [1.5, 2.5]}}}";
  EXPECT_EQ(parse_error("run.json", text), "no error");
  EXPECT_EQ(parse_error("run.json", text.substr(0, 62)),
            "run.json, line 3: truncated at byte 62, in history.train.train_loss[1]");
  EXPECT_EQ(parse_error("run.json", text.substr(0, 38)),
            "run.json, line 2: truncated at byte 38, in history.train.iter");
  EXPECT_EQ(parse_error("run.json", text.substr(0, text.size() - 1)),
            "run.json, line 3: truncated at byte 66, in history");
  for (std::size_t length = 1; length < text.size(); ++length) {
    const std::string part = text.substr(0, length);
    EXPECT_NE(parse_error("run.json", part).find(": truncated at byte " + std::to_string(length)), std::string::npos)
        << part << "\n"
        << parse_error("run.json", part);
  }
}

TEST(JsonLog, NamesWhatIsNotJson) {
  EXPECT_EQ(parse_error("run.json", "{\"history\": {\"train\":\n {\"iter\": [1, oops]}}}"),
            "run.json, line 2: not JSON near \"oops\", in history.train.iter[1]");
  EXPECT_EQ(parse_error("run.json", history(R"({"iter": [1], "loss": [1]})") + "\n}"),
            "run.json, line 2: not JSON near \"}\"");
  EXPECT_EQ(parse_error("run.json", "{\"history\": {\"train\":\n \"\xff\"}}"),
            "run.json, line 2: not JSON near \"\\xff\", in history.train");
}

TEST(JsonLog, RefusesATableFarLargerThanTheFile) {
  std::string train = "{\"iter\": []";
  for (int i = 0; i < 2000; ++i) train += ", \"c" + std::to_string(i) + "\": []";
  std::string val = "{\"iter\": [0";
  for (int i = 1; i < 1000; ++i) val += ", " + std::to_string(i);
  EXPECT_EQ(parse_error("run.json", history(train + "}", val + "]}")),
            "run.json: 2000 columns and 1000 steps are too sparse for one table");
}

TEST(JsonLog, SurvivesDeepNesting) {
  const std::string open(100000, '[');
  EXPECT_EQ(parse_error("run.json", R"({"history": {"train": {"iter": )" + open),
            "run.json, line 1: truncated at byte 100031, in history.train.iter");
}

}  // namespace
}  // namespace scheduled::testing
