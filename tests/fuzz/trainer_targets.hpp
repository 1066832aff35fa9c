// Fuzz targets of the trainer's configuration and checkpoints; see targets.hpp.
#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/targets.hpp"
#include "scheduled/schedule.hpp"
#include "support/temporary_folder.hpp"
#include "trainer/checkpoint.hpp"
#include "trainer/config.hpp"

namespace scheduled::fuzz {

/// Only std::invalid_argument that begins with the name may come out; what is read can be trained with.
inline void train_config(std::string_view text) {
  trainer::TrainConfig config;
  try {
    config = trainer::parse_config("fuzz.json", text, "folder");
  } catch (const std::invalid_argument& error) {
    require(std::string_view(error.what()).starts_with("fuzz.json: "), "an error begins with the file");
    return;
  }
  require(!config.train.empty() && config.validation.empty() == (config.validation_bytes > 0), "there is data");
  require(config.batch >= 1 && config.batch * config.model.context <= (std::int64_t{1} << 24), "an update has a size");
  require(config.model.width % (2 * config.model.heads) == 0, "heads divide the width");
  require(trainer::layout_of(config.model).total <= (std::int64_t{1} << 34), "the model has a size");
  require(std::isfinite(config.weight_decay) && config.weight_decay >= 0.0, "weight_decay is >= 0");
  require(std::isfinite(config.clip) && config.clip > 0.0, "clip is > 0");
  require(std::isfinite(config.distance) && config.distance > 0.0, "distance is > 0");
  require(config.threads >= 1 && config.log_every >= 1 && config.epochs >= 1, "counts are >= 1");
  require(Schedule::parse(print(config.schedule)) == config.schedule, "the schedule is that of its text");
}

/// A small checkpoint, made once in each process.
class SmallCheckpoint {
 public:
  SmallCheckpoint() {
    const std::vector<float> values{0.5F, -1.0F, 1e-3F};
    trainer::TrainState state{.step = 3, .omega = OmegaStream(), .loss_sum = 2.5, .loss_count = 1};
    for (int k = 0; k < 3; ++k) state.omega.push(1e-3);
    trainer::write_checkpoint(folder_.path(), layout, {values, values, values}, state, identity);
    for (std::size_t k = 0; k < 3; ++k) good_[k] = read(k);
  }

  const std::filesystem::path& path() const { return folder_.path(); }
  std::string read(std::size_t k) const {
    std::ifstream in(path() / files[k], std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  std::string all() const { return read(0) + read(1) + read(2); }
  void write(std::size_t k, std::string_view bytes) const {
    std::ofstream(path() / files[k], std::ios::binary) << bytes;
  }
  void mend() const {
    for (std::size_t k = 0; k < 3; ++k) write(k, good_[k]);
  }

  const trainer::Layout layout{{{"a", {1, 2}, 0, 2, 0.02}, {"b", {1}, 2, 1, 0.0}}, 2, 3};
  const trainer::Identity identity{{"seed", "7"}, {"batch", "4"}};

 private:
  static constexpr const char* files[] = {"state.json", "model.safetensors", "optimizer.safetensors"};
  TemporaryFolder folder_;
  std::string good_[3];
};

/// The first byte chooses the file of the checkpoint that the rest of the bytes are; the others are good.
inline void checkpoint(std::string_view data) {
  static const SmallCheckpoint small;
  if (data.empty()) return;
  small.mend();
  small.write(static_cast<unsigned char>(data.front()) % 3U, data.substr(1));
  trainer::Weights weights;
  std::optional<trainer::TrainState> state;
  try {
    state = trainer::read_checkpoint(small.path(), small.layout, small.identity, weights);
  } catch (const std::invalid_argument& error) {
    // Its folder has a name of its own; the path may be one from the working directory.
    require(std::string_view(error.what()).find(small.path().filename().string()) != std::string_view::npos,
            "an error names the file");
    return;
  }
  require(state->step >= 0 && state->loss_count >= 0, "counts are >= 0");
  for (const auto* part : {&weights.values, &weights.first, &weights.second}) {
    require(part->size() == 3, "every weight is there");
  }
  trainer::write_checkpoint(small.path(), small.layout, weights, *state, small.identity);
  const std::string once = small.all();
  state = trainer::read_checkpoint(small.path(), small.layout, small.identity, weights);
  trainer::write_checkpoint(small.path(), small.layout, weights, *state, small.identity);
  require(small.all() == once, "what is written reads back equal");
}

}  // namespace scheduled::fuzz
