// Checks, CSV and report of a figure.
#include "figures/figure.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace scheduled::figures {
namespace {

TEST(Check, HoldsWithinHalfADigit) {
  EXPECT_TRUE((Check{"", "2.90369", 2.903694}.holds()));
  EXPECT_TRUE((Check{"", "2.90369", 2.903685}.holds()));
  EXPECT_FALSE((Check{"", "2.90369", 2.903696}.holds()));
  EXPECT_TRUE((Check{"", "6461", 6461.49}.holds()));
  EXPECT_FALSE((Check{"", "6461", 6461.51}.holds()));
  EXPECT_TRUE((Check{"", "7.42e-4", 7.4249e-4}.holds()));
  EXPECT_FALSE((Check{"", "7.42e-4", 7.4251e-4}.holds()));
  EXPECT_FALSE((Check{"", "-1.08", -0.469}.holds()));
  EXPECT_THROW((Check{"", "two", 2.0}.holds()), std::logic_error);
}

TEST(Csv, QuotesNamesAndKeepsNumbers) {
  plot::Figure figure;
  figure.panels.push_back({{}, {}, {{"a \"b\", c", {0.1, 2}, {1e-300, 3}}, {"", {1}, {4}}}});
  EXPECT_EQ(csv_of(figure),
            "panel,line,name,x,y\n1,1,\"a \"\"b\"\", c\",0.1,1e-300\n1,1,\"a \"\"b\"\", c\",2,3\n1,2,\"\",1,4\n");
}

TEST(List, NamesAreDistinctAndExplained) {
  std::set<std::string_view> names;
  for (const Entry& entry : all()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_FALSE(entry.shows.empty()) << entry.name;
    EXPECT_FALSE(entry.inputs.empty()) << entry.name;
    EXPECT_EQ(entry.name.find(':'), std::string_view::npos) << entry.name;
  }
}

TEST(List, WithoutLogsEveryRealFigureSaysWhatItLookedFor) {
  for (const Entry& entry : all()) {
    if (!entry.needs_logs()) continue;
    const Result result = entry.make({});
    EXPECT_TRUE(result.pictures.empty()) << entry.name;
    EXPECT_TRUE(result.checks.empty()) << entry.name;
    EXPECT_FALSE(result.missing.empty()) << entry.name;
  }
}

}  // namespace
}  // namespace scheduled::figures
