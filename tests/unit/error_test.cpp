#include "scheduled/error.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <stdexcept>

#include "base/error.hpp"

namespace scheduled {
namespace {

ArgumentError caught(const auto& call) {
  try {
    call();
  } catch (const ArgumentError& error) {
    return error;
  }
  ADD_FAILURE() << "no ArgumentError was thrown";
  return ArgumentError({});
}

TEST(ArgumentError, TextIsMadeOfTheFieldsThatAreThere) {
  const auto text = [](ArgumentError::Fields fields) { return std::string(ArgumentError(std::move(fields)).what()); };
  EXPECT_EQ(text({.name = "lr", .index = 17, .value = "nan", .requirement = "must be finite"}),
            "lr[17] = nan: must be finite");
  EXPECT_EQ(text({.name = "T", .requirement = "has no horizon"}), "T: has no horizon");
  EXPECT_EQ(text({.value = "x", .requirement = "must be a number"}), "x: must be a number");
  EXPECT_EQ(text({.requirement = "nothing is right"}), "nothing is right");
  EXPECT_EQ(text({.name = "lr", .value = "x", .requirement = "no", .place = Place{"run.csv", 3, 0}}),
            "run.csv, line 3: lr = x: no");
  EXPECT_EQ(text({.requirement = "no", .place = Place{"run.csv", 3, 7}}), "run.csv, line 3, column 7: no");
  EXPECT_EQ(text({.requirement = "no", .place = Place{"", 3, 0}}), "line 3: no");
  EXPECT_EQ(
      text({.name = "final", .value = "2", .requirement = "must not be above", .limit = "peak", .limit_value = "1"}),
      "final = 2: must not be above peak = 1");
}

TEST(ArgumentError, IsRenamedWithoutReadingItsText) {
  const ArgumentError error = caught([] { fail_entry("lr", 2, -1.0, "must be finite and >= 0"); });
  EXPECT_EQ(error.fields(), (ArgumentError::Fields{"lr", 2, "-1", "must be finite and >= 0", std::nullopt}));
  EXPECT_STREQ(error.named("rates").what(), "rates[2] = -1: must be finite and >= 0");
  EXPECT_STREQ(error.named("lr = 0.1, -1", false).what(), "lr = 0.1, -1 = -1: must be finite and >= 0");
  EXPECT_STREQ(error.at({"a.txt", 4}).what(), "a.txt, line 4: lr[2] = -1: must be finite and >= 0");
  EXPECT_STREQ(error.at({"a.txt", 4}).named("x").what(), "a.txt, line 4: x[2] = -1: must be finite and >= 0");
  const ArgumentError copy = error;
  EXPECT_EQ(&copy.fields(), &error.fields());
}

TEST(ArgumentError, ChecksAtTheEdgeFillTheFields) {
  EXPECT_EQ(caught([] { require_positive("distance", 0.0); }).fields(),
            (ArgumentError::Fields{"distance", std::nullopt, "0", "must be finite and > 0", std::nullopt}));
  constexpr std::array<double, 2> values{1.0, -2.0};
  const ArgumentError error = caught([&] { require_non_negative("grad_norm", values); });
  EXPECT_EQ(error.fields().index, 1);
  EXPECT_EQ(error.fields().value, "-2");
  const ArgumentError whole = caught([] { fail_argument("lr", "all 2 values are 0"); });
  EXPECT_TRUE(whole.fields().value.empty());
  EXPECT_STREQ(whole.what(), "lr: all 2 values are 0");
}

TEST(ArgumentError, IsAnInvalidArgument) { EXPECT_THROW(require_positive("x", std::nan("")), std::invalid_argument); }

}  // namespace
}  // namespace scheduled
