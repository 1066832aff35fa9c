#include "scheduled/sweep.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/throws.hpp"

namespace scheduled {
namespace {

class SweepFiles : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove(path); }
  void TearDown() override { std::filesystem::remove(path); }

  std::string text() const {
    std::ifstream file(path);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
  }
  void write(const std::string& content) const { std::ofstream(path) << content; }

  std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) /
      (std::string("scheduled-sweep-") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".csv");
  SweepAxes axes{
      .schedules = {Schedule::parse("wsd(steps=100, warmup=40)"), Schedule::parse("wsd(decay=1-sqrt)", steps(100))},
      .horizons = {30, 100},
      .cooldowns = {0.2, 0.5},
      .grad_norms = {{.name = "1"}, {.alpha = -0.5}}};
  SweepOptions options{.distance = 2.0};
};

TEST_F(SweepFiles, ResultsComeBackToTheBit) {
  const auto results = sweep(axes, options);
  ASSERT_EQ(results.size(), 16U);
  {
    SweepFile file(path, axes, options);
    EXPECT_TRUE(file.found().empty());
    for (const SweepResult& result : results) file.append(result);
    file.sync();
  }
  const SweepFile file(path, axes, options);
  ASSERT_EQ(file.found().size(), 16U);
  for (std::size_t i = 0; i < 16; ++i) {
    EXPECT_EQ(file.found()[i].combination, results[i].combination);
    EXPECT_EQ(file.found()[i].error, results[i].error);
    EXPECT_EQ(file.found()[i].best->bound, results[i].best->bound);
    EXPECT_EQ(file.found()[i].best->peak, results[i].best->peak);
    EXPECT_EQ(file.found()[i].best->closed_form, results[i].best->closed_form);
    EXPECT_TRUE(file.holds(results[i].combination));
  }
  EXPECT_NE(results[0].error, "");  // the warmup is longer than 30 steps
}

TEST_F(SweepFiles, CutAnywhereTheSweepGoesOn) {
  const auto results = sweep(axes, options);
  {
    SweepFile file(path, axes, options);
    for (const SweepResult& result : results) file.append(result);
  }
  const std::string whole = text();
  for (std::size_t length = 0; length <= whole.size(); length += 7) {
    write(whole.substr(0, length));
    {
      SweepFile file(path, axes, options);
      for (const SweepResult& result : results) {
        if (!file.holds(result.combination)) file.append(result);
      }
    }
    ASSERT_EQ(text(), whole) << length;
  }
}

TEST_F(SweepFiles, SaysWhatIsWrong) {
  const std::string name = path.string();
  const auto error = [&](const SweepAxes& a, const SweepOptions& o) {
    return error_of([&] { SweepFile(path, a, o); });
  };
  write("my precious notes\n");
  EXPECT_EQ(error(axes, options), name + ", line 1: is not the file of a sweep; name another one");
  write("my precious notes");
  EXPECT_EQ(error(axes, options), name + ", line 1: is not the file of a sweep; name another one");
  EXPECT_EQ(text(), "my precious notes");
  std::filesystem::remove(path);
  {
    SweepFile file(path, axes, options);
    file.append(sweep(axes, options)[3]);
    EXPECT_EQ(error(axes, options), name + ": another process is writing to it");
  }
  const std::string kept = text();
  const std::string other =
      name + ", line 2: is not a result of this sweep (other schedules, axes or settings?); name another file";
  SweepAxes others = axes;
  others.horizons[0] = 31;
  EXPECT_EQ(error(others, options), other);
  EXPECT_EQ(error(axes, {.distance = 3.0}), other);
  EXPECT_EQ(error(axes, {.distance = 2.0, .criterion = Criterion::standard}), other);
  EXPECT_EQ(text(), kept);
  for (const std::string T : {"1e300", "-1e300", "nan", "2.5"}) {
    std::string broken = kept;
    const std::size_t at = broken.find("omega,2,") + 8;
    write(broken.replace(at, broken.find(',', at) - at, T));
    EXPECT_EQ(error(axes, options), other) << T;
  }
  EXPECT_NE(error_of([&] { SweepFile("no/such/folder.csv", axes, options); }).find("cannot be written"),
            std::string::npos);
  EXPECT_NE(error_of([&] { SweepFile(testing::TempDir(), axes, options); }), "");
}

TEST(SweepRatios, WithinHorizonAndGradNorm) {
  const SweepAxes axes{.schedules = {Schedule::parse("linear", steps(100)), Schedule::parse("cosine", steps(100)),
                                     Schedule::parse("wsd(warmup=50)", steps(100))},
                       .horizons = {40, 100},
                       .grad_norms = {{.name = "1"}, {.alpha = -1.0}}};
  const auto results = sweep(axes);
  const auto ratios = sweep_ratios(axes, results);
  ASSERT_EQ(ratios.size(), 12U);
  for (std::size_t group = 0; group < 4; ++group) {
    double smallest = std::min(results[group].best->bound, results[4 + group].best->bound);
    if (group >= 2) smallest = std::min(smallest, results[8 + group].best->bound);
    for (const std::size_t i : {group, 4 + group}) EXPECT_EQ(ratios[i], results[i].best->bound / smallest);
  }
  EXPECT_TRUE(std::isnan(ratios[8]));  // the warmup does not fit into 40 steps
  EXPECT_GE(ratios[10], 1.0);
}

}  // namespace
}  // namespace scheduled
