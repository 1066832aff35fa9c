#include "trainer/config.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/object.hpp"
#include "scheduled/schedule.hpp"
#include "shell/arguments.hpp"

namespace scheduled::trainer {
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t most_steps = std::int64_t{1} << 53;
constexpr std::int64_t most_bytes = std::int64_t{1} << 50;
constexpr std::int64_t most_tokens = std::int64_t{1} << 24;  // of an update
constexpr std::int64_t most_weights = std::int64_t{1} << 34;

constexpr std::array<std::string_view, 15> keys{
    "data",    "model",  "batch",     "seed",     "schedule",         "weight_decay", "clip",   "distance",
    "threads", "device", "log_every", "evaluate", "checkpoint_every", "grad_norm_l1", "average"};
constexpr std::array<std::string_view, 4> data_keys{"train", "validation", "validation_bytes", "epochs"};
constexpr std::array<std::string_view, 5> model_keys{"layers", "width", "heads", "context", "mlp"};
constexpr std::array<std::string_view, 2> evaluate_keys{"every", "batches"};
constexpr std::array<std::string_view, 3> average_keys{"half_life", "from", "every"};

/// One or more names of files.
std::vector<fs::path> files_at(const ObjectReader& data, std::string_view key, const fs::path& folder) {
  constexpr std::string_view allowed = "a list of one or more names of files, [\"a.txt\", ...]";
  const Json& names = data.at(key, allowed);
  if (!names.is_array() || names.items().empty()) data.fail(key, allowed);
  std::vector<fs::path> files;
  for (const Json& name : names.items()) {
    if (!name.is_text() || name.text().empty()) data.fail(key, allowed);
    files.push_back(folder / name.text());  // an absolute name stays
  }
  return files;
}

void read_data(const ObjectReader& data, const fs::path& folder, TrainConfig& config) {
  data.only(data_keys);
  config.train = files_at(data, "train", folder);
  if (data.has("validation") == data.has("validation_bytes")) {
    data.fail_whole("needs either validation (files) or validation_bytes (so many of the last bytes)");
  }
  if (data.has("validation")) config.validation = files_at(data, "validation", folder);
  config.validation_bytes = data.whole("validation_bytes", 1, most_bytes, 0);
  config.epochs = data.whole("epochs", 1, 1'000'000, 1);
}

void read_model(const ObjectReader& model, TrainConfig& config) {
  model.only(model_keys);
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

void read_average(const ObjectReader& average, TrainConfig& config) {
  constexpr std::string_view allowed = "a number of updates, or a share of them such as \"10%\"";
  average.only(average_keys);
  AverageConfig& out = config.average.emplace();
  out.from = average.whole("from", 0, most_steps, 0);
  out.every = average.whole("every", 1, most_steps, 1);
  if (!average.has("half_life")) {
    if (!average.has("from"))
      average.fail_whole("needs half_life, or from: the mean of the weights after later updates");
    return;
  }
  const Json& half_life = average.at("half_life", allowed);
  if (half_life.is_number()) {
    out.half_life = average.positive("half_life", 0.0);
  } else {
    const std::string_view text = half_life.is_text() ? std::string_view(half_life.text()) : std::string_view();
    const auto share = text.ends_with('%') ? parse_number(text.substr(0, text.size() - 1)) : std::nullopt;
    if (!share || !(*share > 0.0 && *share <= 100.0)) average.fail("half_life", allowed);
    out.share = *share / 100.0;
  }
}

void check_device(const ObjectReader& fields, const std::string& device) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool numbered = device.starts_with("cuda:") && device.size() > 5 && device.size() < 8 &&
                        std::all_of(device.begin() + 5, device.end(), digit);
  if (device != "cpu" && device != "cuda" && !numbered) fields.fail("device", "cpu, cuda or cuda:N");
}

void read_all(const ObjectReader& fields, const fs::path& folder, TrainConfig& config) {
  fields.only(keys);
  read_data(fields.object("data"), folder, config);
  read_model(fields.object("model"), config);
  config.batch = fields.whole("batch", 1, most_tokens);
  if (config.batch * config.model.context > most_tokens) {
    fields.fail("batch", "such that an update has at most 2^24 tokens");
  }
  config.seed = static_cast<std::uint64_t>(fields.whole("seed", 0, most_steps));
  config.weight_decay = fields.non_negative("weight_decay", config.weight_decay);
  config.clip = fields.positive("clip", config.clip);
  config.distance = fields.positive("distance", config.distance);
  config.threads = fields.whole("threads", 1, 1024, config.threads);
  if (fields.has("device")) {
    config.device = fields.text("device");
    check_device(fields, config.device);
  }
  config.log_every = fields.whole("log_every", 1, most_steps, config.log_every);
  if (fields.has("evaluate")) {
    const ObjectReader evaluate = fields.object("evaluate");
    evaluate.only(evaluate_keys);
    config.evaluate_every = evaluate.whole("every", 1, most_steps, 0);
    config.evaluate_batches = evaluate.whole("batches", 1, 1 << 20, config.evaluate_batches);
  }
  config.checkpoint_every = fields.whole("checkpoint_every", 1, most_steps, 0);
  config.grad_norm_l1 = fields.flag("grad_norm_l1", false);
  if (fields.has("average")) read_average(fields.object("average"), config);
}

Schedule read_schedule(const ObjectReader& fields, const std::string& file) {
  const std::string text = fields.text("schedule");
  Schedule schedule = shell::located(file + ": schedule", [&] { return Schedule::parse(text); });
  if (!Schedule::says_peak(text)) {
    throw ArgumentError({.name = "schedule",
                         .value = concat({"'", text, "'"}),
                         .requirement = "has no peak; give the learning rate, peak=LR",
                         .place = Place{file}});
  }
  return schedule;
}

}  // namespace

TrainConfig parse_config(std::string_view name, std::string_view text, const fs::path& folder) {
  TrainConfig config;
  config.file = fs::path(name);
  const std::string file(name);
  const Json json = shell::located(file, [&] { return Json::parse(text, true); });
  const ObjectReader fields(json, file);
  read_all(fields, folder, config);
  config.schedule = read_schedule(fields, file);
  return config;
}

}  // namespace scheduled::trainer
