// Results that are described once (base/record.hpp), as this project prints them: JSON lines and CSV.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/csv.hpp"
#include "base/csv_record.hpp"
#include "base/record.hpp"
#include "base/schema.hpp"
#include "schedule/records.hpp"
#include "scheduled/schedule.hpp"
#include "shell/output.hpp"

namespace scheduled::shell {

/// A schedule among the fields of a result. JSON has its spec text as "spec" before the schedule itself, so that @FILE
/// reads the result back; CSV has the text.
struct PrintedSchedule {
  Schedule schedule;
};
void add_member(Json& object, std::string_view name, const PrintedSchedule& printed);
inline Json describe_as_json(const PrintedSchedule& printed) { return print(printed.schedule); }
void add_member_schema(Schemas& schemas, ObjectSchema& object, std::string_view name, const std::string& text,
                       bool required, const PrintedSchedule*);

/// A line of JSON for each record, which ends with the fields of `settings`.
template <Described R, class Settings>
void print_lines(const std::vector<R>& records, const Settings& settings) {
  for (const R& record : records) print_line(to_json(With<R, Settings>{record, settings}));
}

/// The records' fields under a header, one line each.
template <Described R>
std::string csv_of(std::span<const R> records) {
  std::string text = csv_line(records.empty() ? csv_names<R>() : csv_names(records.front()));
  for (const R& record : records) text += csv_line(csv_cells(record));
  return text;
}
template <Described R>
std::string csv_of(const std::vector<R>& records) {
  return csv_of(std::span<const R>(records));
}

/// Prints the series of the records as columns, one line for each of their entries, and returns when all is written.
/// `lead(k)`: a record whose fields the lines of records[k] begin with.
template <Described R, class Lead>
void print_series(const std::vector<R>& records, const Lead& lead) {
  Output output;
  const auto joined = [](std::vector<std::string> cells, const std::vector<std::string>& more) {
    cells.insert(cells.end(), more.begin(), more.end());
    return csv_line(cells);
  };
  output.write(joined(csv_names(lead(0)), series_names(records.front())));
  for (std::size_t k = 0; k < records.size(); ++k) {
    const R& record = records[k];
    const std::vector<std::string> first = csv_cells(lead(k));
    const std::size_t rows = series_rows(record);
    for (std::size_t row = 0; row < rows; ++row) output.write(joined(first, series_cells(record, row)));
  }
  output.flush();
}
template <Described R>
void print_series(const R& record) {
  Output output;
  output.write(csv_line(series_names(record)));
  const std::size_t rows = series_rows(record);
  for (std::size_t row = 0; row < rows; ++row) output.write(csv_line(series_cells(record, row)));
  output.flush();
}

}  // namespace scheduled::shell
