// Python's assignments and calls, as far as configurations go: numbers, texts, lists, dicts, calls with names, and
// arithmetic of numbers. Nothing is run.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "foreign/config.hpp"
#include "scheduled/error.hpp"

namespace scheduled::foreign {
namespace {

struct NotRead {};  ///< an expression of another kind

bool starts_name(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) noexcept { return starts_name(c) || (c >= '0' && c <= '9') || c == '.'; }

using Known = std::map<std::string, Json, std::less<>>;

/// Where a text that begins with quotes ends.
std::size_t end_of_quotes(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string end(text.substr(at + 1, 2) == std::string(2, quote) ? 3 : 1, quote);
  at += end.size();
  while (at < text.size() && text.substr(at, end.size()) != end) at += text[at] == '\\' ? 2U : 1U;
  return std::min(at + end.size(), text.size());
}

/// Where an argument that begins at `at` ends: at a comma or bracket outside of brackets and texts of its own.
std::size_t end_of_argument(std::string_view text, std::size_t at) {
  int open = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = end_of_quotes(text, at);
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '(' || c == '[' || c == '{') ++open;
    if (open == 0 && (c == ',' || c == ')' || c == ']' || c == '}')) return at;
    if (c == ')' || c == ']' || c == '}') --open;
    ++at;
  }
  return at;
}

class Expression {
 public:
  Expression(std::string_view text, const Known& known) : text_(text), known_(known) {}

  Json all() {
    Json found = sum();
    if (peek() == ',') found = rest_of_tuple(std::move(found), '\0');
    if (peek() != '\0') throw NotRead();
    return found;
  }

 private:
  char peek() {
    while (at_ < text_.size()) {
      if (std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') {
        at_ += 2;
      } else if (text_[at_] == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return text_[at_];
      }
    }
    return '\0';
  }
  bool take(std::string_view token) {
    peek();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  void must(std::string_view token) {
    if (!take(token)) throw NotRead();
  }

  static double number_of(const Json& value) {
    if (!value.is_number()) throw NotRead();
    return value.number();
  }
  /// Whole where all parts are, and exactly so.
  static Json result(double value, bool whole) {
    if (!std::isfinite(value)) throw NotRead();
    if (whole && std::floor(value) == value && std::fabs(value) <= 0x1p53) return static_cast<std::int64_t>(value);
    return value;
  }

  Json sum() {
    Json left = product();
    while (true) {
      const bool plus = take("+");
      if (!plus && !take("-")) return left;
      const Json right = product();
      const double a = number_of(left);
      const double b = number_of(right);
      left = result(plus ? a + b : a - b, left.is_whole() && right.is_whole());
    }
  }
  Json product() {
    Json left = sign();
    while (true) {
      const char c = peek();
      if ((c != '*' && c != '/') || text_.substr(at_, 2) == "**") return left;
      const bool whole_division = take("//");
      if (!whole_division) ++at_;
      const Json right = sign();
      const double a = number_of(left);
      const double b = number_of(right);
      const bool whole = left.is_whole() && right.is_whole();
      left = c == '*' ? result(a * b, whole) : whole_division ? result(std::floor(a / b), whole) : result(a / b, false);
    }
  }
  Json sign() {
    if (++depth_ > deepest) throw NotRead();
    Json value;
    if (take("-")) {
      value = sign();
      value = result(-number_of(value), value.is_whole());
    } else {
      take("+");
      value = atom();
      if (take("**")) {
        const Json power = sign();
        value = result(std::pow(number_of(value), number_of(power)), value.is_whole() && power.is_whole());
      }
    }
    --depth_;
    return value;
  }

  Json rest_of_tuple(Json first, char close) {
    Json list = Json::array();
    list.push_back(std::move(first));
    while (take(",")) {
      if (peek() == close) break;
      list.push_back(sum());
    }
    return list;
  }

  Json atom() {
    const char c = peek();
    if (c == '(') {
      ++at_;
      if (take(")")) return Json::array();
      Json value = sum();
      if (peek() == ',') value = rest_of_tuple(std::move(value), ')');
      must(")");
      return value;
    }
    if (c == '[') {
      ++at_;
      Json list = Json::array();
      while (peek() != ']') {
        list.push_back(sum());
        if (!take(",")) break;
      }
      must("]");
      return list;
    }
    if (c == '{') return dict();
    if (c == '"' || c == '\'') return text();
    if (starts_name(c)) return named();
    return number();
  }

  static std::string key_of(const Json& value) {
    if (value.is_text()) return value.text();
    if (value.is_number()) return format_number(value.number());
    throw NotRead();
  }

  Json dict() {
    must("{");
    Json found = Json::object();
    while (peek() != '}') {
      const std::string key = key_of(sum());
      must(":");
      found[key] = sum();
      if (!take(",")) break;
    }
    must("}");
    return found;
  }

  Json text() {
    const char quote = text_[at_++];
    const bool triple = text_.substr(at_, 2) == std::string(2, quote);
    if (triple) at_ += 2;
    const std::string end(triple ? 3 : 1, quote);
    std::string found;
    while (text_.substr(at_, end.size()) != end) {
      if (at_ >= text_.size()) throw NotRead();
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      found += text_[at_++];
    }
    at_ += end.size();
    return found;
  }

  Json number() {
    const std::size_t begin = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool exponent = (c == '-' || c == '+') && at_ > begin && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
      if (!continues_name(c) && !exponent) break;
      ++at_;
    }
    Json value = plain_value(text_.substr(begin, at_ - begin));
    if (!value.is_number()) throw NotRead();
    return value;
  }

  Json named() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && continues_name(text_[at_])) ++at_;
    const std::string name(text_.substr(begin, at_ - begin));
    if (peek() == '(') return call(name);
    if (name == "True") return true;
    if (name == "False") return false;
    if (name == "None") return {};
    const auto known = known_.find(name);
    if (known == known_.end()) throw NotRead();
    return known->second;
  }

  /// What int(0.1 * total) and such are; nothing where it is no number.
  static std::optional<double> computed(const std::string& name, const Json& call) {
    std::vector<double> numbers;
    for (const auto& [key, value] : call.members()) {
      if (key == called) continue;
      if (!value.is_number()) return std::nullopt;
      numbers.push_back(value.number());
    }
    if (numbers.empty()) return std::nullopt;
    if (name == "max") return *std::max_element(numbers.begin(), numbers.end());
    if (name == "min") return *std::min_element(numbers.begin(), numbers.end());
    if (numbers.size() > 1) return std::nullopt;
    if (name == "int") return std::trunc(numbers.front());
    if (name == "round") return std::nearbyint(numbers.front());
    return name == "float" ? std::optional(numbers.front()) : std::nullopt;
  }

  Json call(const std::string& name) {
    must("(");
    Json found = Json::object();
    const bool makes_dict = name == "dict" || name.ends_with("ConfigDict") || name.ends_with("placeholder");
    if (!makes_dict) found.add(called, name);
    std::size_t position = 0;
    while (peek() != ')') {
      const std::size_t before = at_;
      std::size_t end = at_;
      while (end < text_.size() && continues_name(text_[end])) ++end;
      std::string key(text_.substr(at_, end - at_));
      at_ = end;
      if (key.empty() || !starts_name(key.front()) || peek() != '=' || text_.substr(at_, 2) == "==") {
        at_ = before;
        key = std::to_string(position++);
      } else {
        ++at_;
      }
      found[key] = argument();
      if (!take(",")) break;
    }
    must(")");
    if (const auto number = computed(name, found)) return plain_value(format_number(*number));
    return found;
  }

  /// What is of something else, as in OneCycleLR(optimizer, max_lr, len(data)), is a text.
  Json argument() {
    peek();
    const std::size_t begin = at_;
    const int depth = depth_;
    try {
      Json found = sum();
      if (const char next = peek(); next == ',' || next == ')') return found;
    } catch (const NotRead&) {  // which is a text, too
    }
    depth_ = depth;
    at_ = end_of_argument(text_, begin);
    if (at_ == begin) throw NotRead();
    return trimmed(text_.substr(begin, at_ - begin));
  }

  std::string_view text_;
  const Known& known_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

/// Where a statement that begins at `at` ends: at a line's end outside of brackets and texts, or a ';'.
std::size_t end_of_statement(std::string_view text, std::size_t at) {
  int open = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '"' || c == '\'') {
      at = end_of_quotes(text, at);
      continue;
    }
    if (c == '(' || c == '[' || c == '{') ++open;
    if (c == ')' || c == ']' || c == '}') --open;
    if (open <= 0 && (c == '\n' || c == ';')) return at;
    at += c == '\\' ? 2U : 1U;
  }
  return text.size();
}

struct Target {
  std::string name;       ///< empty: no assignment
  std::size_t value = 0;  ///< where the value begins
};

/// "name =" or "name: type ="; with subscripts or comparisons it is none.
Target target_of(std::string_view statement) {
  std::size_t end = 0;
  while (end < statement.size() && continues_name(statement[end])) ++end;
  if (end == 0 || !starts_name(statement.front())) return {};
  std::size_t at = end;
  const auto skip = [&] {
    while (at < statement.size() && (statement[at] == ' ' || statement[at] == '\t')) ++at;
  };
  skip();
  if (at < statement.size() && statement[at] == ':') {
    at = std::min(statement.find('=', at), statement.size());
    if (statement.substr(end, at - end).find('\n') != std::string_view::npos) return {};
  }
  if (at >= statement.size() || statement[at] != '=' || statement.substr(at, 2) == "==") return {};
  return {std::string(statement.substr(0, end)), at + 1};
}

/// Whether other values may hold it: a schedule that is joined with others has a name first. Longer ones would
/// multiply.
bool is_small(const Json& value) {
  constexpr std::size_t longest = 2000;
  return (!value.is_array() && !value.is_object()) || value.dump().size() <= longest;
}

}  // namespace

Config read_python(std::string_view text) {
  Collector collector("Python");
  Known known;
  bool returns = false;
  std::int64_t line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = end_of_statement(text, at);
    const std::string_view whole = text.substr(at, end - at);
    const std::string_view statement = trimmed(whole);
    std::int64_t here = line;
    for (const char c : whole.substr(0, whole.find_first_not_of(" \t\r\n"))) here += c == '\n' ? 1 : 0;
    for (const char c : text.substr(at, std::min(end + 1, text.size()) - at)) line += c == '\n' ? 1 : 0;
    at = end + 1;
    if (statement.empty() || statement.front() == '#') continue;
    const Target target = target_of(statement);
    try {
      if (!target.name.empty()) {
        const Json value = Expression(statement.substr(target.value), known).all();
        if (is_small(value)) known[target.name] = value;
        collector.add(target.name, value, here);
      } else if (statement.find('(') != std::string_view::npos && !statement.starts_with("def ")) {
        // A function that makes a configuration, as torchtitan's do; what others return is not what is trained with.
        constexpr std::string_view gives = "return ";
        const bool returned = statement.starts_with(gives);
        const Json value = Expression(statement.substr(returned ? gives.size() : 0), known).all();
        const bool call = value.is_object() && value.contains(called);
        if (!call || (returned && !value.find(called)->text().ends_with(".Config"))) continue;
        if (returned && std::exchange(returns, true))
          fail_at(here, "is a second configuration: give the function of the one that trains alone");
        collector.add("", value, here);
      }
    } catch (const NotRead&) {
      if (!target.name.empty()) collector.add(target.name, trimmed(statement.substr(target.value)), here);
    }
  }
  return collector.take();
}

}  // namespace scheduled::foreign
