#include "trainer/checkpoint.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/error.hpp"
#include "base/object.hpp"
#include "base/safetensors.hpp"
#include "scheduled/error.hpp"
#include "shell/arguments.hpp"
#include "trainer/checkpoint_records.hpp"
#include "trainer/safetensors.hpp"

namespace scheduled::trainer {
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t most_count = std::int64_t{1} << 53;  // of a count
constexpr const char* model_file = "model.safetensors";
constexpr const char* optimizer_file = "optimizer.safetensors";
constexpr const char* state_file = "state.json";
constexpr const char* average_file = "average.safetensors";

std::span<const float> part(std::span<const float> flat, const TensorPlace& place) {
  return flat.subspan(static_cast<std::size_t>(place.offset), static_cast<std::size_t>(place.count));
}

[[noreturn]] void fail_at(const fs::path& path, const std::string& requirement) {
  throw ArgumentError({.requirement = requirement, .place = Place{path.string()}});
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    fail_at(path, "cannot be read; this checkpoint is not one of scheduled train");
  }
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Copies the tensors of a file into the flat buffer, each after `suffix` was added to its name.
void read_tensors(const fs::path& path, const Layout& layout, const std::string& suffix, std::vector<float>& flat,
                  const std::map<std::string, StoredTensor>& tensors) {
  flat.resize(static_cast<std::size_t>(layout.total));
  for (const TensorPlace& place : layout.tensors) {
    const auto at = tensors.find(place.name + suffix);
    if (at == tensors.end()) fail_at(path, "has no tensor " + place.name + suffix);
    if (at->second.shape != place.shape) {
      fail_at(path, "tensor " + place.name + suffix + " has another shape");
    }
    at->second.copy_to(
        std::span(flat).subspan(static_cast<std::size_t>(place.offset), static_cast<std::size_t>(place.count)));
  }
}

void check_identity(const fs::path& path, const ObjectReader& recorded, const Identity& identity) {
  for (const auto& [key, value] : identity) {
    const std::string& before = recorded.text(key);
    if (before == value) continue;
    const std::string undo = key.starts_with("data.")
                                 ? "the bytes are not those of before: files were changed, exchanged or put into "
                                   "another order, or data.validation_bytes is another; go on with the old ones"
                                 : "go on with that";
    std::error_code error;  // the store's paths are absolute, people's seldom
    const std::string shown = fs::proximate(path, error).string();
    fail_value(key, value,
               "the run was trained with " + before + " (" + shown + "); " + undo +
                   ", or begin another run in a folder of its own");
  }
}

void write_average(const fs::path& path, const Layout& layout, const RunningAverage& average) {
  std::vector<TensorEntry> entries;
  for (const TensorPlace& place : layout.tensors) {
    const auto begin = static_cast<std::uint64_t>(place.offset) * sizeof(double);
    entries.push_back(
        {place.name, "F64", place.shape, begin, begin + static_cast<std::uint64_t>(place.count) * sizeof(double)});
  }
  std::ofstream file(path, std::ios::binary);
  file << safetensors_header(entries);
  file.write(reinterpret_cast<const char*>(average.values.data()),  // NOLINT: values as bytes
             static_cast<std::streamsize>(average.values.size() * sizeof(double)));
  if (!file.flush()) throw std::runtime_error(path.string() + ": cannot be written");
}

/// The tensors of the layout in one buffer.
void read_average(const fs::path& path, const Layout& layout, RunningAverage& average,
                  const std::map<std::string, StoredTensor>& tensors) {
  average.values.resize(static_cast<std::size_t>(layout.total));
  for (const TensorPlace& place : layout.tensors) {
    const auto at = tensors.find(place.name);
    if (at == tensors.end()) fail_at(path, "has no tensor " + place.name);
    if (at->second.shape != place.shape || at->second.dtype != "F64") {
      fail_at(path, "tensor " + place.name + " has another shape or type");
    }
    if (!at->second.bytes.empty()) {
      std::memcpy(average.values.data() + place.offset, at->second.bytes.data(), at->second.bytes.size());
    }
  }
}

}  // namespace

Identity identity_of(const TrainConfig& config, const Corpus& corpus) {
  const ModelConfig& model = config.model;
  return {{"model.layers", std::to_string(model.layers)},
          {"model.width", std::to_string(model.width)},
          {"model.heads", std::to_string(model.heads)},
          {"model.context", std::to_string(model.context)},
          {"model.mlp", std::to_string(model.mlp)},
          {"batch", std::to_string(config.batch)},
          {"seed", std::to_string(config.seed)},
          {"weight_decay", format_number(config.weight_decay)},
          {"clip", format_number(config.clip)},
          {"distance", format_number(config.distance)},
          {"data.train", std::to_string(corpus.train_bytes()) + " bytes, xxh3 " + corpus.train_sum()},
          {"data.validation", std::to_string(corpus.validation_bytes()) + " bytes, xxh3 " + corpus.validation_sum()}};
}

void write_checkpoint(const fs::path& folder, const Layout& layout, const Weights& weights, const TrainState& state,
                      const Identity& identity) {
  std::vector<NamedTensor> model, optimizer;
  for (const TensorPlace& place : layout.tensors) {
    model.push_back({place.name, place.shape, part(weights.values, place)});
    optimizer.push_back({place.name + ".first", place.shape, part(weights.first, place)});
    optimizer.push_back({place.name + ".second", place.shape, part(weights.second, place)});
  }
  write_safetensors(folder / model_file, model);
  write_safetensors(folder / optimizer_file, optimizer);
  if (!state.average.values.empty()) write_average(folder / average_file, layout, state.average);
  std::ofstream file(folder / state_file, std::ios::binary);
  file << to_json(StoredState{state, identity}).dump(2) << '\n';
  if (!file.flush()) throw std::runtime_error((folder / state_file).string() + ": cannot be written");
}

TrainState read_checkpoint(const fs::path& folder, const Layout& layout, const Identity& identity, Weights& weights) {
  fs::path path = folder / state_file;
  TrainState state;
  const std::string text = read_file(path);
  const Json json = shell::located(path.string(), [&] { return Json::parse(text); });
  const ObjectReader fields(json, path.string());
  if (const std::int64_t format = fields.whole("format", 0, most_count); format > state_format) {
    fail_at(path, "was written by a newer scheduled: its format is " + std::to_string(format));
  }
  check_identity(path, fields.object("config"), identity);
  state.step = fields.whole("step", 0, most_count);
  state.loss_sum = fields.number("loss_sum");
  state.loss_count = fields.whole("loss_count", 0, most_count);
  const std::string& omega = fields.text("omega");
  state.omega = shell::located(path.string(), [&] { return OmegaStream::restore(omega); });
  const auto read = [&](const char* name, auto&& use) {
    path = folder / name;
    const std::string bytes = read_file(path);
    shell::located(path.string(), [&] { use(parse_safetensors(std::as_bytes(std::span(bytes)))); });
  };
  read(model_file, [&](const auto& tensors) { read_tensors(path, layout, "", weights.values, tensors); });
  read(optimizer_file, [&](const auto& tensors) {
    read_tensors(path, layout, ".first", weights.first, tensors);
    read_tensors(path, layout, ".second", weights.second, tensors);
  });
  if (fields.has("average")) {
    const ObjectReader average = fields.object("average");
    state.average.step = average.whole("step", 0, state.step);
    state.average.count = average.positive("count", 1.0);
    if (average.has("how")) {
      const ObjectReader how = average.object("how");
      state.average.how = AverageConfig{how.non_negative("half_life", 0.0), how.non_negative("share", 0.0),
                                        how.whole("from", 0, most_count), how.whole("every", 1, most_count)};
    }
    read(average_file, [&](const auto& tensors) { read_average(path, layout, state.average, tensors); });
  }
  return state;
}

Json state_schema(Schemas& schemas) { return schemas.of<StoredState>(); }

}  // namespace scheduled::trainer
