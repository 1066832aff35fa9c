// Words that people choose from: lists of them, and the one that was probably meant.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace scheduled {

/// "a, b or c".
std::string word_list(std::span<const std::string_view> words);

/// The word nearest to `text` by insertions, deletions, replacements and swaps of letters (capitals, and - for _, do
/// not count), if it is near enough to be a slip: at most 2 of them, and at most a third of the longer word's letters.
std::optional<std::string_view> nearest_word(std::string_view text, std::span<const std::string_view> words);

/// "must be a, b or c", and "; did you mean 'b'?" where a word is near. For ArgumentError's requirement.
std::string must_be_one_of(std::string_view text, std::span<const std::string_view> words);

/// The names of an enumeration, described once: specialise `Words<E>` with `static constexpr std::array words`, in the
/// order of the enumerators, which count from 0.
template <class E>
struct Words;

template <class E>
constexpr std::string_view word_of(E value) noexcept {
  return Words<E>::words[static_cast<std::size_t>(value)];
}

std::size_t find_word(std::string_view name, std::string_view text, std::span<const std::string_view> words);

/// The enumerator of this name; '_' counts as '-' and the other way round. Throws ArgumentError.
template <class E>
E parse_word(std::string_view name, std::string_view text) {
  return static_cast<E>(find_word(name, text, Words<E>::words));
}

}  // namespace scheduled
