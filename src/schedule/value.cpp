#include "schedule/value.hpp"

#include <cmath>

#include "base/error.hpp"
#include "schedule/text.hpp"

namespace scheduled {
namespace {

constexpr std::string_view kinds = "must be a number, a text or a list of them";

template <class T>
Json list_of(const std::vector<T>& values) {
  Json::Array items;
  items.reserve(values.size());
  for (const T& value : values) items.push_back(to_value(value));
  return items;
}

template <class T>
void read_list(std::string_view key, const Json& given, std::vector<T>& values) {
  if (!given.is_array()) {
    fail_value(key, in_quotes(read_text(key, given)), "must be a list such as [1, 2]");
  }
  values.resize(given.items().size());
  for (std::size_t k = 0; k < values.size(); ++k) {
    at_entry(k, [&] { read_value(key, given.items()[k], values[k]); });
  }
}

}  // namespace

std::string read_text(std::string_view key, const Json& given) {
  if (given.is_array()) fail_argument(key, "must be one value, not a list");
  if (!given.is_text() && !given.is_number()) fail_argument(key, kinds);
  return value_text(given);
}

Json to_value(double number) {
  const bool whole =
      number == std::floor(number) && std::fabs(number) < 0x1p53 && !(number == 0.0 && std::signbit(number));
  return whole ? Json(static_cast<std::int64_t>(number)) : Json(number);
}

Json to_value(Duration duration) {
  return duration.unit == Duration::Unit::steps ? to_value(duration.value) : Json(print_duration(duration));
}

Json to_value(Rate rate) { return rate.unit == Rate::Unit::absolute ? to_value(rate.value) : Json(print_rate(rate)); }

Json to_value(const std::vector<Duration>& durations) { return list_of(durations); }
Json to_value(const std::vector<double>& numbers) { return list_of(numbers); }
Json to_value(const std::shared_ptr<const std::vector<double>>& numbers) { return list_of(*numbers); }

void read_value(std::string_view key, const Json& given, double& number) {
  if (given.is_number()) {
    number = given.number();
    return;
  }
  const std::string text = read_text(key, given);
  const std::optional<double> value = parse_number(text);
  if (!value) fail_value(key, in_quotes(text), "must be a number");
  number = *value;
}

void read_value(std::string_view key, const Json& given, Duration& duration) {
  duration = parse_duration(key, read_text(key, given));
}

void read_value(std::string_view key, const Json& given, RealDuration& duration) {
  const std::string text = read_text(key, given);
  const std::optional<double> count = parse_number(text);
  if (count && std::isfinite(*count) && *count >= 0.0) {
    duration = Duration{*count, Duration::Unit::steps};
  } else {
    duration = parse_duration(key, text);
  }
}

void read_value(std::string_view key, const Json& given, Rate& rate) { rate = parse_rate(key, read_text(key, given)); }

void read_value(std::string_view key, const Json& given, std::vector<Duration>& durations) {
  read_list(key, given, durations);
}

void read_value(std::string_view key, const Json& given, std::vector<double>& numbers) {
  read_list(key, given, numbers);
}

void read_value(std::string_view key, const Json& given, std::shared_ptr<const std::vector<double>>& numbers) {
  std::vector<double> values;
  read_list(key, given, values);
  numbers = std::make_shared<const std::vector<double>>(std::move(values));
}

void read_value(std::string_view key, const Json& given, WholeCount<double> count) {
  const Duration value = parse_duration(key, read_text(key, given));
  if (value.unit != Duration::Unit::steps || value.value < 1.0) {
    fail_value(key, print_duration(value), "must be a number >= 1, without a unit");
  }
  count.number = value.value;
}

}  // namespace scheduled
