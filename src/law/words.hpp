// Names of this module's enumerations.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/words.hpp"
#include "law/definition.hpp"

namespace scheduled {

/// Those of the definitions: a law is named in its own file.
template <>
struct Words<LawKind> {
  struct Names {
    operator std::span<const std::string_view>() const noexcept { return law::names(); }
    std::string_view operator[](std::size_t i) const noexcept { return law::names()[i]; }
    std::size_t size() const noexcept { return law::names().size(); }
    auto begin() const noexcept { return law::names().begin(); }
    auto end() const noexcept { return law::names().end(); }
  };
  static constexpr Names words{};
};
template <>
struct Words<WorthGoingOn> {
  static constexpr std::array<std::string_view, 3> words{"yes", "no", "unsure"};
};
template <>
struct Words<BetterSpent> {
  static constexpr std::array<std::string_view, 3> words{"trunk", "cooldown", "alike"};
};

}  // namespace scheduled
