// The metrics of a line as a table.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "anytime/history.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"

namespace scheduled {
namespace {

struct Value {
  std::int64_t step;
  std::int64_t session;
  std::int64_t name;
  double value;
};

/// What the history of the line logged, in the order of steps; of one step and name the later session, then the later
/// row, comes last.
std::vector<Value> values_of(const anytime::Database& database, const std::vector<anytime::Span>& spans) {
  std::map<std::int64_t, std::int64_t> end_of;
  for (const anytime::Span& span : spans) end_of[span.session->id] = span.end;
  anytime::Statement rows(database, "SELECT session, step, name, value FROM metric ORDER BY rowid");
  std::vector<Value> values;
  while (rows.step()) {
    const Value value{rows.integer(1), rows.integer(0), rows.integer(2), rows.real(3)};
    const auto end = end_of.find(value.session);
    if (end != end_of.end() && value.step <= end->second) values.push_back(value);
  }
  std::stable_sort(values.begin(), values.end(), [](const Value& a, const Value& b) {
    return a.step != b.step ? a.step < b.step : a.session < b.session;
  });
  return values;
}

/// The rate of the last update before each row, 0 at step 0 where there was none.
std::vector<double> recorded_rates(const std::vector<std::int64_t>& steps, const std::vector<anytime::Span>& spans) {
  std::vector<double> rates;
  auto span = spans.rbegin();  // oldest first
  for (const std::int64_t step : steps) {
    while (span + 1 != spans.rend() && step > span->end) ++span;
    rates.push_back(step > 0 ? span->session->schedule.lr(step - 1) : std::numeric_limits<double>::quiet_NaN());
  }
  return rates;
}

}  // namespace

RunLog RunStore::log_of(const std::string& name) const {
  const RunRecord now = anytime::read_record(state_->database, state_->folder, false);
  const RecordedLine& line = now.line(name);
  const std::vector<anytime::Span> spans = anytime::history(now, name);
  const std::vector<Value> values = values_of(state_->database, spans);
  std::map<std::int64_t, std::string> names;
  anytime::Statement rows(state_->database, "SELECT id, name FROM metric_name");
  while (rows.step()) names[rows.integer(0)] = rows.text(1);

  RunLog log;
  log.name = state_->folder.string() + ":" + name;
  log.meta["run"] = state_->folder.string();
  log.meta["line"] = name;
  log.meta["schedule"] = print(line.schedule);
  for (const Value& value : values) {
    if (log.step.empty() || log.step.back() != value.step) log.step.push_back(value.step);
  }
  std::map<std::int64_t, std::vector<double>*> columns;
  std::size_t row = 0;
  for (const Value& value : values) {
    while (log.step[row] != value.step) ++row;
    std::vector<double>*& column = columns[value.name];
    if (column == nullptr) {
      column = &log.column[names[value.name]];
      column->assign(log.rows(), std::numeric_limits<double>::quiet_NaN());
    }
    (*column)[row] = std::isfinite(value.value) ? value.value : std::numeric_limits<double>::quiet_NaN();
  }
  if (!log.step.empty() && !log.has("lr")) log.column["lr"] = recorded_rates(log.step, spans);
  return log;
}

}  // namespace scheduled
