// Checkpoints that another system wrote: what they hold, and whether that is still there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "anytime/state.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled::anytime {

constexpr const char* manifest_file = "external.json";

struct ExternalFile {
  std::string name;
  std::int64_t bytes = 0;
  bool operator==(const ExternalFile&) const = default;
};

/// What is found at a place, with its files by name.
struct Manifest {
  RecordedExternal external;
  std::vector<ExternalFile> files;
  bool operator==(const Manifest&) const = default;
};

/// Looks at a folder, or reads a listing. `run`: the folder of the run, which it must neither hold nor be part of.
Manifest manifest_of(const ExternalRequest& request, const std::filesystem::path& run);

/// Throws ArgumentError where the text is none that manifest_text made.
std::string manifest_text(const Manifest& manifest);
Manifest parse_manifest(std::string_view text);

/// The files of a listing, relative to `uri`, by name. Throws ArgumentError naming the line.
std::vector<ExternalFile> parse_listing(std::string_view text, std::string_view uri);

/// Whether what is at the place has the names, sizes and marker of the manifest in the checkpoint's folder. Of a place
/// that cannot be reached from here nothing is known: sound.
Finding check_external(const BoundFolder& run, const RecordedCheckpoint& checkpoint);

/// A command for a shell that deletes what is there; empty: none is known for such a URI.
std::string delete_command(const RecordedExternal& external);

/// Where it is by one name: without links, and without the other names of a store.
std::string place_of(const RecordedExternal& external);

bool is_one_place(const RecordedExternal& a, const RecordedExternal& b);

/// What is in a local folder and not of the checkpoint; empty: nothing, or the place is not local.
std::string more_than(const BoundFolder& run, const RecordedCheckpoint& checkpoint);

/// Whether one of these places is the other, or lies in it.
bool overlap(const std::string& a, const std::string& b);

}  // namespace scheduled::anytime
