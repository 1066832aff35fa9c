#include "base/csv_record.hpp"

#include <utility>

#include "scheduled/error.hpp"

namespace scheduled {

void CsvRow::add(const std::string& prefix, std::string_view name, std::string cell) {
  names.push_back(prefix + std::string(name));
  cells.push_back(std::move(cell));
}

std::string cell_of(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_text()) return value.text();
  if (value.is_number() && !value.is_whole()) return format_number(value.number());
  return value.dump();
}

}  // namespace scheduled
