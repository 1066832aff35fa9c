// A piece of `stages` as text: CURVE [KEY=VALUE ...] [from RATE] [to RATE] [over LENGTH] [until MARK], or
// hold [at RATE] [over LENGTH] [until MARK].
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// Throws ArgumentError named `pieces` with the text and what is wrong with it.
Stage parse_stage(std::string_view text);

/// The text that parse_stage reads as an equal value.
std::string print_stage(const Stage& stage);

/// An error within the k-th piece, whose text this is, as one of `pieces`.
ArgumentError::Fields of_piece(const ArgumentError& error, std::string_view text, std::optional<std::size_t> k);

/// call() for the k-th piece.
template <class Call>
auto within_piece(const Stage& stage, std::size_t k, const Call& call) {
  try {
    return call();
  } catch (const NeedsHorizon& error) {
    throw NeedsHorizon(of_piece(error, print_stage(stage), k));
  } catch (const ArgumentError& error) {
    throw ArgumentError(of_piece(error, print_stage(stage), k));
  }
}

/// call() for the schedule before the pieces. A horizon that it lacks is its own: that of the run does not help.
template <class Call>
auto within_after(const Call& call) {
  try {
    return call();
  } catch (const ArgumentError& error) {
    throw ArgumentError({.name = "after", .requirement = error.what()});
  }
}

}  // namespace scheduled
