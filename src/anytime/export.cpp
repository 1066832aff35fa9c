// The metrics of a line as a table.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>

#include "anytime/history.hpp"
#include "anytime/rates.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "runlog/names.hpp"
#include "runlog/not_finite.hpp"
#include "runlog/rates.hpp"

namespace scheduled {
namespace {

struct Value {
  std::int64_t step;
  std::int64_t session;
  std::size_t name;  ///< in the list of names
  double value;
};

/// What the history of the line logged, in the order of steps; of one step and name the later session, then the later
/// row, comes last.
class Values {
 public:
  explicit Values(const std::vector<anytime::Span>& spans) {
    for (const anytime::Span& span : spans) end_of_[span.session->id] = span.end;
  }

  void read(std::string_view text) {
    std::vector<std::size_t> names_here;
    const auto use_names = [&](const std::vector<std::string>& given) {
      for (const std::string& name : given) names_here.push_back(index_.try_emplace(name, index_.size()).first->second);
    };
    anytime::read_rows(text, use_names, [&](const anytime::MetricRow& row) {
      poll_();
      const auto end = end_of_.find(row.session);
      if (end == end_of_.end() || row.step > end->second) return;
      values_.push_back({row.step, row.session, names_here[row.name], row.value});
    });
  }

  std::vector<Value> sorted() {
    std::stable_sort(values_.begin(), values_.end(), [&](const Value& a, const Value& b) {
      poll_();
      return a.step != b.step ? a.step < b.step : a.session < b.session;
    });
    return std::move(values_);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out(index_.size());
    for (const auto& [name, index] : index_) out[index] = name;
    return out;
  }

 private:
  std::map<std::int64_t, std::int64_t> end_of_;
  std::map<std::string, std::size_t> index_;
  std::vector<Value> values_;
  SeldomPoll poll_{1024};
};

/// The rates of the updates that some rows stand for.
std::vector<double> rates_of_rows(const std::vector<std::int64_t>& step, const std::vector<anytime::Span>& spans) {
  std::vector<double> rates(step.size(), std::numeric_limits<double>::quiet_NaN());
  std::size_t row = 0;
  for (auto span = spans.rbegin(); span != spans.rend(); ++span) {  // oldest first
    for (; row < step.size() && step[row] <= span->end; ++row) {
      if (step[row] >= 1) rates[row] = span->session->schedule.lr(step[row] - 1);
    }
  }
  return rates;
}

/// Updates of the longest run whose rates are held one by one, for every line that is read: 160 MB.
constexpr std::int64_t most_rates = 20'000'000;

/// The record knows the rate of every update.
RunLog with_recorded_rates(RunLog log, const std::vector<anytime::Span>& spans) {
  if (log.step.back() <= most_rates) {
    const std::vector<double> every = anytime::all_rates(log.step.back(), spans);  // before the log is moved from
    return with_rates(std::move(log), every);
  }
  const std::vector<double> rates = rates_of_rows(log.step, spans);
  runlog::put_rates(log, rates, *std::max_element(rates.begin(), rates.end(), [](double a, double b) {
                      return a < b || (std::isnan(a) && !std::isnan(b));
                    }));
  log.notes.push_back(
      concat({"more than ", std::to_string(most_rates), " updates: the record's rates are held at the rows alone"}));
  return log;
}

/// As in the logs that are read.
void note_not_finite(RunLog& log) {
  for (const auto& [name, steps] : log.not_finite_steps) {
    if (!runlog::is_standard(name)) continue;
    log.notes.push_back(
        concat({name, " is nan or the like in ", std::to_string(steps.size()), steps.size() == 1 ? " row" : " rows",
                ", first at step ", std::to_string(steps.front()), ": taken as not logged"}));
  }
}

/// A column for each name, a row for each step; the last value of a step counts.
void add_columns(RunLog& log, const std::vector<std::string>& names, const std::vector<Value>& values) {
  SeldomPoll poll(1024);
  for (const Value& value : values) {
    poll();
    if (log.step.empty() || log.step.back() != value.step) log.step.push_back(value.step);
  }
  std::vector<std::vector<double>*> columns(names.size(), nullptr);
  std::size_t row = 0;
  for (const Value& value : values) {
    poll();
    while (log.step[row] != value.step) ++row;
    std::vector<double>*& column = columns[value.name];
    if (column == nullptr) {
      column = &log.column[names[value.name]];
      column->assign(log.rows(), std::numeric_limits<double>::quiet_NaN());
    }
    const bool finite = std::isfinite(value.value);
    (*column)[row] = finite ? value.value : std::numeric_limits<double>::quiet_NaN();
    if (!finite) log.not_finite_steps[names[value.name]].push_back(value.step);
  }
  log.not_finite = runlog::not_finite_since(log);
  note_not_finite(log);
}

}  // namespace

/// All metrics of a run, piece by piece.
void RunStore::read_metrics(const std::function<void(std::string_view text)>& read) const {
  if (state_->journal) {
    state_->journal->read_metrics([&](anytime::EntryKind, std::string_view text) { read(text); });
  }
  for (const anytime::EntryText& entry : state_->old) {
    if (entry.kind == anytime::EntryKind::metrics) read(entry.text);
  }
}

RunLog RunStore::log_of(const std::string& name) const {
  const RunRecord& now = state_->view();
  const RecordedLine& line = now.line(name);
  const std::vector<anytime::Span> spans = anytime::history(now, name);
  Values read(spans);
  read_metrics([&](std::string_view text) { read.read(text); });
  const std::vector<Value> values = read.sorted();

  RunLog log;
  log.name = state_->folder.shown() + ":" + name;
  log.meta["run"] = state_->folder.shown();
  log.meta["line"] = name;
  log.meta["schedule"] = print(line.schedule);
  add_columns(log, read.names(), values);
  log.format = "run";
  for (const auto& [column, source] : log.column) log.source.emplace(column, column);
  if (!log.step.empty()) log = with_recorded_rates(std::move(log), spans);
  log.source["lr"] = "the record";
  return log;
}

std::vector<std::string> RunStore::logged_lines() const {
  const RunRecord& now = state_->view();
  struct Own {
    std::size_t line;
    std::int64_t start, end;
  };
  std::map<std::int64_t, std::vector<Own>> own;  // of each session: the lines that made updates of their own in it
  for (std::size_t k = 0; k < now.lines.size(); ++k) {
    for (const anytime::Span& span : anytime::history(now, now.lines[k].name)) {
      if (span.end > now.lines[k].start) own[span.session->id].push_back({k, now.lines[k].start, span.end});
    }
  }
  std::vector<bool> logged(now.lines.size());
  SeldomPoll poll(1024);
  const auto see = [&](const anytime::MetricRow& row) {
    poll();
    const auto found = own.find(row.session);
    if (found == own.end()) return;
    for (const Own& one : found->second) {
      if (row.step > one.start && row.step <= one.end) logged[one.line] = true;
    }
  };
  read_metrics([&](std::string_view text) {
    anytime::read_rows(
        text, [](const auto&) {}, see);
  });
  std::vector<std::string> names;
  for (std::size_t k = 0; k < logged.size(); ++k) {
    if (logged[k]) names.push_back(now.lines[k].name);
  }
  return names;
}

std::vector<OwnRun> own_runs(const RunStore& run) {
  const RunRecord record = run.record();
  std::map<std::string, std::shared_ptr<const RunLog>> parents;  // each is read once
  std::vector<OwnRun> runs;
  for (const std::string& name : run.logged_lines()) {
    const std::string& parent = record.line(name).parent;
    runs.push_back({name, run.log_of(name)});
    if (parent.empty()) continue;
    std::shared_ptr<const RunLog>& base = parents[parent];
    if (!base) base = std::make_shared<const RunLog>(run.log_of(parent));
    runs.back().base = base;
  }
  return runs;
}

}  // namespace scheduled
