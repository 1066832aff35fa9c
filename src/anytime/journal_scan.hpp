// One pass over the entries of a record, inside of Journal.
#pragma once

#include "anytime/journal.hpp"
#include "anytime/segment.hpp"
#include "anytime/window.hpp"

namespace scheduled::anytime {

/// One pass over the entries behind `at`.
struct Journal::Scan {
  Position at;
  bool deep = false;  ///< metrics are read, too
  std::function<void(const EntryLine& line, std::string_view text)> use = {};
  std::vector<std::string> damage = {};  ///< facts are missing or altered
  std::vector<std::string> others = {};  ///< what does not change a fact: metrics, marks, a tail that was not synced
  bool clean = true;                     ///< the last segment ends with an entry
  std::optional<Position> until = {};
  std::optional<Mark> mark = {};  ///< of the last segment, as it was before anything else was read

  std::optional<Window> window = {};
  off_t size = 0;
};

}  // namespace scheduled::anytime
