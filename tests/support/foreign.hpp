// What the tests of import and export share.
#pragma once

#include <optional>
#include <string>

#include "scheduled/error.hpp"
#include "scheduled/foreign.hpp"

namespace scheduled::testing {

inline ImportedSchedule imported(const std::string& text, std::optional<std::int64_t> updates = {}) {
  return import_schedule(text, {.tool = {}, .updates = updates, .source = "x"});
}

inline std::string spec(const std::string& text, std::optional<std::int64_t> updates = {}) {
  return print(imported(text, updates).schedule);
}

/// The text of the error, or "no error".
inline std::string import_error(const std::string& text, const std::string& tool = {}) {
  try {
    import_schedule(text, {.tool = tool, .updates = {}, .source = "x"});
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return "no error";
}

inline const std::string megatron_flags =
    "--lr 3e-4 --min-lr 3e-5 --train-iters 10000 --lr-warmup-iters 500 --lr-decay-style WSD --lr-wsd-decay-iters 2000";

inline const std::string megatron_in_samples =
    "--lr 1 --train-samples 100000 --lr-decay-style cosine --lr-warmup-samples 1000 ";

}  // namespace scheduled::testing
