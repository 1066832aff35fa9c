// The chart that Weights & Biases' page exports: "Step", and for each run "<run> - <key>" with "__MIN" and "__MAX"
// beside.
#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "runlog/formats/delimited.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

constexpr std::string_view between = " - ";

bool is_extreme(std::string_view name) { return name.ends_with("__MIN") || name.ends_with("__MAX"); }

/// "train/loss" of "<run> - train/loss".
std::string_view key_of(std::string_view name) {
  const std::size_t at = name.rfind(between);
  return at == std::string_view::npos ? name : name.substr(at + between.size());
}

bool is_chart(std::string_view content) {
  const std::vector<std::string> names = header_of(content);
  if (names.size() < 2 || key_of(names.front()).size() != names.front().size()) return false;
  return std::all_of(names.begin() + 1, names.end(),
                     [](const std::string& name) { return name.find(between) != std::string::npos; });
}

/// Where the chart shows one run, its columns are called by their keys. Those of several keep their names, so that one
/// is chosen by the options.
Parsed parse_chart(const Source& source) {
  Parsed parsed{.tables = {read_delimited(source)}};
  std::vector<RawColumn>& lines = parsed.tables.front().columns;
  std::erase_if(lines, [](const RawColumn& column) { return is_extreme(column.source); });
  std::set<std::string> runs;
  for (std::size_t k = 1; k < lines.size(); ++k) {
    const std::string& name = lines[k].source;
    runs.insert(name.substr(0, name.rfind(between)));
  }
  if (runs.size() != 1) {
    parsed.notes.push_back(concat(
        {"a chart of ", std::to_string(runs.size()), " runs: the columns of the one that is meant must be named"}));
    return parsed;
  }
  for (RawColumn& column : lines) column.also = key_of(column.source);
  return parsed;
}

}  // namespace

Format wandb_chart() {
  return {.about = {"wandb-chart", "CSV with Step and columns RUN - KEY", "the chart export of Weights & Biases' page"},
          .recognises = is_chart,
          .parse = parse_chart};
}

}  // namespace scheduled::runlog
