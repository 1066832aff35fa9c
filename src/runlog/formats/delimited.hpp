// Delimited text, for the formats that are such text with headers of their own. Private.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runlog/formats/format.hpp"

namespace scheduled::runlog {

/// The first record is the header; throws ArgumentError where a line has another number of cells, or opens quotes that
/// nothing closes.
RawTable read_delimited(const Source& source);

/// Whether a text begins with a date, as lines that programs print do, commas and all, and no header does.
bool begins_with_date(std::string_view text);

/// The cells of the header line; empty where it is no single line, or no header.
std::vector<std::string> header_of(std::string_view content);

/// Whether a header line names a step and something else.
bool has_step_header(std::string_view content);

}  // namespace scheduled::runlog
