#include "base/record.hpp"

#include "scheduled/error.hpp"

namespace scheduled {

std::string cell_of(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_text()) return value.text();
  if (value.is_number() && !value.is_whole()) return format_number(value.number());
  return value.dump();
}

}  // namespace scheduled
