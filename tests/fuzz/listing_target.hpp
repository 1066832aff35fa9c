// What the fuzz target of listings and manifests of checkpoints that are elsewhere does with its bytes; the test that
// replays the corpus shares it.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include "anytime/external.hpp"

namespace scheduled::fuzz {

/// Only std::invalid_argument and StoreError may come out. Names of a listing are increasing and stay below its place,
/// and a manifest that is read is written as it was.
inline void listing(std::string_view text) {
  const auto require = [](bool kept, const char* promise) {
    if (!kept) throw std::runtime_error(promise);
  };
  try {
    const auto files = anytime::parse_listing(text, "s3://bucket/runs/one");
    for (std::size_t k = 0; k < files.size(); ++k) {
      require(k == 0 || files[k - 1].name < files[k].name, "names increase");
      require(!files[k].name.empty() && files[k].name.front() != '/', "names are relative");
      require(("/" + files[k].name + "/").find("/../") == std::string::npos, "names stay below the place");
      require(files[k].bytes >= 0, "sizes are counts");
    }
  } catch (const std::invalid_argument&) {  // NOLINT: what is wrong was said
  }
  anytime::Manifest manifest;
  try {
    manifest = anytime::parse_manifest(text);
  } catch (const std::invalid_argument&) {
    return;
  } catch (const StoreError&) {
    return;
  }
  require(anytime::parse_manifest(anytime::manifest_text(manifest)) == manifest, "a manifest reads back");
}

}  // namespace scheduled::fuzz
