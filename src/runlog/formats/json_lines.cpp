// One JSON object per line.
#include <algorithm>
#include <memory>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "runlog/formats/json_rows.hpp"
#include "runlog/json_outline.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

[[noreturn]] void fail_line(std::string_view name, std::string_view text, const RowReader& reader, bool last_line,
                            std::size_t end) {
  const std::size_t line = reader.table.line.back();
  const std::string* key = reader.key_here();
  const std::string column = key == nullptr ? "" : printable(*key);
  const JsonFault fault = judge(text, *reader.stop);
  switch (fault.kind) {
    case JsonFault::Kind::truncated:
      if (last_line) fail_at(name, line, column, {}, concat({"truncated at byte ", std::to_string(end)}));
      fail_at(name, line, column, {}, "the object does not end on its line");
    case JsonFault::Kind::not_finite:
      fail_at(name, line, column, fault.text, finite_text);
    case JsonFault::Kind::syntax:
      break;
  }
  fail_at(name, line, column, {}, concat({"not JSON near ", fault.text}));
}

/// `cut_at`: for the last line of a file, where the file ends: if the object does not, it was cut off there.
void read_line(std::string_view name, std::string_view text, std::size_t line, std::optional<std::size_t> cut_at,
               std::string& storage, RowReader& reader) {
  if (!reader.plain_line(text, line)) {
    reader.begin_line(line);
    const std::string_view sound = without_nan(text, storage);
    nlohmann::json::sax_parse(sound.data(), sound.data() + sound.size(), &reader);
    if (reader.stop) fail_line(name, sound, reader, cut_at.has_value(), cut_at.value_or(0));
    if (!reader.is_row) fail_at(name, line, "must be a JSON object");
  }
  if (reader.repeated_key) fail_at(name, line, concat({"has ", quote(*reader.repeated_key), " twice"}));
}

class LinesParser final : public BlockParser {
 public:
  explicit LinesParser(std::string_view name) : name_(name) {}

  std::size_t take(std::string_view bytes, bool last) override {
    if (line_ == 0) require_lines(bytes);
    const std::size_t last_end = bytes.find_last_not_of(blanks) + 1;  // of what is no blank; 0: nothing is
    std::size_t begin = 0;
    for (; begin < bytes.size(); poll_()) {
      const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
      const bool is_last = end >= last_end;
      if (is_last && !last) break;  // it may go on, or be the log's last one
      const std::string_view text = bytes.substr(begin, end - begin);
      ++line_;
      begin = end + 1;
      if (is_blank(text)) continue;
      read_line(name_, text, line_, is_last ? std::optional(before_ + end) : std::nullopt, storage_, reader_);
    }
    before_ += begin;
    return std::min(begin, bytes.size());
  }
  Parsed finish() override { return reader_.finish(); }

 private:
  void require_lines(std::string_view bytes) const {
    if (is_blank(bytes)) return;
    const JsonOutline first = outline(bytes.substr(bytes.find_first_not_of(" \t\r\n")));
    if (first.end == std::string_view::npos || !first.spans_lines()) return;
    fail_at(name_, 0, "not a training log: a JSON object without an object \"history\" or an array \"log_history\"");
  }

  std::string_view name_;
  RowReader reader_{RowsAre::lines};
  std::string storage_;
  std::size_t line_ = 0;
  std::size_t before_ = 0;  ///< bytes of the calls before
  SeldomPoll poll_{64};
};

}  // namespace

Format json_lines() {
  return {.about = {"jsonl", "one JSON object per line",
                    "LLaMA-Factory's trainer_log.jsonl, ms-swift's logging.jsonl, Weights & Biases' history, openpi, "
                    "our own run log"},
          .recognises =
              [](std::string_view content) {
                const std::string_view rest = content.substr(content.find_first_not_of(" \t\r\n"));
                return rest.starts_with('{') && !rest.starts_with(R"({"tracker":)");  // levanter's, see text_logs.cpp
              },
          .parse = [](const Source& source) { return parse_whole(LinesParser(source.name), source.content); },
          .line_parser =
              [] {
                return [](const Source& source) -> std::optional<Parsed> {
                  RowReader reader(RowsAre::lines);
                  std::string storage;
                  read_line(source.name, source.content, source.first_line, std::nullopt, storage, reader);
                  Parsed parsed = reader.finish();
                  parsed.may_lack_columns = true;
                  return parsed;
                };
              },
          .blocks = [](std::string_view name, std::string_view head) -> std::unique_ptr<BlockParser> {
            if (outline(head).end == std::string_view::npos) return nullptr;  // a large object may be another format
            return std::make_unique<LinesParser>(name);
          }};
}

}  // namespace scheduled::runlog
