// What state.json of a checkpoint says, described once (base/record.hpp); read_checkpoint reads it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/record.hpp"
#include "base/schema.hpp"
#include "trainer/checkpoint.hpp"

namespace scheduled::trainer {

inline constexpr std::int64_t state_format = 1;

/// The settings as an object of texts, in their order.
struct StoredIdentity {
  const Identity& identity;
};
inline Json describe_as_json(const StoredIdentity& stored) {
  Json json = Json::object();
  for (const auto& [key, value] : stored.identity) json[key] = value;
  return json;
}
inline Json describe_schema(Schemas&, const StoredIdentity*) {
  return Json::object({{"type", "object"}, {"additionalProperties", type_schema("string")}});
}

struct StoredAverage {
  const RunningAverage& average;
};
struct StoredState {
  const TrainState& state;
  const Identity& identity;
};

}  // namespace scheduled::trainer

namespace scheduled {

template <>
struct Record<trainer::AverageConfig> {
  using X = trainer::AverageConfig;
  static constexpr std::string_view name = "AverageConfig";
  static constexpr std::string_view meaning = "Which weights a running average is of";
  static constexpr FieldList fields{
      Field{"half_life", &X::half_life, "steps", "After so many a weight counts half; 0: see share"},
      Field{"share", &X::share, "",
            "Instead: the half-life as a share of the updates made; 0: all weights count alike"},
      Field{"from", &X::from, "steps", "Only weights after later updates count"},
      Field{"every", &X::every, "steps", "Of these, those after updates that it divides"}};
};

template <>
struct Record<trainer::StoredAverage> {
  using X = trainer::StoredAverage;
  static constexpr std::string_view name = "StoredAverage";
  static constexpr std::string_view meaning = "How far the running average is, whose values are in average.safetensors";
  static constexpr FieldList fields{
      Field{"step", [](const X& x) { return x.average.step; }, "steps", "The last update that counts"},
      Field{"count", [](const X& x) { return x.average.count; }, "", "Weights, each by its share beside the last"},
      Field{"how",
            [](const X& x) {
              Asked<trainer::AverageConfig> asked;
              if (x.average.how) asked.emplace(*x.average.how);
              return asked;
            },
            "", "How it was made; not in files of older versions"}};
};

template <>
struct Record<trainer::StoredState> {
  using X = trainer::StoredState;
  static constexpr std::string_view name = "StoredState";
  static constexpr std::string_view meaning = "What training goes on from, besides the weights";
  static constexpr FieldList fields{
      Field{"format", [](const X&) { return trainer::state_format; }, "", "Of this file: 1"},
      Field{"step", [](const X& x) { return x.state.step; }, "steps", "Finished updates"},
      Field{"config", [](const X& x) { return trainer::StoredIdentity{x.identity}; }, "",
            "What must not change within a run: settings by their names in train.json, sizes and hashes of the data"},
      Field{"loss_sum", [](const X& x) { return x.state.loss_sum; }, "nats", "Since train_loss was logged"},
      Field{"loss_count", [](const X& x) { return x.state.loss_count; }, "steps", "Of these losses"},
      Field{"omega", [](const X& x) { return x.state.omega.save(); }, "",
            "The live bound's stream, as it saves itself"},
      Field{"average",
            [](const X& x) {
              Asked<trainer::StoredAverage> asked;
              if (!x.state.average.values.empty()) asked.emplace(trainer::StoredAverage{x.state.average});
              return asked;
            },
            "", "Where one is kept"}};
};

}  // namespace scheduled
