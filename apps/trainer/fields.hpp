// Reading an object of a JSON file key by key, with errors that name the key, the value and what is allowed.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace scheduled::trainer {

using Keys = std::vector<std::string>;

/// One JSON object with certain keys.
class Fields {
 public:
  /// `file` begins every error text; `path` is the object's in it, such as "model". `json` must outlive this. Throws
  /// where it is no object, and where it has other keys than `known`: before one that is missing is noticed, because
  /// a misspelt key is both.
  Fields(std::string file, std::string path, const nlohmann::json& json, const Keys& known);

  /// Whether the key is there.
  bool has(const std::string& key) const { return json_.contains(key); }
  /// A whole number within [least, most].
  std::int64_t whole(const std::string& key, std::int64_t least, std::int64_t most) const;
  std::int64_t whole(const std::string& key, std::int64_t least, std::int64_t most, std::int64_t otherwise) const;
  /// A finite number, >= 0, or > 0 if `positive`.
  double number(const std::string& key, bool positive, double otherwise) const;
  bool flag(const std::string& key, bool otherwise) const;
  std::string text(const std::string& key) const;
  std::string text(const std::string& key, const std::string& otherwise) const;
  /// One or more names of files.
  std::vector<std::string> names(const std::string& key) const;
  /// The object at `key`.
  Fields object(const std::string& key, const Keys& known) const;

  [[noreturn]] void refuse(const std::string& text) const;
  /// refuse, with the key and its value.
  [[noreturn]] void fail(const std::string& key, const std::string& allowed) const;

 private:
  const nlohmann::json& require(const std::string& key, const std::string& allowed) const;
  std::string file_, path_;
  const nlohmann::json& json_;
};

}  // namespace scheduled::trainer
