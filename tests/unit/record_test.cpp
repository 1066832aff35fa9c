#include "scheduled/runlog.hpp"  // names of its own must not meet those of the description

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "anytime/cluster_records.hpp"
#include "anytime/records.hpp"
#include "base/csv_record.hpp"
#include "base/record.hpp"
#include "bound/records.hpp"
#include "describe/records.hpp"
#include "forecast/records.hpp"
#include "foreign/records.hpp"
#include "law/design_records.hpp"
#include "law/records.hpp"
#include "lint/records.hpp"
#include "pep/records.hpp"
#include "runlog/records.hpp"
#include "scheduled/sweep.hpp"
#include "watch/records.hpp"

namespace scheduled {
namespace {

enum class Colour { red, dark_blue };
struct Inside {
  double x = 0.5;
  std::vector<double> row = {1.0, 2.0};
};
struct Outside {
  std::int64_t count = 3;
  bool flag = true;
  Colour colour = Colour::dark_blue;
  std::string text = "a, b";
  std::filesystem::path path = "/x";
  std::optional<double> absent = {};
  Inside inside = {};
  std::optional<Inside> perhaps = {};
  std::vector<Inside> many = {{1e-5, {}}};
  std::map<std::string, std::variant<double, std::string>> meta = {{"a", 1.0}, {"b", "x"}};
  std::optional<Schedule> schedule = Schedule::parse("linear(steps=5)");
  double half() const { return 0.5 * static_cast<double>(count); }
};

}  // namespace

template <>
struct Words<Colour> {
  static constexpr std::array<std::string_view, 2> words{"red", "dark-blue"};
};
template <>
struct Record<Inside> {
  static constexpr std::string_view name = "Inside", meaning = "inside";
  static constexpr FieldList fields{Field{"x", &Inside::x, "loss", "x"}, Field{"row", &Inside::row, "", "row"}};
};
template <>
struct Record<Outside> {
  static constexpr std::string_view name = "Outside", meaning = "outside";
  static constexpr FieldList fields{Field{"count", &Outside::count, "steps", "count"},
                                    Field{"flag", &Outside::flag, "", "flag"},
                                    Field{"colour", &Outside::colour, "", "colour"},
                                    Field{"text", &Outside::text, "", "text"},
                                    Field{"path", &Outside::path, "", "path"},
                                    Field{"absent", &Outside::absent, "", "absent"},
                                    Field{"inside", &Outside::inside, "", "inside"},
                                    Field{"perhaps", &Outside::perhaps, "", "perhaps"},
                                    Field{"many", &Outside::many, "", "many"},
                                    Field{"meta", &Outside::meta, "", "meta"},
                                    Field{"schedule", &Outside::schedule, "", "schedule"},
                                    Field{"half", &Outside::half, "steps", "half"},
                                    Field{"third", [](const Outside& o) { return o.count / 3; }, "", "third"}};
};

namespace {

/// What a verb composes to print it.
struct Composed {
  Inside inside = {};
  Asked<Inside> asked = {};
  Asked<std::string> note = {};
  std::vector<std::int64_t> step = {1, 2};
};

}  // namespace

template <>
struct Record<Composed> {
  static constexpr std::string_view name = "Composed", meaning = "composed";
  static constexpr FieldList fields{
      Field{"", &Composed::inside, "", "spread"}, Field{"asked", &Composed::asked, "", "asked"},
      Field{"note", &Composed::note, "", "note"}, Field{"step", &Composed::step, "steps", "step"}};
};

namespace {

TEST(Record, IsSpreadInAnother) {
  Composed composed;
  composed.inside.row = {7.0, 8.0};
  EXPECT_EQ(to_json(composed).dump(), R"({"x":0.5,"row":[7.0,8.0],"step":[1,2]})");
  EXPECT_EQ(csv_names(composed), std::vector<std::string>{"x"});
  EXPECT_EQ(series_names(composed), (std::vector<std::string>{"row", "step"}));
  EXPECT_EQ(series_cells(composed, 1), (std::vector<std::string>{"8", "2"}));
  EXPECT_EQ(series_cells(composed, 2), (std::vector<std::string>{"", ""}));
}

TEST(Record, LeavesOutWhatWasNotAskedFor) {
  Composed composed;
  composed.asked = Inside{};
  composed.note = "why";
  EXPECT_EQ(to_json(composed).find("asked")->dump(), R"({"x":0.5,"row":[1.0,2.0]})");
  EXPECT_EQ(csv_names(composed), (std::vector<std::string>{"x", "asked.x", "note"}));
  EXPECT_EQ(csv_cells(composed), (std::vector<std::string>{"0.5", "0.5", "why"}));
  EXPECT_EQ(to_json(Without<Composed, "asked", "step", "">{composed}).dump(), R"({"note":"why"})");
  static_assert(has_fields<Composed>(std::array<std::string_view, 2>{"note", "step"}));
  static_assert(!has_fields<Composed>(std::array<std::string_view, 1>{"steps"}));
}

TEST(Record, IsJson) {
  const Outside outside;  // g++ 12 warns of a temporary, -O3: it does not see that its vectors are made
  EXPECT_EQ(to_json(outside).dump(),
            R"({"count":3,"flag":true,"colour":"dark-blue","text":"a, b","path":"/x","absent":null,)"
            R"("inside":{"x":0.5,"row":[1.0,2.0]},"perhaps":null,"many":[{"x":1e-5,"row":[]}],)"
            R"-("meta":{"a":1.0,"b":"x"},"schedule":"linear(steps=5, peak=1)","half":1.5,"third":1})-");
}

TEST(Record, IsALineOfCsv) {
  EXPECT_EQ(csv_names<Outside>(), (std::vector<std::string>{"count", "flag", "colour", "text", "path", "absent",
                                                            "inside.x", "perhaps.x", "schedule", "half", "third"}));
  Outside record;
  record.inside.x = std::numeric_limits<double>::infinity();
  EXPECT_EQ(csv_cells(record), (std::vector<std::string>{"3", "true", "dark-blue", "a, b", "/x", "", "inf", "",
                                                         "linear(steps=5, peak=1)", "1.5", "1"}));
  record.perhaps = Inside{1e-5, {}};
  EXPECT_EQ(csv_cells(record)[7], "1e-5");
}

/// Where the next member may begin, and where the record must end, if the stored fields are all its members, in order.
template <class R>
void expect_all_members() {
  const std::string name(Record<R>::name);
  alignas(R) static std::array<std::byte, sizeof(R)> bytes;  // nothing is read: only where the members lie
  const auto* const record = reinterpret_cast<const R*>(bytes.data());
  std::size_t end = 0;
  std::size_t alignment = 1;
  const auto aligned = [](std::size_t at, std::size_t to) { return (at + to - 1) / to * to; };
  std::set<std::string_view> names;
  for_each_field<R>([&](const auto& field) {
    EXPECT_TRUE(names.insert(field.name).second) << name << "." << field.name << " twice";
    EXPECT_FALSE(field.meaning.empty()) << name << "." << field.name;
    EXPECT_FALSE(field.meaning.ends_with('.')) << name << "." << field.name;
    using Get = std::remove_cvref_t<decltype(field.get)>;
    if constexpr (is_stored<Get>) {
      using Member = std::remove_cvref_t<std::invoke_result_t<const Get&, const R&>>;
      const auto* const member = reinterpret_cast<const std::byte*>(std::addressof(record->*field.get));
      EXPECT_EQ(static_cast<std::size_t>(member - bytes.data()), aligned(end, alignof(Member)))
          << name << "." << field.name << " does not follow the field before it";
      end = static_cast<std::size_t>(member - bytes.data()) + sizeof(Member);
      alignment = std::max(alignment, alignof(Member));
    }
  });
  EXPECT_EQ(aligned(end, alignment), sizeof(R)) << name << " has more members than fields";
  static_cast<void>(static_cast<Json (*)(const R&)>(&to_json<R>));
}

template <class... R>
void expect_all_members_of_each() {
  (expect_all_members<R>(), ...);
}

TEST(Records, HoldAllMembersInTheirOrder) {
  expect_all_members_of_each<Layout, Series, DenseStretch, UpdateRates, UpdateStretch, RunLog, RateHead, RateTail,
                             DescribedColumn, DescribedGap, LogUse, LogDescription, TailEffect, TakenValue,
                             ImportedSchedule, ExportedSchedule, WatchedRun>();
  expect_all_members_of_each<LintRule, LintFinding, LintReport, DiffAt, DiffBound, DiffLoss, RateDiff, DiffRates>();
  expect_all_members_of_each<BoundTerms, OmegaSplit, ClosedForm, BoundFacts, WorstCase, WorstCaseScale>();
  expect_all_members_of_each<BestBaseLr, LrSensitivity, ComparisonRow, OptimalSchedule, BothBounds, OptimaCompared,
                             ConstrainedSchedule, LrTransfer, NearestSpec, RefinedSchedule, RefinedRun, RateDifference,
                             OptimumBeside, LrSweepRun, HorizonRule, LrSweepQuestion, LrEstimate, LrSweepBudget,
                             LrExponent, LrRuleCheck, LrRulePeak, LrSweepAnswer, LrSweepFit, ExtendRow, GradNormFamily,
                             SweepPlace, SweepResult, WorstCaseAtPeak, ScheduleWorstCase>();
  expect_all_members_of_each<PepLower, PepUpper, PepPrimal, PepDual, PepResult>();
  expect_all_members_of_each<PlannedBranch, PlannedCheckpoint, AnytimePlan, RecordedFile, RecordedExternal,
                             RecordedCheckpoint, RecordedSession, RecordedData, RecordedLine, RunRecord, LineFact,
                             LineLoss, LineDiff, KeptCheckpoint, KeepPlan, WayResult, ComparedWay, MergedCheckpoint,
                             MergedFiles, MergeWeight, MergePlan, Resume, VerifyReport, GcReport, PlannedJob, JobPlan,
                             JobState>();
  expect_all_members_of_each<FitRun, Estimate, RunResiduals, LawFit, Predicted, CooldownAnswer, VirtualCooldown,
                             LawGradient, LawOptimum, LawPeak, FunctionalOptimum, FunctionalExponents, Experiment,
                             ExperimentValue, NextRun>();
  expect_all_members_of_each<Forecast, ForecastScore, forecast::ForecastLine, forecast::ScoreLine, SealedForecast,
                             ForecastBook, ForecastSummary, ForecastReport, LrSweepLogs>();
}

TEST(Records, AreWrittenByTheirNames) {
  const BestBaseLr best{0.5, 0.25, 7, false, true};
  EXPECT_EQ(to_json(best).dump(), R"({"peak":0.5,"bound":0.25,"T":7,"closed_form":false,"at_limit":true})");
  const ComparisonRow row{Schedule::parse("linear(steps=8)"), best, 1.5};
  EXPECT_EQ(csv_names<ComparisonRow>(),
            (std::vector<std::string>{"schedule", "best.peak", "best.bound", "best.T", "best.closed_form",
                                      "best.at_limit", "ratio", "average", "proof"}));
  EXPECT_EQ(csv_cells(row)[0], "linear(steps=8, peak=1)");
  EXPECT_EQ(to_json(WorstCase{.end = WorstCaseEnd::lower_branch}).find("end")->text(), "lower branch");
  EXPECT_EQ(to_json(CooldownAnswer{100, {2.5, 2.0, 3.0}, {}, {}}).dump(),
            R"({"length":100,"loss":{"loss":2.5,"lower":2.0,"upper":3.0},"gain":{"loss":0.0,"lower":0.0,"upper":0.0},)"
            R"("longer":{"loss":0.0,"lower":0.0,"upper":0.0},"worth_going_on":"no","better_spent":"alike"})");
  const Law law{LawKind::bu, 1.0, 1.0, {1.0, 2.0, 3.0}};
  LawFit fit;
  fit.fitted.law = law;
  EXPECT_EQ(to_json(fit).find("fitted")->find("law")->dump(), print_law(law));
  EXPECT_EQ(to_json(AnytimePlan{Schedule::parse("constant()"), {}, {}}).find("trunk")->text(), "constant(peak=1)");
}

}  // namespace
}  // namespace scheduled
