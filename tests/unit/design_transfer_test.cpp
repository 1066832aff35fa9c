#include "scheduled/design.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "scheduled/bound.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

TEST(TransferBaseLr, FromWsdToLinear) {  // docs/theory.md, section 3: ln of the factor -> .6645 for c = .2
  const LrTransfer t =
      transfer_base_lr(Schedule::parse("wsd(steps=100001, peak=1e-3)"), Schedule::parse("linear(steps=100001)"));
  EXPECT_NEAR(std::log(*t.limit), .6645, 5e-5);
  EXPECT_NEAR(std::log(*t.limit), lr_transfer_limit(0.2), 1e-5);
  EXPECT_NEAR(std::log(t.factor), .6645, 1e-3);
  EXPECT_DOUBLE_EQ(t.peak, 1e-3 * t.factor);
  EXPECT_EQ(t.factor, t.to.peak / t.from.peak);
}

TEST(TransferBaseLr, AcrossHorizons) {
  const LrTransfer t = transfer_base_lr(Schedule::parse("cosine(steps=4001)"), Schedule::parse("cosine(steps=400001)"));
  EXPECT_NEAR(*t.limit, 0.1, 1e-12);
  EXPECT_NEAR(t.factor, 0.1, 2e-3);
}

TEST(TransferBaseLr, LimitsOfWholeRuns) {
  const auto limit = [](const char* from, const char* to) {
    return *transfer_base_lr(Schedule::parse(from), Schedule::parse(to)).limit;
  };
  EXPECT_NEAR(limit("linear(steps=401)", "cosine(steps=401)"), .9708, 5e-5);
  EXPECT_NEAR(limit("linear(steps=401)", "1-sqrt(steps=401)"), 1.48956, 5e-6);
  EXPECT_NEAR(limit("linear(steps=401)", "polynomial(steps=401, power=4)"), 2.0, 1e-12);
}

TEST(TransferBaseLr, HasNoLimitWhereNoneIsKnown) {
  const Schedule wsd = Schedule::parse("wsd(steps=401)");
  for (const char* to : {"constant(steps=401)", "wsd(steps=401, decay=1-sqrt)", "wsd(steps=401, final=10%)",
                         "rsqrt(steps=401, warmup=10)"}) {
    EXPECT_FALSE(transfer_base_lr(wsd, Schedule::parse(to)).limit) << to;
  }
  EXPECT_FALSE(transfer_base_lr(wsd, wsd, {.criterion = Criterion::standard}).limit);
  EXPECT_FALSE(transfer_base_lr(wsd, wsd, {.grad_norm = std::vector<double>(401, 1.0)}).limit);
}

TEST(TransferBaseLr, ByOtherCriteriaAndScales) {
  const Schedule a = Schedule::parse("wsd(steps=401, peak=0.01)");
  const Schedule b = Schedule::parse("linear(steps=801)");
  const double factor = transfer_base_lr(a, b).factor;
  EXPECT_NEAR(transfer_base_lr(a, b, {.grad_norm = 3.0, .distance = 7.0}).factor / factor, 1.0, 1e-13);
  EXPECT_NE(transfer_base_lr(a, b, {.criterion = Criterion::worst_case}).factor, factor);
  EXPECT_EQ(transfer_base_lr(a, a).peak, 0.01);
}

TEST(TransferBaseLr, SaysWhatIsWrong) {
  const Schedule a = Schedule::parse("wsd(steps=401)");
  EXPECT_EQ(error_of([&] { transfer_base_lr(a, a, {.T = 100}); }),
            "T = 100: must not be given; each schedule has its own horizon");
  EXPECT_EQ(error_of([&] { transfer_base_lr(a, Schedule::parse("constant")); }),
            "T: constant has no horizon; say at which step (T, or steps=...)");
}

}  // namespace
}  // namespace scheduled
