// The figures of 2501.18965, remade: what one of them is. They only choose inputs, call the library and name lines; the
// list is in list.cpp.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "plot/figure.hpp"

namespace scheduled::figures {

/// One picture, and with it one CSV file of what it shows.
struct Picture {
  std::string name;  ///< of the files, without extension
  plot::Figure figure;
};

struct Animation {
  std::string name;
  std::vector<plot::Figure> frames = {};
  double seconds = 0.1;  ///< a frame
};

/// A number of the paper, of its code or of its logs, and what is found here.
struct Check {
  std::string what;
  std::string published;  ///< with all its digits; half a unit of the last is what it may differ by
  double here = 0.0;
  std::string note = {};  ///< where they differ for a reason: the reason
  double difference() const;
  bool holds() const;
};

struct Result {
  std::vector<Picture> pictures = {};
  std::vector<Animation> animations = {};
  std::vector<Check> checks = {};
  std::vector<std::string> missing = {};  ///< logs that could not be used, each with why: not there, or unreadable
};

struct Inputs {
  std::filesystem::path logs = {};         ///< folder of the training logs; empty: none
  std::vector<std::string> variants = {};  ///< which of the entry's variants; empty: its usual ones
};

struct Entry {
  std::string_view name;
  std::string_view shows;
  std::string_view inputs;  ///< "none", or which logs
  std::function<Result(const Inputs&)> make;
  std::string_view takes = "under 1 s";         ///< with drawing as PNG, one core
  std::vector<std::string_view> variants = {};  ///< e.g. model sizes, asked for as NAME:VARIANT
  bool needs_logs() const { return inputs != "none"; }
};

/// All figures, in the paper's order.
const std::vector<Entry>& all();

/// The points of all lines of a figure: panel, line (both from 1), name, x, y. Numbers read back exactly; y is nan
/// where a line is interrupted.
std::string csv_of(const plot::Figure& figure);

}  // namespace scheduled::figures
