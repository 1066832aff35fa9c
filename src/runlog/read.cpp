// Reading: which format a log is in, and the bytes of a file.
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "base/error.hpp"
#include "runlog/table.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {

RunLog parse_log(std::string_view name, std::string_view content, const ReadOptions& options) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (content.starts_with(byte_order_mark)) content.remove_prefix(byte_order_mark.size());
  const std::size_t first = content.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) fail({name, ": empty"});
  if (content[first] != '{') return runlog::parse_delimited(name, content, options);
  if (auto log = runlog::parse_json_log(name, content, options)) return *std::move(log);
  return runlog::parse_json_lines(name, content, options);
}

RunLog read_log(const std::filesystem::path& file, const ReadOptions& options) {
  const std::string name = file.string();
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) fail({name, ": no such file"});
  if (error) fail({name, ": cannot be read: ", error.message()});
  if (status.type() == std::filesystem::file_type::directory) fail({name, ": is a directory, not a log"});
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail({name, ": cannot be opened: ", std::generic_category().message(errno)});
  std::string content;
  std::array<char, 1 << 16> block{};
  do {
    stream.read(block.data(), block.size());
    content.append(block.data(), static_cast<std::size_t>(stream.gcount()));
  } while (stream);
  if (stream.bad()) fail({name, ": cannot be read: ", std::generic_category().message(errno)});
  return parse_log(name, content, options);
}

}  // namespace scheduled
