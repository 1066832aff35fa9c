#include "cli/rate_input.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "lint/records.hpp"
#include "shell/arguments.hpp"

namespace scheduled::cli {

const char* const rate_input_meaning =
    "A schedule, as in scheduled show, a training log, as in scheduled log, or a configuration, as in scheduled "
    "import; - is a log on standard input";

void RateInputOptions::add_to(Verb& verb) {
  verb.add("--steps", steps, "Horizon of a SPEC that has none, or updates that a configuration's run makes, e.g. 50k")
      .type("N");
  logs.add_settings_to(verb, "Columns of logs by their standard names (step, lr, val_loss, train_loss, tokens)");
}

RateInput RateInputOptions::read(const std::string& text) const {
  if (text.starts_with('@')) {
    const NamedSchedule named = read_spec(text, steps).front();
    return {named.schedule, named.name};
  }
  const auto reader = [this](const std::string& file, const ReadOptions&) { return logs.read({file}); };
  try {
    return read_input(text, {.steps = steps, .read = logs.read_options(), .reader = reader});
  } catch (const NeedsHorizon&) {
    fail_argument(text, "has no horizon; give --steps N, or steps=N in the SPEC");
  }
}

std::string about_text(InputKind kind, std::optional<std::int64_t> updates) {
  if (!updates) return fmt::format("{} without a horizon", word_of(kind));
  return fmt::format("{}, {} update{}", word_of(kind), *updates, *updates == 1 ? "" : "s");
}

}  // namespace scheduled::cli
