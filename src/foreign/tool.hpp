// What a program is made of here: one file in tools/ and a line of the registry.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foreign/course.hpp"
#include "foreign/values.hpp"
#include "scheduled/foreign.hpp"

namespace scheduled::foreign {

/// What an export starts from: a schedule that is a warmup, the peak and one decay, or one of a few others. Rates in
/// units of the peak's.
struct Outline {
  const Schedule& schedule;
  double peak = 1.0;
  std::optional<std::int64_t> steps = {};
  std::int64_t warmup = 0;           ///< of ours
  std::optional<double> start = {};  ///< of step 0; nothing: (i+1)/warmup
  std::string warmup_curve = "linear";
  std::int64_t delay = 0;
  bool flat = false;  ///< constant but for warmup and cooldown
  std::int64_t cooldown = 0;
  std::string decay = {};   ///< its name; empty without a cooldown
  double power = 1.0;       ///< of polynomial decay
  double exponent = 1.0;    ///< of cosine decay
  double last = 0.0;        ///< the final rate
  double last_share = 0.0;  ///< of the peak

  /// A decay that begins right after the warmup, as cosine(...) has.
  bool whole() const { return steps && cooldown > 0 && cooldown + warmup + 1 == *steps; }
};

/// What a program is given: a row of keys with their values, in one form.
struct Written {
  std::string form = {};                                    ///< "flags", "JSON", "YAML", "TOML" or "Python"
  std::vector<std::pair<std::string, Json>> settings = {};  ///< keys with dots are members of members
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
};

// The tools.
extern const Tool huggingface, llama_factory, axolotl, megatron, nemo, torchtitan, olmo_core, nanotron, deepspeed,
    nanogpt, llmc, optax, pytorch, big_vision;

std::span<const Tool* const> tools();

// What several writers share.
/// The updates of a program whose schedule ends right after the last one.
std::int64_t updates_before_end(const Outline& outline);
/// The warmup of programs whose step i has i/W of the peak.
std::int64_t warmup_from_zero(const Outline& outline);
[[noreturn]] void cannot(std::string why);

}  // namespace scheduled::foreign
