// Output files that appear whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

namespace scheduled::plot {

/// Throws std::invalid_argument, naming the file and the reason, where write_file would not be allowed to write. Leaves
/// nothing behind.
void check_writable(const std::filesystem::path& path);

/// Writes beside `path` (where that is a link: beside what it leads to), then renames. Throws std::runtime_error naming
/// the file (disk full, ...), with nothing left.
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace scheduled::plot
