// Reading an object of a JSON text key by key. Errors name the key by its path, its value and what is allowed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace scheduled {

/// One object. All functions throw ArgumentError, at `source` where that is not empty, with the path of the key as its
/// name: "model.width".
class ObjectReader {
 public:
  /// `json` must outlive this. `path` is the object's in the text; empty: it is the text. Throws where it is no object.
  ObjectReader(const Json& json, std::string source, std::string path = {});

  /// Throws on any other key, with the one that was probably meant. To be called before anything is read: a key that is
  /// misspelt is missing, too.
  void only(std::span<const std::string_view> keys) const;

  bool has(std::string_view key) const { return json_.contains(key); }
  /// The value at `key`; where there is none, it "must be `allowed`".
  const Json& at(std::string_view key, std::string_view allowed) const;

  /// A whole number within [least, most].
  std::int64_t whole(std::string_view key, std::int64_t least, std::int64_t most) const;
  std::int64_t whole(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t otherwise) const;
  double number(std::string_view key) const;
  /// A number > 0, or >= 0.
  double positive(std::string_view key, double otherwise) const;
  double non_negative(std::string_view key, double otherwise) const;
  bool flag(std::string_view key) const;
  bool flag(std::string_view key, bool otherwise) const;
  const std::string& text(std::string_view key) const;
  /// The object at `key`.
  ObjectReader object(std::string_view key) const;

  /// Throws: the value at `key` must be `allowed`.
  [[noreturn]] void fail(std::string_view key, std::string_view allowed) const;
  /// Throws: what is wrong with the object as a whole.
  [[noreturn]] void fail_whole(std::string_view requirement) const;

 private:
  [[noreturn]] void fail_at(std::string name, std::string value, std::string requirement) const;
  std::string path_of(std::string_view key) const;

  const Json& json_;
  std::string source_, path_;
};

}  // namespace scheduled
