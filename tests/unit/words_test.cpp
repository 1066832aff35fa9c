#include "base/words.hpp"
#include "scheduled/error.hpp"

#include <gtest/gtest.h>

#include <array>

#include "bound/records.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

constexpr std::array<std::string_view, 3> three{"linear", "cosine", "1-sqrt"};

TEST(Words, AreListed) {
  EXPECT_EQ(word_list({}), "");
  EXPECT_EQ(word_list(std::array<std::string_view, 1>{"a"}), "a");
  EXPECT_EQ(word_list(three), "linear, cosine or 1-sqrt");
}

TEST(Words, ASlipOfThePenFindsTheWord) {
  EXPECT_EQ(nearest_word("lienar", three), "linear");
  EXPECT_EQ(nearest_word("COSINE", three), "cosine");
  constexpr std::array<std::string_view, 2> shorter{"wsd", "noam"};
  EXPECT_EQ(nearest_word("swd", shorter), "wsd");  // a swap is one slip
  EXPECT_EQ(nearest_word("1_sqrt", three), "1-sqrt");
  EXPECT_EQ(nearest_word("square", three), std::nullopt);
  EXPECT_EQ(nearest_word("", three), std::nullopt);
  EXPECT_EQ(nearest_word(std::string(100000, 'x'), three), std::nullopt);
  EXPECT_EQ(must_be_one_of("linaer", three), "must be linear, cosine or 1-sqrt; did you mean 'linear'?");
  EXPECT_EQ(must_be_one_of("best", three), "must be linear, cosine or 1-sqrt");
}

TEST(Words, NameEnumeratorsAndReadThemBack) {
  EXPECT_EQ(word_of(Criterion::worst_case), "worst-case");
  EXPECT_EQ(name_of(Criterion::standard), "standard");
  EXPECT_EQ(parse_word<Criterion>("criterion", "worst-case"), Criterion::worst_case);
  EXPECT_EQ(parse_word<Criterion>("criterion", "worst_case"), Criterion::worst_case);
  EXPECT_EQ(parse_word<Criterion>("criterion", "omega"), Criterion::omega);
  EXPECT_EQ(error_of([] { parse_word<Criterion>("criterion", "omga"); }),
            "criterion = 'omga': must be omega, standard or worst-case; did you mean 'omega'?");
  EXPECT_EQ(error_of([] { parse_word<Criterion>("criterion", "Omega"); }),
            "criterion = 'Omega': must be omega, standard or worst-case; did you mean 'omega'?");
}

}  // namespace
}  // namespace scheduled
