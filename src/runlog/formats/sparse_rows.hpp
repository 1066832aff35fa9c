// Rows of binary logs, each of which holds a few columns by name. Private.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "runlog/table.hpp"

namespace scheduled::runlog {

class SparseRows {
 public:
  /// The row of record `number`; what `add` gets belongs to it.
  void begin(std::size_t number) { table_.line.push_back(number); }
  /// Null where the row has the column already: its first entry counts.
  RawColumn* column(std::string_view name) {
    const auto [it, is_new] = index_.try_emplace(std::string(name), table_.columns.size());
    if (is_new) table_.columns.emplace_back().source = name;
    RawColumn& found = table_.columns[it->second];
    return found.length < rows() ? &found : nullptr;
  }
  void add(std::string_view name, double value) {
    if (RawColumn* const found = column(name)) add_number(*found, rows() - 1, value);
  }
  std::size_t rows() const { return table_.line.size(); }
  RawTable finish() {
    for (RawColumn& column : table_.columns) column.length = rows();
    return std::move(table_);
  }

 private:
  RawTable table_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace scheduled::runlog
