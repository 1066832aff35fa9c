// Weights & Biases' own file, made byte by byte; tests/frameworks/test_logs.py reads files that wandb wrote.
#include <cstring>

#include "runlog/checksum.hpp"
#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

std::string field(int number, const std::string& data) {
  std::string bytes;
  for (std::uint64_t value : {static_cast<std::uint64_t>(number) << 3U | 2U, std::uint64_t{data.size()}}) {
    for (; value > 0x7f; value >>= 7U) bytes += static_cast<char>((value & 0x7fU) | 0x80U);
    bytes += static_cast<char>(value);
  }
  return bytes + data;
}

std::string item(const std::string& key, const std::string& value) {
  return field(1, field(1, key) + field(16, value));
}
std::string history(const std::string& items) { return field(2, items); }

/// Appends a record to the file as LevelDB's log does: in pieces that end with the blocks of 32 KiB.
void append(std::string& file, const std::string& record) {
  constexpr std::size_t block = 32768;
  for (std::size_t at = 0; at == 0 || at < record.size();) {
    std::size_t room = block - file.size() % block;
    if (room < 7) {
      file.append(room, '\0');
      room = block;
    }
    const std::size_t length = std::min(room - 7, record.size() - at);
    const bool first = at == 0;
    const bool last = at + length == record.size();
    const char kind = first && last ? '\1' : first ? '\2' : last ? '\4' : '\3';
    const std::string piece = kind + record.substr(at, length);
    const std::uint32_t sum = runlog::crc32(piece);
    const auto size = static_cast<std::uint16_t>(length);
    file.append(reinterpret_cast<const char*>(&sum), 4);
    file.append(reinterpret_cast<const char*>(&size), 2);
    file += piece;
    at += std::max<std::size_t>(length, 1);
  }
}

std::string run() {
  std::string file(":W&B\xe1\xbe\0", 7);
  append(file, field(17, field(4, item("steps", "100") + item("name", "\"x\""))));
  append(file, history(item("train/loss", "4.5") + item("train/lr", "0.001") + item("_step", "0") +
                       item("train/global_step", "1")));
  append(file, history(item("note", '"' + std::string(70000, 'a') + '"') + item("_step", "1")));
  append(file, history(item("train/loss", "\"NaN\"") + item("train/lr", "0.0005") + item("_step", "2") +
                       item("train/global_step", "2")));
  append(file,
         history(field(1, field(2, "eval") + field(2, "loss") + field(16, "4.25")) + item("train/global_step", "2")));
  return file;
}

TEST(WandbFile, HistoryOfAllRows) {
  const RunLog log = parse_log("run-1.wandb", run());
  EXPECT_EQ(log.format, "wandb");
  EXPECT_EQ(log.step, (std::vector<std::int64_t>{1, 2}));
  expect_column(log, "lr", {0.001, 0.0005});
  expect_column(log, "train_loss", {4.5, gap});
  expect_column(log, "val_loss", {gap, 4.25});
  EXPECT_EQ(log.number("steps"), 100.0);
  EXPECT_FALSE(log.number("name"));
  EXPECT_EQ(log.left_out, 1);  // the row of the note alone has no step
}

TEST(WandbFile, CutAnywhereOrBroken) {
  const std::string all = run();
  for (std::size_t length = 1; length < all.size(); length += length < 400 || length + 400 > all.size() ? 1U : 997U) {
    EXPECT_NO_THROW(parse_error("run.wandb", all.substr(0, length))) << length;
  }
  EXPECT_EQ(parse_log("run.wandb", all.substr(0, all.size() - 1)).notes.front(),
            "the file ends within record 7, as of a run that is writing it");
  std::string broken = all;
  broken[20] = static_cast<char>(broken[20] ^ 1);
  EXPECT_EQ(parse_error("run.wandb", broken), "run.wandb: record 1: its checksum does not match");
}

TEST(Checksums, KnownValues) {
  EXPECT_EQ(runlog::crc32("123456789"), 0xcbf43926U);
  EXPECT_EQ(runlog::crc32c("123456789"), 0xe3069283U);
}

}  // namespace
}  // namespace scheduled::testing
