// Rows as objects in a JSON array; and Hugging Face's trainer_state.json, where the array is "log_history".
#include <algorithm>

#include "base/error.hpp"
#include "runlog/formats/json_rows.hpp"
#include "runlog/json_outline.hpp"

namespace scheduled::runlog {
namespace {

Parsed parse(const Source& source, RowsAre where) {
  RowReader reader(where);
  std::string storage;
  const std::string_view content = without_nan(source.content, storage);
  nlohmann::json::sax_parse(content.data(), content.data() + content.size(), &reader);
  if (reader.stop) {
    const JsonFault fault = judge(content, *reader.stop);
    const std::size_t line = line_of(content, reader.stop->position);
    const std::string column = reader.key_here() == nullptr ? "" : printable(*reader.key_here());
    if (fault.kind == JsonFault::Kind::truncated) {
      fail_at(source.name, line, column, {}, concat({"truncated at byte ", std::to_string(source.content.size())}));
    }
    if (fault.kind == JsonFault::Kind::not_finite) fail_at(source.name, line, column, fault.text, finite_text);
    fail_at(source.name, line, column, {}, concat({"not JSON near ", fault.text}));
  }
  if (reader.repeated_key) fail_at(source.name, 0, concat({"a row has ", quote(*reader.repeated_key), " twice"}));
  return reader.finish();
}

/// The Trainer of Hugging Face logged the rate of the next update until version 4.46 or so: then, and only then, one of
/// its decays to 0 is there in the row of the last update.
void find_next_rates(Parsed& parsed) {
  const auto max_steps = parsed.meta.find("max_steps");
  const double* const last = max_steps == parsed.meta.end() ? nullptr : std::get_if<double>(&max_steps->second);
  const std::vector<RawColumn>& columns = parsed.tables.front().columns;
  const auto column = [&](std::string_view name) {
    return std::find_if(columns.begin(), columns.end(), [&](const RawColumn& c) { return c.source == name; });
  };
  const auto step = column("step");
  const auto lr = column("learning_rate");
  if (last == nullptr || step == columns.end() || lr == columns.end() || lr->value.size() < 2) return;
  if (lr->value.back() != 0.0 || *std::max_element(lr->value.begin(), lr->value.end()) == 0.0) return;
  const std::size_t row = lr->row[lr->row.size() - 1];
  for (std::size_t k = step->row.size(); k-- > 0 && step->row[k] >= row;) {
    if (step->row[k] == row && step->value[k] == *last) parsed.rates_of_next = parsed.norms_of_same = true;
  }
}

/// '[' also begins lines of text such as "[INFO]".
bool is_array(std::string_view content) {
  const std::size_t open = content.find_first_not_of(" \t\r\n");
  if (content[open] != '[') return false;
  const std::size_t next = content.find_first_not_of(" \t\r\n", open + 1);
  return next != std::string_view::npos && (content[next] == '{' || content[next] == ']');
}

}  // namespace

Format json_array() {
  return {.about = {"json-array", "a JSON array of objects", "data frames, trainer_state's log_history alone"},
          .recognises = is_array,
          .parse = [](const Source& source) { return parse(source, RowsAre::array); }};
}

Format trainer_state() {
  return {.about = {"hf", "trainer_state.json: a JSON object with an array log_history", "Hugging Face Trainer"},
          .recognises =
              [](std::string_view content) {
                const std::size_t open = content.find_first_not_of(" \t\r\n");
                return content[open] == '{' && outline(content.substr(open)).has("log_history", '[');
              },
          .parse =
              [](const Source& source) {
                Parsed parsed = parse(source, RowsAre::log_history);
                find_next_rates(parsed);
                return parsed;
              }};
}

}  // namespace scheduled::runlog
