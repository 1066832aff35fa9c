// Refinement of every published run with grad norms.
#include <gtest/gtest.h>

#include <filesystem>

#include "scheduled/design.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {
namespace {

TEST(RefineData, RunsOnEveryPaperLogWithGradNorms) {
  const std::filesystem::path folder = std::filesystem::path(SCHEDULED_DATA_DIR) / "paper-logs";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no data in " << folder;
  std::size_t refined = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const RunLog log = read_log(entry.path());
    if (!log.has("grad_norm") || series(log, "grad_norm").value.empty()) continue;
    for (const NormKind kind : {NormKind::l2, NormKind::l1}) {
      const RefinedSchedule result = refine(series(log, "grad_norm").value, {.norm = kind, .steps = 5000});
      EXPECT_EQ(result.schedule.steps(), 5000) << log.name;
      EXPECT_GT(best_base_lr(result.schedule, {.grad_norm = result.grad_norm}).peak, 0.0) << log.name;
      ASSERT_TRUE(nearest_spec(result.schedule.values()).distance <= 1.0) << log.name;
    }
    ++refined;
  }
  EXPECT_GT(refined, 0U);
}

}  // namespace
}  // namespace scheduled
