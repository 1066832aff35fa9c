// Command lines: --key value, --key=value, --flag, -k value, key=value (Hydra), within a script or alone.
#include <algorithm>

#include "base/text.hpp"
#include "foreign/config.hpp"
#include "scheduled/error.hpp"

namespace scheduled::foreign {
namespace {

struct Word {
  std::string text;
  std::int64_t line = 1;
  bool quoted = false;        // somewhere, as OPTIONS="--lr 3e-4"
  bool quoted_first = false;  // from its beginning: a value, even where it looks like a flag
};

/// As a shell splits them; what begins with # is a comment until the line's end. `line`: of the text's beginning.
std::vector<Word> split(std::string_view text, std::int64_t line) {
  std::vector<Word> words;
  bool open = false;  // within a word
  char quote = 0;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const char c = text[k];
    if (c == '\n') ++line;
    const auto word = [&]() -> Word& {
      if (!open) words.push_back({{}, line});
      open = true;
      return words.back();
    };
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote == '"' && k + 1 < text.size()) {
        word().text += text[++k];
        if (text[k] == '\n') ++line;
      } else {
        word().text += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      if (!open) word().quoted_first = true;
      word().quoted = true;
    } else if (c == '\\' && k + 1 < text.size()) {
      if (text[k + 1] == '\n') {
        ++line;
      } else {
        word().text += text[k + 1];
      }
      ++k;
    } else if (c == '#' && !open) {
      k = std::min(text.find('\n', k), text.size()) - 1;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';') {
      open = false;
    } else {
      word().text += c;
    }
  }
  if (quote != 0) fail_at(line, std::string("a quote (") + quote + ") is not closed");
  return words;
}

bool is_flag(const Word& word) {
  const std::string_view text = word.text;
  if (word.quoted_first || text.size() < 2 || text.front() != '-' || parse_number(text)) return false;
  return text != "--";
}

/// A value; what looks like an object is one, as in --lr_scheduler_kwargs '{"num_cycles": 3}'.
Json value_of(const Word& word) {
  if (trimmed(word.text).starts_with('{')) {
    try {
      return Json::parse(word.text);
    } catch (const ArgumentError&) {
      return word.text;  // of a language that this is not; whoever needs it says so
    }
  }
  return plain_value(word.text);
}

/// Several numbers, as in --rampup-batch-size 32 16 30000, are one list. `k`: of the first, then of the last.
Json values_from(const std::vector<Word>& words, std::size_t& k) {
  const auto is_number = [&](std::size_t place) { return place < words.size() && parse_number(words[place].text); };
  if (!is_number(k) || !is_number(k + 1)) return value_of(words[k]);
  Json list = Json::array();
  for (;; ++k) {
    list.push_back(value_of(words[k]));
    if (!is_number(k + 1)) return list;
  }
}

void collect(Collector& collector, const std::vector<Word>& words, bool within);

/// OPTIONS="--lr 1e-4 --min-lr 1e-5", or what goes on from "$OPTIONS ...", as the flags that it holds; whether it does.
/// Other text, such as a message that speaks of --lr, holds none.
bool collect_options(Collector& collector, std::string_view value, std::int64_t line) {
  const std::string_view inner = trimmed(value);
  if (!inner.starts_with('-') && !inner.starts_with('$')) return false;
  if (inner.find_first_of(" \n") == std::string_view::npos) return false;
  const std::vector<Word> words = split(value, line);
  if (std::none_of(words.begin(), words.end(), is_flag)) return false;
  collect(collector, words, true);
  return true;
}

/// `within`: the words are those of an assignment, and assignments among them hold no flags of their own.
void collect(Collector& collector, const std::vector<Word>& words, bool within) {
  for (std::size_t k = 0; k < words.size(); ++k) {
    const Word& word = words[k];
    const std::size_t equals = word.text.find('=');
    if (!is_flag(word)) {
      if (equals != std::string::npos && equals > 0 && word.text.find_first_of("$/(") > equals) {
        if (!within && word.quoted && collect_options(collector, word.text.substr(equals + 1), word.line)) continue;
        collector.add(word.text.substr(word.text.front() == '+' ? 1 : 0, equals - (word.text.front() == '+' ? 1 : 0)),
                      value_of({word.text.substr(equals + 1), word.line}), word.line);
      }
      continue;
    }
    const std::size_t dashes = word.text.starts_with("--") ? 2 : 1;
    const std::string key = word.text.substr(dashes, equals == std::string::npos ? equals : equals - dashes);
    if (key.empty()) continue;
    if (equals != std::string::npos) {
      collector.add(key, value_of({word.text.substr(equals + 1), word.line}), word.line);
    } else if (k + 1 < words.size() && !is_flag(words[k + 1])) {
      collector.add(key, values_from(words, ++k), word.line);
    } else {
      collector.add(key, true, word.line);
    }
  }
}

}  // namespace

Config read_flags(std::string_view text) {
  Collector collector("flags");
  collect(collector, split(text, 1), false);
  return collector.take();
}

}  // namespace scheduled::foreign
