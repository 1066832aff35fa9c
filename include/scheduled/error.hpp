// Errors as values, argument checks, and exact number text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace scheduled {

/// Version of the library, "major.minor.patch".
std::string_view version() noexcept;

/// Shortest decimal text that reads back as exactly `value` ("0.001", "1e-300", "nan", "-inf"). Locale-independent.
std::string format_number(double value);

/// Reads all of `text` as a decimal number; nothing on anything else (blanks, trailing text, "0x..", overflow to
/// infinity). "nan" and "inf" read as such, so that callers can name them in their errors. Locale-independent.
std::optional<double> parse_number(std::string_view text) noexcept;

/// Where in a text an argument stands. Lines and columns count from 1; 0: not known.
struct Place {
  std::string source;  ///< a file's name, or what else the text is called
  std::int64_t line = 0;
  std::int64_t column = 0;
  bool operator==(const Place&) const = default;
};

/// An argument that is not allowed, as a value: programs read fields(), people read what(), which joins them:
///   `lr[17] = nan: must be finite and > 0`, `run.csv, line 3: lr = x: must be a number`.
/// Parts that are empty are left out with their punctuation. All functions of the library throw it for bad input, with
/// the argument's name as in the header; callers rename it with `named`, nobody needs to read the text.
class ArgumentError : public std::invalid_argument {
 public:
  struct Fields {
    std::string name = {};                   ///< of the argument, as the called function calls it; may be empty
    std::optional<std::int64_t> index = {};  ///< 0-based entry of a series
    std::string value = {};                  ///< as text; empty where no single value is at fault
    std::string requirement = {};            ///< what is wrong, or what it must be: "must be finite and > 0"
    std::optional<Place> place = {};         ///< where it was read
    /// Another argument that the requirement ends with, and its value: "must not be above" + "peak" + "1".
    std::string limit = {};
    std::string limit_value = {};
    bool operator==(const Fields&) const = default;
  };
  explicit ArgumentError(Fields fields);

  const Fields& fields() const noexcept { return *fields_; }

  /// The same error by another name, without an index where `keep_index` is false; of an entry; or at a place.
  ArgumentError named(std::string_view name, bool keep_index = true) const;
  ArgumentError entry(std::int64_t index) const;
  ArgumentError at(Place place) const;

 private:
  std::shared_ptr<const Fields> fields_;  // copies of an exception must not throw
};

/// Checks at the public edge. Each throws ArgumentError with name, value and "must be finite and ..."; for spans with
/// the index of the first offending value. O(n).
void require_positive(std::string_view name, double value);      ///< finite and > 0
void require_non_negative(std::string_view name, double value);  ///< finite and >= 0
void require_non_negative(std::string_view name, std::span<const double> values);

}  // namespace scheduled
