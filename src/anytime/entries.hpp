// What the entries of the record say: facts as lines of JSON, metrics as rows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled::anytime {

constexpr const char* checkpoint_folder = "checkpoints";

/// 1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot; perhaps with the number of an attempt behind it, NAME/2.
bool is_line_name(std::string_view name);

/// A name of a line as NAME and its number; 0: it has none.
std::pair<std::string_view, std::int64_t> attempt_of(std::string_view name);

/// One line each, with its line break. Of a line only name, parent, start, note and merged are facts.
std::string line_fact(const RecordedLine& line);
std::string session_fact(const RecordedSession& session);
std::string checkpoint_fact(const RecordedCheckpoint& checkpoint);
std::string data_fact(const RecordedData& data);

/// Throws ArgumentError where its text cannot be read again: a run with it on record could not be opened any more.
void require_readable(const Schedule& schedule);

/// The format of the record that has this.
int version_of(const RecordedLine& line);
int version_of(const RecordedData& data);
int version_of(const RecordedCheckpoint& checkpoint);

// The text of entries, for those who read it.

/// Throws StoreError: it is none that we wrote.
[[noreturn]] void not_understood(std::string_view text);
/// Throws as not_understood.
Json parse_entry(std::string_view text);
/// The first line, without its break; `text` is then what follows.
std::string_view take_line(std::string_view& text);

/// Text of any bytes: as it is where it is UTF-8, else {"hex": "..."}; and back. Throws StoreError.
Json json_of_bytes(const std::string& text);
std::string bytes_of_json(const Json& json);

enum class CheckpointMark { damaged, sound, deleted };
std::string mark_fact(CheckpointMark mark, std::span<const std::int64_t> checkpoints);

/// Adds the facts of an entry to the record; what follows from them is for settle(). Throws StoreError where they are
/// not understood.
void add_facts(RunRecord& record, std::string_view text);

/// The facts of a commit, which its checkpoint's folder holds, too: two lines, JSON and its XXH3-128.
struct CommitFacts {
  std::string after;  ///< Journal::last_hash before the commit
  RecordedLine line;
  RecordedSession session;
  RecordedCheckpoint checkpoint;
};
constexpr const char* facts_file = ".scheduled.json";
std::string facts_text(const CommitFacts& facts);
std::optional<CommitFacts> parse_facts(std::string_view text);

/// Rows of metrics: a line with their names, then "SESSION STEP NAME VALUE" each, NAME as an index.
struct MetricRow {
  std::int64_t session = 0, step = 0;
  std::size_t name = 0;
  double value = 0.0;
};
std::string metrics_text(std::span<const std::string> names, std::span<const MetricRow> rows);
/// Throws StoreError where the text is not understood.
void read_rows(std::string_view text, const std::function<void(const std::vector<std::string>& names)>& use_names,
               const std::function<void(const MetricRow& row)>& use_row);

}  // namespace scheduled::anytime
