// Results that are described once (base/record.hpp), as this project prints them: JSON lines and CSV.
#pragma once

#include <span>
#include <string>

#include "base/csv.hpp"
#include "base/record.hpp"
#include "schedule/records.hpp"
#include "scheduled/schedule.hpp"
#include "shell/output.hpp"

namespace scheduled::shell {

/// {"spec": text, "schedule": {...}}: @FILE reads it back.
Json spec_and_schedule(const Schedule& schedule);

/// The record's fields under a header, one line each.
template <Described R>
std::string csv_of(std::span<const R> records) {
  std::string text = csv_line(csv_names<R>());
  for (const R& record : records) text += csv_line(csv_cells(record));
  return text;
}

}  // namespace scheduled::shell
