// The options of `scheduled train`: the command describes them (verb.hpp), the trainer reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shell/arguments.hpp"
#include "trainer/train.hpp"

namespace scheduled::trainer {

constexpr const char* train_meaning = "Train a transformer on bytes, recorded in a run";

struct TrainOptions {
  std::string run;     ///< folder
  std::string config;  ///< file; "-": standard input
  std::string line = "trunk";
  std::optional<std::int64_t> until;  ///< nothing: to the line's end
  std::vector<std::int64_t> keep;     ///< steps to commit for later branches
  std::string branch;                 ///< a branch to begin, or to go on with
  std::optional<std::int64_t> at;
  shell::CooldownOptions cooldown;
  bool override_schedule = false;
  bool shared = false;
  std::optional<double> lease;
  bool json = false;

  void add_to(shell::Verb& verb);
  /// Reads the config, too. Throws ArgumentError.
  TrainRequest request() const;
};

}  // namespace scheduled::trainer
