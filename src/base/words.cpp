#include "base/words.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace scheduled {
namespace {

char folded(char c) {
  if (c == '_') return '-';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Fewest insertions, deletions, replacements and swaps of neighbours that make b of a (no letter edited twice).
std::size_t edits(std::string_view a, std::string_view b) {
  const auto same = [&](std::size_t i, std::size_t j) { return folded(a[i - 1]) == folded(b[j - 1]); };
  std::vector<std::size_t> before(b.size() + 1);  // of the row before the last
  std::vector<std::size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same(i, j) ? 0U : 1U)});
      if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j)) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(last, std::move(row));
  }
  return last.back();
}

bool same_word(std::string_view a, std::string_view b) {
  const auto fold = [](char c) { return c == '_' ? '-' : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return fold(x) == fold(y); });
}

}  // namespace

std::string word_list(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t k = 0; k < words.size(); ++k) {
    text += k == 0 ? "" : k + 1 == words.size() ? " or " : ", ";
    text += words[k];
  }
  return text;
}

std::optional<std::string_view> nearest_word(std::string_view text, std::span<const std::string_view> words) {
  constexpr std::size_t longest = 64;  // beyond that it is no slip of the pen
  if (text.empty() || text.size() > longest) return std::nullopt;
  std::optional<std::string_view> nearest;
  std::size_t fewest = 3;
  for (const std::string_view word : words) {
    const std::size_t count = edits(text, word);
    if (count < fewest && 3 * count <= std::max(text.size(), word.size())) {
      nearest = word;
      fewest = count;
    }
  }
  return nearest;
}

std::string must_be_one_of(std::string_view text, std::span<const std::string_view> words) {
  const auto meant = nearest_word(text, words);
  return "must be " + word_list(words) + (meant ? concat({"; did you mean '", *meant, "'?"}) : std::string());
}

std::size_t find_word(std::string_view name, std::string_view text, std::span<const std::string_view> words) {
  const auto found =
      std::find_if(words.begin(), words.end(), [&](std::string_view word) { return same_word(word, text); });
  if (found == words.end()) fail_value(name, concat({"'", beginning_of(text, 60), "'"}), must_be_one_of(text, words));
  return static_cast<std::size_t>(found - words.begin());
}

}  // namespace scheduled
