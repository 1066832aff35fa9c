// Every law is complete: a file, an oracle, a row in the guide and in the report.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "law/definition.hpp"
#include "support/law_cases.hpp"
#include "support/law_direct.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

const std::filesystem::path root = std::filesystem::path(SCHEDULED_TEST_DIR).parent_path();

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(root / path).rdbuf();
  return text.str();
}

TEST(LawRegistry, HoldsALawForEveryFileInTheOrderOfTheEnumeration) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(root / "src/law/laws")) {
    std::string name = entry.path().stem().string();
    std::replace(name.begin(), name.end(), '_', '-');
    if (entry.path().extension() == ".cpp") files.insert(name);
  }
  std::set<std::string> names;
  for (const law::Definition& definition : law::definitions()) {
    EXPECT_EQ(&law::definition_of(definition.kind), &definition) << definition.name << " stands in another place";
    EXPECT_EQ(parse_law_kind(definition.name), definition.kind);
    names.emplace(definition.name);
  }
  EXPECT_EQ(names, files);
  EXPECT_EQ(names.size(), law_kinds().size());
}

TEST(LawRegistry, EveryLawSaysWhatItsParametersAre) {
  for (const LawKind kind : law_kinds()) {
    std::set<std::string_view> names;
    for (const LawParameter& p : law_parameters(kind)) {
      EXPECT_TRUE(names.insert(p.name).second) << law_name(kind) << " has two parameters " << p.name;
      EXPECT_FALSE(p.meaning.empty()) << law_name(kind) << ' ' << p.name;
      EXPECT_LT(p.lower, p.upper) << law_name(kind) << ' ' << p.name;
      EXPECT_TRUE(!p.log_scale || (p.lower > 0.0 && p.start > 0.0)) << law_name(kind) << ' ' << p.name;
    }
  }
}

TEST(LawRegistry, EveryLawHasItsOracleInTheTests) {
  const std::vector<double> lr = law_cases::rates("wsd(steps=400, warmup=20, cooldown=30%, peak=1e-3)");
  const std::vector<std::int64_t> step{30, 200, 350, 400};
  for (const LawKind kind : law_kinds()) {
    const Law law = law_cases::typical(kind, lr, 1e-3);
    ASSERT_EQ(law.parameters.size(), law_parameters(kind).size()) << law_name(kind) << ": typical values are missing";
    const std::vector<double> direct = law_direct::law_curve_direct(law, lr, step);
    const std::vector<double> fast = law_curve(law, lr, step);
    for (std::size_t i = 0; i < step.size(); ++i) {
      EXPECT_NEAR(fast[i], direct[i], law_cases::tolerance(kind))
          << law_name(kind) << " at " << step[i];  // fails with NaN, without an oracle
    }
  }
}

TEST(LawRegistry, EveryLawIsInTheGuideAndInTheReport) {
  const std::string header = text_of("include/scheduled/law.hpp");
  const std::string guide = text_of("docs/guide/laws.md");
  const std::string report = text_of("docs/laws.md");
  for (const LawKind kind : law_kinds()) {
    const std::string name(law_name(kind));
    const std::string row = "\n| `" + name + "` ";
    const std::size_t begin = guide.find(row);
    ASSERT_NE(begin, std::string::npos) << "no row of 'Which law?' in docs/guide/laws.md: " << name;
    const std::string count = "| " + std::to_string(law_parameters(kind).size()) + " |";
    EXPECT_NE(guide.substr(begin, guide.find('\n', begin + 1) - begin).find(count), std::string::npos)
        << "docs/guide/laws.md gives another number of parameters: " << name;
    EXPECT_NE(report.find("M | " + name + " |"), std::string::npos) << "no row in docs/laws.md: " << name;
    EXPECT_NE(header.find('"' + name + '"'), std::string::npos) << "law_name's comment does not list it: " << name;
  }
}

TEST(LawRegistry, EveryParameterIsExplainedInWords) {
  const std::string page = text_of("docs/guide/law-parameters.md");
  for (const LawKind kind : law_kinds()) {
    const std::string head = "\n## " + std::string(law_name(kind)) + "\n";
    const std::size_t begin = page.find(head);
    ASSERT_NE(begin, std::string::npos) << "no section in docs/guide/law-parameters.md: " << law_name(kind);
    const std::string section = page.substr(begin, page.find("\n## ", begin + 4) - begin);
    for (const LawParameter& p : law_parameters(kind)) {
      const std::string name = '`' + std::string(p.name) + '`';
      EXPECT_TRUE(section.find("\n| " + name) != std::string::npos ||
                  section.find(", " + name + " |") != std::string::npos)
          << law_name(kind) << ": no row of " << name;
    }
    EXPECT_NE(section.find("\nFailed: "), std::string::npos) << law_name(kind) << " does not say where it failed";
  }
}

TEST(LawRegistry, SlipsAreNamed) {
  EXPECT_TRUE(error_of([] { parse_law_kind("angulr"); }).ends_with("; did you mean 'angular'?"));
  EXPECT_EQ(parse_law_kind("multi_power"), LawKind::multi_power);
  const Law law{LawKind::momentum, 1.0, 1.0, {2.7, 0.2, 0.5, 0.25, 700.0}};
  EXPECT_EQ(error_of([&] { static_cast<void>(law.at("memori")); }),
            "parameter = 'memori': the law momentum has L0, A, alpha, B, memory; did you mean 'memory'?");
  try {
    static_cast<void>(law.at("memori"));
    ADD_FAILURE();
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.fields().name, "parameter");
    EXPECT_EQ(error.fields().value, "'memori'");
  }
}

}  // namespace
}  // namespace scheduled
