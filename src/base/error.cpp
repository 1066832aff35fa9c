#include "scheduled/error.hpp"
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/error.hpp"

namespace scheduled {

std::string_view version() noexcept { return SCHEDULED_VERSION; }

std::string format_number(double value) {
  std::array<char, 64> buffer{};
  char* const end = buffer.data() + buffer.size();
  const double size = std::fabs(value);
  // Where both forms are short, people read 0.0008 and 50000 more easily than 8e-04 and 5e+04.
  if (size == 0.0 || (size >= 1e-4 && size < 1e16)) {
    return {buffer.data(), std::to_chars(buffer.data(), end, value, std::chars_format::fixed).ptr};
  }
  std::string text(buffer.data(), std::to_chars(buffer.data(), end, value).ptr);
  const auto exponent = text.find('e');
  if (exponent == std::string::npos) return text;  // nan, inf
  const bool negative = text[exponent + 1] == '-';
  const auto digits = text.find_first_not_of('0', exponent + 2);
  return text.substr(0, exponent + 1) + (negative ? "-" : "") + text.substr(digits);
}

std::optional<double> parse_number(std::string_view text) noexcept {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  if (text.empty() || text.front() == '+') return std::nullopt;
  double value = 0.0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ptr != text.data() + text.size()) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) {
    // from_chars does not say whether the number was too large or too small; strtod-like rounding to 0 is harmless.
    const auto exponent = text.find_first_of("eE");
    const bool tiny = exponent != std::string_view::npos && exponent + 1 < text.size() && text[exponent + 1] == '-';
    if (!tiny) return std::nullopt;
    return text.front() == '-' ? -0.0 : 0.0;
  }
  if (result.ec != std::errc{}) return std::nullopt;
  return value;
}

namespace {

std::string text_of(const ArgumentError::Fields& fields) {
  std::string text;
  if (fields.place) {
    text += fields.place->source;
    if (fields.place->line > 0) text += concat({text.empty() ? "" : ", ", "line ", std::to_string(fields.place->line)});
    if (fields.place->column > 0) text += concat({", column ", std::to_string(fields.place->column)});
    text += ": ";
  }
  text += fields.name;
  if (fields.index) text += concat({"[", std::to_string(*fields.index), "]"});
  if (!fields.value.empty()) text += concat({fields.name.empty() ? "" : " = ", fields.value});
  if (!fields.name.empty() || !fields.value.empty()) text += ": ";
  text += fields.requirement;
  if (!fields.limit.empty()) text += concat({" ", fields.limit, " = ", fields.limit_value});
  return text;
}

}  // namespace

ArgumentError::ArgumentError(Fields fields)
    : std::invalid_argument(text_of(fields)), fields_(std::make_shared<const Fields>(std::move(fields))) {}

ArgumentError ArgumentError::named(std::string_view name, bool keep_index) const {
  Fields fields = *fields_;
  fields.name = name;
  if (!keep_index) fields.index.reset();
  return ArgumentError(std::move(fields));
}

ArgumentError ArgumentError::entry(std::int64_t index) const {
  Fields fields = *fields_;
  fields.index = index;
  return ArgumentError(std::move(fields));
}

ArgumentError ArgumentError::at(Place place) const {
  Fields fields = *fields_;
  fields.place = std::move(place);
  return ArgumentError(std::move(fields));
}

void fail_value(std::string_view name, std::string_view value, std::string_view requirement) {
  throw ArgumentError(
      {.name = std::string(name), .value = std::string(value), .requirement = std::string(requirement)});
}

void fail_value(std::string_view name, double value, std::string_view requirement) {
  fail_value(name, format_number(value), requirement);
}

void fail_entry(std::string_view name, std::size_t index, std::string_view value, std::string_view requirement) {
  throw ArgumentError({.name = std::string(name),
                       .index = static_cast<std::int64_t>(index),
                       .value = std::string(value),
                       .requirement = std::string(requirement)});
}

void fail_entry(std::string_view name, std::size_t index, double value, std::string_view requirement) {
  fail_entry(name, index, format_number(value), requirement);
}

void fail_argument(std::string_view name, std::string_view requirement) {
  throw ArgumentError({.name = std::string(name), .requirement = std::string(requirement)});
}

void fail(std::initializer_list<std::string_view> parts) { throw ArgumentError({.requirement = concat(parts)}); }

namespace {

constexpr std::string_view positive_text = "must be finite and > 0";
constexpr std::string_view non_negative_text = "must be finite and >= 0";

}  // namespace

void require_positive(std::string_view name, double value) {
  if (!(std::isfinite(value) && value > 0.0)) fail_value(name, value, positive_text);
}

void require_non_negative(std::string_view name, double value) {
  if (!(std::isfinite(value) && value >= 0.0)) fail_value(name, value, non_negative_text);
}

void require_non_negative(std::string_view name, std::span<const double> values) {
  // One pass without exits, which the compiler vectorises: the top bit of `flags` ends up set where some value has the
  // sign set or all exponent bits (adding 2^52 to those carries into the sign). -0 is sorted out below.
  std::uint64_t flags = 0;
  for (const double value : values) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    flags |= bits | (bits + (std::uint64_t{1} << 52U));
  }
  if ((flags >> 63U) == 0) return;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(std::isfinite(values[i]) && values[i] >= 0.0)) {
      fail_entry(name, i, values[i], non_negative_text);
    }
  }
}

}  // namespace scheduled
