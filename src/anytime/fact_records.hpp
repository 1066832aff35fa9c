// What the files of a run say, each described once (base/record.hpp): facts of the record as lines of JSON, what stands
// in the folders of checkpoints. Their keys are shorter than those of results; entries.cpp and external.cpp read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "anytime/entries.hpp"
#include "anytime/external.hpp"
#include "anytime/records.hpp"
#include "base/schema.hpp"

namespace scheduled::anytime {

/// Text of any bytes (json_of_bytes).
struct StoredBytes {
  std::string text;
};
inline Json describe_as_json(const StoredBytes& bytes) { return json_of_bytes(bytes.text); }
Json describe_schema(Schemas& schemas, const StoredBytes*);

/// A checkpoint of a merge: [id, weight].
struct StoredWeight {
  MergedCheckpoint merged;
};
inline Json describe_as_json(const StoredWeight& weight) {
  return Json::array({weight.merged.checkpoint, weight.merged.weight});
}
Json describe_schema(Schemas& schemas, const StoredWeight*);

struct StoredLine {
  const RecordedLine& line;
};
struct StoredSession {
  const RecordedSession& session;
};
struct StoredFile {
  const RecordedFile& file;
};
struct StoredExternal {
  const RecordedExternal& external;
};
struct StoredCheckpoint {
  const RecordedCheckpoint& checkpoint;
};
struct StoredData {
  const RecordedData& data;
};
/// Ids of checkpoints that are now so.
struct StoredMarks {
  Asked<std::vector<std::int64_t>> damaged = {}, sound = {}, deleted = {};
};
struct StoredCommit {
  const CommitFacts& facts;
};
struct ListedFile {
  const ExternalFile& file;
};
struct StoredManifest {
  const Manifest& manifest;
};

/// The files of a checkpoint, and what they become.
template <class Stored, class Files>
std::vector<Stored> each(const Files& files) {
  std::vector<Stored> all;
  all.reserve(files.size());
  for (const auto& file : files) all.push_back({file});
  return all;
}

/// Nothing where it is empty.
template <class T>
Asked<T> unless_empty(T value, bool empty) {
  Asked<T> asked;
  if (!empty) asked.emplace(std::move(value));
  return asked;
}

template <class T>
Asked<T> asked(const std::optional<T>& value) {
  Asked<T> found;
  if (value) found.emplace(*value);
  return found;
}

}  // namespace scheduled::anytime

namespace scheduled {

template <>
struct Record<anytime::StoredLine> {
  using X = anytime::StoredLine;
  static constexpr std::string_view name = "StoredLine";
  static constexpr std::string_view meaning = "A line of the run began: the trunk, a branch or a merge";
  static constexpr FieldList fields{
      Field{"line", [](const X& x) { return x.line.name; }, "", "Its name"},
      Field{"parent", [](const X& x) { return x.line.parent; }, "", "The line that it left; empty for the trunk"},
      Field{"start", [](const X& x) { return x.line.start; }, "steps", "Where it left its parent"},
      Field{"note",
            [](const X& x) { return anytime::unless_empty(anytime::StoredBytes{x.line.note}, x.line.note.empty()); },
            "", "As it was said when the line began"},
      Field{"merged",
            [](const X& x) {
              return anytime::unless_empty(anytime::each<anytime::StoredWeight>(x.line.merged), x.line.merged.empty());
            },
            "", "The checkpoints that it is a merge of, each with its weight"}};
};

template <>
struct Record<anytime::StoredSession> {
  using X = anytime::StoredSession;
  static constexpr std::string_view name = "StoredSession";
  static constexpr std::string_view meaning = "A stretch of work on a line began";
  static constexpr FieldList fields{
      Field{"session", [](const X& x) { return x.session.id; }, "", "Its id, in the order of starts"},
      Field{"of", [](const X& x) { return x.session.line; }, "", "The line"},
      Field{"start", [](const X& x) { return x.session.start; }, "steps", "Finished updates when it began"},
      Field{"checkpoint", [](const X& x) { return x.session.checkpoint; }, "",
            "Id of the checkpoint where it began; none: from scratch"},
      Field{"schedule", [](const X& x) { return anytime::StoredBytes{print(x.session.schedule)}; }, "",
            "The schedule in force, as a spec"},
      Field{"hash", [](const X& x) { return x.session.schedule_hash; }, "", "Of that text"},
      Field{"code", [](const X& x) { return anytime::StoredBytes{x.session.code_version}; }, "",
            "Version of the training program"},
      Field{"time", [](const X& x) { return x.session.time; }, "microseconds since 1970", "For people only"}};
};

template <>
struct Record<anytime::StoredFile> {
  using X = anytime::StoredFile;
  static constexpr std::string_view name = "StoredFile";
  static constexpr std::string_view meaning = "One file of a checkpoint";
  static constexpr FieldList fields{
      Field{"name", [](const X& x) { return anytime::StoredBytes{x.file.name}; }, "",
            "Relative to the checkpoint's folder"},
      Field{"bytes", [](const X& x) { return x.file.bytes; }, "bytes", "Its size"},
      Field{"xxh3", [](const X& x) { return x.file.xxh3; }, "", "XXH3-128 of its bytes, in hexadecimal"},
      Field{"placed",
            [](const X& x) { return anytime::unless_empty(x.file.placed, x.file.placed == FilePlaced::written); }, "",
            "How it came there, where it was not written or copied"}};
};

template <>
struct Record<anytime::StoredExternal> {
  using X = anytime::StoredExternal;
  static constexpr std::string_view name = "StoredExternal";
  static constexpr std::string_view meaning = "Where a checkpoint is that another system wrote";
  static constexpr FieldList fields{
      Field{"uri", [](const X& x) { return anytime::StoredBytes{x.external.uri}; }, "",
            "An absolute path, or SCHEME://PLACE of what cannot be read here"},
      Field{"kind", [](const X& x) { return x.external.kind; }, "", "By its marker"},
      Field{"marker", [](const X& x) { return anytime::StoredBytes{x.external.marker}; }, "",
            "The file that is written last, relative to it"},
      Field{"marker_xxh3", [](const X& x) { return x.external.marker_xxh3; }, "",
            "XXH3-128 of that; empty where it could not be read"},
      Field{"files", [](const X& x) { return x.external.files; }, "", "How many there were"},
      Field{"bytes", [](const X& x) { return x.external.bytes; }, "bytes", "Of all of them"}};
};

template <>
struct Record<anytime::StoredCheckpoint> {
  using X = anytime::StoredCheckpoint;
  static constexpr std::string_view name = "StoredCheckpoint";
  static constexpr std::string_view meaning = "A checkpoint was committed";
  static constexpr FieldList fields{
      Field{"checkpoint", [](const X& x) { return x.checkpoint.id; }, "", "Its id, in the order of commits"},
      Field{"session", [](const X& x) { return x.checkpoint.session; }, "", "Id of the session that wrote it"},
      Field{"of", [](const X& x) { return x.checkpoint.line; }, "", "The line"},
      Field{"step", [](const X& x) { return x.checkpoint.step; }, "steps", "Finished updates"},
      Field{"folder", [](const X& x) { return x.checkpoint.folder; }, "", "Relative to the run's"},
      Field{"files", [](const X& x) { return anytime::each<anytime::StoredFile>(x.checkpoint.files); }, "", "By name"},
      Field{"data_position", [](const X& x) { return anytime::StoredBytes{x.checkpoint.data_position}; }, "",
            "Where the data stream was"},
      Field{"rng_state", [](const X& x) { return anytime::StoredBytes{x.checkpoint.rng_state}; }, "",
            "State of the random numbers, as it was given"},
      Field{"code", [](const X& x) { return anytime::StoredBytes{x.checkpoint.code_version}; }, "",
            "Version of the training program"},
      Field{"keep", [](const X& x) { return x.checkpoint.keep; }, "",
            "gc keeps it until a branch that starts here is finished"},
      Field{"time", [](const X& x) { return x.checkpoint.time; }, "microseconds since 1970", "For people only"},
      Field{"external",
            [](const X& x) {
              Asked<anytime::StoredExternal> asked;
              if (x.checkpoint.external) asked.emplace(anytime::StoredExternal{*x.checkpoint.external});
              return asked;
            },
            "", "Where it is, if not in `folder`"}};
};

template <>
struct Record<anytime::StoredData> {
  using X = anytime::StoredData;
  static constexpr std::string_view name = "StoredData";
  static constexpr std::string_view meaning = "Data that a line reads from a step on";
  static constexpr FieldList fields{
      Field{"data", [](const X& x) { return anytime::StoredBytes{x.data.text}; }, "", "As it was said"},
      Field{"of", [](const X& x) { return x.data.line; }, "", "The line"},
      Field{"step", [](const X& x) { return x.data.step; }, "steps", "Finished updates before the first that reads it"},
      Field{"batch", [](const X& x) { return anytime::asked(x.data.batch); }, "examples", "Per step"},
      Field{"sequence", [](const X& x) { return anytime::asked(x.data.sequence); }, "tokens", "Per example"}};
};

template <>
struct Record<anytime::StoredMarks> {
  using X = anytime::StoredMarks;
  static constexpr std::string_view name = "StoredMarks";
  static constexpr std::string_view meaning = "What became of checkpoints, by their ids";
  static constexpr FieldList fields{
      Field{"damaged", &X::damaged, "", "These were, or could not be read, when their line was resumed from before"},
      Field{"sound", &X::sound, "", "These are as they were committed"},
      Field{"deleted", &X::deleted, "", "These were deleted by gc"}};
};

template <>
struct Record<anytime::StoredCommit> {
  using X = anytime::StoredCommit;
  static constexpr std::string_view name = "StoredCommit";
  static constexpr std::string_view meaning = "The facts of a commit, which its checkpoint's folder holds, too";
  static constexpr FieldList fields{
      Field{"after", [](const X& x) { return x.facts.after; }, "", "Hash of the record that they went on from"},
      Field{"line", [](const X& x) { return anytime::StoredLine{x.facts.line}; }, "", "The line"},
      Field{"session", [](const X& x) { return anytime::StoredSession{x.facts.session}; }, "", "The session"},
      Field{"checkpoint", [](const X& x) { return anytime::StoredCheckpoint{x.facts.checkpoint}; }, "",
            "The checkpoint"}};
};

template <>
struct Record<anytime::ListedFile> {
  using X = anytime::ListedFile;
  static constexpr std::string_view name = "ListedFile";
  static constexpr std::string_view meaning = "A file of a checkpoint that is elsewhere";
  static constexpr FieldList fields{
      Field{"name", [](const X& x) { return anytime::StoredBytes{x.file.name}; }, "", "Relative to the checkpoint"},
      Field{"bytes", [](const X& x) { return x.file.bytes; }, "bytes", "Its size"}};
};

template <>
struct Record<anytime::StoredManifest> {
  using X = anytime::StoredManifest;
  static constexpr std::string_view name = "StoredManifest";
  static constexpr std::string_view meaning = "What a checkpoint that is elsewhere consists of";
  static constexpr FieldList fields{
      Field{"uri", [](const X& x) { return anytime::StoredBytes{x.manifest.external.uri}; }, "",
            "An absolute path, or SCHEME://PLACE of what cannot be read here"},
      Field{"kind", [](const X& x) { return x.manifest.external.kind; }, "", "By its marker"},
      Field{"marker", [](const X& x) { return anytime::StoredBytes{x.manifest.external.marker}; }, "",
            "The file that is written last, relative to it"},
      Field{"marker_xxh3", [](const X& x) { return x.manifest.external.marker_xxh3; }, "",
            "XXH3-128 of that; empty where it could not be read"},
      Field{"files", [](const X& x) { return anytime::each<anytime::ListedFile>(x.manifest.files); }, "", "By name"}};
};

}  // namespace scheduled
