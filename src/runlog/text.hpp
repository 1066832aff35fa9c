// How messages about logs show what stood in the file. Private.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace scheduled::runlog {

inline constexpr std::string_view finite_text = "must be a finite number";
inline constexpr std::string_view step_text = "must be a whole number >= 0 and <= 2^53";

inline constexpr std::size_t longest_value = 40;
inline constexpr std::size_t longest_name =
    120;  ///< names of columns begin with those of runs, and differ at their ends

/// `text` with everything but printable ASCII as \xNN, cut after `most` bytes: a file may hold anything, a message goes
/// to terminals and to Python.
std::string printable(std::string_view text, std::size_t most = longest_value);

/// printable(text) in double quotes.
std::string quote(std::string_view text);

/// "a, b, c", the first dozen; "none" for an empty list.
std::string listed(std::span<const std::string> names);

/// Nothing but blanks and line breaks.
inline constexpr std::string_view blanks = " \t\r\n";
inline bool is_blank(std::string_view text) { return text.find_first_not_of(blanks) == std::string_view::npos; }

/// 1-based line of the byte at `position`.
std::size_t line_of(std::string_view content, std::size_t position);

/// Why a JSON parser stopped, as SAX reports it: `position` counts the bytes read.
struct JsonStop {
  std::size_t position = 0;
  std::string token;
  int id = 0;  ///< of the parser's error
};

/// A stop in the words of this library.
struct JsonFault {
  enum class Kind { truncated, not_finite, syntax };
  Kind kind = Kind::syntax;
  std::string text;  ///< the number that is not finite, or the quoted place of the syntax error
};
JsonFault judge(std::string_view content, const JsonStop& stop);

}  // namespace scheduled::runlog
