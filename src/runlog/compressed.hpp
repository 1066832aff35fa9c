// gzip and zstd. Private.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace scheduled::runlog {

bool is_compressed(std::string_view content);
/// What `content` holds where it is gzip or zstd, told by its first bytes; nothing where it is neither. Throws
/// ArgumentError at `file`: broken, cut off, more than 64 MiB and 200 times its size, or compressed in a way that this
/// build cannot read.
std::optional<std::string> decompressed(std::string_view file, std::string_view content);

}  // namespace scheduled::runlog
