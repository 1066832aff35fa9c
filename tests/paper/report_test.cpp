// report.md: what a row says, and what a second run into the same folder keeps.
#include "figures/report.hpp"

#include <gtest/gtest.h>

#include "support/throws.hpp"

namespace scheduled::figures {
namespace {

const Made horizons{.name = "horizons", .checks = {{"one", "1.5", 1.5}, {"two", "2.5", 3.0, "a reason"}}};
const Made cycle{.name = "cosine-cycle", .checks = {{"three", "3.5", 3.5}}};

/// The figures and numbers of the table, in its order.
std::string table_of(const std::string& report) {
  std::string text;
  for (const Row& row : rows_of(report)) text += row.figure + "/" + row.number + " ";
  return text;
}

TEST(Report, SaysWhatDiffersAndWhy) {
  const std::string text = report({horizons}, {});
  EXPECT_NE(text.find("| horizons | one | 1.5 | 1.5 | +0.0e+00 | agrees |\n"), std::string::npos) << text;
  EXPECT_NE(text.find("| horizons | two | 2.5 | 3 | +5.0e-01 | differs: a reason |\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("last run"), std::string::npos);
}

TEST(Report, ReadsBack) {
  const std::string text = report({horizons, cycle}, {});
  const std::string again = report({}, rows_of(text));
  EXPECT_EQ(again.substr(again.find("| figure")), text.substr(text.find("| figure")));
  EXPECT_NE(again.find("The last run made no figure; "), std::string::npos);
  EXPECT_EQ(table_of(text), "horizons/one horizons/two cosine-cycle/three ");
  EXPECT_EQ(rows_of(text)[1].found, "2.5 | 3 | +5.0e-01 | differs: a reason");
  EXPECT_TRUE(rows_of("").empty());
}

TEST(Report, KeepsWhatThisRunDidNotMake) {
  const std::vector<Row> earlier = rows_of(report({cycle}, {}));
  const std::string text = report({horizons}, earlier);
  EXPECT_EQ(table_of(text), "horizons/one horizons/two cosine-cycle/three ");
  EXPECT_NE(text.find("The last run made horizons; the other rows are as earlier runs left them.\n"),
            std::string::npos);
  EXPECT_EQ(kept({horizons}, earlier), 1U);
  EXPECT_EQ(report({cycle}, rows_of(text)).substr(text.find("The last")).substr(0, 26), "The last run made cosine-c");
}

TEST(Report, AFigureMadeAgainTakesTheRowsOfBefore) {
  const Made before{.name = "horizons", .checks = {{"gone", "1", 1.0}, {"one", "1.5", 9.0}}};
  const std::vector<Row> earlier = rows_of(report({before}, {}));
  EXPECT_EQ(report({horizons}, earlier), report({horizons}, {}));
  EXPECT_EQ(kept({horizons}, earlier), 0U);
}

TEST(Report, AFigureMadeInPartTakesItsOwnRowsOnly) {
  const Made both{.name = "real-horizon-transfer", .checks = {{"124m: a", "1", 2.0}, {"210m: a", "1", 1.0}}};
  const Made part{
      .name = "real-horizon-transfer", .variants = {"124m"}, .whole = false, .checks = {{"124m: a", "1", 1.0}}};
  const std::string text = report({part}, rows_of(report({both}, {})));
  EXPECT_EQ(table_of(text), "real-horizon-transfer/124m: a real-horizon-transfer/210m: a ");
  EXPECT_EQ(text.find("| differs"), std::string::npos) << "the row of before is gone";
  EXPECT_NE(text.find("The last run made real-horizon-transfer:124m; the other"), std::string::npos) << text;
}

TEST(Report, AnotherFileIsNotTakenForOne) {
  const std::string text = report({horizons}, {});
  EXPECT_EQ(error_of([] { rows_of("# My notes\n"); }),
            "is no report of scheduled-paper figures, and would be overwritten");
  EXPECT_EQ(error_of([&] { rows_of(text + "A note of mine.\n"); }),
            "is no report of scheduled-paper figures, and would be overwritten: 'A note of mine.'");
}

}  // namespace
}  // namespace scheduled::figures
