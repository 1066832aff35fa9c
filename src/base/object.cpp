#include "base/object.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/words.hpp"

namespace scheduled {
namespace {

std::string shortened(const std::string& text) {
  constexpr std::size_t longest = 60;
  return text.size() > longest ? concat({beginning_of(text, longest), "..."}) : text;
}

std::string shown(const Json& value) { return shortened(value.dump()); }

}  // namespace

ObjectReader::ObjectReader(const Json& json, std::string source, std::string path)
    : json_(json), source_(std::move(source)), path_(std::move(path)) {
  if (!json_.is_object()) fail_whole("must be an object {...}");
}

void ObjectReader::only(std::span<const std::string_view> keys) const {
  for (const auto& [key, value] : json_.members()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    fail_at(path_of(key), shown(value),
            concat({"is no key", path_.empty() ? "" : " of ", path_, "; ", must_be_one_of(key, keys)}));
  }
}

const Json& ObjectReader::at(std::string_view key, std::string_view allowed) const {
  const Json* const found = json_.find(key);
  if (found == nullptr) fail_at(path_of(key), {}, concat({"is missing; must be ", allowed}));
  return *found;
}

std::int64_t ObjectReader::whole(std::string_view key, std::int64_t least, std::int64_t most) const {
  const std::string allowed = concat({"a whole number from ", std::to_string(least), " to ", std::to_string(most)});
  const Json& value = at(key, allowed);
  if (!value.is_whole() || value.whole() < least || value.whole() > most) fail(key, allowed);
  return value.whole();
}

std::int64_t ObjectReader::whole(std::string_view key, std::int64_t least, std::int64_t most,
                                 std::int64_t otherwise) const {
  return has(key) ? whole(key, least, most) : otherwise;
}

double ObjectReader::number(std::string_view key) const {
  const Json& value = at(key, "a number");
  if (!value.is_number()) fail(key, "a number");
  return value.number();
}

double ObjectReader::positive(std::string_view key, double otherwise) const {
  if (!has(key)) return otherwise;
  if (const Json& value = at(key, {}); value.is_number() && value.number() > 0.0) return value.number();
  fail(key, "a number > 0");
}

double ObjectReader::non_negative(std::string_view key, double otherwise) const {
  if (!has(key)) return otherwise;
  if (const Json& value = at(key, {}); value.is_number() && value.number() >= 0.0) return value.number();
  fail(key, "a number >= 0");
}

bool ObjectReader::flag(std::string_view key) const {
  const Json& value = at(key, "true or false");
  if (!value.is_bool()) fail(key, "true or false");
  return value.boolean();
}

bool ObjectReader::flag(std::string_view key, bool otherwise) const { return has(key) ? flag(key) : otherwise; }

const std::string& ObjectReader::text(std::string_view key) const {
  const Json& value = at(key, "text");
  if (!value.is_text()) fail(key, "text");
  return value.text();
}

ObjectReader ObjectReader::object(std::string_view key) const {
  return {at(key, "an object {...}"), source_, path_of(key)};
}

void ObjectReader::fail(std::string_view key, std::string_view allowed) const {
  fail_at(path_of(key), shown(*json_.find(key)), concat({"must be ", allowed}));
}

void ObjectReader::fail_whole(std::string_view requirement) const { fail_at(path_, {}, std::string(requirement)); }

void ObjectReader::fail_at(std::string name, std::string value, std::string requirement) const {
  std::optional<Place> place;
  if (!source_.empty()) place = Place{source_};
  throw ArgumentError({.name = std::move(name),
                       .value = std::move(value),
                       .requirement = std::move(requirement),
                       .place = std::move(place)});
}

std::string ObjectReader::path_of(std::string_view key) const {
  return shortened(path_.empty() ? std::string(key) : concat({path_, ".", key}));
}

}  // namespace scheduled
