#include "runlog/formats/template.hpp"

#include <algorithm>
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

/// Reads a number at `at` and moves on; false where there is none.
bool read_number(std::string_view line, std::size_t& at, double& value) {
  std::size_t begin = at;
  if (begin < line.size() && line[begin] == '+') ++begin;
  const auto result = std::from_chars(line.data() + begin, line.data() + line.size(), value);
  if (result.ec != std::errc{}) return false;
  at = static_cast<std::size_t>(result.ptr - line.data());
  return true;
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
        fail_value(concat({"pattern ", quote(text)}), *part.column, must_be_one_of(*part.column, standard_names));
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
  for (const Part& part : parts_) {
    at = after_literal(part.literal, line, at);
    double value = 0.0;
    if (at == std::string_view::npos || (part.column && !read_number(line, at, value))) {
      found.resize(before);
      return false;
    }
    if (part.column && !part.column->empty()) found.push_back({*part.column, value});
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
