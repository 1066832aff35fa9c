// Schedules of other training programs, from their configurations and back to them. Part of the library
// scheduled::foreign.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/schedule.hpp"

namespace scheduled {

/// A key of a program's configuration that its schedule depends on.
struct ForeignKey {
  std::string_view name;   ///< as the program calls it; a '|' separates names that mean the same
  std::string_view usual;  ///< its value where it is not given; empty: none
  std::string_view meaning;
  bool telling = false;  ///< hardly any other program has it
  bool matters = true;   ///< else it only tells the program
};

/// A program whose schedules are read and written.
struct ForeignTool {
  std::string_view name;   ///< "megatron"
  std::string_view title;  ///< "Megatron-LM, Megatron Bridge, NeMo 2"
  std::string_view forms;  ///< "flags, YAML, JSON"
  std::span<const ForeignKey> keys;
};

/// All of them.
std::span<const ForeignTool> foreign_tools();

struct ImportOptions {
  std::string tool = {};                               ///< a name of foreign_tools(); empty: told by the content
  std::optional<std::int64_t> updates = std::nullopt;  ///< how many the run makes, where the text does not say
  std::string source = "configuration";                ///< what errors call the text
};

/// A value of the configuration that the schedule was made from.
struct TakenValue {
  std::string key = {};  ///< as the text has it
  std::string value = {};
  std::string meaning = {};
  std::int64_t line = 0;  ///< where it stands, from 1; 0: not known
  bool given = true;      ///< else the program's default
};

struct ImportedSchedule {
  Schedule schedule{ScheduleSpec{}};
  std::string tool = {};                     ///< of foreign_tools()
  std::string form = {};                     ///< "JSON", "YAML", "TOML", "flags" or "Python"
  std::optional<std::int64_t> updates = {};  ///< that the run makes: 0 ... updates - 1 have the program's rates
  std::vector<TakenValue> taken = {};
  std::vector<std::string> ignored = {};  ///< keys that have no say in the learning rate
  std::vector<std::string> differences =
      {};  ///< what the program does that a schedule of ours does not, or does otherwise
};

/// The schedule that a program trains with, given its configuration: JSON, YAML, TOML, command-line flags or Python's
/// assignments and calls, told apart by the content. Rates are equal to the program's up to the rounding of its
/// arithmetic (docs/guide/foreign.md has the differences). Throws ArgumentError with the key, its value and its place:
/// text that cannot be read, no program recognised or several, a key that may matter and is not known, keys that
/// contradict each other, what has no schedule of ours, a number of updates that nothing says. O(n) in the text, which
/// may be any bytes.
ImportedSchedule import_schedule(std::string_view text, const ImportOptions& options = {});

struct ExportedSchedule {
  std::string tool = {};                     ///< of foreign_tools()
  std::string form = {};                     ///< of `text`: "flags", "YAML", ..., or "Python" for the glue of a table
  std::string text = {};                     ///< what gives the program this schedule
  bool table = false;                        ///< the program cannot express it: `text` reads a table of rates
  std::string why = {};                      ///< it cannot
  std::optional<std::int64_t> updates = {};  ///< that the program makes with it
  std::vector<std::string> notes = {};
};

/// The schedule as a configuration of `tool`, which import_schedule reads back as the same rates (to 1e-15 of the peak)
/// at all updates that the program makes, or, where the program has none, the lines that let it use a table of rates in
/// the file `table`. Of more than 16,777,216 updates that many are compared, in blocks spread over the run; without a
/// horizon the first million. Throws ArgumentError: an unknown tool, a table of a schedule without horizon. O(steps).
ExportedSchedule export_schedule(const Schedule& schedule, std::string_view tool, std::string_view table = "rates.npy");

/// Rates as the bytes of a file for NumPy's load: one row of doubles.
std::string numpy_file(std::span<const double> rates);

}  // namespace scheduled
