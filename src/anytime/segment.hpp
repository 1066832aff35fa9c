// The lines of a segment of the record as text; see journal.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "anytime/journal.hpp"

namespace scheduled::anytime {

constexpr std::size_t head_bytes = 256;        ///< the two lines that a segment begins with
constexpr std::size_t mark_offset = 128;       ///< of the second
constexpr std::size_t entry_line_bytes = 111;  ///< before the text of each entry

/// "000017"; the numbers of which there are files in the folder, sorted; and the last of them, 0: of none. Throws
/// StoreError where it cannot be listed.
std::string segment_name(std::int64_t number);
std::vector<std::int64_t> numbers_in(const std::filesystem::path& folder);
std::int64_t last_number(const std::filesystem::path& folder);

/// The hash before the first entry.
const std::string& no_hash();

std::string segment_line(int version, std::int64_t segment, std::int64_t after, const std::string& after_hash);
std::string mark_line(std::int64_t number, const std::string& hash);

struct SegmentHead {
  std::int64_t version = 0;
  std::int64_t after = 0;
  std::string after_hash;
};
/// Nothing where the line is not that of `segment`; only `version` where it is of a format that is not ours.
std::optional<SegmentHead> parse_segment_line(std::string_view line, std::int64_t segment);

struct Mark {
  std::int64_t number = 0;
  std::string hash;
};
std::optional<Mark> parse_mark_line(std::string_view line);

struct EntryLine {
  EntryKind kind = EntryKind::facts;
  std::int64_t number = 0;
  std::int64_t size = 0;
  std::string before, hash;
};
/// The line and the text; `hash` becomes the entry's.
std::string entry_bytes(EntryKind kind, std::int64_t number, std::string_view text, std::string& hash);
std::optional<EntryLine> parse_entry_line(std::string_view line);
/// Whether a kill in the middle of writing entry `number` behind the one with hash `before` may leave these bytes of
/// its line, of which there are at most entry_line_bytes.
bool may_begin_entry(std::string_view bytes, std::int64_t number, const std::string& before);
/// Whether the hash is that of the line and this text.
bool belongs(const EntryLine& line, std::string_view text);

}  // namespace scheduled::anytime
