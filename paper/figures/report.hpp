// report.md: the numbers of the figures beside those of the paper, over several runs into one folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "figures/figure.hpp"

namespace scheduled::figures {

/// One row of the table.
struct Row {
  std::string figure, number;
  std::string found;  ///< the other cells: published, here, difference, verdict
};

/// What a run made of a figure.
struct Made {
  std::string_view name;
  std::vector<std::string> variants = {};  ///< those asked for; none: the usual ones
  bool whole = true;                       ///< these are all rows of the figure; else others of it may stay
  std::vector<Check> checks = {};
};

/// The rows of a report of an earlier run; none of an empty text. Throws ArgumentError where it is another
/// text.
std::vector<Row> rows_of(std::string_view report);

/// Markdown page with a table "paper or its logs / here / difference", one row for each check, in the order of the
/// list. Of `earlier` the rows stay that this run did not make; where there are such, the page says what it made.
std::string report(const std::vector<Made>& made, const std::vector<Row>& earlier);

/// How many of the earlier rows stay.
std::size_t kept(const std::vector<Made>& made, const std::vector<Row>& earlier);

}  // namespace scheduled::figures
