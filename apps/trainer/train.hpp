// Training one line of a run: from its last checkpoint to where it shall go, recorded in the run store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scheduled/schedule.hpp"
#include "trainer/config.hpp"

namespace scheduled::trainer {

struct TrainBranch {
  std::string name;
  std::optional<std::int64_t> at = {};  ///< checkpoint of the trunk; nothing: its last
  Cooldown cooldown = {};
};

struct TrainRequest {
  std::filesystem::path run;  ///< made where it is missing
  TrainConfig config;
  std::string line = "trunk";
  std::optional<TrainBranch> branch = {};  ///< instead of `line`; made where it is missing
  std::optional<std::int64_t> until = {};  ///< needed where the line has no end
  std::vector<std::int64_t> keep = {};     ///< commit here, too, for later branches
  bool override_schedule = false;          ///< the trunk goes on with config.schedule, whatever it was before
  bool shared = false;  ///< other lines of the run are trained at the same time: hold its lock only while writing
  std::optional<double> lease = {};  ///< StoreOptions::lease
};

/// How far it is, after an update.
struct TrainProgress {
  std::int64_t step = 0, first = 0, end = 0;  ///< finished updates: now, at the start of this call, where it stops
  double loss = 0.0, lr = 0.0;                ///< of the update
  std::int64_t tokens = 0;                    ///< of this call
};

struct TrainHooks {
  std::function<bool()> stop = [] { return false; };  ///< asked after every update; true: commit and return
  std::function<void(const TrainProgress&)> progress = [](const TrainProgress&) {};
  std::function<void(const std::string&)> warn = [](const std::string&) {};
};

struct TrainResult {
  std::string line;
  std::int64_t first = 0, step = 0;     ///< finished updates before and after
  std::int64_t end = 0;                 ///< where it was to stop
  bool stopped = false;                 ///< by TrainHooks::stop, before `end`
  std::optional<double> val_loss = {};  ///< at `end` [nats per token]
  std::filesystem::path folder = {};    ///< of the last checkpoint
  std::int64_t parameters = 0;
  double seconds = 0.0;            ///< of the updates, without evaluation and checkpoints
  double recording = 0.0;          ///< seconds for the live bound and the log, besides
  double committing = 0.0;         ///< seconds for checkpoints
  double tokens_per_second = 0.0;  ///< in them
};

/// Trains. Everything that can be checked is checked before the run folder is made or changed. Throws
/// ArgumentError on what the caller got wrong (also: not enough data for the steps, naming the bytes),
/// StoreError, and std::runtime_error where training diverged.
TrainResult train(const TrainRequest& request, const TrainHooks& hooks);

}  // namespace scheduled::trainer
