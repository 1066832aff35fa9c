// Finding logs, and keeping account of those that are not there.
#include "figures/logs.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "support/throws.hpp"

namespace scheduled::figures {
namespace {

bool refuses(const auto& call, const std::string& why) { return error_of(call).find(why) != std::string::npos; }

using Texts = std::vector<std::string>;

class LogFolder : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = std::filesystem::path(testing::TempDir()) / ("scheduled_logs_" + name);
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "sub");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  Logs logs() const { return Logs(folder_); }

  std::filesystem::path folder_;
};

TEST_F(LogFolder, PatternsMatchPathsBelowTheFolder) {
  write("wsd_lr0.001_iter100.json", "");
  write("sub/wsd_lr0.002_iter100.json", "");
  const Logs found = logs();
  EXPECT_TRUE(found.has("wsd_*_iter100.json"));
  EXPECT_TRUE(found.has("*lr0.001*"));
  EXPECT_TRUE(found.has("sub/wsd_*_iter100*"));
  EXPECT_TRUE(found.has("wsd_lr0.001_iter100.json"));
  EXPECT_FALSE(found.has("wsd_*_iter10.json"));
  EXPECT_FALSE(found.has("*lr0.002*"));  // "*" does not reach into folders
  EXPECT_FALSE(found.has("wsd_lr0.001"));
  EXPECT_FALSE(found.has(""));
}

TEST_F(LogFolder, MissingLogsAreNamedOnce) {
  Logs found = logs();
  EXPECT_FALSE(found.read("b*.json"));
  EXPECT_FALSE(found.read("a*.json"));
  EXPECT_FALSE(found.read("a*.json"));
  EXPECT_EQ(found.missing(), (Texts{"looked for a*.json", "looked for b*.json"}));
  EXPECT_FALSE(Logs({}).read("a"));
}

TEST_F(LogFolder, BrokenLogsAreNamedWithTheirFault) {
  write("broken.csv", "step,lr\n1,nan\n");
  Logs found = logs();
  EXPECT_FALSE(found.read("broken*"));
  ASSERT_EQ(found.missing().size(), 1U);
  EXPECT_TRUE(found.missing()[0].starts_with("cannot read ")) << found.missing()[0];
  EXPECT_NE(found.missing()[0].find("broken.csv"), std::string::npos);
}

TEST_F(LogFolder, SeveralMatchesAreNotGuessed) {
  write("run1.csv", "step,lr\n1,1\n");
  write("run2.csv", "step,lr\n1,1\n");
  Logs found = logs();
  EXPECT_TRUE(refuses([&] { return found.read("run*"); }, "run1.csv and run2.csv both match run*"));
}

TEST_F(LogFolder, BranchesStandOnTheirBases) {
  write("base.csv", "step,lr,val_loss\n1,1,5\n2,1,4\n3,1,3.5\n");
  write("branch.csv", "step,lr,val_loss\n3,0.5,3\n4,0.25,2\n");
  Logs found = logs();
  const auto run = found.read_branch({"base*", "branch*"});
  ASSERT_TRUE(run);
  EXPECT_EQ(run->at("lr"), (std::vector<double>{1, 1, 0.5, 0.25}));
  EXPECT_EQ(rates_of(*run), (std::vector<double>{1, 1, 0.5, 0.25}));
  EXPECT_EQ(logged(*run, "val_loss").y, (std::vector<double>{5, 4, 3, 2}));
  EXPECT_FALSE(found.read_branch({"other*", "branch*"}));
  EXPECT_EQ(found.missing(), Texts{"looked for other*"});
  EXPECT_TRUE(refuses([&] { return final_loss(*run); }, "no final-val/loss"));
}

TEST(Lines, MovingAveragesAndParts) {
  const plot::Line line{.x = {1, 2, 3, 4}, .y = {1, 3, 5, 11}};
  EXPECT_EQ(smoothed(line, 2).x, (std::vector<double>{2, 3, 4}));
  EXPECT_EQ(smoothed(line, 2).y, (std::vector<double>{2, 4, 8}));
  EXPECT_EQ(smoothed(line, 1).y, line.y);
  EXPECT_EQ(smoothed(line, 5).y, line.y);
  EXPECT_EQ(between(line, 2, 3).y, (std::vector<double>{3, 5}));
}

}  // namespace
}  // namespace scheduled::figures
