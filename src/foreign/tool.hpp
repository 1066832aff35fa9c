// What a program is made of here: one file in tools/ and a line of the registry.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foreign/course.hpp"
#include "foreign/outline.hpp"
#include "foreign/values.hpp"
#include "scheduled/foreign.hpp"

namespace scheduled::foreign {

/// What a program is given: a row of keys with their values, in one form.
struct Written {
  std::string form = {};                                    ///< "flags", "JSON", "YAML", "TOML" or "Python"
  std::vector<std::pair<std::string, Json>> settings = {};  ///< keys with dots are members of members
  std::string code = {};                                    ///< calls, which are written as they are
  std::optional<std::int64_t> updates = std::nullopt;       ///< that the program makes
  void add(std::string key, Json value) { settings.emplace_back(std::move(key), std::move(value)); }
};

/// Why a program cannot express a schedule.
struct CannotExpress {
  std::string why;
};

struct Tool {
  ForeignTool about = {};
  Schedule (*read)(Values& values) = nullptr;
  /// Its best try, which is then read back and compared. Throws CannotExpress.
  Written (*write)(const Outline& outline) = nullptr;
  /// Python that lets the program use the rates of the file TABLE.
  std::string_view glue = {};
  /// Where schedules are calls: the arguments of the one that is there as settings; nothing where there is none.
  std::optional<Config> (*call)(const Config& config) = nullptr;
  /// What this program has in calls or lists, as settings.
  Config (*open)(const Config& config) = nullptr;
};

// The tools.
extern const Tool huggingface, llama_factory, axolotl, megatron, nemo, torchtitan, olmo_core, nanotron, deepspeed,
    nanogpt, llmc, optax, pytorch, big_vision;

std::span<const Tool* const> tools();

// What several writers share.
/// Throws where the schedule has no horizon, which the program calls `key`, or is no warmup with one decay.
void needs_course(const Outline& outline, std::string_view key);
/// Throws where the decay is none of these.
void needs_decay(const Outline& outline, std::initializer_list<std::string_view> decays);
/// The warmup of programs whose step i has i/W of the peak.
std::int64_t warmup_from_zero(const Outline& outline);
[[noreturn]] void cannot(std::string why);

}  // namespace scheduled::foreign
