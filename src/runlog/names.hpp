// What columns are usually called. Private.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace scheduled::runlog {

/// The standard columns; "tokens" alone may hold anything.
inline constexpr std::array<std::string_view, 6> standard_names = {"step",     "lr",        "train_loss",
                                                                   "val_loss", "grad_norm", "tokens"};

bool is_standard(std::string_view name);
/// What `name`, which is none, must be, with the one that is probably meant.
std::string must_be_standard(std::string_view name);

/// A standard column, and how usual a name of it is: 0 is the best.
struct UsualName {
  std::string_view standard;
  std::size_t rank = 0;
};
/// What a source's column called `name` usually is; nothing: no standard column. Capitals do not count, blanks count as
/// "_", and dots as "/". In a section of validation results (`validation`) a plain "loss" is a validation loss.
std::optional<UsualName> usual_name(std::string_view name, bool validation = false);
bool is_usual(std::string_view standard, std::string_view name);

/// Of "epoch", a step where nothing else is one.
std::size_t epoch_rank();

/// What to do where a log lacks a column, for the end of a message: the option, and the column of `there` that may be
/// meant. Empty for columns that are no standard ones.
std::string advice_for(std::string_view column, std::span<const std::string> there);

}  // namespace scheduled::runlog
