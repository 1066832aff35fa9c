#include "runlog/formats/template.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/error.hpp"
#include "base/words.hpp"
#include "runlog/names.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }
bool is_word(char byte) { return std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '_'; }

/// The place after `literal`, whose blanks are flexible, at `at`; npos where it does not stand there.
std::size_t after_literal(std::string_view literal, std::string_view line, std::size_t at) {
  for (const char byte : literal) {
    if (byte == ' ') {
      while (at < line.size() && is_blank(line[at])) ++at;
    } else if (at < line.size() && line[at] == byte) {
      ++at;
    } else {
      return std::string_view::npos;
    }
  }
  return at;
}

/// A number and the place after it.
struct Reading {
  double value = 0.0;
  std::size_t end = 0;
};

std::optional<Reading> plain_number(std::string_view line, std::size_t at) {
  if (at < line.size() && line[at] == '+') ++at;
  Reading reading;
  const auto result = std::from_chars(line.data() + at, line.data() + line.size(), reading.value);
  if (result.ec != std::errc{}) return std::nullopt;
  reading.end = static_cast<std::size_t>(result.ptr - line.data());
  return reading;
}

bool is_digit(std::string_view line, std::size_t at) { return at < line.size() && line[at] >= '0' && line[at] <= '9'; }

/// "12,345", as OLMo prints large numbers.
std::optional<Reading> grouped_number(std::string_view line, std::size_t at) {
  std::string digits;
  for (; digits.size() < 4 && is_digit(line, at); ++at) digits += line[at];
  if (digits.empty() || digits.size() > 3) return std::nullopt;
  const auto group = [&] {
    return at < line.size() && line[at] == ',' && is_digit(line, at + 1) && is_digit(line, at + 2) &&
           is_digit(line, at + 3) && !is_digit(line, at + 4);
  };
  const std::size_t first = at;
  for (; group(); at += 4) digits += line.substr(at + 1, 3);
  const std::optional<Reading> whole = plain_number(digits, 0);
  return at == first || !whole ? std::nullopt : std::optional(Reading{whole->value, at});
}

/// "1.23k" and "480B", as tqdm and nanotron print large numbers, rounded to three digits.
std::optional<Reading> scaled_number(std::string_view line, std::size_t at) {
  constexpr std::string_view letters = "kKMGBT";
  constexpr std::array<std::string_view, 6> powers = {"e3", "e3", "e6", "e9", "e9", "e12"};
  const std::size_t end = std::min(line.find_first_not_of("0123456789.", at), line.size());
  const std::size_t unit = end < line.size() ? letters.find(line[end]) : std::string_view::npos;
  if (unit == std::string_view::npos || end == at) return std::nullopt;
  const std::string text = concat({line.substr(at, end - at), powers[unit]});  // what 1.001 * 1e3 rounds is no step
  const std::optional<Reading> read = plain_number(text, 0);
  return !read || read->end != text.size() ? std::nullopt : std::optional(Reading{read->value, end + 1});
}

/// The number at `at`: the longest that what follows in the template, `next`, goes on from.
std::optional<Reading> read_number(std::string_view line, std::size_t at, std::optional<std::string_view> next) {
  const auto fits = [&](const Reading& reading) {
    if (next) return after_literal(*next, line, reading.end) != std::string_view::npos;
    return reading.end == line.size() || !is_word(line[reading.end]);
  };
  if (const auto scaled = scaled_number(line, at); scaled && fits(*scaled)) return scaled;
  const bool commas = !next || !next->starts_with(',');  // else they separate
  if (const auto grouped = grouped_number(line, at); commas && grouped && fits(*grouped)) return grouped;
  return plain_number(line, at);
}

}  // namespace

Template::Template(std::string_view text) {
  const auto refuse = [&](std::string_view why) { fail_value("pattern", quote(text), why); };
  std::string_view rest = text;
  at_start_ = rest.starts_with('^');
  if (at_start_) rest.remove_prefix(1);
  while (!rest.empty()) {
    const std::size_t open = std::min(rest.find('{'), rest.size());
    Part part{std::string(rest.substr(0, open)), std::nullopt};
    rest.remove_prefix(open);
    if (!rest.empty()) {
      const std::size_t close = rest.find('}');
      if (close == std::string_view::npos) refuse("a brace opens that nothing closes");
      part.column = std::string(rest.substr(1, close - 1));
      rest.remove_prefix(close + 1);
      if (!part.column->empty() && !is_standard(*part.column)) {
        fail_value(concat({"pattern ", quote(text)}), *part.column, must_be_standard(*part.column));
      }
      if (part.literal.empty() && !parts_.empty()) refuse("two numbers need something between them");
    }
    parts_.push_back(std::move(part));
  }
  const bool any =
      std::any_of(parts_.begin(), parts_.end(), [](const Part& p) { return p.column && !p.column->empty(); });
  if (!any) refuse("must name a column in braces, such as \"step {step} loss {train_loss}\"");
  if (parts_.front().literal.find_first_not_of(' ') == std::string::npos && !at_start_) {
    refuse("must begin with a text, or with ^ for the start of the line");
  }
}

bool Template::has(std::string_view column) const {
  return std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) { return part.column == column; });
}

bool Template::match_at(std::string_view line, std::size_t at, std::vector<TemplateValue>& found) const {
  const std::size_t before = found.size();
  for (auto part = parts_.begin(); part != parts_.end(); ++part) {
    at = after_literal(part->literal, line, at);
    std::optional<Reading> number;
    if (at != std::string_view::npos && part->column) {
      const auto next = part + 1;
      number =
          read_number(line, at, next == parts_.end() ? std::nullopt : std::optional<std::string_view>(next->literal));
    }
    if (at == std::string_view::npos || (part->column && !number)) {
      found.resize(before);
      return false;
    }
    if (!number) continue;
    at = number->end;
    if (!part->column->empty()) found.push_back({*part->column, number->value});
  }
  return true;
}

bool Template::match(std::string_view line, std::vector<TemplateValue>& found) const {
  if (at_start_) return match_at(line, 0, found);
  const std::string& literal = parts_.front().literal;
  const char first = literal[literal.find_first_not_of(' ')];
  for (std::size_t at = line.find(first); at != std::string_view::npos; at = line.find(first, at + 1)) {
    if (is_word(first) && at > 0 && is_word(line[at - 1])) continue;
    if (match_at(line, at, found)) return true;
  }
  return false;
}

}  // namespace scheduled::runlog
