#include "figures/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"

namespace scheduled::figures {
namespace {

constexpr std::string_view title = "# The numbers of 2501.18965\n";
constexpr std::string_view rule = "|---|---|---:|---:|---:|---|\n";

Row row_of(std::string_view figure, const Check& check) {
  const std::size_t end = check.published.find_first_of("eE");
  const std::size_t digits = std::min(end, check.published.size());
  const std::string verdict = check.holds() ? "agrees" : "differs";
  return {std::string(figure), check.what,
          fmt::format("{} | {:.{}g} | {:+.1e} | {}{}", check.published, check.here, std::max<std::size_t>(digits, 3),
                      check.difference(), verdict, check.note.empty() ? "" : ": " + check.note)};
}

/// Whether this run says what there is to say on the row.
bool made_again(const Row& row, const std::vector<Made>& made) {
  return std::any_of(made.begin(), made.end(), [&](const Made& one) {
    if (one.name != row.figure) return false;
    const auto same = [&](const Check& check) { return check.what == row.number; };
    return one.whole || std::any_of(one.checks.begin(), one.checks.end(), same);
  });
}

/// "horizons, real-horizon-transfer:124m".
std::string names_of(const std::vector<Made>& made) {
  std::vector<std::string> names;
  for (const Made& one : made) {
    for (const std::string& variant : one.variants) names.push_back(fmt::format("{}:{}", one.name, variant));
    if (one.variants.empty()) names.emplace_back(one.name);
  }
  return names.empty() ? "no figure" : fmt::format("{}", fmt::join(names, ", "));
}

/// Place in the list; a figure that is no longer there comes last.
std::ptrdiff_t place_of(const Row& row) {
  const auto& entries = all();
  return std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.name == row.figure; }) -
         entries.begin();
}

}  // namespace

std::vector<Row> rows_of(std::string_view report) {
  if (report.empty()) return {};
  const std::size_t table = report.find(rule);
  if (!report.starts_with(title) || table == std::string_view::npos) {
    fail({"is no report of scheduled-paper figures, and would be overwritten"});
  }
  report.remove_prefix(table + rule.size());
  std::vector<Row> rows;
  while (!report.empty()) {
    const std::size_t end = std::min(report.find('\n'), report.size());
    const std::string_view line = report.substr(0, end);
    report.remove_prefix(std::min(end + 1, report.size()));
    const std::size_t second = line.find(" | ");
    const std::size_t third = second == std::string_view::npos ? second : line.find(" | ", second + 3);
    if (!line.starts_with("| ") || !line.ends_with(" |") || third == std::string_view::npos) {
      fail({"is no report of scheduled-paper figures, and would be overwritten: '", line, "'"});
    }
    rows.push_back({std::string(line.substr(2, second - 2)), std::string(line.substr(second + 3, third - second - 3)),
                    std::string(line.substr(third + 3, line.size() - third - 5))});
  }
  return rows;
}

std::size_t kept(const std::vector<Made>& made, const std::vector<Row>& earlier) {
  const auto again =
      std::count_if(earlier.begin(), earlier.end(), [&](const Row& row) { return made_again(row, made); });
  return earlier.size() - static_cast<std::size_t>(again);
}

std::string report(const std::vector<Made>& made, const std::vector<Row>& earlier) {
  std::vector<Row> fresh;
  for (const Made& one : made) {
    for (const Check& check : one.checks) fresh.push_back(row_of(one.name, check));
  }
  std::vector<Row> rows;
  for (const Row& row : earlier) {
    const auto same = [&](const Row& other) { return other.figure == row.figure && other.number == row.number; };
    const auto again = std::find_if(fresh.begin(), fresh.end(), same);
    if (!made_again(row, made)) {
      rows.push_back(row);
    } else if (again != fresh.end()) {
      rows.push_back(*again);
      fresh.erase(again);
    }
  }
  rows.insert(rows.end(), fresh.begin(), fresh.end());
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return place_of(a) < place_of(b); });
  std::string text = fmt::format(
      "{}\nWritten by `scheduled-paper figures` as report.md. A number agrees where it differs by at most half a unit "
      "of the "
      "last\npublished digit.\n\n",
      title);
  if (kept(made, earlier) > 0) {
    text += fmt::format("The last run made {}; the other rows are as earlier runs left them.\n\n", names_of(made));
  }
  text += fmt::format("| figure | number | paper or its logs | here | difference | |\n{}", rule);
  for (const Row& row : rows) text += fmt::format("| {} | {} | {} |\n", row.figure, row.number, row.found);
  return text;
}

}  // namespace scheduled::figures
