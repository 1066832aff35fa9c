// Records as CSV: a row of those whose fields have one cell each, a table of those that hold series.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/json.hpp"
#include "base/record.hpp"

namespace scheduled {

/// A value as a cell of CSV: numbers that read back exactly ("inf" and "nan", too), texts as they are, nothing for what
/// is absent.
std::string cell_of(const Json& value);

/// One row of CSV.
struct CsvRow {
  std::vector<std::string> names, cells;
  void add(const std::string& prefix, std::string_view name, std::string cell);
};

namespace record_detail {

/// Adds each field that has one cell; `record` is null for the names of one that is absent.
template <Described R>
void add_cells(CsvRow& row, const R* record, const std::string& prefix = "",
               std::span<const std::string_view> left_out = {}) {
  for_each_field<R>([&](const auto& field) {
    using Get = std::remove_cvref_t<decltype(field.get)>;
    using Got = std::remove_cvref_t<std::invoke_result_t<const Get&, const R&>>;
    using Inside = Value<R, Get>;
    if (std::find(left_out.begin(), left_out.end(), field.name) != left_out.end()) return;
    if constexpr (is_without<Got>) {
      if (record == nullptr) return add_cells<typename Got::Of>(row, nullptr, prefix, Got::left_out);
      const Got shown = std::invoke(field.get, *record);
      add_cells(row, &shown.record, prefix, Got::left_out);
    } else if constexpr (Described<Inside>) {
      const std::string inner = field.name.empty() ? prefix : prefix + std::string(field.name) + ".";
      if (record == nullptr) {
        if constexpr (!is_asked<Got>) add_cells<Inside>(row, nullptr, inner);
        return;
      }
      decltype(auto) value = std::invoke(field.get, *record);
      if constexpr (is_optional<Got>) {
        if (value || !is_asked<Got>) add_cells<Inside>(row, value ? &*value : nullptr, inner);
      } else {
        add_cells(row, &value, inner);
      }
    } else if constexpr (!Sequence<Inside> && !std::is_same_v<Inside, Json>) {
      if constexpr (is_asked<Got>) {
        if (record == nullptr || !std::invoke(field.get, *record)) return;
      }
      row.add(prefix, field.name, record ? cell_of(to_json_value(std::invoke(field.get, *record))) : std::string());
    }
  });
}

/// call(name, series) for each field that is a series of numbers.
template <Described R, class Call>
void for_each_series(const R& record, std::span<const std::string_view> left_out, const Call& call) {
  for_each_field<R>([&](const auto& field) {
    using Get = std::remove_cvref_t<decltype(field.get)>;
    using Got = std::remove_cvref_t<std::invoke_result_t<const Get&, const R&>>;
    if (std::find(left_out.begin(), left_out.end(), field.name) != left_out.end()) return;
    if constexpr (is_without<Got>) {
      const Got shown = std::invoke(field.get, record);
      for_each_series(shown.record, shown.left_out, call);
    } else if constexpr (Described<Got>) {
      if (field.name.empty()) for_each_series(std::invoke(field.get, record), {}, call);
    } else if constexpr (Sequence<Value<R, Get>> && !Map<Value<R, Get>>) {
      if constexpr (std::is_arithmetic_v<typename Value<R, Get>::value_type>) {
        decltype(auto) value = std::invoke(field.get, record);
        if constexpr (is_optional<Got>) {
          if (value) {
            call(field.name, *value);
          } else if constexpr (!is_asked<Got>) {
            call(field.name, Value<R, Get>());
          }
        } else {
          call(field.name, value);
        }
      }
    }
  });
}

}  // namespace record_detail

/// The names of the fields that have one cell each; records within a record are spread as "outer.inner", series are
/// left out.
template <Described R>
std::vector<std::string> csv_names() {
  CsvRow row;
  record_detail::add_cells<R>(row, nullptr);
  return row.names;
}
/// The same, with what was asked for in this record.
template <Described R>
std::vector<std::string> csv_names(const R& record) {
  CsvRow row;
  record_detail::add_cells(row, &record);
  return row.names;
}

/// Their cells; empty ones for a record that is absent.
template <Described R>
std::vector<std::string> csv_cells(const R& record) {
  CsvRow row;
  record_detail::add_cells(row, &record);
  return row.cells;
}

/// The series of numbers in a record as the columns of a table: their names, and the cells of one row. They have the
/// same length, or none: then their cells are empty.
template <Described R>
std::vector<std::string> series_names(const R& record) {
  std::vector<std::string> names;
  record_detail::for_each_series(record, {}, [&](std::string_view name, const auto&) { names.emplace_back(name); });
  return names;
}
/// Their length.
template <Described R>
std::size_t series_rows(const R& record) {
  std::size_t rows = 0;
  record_detail::for_each_series(record, {},
                                 [&](std::string_view, const auto& series) { rows = std::max(rows, series.size()); });
  return rows;
}
template <Described R>
std::vector<std::string> series_cells(const R& record, std::size_t row) {
  std::vector<std::string> cells;
  record_detail::for_each_series(record, {}, [&](std::string_view, const auto& series) {
    cells.push_back(row < series.size() ? cell_of(to_json_value(series[row])) : std::string());
  });
  return cells;
}

}  // namespace scheduled
