// What scheduled average prints.
#pragma once

#include <cstdint>
#include <string>

#include "bound/records.hpp"
#include "shell/print.hpp"

namespace scheduled::cli {
using namespace shell;

/// An averaged schedule and what it guarantees.
struct Averaged {
  PrintedSchedule schedule;
  std::string average;
  std::int64_t T = 0;
  double peak = 0.0;
  AverageBound found;
  double last_iterate = 0.0;  ///< worst case without the average

  double best_peak() const { return peak * found.best_scale; }
};

}  // namespace scheduled::cli

namespace scheduled {

template <>
struct Record<cli::Averaged> {
  using X = cli::Averaged;
  static constexpr std::string_view name = "Averaged";
  static constexpr std::string_view meaning = "A schedule whose iterates are averaged, and its guarantee";
  static constexpr FieldList fields{
      Field{"schedule", &X::schedule, "", "The schedule"},
      Field{"average", &X::average, "", "How iterates are averaged"},
      Field{"T", &X::T, "steps", "The last step that counts"},
      Field{"peak", &X::peak, "distance^2/loss", "Its own peak"},
      Field{"", &X::found, "", "The guarantee there"},
      Field{"best_peak", &X::best_peak, "distance^2/loss", "The peak with the smallest bound"},
      Field{"last_iterate", &X::last_iterate, "loss", "The worst case of the last iterate, at its own peak"}};
};

}  // namespace scheduled
