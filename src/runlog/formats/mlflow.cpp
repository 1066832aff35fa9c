// MLflow's file store: a run's folder has metrics/KEY, whose lines are "timestamp value step", and since version 3 also
// the name and digest of a data set.
#include "runlog/formats/mlflow.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "runlog/formats/series_name.hpp"
#include "runlog/formats/sparse_rows.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

/// The first three words of a line that has three or five; else empty.
std::array<std::string_view, 3> words_of(std::string_view line) {
  std::array<std::string_view, 5> words;
  std::string_view rest = trimmed(line);
  for (std::string_view& word : words) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    word = rest.substr(0, end);
    rest = trimmed(rest.substr(end));
  }
  if (!rest.empty() || words[3].empty() != words[4].empty()) return {};
  return {words[0], words[1], words[2]};
}

/// Appends the lines of one metric to the table.
void add_metric(const Source& source, const std::string& key, RawTable& table) {
  const std::size_t at = table.columns.size();
  table.columns.push_back({.source = key});
  std::size_t line = source.first_line - 1;
  SeldomPoll poll(64);
  for (std::size_t begin = 0; begin < source.content.size(); poll()) {
    const std::size_t end = std::min(source.content.find('\n', begin), source.content.size());
    const std::string_view text = source.content.substr(begin, end - begin);
    ++line;
    begin = end + 1;
    if (trimmed(text).empty()) continue;
    const auto words = words_of(text);
    if (words[2].empty()) fail_at(source.name, line, "must be: timestamp value step");
    const std::size_t row = table.line.size();
    table.line.push_back(line);
    for (const auto& [column, word] : {std::pair{std::size_t{0}, words[2]}, std::pair{at, words[1]}}) {
      if (const std::optional<double> value = parse_number(word)) {
        add_number(table.columns[column], row, value);
      } else {
        add_text(table.columns[column], row, word);
      }
    }
  }
}

RawTable finished(RawTable table) {
  for (RawColumn& column : table.columns) column.length = table.line.size();
  return table;
}

RawTable with_step() {
  RawTable table;
  table.columns.push_back({.source = "step"});
  return table;
}

bool is_mlflow(std::string_view content) {
  const std::string_view line = content.substr(0, content.find('\n'));
  const auto words = words_of(line);
  constexpr double milliseconds_of_2001 = 1e12;
  const auto number = [](std::string_view word) { return parse_number(word).value_or(-1.0); };
  return number(words[0]) > milliseconds_of_2001 && parse_number(words[1]) && number(words[2]) >= 0.0;
}

Parsed parse_mlflow(const Source& source) {
  RawTable table = with_step();
  add_metric(source, "value", table);
  table.columns[1].also = standard_of_file(source.name);
  return {.tables = {finished(std::move(table))}};
}

/// The head of what MLflow's page downloads; each line after it is one value.
constexpr std::string_view export_head = "run_id,key,value,step,timestamp";

struct ExportLine {
  std::string_view run, key, value, step;
};

/// Nothing is quoted: the key is what stands between the first comma and the last three.
std::optional<ExportLine> export_line(std::string_view text) {
  ExportLine line;
  const std::size_t first = text.find(',');
  const std::size_t last = text.rfind(',');  // the time follows
  if (first == std::string_view::npos || last == first) return std::nullopt;
  line.run = text.substr(0, first);
  std::string_view rest = text.substr(first + 1, last - first - 1);
  for (std::string_view* const word : {&line.step, &line.value}) {
    const std::size_t comma = rest.rfind(',');
    if (comma == std::string_view::npos) return std::nullopt;
    *word = trimmed(rest.substr(comma + 1));
    rest = rest.substr(0, comma);
  }
  line.key = trimmed(rest);
  return line;
}

Parsed parse_export(const Source& source) {
  SparseRows rows;
  rows.column("step");
  std::string_view run;
  std::size_t number = source.first_line;
  SeldomPoll poll(64);
  for (std::size_t begin = std::min(source.content.find('\n'), source.content.size() - 1) + 1;
       begin < source.content.size(); poll()) {
    const std::size_t end = std::min(source.content.find('\n', begin), source.content.size());
    const std::string_view text = trimmed(source.content.substr(begin, end - begin));
    ++number;
    begin = end + 1;
    if (text.empty()) continue;
    const std::optional<ExportLine> line = export_line(text);
    if (!line || line->key.empty()) fail_at(source.name, number, concat({"must be ", export_head}));
    if (run.empty()) run = line->run;
    if (line->run != run) {
      fail_at(source.name, number,
              concat({"begins another run, ", quote(line->run), " after ", quote(run), ": a log has one"}));
    }
    rows.begin(number);
    for (const auto& [column, word] : {std::pair{std::string_view("step"), line->step}, {line->key, line->value}}) {
      RawColumn* const into = rows.column(column);
      if (into == nullptr) continue;  // a metric "step"
      const std::size_t row = rows.rows() - 1;
      if (const std::optional<double> value = parse_number(word)) {
        add_number(*into, row, value);
      } else {
        add_text(*into, row, word);
      }
    }
  }
  return {.tables = {rows.finish()}};
}

}  // namespace

Parsed parse_mlflow_run(std::span<const Metric> metrics) {
  RawTable table = with_step();
  for (const Metric& metric : metrics) add_metric({metric.file, metric.content}, metric.key, table);
  return {.tables = {finished(std::move(table))}};
}

Format mlflow_csv() {
  return {.about = {"mlflow-csv", "CSV with run_id, key, value, step, timestamp",
                    "the download of a chart of MLflow's page"},
          .recognises =
              [](std::string_view content) { return trimmed(content.substr(0, content.find('\n'))) == export_head; },
          .parse = parse_export};
}

Format mlflow() {
  return {.about = {"mlflow", "the folder of a run in MLflow's file store, or one of its metrics", "MLflow"},
          .recognises = is_mlflow,
          .parse = parse_mlflow};
}

}  // namespace scheduled::runlog
