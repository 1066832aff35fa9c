// Large files are read block by block: what comes out is what the whole content gives.
#include <algorithm>
#include <fstream>

#include "runlog/formats/format.hpp"
#include "support/temporary_folder.hpp"
#include "unit/runlog_events.hpp"
#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

constexpr std::string_view mark = "\xef\xbb\xbf";
constexpr std::size_t large = std::size_t{21} << 20;  // three blocks

/// `line(row)` for rows 1, 2, ..., until the text is large.
template <class Line>
std::string many(std::string text, const Line& line) {
  for (int row = 1; text.size() < large; ++row) text += line(row);
  return text;
}

std::string loss_of(int row) {
  return format_number(2.0 + 1.0 / row) + std::string(static_cast<std::size_t>(row % 7), ' ');
}

std::string csv() {
  return many("step,lr,note,loss\n", [](int row) {
    const std::string note = row % 1000 == 0 ? "\"a \"\"note\"\", of\ntwo lines\"" : row % 3 == 0 ? "" : "1.5";
    return std::to_string(row) + ",0.001," + note + "," + loss_of(row) + (row % 2 == 0 ? "\n" : "\r\n");
  });
}
std::string json_lines() {
  return many("\n", [](int row) {
    return "{\"step\": " + std::to_string(row) + (row % 11 == 0 ? ", \"lr\": NaN, \"text\": \"\\u00e4\"" : "") +
           ", \"loss\": " + loss_of(row) + "}\n" + (row % 100 == 0 ? "\n" : "");
  });
}
std::string llmc() {
  return many("", [](int row) {
    return "s:" + std::to_string(row) + " trl:" + loss_of(row) + " lr:0.001\n" + (row % 5 == 0 ? "10 %\r20 %\r\n" : "");
  });
}

std::string events() {
  return many(version(), [](int row) {
    return event(static_cast<std::uint64_t>(row), scalar("train/loss", 2.0F + 1.0F / static_cast<float>(row)));
  });
}

class Blocks : public ::testing::Test {
 protected:
  /// The file gives what its content gives, errors included.
  void expect_same(const std::string& content, const std::string& format) {
    const std::string path = (folder_.path() / "log").string();
    std::ofstream(path, std::ios::binary) << content;
    const std::string_view head = std::string_view(content).substr(content.starts_with(mark) ? mark.size() : 0);
    const runlog::Format& told = runlog::format_of(path, head, {});
    EXPECT_TRUE(told.blocks && told.blocks(path, head)) << told.about.name << " is read as a whole";
    const auto outcome = [](const auto& read) {
      RunLog log;
      const std::string error = error_of([&] { log = read(); });
      return std::pair{log, error};
    };
    const auto [whole, why_whole] = outcome([&] { return parse_log(path, content); });
    const auto [blocks, why_blocks] = outcome([&] { return read_log(path); });
    EXPECT_EQ(why_blocks, why_whole);
    EXPECT_EQ(blocks.format, whole.format);
    EXPECT_EQ(why_whole.empty() ? whole.format : format, format);
    EXPECT_EQ(blocks.step, whole.step);
    EXPECT_EQ(blocks.notes, whole.notes);
    ASSERT_EQ(blocks.column.size(), whole.column.size());
    for (const auto& [name, values] : whole.column) EXPECT_EQ(series(blocks, name), series(whole, name)) << name;
  }
  TemporaryFolder folder_;
};

TEST_F(Blocks, GiveWhatTheWholeFileGives) {
  for (const auto& [content, format] :
       {std::pair{csv(), "csv"}, {json_lines(), "jsonl"}, {llmc(), "llm.c"}, {events(), "tensorboard"}}) {
    expect_same(content, format);
    expect_same(content.substr(0, content.size() - 3), format);  // the last line is cut
  }
  for (const auto& [content, format] : {std::pair{csv(), "csv"}, {json_lines(), "jsonl"}, {llmc(), "llm.c"}}) {
    expect_same(std::string(mark) + content, format);
  }
  expect_same(csv() + "1,2\n", "csv");
  expect_same(csv() + "1,2,\"3\n", "csv");
  expect_same(json_lines() + "{\"step\": 1, \"step\": 2}\n", "jsonl");
  expect_same(json_lines() + "{\"step\": 1", "jsonl");
}

}  // namespace
}  // namespace scheduled::testing
