// Checkpoints of former versions read to the same bits.
#include "trainer/checkpoint.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/json.hpp"
#include "support/temporary_folder.hpp"
#include "support/throws.hpp"

namespace scheduled::trainer {
namespace {

const Layout layout{{{"a", {1, 2}, 0, 2, 0.02}, {"b", {1}, 2, 1, 0.0}}, 2, 3};
const Identity identity{{"seed", "7"}, {"data.train", "1000 bytes, xxh3 0123456789abcdef"}};
const std::vector<float> values{0.5F, -1.0F, 1e-3F};

/// Exponents of two digits, as nlohmann-json writes them.
constexpr const char* former = R"json({
  "format": 1,
  "step": 3,
  "config": {
    "seed": "7",
    "data.train": "1000 bytes, xxh3 0123456789abcdef"
  },
  "loss_sum": 1.2345678901234567e-05,
  "loss_count": 1,
  "omega": )json";

class Checkpoints : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int k = 0; k < 3; ++k) omega_.push(1e-3);
    write_checkpoint(folder_.path(), layout, {values, values, values}, {3, omega_, 0.5, 1}, identity);
  }
  void write_state(const std::string& text) const { std::ofstream(folder_ / "state.json", std::ios::binary) << text; }
  TrainState read() { return read_checkpoint(folder_.path(), layout, identity, weights_); }
  std::string refused() {
    const std::string said = error_of([&] { read(); });
    const std::string file = (folder_ / "state.json").string() + ": ";
    EXPECT_EQ(said.substr(0, file.size()), file);
    return said.substr(std::min(file.size(), said.size()));
  }

  TemporaryFolder folder_;
  OmegaStream omega_;
  Weights weights_;
};

TEST_F(Checkpoints, StateOfAFormerVersion) {
  write_state(former + json_quoted(omega_.save()) + "\n}\n");
  const TrainState state = read();
  EXPECT_EQ(state.step, 3);
  EXPECT_EQ(state.loss_sum, 1.2345678901234567e-05);
  EXPECT_EQ(state.loss_count, 1);
  EXPECT_EQ(state.omega.save(), omega_.save());
  EXPECT_EQ(weights_.values, values);
}

/// What is written is the description's, which a newer one must not part from the reader: each member in its order.
TEST_F(Checkpoints, StateIsWrittenAsDescribed) {
  std::ifstream in(folder_ / "state.json", std::ios::binary);
  std::string written((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_EQ(written, R"({
  "format": 1,
  "step": 3,
  "config": {
    "seed": "7",
    "data.train": "1000 bytes, xxh3 0123456789abcdef"
  },
  "loss_sum": 0.5,
  "loss_count": 1,
  "omega": )" + json_quoted(omega_.save()) +
                         "\n}\n");
  TrainState state{3, omega_, 0.5, 1};
  state.average = {2, 1.5, {1.0, 2.0, 3.0}, AverageConfig{0.0, 0.1, 1, 2}};
  write_checkpoint(folder_.path(), layout, {values, values, values}, state, identity);
  const TrainState again = read();
  EXPECT_EQ(again.average.step, 2);
  EXPECT_EQ(again.average.count, 1.5);
  EXPECT_EQ(again.average.values, state.average.values);
  EXPECT_EQ(again.average.how, state.average.how);
}

/// A header of safetensors is what other programs read, too.
TEST_F(Checkpoints, HeaderOfTheWeights) {
  std::ifstream in(folder_ / "model.safetensors", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})";
  EXPECT_EQ(bytes.substr(8, header.size()), header);
}

TEST_F(Checkpoints, StatesThatAreNone) {
  write_state("{");
  EXPECT_EQ(refused(), "is no valid JSON: it ends too soon; the text may be cut off");
  write_state(R"({"format": 2, "more": 1})");
  EXPECT_EQ(refused(), "was written by a newer scheduled: its format is 2");
  write_state(R"({"format": 1, "config": {"seed": "7"}})");
  EXPECT_EQ(refused(), "config.data.train: is missing; must be text");
  write_state(former + std::string("\"\"}"));
  EXPECT_NE(refused().find("stream state"), std::string::npos);
}

}  // namespace
}  // namespace scheduled::trainer
