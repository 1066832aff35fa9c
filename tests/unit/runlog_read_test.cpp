#include <filesystem>
#include <fstream>

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
  EXPECT_EQ(read_error(folder),
            folder.string() +
                ": is a directory without event files of TensorBoard or metrics of MLflow, not a log; of the folder of "
                "a run, RUNFOLDER:LINE is the log of a line");
  EXPECT_EQ(read_error(folder / "no_such_log.csv"), (folder / "no_such_log.csv").string() + ": no such file");
  const std::filesystem::path too_long = folder / std::string(300, 'a');
  EXPECT_EQ(read_error(too_long), too_long.string() + ": cannot be read: File name too long");
}

TEST(ReadLog, NamesTheFileWhoseReadingFails) {
  const std::filesystem::path file = "/proc/self/mem";  // opens, and fails at its first byte
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "needs " << file;
  EXPECT_EQ(read_error(file), "/proc/self/mem: cannot be read: Input/output error");
}

}  // namespace
}  // namespace scheduled::testing
