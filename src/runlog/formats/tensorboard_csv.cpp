// The series that TensorBoard's page downloads: Wall time, Step, Value. What it is stands in the file's name at best.
#include "base/error.hpp"
#include "runlog/formats/delimited.hpp"
#include "runlog/formats/series_name.hpp"

namespace scheduled::runlog {
namespace {

const std::vector<std::string> header = {"Wall time", "Step", "Value"};

Parsed parse_download(const Source& source) {
  Parsed parsed{.tables = {read_delimited(source)}};
  std::vector<RawColumn>& columns = parsed.tables.front().columns;
  if (columns.size() < header.size()) fail_at(source.name, 1, "must be Wall time,Step,Value");
  columns[2].also = standard_of_file(source.name);
  if (columns[2].also.empty()) {
    parsed.notes.emplace_back("the file's name does not say what Value is: name it, as in Value=train_loss");
  }
  columns.erase(columns.begin());
  return parsed;
}

}  // namespace

Format tensorboard_csv() {
  return {.about = {"tensorboard-csv", "CSV with Wall time, Step, Value", "the download of TensorBoard's page"},
          .recognises = [](std::string_view content) { return header_of(content) == header; },
          .parse = parse_download};
}

}  // namespace scheduled::runlog
