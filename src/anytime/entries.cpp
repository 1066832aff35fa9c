#include "anytime/entries.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "anytime/fact_records.hpp"
#include "anytime/files.hpp"
#include "anytime/journal.hpp"
#include "anytime/records.hpp"
#include "base/error.hpp"

namespace scheduled::anytime {

void not_understood(std::string_view text) {
  throw StoreError("the record has an entry that is not understood: " + std::string(text.substr(0, 80)));
}

Json parse_entry(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const std::invalid_argument&) {
    not_understood(text);
  }
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

std::pair<std::string_view, std::int64_t> attempt_of(std::string_view name) {
  constexpr std::size_t most_digits = 6;
  const std::size_t slash = name.rfind('/');
  const std::string_view number = slash == std::string_view::npos ? "" : name.substr(slash + 1);
  const bool digits = std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  std::int64_t value = 0;
  if (number.empty() || number.size() > most_digits || number.front() == '0' || !digits) return {name, 0};
  std::from_chars(number.data(), number.data() + number.size(), value);
  return {name.substr(0, slash), value};
}

bool is_line_name(std::string_view whole) {
  constexpr std::size_t longest = 64;
  const std::string_view name = attempt_of(whole).first;
  return !name.empty() && name.size() <= longest && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == '-';
         });
}

namespace {

/// Text of any bytes: as it is where it is UTF-8, else {"hex": "..."}.
Json json_of(const std::string& text) {
  Json as_text(text);
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7F; });
  if (plain || Json::parse(as_text.dump()) == as_text) return as_text;
  std::string hex;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    hex += {"0123456789abcdef"[byte >> 4U], "0123456789abcdef"[byte & 15U]};
  }
  return Json::object({{"hex", hex}});
}

std::string text_of(const Json& json) {
  if (json.is_text()) return json.text();
  const Json* const hex = json.find("hex");
  if (hex == nullptr || !hex->is_text() || hex->text().size() % 2 != 0) not_understood(json.dump());
  std::string out;
  for (std::size_t k = 0; k < hex->text().size(); k += 2) {
    unsigned byte = 0;
    const char* const from = hex->text().data() + k;
    if (std::from_chars(from, from + 2, byte, 16).ptr != from + 2) not_understood(json.dump());
    out += static_cast<char>(byte);
  }
  return out;
}

const Json& member(const Json& json, std::string_view key) {
  const Json* const found = json.find(key);
  if (found == nullptr) not_understood(json.dump());
  return *found;
}

std::int64_t whole_of(const Json& json, std::string_view key) {
  const Json& value = member(json, key);
  if (!value.is_whole()) not_understood(json.dump());
  return value.whole();
}

// A record may come from anywhere, with hashes that are right: what it says is only used within these bounds.

/// A number of steps or bytes, or an id: 0 to 2^53.
std::int64_t count_of(const Json& json, std::string_view key, std::int64_t least = 0) {
  const std::int64_t count = whole_of(json, key);
  if (count < least || count > std::int64_t{1} << 53) not_understood(json.dump());
  return count;
}

std::string text_of(const Json& json, std::string_view key) { return text_of(member(json, key)); }

std::string line_name_of(const Json& json, std::string_view key) {
  std::string name = text_of(json, key);
  if (!is_line_name(name)) not_understood(json.dump());
  return name;
}

/// A path that does not leave the folder it is in.
std::string inner_path_of(const Json& json, std::string_view key) {
  std::string path = text_of(json, key);
  if (path.find('\0') != std::string::npos) not_understood(json.dump());
  for (std::string_view rest = path;;) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    if (part.empty() || part == "." || part == "..") not_understood(json.dump());
    if (part.size() == rest.size()) return path;
    rest.remove_prefix(part.size() + 1);
  }
}

/// checkpoints/NAME; empty for a lost checkpoint without files (see add_stand_ins).
std::string checkpoint_folder_of(const Json& json, std::string_view key) {
  if (text_of(json, key).empty() && member(json, "files").items().empty()) return {};
  std::string path = inner_path_of(json, key);
  const std::string_view parent = checkpoint_folder;
  const bool inside = path.starts_with(parent) && path.find('/') == parent.size();
  if (!inside || path.find('/', parent.size() + 1) != std::string::npos) not_understood(json.dump());
  return path;
}

std::vector<MergedCheckpoint> merged_of(const Json& json) {
  std::vector<MergedCheckpoint> merged;
  if (!json.is_array()) not_understood(json.dump());
  for (const Json& pair : json.items()) {
    const bool fits = pair.is_array() && pair.items().size() == 2 && pair.items()[0].is_whole() &&
                      pair.items()[1].is_number() && pair.items()[0].whole() >= 1;
    if (!fits) not_understood(json.dump());
    merged.push_back({pair.items()[0].whole(), pair.items()[1].number()});
  }
  return merged;
}

RecordedLine line_of(const Json& json) {
  RecordedLine line;
  line.name = line_name_of(json, "line");
  line.parent = text_of(json, "parent");
  const bool fits = line.name == "trunk" ? line.parent.empty() : line.parent != line.name && is_line_name(line.parent);
  if (!fits) not_understood(json.dump());
  line.start = count_of(json, "start");
  if (json.contains("note")) line.note = text_of(json, "note");
  if (json.contains("merged")) line.merged = merged_of(member(json, "merged"));
  if (!line.merged.empty() && line.parent.empty()) not_understood(json.dump());
  return line;
}

RecordedData data_of(const Json& json) {
  RecordedData data{line_name_of(json, "of"), count_of(json, "step"), text_of(json, "data"), {}, {}};
  if (json.contains("batch")) data.batch = count_of(json, "batch", 1);
  if (json.contains("sequence")) data.sequence = count_of(json, "sequence", 1);
  return data;
}

/// Schedules by their text: a long run has many sessions with the same one.
Schedule schedule_of(const std::string& text) {
  thread_local std::map<std::string, Schedule> known;
  constexpr std::size_t most = 64;
  if (const auto at = known.find(text); at != known.end()) return at->second;
  if (known.size() >= most) known.clear();
  try {
    return known.emplace(text, Schedule::parse(text)).first->second;
  } catch (const std::invalid_argument& error) {
    throw StoreError(concat({"a recorded schedule cannot be read: ", error.what()}));
  }
}

RecordedSession session_of(const Json& json) {
  const Json& origin = member(json, "checkpoint");
  return {count_of(json, "session", 1),
          line_name_of(json, "of"),
          count_of(json, "start"),
          origin.is_whole() ? std::optional(origin.whole()) : std::nullopt,
          schedule_of(text_of(json, "schedule")),
          text_of(json, "hash"),
          text_of(json, "code"),
          whole_of(json, "time")};
}

template <class E>
E word_in(const Json& json, std::string_view key) {
  const std::string text = text_of(json, key);
  const auto at = std::find(Words<E>::words.begin(), Words<E>::words.end(), text);
  if (at == Words<E>::words.end()) not_understood(json.dump());
  return static_cast<E>(at - Words<E>::words.begin());
}

RecordedExternal external_of(const Json& json) {
  if (!json.is_object()) not_understood(json.dump());
  return {text_of(json, "uri"),          word_in<ExternalKind>(json, "kind"),
          inner_path_of(json, "marker"), text_of(json, "marker_xxh3"),
          count_of(json, "files"),       count_of(json, "bytes")};
}

RecordedCheckpoint checkpoint_of(const Json& json) {
  RecordedCheckpoint checkpoint;
  checkpoint.id = count_of(json, "checkpoint", 1);
  checkpoint.session = count_of(json, "session", 1);
  checkpoint.line = line_name_of(json, "of");
  checkpoint.step = count_of(json, "step");
  if (!member(json, "files").is_array()) not_understood(json.dump());
  checkpoint.folder = checkpoint_folder_of(json, "folder");
  for (const Json& file : member(json, "files").items()) {
    checkpoint.files.push_back({inner_path_of(file, "name"), count_of(file, "bytes"), text_of(file, "xxh3")});
    if (file.contains("placed")) checkpoint.files.back().placed = word_in<FilePlaced>(file, "placed");
  }
  checkpoint.data_position = text_of(json, "data_position");
  checkpoint.rng_state = text_of(json, "rng_state");
  checkpoint.code_version = text_of(json, "code");
  checkpoint.keep = member(json, "keep") == Json(true);
  checkpoint.time = whole_of(json, "time");
  if (json.contains("external")) checkpoint.external = external_of(member(json, "external"));
  return checkpoint;
}

constexpr std::array<const char*, 3> mark_names = {"damaged", "sound", "deleted"};

bool add_mark(RunRecord& record, const Json& json) {
  using State = RecordedCheckpoint::State;
  constexpr std::array states = {State::damaged, State::live, State::deleted};
  for (std::size_t k = 0; k < mark_names.size(); ++k) {
    const Json* const ids = json.find(mark_names[k]);
    if (ids == nullptr || !ids->is_array()) continue;
    for (const Json& id : ids->items()) {
      if (!id.is_whole()) not_understood(json.dump());
      auto& all = record.checkpoints;
      const auto at = std::lower_bound(all.begin(), all.end(), id.whole(),
                                       [](const RecordedCheckpoint& c, std::int64_t key) { return c.id < key; });
      if (at != all.end() && at->id == id.whole() && at->state != State::deleted) at->state = states[k];
    }
    return true;
  }
  return false;
}

/// Rows are in the order of their ids, each once; the later counts.
template <class Row>
void add_row(std::vector<Row>& rows, Row row) {
  auto at = rows.end();
  if (!rows.empty() && rows.back().id >= row.id) {
    at = std::lower_bound(rows.begin(), rows.end(), row.id, [](const Row& r, std::int64_t id) { return r.id < id; });
    if (at->id == row.id) at = rows.erase(at);
  }
  rows.insert(at, std::move(row));
}

void add_line(std::vector<RecordedLine>& lines, RecordedLine line) {
  const auto at = std::find_if(lines.begin(), lines.end(), [&](const auto& known) { return known.name == line.name; });
  if (at == lines.end()) lines.push_back(std::move(line));
}

void add_fact(RunRecord& record, const Json& json) {
  if (json.contains("files")) {
    add_row(record.checkpoints, checkpoint_of(json));
  } else if (json.contains("schedule")) {
    add_row(record.sessions, session_of(json));
  } else if (json.contains("parent")) {
    add_line(record.lines, line_of(json));
  } else if (json.contains("data")) {
    record.data.push_back(data_of(json));
  } else if (!add_mark(record, json)) {
    not_understood(json.dump());
  }
}

}  // namespace

Json json_of_bytes(const std::string& text) { return json_of(text); }
std::string bytes_of_json(const Json& json) { return text_of(json); }

std::string line_fact(const RecordedLine& line) { return to_json(StoredLine{line}).dump() + '\n'; }
std::string session_fact(const RecordedSession& session) { return to_json(StoredSession{session}).dump() + '\n'; }
std::string checkpoint_fact(const RecordedCheckpoint& checkpoint) {
  return to_json(StoredCheckpoint{checkpoint}).dump() + '\n';
}
std::string data_fact(const RecordedData& data) { return to_json(StoredData{data}).dump() + '\n'; }

Json describe_schema(Schemas& schemas, const StoredBytes*) {
  return schemas.reference<StoredBytes>("Bytes", [](Schemas&) {
    ObjectSchema hex;
    hex.add("hex", type_schema("string"), "Its bytes in hexadecimal", true);
    Json json = any_of({type_schema("string"), hex.json("Bytes that are no UTF-8")});
    json["description"] = "Text of any bytes";
    return json;
  });
}

Json describe_schema(Schemas&, const StoredWeight*) {
  return Json::object({{"type", "array"},
                       {"prefixItems", Json::array({type_schema("integer"), type_schema("number")})},
                       {"items", false},
                       {"minItems", 2}});
}

void require_readable(const Schedule& schedule) {
  const std::string text = print(schedule);
  try {
    Schedule::parse(text);
  } catch (const std::invalid_argument& error) {
    fail_value("schedule", text, concat({"cannot be recorded: ", error.what()}));
  }
}

int version_of(const RecordedLine& line) {
  const bool plain = line.note.empty() && line.merged.empty() && attempt_of(line.name).second == 0;
  return plain && (line.parent.empty() || line.parent == "trunk") ? first_version : third_version;
}

int version_of(const RecordedData& data) { return data.batch || data.sequence ? third_version : first_version; }

int version_of(const RecordedCheckpoint& checkpoint) { return checkpoint.external ? store_version : first_version; }

std::string mark_fact(CheckpointMark mark, std::span<const std::int64_t> checkpoints) {
  StoredMarks marks;
  auto& ids = mark == CheckpointMark::damaged ? marks.damaged
              : mark == CheckpointMark::sound ? marks.sound
                                              : marks.deleted;
  ids.emplace(checkpoints.begin(), checkpoints.end());
  return to_json(marks).dump() + '\n';
}

void add_facts(RunRecord& record, std::string_view text) {
  while (!text.empty()) add_fact(record, parse_entry(take_line(text)));
}

std::string facts_text(const CommitFacts& facts) {
  const std::string json = to_json(StoredCommit{facts}).dump();
  return json + '\n' + sum_text(json) + '\n';
}

std::optional<CommitFacts> parse_facts(std::string_view text) {
  const std::string_view json = take_line(text);
  if (text != sum_text(json) + '\n') return std::nullopt;
  try {
    const Json facts = Json::parse(json);
    return CommitFacts{text_of(facts, "after"), line_of(member(facts, "line")), session_of(member(facts, "session")),
                       checkpoint_of(member(facts, "checkpoint"))};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace scheduled::anytime
