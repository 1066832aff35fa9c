#include "trainer/config.hpp"

#include <algorithm>
#include <functional>
#include <type_traits>
#include <utility>

#include "base/error.hpp"
#include "base/object.hpp"
#include "base/schema.hpp"
#include "scheduled/schedule.hpp"
#include "shell/arguments.hpp"

namespace scheduled::trainer {
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t most_steps = std::int64_t{1} << 53;
constexpr std::int64_t most_bytes = std::int64_t{1} << 50;
constexpr std::int64_t most_tokens = std::int64_t{1} << 24;  // of an update
constexpr std::int64_t most_weights = std::int64_t{1} << 34;

/// A key: how it is read, and its JSON Schema.
struct Setting {
  std::string_view key, meaning;
  bool needed = false;
  std::function<void(const ObjectReader&, const fs::path& folder, TrainConfig&)> read;
  Json schema;
};
using Settings = std::vector<Setting>;

constexpr bool needed = true;
constexpr bool optional = false;

Json range_schema(const char* type, const char* limit, Json value) {
  return Json::object({{"type", type}, {limit, std::move(value)}});
}

// Makers of settings. `at(config)` is where the value goes; where it is optional, what stands there is the default.

template <class At>
Setting whole(std::string_view key, At at, std::int64_t least, std::int64_t most, bool must, std::string_view meaning) {
  using Value = std::remove_cvref_t<decltype(at(std::declval<TrainConfig&>()))>;
  TrainConfig usual;
  const auto otherwise = static_cast<std::int64_t>(at(usual));
  Json schema = Json::object({{"type", "integer"}, {"minimum", least}, {"maximum", most}});
  if (!must && otherwise >= least) schema["default"] = otherwise;
  const auto read = [=](const ObjectReader& object, const fs::path&, TrainConfig& config) {
    at(config) = static_cast<Value>(must ? object.whole(key, least, most) : object.whole(key, least, most, otherwise));
  };
  return {key, meaning, must, read, std::move(schema)};
}

template <class At>
Setting positive(std::string_view key, At at, std::string_view meaning) {
  TrainConfig usual;
  Json schema = range_schema("number", "exclusiveMinimum", 0);
  schema["default"] = at(usual);
  const auto read = [=](const ObjectReader& object, const fs::path&, TrainConfig& config) {
    at(config) = object.positive(key, at(config));
  };
  return {key, meaning, optional, read, std::move(schema)};
}

/// One or more names of files.
template <class At>
Setting files(std::string_view key, At at, bool must, std::string_view meaning) {
  const auto read = [=](const ObjectReader& data, const fs::path& folder, TrainConfig& config) {
    constexpr std::string_view allowed = "a list of one or more names of files, [\"a.txt\", ...]";
    if (!must && !data.has(key)) return;
    const Json& names = data.at(key, allowed);
    if (!names.is_array() || names.items().empty()) data.fail(key, allowed);
    for (const Json& name : names.items()) {
      if (!name.is_text() || name.text().empty()) data.fail(key, allowed);
      at(config).push_back(folder / name.text());  // an absolute name stays
    }
  };
  Json schema = range_schema("array", "minItems", 1);
  schema["items"] = range_schema("string", "minLength", 1);
  return {key, meaning, must, read, std::move(schema)};
}

void read_all(const ObjectReader& object, const Settings& settings, const fs::path& folder, TrainConfig& config) {
  std::vector<std::string_view> keys;
  for (const Setting& setting : settings) keys.push_back(setting.key);
  object.only(keys);
  for (const Setting& setting : settings) setting.read(object, folder, config);
}

Json object_schema(const Settings& settings, std::string_view meaning) {
  ObjectSchema object;
  for (const Setting& setting : settings) {
    object.add(setting.key, setting.schema, std::string(setting.meaning), setting.needed);
  }
  return object.json(meaning);
}

/// An object of settings; `check` looks at them together, and `besides` says the same in the schema.
using Check = void (*)(const ObjectReader&, const TrainConfig&);
Setting object(std::string_view key, const Settings& settings, bool must, std::string_view meaning, Check check,
               const Json& besides = Json::object()) {
  const auto read = [=](const ObjectReader& outer, const fs::path& folder, TrainConfig& config) {
    if (!must && !outer.has(key)) return;
    const ObjectReader inner = outer.object(key);
    read_all(inner, settings, folder, config);
    check(inner, config);
  };
  Json schema = object_schema(settings, meaning);
  for (const auto& [name, value] : besides.members()) schema.add(name, value);
  return {key, meaning, must, read, std::move(schema)};
}

void check_nothing(const ObjectReader&, const TrainConfig&) {}

/// One of the two members must be there.
Json either(const char* how, std::string_view a, std::string_view b) {
  const auto with = [](std::string_view key) { return Json::object({{"required", Json::array({key})}}); };
  return Json::object({{how, Json::array({with(a), with(b)})}});
}

void check_data(const ObjectReader& data, const TrainConfig&) {
  if (data.has("validation") != data.has("validation_bytes")) return;
  data.fail_whole("needs either validation (files) or validation_bytes (so many of the last bytes)");
}

Setting data_setting() {
  const auto bytes = [](TrainConfig & c) -> auto& { return c.validation_bytes; };
  return object("data",
                {files(
                     "train", [](TrainConfig & c) -> auto& { return c.train; }, needed,
                     "Files, read as bytes, one after the other; relative to the configuration's folder"),
                 files(
                     "validation", [](TrainConfig & c) -> auto& { return c.validation; }, optional,
                     "Files of the validation text; or instead validation_bytes"),
                 whole("validation_bytes", bytes, 1, most_bytes, optional,
                       "So many of the last bytes of train, which are then not trained on"),
                 whole(
                     "epochs", [](TrainConfig & c) -> auto& { return c.epochs; }, 1, 1'000'000, optional,
                     "Passes over the training bytes")},
                needed, "What is trained on", check_data, either("oneOf", "validation", "validation_bytes"));
}

void check_model(const ObjectReader& model, const TrainConfig& config) {
  const ModelConfig& sizes = config.model;
  if (sizes.width % (2 * sizes.heads) != 0) {
    model.fail("width", "a multiple of 2 heads = " + std::to_string(2 * sizes.heads) + ", for the rotary embedding");
  }
  if (layout_of(sizes).total > most_weights) model.fail("layers", "such that there are at most 2^34 weights");
}

Setting model_setting() {
  return object(
      "model",
      {whole(
           "layers", [](TrainConfig & c) -> auto& { return c.model.layers; }, 1, 1024, needed, "Blocks"),
       whole(
           "width", [](TrainConfig & c) -> auto& { return c.model.width; }, 2, 1 << 16, needed,
           "Of the residual stream; a multiple of 2 heads"),
       whole(
           "heads", [](TrainConfig & c) -> auto& { return c.model.heads; }, 1, 1 << 10, needed, "Of the attention"),
       whole(
           "context", [](TrainConfig & c) -> auto& { return c.model.context; }, 1, 1 << 20, needed,
           "Bytes of a sequence"),
       whole(
           "mlp", [](TrainConfig & c) -> auto& { return c.model.mlp; }, 1, 1 << 18, needed, "Hidden width of the MLP")},
      needed, "Sizes of the model", check_model);
}

Setting evaluate_setting() {
  return object("evaluate",
                {whole(
                     "every", [](TrainConfig & c) -> auto& { return c.evaluate_every; }, 1, most_steps, optional,
                     "Updates; without it at the ends only"),
                 whole(
                     "batches", [](TrainConfig & c) -> auto& { return c.evaluate_batches; }, 1, 1 << 20, optional,
                     "Batches of validation windows, spread evenly, the same each time")},
                optional, "The validation loss", check_nothing);
}

AverageConfig& average_of(TrainConfig& config) { return config.average ? *config.average : config.average.emplace(); }

void read_half_life(const ObjectReader& average, const fs::path&, TrainConfig& config) {
  constexpr std::string_view key = "half_life";
  constexpr std::string_view allowed = "a number of updates, or a share of them such as \"10%\"";
  if (!average.has(key)) return;
  const Json& half_life = average.at(key, allowed);
  if (half_life.is_number()) {
    average_of(config).half_life = average.positive(key, 0.0);
    return;
  }
  const std::string_view text = half_life.is_text() ? std::string_view(half_life.text()) : std::string_view();
  const auto share = text.ends_with('%') ? parse_number(text.substr(0, text.size() - 1)) : std::nullopt;
  if (!share || !(*share > 0.0 && *share <= 100.0)) average.fail(key, allowed);
  average_of(config).share = *share / 100.0;
}

void check_average(const ObjectReader& average, const TrainConfig&) {
  if (average.has("half_life") || average.has("from")) return;
  average.fail_whole("needs half_life, or from: the mean of the weights after later updates");
}

Setting average_setting() {
  Json half_life = any_of({range_schema("number", "exclusiveMinimum", 0), range_schema("string", "pattern", "^.+%$")});
  return object("average",
                {{"half_life", "Updates after which a weight counts half, or a share of them such as 10%", optional,
                  read_half_life, std::move(half_life)},
                 whole(
                     "from", [](TrainConfig & c) -> auto& { return average_of(c).from; }, 0, most_steps, optional,
                     "Only the weights after later updates count"),
                 whole(
                     "every", [](TrainConfig & c) -> auto& { return average_of(c).every; }, 1, most_steps, optional,
                     "Of these, those after updates that it divides")},
                optional, "A running average of the weights; without it none is kept", check_average,
                either("anyOf", "half_life", "from"));
}

void read_device(const ObjectReader& fields, const fs::path&, TrainConfig& config) {
  if (!fields.has("device")) return;
  config.device = fields.text("device");
  const std::string& device = config.device;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool numbered = device.starts_with("cuda:") && device.size() > 5 && device.size() < 8 &&
                        std::all_of(device.begin() + 5, device.end(), digit);
  if (device != "cpu" && device != "cuda" && !numbered) fields.fail("device", "cpu, cuda or cuda:N");
}

void read_schedule(const ObjectReader& fields, const fs::path&, TrainConfig& config) {
  const std::string text = fields.text("schedule");
  const std::string file = config.file.string();
  config.schedule = shell::located(file + ": schedule", [&] { return Schedule::parse(text); });
  if (!Schedule::says_peak(text)) {
    throw ArgumentError({.name = "schedule",
                         .value = concat({"'", text, "'"}),
                         .requirement = "has no peak; give the learning rate, peak=LR",
                         .place = Place{file}});
  }
}

void read_batch(const ObjectReader& fields, const fs::path&, TrainConfig& config) {
  config.batch = fields.whole("batch", 1, most_tokens);
  if (config.batch * config.model.context > most_tokens) {
    fields.fail("batch", "such that an update has at most 2^24 tokens");
  }
}

void read_weight_decay(const ObjectReader& fields, const fs::path&, TrainConfig& config) {
  config.weight_decay = fields.non_negative("weight_decay", config.weight_decay);
}

void read_l1(const ObjectReader& fields, const fs::path&, TrainConfig& config) {
  config.grad_norm_l1 = fields.flag("grad_norm_l1", false);
}

Settings all_settings() {
  Json batch = Json::object({{"type", "integer"}, {"minimum", 1}, {"maximum", most_tokens}});
  Json decay = range_schema("number", "minimum", 0);
  decay["default"] = TrainConfig().weight_decay;
  Json device = range_schema("string", "pattern", "^(cpu|cuda|cuda:[0-9]{1,2})$");
  device["default"] = TrainConfig().device;
  Json l1 = range_schema("boolean", "default", false);
  return {
      data_setting(),
      model_setting(),
      {"batch", "Sequences of an update", needed, read_batch, std::move(batch)},
      whole(
          "seed", [](TrainConfig & c) -> auto& { return c.seed; }, 0, most_steps, needed,
          "Of the initial weights and of the order of the data"),
      {"schedule", "Of the trunk, as a spec that says its peak", needed, read_schedule, type_schema("string")},
      {"weight_decay", "Of the matrices", optional, read_weight_decay, std::move(decay)},
      positive(
          "clip", [](TrainConfig & c) -> auto& { return c.clip; }, "Of the global l2 norm of the gradient"),
      positive(
          "distance", [](TrainConfig & c) -> auto& { return c.distance; }, "D of the live bound"),
      whole(
          "threads", [](TrainConfig & c) -> auto& { return c.threads; }, 1, 1024, optional, "Of the CPU"),
      {"device", "cpu, cuda or cuda:N", optional, read_device, std::move(device)},
      whole(
          "log_every", [](TrainConfig & c) -> auto& { return c.log_every; }, 1, most_steps, optional, "Updates"),
      evaluate_setting(),
      whole(
          "checkpoint_every", [](TrainConfig & c) -> auto& { return c.checkpoint_every; }, 1, most_steps, optional,
          "Updates; without it at the ends only"),
      {"grad_norm_l1", "Log that norm of the gradient, too", optional, read_l1, std::move(l1)},
      average_setting(),
  };
}

/// All keys, in the order in which they are read: some are checked against those before them.
const Settings& settings() {
  static const Settings all = all_settings();
  return all;
}

}  // namespace

TrainConfig parse_config(std::string_view name, std::string_view text, const fs::path& folder) {
  TrainConfig config;
  config.file = fs::path(name);
  const std::string file(name);
  const Json json = shell::located(file, [&] { return Json::parse(text, true); });
  read_all(ObjectReader(json, file), settings(), folder, config);
  return config;
}

Json config_schema(Schemas& schemas) {
  return schemas.reference<TrainConfig>(
      "TrainConfig", [](Schemas&) { return object_schema(settings(), "A training; // comments are allowed"); });
}

}  // namespace scheduled::trainer
