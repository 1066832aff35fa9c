// Rows as objects in a JSON array; and Hugging Face's trainer_state.json, where the array is "log_history".
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
          .parse = [](const Source& source) { return parse(source, RowsAre::log_history); }};
}

}  // namespace scheduled::runlog
