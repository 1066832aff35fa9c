// The neutral form between a spec and its text or JSON: a name and a list of key = value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/schedule.hpp"

namespace scheduled {

struct Field {
  std::string key;
  std::vector<std::string> items;  ///< one, unless it is a list
  bool is_list = false;
};

struct Call {
  std::string name;
  std::vector<Field> fields;
};

/// `name(key=value, key=[a, b], ...)`. Throws std::invalid_argument that quotes the text and says where it went wrong.
Call parse_call(std::string_view text);
std::string print_call(const Call& call);

/// {"schedule": name, key: value, ...}; numbers stay numbers.
Call parse_call_json(std::string_view text);
std::string print_call_json(const Call& call);

ScheduleSpec read_spec(const Call& call);
Call write_spec(const ScheduleSpec& spec);

/// Hands out the fields of a call one by one and remembers which were asked for, so that what is left over is an error
/// that can say what is allowed.
class FieldReader {
 public:
  explicit FieldReader(const Call& call);

  bool has(std::string_view key) const;
  std::optional<std::string> text(std::string_view key);
  std::optional<std::vector<std::string>> list(std::string_view key);
  std::optional<double> number(std::string_view key);
  std::optional<Duration> duration(std::string_view key);
  std::optional<Rate> rate(std::string_view key);
  [[noreturn]] void missing(std::string_view key, std::string_view example) const;
  void finish() const;  ///< throws at a key that nobody asked for

 private:
  const Field* take(std::string_view key);

  const Call& call_;
  std::vector<bool> used_;
  std::vector<std::string> known_;
};

double read_number(std::string_view key, std::string_view text);

}  // namespace scheduled
