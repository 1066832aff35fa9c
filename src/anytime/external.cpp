#include "anytime/external.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <system_error>

#include "anytime/fact_records.hpp"
#include "anytime/files.hpp"
#include "anytime/journal.hpp"
#include "anytime/records.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/missing.hpp"
#include "base/object.hpp"
#include "base/safetensors.hpp"
#include "base/words.hpp"

namespace scheduled::anytime {
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t most_bytes = std::int64_t{1} << 53;
constexpr std::string_view index_end = ".index.json";

struct KnownMarker {
  const char* name;
  ExternalKind kind;
};
constexpr std::array known_markers{
    KnownMarker{".metadata", ExternalKind::dcp}, KnownMarker{"commit_success.txt", ExternalKind::orbax},
    KnownMarker{"orbax.checkpoint", ExternalKind::orbax}, KnownMarker{"_CHECKPOINT_METADATA", ExternalKind::orbax}};

bool has(const std::vector<ExternalFile>& files, const std::string& name) {
  return std::any_of(files.begin(), files.end(), [&](const ExternalFile& file) { return file.name == name; });
}

/// Sets kind and marker by the files.
void find_marker(Manifest& manifest, const ExternalRequest& request) {
  RecordedExternal& external = manifest.external;
  const std::string& asked = request.marker;
  const auto refuse = [&](const std::string& why) { fail_value("external", request.uri, why); };
  if (external.uri.find(".orbax-checkpoint-tmp") != std::string::npos) {
    refuse("is what orbax writes to before it commits; give the folder that it becomes");
  }
  if (!asked.empty()) {
    if (!has(manifest.files, asked)) fail_value("marker", asked, "is no file of " + request.uri);
    external.marker = asked;
  }
  for (const KnownMarker& known : known_markers) {
    const bool this_one = asked.empty() ? has(manifest.files, known.name) : asked == known.name;
    if (!this_one) continue;
    external.marker = known.name;
    external.kind = known.kind;
    return;
  }
  std::vector<std::string> indices;
  for (const ExternalFile& file : manifest.files) {
    if (file.name.ends_with(index_end) && file.name.find('/') == std::string::npos) indices.push_back(file.name);
  }
  if (asked.empty() && indices.size() == 1) external.marker = indices.front();
  if (external.marker.ends_with(index_end)) external.kind = ExternalKind::safetensors;
  if (!external.marker.empty()) return;
  refuse(
      concat({"has no file that says it is complete: .metadata (torch.distributed.checkpoint), commit_success.txt, "
              "orbax.checkpoint or _CHECKPOINT_METADATA (orbax), or ",
              indices.empty() ? "an index of safetensors (*.index.json)" : "one index of safetensors, not several",
              "; --marker names another one that is written last"}));
}

std::string text_at(const fs::path& path) {
  const Descriptor file(path, O_RDONLY | O_NONBLOCK, "cannot be read");
  std::string text(static_cast<std::size_t>(size_of(file, path)), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::pread(file.get(), text.data() + filled, text.size() - filled, static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail_io(path, "cannot be read", got < 0 ? errno : EIO);
    filled += static_cast<std::size_t>(got);
  }
  return text;
}

/// Regular files below `folder`; links to files count as these, as caches of models have them.
std::vector<ExternalFile> files_at(const fs::path& folder) {
  std::vector<ExternalFile> files;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    struct stat status {};
    if (::stat(entries->path().c_str(), &status) != 0) fail_io(entries->path(), "cannot be seen", errno);
    if (S_ISDIR(status.st_mode) && entries->is_symlink()) {  // it may lead back to where it is
      fail_value("external", entries->path().string(), "is a link to a folder; what is in that would not be on record");
    }
    if (S_ISDIR(status.st_mode)) continue;
    if (!S_ISREG(status.st_mode)) {
      fail_value("external", entries->path().string(), concat({"is ", kind_of(status.st_mode), ", not a file"}));
    }
    files.push_back({entries->path().lexically_relative(folder).generic_string(), status.st_size});
  }
  if (error) fail_io(folder, "cannot be listed", error.value());
  return files;
}

/// An index is the marker of files that it names.
void require_files_of_index(const Manifest& manifest, const std::string& index, const fs::path& path,
                            const std::string& shown) {
  const fs::path folder = fs::path(manifest.external.marker).parent_path();
  std::set<std::string> names;
  try {
    for (const auto& [tensor, name] : parse_safetensors_index(index)) names.insert((folder / name).generic_string());
  } catch (const ArgumentError& error) {
    throw ArgumentError({.requirement = error.fields().requirement, .place = Place{path.string()}});
  }
  for (const std::string& name : names) {
    if (!has(manifest.files, name)) {
      fail_value("external", shown, concat({"has no ", name, ", which ", manifest.external.marker, " names"}));
    }
  }
}

/// The absolute path of a local place; nothing: it is elsewhere.
std::optional<fs::path> local_path(const std::string& uri) {
  constexpr std::string_view file = "file://";
  const std::size_t scheme = uri.find("://");
  if (scheme == std::string::npos) return fs::absolute(uri).lexically_normal();
  if (!uri.starts_with(file)) return std::nullopt;
  if (!uri.starts_with("file:///")) fail_value("external", uri, "must be file:///FOLDER, with no host");
  return fs::path(uri.substr(file.size())).lexically_normal();
}

void require_apart(const fs::path& place, const fs::path& run) {
  std::error_code error;
  const std::string a = fs::weakly_canonical(place, error).string();
  const std::string b = fs::weakly_canonical(run, error).string();
  if (b == a || b.starts_with(a == "/" ? a : a + "/")) {
    fail_value("external", place.string(), "must not hold the run's own folder");
  }
  for (const char* const own : {checkpoint_folder, staging_folder, record_folder, lease_folder}) {
    if (!overlap(a, b + "/" + own)) continue;
    fail_value("external", place.string(), concat({"is in the run's own ", own, "; give a folder outside of it"}));
  }
}

Manifest manifest_of_folder(const ExternalRequest& request, fs::path folder, const fs::path& run) {
  if (!folder.has_filename()) folder = folder.parent_path();
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (!fs::exists(status)) fail_missing("external", request.uri, "no such folder");
  if (!fs::is_directory(status)) fail_value("external", request.uri, "must be a folder");
  if (request.listing) fail_argument("listing", "is of what cannot be read here, such as s3://; this folder can");
  require_apart(folder, run);
  if (fs::is_symlink(folder)) folder = fs::canonical(folder);  // such as "latest", which will lead elsewhere
  Manifest manifest;
  manifest.external.uri = folder.string();
  manifest.files = files_at(folder);
  find_marker(manifest, request);
  const fs::path marker = folder / manifest.external.marker;
  const std::string text = text_at(marker);
  manifest.external.marker_xxh3 = sum_text(text);
  if (manifest.external.kind == ExternalKind::safetensors) require_files_of_index(manifest, text, marker, request.uri);
  return manifest;
}

Manifest manifest_of_listing(const ExternalRequest& request) {
  if (!request.listing) {
    fail_value("external", request.uri,
               "cannot be read here; give its files with --listing, as aws s3 ls --recursive or rclone ls print them");
  }
  Manifest manifest;
  manifest.external.uri = request.uri;
  while (manifest.external.uri.ends_with('/')) manifest.external.uri.pop_back();
  if (manifest.external.uri.ends_with(':')) fail_value("external", request.uri, "must name a folder");
  manifest.files = parse_listing(*request.listing, manifest.external.uri);
  if (manifest.files.empty()) fail_argument("listing", "has no files");
  find_marker(manifest, request);
  return manifest;
}

}  // namespace

Manifest manifest_of(const ExternalRequest& request, const fs::path& run) {
  if (request.uri.empty()) fail_argument("external", "is empty; give a folder or a URI");
  const std::optional<fs::path> folder = local_path(request.uri);
  if (folder && request.listing && !request.uri.starts_with("file:") && request.uri.find(':') != std::string::npos) {
    fail_value("external", request.uri, "is no URI; what has a listing is named SCHEME://..., such as s3://bucket/400");
  }
  Manifest manifest = folder ? manifest_of_folder(request, *folder, run) : manifest_of_listing(request);
  std::sort(manifest.files.begin(), manifest.files.end(),
            [](const ExternalFile& a, const ExternalFile& b) { return a.name < b.name; });
  for (const ExternalFile& file : manifest.files) {
    if (file.bytes > most_bytes - manifest.external.bytes) fail_argument("external", "has more than 2^53 bytes");
    manifest.external.bytes += file.bytes;
  }
  manifest.external.files = static_cast<std::int64_t>(manifest.files.size());
  return manifest;
}

std::string manifest_text(const Manifest& manifest) { return to_json(StoredManifest{manifest}).dump() + '\n'; }

Manifest parse_manifest(std::string_view text) {
  const Json json = Json::parse(text);
  const ObjectReader fields(json, {});
  Manifest manifest;
  RecordedExternal& external = manifest.external;
  external.uri = bytes_of_json(fields.at("uri", "a text"));
  external.kind = parse_word<ExternalKind>("kind", fields.text("kind"));
  external.marker = bytes_of_json(fields.at("marker", "a text"));
  external.marker_xxh3 = fields.text("marker_xxh3");
  const Json& files = fields.at("files", "a list");
  if (!files.is_array()) fields.fail("files", "a list");
  for (const Json& file : files.items()) {
    const ObjectReader one(file, {}, "files");
    manifest.files.push_back({bytes_of_json(one.at("name", "a text")), one.whole("bytes", 0, most_bytes)});
    if (manifest.files.back().bytes > most_bytes - external.bytes) fields.fail_whole("has more than 2^53 bytes");
    external.bytes += manifest.files.back().bytes;
  }
  external.files = static_cast<std::int64_t>(manifest.files.size());
  return manifest;
}

bool overlap(const std::string& a, const std::string& b) {
  const std::string& inner = a.size() < b.size() ? b : a;
  const std::string& outer = a.size() < b.size() ? a : b;
  return inner == outer || inner.starts_with(outer.ends_with('/') ? outer : outer + "/");
}

std::string place_of(const RecordedExternal& external) {
  if (external.is_local()) {
    std::error_code error;
    const fs::path place = fs::weakly_canonical(external.uri, error);
    return error ? external.uri : place.string();
  }
  for (const char* const name : {"s3a://", "s3n://"}) {  // of Hadoop
    if (external.uri.starts_with(name)) return "s3" + external.uri.substr(3);
  }
  return external.uri;
}

bool is_one_place(const RecordedExternal& a, const RecordedExternal& b) {
  // What is recorded is no link itself, so that other names differ before the last part of the path only.
  const auto last_of = [](const std::string& uri) { return std::string_view(uri).substr(uri.rfind('/') + 1); };
  return a.uri == b.uri || (last_of(a.uri) == last_of(b.uri) && place_of(a) == place_of(b));
}

std::string more_than(const BoundFolder& run, const RecordedCheckpoint& checkpoint) {
  if (!checkpoint.external->is_local()) return {};
  try {
    const Manifest then = parse_manifest(text_at(run.path() / checkpoint.folder / manifest_file));
    std::set<std::string> names;
    for (const ExternalFile& file : then.files) names.insert(file.name);
    for (const ExternalFile& file : files_at(checkpoint.external->uri)) {
      if (!names.contains(file.name)) return concat({"it has ", file.name, ", which is not of ", name_of(checkpoint)});
    }
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

Finding check_external(const BoundFolder& run, const RecordedCheckpoint& checkpoint) {
  using State = Finding::State;
  const RecordedExternal& external = *checkpoint.external;
  Manifest manifest;
  try {
    manifest = parse_manifest(text_at(run.path() / checkpoint.folder / manifest_file));
  } catch (const std::exception& error) {
    return {State::damaged, concat({checkpoint.folder, "/", manifest_file, ": ", error.what()})};
  }
  if (manifest.external != external) {
    return {State::damaged, concat({checkpoint.folder, "/", manifest_file, " is not what the record says"})};
  }
  if (!external.is_local()) return {};
  Finding worst;
  for (const ExternalFile& file : manifest.files) {
    const fs::path path = fs::path(external.uri) / file.name;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      const bool missing = errno == ENOENT || errno == ENOTDIR;
      return {State::unavailable, concat({path.string(), missing ? " is missing" : " cannot be seen: ",
                                          missing ? std::string() : std::generic_category().message(errno)})};
    }
    if (S_ISREG(status.st_mode) && status.st_size == file.bytes) continue;
    if (worst.state == State::damaged) continue;
    worst = {State::damaged, concat({path.string(), " has ", std::to_string(status.st_size), " bytes, not ",
                                     std::to_string(file.bytes)})};
  }
  if (worst.state != State::sound) return worst;
  const fs::path marker = fs::path(external.uri) / external.marker;
  try {
    if (sum_text(text_at(marker)) == external.marker_xxh3) return {};
  } catch (const StoreError& error) {
    return {State::unavailable, error.what()};
  }
  return {State::damaged, marker.string() + " has another checksum than when it was committed"};
}

}  // namespace scheduled::anytime
