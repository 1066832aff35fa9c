// Logged values on their way into the record.
#include <algorithm>
#include <cmath>

#include "anytime/state.hpp"
#include "base/error.hpp"

namespace scheduled {

namespace {

/// What contradicts the record in rates that were logged, empty where nothing does. Only rates of the current session
/// are compared: older ones may have been logged late.
std::string contradiction(const RunRecord& record, const RecordedLine& line, std::span<const Metric> metrics) {
  constexpr double tolerance = 1e-6;  // rates in single precision are 6e-8 apart
  const auto session = std::find_if(record.sessions.rbegin(), record.sessions.rend(),
                                    [&](const RecordedSession& s) { return s.id == line.session; });
  if (session == record.sessions.rend()) return {};
  for (const Metric& metric : metrics) {
    if (metric.name != "lr" || metric.step <= session->start) continue;
    const double recorded = line.schedule.lr(metric.step - 1);
    if (std::abs(metric.value - recorded) <= tolerance * std::abs(recorded)) continue;
    return concat({"lr = ", format_number(metric.value), " was logged after step ", std::to_string(metric.step),
                   "; the record of ", line.name, " says ", format_number(recorded), " for that update"});
  }
  return {};
}

}  // namespace

std::string RunStore::log(const std::string& name, std::span<const Metric> metrics,
                          std::optional<std::int64_t> expected) {
  state_->require_writer();
  const RecordedLine& line = state_->view().line(name);
  const std::int64_t session = state_->current_session(line, expected);
  const std::int64_t last = line.end.value_or(std::int64_t{1} << 53);
  for (const Metric& metric : metrics) {
    if (metric.name.empty() || metric.name == "step") {
      fail_value("metric", concat({"'", metric.name, "'"}), "must have a name, and not 'step'");
    }
    if (metric.step < 0 || metric.step > last) {
      fail_value("step", std::to_string(metric.step),
                 concat({"must be between 0 and ", std::to_string(last), line.end ? ", the end of " + name : ""}));
    }
  }
  for (const Metric& metric : metrics) {
    auto at = state_->metric_index.find(metric.name);
    if (at == state_->metric_index.end()) {
      at = state_->metric_index.emplace(std::string(metric.name), state_->metric_names.size()).first;
      state_->metric_names.emplace_back(metric.name);
    }
    state_->pending.push_back({session, metric.step, at->second, metric.value});
  }
  const auto waited = std::chrono::steady_clock::now() - state_->flushed;
  if (state_->pending.size() >= state_->options.metrics_in_memory || waited > std::chrono::seconds(1)) state_->flush();
  if (state_->warned_session == session) return {};
  std::string warning = contradiction(state_->record, line, metrics);
  if (!warning.empty()) state_->warned_session = session;
  return warning;
}

void RunStore::flush() {
  state_->require_writer();
  state_->flush();
}

}  // namespace scheduled
