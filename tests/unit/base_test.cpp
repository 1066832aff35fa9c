#include "base/parallel.hpp"
#include "base/sum.hpp"
#include "scheduled/error.hpp"
#include "scheduled/schedule.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <latch>
#include <limits>
#include <random>

#include "support/throws.hpp"

namespace scheduled {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(FormatNumber, IsShortAndPlain) {
  EXPECT_EQ(format_number(0.001), "0.001");
  EXPECT_EQ(format_number(8e-4), "0.0008");
  EXPECT_EQ(format_number(50000), "50000");
  EXPECT_EQ(format_number(1e-5), "1e-5");
  EXPECT_EQ(format_number(-2.5e-300), "-2.5e-300");
  EXPECT_EQ(format_number(1e20), "1e20");
  EXPECT_EQ(format_number(0.0), "0");
  EXPECT_EQ(format_number(std::nan("")), "nan");
  EXPECT_EQ(format_number(-infinity), "-inf");
}

TEST(FormatNumber, ReadsBackExactly) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const auto back = parse_number(format_number(value));
    ASSERT_TRUE(back) << format_number(value);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*back), std::bit_cast<std::uint64_t>(value)) << format_number(value);
  }
}

TEST(ParseNumber, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_number("1e-3"), 1e-3);
  EXPECT_EQ(parse_number("+2"), 2.0);
  EXPECT_EQ(parse_number("1e-400"), 0.0);
  for (const char* text : {"", " 1", "1 ", "1x", "0x10", "1e400", "-1e400", "++1", "+", "1,5", "e5"}) {
    EXPECT_FALSE(parse_number(text)) << text;
  }
  EXPECT_TRUE(std::isnan(parse_number("nan").value_or(0.0)));
  EXPECT_EQ(parse_number("inf"), infinity);
}

TEST(Require, NamesArgumentIndexAndValue) {
  EXPECT_EQ(error_of([] { require_positive("distance", 0.0); }), "distance = 0: must be finite and > 0");
  EXPECT_EQ(error_of([] { require_positive("D", infinity); }), "D = inf: must be finite and > 0");
  const double values[] = {1.0, 0.0, -2.5, std::nan("")};
  EXPECT_EQ(error_of([&] { require_non_negative("lr", values); }), "lr[2] = -2.5: must be finite and >= 0");
  EXPECT_NO_THROW(require_non_negative("lr", std::span(values).first(2)));
}

TEST(CompensatedSum, KeepsWhatPlainSummationLoses) {
  CompensatedSum sum;
  for (const double term : {1.0, 1e100, 1.0, -1e100}) sum.add(term);
  EXPECT_EQ(sum.value(), 2.0);
}

TEST(CompensatedSum, IsRightToTheLastBitOnAMillionTerms) {
  CompensatedSum sum;
  for (int i = 0; i < 1000000; ++i) sum.add(0.1);
  EXPECT_EQ(sum.value(), 100000.00000000000555);  // 1e6 times the double 0.1, rounded
}

TEST(ForEachIndex, MakesNoMoreThreadsThanThereIsWorkFor) {
  const auto threads_here = [] {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
  };
  const auto before = threads_here();
  std::array<std::ptrdiff_t, 2> seen{};
  std::latch both(2);  // so that each piece has a thread of its own
  for_each_index(2, 200, [&](std::size_t k) {
    both.arrive_and_wait();
    seen[k] = threads_here();
  });
  for (const std::ptrdiff_t count : seen) EXPECT_LE(count, before + 1);
}

TEST(ParseDuration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("steps", "2000"), steps(2000));
  EXPECT_EQ(parse_duration("steps", "50k"), steps(50000));
  EXPECT_EQ(parse_duration("steps", "1.5M"), steps(1500000));
  EXPECT_EQ(parse_duration("steps", "0.29k"), steps(290));
  EXPECT_EQ(parse_duration("cooldown", "20%"), percent(20));
  EXPECT_EQ(parse_duration("steps", "10e9tok"), tokens(10e9));
  EXPECT_EQ(parse_duration("steps", "10Btok"), tokens(10e9));
  EXPECT_EQ(parse_duration("steps", "40Mex"), examples(40e6));
  EXPECT_EQ(parse_duration("cooldown", "rest"), rest());
}

TEST(ParseDuration, RefusesWhatItWouldHaveToGuess) {
  EXPECT_EQ(error_of([] { parse_duration("steps", "0.5"); }),
            "steps = 0.5: must be a whole number of steps (a share of the run is written with %)");
  EXPECT_EQ(error_of([] { parse_duration("steps", "-5"); }), "steps = -5: must not be negative");
  EXPECT_EQ(error_of([] { parse_duration("warmup", "nan"); }), "warmup = nan: must be finite");
  EXPECT_EQ(error_of([] { parse_duration("steps", "1e300"); }), "steps = 1e300: must be at most 2^53");
  for (const char* const beyond :
       {"9007199254740993", "009007199254740993", "18446744073709551616"}) {  // 2^53 + 1, 2^64
    EXPECT_EQ(error_of([&] { parse_duration("steps", beyond); }),
              std::string("steps = ") + beyond + ": must be at most 2^53");
  }
  EXPECT_EQ(parse_duration("steps", "9007199254740992").value, 0x1p53);
  for (const char* text : {"", "k", "%", "tok", "2000 steps", "1kk", "5K", "restt", "--1"}) {
    EXPECT_NE(error_of([&] { parse_duration("steps", text); }).find("must be a length such as"), std::string::npos)
        << text;
  }
}

TEST(PrintDuration, ReadsBackEqual) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> share(0.0, 100.0);
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t count = static_cast<std::int64_t>(random() >> 12U);
    for (const Duration duration : {steps(count), percent(share(random)), tokens(static_cast<double>(count)),
                                    examples(static_cast<double>(count)), rest()}) {
      ASSERT_EQ(parse_duration("x", print_duration(duration)), duration) << print_duration(duration);
    }
  }
}

TEST(ResolveSteps, RoundsDownButForgivesRounding) {
  EXPECT_EQ(resolve_steps("c", percent(20), 401, {}), 80);
  EXPECT_EQ(resolve_steps("c", percent(29), 100, {}), 29);
  EXPECT_EQ(resolve_steps("c", percent(0.1), 1000000, {}), 1000);
  EXPECT_EQ(resolve_steps("c", percent(100), 7, {}), 7);
  EXPECT_EQ(resolve_steps("c", tokens(10e9), {}, {524288, 0}), 19073);
  EXPECT_EQ(resolve_steps("c", examples(40e6), {}, {0, 4096}), 9765);
}

TEST(ResolveSteps, SaysWhatIsMissing) {
  EXPECT_EQ(error_of([] { resolve_steps("cooldown", percent(120), 100, {}); }),
            "cooldown = 120%: must be between 0% and 100% of the run");
  EXPECT_EQ(error_of([] { resolve_steps("warmup", percent(1), {}, {}); }),
            "warmup = 1%: is a share of the run, which needs steps=...");
  EXPECT_EQ(error_of([] { resolve_steps("steps", tokens(10), {}, {}); }), "steps = 10tok: needs tokens_per_step=...");
  EXPECT_EQ(error_of([] { resolve_steps("steps", examples(10), {}, {}); }),
            "steps = 10ex: needs batch=... (examples per step)");
  EXPECT_EQ(error_of([] { resolve_steps("warmup", rest(), 10, {}); }),
            "warmup = rest: only a cooldown can take the rest of the run");
  EXPECT_EQ(error_of([] {
              resolve_steps("warmup", {1.5, Duration::Unit::steps}, 10, {});
            }),
            "warmup = 1.5: must be a whole number of steps");
}

}  // namespace
}  // namespace scheduled
