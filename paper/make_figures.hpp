// The verb figures of scheduled-paper.
#pragma once

#include <string>
#include <vector>

#include "plot/figure.hpp"
#include "shell/values.hpp"

namespace scheduled::paper {

struct FiguresOptions {
  std::vector<std::string> names = {};  ///< NAME or NAME:VARIANT; none: all
  std::string logs = {};                ///< folder of the paper's training logs; empty: none
  std::string out = "paper-figures";
  std::vector<plot::Format> formats = {plot::Format::png};
  shell::Threads threads = {};
  bool list = false;  ///< only print figure_list()
};

/// The figures with what they show and need.
std::string figure_list();

/// Writes pictures, their points as CSV, and report.md. Throws ArgumentError for bad requests, and
/// std::runtime_error at the end where a figure is not complete.
void make_figures(const FiguresOptions& options);

}  // namespace scheduled::paper
