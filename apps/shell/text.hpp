// UTF-8 text as a row of characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace scheduled::shell {

/// Number of code points; bytes that are not UTF-8 count one each.
std::size_t text_width(std::string_view text);

/// `text` with '?' for control characters and for bytes that are not UTF-8.
std::string clean(std::string_view text);

/// The same for text of several lines: line breaks and tabs stay.
std::string clean_lines(std::string_view text);

/// clean(text) in at most `width` >= 2 code points, the middle replaced by "…" where it is longer.
std::string shortened(std::string_view text, std::size_t width);

/// clean(text) in lines of at most `width` >= 2 code points, broken at blanks where there are any; the last of `most`
/// lines is shortened.
std::vector<std::string> wrapped(std::string_view text, std::size_t width, std::size_t most);

}  // namespace scheduled::shell
