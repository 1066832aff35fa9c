// The visitors of keys that read and write them.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "schedule/text.hpp"
#include "schedule/value.hpp"

namespace scheduled {

/// Sets what is given and remembers which keys there are, so that what is left over is an error that can say what is
/// allowed.
class Reader {
 public:
  explicit Reader(const Json& given) : given_(given), left_(given.members().size() - 1) {}  // but for "schedule"

  template <class P, class T, class U>
  void operator()(const P& parameter, T&& value, const U&) {
    known_.push_back(parameter.key);
    const Json* const given = given_.find(parameter.key);
    if (given != nullptr) {
      --left_;
      read_value(parameter.key, *given, value);
    } else if (!parameter.needed.empty()) {
      fail_argument(parameter.key, concat({"must be given, such as ", parameter.needed}));
    }
  }

  /// Throws at a key that nobody asked for.
  void finish(std::string_view name) const {
    if (left_ == 0) return;
    for (const auto& [key, value] : given_.members()) {
      if (key == "schedule" || std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      fail_value(beginning_of(key, 60), value.is_array() ? "[...]" : in_quotes(value_text(value)),
                 known_.empty() ? concat({name, " has no keys"})
                                : concat({"is no key of ", name, "; ", must_be_one_of(key, known_)}));
    }
  }

 private:
  const Json& given_;
  std::size_t left_;
  std::vector<std::string_view> known_;
};

class Writer {
 public:
  explicit Writer(std::string_view name) : spec(Json::object({{"schedule", name}})) {}

  template <class P, class T, class U>
  void operator()(const P& parameter, const T& value, const U& usual) {
    if (parameter.quiet && value == usual) return;
    Json written = to_value(value);
    if (!written.is_null()) spec[parameter.key] = std::move(written);
  }

  Json spec;
};

}  // namespace scheduled
