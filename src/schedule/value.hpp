// The values that keys of the spec language can have, from and to the neutral form (schedule/text.hpp).
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "schedule/registry.hpp"

namespace scheduled {

/// Whole numbers stay whole: `peak=1`, not 1.0.
Json to_value(double number);
Json to_value(Duration duration);
Json to_value(Rate rate);
Json to_value(const std::vector<Stage>& pieces);                  // stage_text.cpp
Json to_value(const std::shared_ptr<const ScheduleSpec>& inner);  // spec.cpp
Json to_value(const std::vector<Duration>& durations);
Json to_value(const std::vector<double>& numbers);
Json to_value(const std::shared_ptr<const std::vector<double>>& numbers);

// Each throws ArgumentError with key, value and what is allowed.
void read_value(std::string_view key, const Json& given, double& number);
void read_value(std::string_view key, const Json& given, Duration& duration);
void read_value(std::string_view key, const Json& given, RealDuration& duration);
void read_value(std::string_view key, const Json& given, Rate& rate);
void read_value(std::string_view key, const Json& given, std::vector<Stage>& pieces);
void read_value(std::string_view key, const Json& given, std::shared_ptr<const ScheduleSpec>& inner);
void read_value(std::string_view key, const Json& given, std::vector<Duration>& durations);
void read_value(std::string_view key, const Json& given, std::vector<double>& numbers);
void read_value(std::string_view key, const Json& given, std::shared_ptr<const std::vector<double>>& numbers);

/// One value as the spec language writes it, not a list.
std::string read_text(std::string_view key, const Json& given);

/// A whole number >= 1 that may be written with k, M or B: tokens or examples of a step.
template <class Number>
struct WholeCount {
  Number& number;
};
template <class Number>
WholeCount(Number&) -> WholeCount<Number>;  // clang 14 makes none for aggregates
void read_value(std::string_view key, const Json& given, WholeCount<double> count);
template <class Number>
Json to_value(WholeCount<Number> count) {
  return count.number == 0.0 ? Json() : to_value(count.number);  // 0: not given
}
template <class A, class B>
bool operator==(WholeCount<A> a, WholeCount<B> b) {
  return a.number == b.number;
}

/// The batch of step 0 and how it changes: `768`, or a list of MARK:BATCH and MARK:BATCH by CHANGE (ramp_text.cpp).
template <class Size>
struct BatchOf {
  Size& size;
};
template <class Size>
BatchOf(Size&) -> BatchOf<Size>;
Json batch_value(const StepSize& size);
void read_batch(std::string_view key, const Json& given, StepSize& size);
template <class Size>
Json to_value(BatchOf<Size> batch) {
  return batch_value(batch.size);
}
inline void read_value(std::string_view key, const Json& given, BatchOf<StepSize> batch) {
  read_batch(key, given, batch.size);
}
template <class A, class B>
bool operator==(BatchOf<A> a, BatchOf<B> b) {
  return a.size.examples == b.size.examples && a.size.ramp == b.size.ramp;
}

/// The words that a value can be; none of numbers, lengths, rates and lists.
template <class T>
struct WordsOf {
  static std::span<const std::string_view> words() { return {}; }
};
template <class T>
requires std::is_enum_v<T>
struct WordsOf<T> {
  static std::span<const std::string_view> words() { return Words<T>::words; }
};
template <class... Parts>
struct WordsOf<std::variant<Parts...>> {
  static std::span<const std::string_view> words() { return part_names<std::variant<Parts...>>(); }
};

template <class E>
requires std::is_enum_v<E> Json to_value(E value) { return word_of(value); }
template <class E>
requires std::is_enum_v<E>
void read_value(std::string_view key, const Json& given, E& value) {
  value = parse_word<E>(key, read_text(key, given));
}

/// A decay or a curve by its name; its own keys follow.
template <class... Parts>
Json to_value(const std::variant<Parts...>& part) {
  return part_name(part);
}
template <class... Parts>
void read_value(std::string_view key, const Json& given, std::variant<Parts...>& part) {
  using Any = std::variant<Parts...>;
  part = make_part<Any>(find_word(key, read_text(key, given), part_names<Any>()));
}

template <class T>
Json to_value(const std::optional<T>& value) {
  return value ? to_value(*value) : Json();
}
template <class T>
void read_value(std::string_view key, const Json& given, std::optional<T>& value) {
  read_value(key, given, value.emplace());
}

}  // namespace scheduled
