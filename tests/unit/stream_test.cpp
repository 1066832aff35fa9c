#include "scheduled/bound.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "scheduled/schedule.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

TEST(OmegaStream, FirstStepsByHand) {
  OmegaStream stream(2.0);
  EXPECT_EQ(stream.value(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(stream.push(0.0), std::numeric_limits<double>::infinity());
  EXPECT_EQ(stream.push(0.5, 3.0), 0.5 * (4.0 / 0.5 + 0.5 * 9.0));
  EXPECT_EQ(stream.push(0.0, 7.0), stream.value());
  for (const double overflow : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(stream.push(0.0, overflow), stream.value());  // a skipped update
  }
  const double second = 0.5 * (4.0 / 1.5 + 1.0 * 4.0 + 0.25 * 9.0 / 1.0);
  EXPECT_NEAR(stream.push(1.0, 2.0), second, 1e-11 * second);
  EXPECT_EQ(stream.steps(), 6);
}

TEST(OmegaStream, IsSavedAndRestoredBitForBitInMidstream) {
  const Schedule schedule = Schedule::parse("wsd(steps=3000, warmup=100, decay=1-sqrt)");
  for (const std::int64_t stop : {0, 1, 2, 3, 50, 100, 1000, 2500}) {
    OmegaStream whole(1.5);
    for (std::int64_t i = 0; i < stop; ++i) whole.push(schedule.lr(i), 1.0 + 0.1 * static_cast<double>(i % 3));
    OmegaStream restored = OmegaStream::restore(whole.save());
    EXPECT_EQ(restored.value(), whole.value());
    EXPECT_EQ(restored.steps(), stop);
    EXPECT_EQ(restored.save(), whole.save());
    for (std::int64_t i = stop; i < 3000; ++i) {
      const double norm = 1.0 + 0.1 * static_cast<double>(i % 3);
      ASSERT_EQ(restored.push(schedule.lr(i), norm), whole.push(schedule.lr(i), norm)) << stop << " " << i;
    }
  }
}

TEST(OmegaStream, ACopyIsABranch) {
  OmegaStream trunk;
  for (int i = 0; i < 500; ++i) trunk.push(0.01);
  OmegaStream branch = trunk;
  const std::string before = trunk.save();
  for (int i = 99; i > 0; --i) branch.push(0.01 * i / 100);
  EXPECT_EQ(trunk.save(), before);
  OmegaStream straight;
  for (int i = 0; i < 500; ++i) straight.push(0.01);
  EXPECT_EQ(straight.push(0.01), trunk.push(0.01));
  EXPECT_LT(branch.value(), trunk.value());
}

TEST(OmegaStream, UsesFewNodes) {
  OmegaStream stream;
  for (int i = 0; i < 1000000; ++i) stream.push(1e-3);
  EXPECT_LE(stream.nodes(), 96U);
}

TEST(OmegaStream, RefusesBadStepsAndStaysAsItWas) {
  OmegaStream stream;
  stream.push(0.1);
  stream.push(0.1);
  const std::string before = stream.save();
  EXPECT_EQ(error_of([&] { stream.push(std::nan("")); }), "lr[2] = nan: must be 0 or within [1e-60, 1e60]");
  EXPECT_EQ(error_of([&] { stream.push(-1.0); }), "lr[2] = -1: must be 0 or within [1e-60, 1e60]");
  EXPECT_EQ(error_of([&] { stream.push(INFINITY); }), "lr[2] = inf: must be 0 or within [1e-60, 1e60]");
  EXPECT_EQ(error_of([&] { stream.push(0.1, -1.0); }), "grad_norm[2] = -1: must be 0 or within [1e-40, 1e40]");
  EXPECT_EQ(error_of([&] { stream.push(0.1, 1e160); }), "grad_norm[2] = 1e160: must be 0 or within [1e-40, 1e40]");
  EXPECT_EQ(error_of([&] { stream.push(1e-61); }), "lr[2] = 1e-61: must be 0 or within [1e-60, 1e60]");
  EXPECT_EQ(stream.save(), before);
  EXPECT_EQ(error_of([] { OmegaStream(0.0); }), "distance = 0: must be within [1e-40, 1e40]");
}

TEST(OmegaStream, StaysFiniteAtTheEndsOfItsRanges) {
  for (const double distance : {1e-40, 1e40}) {
    for (const std::vector<double>& rates :
         std::vector<std::vector<double>>{{1e60, 1e-60}, {1e-60, 1e60}, {1e-60}, {1e60}}) {
      for (const double norm : {1e-40, 1e40}) {
        OmegaStream stream(distance);
        for (int t = 0; t < 300; ++t) {
          const double value = stream.push(rates[static_cast<std::size_t>(t) % rates.size()], norm);
          EXPECT_TRUE(std::isfinite(value) && value > 0.0) << distance << ", " << norm << ", " << t;
        }
        OmegaStream restored = OmegaStream::restore(stream.save());
        EXPECT_EQ(restored.push(1.0, 1.0), stream.push(1.0, 1.0));
      }
    }
  }
}

TEST(OmegaStream, SavesTheSignOfZero) {
  OmegaStream stream;
  stream.push(0.1);
  stream.push(0.2);
  std::string text = stream.save();
  text.replace(text.find(":2,"), 3, ":1,");                                // as 0.1.0 wrote it, without a check
  const std::size_t second = text.find(',', text.find("\"sums\":[")) + 1;  // the low part of the sum of rates
  text.replace(second, text.find(',', second) - second, "-1e-400");        // reads as -0
  const std::string saved = OmegaStream::restore(text).save();
  EXPECT_NE(saved.find(",-0.0,"), std::string::npos);
  EXPECT_EQ(OmegaStream::restore(saved).save(), saved);
}

TEST(OmegaStream, RefusesAStateThatWasAltered) {
  OmegaStream stream;
  for (int i = 0; i < 40; ++i) stream.push(0.1 + 0.01 * i, 1.0 + 0.1 * (i % 3));
  const std::string good = stream.save();
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string broken = good;
      broken[at] = static_cast<char>(static_cast<unsigned char>(broken[at]) ^ (1U << bit));
      try {
        EXPECT_EQ(OmegaStream::restore(broken).save(), good) << at << " " << bit;  // 1e5 is 1E5
      } catch (const std::invalid_argument&) {
      }
    }
  }
}

TEST(OmegaStream, RefusesWhatIsNoSavedState) {
  OmegaStream stream;
  for (int i = 0; i < 10; ++i) stream.push(0.1);
  const std::string good = stream.save();
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_NE(error_of([&] { OmegaStream::restore(good.substr(0, cut)); }), "");
  }
  EXPECT_EQ(error_of([] { OmegaStream::restore("{}"); }),
            "stream state: not a saved stream; it must be what save() wrote");
  for (const auto& [key, number] : {std::pair<std::string, std::string>{"steps", "-1"},
                                    {"steps", "9223372036854775807"},
                                    {"first", "-9223372036854775808"},
                                    {"first", "2001"}}) {
    std::string broken = good;
    const std::size_t at = broken.find("\"" + key + "\":") + key.size() + 3;
    broken.replace(at, broken.find(',', at) - at, number);
    EXPECT_EQ(error_of([&] { OmegaStream::restore(broken); }),
              "stream state: sizes do not fit; it must be what save() wrote")
        << key << " " << number;
  }
}

}  // namespace
}  // namespace scheduled
