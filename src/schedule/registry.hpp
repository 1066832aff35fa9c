// What the lists of parts have in common: from a variant of parts (Shape, Decay, WarmupCurve) to their names and to the
// variant of their functors.
#pragma once

#include <array>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "schedule/part.hpp"

namespace scheduled {

template <class Parts>
struct NamesOf;
template <class... Parts>
struct NamesOf<std::variant<Parts...>> {
  static constexpr std::array<std::string_view, sizeof...(Parts)> names = {Part<Parts>::name...};
};

/// The names of all parts, in the order of the variant.
template <class Parts>
constexpr std::span<const std::string_view> part_names() noexcept {
  return NamesOf<Parts>::names;
}

template <class Parts>
constexpr std::string_view part_name(const Parts& part) noexcept {
  return std::visit([](const auto& held) { return Part<std::remove_cvref_t<decltype(held)>>::name; }, part);
}

template <class Parts, std::size_t... k>
Parts make_part(std::size_t index, std::index_sequence<k...>) {
  Parts part;
  ((k == index ? static_cast<void>(part.template emplace<k>()) : void()), ...);
  return part;
}

/// The part of this place in the variant, with its defaults.
template <class Parts>
Parts make_part(std::size_t index) {
  return make_part<Parts>(index, std::make_index_sequence<std::variant_size_v<Parts>>());
}

namespace compiled {

template <class Functors, class More>
struct Joined;
template <class... Ts, class T>
struct Joined<std::variant<Ts...>, T> {
  using type = std::conditional_t<(std::is_same_v<T, Ts> || ...), std::variant<Ts...>, std::variant<Ts..., T>>;
};
template <class... Ts>
struct Joined<std::variant<Ts...>, std::variant<>> {
  using type = std::variant<Ts...>;
};
template <class... Ts, class U, class... Us>
struct Joined<std::variant<Ts...>, std::variant<U, Us...>> {
  using type = typename Joined<typename Joined<std::variant<Ts...>, U>::type, std::variant<Us...>>::type;
};

template <class Functors, class... Results>
struct Flat {
  using type = Functors;
};
template <class Functors, class Result, class... Results>
struct Flat<Functors, Result, Results...> {
  using type = typename Flat<typename Joined<Functors, Result>::type, Results...>::type;
};

template <class Parts, class... Arguments>
struct FunctorsOf;
template <class... Parts, class... Arguments>
struct FunctorsOf<std::variant<Parts...>, Arguments...> {
  using type = typename Flat<std::variant<>, decltype(Part<Parts>::compile(std::declval<const Parts&>(),
                                                                           std::declval<Arguments>()...))...>::type;
};

template <class To, class From>
To widened(From&& from) {
  return To(std::forward<From>(from));
}
template <class To, class... Ts>
To widened(std::variant<Ts...> from) {
  return std::visit([](auto& functor) { return To(std::move(functor)); }, from);
}

/// old = next; a lambda cannot be assigned to.
template <class Functors>
void replace(Functors& old, Functors next) {
  std::visit([&]<class F>(F& functor) { old.template emplace<F>(std::move(functor)); }, next);
}

/// The functor of a part, in the variant of all of them.
template <class To, class Parts, class... Arguments>
To compile(const Parts& parts, Arguments&... arguments) {
  return std::visit([&]<class T>(const T& part) { return widened<To>(Part<T>::compile(part, arguments...)); }, parts);
}

}  // namespace compiled
}  // namespace scheduled
