// What arguments are: each type is read from its text once, and shown as a text that reads back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/record.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled::shell {

/// How a type is read from an argument: specialise it with
///   static T read(std::string_view name, std::string_view text);  // throws ArgumentError
///   static std::string show(const T& value);                      // the default in --help; empty: none
template <class T>
struct Argument;

/// For completion: an argument of this type may name a file, or is one of a few words.
template <class T>
concept MayBeFile = Argument<T>::may_be_file;
template <class T>
concept HasWords = requires {
  Argument<T>::words();
};

/// A share of something, such as 20% or 0.2.
struct Share {
  double value = 0.0;
};

/// Threads to work on.
struct Threads {
  int count = 1;
};

/// The entries between commas, without the blanks around them. Throws ArgumentError where one is empty.
std::vector<std::string> read_list(std::string_view name, std::string_view text);

/// "NAME=VALUE" at its first '='. Throws ArgumentError saying that it must be `form` where either part is empty.
std::pair<std::string, std::string> read_pair(std::string_view name, std::string_view text, std::string_view form);

template <>
struct Argument<std::string> {
  static constexpr bool may_be_file = true;  // for completion
  static std::string read(std::string_view, std::string_view text) { return std::string(text); }
  static std::string show(const std::string& value) { return value; }
};

template <>
struct Argument<double> {
  static double read(std::string_view name, std::string_view text);
  static std::string show(double value) { return format_number(value); }
};

/// Counts of steps such as 2000 or 50k.
template <>
struct Argument<std::int64_t> {
  static std::int64_t read(std::string_view name, std::string_view text);
  static std::string show(std::int64_t value);
};

template <>
struct Argument<Duration> {
  static Duration read(std::string_view name, std::string_view text) { return parse_duration(name, text); }
  static std::string show(Duration value) { return print_duration(value); }
};

template <>
struct Argument<Rate> {
  static Rate read(std::string_view name, std::string_view text) { return parse_rate(name, text); }
  static std::string show(Rate value) { return print_rate(value); }
};

template <>
struct Argument<Decay> {
  static Decay read(std::string_view name, std::string_view text) { return parse_decay(name, text); }
  static std::string show(const Decay& value) { return std::string(decay_name(value)); }
};

template <>
struct Argument<Share> {
  static Share read(std::string_view name, std::string_view text);
  static std::string show(Share value) { return print_duration(percent(100.0 * value.value)); }
};

/// Whole numbers from 1 to 256.
template <>
struct Argument<Threads> {
  static Threads read(std::string_view name, std::string_view text);
  static std::string show(Threads value) { return std::to_string(value.count); }
};

/// The words of an enumeration.
template <Worded E>
struct Argument<E> {
  static std::span<const std::string_view> words() { return Words<E>::words; }
  static E read(std::string_view name, std::string_view text) { return parse_word<E>(name, text); }
  static std::string show(E value) { return std::string(word_of(value)); }
};

template <class T>
struct Argument<std::optional<T>> {
  static constexpr bool may_be_file = MayBeFile<T>;
  static auto words() requires HasWords<T> { return Argument<T>::words(); }
  static std::optional<T> read(std::string_view name, std::string_view text) { return Argument<T>::read(name, text); }
  static std::string show(const std::optional<T>& value) { return value ? Argument<T>::show(*value) : std::string(); }
};

template <class T>
struct Argument<std::vector<T>> {
  static std::vector<T> read(std::string_view name, std::string_view text) {
    std::vector<T> values;
    for (const std::string& entry : read_list(name, text)) values.push_back(Argument<T>::read(name, entry));
    return values;
  }
  static std::string show(const std::vector<T>& values) {
    std::string text;
    for (const T& value : values) {
      if (!text.empty()) text += ',';
      text += Argument<T>::show(value);
    }
    return text;
  }
};

}  // namespace scheduled::shell
