// The trainer's configuration: what is read, what is refused and how that is said.
#include "trainer/config.hpp"

#include <gtest/gtest.h>

#include "support/throws.hpp"

namespace scheduled::trainer {
namespace {

const std::string good = R"json({ // comment
  "data": {"train": ["a.txt", "/b.txt"], "validation_bytes": 100},
  "model": {"layers": 2, "width": 32, "heads": 4, "context": 16, "mlp": 48},
  "batch": 4, "seed": 7, "schedule": "rsqrt(warmup=5, peak=1e-3)"
})json";

/// `good` with one text replaced by another.
std::string with(std::string_view from, std::string_view to) {
  std::string text = good;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string refused(const std::string& text) {
  return error_of([&] { parse_config("c.json", text, "folder"); });
}

TEST(TrainConfig, ReadsWithDefaults) {
  const TrainConfig config = parse_config("c.json", good, "folder");
  EXPECT_EQ(config.train, (std::vector<std::filesystem::path>{"folder/a.txt", "/b.txt"}));
  EXPECT_EQ(config.model, (ModelConfig{2, 32, 4, 16, 48}));
  EXPECT_EQ(config.validation_bytes, 100);
  EXPECT_EQ(config.epochs, 1);
  EXPECT_EQ(config.batch, 4);
  EXPECT_EQ(config.seed, 7U);
  EXPECT_EQ(config.weight_decay, 0.1);
  EXPECT_EQ(config.clip, 1.0);
  EXPECT_EQ(config.threads, 1);
  EXPECT_EQ(config.device, "cpu");
  EXPECT_EQ(config.log_every, 10);
  EXPECT_EQ(config.evaluate_every, 0);
  EXPECT_EQ(config.checkpoint_every, 0);
  EXPECT_EQ(parse_config("c", with("\"seed\": 7", R"("seed": 7, "device": "cuda:1")"), "").device, "cuda:1");
}

TEST(TrainConfig, NamesKeyValueAndWhatIsAllowed) {
  EXPECT_EQ(refused(with("\"layers\": 2, ", "")),
            "c.json: model.layers: is missing; must be a whole number from 1 to 1024");
  EXPECT_EQ(
      refused(with("\"seed\": 7", R"("seed": 7, "wieght_decay": 0)")),
      "c.json: wieght_decay = 0: is no key; must be data, model, batch, seed, schedule, weight_decay, clip, distance, "
      "threads, device, log_every, evaluate, checkpoint_every, grad_norm_l1 or average; did you mean 'weight_decay'?");
  EXPECT_EQ(refused(with("\"mlp\": 48", R"("mlp": 48, "dropout": 0.1)")),
            "c.json: model.dropout = 0.1: is no key of model; must be layers, width, heads, context or mlp");
  EXPECT_EQ(refused(with("\"batch\": 4", "\"batch\": 4.5")),
            "c.json: batch = 4.5: must be a whole number from 1 to 16777216");
  EXPECT_EQ(refused(with("\"batch\": 4", "\"batch\": 0")),
            "c.json: batch = 0: must be a whole number from 1 to 16777216");
  EXPECT_EQ(refused(with("\"seed\": 7", "\"seed\": -1")).substr(0, 21), "c.json: seed = -1: mu");
  EXPECT_EQ(refused(with("\"seed\": 7", "\"seed\": 18446744073709551615")),
            "c.json: seed = 18446744073709551616.0: must be a whole number from 0 to 9007199254740992");
  EXPECT_EQ(refused(with("\"seed\": 7", R"("seed": 7, "clip": 0)")), "c.json: clip = 0: must be a number > 0");
  EXPECT_EQ(refused(with("\"seed\": 7", R"("seed": 7, "grad_norm_l1": 1)")),
            "c.json: grad_norm_l1 = 1: must be true or false");
  EXPECT_EQ(refused(with("\"seed\": 7", R"("seed": 7, "device": "gpu")")),
            "c.json: device = \"gpu\": must be cpu, cuda or cuda:N");
  EXPECT_EQ(refused(with("\"width\": 32", "\"width\": 30")),
            "c.json: model.width = 30: must be a multiple of 2 heads = 8, for the rotary embedding");
  EXPECT_EQ(refused(with("[\"a.txt\", \"/b.txt\"]", "\"a.txt\"")),
            "c.json: data.train = \"a.txt\": must be a list of one or more names of files, [\"a.txt\", ...]");
  EXPECT_EQ(refused(with(", \"validation_bytes\": 100", "")),
            "c.json: data: needs either validation (files) or validation_bytes (so many of the last bytes)");
  EXPECT_EQ(refused(with("{\"layers\": 2, \"width\": 32, \"heads\": 4, \"context\": 16, \"mlp\": 48}", "3")),
            "c.json: model: must be an object {...}");
  EXPECT_NE(refused(with("rsqrt(warmup=5", "rsqrt(wramup=5")).find("c.json: schedule: "), std::string::npos);
  EXPECT_EQ(refused("{"), "c.json: is no valid JSON: it ends too soon; the text may be cut off");
  EXPECT_EQ(refused("[]"), "c.json: must be an object {...}");
}

/// A required key that is misspelt is unknown, not only missing; so is one of another name beside a missing one.
TEST(TrainConfig, AMisspeltKeyIsNamedBeforeTheMissingOne) {
  EXPECT_EQ(refused(with("\"width\"", "\"wdith\"")),
            "c.json: model.wdith = 32: is no key of model; must be layers, width, heads, context or mlp; did you mean "
            "'width'?");
  EXPECT_EQ(refused(with("\"width\"", "\"breadth\"")),
            "c.json: model.breadth = 32: is no key of model; must be layers, width, heads, context or mlp");
  EXPECT_EQ(refused(with("\"batch\"", "\"bacth\"")).substr(0, 39), "c.json: bacth = 4: is no key; must be d");
  EXPECT_EQ(
      refused(with("\"train\"", "\"trian\"")),
      "c.json: data.trian = [\"a.txt\",\"/b.txt\"]: is no key of data; must be train, validation, validation_bytes or "
      "epochs; did you mean 'train'?");
}

TEST(TrainConfig, TheAverage) {
  const auto average = [](const std::string& text) { return with("\"seed\": 7", "\"seed\": 7, \"average\": " + text); };
  const auto read = [&](const std::string& text) { return parse_config("c.json", average(text), "folder").average; };
  EXPECT_EQ(read(R"({"half_life": 200})"), (AverageConfig{.half_life = 200.0}));
  EXPECT_EQ(read(R"({"half_life": "10%", "every": 5})"), (AverageConfig{.share = 0.1, .every = 5}));
  EXPECT_EQ(read(R"({"from": 300})"), (AverageConfig{.from = 300}));
  EXPECT_FALSE(parse_config("c.json", with("\"seed\": 7", "\"seed\": 8"), "folder").average.has_value());
  EXPECT_EQ(refused(average(R"({"every": 2})")),
            "c.json: average: needs half_life, or from: the mean of the weights after later updates");
  for (const char* const bad : {"\"10\"", "\"0%\"", "\"101%\"", "true"}) {
    EXPECT_EQ(refused(average(R"({"half_life": )" + std::string(bad) + "}")),
              "c.json: average.half_life = " + std::string(bad) +
                  ": must be a number of updates, or a share of them such as \"10%\"");
  }
  EXPECT_EQ(refused(average(R"({"half_life": -1})")), "c.json: average.half_life = -1: must be a number > 0");
}

TEST(TrainConfig, AKeyIsGivenOnce) {
  EXPECT_EQ(refused(with("\"seed\": 7", R"("seed": 7, "seed": 7)")), "c.json: key 'seed' is given twice");
  EXPECT_EQ(refused(with("\"mlp\": 48", R"("mlp": 48, "width": 64)")), "c.json: key 'model.width' is given twice");
  EXPECT_EQ(refused(with("\"batch\": 4", R"("batch": 4, "model": {})")), "c.json: key 'model' is given twice");
  EXPECT_EQ(refused(with("\"/b.txt\"", R"("/b.txt", {"a": [{"b": 1}], "c": {"b": 1, "b": 2}})")),
            "c.json: key 'data.train.c.b' is given twice");
  // Equal names in different objects are no repetition.
  EXPECT_EQ(refused(with("\"/b.txt\"", R"("/b.txt", {"seed": 1}, {"seed": 1})")).substr(0, 20), "c.json: data.train =");
}

TEST(TrainConfig, DeepNestsAreRefused) {
  for (const std::size_t depth : {64UL, 1'000'000UL}) {
    const std::string nest = std::string(depth, '[') + std::string(depth, ']');
    EXPECT_EQ(refused(with("\"batch\": 4", "\"batch\": " + nest)), "c.json: is nested more than 64 deep");
  }
  const std::string nest = std::string(63, '[') + std::string(63, ']');
  EXPECT_EQ(refused(with("\"batch\": 4", "\"batch\": " + nest)),
            "c.json: batch = " + nest.substr(0, 60) + "...: must be a whole number from 1 to 16777216");
}

}  // namespace
}  // namespace scheduled::trainer
