#include "anytime/segment.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "anytime/files.hpp"
#include "anytime/xxh3.hpp"

namespace scheduled::anytime {
namespace {

constexpr std::size_t digits = 12;
constexpr std::size_t hash_size = 32;

std::string padded(std::int64_t number, std::size_t width = digits) {
  const std::string text = std::to_string(number);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

std::string check_of(std::string_view text) { return sum_text(text).substr(0, hash_size / 2); }

/// A line of 128 bytes.
std::string full_line(std::string text) {
  text += ' ';
  text += check_of(text);
  text.resize(mark_offset - 1, ' ');
  return text + '\n';
}

/// Takes a number of `width` digits and the character behind it off the front.
std::optional<std::int64_t> take_number(std::string_view& text, std::size_t width = digits) {
  std::int64_t number = 0;
  if (text.size() <= width) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + width, number);
  if (error != std::errc() || end != text.data() + width || number < 0) return std::nullopt;
  text.remove_prefix(width + 1);
  return number;
}

/// 0 where a file of this name is no segment.
std::int64_t number_of(const std::string& name) {
  const bool all_digits = std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  const std::int64_t number = all_digits && !name.empty() && name.size() <= digits ? std::stoll(name) : 0;
  return segment_name(number) == name ? number : 0;
}

std::string take_hash(std::string_view& text) {
  std::string hash(text.substr(0, hash_size));
  text.remove_prefix(std::min(text.size(), hash_size + 1));
  return hash;
}

std::string beginning(EntryKind kind, std::int64_t number, std::size_t size, const std::string& before) {
  return std::string(1, static_cast<char>(kind)) + ' ' + padded(number) + ' ' +
         padded(static_cast<std::int64_t>(size)) + ' ' + before + ' ';
}

std::string hash_of(std::string_view beginning, std::string_view text) {
  Xxh3 hash;
  hash.add(beginning);
  hash.add(text);
  return hash.hex();
}

std::string with_check(std::string line) {
  line += ' ';
  return line + check_of(line) + '\n';
}

}  // namespace

std::string segment_name(std::int64_t number) {
  constexpr std::size_t width = 6;
  return padded(number, width);
}

std::vector<std::int64_t> numbers_in(const std::filesystem::path& folder) {
  std::vector<std::int64_t> numbers;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::int64_t number = number_of(entries->path().filename().string());
    if (number > 0) numbers.push_back(number);
  }
  if (error) fail_io(folder, "cannot be listed", error.value());
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::int64_t last_number(const std::filesystem::path& folder) {
  const std::vector<std::int64_t> numbers = numbers_in(folder);
  return numbers.empty() ? 0 : numbers.back();
}

const std::string& no_hash() {
  static const std::string zeros(hash_size, '0');
  return zeros;
}

std::string segment_line(int version, std::int64_t segment, std::int64_t after, const std::string& after_hash) {
  return full_line("scheduled record " + std::to_string(version) + ", segment " + padded(segment, 6) + " after " +
                   padded(after) + ' ' + after_hash);
}

std::string mark_line(std::int64_t number, const std::string& hash) {
  return full_line("synced " + padded(number) + ' ' + hash);
}

std::optional<SegmentHead> parse_segment_line(std::string_view line, std::int64_t segment) {
  constexpr std::string_view begin = "scheduled record ";
  if (!line.starts_with(begin)) return std::nullopt;
  std::string_view rest = line.substr(begin.size());
  SegmentHead head;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), head.version);
  if (error != std::errc()) return std::nullopt;
  if (!is_ours(head.version)) return head;
  const std::size_t after = line.find(" after ");
  if (after == std::string_view::npos) return std::nullopt;
  rest = line.substr(after + 7);
  const auto number = take_number(rest);
  if (!number) return std::nullopt;
  head.after = *number;
  head.after_hash = take_hash(rest);
  const std::string whole = segment_line(static_cast<int>(head.version), segment, head.after, head.after_hash);
  return whole == line ? std::optional(head) : std::nullopt;
}

std::optional<Mark> parse_mark_line(std::string_view line) {
  constexpr std::string_view begin = "synced ";
  if (!line.starts_with(begin)) return std::nullopt;
  std::string_view rest = line.substr(begin.size());
  const auto number = take_number(rest);
  if (!number) return std::nullopt;
  Mark mark{*number, take_hash(rest)};
  return mark_line(mark.number, mark.hash) == line ? std::optional(mark) : std::nullopt;
}

std::string entry_bytes(EntryKind kind, std::int64_t number, std::string_view text, std::string& hash) {
  const std::string begin = beginning(kind, number, text.size(), hash);
  hash = hash_of(begin, text);
  return with_check(begin + hash) + std::string(text);
}

std::optional<EntryLine> parse_entry_line(std::string_view line) {
  if (line.size() < entry_line_bytes || (line[0] != 'f' && line[0] != 'm')) return std::nullopt;
  EntryLine out;
  out.kind = static_cast<EntryKind>(line[0]);
  std::string_view rest = line.substr(2);
  const auto number = take_number(rest);
  const auto size = number ? take_number(rest) : std::nullopt;
  if (!size) return std::nullopt;
  out.number = *number;
  out.size = *size;
  out.before = take_hash(rest);
  out.hash = take_hash(rest);
  const std::string begin = beginning(out.kind, out.number, static_cast<std::size_t>(out.size), out.before);
  return with_check(begin + out.hash) == line.substr(0, entry_line_bytes) ? std::optional(out) : std::nullopt;
}

bool may_begin_entry(std::string_view bytes, std::int64_t number, const std::string& before) {
  constexpr char any_digit = '#', any_hex = '*';
  std::string line = beginning(EntryKind::facts, number, 0, before);
  line.replace(line.size() - hash_size - 2 - digits, digits, digits, any_digit);
  line += std::string(hash_size, any_hex) + ' ' + std::string(hash_size / 2, any_hex) + '\n';
  if (bytes.size() > line.size()) return false;
  for (std::size_t k = 0; k < bytes.size(); ++k) {
    const bool digit = bytes[k] >= '0' && bytes[k] <= '9';
    const bool hex = digit || (bytes[k] >= 'a' && bytes[k] <= 'f');
    const bool kind = k == 0 && bytes[k] == static_cast<char>(EntryKind::metrics);
    if (bytes[k] == line[k] || kind || (line[k] == any_digit && digit) || (line[k] == any_hex && hex)) continue;
    return false;
  }
  return true;
}

bool belongs(const EntryLine& line, std::string_view text) {
  return hash_of(beginning(line.kind, line.number, static_cast<std::size_t>(line.size), line.before), text) ==
         line.hash;
}

}  // namespace scheduled::anytime
