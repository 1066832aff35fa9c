#include "trainer/config.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>

#include "base/json_keys.hpp"
#include "scheduled/schedule.hpp"
#include "trainer/fields.hpp"

namespace scheduled::trainer {
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t most_steps = std::int64_t{1} << 53;
constexpr std::int64_t most_bytes = std::int64_t{1} << 50;
constexpr std::int64_t most_tokens = std::int64_t{1} << 24;  // of an update
constexpr std::int64_t most_weights = std::int64_t{1} << 34;

const Keys keys = {"data",     "model",   "batch",  "seed",      "schedule", "weight_decay",     "clip",
                   "distance", "threads", "device", "log_every", "evaluate", "checkpoint_every", "grad_norm_l1"};

std::vector<fs::path> files_of(const std::vector<std::string>& names, const fs::path& folder) {
  std::vector<fs::path> files;
  files.reserve(names.size());
  for (const std::string& name : names) files.push_back(folder / name);  // an absolute name stays
  return files;
}

void read_data(Fields data, const fs::path& folder, TrainConfig& config) {
  config.train = files_of(data.names("train"), folder);
  if (data.has("validation") == data.has("validation_bytes")) {
    data.refuse("data needs either validation (files) or validation_bytes (so many of the last bytes)");
  }
  if (data.has("validation")) config.validation = files_of(data.names("validation"), folder);
  config.validation_bytes = data.whole("validation_bytes", 1, most_bytes, 0);
  config.epochs = data.whole("epochs", 1, 1'000'000, 1);
}

void read_model(Fields model, TrainConfig& config) {
  ModelConfig& out = config.model;
  out.layers = model.whole("layers", 1, 1024);
  out.width = model.whole("width", 2, 1 << 16);
  out.heads = model.whole("heads", 1, 1 << 10);
  out.context = model.whole("context", 1, 1 << 20);
  out.mlp = model.whole("mlp", 1, 1 << 18);
  if (out.width % (2 * out.heads) != 0) {
    model.fail("width", "a multiple of 2 heads = " + std::to_string(2 * out.heads) + ", for the rotary embedding");
  }
  if (layout_of(out).total > most_weights) model.fail("layers", "such that there are at most 2^34 weights");
}

void check_device(const Fields& fields, const std::string& device) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool numbered = device.starts_with("cuda:") && device.size() > 5 && device.size() < 8 &&
                        std::all_of(device.begin() + 5, device.end(), digit);
  if (device != "cpu" && device != "cuda" && !numbered) fields.fail("device", "cpu, cuda or cuda:N");
}

void read_all(Fields fields, const fs::path& folder, TrainConfig& config) {
  read_data(fields.object("data", {"train", "validation", "validation_bytes", "epochs"}), folder, config);
  read_model(fields.object("model", {"layers", "width", "heads", "context", "mlp"}), config);
  config.batch = fields.whole("batch", 1, most_tokens);
  if (config.batch * config.model.context > most_tokens) {
    fields.fail("batch", "such that an update has at most 2^24 tokens");
  }
  config.seed = static_cast<std::uint64_t>(fields.whole("seed", 0, most_steps));
  config.schedule = fields.text("schedule");
  config.weight_decay = fields.number("weight_decay", false, config.weight_decay);
  config.clip = fields.number("clip", true, config.clip);
  config.distance = fields.number("distance", true, config.distance);
  config.threads = fields.whole("threads", 1, 1024, config.threads);
  config.device = fields.text("device", config.device);
  if (fields.has("device")) check_device(fields, config.device);
  config.log_every = fields.whole("log_every", 1, most_steps, config.log_every);
  if (fields.has("evaluate")) {
    Fields evaluate = fields.object("evaluate", {"every", "batches"});
    config.evaluate_every = evaluate.whole("every", 1, most_steps, 0);
    config.evaluate_batches = evaluate.whole("batches", 1, 1 << 20, config.evaluate_batches);
  }
  config.checkpoint_every = fields.whole("checkpoint_every", 1, most_steps, 0);
  config.grad_norm_l1 = fields.flag("grad_norm_l1", false);
}

}  // namespace

TrainConfig parse_config(std::string_view name, std::string_view text, const fs::path& folder) {
  const std::string where = std::string(name) + ": ";
  nlohmann::json json;
  try {
    KeysOnce once;
    json = nlohmann::json::parse(text, std::ref(once), true, true);
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(where + "is no JSON: " + error.what());
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(where + error.what());
  }
  TrainConfig config;
  config.file = fs::path(name);
  read_all(Fields(std::string(name), "", json, keys), folder, config);
  try {
    static_cast<void>(Schedule::parse(config.schedule));
    if (!Schedule::says_peak(config.schedule)) {
      throw std::invalid_argument("'" + config.schedule + "' has no peak; give the learning rate, peak=LR");
    }
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(where + "schedule: " + error.what());
  }
  return config;
}

TrainConfig read_config(const fs::path& file) {
  std::error_code error;
  std::ifstream in(file, std::ios::binary);
  if (!in || fs::is_directory(file, error)) {
    throw std::invalid_argument("config = " + file.string() + ": cannot be read; it must be a JSON file");
  }
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return parse_config(file.string(), text, file.parent_path());
}

}  // namespace scheduled::trainer
