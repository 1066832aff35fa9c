// Logged values on their way into the record.
#include <cmath>

#include "anytime/fault.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"

namespace scheduled {

void RunStore::log(const std::string& name, std::span<const Metric> metrics, std::optional<std::int64_t> expected) {
  state_->require_writer();
  const RecordedLine& line = state_->view().line(name);
  const std::int64_t session = state_->current_session(line, expected);
  const std::int64_t last = line.end.value_or(std::int64_t{1} << 53);
  for (const Metric& metric : metrics) {
    if (metric.name.empty() || metric.name == "step") {
      fail({"metric '", metric.name, "': must have a name, and not 'step'"});
    }
    if (metric.step < 0 || metric.step > last) {
      fail({"step = ", std::to_string(metric.step), ": must be between 0 and ", std::to_string(last),
            line.end ? ", the end of " + name : ""});
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
}

void RunStore::flush() {
  state_->require_writer();
  state_->flush();
}

void RunStore::State::write_metrics() {
  if (pending.empty()) return;
  std::vector<std::int64_t> ids;
  anytime::Statement add(database, "INSERT OR IGNORE INTO metric_name(name) VALUES(?)");
  anytime::Statement find(database, "SELECT id FROM metric_name WHERE name = ?");
  for (const std::string& name : metric_names) {
    add.run(name);
    find.bind(name).step();
    ids.push_back(find.integer(0));
    find.reset();
  }
  anytime::Statement row(database, "INSERT INTO metric(session, step, name, value) VALUES(?, ?, ?, ?)");
  for (const PendingMetric& metric : pending) row.run(metric.session, metric.step, ids[metric.name], metric.value);
}

void RunStore::State::flush() {
  flushed = std::chrono::steady_clock::now();
  if (pending.empty()) return;
  // A kill loses nothing that was written; the next commit syncs it.
  database.execute("PRAGMA synchronous=NORMAL");
  try {
    anytime::Transaction transaction(database);
    write_metrics();
    anytime::fault_point("log.rows_written");
    transaction.commit();
  } catch (...) {
    database.execute("PRAGMA synchronous=FULL");
    throw;
  }
  database.execute("PRAGMA synchronous=FULL");
  pending.clear();
}

}  // namespace scheduled
