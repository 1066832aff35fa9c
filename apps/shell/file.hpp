// Files: read as text or numbers, and written whole or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace scheduled::shell {

/// Throws ArgumentError at the file, with the reason, where write_file would not be allowed to write. Leaves
/// nothing behind.
void check_writable(const std::filesystem::path& path);

/// Writes beside `path` (where that is a link: beside what it leads to), then renames. Throws std::runtime_error naming
/// the file (disk full, ...), with nothing left.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Throws ArgumentError at `file`: what is wrong with it as a whole.
[[noreturn]] void fail_file(const std::string& file, const std::string& requirement);

/// The text of a file or, for "-", of standard input, which can be read once. Throws ArgumentError naming it: missing,
/// unreadable, a directory, empty.
std::string read_text(const std::string& file);

/// The files that a shell would put for `pattern`, in order; the pattern itself where it names a file or matches none.
std::vector<std::string> matching_files(const std::string& pattern);

/// What errors call it: its name, or "standard input" for "-".
std::string source_name(const std::string& file);

/// A number for each line of `text`; blank lines and what follows a # do not count. Throws ArgumentError at `source`
/// and the line.
std::vector<double> read_numbers(std::string_view source, std::string_view text);

}  // namespace scheduled::shell
