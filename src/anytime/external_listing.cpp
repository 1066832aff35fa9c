// Listings of object stores, and the commands that delete what is there.
#include <algorithm>
#include <cctype>
#include <charconv>

#include "anytime/external.hpp"
#include "base/error.hpp"

namespace scheduled::anytime {
namespace {

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

/// The next word of `rest`, which is then what follows the blanks behind it.
std::string_view take_word(std::string_view& rest) {
  rest = without_blanks(rest);
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest = without_blanks(rest.substr(word.size()));
  return word;
}

bool looks_like(std::string_view word, std::string_view pattern) {  // 9: a digit
  return word.size() >= pattern.size() && std::equal(pattern.begin(), pattern.end(), word.begin(), [](char p, char c) {
           return p == '9' ? std::isdigit(static_cast<unsigned char>(c)) != 0 : p == c;
         });
}

bool is_date(std::string_view word) { return looks_like(word, "9999-99-99"); }
bool is_time(std::string_view word) { return looks_like(word, "99:99:99"); }

std::optional<std::int64_t> size_in(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool whole = error == std::errc() && end == word.data() + word.size() && value >= 0;
  return whole && !word.empty() ? std::optional(value) : std::nullopt;
}

/// "DATE TIME SIZE NAME" (aws), "SIZE DATE TIME NAME" (rclone lsl), "SIZE DATETTIMEZ NAME" (gcloud) or "SIZE NAME".
std::optional<ExternalFile> file_in(std::string_view line) {
  std::string_view rest = line;
  std::string_view word = take_word(rest);
  if (is_date(word) && word.size() == 10) {
    if (!is_time(take_word(rest))) return std::nullopt;
    word = take_word(rest);
  }
  const std::optional<std::int64_t> bytes = size_in(word);
  if (!bytes || rest.empty()) return std::nullopt;
  std::string_view behind = rest;
  const std::string_view next = take_word(behind);
  if (is_date(next) && next.size() > 10 && next[10] == 'T' && !behind.empty()) {
    rest = behind;
  } else if (is_date(next) && next.size() == 10) {
    std::string_view name = behind;
    if (is_time(take_word(name)) && !name.empty()) rest = name;
  }
  return ExternalFile{std::string(rest), *bytes};
}

/// Lines of totals, and of folders that hold nothing themselves.
bool is_no_file(std::string_view line) {
  const std::string_view text = without_blanks(line);
  return text.empty() || text.starts_with("TOTAL:") || text.starts_with("Total Objects:") ||
         text.starts_with("Total Size:");
}

/// The part of a URI behind SCHEME://BUCKET/.
std::string_view key_of(std::string_view uri) {
  const std::string_view rest = uri.substr(uri.find("://") + 3);
  const std::size_t slash = rest.find('/');
  return slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
}

/// The name below the URI, where the whole URI or its key stands before it; else the name as it is.
std::string below(const std::string& name, std::string_view uri, std::string_view key) {
  const std::string_view here = ".";  // of find . -printf '%s %p\n'
  for (const std::string_view before : {uri, key, here}) {
    if (!before.empty() && name.size() > before.size() && name.starts_with(before) && name[before.size()] == '/') {
      return name.substr(before.size() + 1);
    }
  }
  return name;
}

/// In ASCII without control characters, whatever the text is: what prints the command may change others.
std::string shell_quoted(std::string_view text) {
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
  const bool plain = std::all_of(text.begin(), text.end(), is_plain);
  std::string out = plain ? "'" : "$'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'') {
      out += plain ? "'\\''" : "\\'";
    } else if (!plain && (!is_plain(c) || c == '\\')) {
      out += {'\\', 'x', "0123456789abcdef"[byte >> 4U], "0123456789abcdef"[byte & 15U]};
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace

std::vector<ExternalFile> parse_listing(std::string_view text, std::string_view uri) {
  const std::string_view key = key_of(uri);
  std::vector<ExternalFile> files;
  std::size_t below_it = 0;
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (is_no_file(line)) continue;
    const auto fail_line = [&](const std::string& why) {
      throw ArgumentError({.requirement = why, .place = Place{"listing", number}});
    };
    const std::optional<ExternalFile> file = file_in(line);
    if (!file) {
      fail_line(without_blanks(line).starts_with("PRE ") ? "is a folder; list what is in it, too, as with --recursive"
                                                         : "is no file: must be \"SIZE NAME\", or what aws s3 ls "
                                                           "--recursive, gcloud storage ls -l or rclone lsl print");
    }
    if (file->name.ends_with('/')) continue;  // stands for a folder
    std::string name = below(file->name, uri, key);
    if (name.size() < file->name.size()) ++below_it;
    const std::string inner = "/" + name + "/";
    if (name.front() == '/' || inner.find("/../") != std::string::npos || inner.find("://") != std::string::npos) {
      fail_line(concat({"'", name, "' is not below ", uri}));
    }
    files.push_back({std::move(name), file->bytes});
  }
  // Names are either all relative to the place, or all say where it is.
  if (below_it != 0 && below_it != files.size()) {
    fail_argument("listing", concat({"has files that are not below ", uri, "; list that alone"}));
  }
  std::sort(files.begin(), files.end(), [](const ExternalFile& a, const ExternalFile& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != files.end()) fail_argument("listing", concat({"has '", twice->name, "' twice"}));
  return files;
}

std::string delete_command(const RecordedExternal& external) {
  const std::string place = shell_quoted(external.uri);
  if (external.is_local()) return "rm -r -- " + place;
  if (external.uri.starts_with("s3://")) return "aws s3 rm --recursive " + shell_quoted(external.uri + "/");
  // gcloud takes these for patterns, and would delete what else they match.
  const bool pattern = external.uri.find_first_of("*?[]{}") != std::string::npos;
  if (external.uri.starts_with("gs://") && !pattern) {
    return "gcloud storage rm --recursive " + shell_quoted(external.uri + "/");
  }
  return {};
}

}  // namespace scheduled::anytime
