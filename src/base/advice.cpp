#include "base/advice.hpp"

#include <algorithm>
#include <atomic>

#include "base/error.hpp"

namespace scheduled {
namespace {

std::atomic<Audience> spoken_to{Audience::command};  // NOLINT: of the process, as its language is

bool to_python() { return spoken_to.load(std::memory_order_relaxed) == Audience::python; }

}  // namespace

void speak_to(Audience whom) noexcept { spoken_to.store(whom, std::memory_order_relaxed); }

std::string option_text(std::string_view name, std::string_view value) {
  if (!to_python()) return concat({"--", name, value.empty() ? "" : " ", value});
  std::string argument(name);
  std::replace(argument.begin(), argument.end(), '-', '_');
  return concat({argument, "=", value.empty() ? "True" : value});
}

std::string warmup_text(std::string_view value) { return concat({to_python() ? "warmup=" : "--log-warmup ", value}); }

std::string columns_text(std::string_view source, std::string_view standard) {
  if (!to_python()) return concat({"--columns ", source, "=", standard});
  return concat({"columns={'", source, "': '", standard, "'}"});
}

std::string pattern_text(std::string_view pattern) {
  return to_python() ? concat({"patterns=[\"", pattern, "\"]"}) : concat({"--pattern \"", pattern, "\""});
}

std::string run_logs_text() {
  if (!to_python()) return "RUNFOLDER:LINE is the log of a line";
  return "RunStore.open(folder, 'read').log_of(line) is the log of a line, and scheduled.law.fit_store(store) fits all";
}

std::string run_verb_text(std::string_view verb, std::string_view method) {
  if (!to_python()) return concat({"scheduled run ", verb});
  return concat({"RunStore.", method.empty() ? verb : method});
}

}  // namespace scheduled
