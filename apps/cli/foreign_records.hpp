// What import and export print, as records.
#pragma once

#include "foreign/records.hpp"
#include "shell/print.hpp"

namespace scheduled::cli {

struct Imported {
  shell::PrintedSchedule schedule;
  Without<ImportedSchedule, "schedule"> rest;
};

}  // namespace scheduled::cli

namespace scheduled {

template <>
struct Record<cli::Imported> {
  using Imported = cli::Imported;
  static constexpr std::string_view name = "Imported";
  static constexpr std::string_view meaning = "The schedule of another program's configuration";
  static constexpr FieldList fields{Field{"schedule", &Imported::schedule, "", "Its rates are the program's"},
                                    Field{"", &Imported::rest, "", "What it was made from"}};
};

}  // namespace scheduled
