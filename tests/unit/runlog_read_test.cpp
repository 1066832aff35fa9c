#include <filesystem>
#include <fstream>

#include "support/temporary_folder.hpp"
#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

std::string read_error(const std::filesystem::path& file) {
  return error_of([&] { read_log(file); });
}

TEST(ReadLog, ReadsAFileAndIsNamedByIt) {
  const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "runlog_read_test.csv";
  std::ofstream(file, std::ios::binary) << "step,loss\n1,2.5\n2,high\n";
  EXPECT_EQ(read_error(file), file.string() + ", line 3: loss = \"high\": must be a finite number");
  std::string text = "step,loss\n";
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + ",2.5\n";  // more than one block
  std::ofstream(file, std::ios::binary) << text;
  EXPECT_EQ(read_log(file), parse_log(file.string(), text));
  EXPECT_EQ(read_log(file).name, file.string());
  std::ofstream(file, std::ios::binary) << "";
  EXPECT_EQ(read_error(file), file.string() + ": empty");
  std::filesystem::remove(file);
}

TEST(ReadLog, NamesTheFileThatItCannotRead) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "runlog_read_test";
  std::filesystem::create_directory(folder);
  EXPECT_EQ(read_error(folder), folder.string() +
                                    ": is a directory without event files of TensorBoard, metrics of MLflow or a log "
                                    "by its usual name, not a log; of the folder of "
                                    "a run, RUNFOLDER:LINE is the log of a line");
  EXPECT_EQ(read_error(folder / "no_such_log.csv"), (folder / "no_such_log.csv").string() + ": no such file");
  const std::filesystem::path too_long = folder / std::string(300, 'a');
  EXPECT_EQ(read_error(too_long), too_long.string() + ": cannot be read: File name too long");
}

TEST(ReadLog, FindsTheLogThatAProgramLeftInItsFolder) {
  const TemporaryFolder folder;
  const auto put = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder.path() / name, std::ios::binary) << text;
  };
  put("notes.txt", "went well");
  EXPECT_THROW(read_log(folder.path()), ArgumentError);
  const std::string wandb(":W&B\xe1\xbe\0", 7);
  put("run-a.wandb", wandb);
  EXPECT_EQ(read_error(folder.path()),
            (folder.path() / "run-a.wandb").string() + ": not a training log yet: it has no rows");
  put("run-b.wandb", wandb);
  EXPECT_NE(read_error(folder.path()).find(": has several runs of Weights & Biases, each a log of its own: "),
            std::string::npos);
  put("metrics.csv", "epoch,step,train_loss\n0,10,3\n");  // Lightning's
  EXPECT_EQ(read_log(folder.path()).format, "csv");
  EXPECT_EQ(read_log(folder.path()).name, (folder.path() / "metrics.csv").string());
  put("trainer_log.jsonl", "{\"current_steps\": 5, \"loss\": 3}\n");  // LLaMA-Factory's
  EXPECT_EQ(read_log(folder.path()).format, "jsonl");
  put("trainer_state.json", R"({"log_history": [{"step": 5, "loss": 3}]})");  // Hugging Face's
  EXPECT_EQ(read_log(folder.path()).format, "hf");
}

TEST(ReadLog, NamesTheFileWhoseReadingFails) {
  const std::filesystem::path file = "/proc/self/mem";  // opens, and fails at its first byte
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "needs " << file;
  EXPECT_EQ(read_error(file), "/proc/self/mem: cannot be read: Input/output error");
}

}  // namespace
}  // namespace scheduled::testing
