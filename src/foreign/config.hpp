// A configuration as flat settings, whatever it was written in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace scheduled::foreign {

struct Setting {
  std::string key;  ///< "training.steps": the names on the way to it
  Json value;       ///< no object; an array where the source has one
  std::int64_t line = 0;
};

/// A call in Python, such as optax.cosine_decay_schedule(3e-4, 1000), as an object: its name under "()", its arguments
/// under "0", "1", ... and their names.
constexpr std::string_view called = "()";

struct Config {
  std::string form;  ///< "JSON", ...
  std::vector<Setting> settings;
};

/// Collects settings. Throws ArgumentError where a key comes twice with different values, or there are too many.
class Collector {
 public:
  explicit Collector(std::string form) : config_{std::move(form), {}} {}
  /// Objects become settings of their members; calls stay.
  void add(const std::string& key, const Json& value, std::int64_t line);
  Config take() { return std::move(config_); }

 private:
  Config config_;
};

// What reads each form. All throw ArgumentError, with the line as its place where there is one.
Config read_json(std::string_view text);
Config read_yaml(std::string_view text);
Config read_toml(std::string_view text);
Config read_flags(std::string_view text);
Config read_python(std::string_view text);

/// By the content.
Config read_config(std::string_view text);

/// A scalar as YAML and command lines have it: true, 1e-3, 10_000, null, or text.
Json plain_value(std::string_view text);

/// Throws ArgumentError at a line.
[[noreturn]] void fail_at(std::int64_t line, const std::string& requirement);

/// Lists, mappings and calls within one another.
constexpr int deepest = 32;

}  // namespace scheduled::foreign
