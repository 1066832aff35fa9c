// What lint finds, rule by rule, beside what it must leave alone.
#include "scheduled/lint.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "lint/records.hpp"
#include "scheduled/presets.hpp"
#include "unit/lint_support.hpp"

namespace scheduled {
namespace {

using testing::cosine;
using testing::linear;
using testing::log_of;
using testing::peak;
using testing::warmup;

/// "rule severity first-last" of each finding.
std::vector<std::string> found_in(const RateInput& input, const LintSettings& settings = {}) {
  std::vector<std::string> texts;
  for (const LintFinding& found : lint(input, settings).findings) {
    texts.push_back(found.rule + " " + std::string(word_of(found.severity)) + " " + std::to_string(found.first) + "-" +
                    std::to_string(found.last));
  }
  return texts;
}
std::vector<std::string> found_in(const char* spec) { return found_in(read_input(spec)); }
using Texts = std::vector<std::string>;

LintFinding only(const RateInput& input) {
  const LintReport report = lint(input);
  EXPECT_EQ(report.findings.size(), 1U) << to_json(report).dump();
  return report.findings.empty() ? LintFinding{} : report.findings.front();
}

TEST(Lint, FindsFirstUpdatesAtZero) {
  EXPECT_EQ(found_in("linear(steps=1001, warmup=100, warmup_start=0)"), Texts{"first-update-zero note 1-1"});
  EXPECT_EQ(found_in("linear(steps=1001, warmup=100, warmup_start=0, warmup_delay=20)"),
            Texts{"first-update-zero warning 1-21"});
  EXPECT_EQ(found_in(Schedule::table({0.0, 0.0, 0.0})), Texts{"first-update-zero error 1-3"});
  EXPECT_EQ(found_in("linear(steps=1001, warmup=100)"), Texts{});
  const LintFinding found = only(read_input("linear(steps=1001, warmup=100, warmup_start=0)"));
  EXPECT_EQ(found.what, "the first update of 1001 at rate 0");
  EXPECT_GT(found.cost.value(), 0.0);
  EXPECT_LT(found.cost.value(), 1e-4);
}

TEST(Lint, FindsSharesTakenForSteps) {
  const LintFinding found = only(read_input("cosine(steps=1000, warmup=0.1)"));
  EXPECT_EQ(found.rule, "warmup-share");
  EXPECT_EQ(found.severity, Severity::error);
  EXPECT_EQ(found.what, "warmup = 0.1 is less than a step; as a share of the run it is 10 %");
  EXPECT_EQ(found.remedy, "write warmup=10%");
  EXPECT_EQ(found_in("wsd(steps=50, warmup=1%)"), Texts{"warmup-share warning 1-1"});
  EXPECT_EQ(found_in("cosine(steps=5000, warmup=1)"), Texts{"warmup-share note 1-1"});
  EXPECT_EQ(found_in("cosine(steps=5000, warmup=2%)"), Texts{});
  EXPECT_THROW(lint(read_input("cosine(steps=1000, warmup=x)")), ArgumentError);
  EXPECT_THROW(lint(read_input("cosine(steps=1000, warmup=1.5)")), ArgumentError);
}

TEST(Lint, FindsWarmupsThatFillTheRun) {
  EXPECT_EQ(found_in("cosine(steps=100, warmup=200)"), Texts{"warmup-fills-run error 0-0"});
  EXPECT_EQ(found_in("wsd(steps=100, warmup=90)"), Texts{"warmup-fills-run error 0-0"});
  EXPECT_EQ(found_in("cosine(steps=100, warmup=100%)"), Texts{"warmup-fills-run error 1-100"});
  EXPECT_GT(only(read_input("cosine(steps=100, warmup=100%)")).cost.value(), 0.2);
  EXPECT_EQ(found_in(log_of(150, linear(1000))), Texts{"warmup-fills-run warning 1-150"});
  EXPECT_EQ(found_in(log_of(250, linear(260))), Texts{});
}

TEST(Lint, FindsPeaksThatNeverCome) {
  EXPECT_EQ(found_in("stages(peak=1e-3, pieces=[linear from 50% to 0 over 1000])"),
            Texts{"peak-not-reached warning 1-1"});
  RunLog log = log_of(1000, linear(1000));
  log.meta["learning_rate"] = 2.0 * peak;
  EXPECT_EQ(found_in(log), Texts{"peak-not-reached warning 200-200"});
  log.meta["learning_rate"] = peak;
  EXPECT_EQ(found_in(log), Texts{});
  EXPECT_EQ(found_in("noam(warmup=400)"), Texts{});
}

TEST(Lint, FindsScaledPeaks) {
  RunLog log = log_of(1000, linear(1000));
  log.meta["lr"] = peak / 8.0;
  const RateInput input(log);
  EXPECT_EQ(found_in(input), Texts{"scaled-peak error 200-200"});
  EXPECT_NE(only(input).what.find("8 times the 3.75e-5 of the configuration"), std::string::npos);
  log.meta["lr"] = peak / 1.7;
  EXPECT_EQ(found_in(log), Texts{"scaled-peak warning 200-200"});
  log.source["lr"] = "lr";  // then it is the column's last value, of a summary
  EXPECT_EQ(found_in(log), Texts{});
}

TEST(Lint, FindsMinimaThatAreNoMinima) {
  EXPECT_EQ(found_in("cosine(steps=100, peak=1e-3, final=2e-3)"), Texts{"min-above-peak error 0-0"});
  EXPECT_EQ(found_in("cosine(steps=100, peak=1e-3, final=1e-3)"), Texts{"min-above-peak error 1-100"});
  EXPECT_EQ(found_in("linear(steps=100, floor=100%)").front(), "min-above-peak error 1-100");
  RunLog log = log_of(1000, linear(1000));
  log.meta["learning_rate"] = peak;
  log.meta["min_lr"] = 2.0 * peak;
  EXPECT_EQ(found_in(log), Texts{"min-above-peak error 0-0"});
}

TEST(Lint, FindsFloorsThatNeverCome) {
  EXPECT_EQ(found_in("cosine(steps=1000, final=0, floor=5%)"), Texts{"floor-not-reached warning 1000-1000"});
  EXPECT_EQ(found_in("stages(steps=900, pieces=[cosine to 5% over 1000])"), Texts{"floor-not-reached warning 900-900"});
  EXPECT_EQ(found_in("infinite(steps=1000, descent=5000)").front(), "floor-not-reached warning 1000-1000");
  EXPECT_EQ(found_in("cosine(steps=1000, final=5%, floor=1%)"), Texts{"floor-not-reached warning 1000-1000"});
  EXPECT_EQ(found_in("cosine(steps=1000, final=5%)"), Texts{});
}

TEST(Lint, FindsDecaysThatEndHigh) {
  const LintFinding found = only(read_input("cosine(steps=10k, warmup=300, final=20%)"));
  EXPECT_EQ(found.rule, "high-end");
  EXPECT_EQ(found.severity, Severity::warning);
  EXPECT_EQ(found.what, "the decay ends at 0.2, 20 % of the peak");
  EXPECT_NEAR(found.cost.value(), 0.169, 5e-4);  // 1.2040 over 1.0300, as scheduled compare has them
  EXPECT_EQ(found_in("cosine(steps=10k, final=10%)"), Texts{});
  EXPECT_EQ(found_in("rsqrt(steps=50k, warmup=1k)"), Texts{"high-end note 50000-50000"});
  EXPECT_EQ(found_in("rsqrt(warmup=1k)"), Texts{});
  EXPECT_EQ(found_in("constant(steps=50k)"), Texts{});
  EXPECT_EQ(found_in(log_of(5000, cosine(9000))), Texts{"high-end warning 5000-5000"});
  EXPECT_EQ(found_in(log_of(4990, linear(5000, 0.1))), Texts{});
}

TEST(Lint, FindsSchedulesThatAreOverTooSoon) {
  const LintFinding fast = only(log_of(10'000, cosine(2500)));
  EXPECT_EQ(fast.rule, "ends-early");
  EXPECT_EQ(fast.severity, Severity::error);
  EXPECT_NE(fast.what.find("75 % of the run at 0, as if it advanced 4 times an update"), std::string::npos)
      << fast.what;
  EXPECT_NEAR(fast.cost.value(), 1.0, 0.05);  // bounds fall as 1/sqrt(T)
  EXPECT_EQ(found_in(log_of(10'000, cosine(1250, 0.1))), Texts{"ends-early warning 1250-10000"});
  EXPECT_EQ(found_in("stages(steps=400, pieces=[hold over 50, linear over 50])"), Texts{"ends-early error 100-400"});
  EXPECT_EQ(found_in(log_of(10'000, cosine(10'000))), Texts{});
  EXPECT_EQ(found_in(log_of(10'000, cosine(9000, 0.1))), Texts{});
}

TEST(Lint, ZerosOfFewDigitsAreNoEarlyEnd) {
  RunLog log = log_of(19560, cosine(19560), 1);
  for (double& rate : log.column["lr"]) rate = std::round(rate * 1e6) / 1e6;  // as llm.c prints
  EXPECT_EQ(found_in(log), Texts{});
}

TEST(Lint, FindsJumps) {
  const auto doubled = [](double t) { return linear(5000)(t) * (t > 3000 ? 2.0 : 1.0); };
  const LintFinding found = only(log_of(5000, doubled));
  EXPECT_EQ(found.rule, "jump");
  EXPECT_EQ(found.severity, Severity::warning);
  EXPECT_EQ(found.first, 3000);
  EXPECT_EQ(found.last, 3010);
  EXPECT_NE(found.what.find("rises 1.99 times at once"), std::string::npos) << found.what;
  EXPECT_GT(found.cost.value(), 0.0);
  EXPECT_EQ(found_in(log_of(5000, [](double t) { return linear(5000)(t) * (t > 3000 ? 0.5 : 1.0); })),
            Texts{"jump warning 3000-3010"});
  EXPECT_EQ(found_in("piecewise(steps=10k, milestones=[30%, 60%], factors=[0.1, 0.01])"),
            (Texts{"jump note 3000-3001", "jump note 6000-6001"}));
  const Texts spike = found_in(log_of(5000, [](double t) { return t == 2000 ? 10 * peak : linear(5000)(t); }));
  EXPECT_NE(std::find(spike.begin(), spike.end(), "jump warning 1990-2000"), spike.end());
}

TEST(Lint, FindsRestarts) {
  EXPECT_EQ(found_in("restarts(steps=10k, cycles=4)"), Texts{"restart note 2500-7501"});
  EXPECT_EQ(found_in("wsd-s(steps=10k, results=[2k, 5k, 10k])"), Texts{"restart note 2000-8000"});
  const auto again = [](double t) { return t <= 4000 ? cosine(4000)(t) : cosine(4000)(t - 3800); };
  EXPECT_EQ(found_in(log_of(7800, again)), Texts{"restart warning 4000-4010"});
  // Joined at the rate where it was left, the bound is 1.025 times the best instead of 1.194.
  const LintFinding found = only(read_input("preset:olmo3-7b"));
  EXPECT_EQ(found.severity, Severity::warning);
  EXPECT_NEAR(found.cost.value(), 1.194 / 1.025 - 1.0, 5e-3);
}

TEST(Lint, FindsChangedHorizons) {
  const auto changed = [](const std::function<double(double)>& before, const std::function<double(double)>& after) {
    return [=](double t) { return t <= 4000 ? before(t) : after(t); };
  };
  for (const double final : {0.0, 0.1}) {
    const LintFinding found = only(log_of(9'800, changed(cosine(12'000, final), cosine(10'000, final))));
    EXPECT_EQ(found.rule, "horizon-changed");
    EXPECT_EQ(found.first, 4010);
    EXPECT_NE(found.what.find("ends at update 12000, from here on one that ends at 10000"), std::string::npos)
        << found.what;
    EXPECT_TRUE(found.cost.has_value());
  }
  EXPECT_EQ(found_in(log_of(10'000, changed(linear(12'000), linear(10'000)))),
            Texts{"horizon-changed warning 4010-10000"});
  EXPECT_EQ(found_in(log_of(10'000, linear(10'000))), Texts{});
  EXPECT_EQ(found_in(log_of(10'000, cosine(10'000, 0.05))), Texts{});
  // Two pieces of a schedule are not one decay over two lengths.
  EXPECT_EQ(
      found_in(log_of(10'000, [](double t) { return std::max(0.1 * linear(20'000)(t), linear(6000)(t)); })).size(), 0U);
}

TEST(Lint, FindsPinnedRates) {
  const auto pinned = [](double t) { return cosine(10'000)(std::min(t, 5000.0)); };
  const LintReport report = lint(log_of(10'000, pinned));
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_EQ(report.findings[0].rule, "pinned");
  EXPECT_EQ(report.findings[0].first, 5000);
  EXPECT_GT(report.findings[0].cost.value(), 0.1);
  EXPECT_EQ(report.findings[1].rule, "high-end");
  // Plateaus and floors.
  EXPECT_EQ(found_in(log_of(10'000, [](double t) { return std::max(cosine(5000, 0.3)(t), 0.3 * peak * (t > 5000)); })),
            Texts{"high-end warning 10000-10000"});
  EXPECT_EQ(found_in(log_of(10'000, linear(5000, 0.1))), Texts{"ends-early warning 5000-10000"});
  EXPECT_EQ(found_in(log_of(10'000, linear(7000, 0.1))), Texts{});
}

TEST(Lint, FindsABatchThatGrowsInTheDecay) {
  RunLog log = log_of(10'000, [](double t) { return peak * std::min(1.0, (10'000 - t) / 5000); });
  double tokens = 0.0;
  for (const std::int64_t step : log.step) {
    log.column["tokens"].push_back(tokens += 10.0 * (step > 7000 ? 2048 : 1024));
  }
  EXPECT_EQ(found_in(log), Texts{"batch-in-decay warning 5000-10000"});
  tokens = 0.0;
  for (std::size_t k = 0; k < log.rows(); ++k) {
    log.column["tokens"][k] = tokens += 10.0 * (log.step[k] > 4000 ? 2048 : 1024);
  }
  EXPECT_EQ(found_in(log), Texts{});
}

TEST(Lint, FindsABatchRampUnderADecay) {
  EXPECT_EQ(found_in("wsd(steps=1000, cooldown=400, batch=[0:64, 48kex:128])"),
            Texts{"batch-in-decay warning 600-1000"});
  EXPECT_EQ(found_in("wsd(steps=1000, cooldown=400, batch=[0:64, 20kex:128])"), Texts{});
  // modded-nanogpt raises the rate with the batch.
  EXPECT_EQ(found_in("preset:modded-nanogpt"),
            (Texts{"jump note 423-424", "batch-in-decay note 509-1285", "jump note 847-848"}));
}

TEST(Lint, LeavesOrdinarySchedulesAlone) {
  for (const ScheduleHelp& line : schedule_help()) {
    if (line.name == "table") continue;  // three rates that end half-way
    const Schedule schedule = Schedule::parse(line.example, steps(50'000));
    for (const LintFinding& found : lint(schedule).findings) {
      EXPECT_EQ(found.severity, Severity::note) << line.example << ": " << found.rule << ": " << found.what;
    }
  }
  for (const ScheduleHelp& decay : decay_help()) {
    const Schedule schedule = Schedule::parse(decay.example, steps(50'000));
    for (const LintFinding& found : lint(schedule).findings) {
      EXPECT_EQ(found.severity, Severity::note) << decay.example << ": " << found.rule << ": " << found.what;
    }
  }
}

/// But for OLMo 3, whose midtraining begins at five times the rate that its cosine ended at, and batches that grow
/// while the rate falls, they have notes at most.
TEST(Lint, LeavesPublishedSchedulesAlone) {
  for (const Preset& preset : presets()) {
    const Schedule schedule = scheduled::preset(preset.name, steps(100'000));
    for (const LintFinding& found : lint(schedule).findings) {
      const bool grows =
          found.rule == "batch-in-decay" && (preset.name == "llama-3.1-405b" || preset.name == "marin-8b");
      EXPECT_TRUE(found.severity == Severity::note || preset.name == "olmo3-7b" || grows)
          << preset.name << ": " << found.what;
    }
  }
}

TEST(Lint, ANumberOfUpdatesThatNothingSaysIsSteps) {
  const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "lint_epochs.yaml";
  std::ofstream(file) << "learning_rate: 1e-3\nlr_scheduler_type: cosine\nnum_train_epochs: 3\n";
  try {
    read_input(file.string(), {});
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_NE(error.fields().requirement.find("give the updates of the run as --steps N"), std::string::npos)
        << error.what();
  }
  std::filesystem::remove(file);
}

TEST(Lint, ReadsConfigurations) {
  const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "lint_megatron.yaml";
  const auto write = [&](const char* more) {
    std::ofstream(file) << "train_iters: 1000\nlr: 3.0e-4\nlr_decay_style: cosine\nlr_warmup_iters: 100\n" << more;
  };
  write("min_lr: 3.0e-5\n");
  const RateInput input = read_input(file.string());
  EXPECT_EQ(input.kind, InputKind::config);
  EXPECT_EQ(input.updates, 1000);
  EXPECT_EQ(found_in(input), Texts{"first-update-zero note 1-1"});
  write("min_lr: 9.0e-5\n");
  EXPECT_EQ(found_in(read_input(file.string())), (Texts{"first-update-zero note 1-1", "high-end warning 1000-1000"}));
  EXPECT_TRUE(diff(read_input(file.string()), read_input(file.string())).equal);
  write("min_lr: 3.0e-3\n");
  EXPECT_EQ(found_in(read_input(file.string())), Texts{"min-above-peak error 0-0"});
  EXPECT_THROW(diff(read_input(file.string()), read_input("linear(steps=9)")), ArgumentError);
  std::filesystem::remove(file);
}

/// Its scheduler is one update late, and so never at its last rate; one that is laid out for longer is a finding.
TEST(Lint, DeepSpeedEndsTwoUpdatesEarly) {
  const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "lint_deepspeed.json";
  for (const char* const warmup : {"log", "linear"}) {
    std::ofstream(file) << R"({"scheduler": {"type": "WarmupDecayLR", "params": {"warmup_max_lr": 3e-4,
      "warmup_num_steps": 100, "total_num_steps": 3000, "warmup_type": ")"
                        << warmup << R"("}}})";
    EXPECT_EQ(found_in(read_input(file.string())), Texts{"first-update-zero note 1-2"});
    InputOptions shorter;
    shorter.steps = steps(2997);
    EXPECT_EQ(found_in(read_input(file.string(), shorter)),
              (Texts{"first-update-zero note 1-2", "floor-not-reached warning 2997-2997"}));
  }
  std::filesystem::remove(file);
}

TEST(Lint, WarmupsThatProgramsRefuseAreFindings) {
  const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "lint_warmup.yaml";
  const auto found_with = [&](const std::string& text) {
    std::ofstream(file) << text;
    return only(read_input(file.string()));
  };
  for (const char* const text :
       {"train_iters: 1000\nlr: 3.0e-4\nlr_decay_style: cosine\nlr_warmup_iters: 2000\n",
        "learning_rate: 1e-3\nlr_scheduler_type: warmup_stable_decay\nmax_steps: 100\nwarmup_steps: 90\n"
        "lr_scheduler_kwargs:\n  num_decay_steps: 20\n",
        "max_iters: 100\nlearning_rate: 1e-3\nwarmup_iters: 2000\nlr_decay_iters: 100\nmin_lr: 0.0\ndecay_lr: "
        "true\n"}) {
    const LintFinding found = found_with(text);
    EXPECT_EQ(found.rule, "warmup-fills-run") << text;
    EXPECT_EQ(found.severity, Severity::error);
    EXPECT_FALSE(found.cost.has_value());
  }
  EXPECT_NE(
      found_with("train_iters: 10\nlr: 3.0e-4\nlr_decay_style: cosine\nlr_warmup_iters: 20\n")
          .what.find("lr_warmup_iters = 20: is refused by Megatron-LM; give a shorter warmup, or lr_decay_iters above "
                     "it, and the run may end within its warmup, which must be less than the end of the decay = 10"),
      std::string::npos);
  EXPECT_THROW(diff(read_input(file.string()), read_input("linear(steps=9)")), ArgumentError);
  std::filesystem::remove(file);
}

TEST(Lint, SaysWhatIsWrongWithAConfigurationInJson) {
  const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "lint_trainer.json";
  std::ofstream(file) << R"({"learning_rate": 1e-3, "lr_scheduler_type": "cosine", "num_train_epochs": 3})";
  try {
    read_input(file.string());
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.fields().name, "max_steps");
  }
  std::filesystem::remove(file);
}

TEST(Lint, IgnoresAndRefuses) {
  const RateInput input = read_input("cosine(steps=1000, warmup=100, warmup_start=0, final=20%)");
  EXPECT_EQ(found_in(input).size(), 2U);
  EXPECT_EQ(found_in(input, {{"high-end"}, {}}), Texts{"first-update-zero note 1-1"});
  EXPECT_EQ(found_in(read_input("cosine(steps=1000, warmup=0.1)"), {{"warmup-share"}, {}}), Texts{});
  try {
    lint(input, {{"high-and"}, {}});
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.fields().name, "ignore");
    EXPECT_NE(std::string(error.what()).find("did you mean 'high-end'?"), std::string::npos);
  }
  EXPECT_THROW(lint(read_input("constant(steps=30M)")), ArgumentError);
  EXPECT_THROW(read_input("wsd"), NeedsHorizon);
  EXPECT_THROW(read_input("no/such/file.csv"), ArgumentError);
  RunLog empty;
  empty.name = "empty";
  empty.step = {1};
  empty.column["loss"] = {3.0};
  EXPECT_THROW(lint(empty), ArgumentError);
}

TEST(Lint, SaysWhatCostsItDoesNotKnow) {
  RunLog log = log_of(5000, cosine(9000));
  log.step.erase(log.step.begin() + 100, log.step.begin() + 300);
  log.column["lr"].erase(log.column["lr"].begin() + 100, log.column["lr"].begin() + 300);
  const LintReport report = lint(log);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_FALSE(report.findings[0].cost.has_value());
  EXPECT_EQ(report.findings[0].mended, "");
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_TRUE(report.notes[0].starts_with("costs are not known: run: lr"));
}

// ---- the guide

std::string rules_table() {
  std::string text = "| rule | severity | looks at | found | what to do |\n|---|---|---|---|---|\n";
  for (const LintRule& rule : lint_rules()) {
    text += "| `" + rule.name + "` | " + std::string(word_of(rule.severity)) + " | " +
            (!rule.of_logs        ? "schedules"
             : !rule.of_schedules ? "logs"
                                  : "both") +
            " | " + rule.meaning + " | " + rule.remedy + " |\n";
  }
  return text;
}

/// SCHEDULED_UPDATE_GUIDE=1 writes it anew.
TEST(LintGuide, ListsTheRules) {
  const std::filesystem::path page = std::filesystem::path(SCHEDULED_TEST_DIR).parent_path() / "docs/guide/lint.md";
  std::stringstream read;
  read << std::ifstream(page).rdbuf();
  const std::string found = read.str();
  std::string expected = found;
  const std::string begin = "<!-- table: rules -->\n";
  const std::size_t from = expected.find(begin);
  const std::size_t to = expected.find("<!-- end -->", from);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  expected.replace(from + begin.size(), to - from - begin.size(), "\n" + rules_table() + "\n");
  if (std::getenv("SCHEDULED_UPDATE_GUIDE") != nullptr) std::ofstream(page) << expected;
  EXPECT_TRUE(found == expected) << page << " is stale: run this test with SCHEDULED_UPDATE_GUIDE=1";
}

/// A file that the registry does not know would be no rule; and a name is said once.
TEST(LintGuide, EachFileIsARule) {
  std::set<std::string> names;
  for (const LintRule& rule : lint_rules()) names.insert(rule.name);
  EXPECT_EQ(names.size(), lint_rules().size());
  const auto folder = std::filesystem::path(SCHEDULED_TEST_DIR).parent_path() / "src/lint/rules";
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::string name = file.path().stem().string();
    std::replace(name.begin(), name.end(), '_', '-');
    EXPECT_TRUE(names.contains(name)) << file.path();
    ++files;
  }
  EXPECT_EQ(files, names.size());
}

}  // namespace
}  // namespace scheduled
