// JSON that people write: keys once, and no deep nests. Private: the shells use it, too.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace scheduled {

/// A callback for nlohmann's parse, which by itself keeps the last of two equal keys without a word: throws
/// std::invalid_argument "key 'model.width' is given twice", and "is nested more than 64 deep", because what is parsed
/// cannot be printed without as much stack as it is deep. To be passed as std::ref.
class KeysOnce {
 public:
  template <typename Json>
  bool operator()(int depth, nlohmann::detail::parse_event_t event, const Json& parsed) {
    using Event = nlohmann::detail::parse_event_t;
    const auto outer = static_cast<std::size_t>(depth);  // containers around what begins here, or around the key
    if (event == Event::object_start || event == Event::array_start) {
      if (outer >= deepest) fail({"is nested more than ", std::to_string(deepest), " deep"});
      open_.resize(outer);
      open_.emplace_back();
    } else if (event == Event::key) {
      open_.resize(outer);
      open_.back().key = parsed.template get<std::string>();
      if (!open_.back().keys.insert(open_.back().key).second) fail({"key '", path(), "' is given twice"});
    }
    return true;
  }

 private:
  static constexpr std::size_t deepest = 64;  ///< containers in each other

  struct Container {
    std::set<std::string> keys;
    std::string key;  ///< the last one; none of an array
  };

  /// Shortened, so that a key of a million characters does not fill the screen.
  std::string path() const {
    constexpr std::size_t most = 60;
    std::string text;
    for (const Container& container : open_) {
      text += (text.empty() || container.key.empty() ? "" : ".") + container.key;
    }
    return text.size() > most ? text.substr(0, most) + "..." : text;
  }

  std::vector<Container> open_;  ///< the containers around the place where the parser is
};

}  // namespace scheduled
