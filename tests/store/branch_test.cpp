// Branches from any line: their rates, attempts, what they read, and stores of the format before.
#include <gtest/gtest.h>

#include "scheduled/anytime.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

using Access = RunStore::Access;

class Branches : public ::testing::Test {
 protected:
  /// A run whose trunk has these checkpoints.
  RunStore make(const std::string& trunk, std::initializer_list<std::int64_t> committed) {
    RunStore store = RunStore::init(folder / ("run" + std::to_string(++runs)).c_str(), Schedule::parse(trunk));
    for (const std::int64_t step : committed) commit_weights(store, step);
    return store;
  }
  std::string format_of(const RunStore& store, const char* segment = "000001") const {
    return read_text(store.record().folder / "record" / segment).substr(0, 18);
  }

  TemporaryFolder folder;
  int runs = 0;
};

/// The branch has the rates of `before` up to its start, by itself and in the record.
void expect_joined(const RunStore& store, const RecordedLine& line, const Schedule& before) {
  for (const std::int64_t step : {std::int64_t{0}, line.start / 2, line.start - 1}) {
    EXPECT_EQ(line.schedule.lr(step), before.lr(step)) << step;
    EXPECT_EQ(store.lr(line.name, step), before.lr(step)) << step;
  }
  EXPECT_EQ(Schedule::parse(print(line.schedule)), line.schedule);
}

TEST_F(Branches, LeaveATrunkThatDecaysWhereItsRateIs) {  // Marin's third cooldown: 39,000 of 157,500 steps, to 6 %
  const Schedule trunk = Schedule::parse("linear(steps=157500, warmup=1000, peak=3e-4, final=10%)");
  RunStore store = make(print(trunk), {39000});
  const double before = trunk.lr(38999);
  for (const auto& [name, final, last] :
       {std::tuple("zero", absolute_lr(0.0), 0.0), std::tuple("share", percent_of_peak(5), 1.5e-5),
        std::tuple("rate", absolute_lr(2.6e-5), 2.6e-5)}) {
    const RecordedLine line = store.branch({.name = name, .cooldown = {steps(15000), LinearDecay{}, final}});
    EXPECT_EQ(line.end, 54000);
    expect_joined(store, line, trunk);
    EXPECT_NEAR(line.schedule.lr(39000), before + (last - before) / 15000, 1e-18) << "a step below the trunk's last";
    EXPECT_DOUBLE_EQ(line.schedule.lr(53999), last);
  }
  EXPECT_EQ(store.record().line("trunk").end, 157500);
  EXPECT_TRUE(has(error_of([&] {
                    store.branch({.name = "up", .cooldown = {steps(10), {}, percent_of_peak(90)}});
                  }),
                  "final = 90%: must not be above the rate before the cooldown, 0.000234442"));
}

TEST_F(Branches, LeaveAnyKindOfTrunkWithItsBits) {
  for (const char* const text :
       {"wsd(steps=1000, warmup=10, cooldown=200, peak=1e-3)", "cosine(steps=1000, warmup=10, peak=1e-3, floor=1e-5)",
        "stages(steps=1000, peak=1e-3, pieces=[hold until 50%, linear])", "table(values=[3, 2, 1, 1, 1, 1, 1, 1])",
        "cosine(steps=10Mtok, tokens_per_step=10k, peak=1e-3, clock=tokens)",
        "cosine(steps=1000, batch=[0:8, 4000ex:16], peak=1e-3)"}) {
    const Schedule trunk = Schedule::parse(text);
    SCOPED_TRACE(text);
    const std::int64_t at = *trunk.steps() / 2;
    RunStore store = make(text, {at});
    const RecordedLine line = store.branch({.name = "b", .cooldown = {steps(20), OneMinusSqrtDecay{}, {}}});
    EXPECT_EQ(line.end, at + 20);
    expect_joined(store, line, trunk);
    EXPECT_LT(line.schedule.lr(at), trunk.lr(at - 1));
    EXPECT_EQ(line.schedule.lr(at + 19), 0.0);
  }
}

TEST_F(Branches, OfATrunkWithoutAnEndAreItsScheduleWithACooldown) {
  RunStore store = make("rsqrt(warmup=10, peak=1e-3)", {100});
  EXPECT_EQ(print(store.branch({.name = "b", .cooldown = {percent(20)}}).schedule),
            "rsqrt(steps=125, peak=0.001, warmup=10, cooldown=25, decay=linear)");
  EXPECT_EQ(store.record().version, 2) << "an older scheduled reads it";
}

TEST_F(Branches, OfBranchesExtendACooldownOrCutItShort) {
  RunStore store = make("constant(warmup=10, peak=1e-3)", {100});
  store.branch({.name = "cd", .cooldown = {steps(100)}});
  commit_weights(store, 150, "cd");
  const Schedule cooldown = store.record().line("cd").schedule;
  const RecordedLine longer = store.branch({.name = "longer", .line = "cd", .cooldown = {steps(200)}});
  const RecordedLine shorter = store.branch({.name = "shorter", .line = "cd", .step = 150, .cooldown = {steps(10)}});
  EXPECT_EQ(longer.parent, "cd");
  EXPECT_EQ(longer.end, 350);
  EXPECT_EQ(shorter.end, 160);
  for (const RecordedLine& line : {longer, shorter}) expect_joined(store, line, cooldown);
  EXPECT_EQ(store.record().version, 3);
  const Resume resume = store.resume({.line = "longer"});
  EXPECT_EQ(read_text(resume.folder / "model.bin"), weights("cd", 150));
  EXPECT_EQ(resume.step, 150);
  commit_weights(store, 350, "longer");
  EXPECT_TRUE(store.record().line("longer").finished);
  EXPECT_FALSE(store.record().line("cd").finished);
  EXPECT_EQ(store.gc(1).deleted.size(), 0U) << "two lines go on from cd's, and cd itself";
  EXPECT_TRUE(store.verify().sound());
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "x", .line = "cd", .step = 170}); }),
                  "step = 170: must be at most 150, the last committed checkpoint of cd"));
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "x", .line = "no"}); }), "line = no: no such line"));
}

TEST_F(Branches, RewarmToTheTrunksRateAndCoolDownAgain) {  // wsd-s
  RunStore store = make("rsqrt(warmup=10, peak=1e-3)", {100});
  store.branch({.name = "cd", .cooldown = {steps(20)}});
  commit_weights(store, 120, "cd");
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "on", .line = "cd"}); }),
                  "cd is at 0 at step 120; rewarm goes back up first"));
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "on", .rewarm = steps(10)}); }),
                  "rewarm = 10: goes up to the trunk's rate at step 109, "))
      << "the trunk itself comes down";
  const RecordedLine line = store.branch(
      {.name = "on", .line = "cd", .rewarm = steps(10), .hold = steps(50), .cooldown = {steps(20), {}, {}}});
  const double trunk = store.lr("trunk", 129);
  EXPECT_EQ(line.end, 200);
  EXPECT_EQ(line.schedule.lr(119), 0.0);
  EXPECT_NEAR(line.schedule.lr(120), trunk / 10, 1e-18);
  EXPECT_EQ(line.schedule.lr(129), trunk);
  EXPECT_EQ(line.schedule.lr(179), trunk);
  EXPECT_EQ(line.schedule.lr(199), 0.0);
  const RecordedLine endless =
      store.branch({.name = "endless", .line = "cd", .pieces = parse_pieces("rewarm over 10, hold")});
  EXPECT_FALSE(endless.end);
  EXPECT_EQ(endless.schedule.lr(1000), 1e-3);
  commit_weights(store, 300, "endless");
  EXPECT_EQ(store.branch({.name = "end", .line = "endless", .cooldown = {steps(30)}}).end, 330);
}

TEST_F(Branches, AJumpIsSaidAndNeedsOverride) {
  const Schedule trunk = Schedule::parse("cosine(steps=1000, peak=4e-4)");
  RunStore store = make(print(trunk), {800});
  const BranchRequest olmo{.name = "mid", .cooldown = {steps(100)}, .from_lr = absolute_lr(2.07e-4)};
  EXPECT_TRUE(has(error_of([&] { store.branch(olmo); }), "from_lr = 0.000207: trunk is at 3.8"));
  EXPECT_TRUE(has(error_of([&] { store.branch(olmo); }), "the LR would jump to 0.000207 (5.409 times)"));
  EXPECT_TRUE(has(error_of([&] { store.branch(olmo); }), "; override records the jump"));
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "mid", .pieces = parse_pieces("hold at 50% over 10")}); }),
                  "from_lr = 50%: trunk is at"));
  EXPECT_EQ(store.record().lines.size(), 1U);
  for (const double joined : {trunk.lr(799), trunk.lr(800)}) {  // what others type in by hand
    BranchRequest request = olmo;
    request.from_lr = absolute_lr(joined);
    request.attempt = true;
    EXPECT_LT(store.branch(request).schedule.lr(800), joined);
  }
  BranchRequest jump = olmo;
  jump.override_jump = true;
  jump.from_lr = absolute_lr(0.0);
  EXPECT_TRUE(has(error_of([&] { store.branch(jump); }), "from_lr = 0: must be > 0: the cooldown begins there"));
  jump.from_lr = olmo.from_lr;
  const RecordedLine line = store.branch(jump);
  EXPECT_NEAR(line.schedule.lr(800), 2.07e-4 * 0.99, 1e-17);
  EXPECT_EQ(store.lr("mid", 799), trunk.lr(799));
  EXPECT_TRUE(
      has(error_of([&] { store.branch({.name = "x", .hold = steps(5), .pieces = parse_pieces("hold over 10")}); }),
          "pieces: must be given without rewarm, hold, from_lr and drop"));
  EXPECT_TRUE(has(error_of([&] { parse_pieces("hold over 10, down"); }), "pieces"));
  EXPECT_TRUE(has(error_of([&] {
                    store.branch({.name = "x", .cooldown = {tokens(1e6), {}, {}}});
                  }),
                  "cooldown = 1000000tok: needs batch and sequence"));
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "x", .pieces = parse_pieces("linear over 100ex")}); }),
                  "over = 100ex: needs batch"));
}

TEST_F(Branches, AttemptsAreCountedAndKeepTheirNotes) {
  RunStore store = make("constant(peak=1e-3)", {100});
  EXPECT_EQ(store.branch({.name = "cd"}).name, "cd");
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "cd"}); }), "already; attempt makes another one of it"));
  EXPECT_EQ(store.branch({.name = "cd", .attempt = true, .note = "more code"}).name, "cd/2");
  EXPECT_EQ(store.branch({.name = "cd", .attempt = true}).name, "cd/3");
  EXPECT_EQ(store.branch({.name = "new", .attempt = true}).name, "new/1");
  for (const char* const name : {"cd/", "cd/0", "cd/01", "/1", "cd/x", "cd/1/2", "cd/1234567"}) {
    EXPECT_TRUE(has(error_of([&] { store.branch({.name = name}); }), "attempts end with /1, /2")) << name;
  }
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "cd/2", .attempt = true}); }), "must be the name of a branch"));
  for (const bool attempt : {false, true}) {
    EXPECT_TRUE(has(error_of([&] { store.branch({.name = "trunk", .attempt = attempt}); }), "is the run's own line"));
  }
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "trunk/1"}); }), "is the run's own line"));
  commit_weights(store, 125, "cd/2");
  const RunRecord record = RunStore::open(store.record().folder, Access::read).record();
  EXPECT_EQ(record.line("cd/2").note, "more code");
  EXPECT_EQ(record.checkpoints.back().folder, "checkpoints/cd.2-125");
  EXPECT_TRUE(store.verify().sound());
}

TEST_F(Branches, RecordWhatEachLineReadsAtEachStep) {
  const StoreOptions options{.data = "books", .batch = 512, .sequence = 4096};
  RunStore store = RunStore::init(folder / "run", Schedule::parse("constant(peak=1e-3)"), options);
  commit_weights(store, 100);
  store.attach_data({.step = 150, .batch = 1024});
  commit_weights(store, 200);
  store.branch({.name = "cd",
                .step = 100,
                .cooldown = {tokens(10e6), LinearDecay{}, {}},
                .data = "code",
                .batch = 256,
                .sequence = 8192});
  EXPECT_EQ(store.record().line("cd").end, 104) << "10M tokens at 256 x 8192 a step";
  EXPECT_EQ(store
                .branch({.name = "pieces",
                         .step = 100,
                         .pieces = parse_pieces("hold over 10Mtok, linear over 2560ex"),
                         .batch = 256,
                         .sequence = 8192})
                .end,
            114);
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "x", .pieces = parse_pieces("linear until 1Btok")}); }),
                  "until = 1000000000tok: must be in steps"));
  EXPECT_EQ(store.branch({.name = "plain", .step = 200, .cooldown = {tokens(42e6), LinearDecay{}, {}}}).end, 210);
  const RunRecord record = RunStore::open(folder / "run", Access::read).record();
  const auto reads = [&](const char* line, std::int64_t step) {
    const RecordedData data = record.data_at(line, step);
    return data.text + " " + std::to_string(data.batch.value_or(0)) + " " + std::to_string(data.sequence.value_or(0));
  };
  EXPECT_EQ(reads("trunk", 0), "books 512 4096");
  EXPECT_EQ(reads("trunk", 149), "books 512 4096");
  EXPECT_EQ(reads("trunk", 150), "books 1024 4096");
  EXPECT_EQ(reads("cd", 99), "books 512 4096");
  EXPECT_EQ(reads("cd", 100), "code 256 8192");
  EXPECT_EQ(reads("plain", 205), "books 1024 4096");
  EXPECT_TRUE(has(error_of([&] { store.attach_data({.step = 300}); }), "must say what is attached"));
  EXPECT_TRUE(has(error_of([&] { store.attach_data({.step = 300, .batch = 0}); }), "batch = 0: must be between 1"));
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "x", .sequence = -1}); }), "sequence = -1: must be between 1"));
  const std::size_t sessions = store.record().sessions.size();
  EXPECT_TRUE(has(error_of([&] { store.resume({.batch = 0}); }), "batch = 0: must be between 1"));
  EXPECT_EQ(store.record().sessions.size(), sessions) << "the line was not resumed";
  store.resume({.data = "more", .batch = 2048});
  EXPECT_EQ(store.record().data_at("trunk", 200).text, "more");
  EXPECT_EQ(store.record().data_at("trunk", 200).batch, 2048);
  EXPECT_EQ(store.record().data_at("trunk", 199).batch, 1024);
}

TEST_F(Branches, OfATrunkThatWentOnFromOneTheUpdatesReadWhatTheBranchRead) {
  RunStore store =
      RunStore::init(folder / "run", Schedule::parse("constant(peak=1e-3)"), {.data = "books", .batch = 512});
  commit_weights(store, 100);
  store.branch({.name = "cd", .cooldown = {steps(20)}, .data = "code"});
  commit_weights(store, 120, "cd");
  store.resume({.decayed_from = "cd"});
  commit_weights(store, 140);
  const RunRecord record = store.record();
  EXPECT_EQ(record.data_at("trunk", 99).text, "books");
  EXPECT_EQ(record.data_at("trunk", 110), (RecordedData{"trunk", 110, "code", 512, {}}));
  EXPECT_EQ(record.data_at("trunk", 120).text, "books");
  EXPECT_EQ(record.data_at("cd", 99).text, "books");
  EXPECT_EQ(record.data_at("cd", 100).text, "code");
}

TEST_F(Branches, AStoreOfTheFormatBeforeOpensUnchangedAndGoesOn) {
  RunStore store = make("constant(peak=1e-3)", {100});
  const std::filesystem::path run = store.record().folder;
  EXPECT_EQ(format_of(store), "scheduled record 2");
  const std::string before = read_text(run / "record" / "000001");
  RunStore reader = RunStore::open(run, Access::read);
  EXPECT_EQ(reader.record().version, 2);
  EXPECT_EQ(read_text(run / "record" / "000001"), before);
  store.branch({.name = "cd", .cooldown = {steps(10)}});
  EXPECT_FALSE(std::filesystem::exists(run / "record" / "000002")) << "the format before has this";
  store.log("cd", std::vector<Metric>{{101, "train_loss", 2.0}});
  store.branch({.name = "cd", .attempt = true, .cooldown = {steps(10)}});
  EXPECT_EQ(format_of(store, "000002"), "scheduled record 3");
  EXPECT_EQ(format_of(store), "scheduled record 2");
  EXPECT_EQ(reader.record().lines.size(), 3U) << "an open reader sees it";
  EXPECT_EQ(reader.log_of("cd").rows(), 1U);
  commit_weights(store, 110, "cd/2");
  EXPECT_TRUE(reader.verify().sound());
}

TEST_F(Branches, ALostRecordComesBackWithParentsAndNotes) {
  RunStore store = make("constant(peak=1e-3)", {100});
  store.branch({.name = "cd", .cooldown = {steps(40)}, .note = "first"});
  commit_weights(store, 120, "cd");
  store.branch({.name = "cd", .attempt = true, .line = "cd", .cooldown = {steps(40)}});
  commit_weights(store, 160, "cd/2");
  const RunRecord before = store.record();
  const std::filesystem::path run = before.folder;
  store = make("constant(peak=1e-3)", {});  // lets go of the first
  std::filesystem::remove_all(run / "record");
  EXPECT_TRUE(RunStore::repair(run).changed);
  const RunRecord after = RunStore::open(run, Access::read).record();
  EXPECT_EQ(after.lines, before.lines);
  EXPECT_EQ(after.version, 3);
}

TEST_F(Branches, WhoseParentIsLostStayOnRecord) {
  RunStore store = make("constant(peak=1e-3)", {100});
  store.branch({.name = "empty", .cooldown = {steps(40)}});
  store.branch({.name = "of-empty", .line = "empty", .cooldown = {steps(20)}});
  commit_weights(store, 120, "of-empty");
  store.branch({.name = "gone", .cooldown = {steps(40)}});
  commit_weights(store, 120, "gone");
  store.branch({.name = "of-gone", .line = "gone", .cooldown = {steps(20)}});
  commit_weights(store, 130, "of-gone");
  const std::filesystem::path run = store.record().folder;
  const Schedule after_empty = store.record().line("of-empty").schedule;
  store = make("constant(peak=1e-3)", {});  // lets go of the first
  std::filesystem::remove_all(run / "record");
  std::filesystem::remove_all(run / "checkpoints" / "gone-120");
  const RepairReport report = RunStore::repair(run);
  ASSERT_GE(report.lost.size(), 3U);
  EXPECT_EQ(report.lost[1], "line empty, which of-empty left; that counts as a branch of trunk");
  store = RunStore::open(run, Access::write);
  EXPECT_TRUE(store.verify().sound());
  EXPECT_EQ(store.record().line("of-empty").schedule, after_empty);
  EXPECT_TRUE(store.record().line("of-empty").finished);
  EXPECT_EQ(store.resume({.line = "of-gone"}).step, 130);
  EXPECT_EQ(store.gc(1).deleted.size(), 0U);
}

TEST_F(Branches, OfBranchesThatCouldNotBeReadAgainAreRefused) {
  RunStore store = make("linear(steps=1000, peak=1e-3)", {100});
  std::string line = "trunk";
  for (int k = 1; k <= 8; ++k) {
    const std::string name = "b" + std::to_string(k);
    store.branch({.name = name, .line = line, .cooldown = {steps(300)}});
    commit_weights(store, 100 + k, name);
    line = name;
  }
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "ninth", .line = line, .cooldown = {steps(300)}}); }),
                  "cannot be recorded: after: holds too many schedules within schedules"));
  EXPECT_EQ(RunStore::open(store.record().folder, Access::read).record().lines, store.record().lines);
  commit_weights(store, 200);
  EXPECT_TRUE(store.verify().sound());
}

TEST_F(Branches, TwoLinesSideBySide) {
  RunStore store = RunStore::init(folder / "run", Schedule::parse("constant(peak=1e-3)"), {.data = "books"});
  commit_weights(store, 100);
  store.branch({.name = "cd", .cooldown = {steps(40)}, .code_version = "v1"});
  store.branch(
      {.name = "cd", .attempt = true, .cooldown = {steps(20)}, .data = "code", .note = "again", .code_version = "v2"});
  for (const std::int64_t step : {100, 110, 120, 130}) {
    const double loss = static_cast<double>(step);
    if (step > 100) store.log("cd", std::vector<Metric>{{step, "val_loss", loss}, {step, "grad_norm", 1.0}});
    if (step <= 120) store.log(step == 100 ? "trunk" : "cd/2", std::vector<Metric>{{step, "val_loss", loss - 1.0}});
  }
  store.flush();
  const LineDiff diff = diff_lines(store, "cd", store, "cd/2");
  EXPECT_EQ(diff.common, 100);
  ASSERT_EQ(diff.losses.size(), 2U);
  EXPECT_EQ(diff.losses[0].step, 110);
  EXPECT_EQ(diff.losses[1].difference(), -1.0);
  ASSERT_EQ(diff_lines(store, "cd", store, "cd/2", 1).losses.size(), 1U);
  EXPECT_EQ(diff_lines(store, "cd", store, "cd/2", 1).losses[0].step, 120) << "the last one";
  const auto fact = [&](const std::string& what) {
    for (const LineFact& found : diff.facts) {
      if (found.what == what) return found.a + " | " + found.b;
    }
    return std::string("none");
  };
  EXPECT_EQ(fact("parent"), "trunk at 100 | trunk at 100");
  EXPECT_EQ(fact("data"), "books | code");
  EXPECT_EQ(fact("code"), "v1 | v2");
  EXPECT_EQ(fact("note"), " | again");
  EXPECT_EQ(fact("step"), "100 of 140 | 100 of 120");
  EXPECT_EQ(fact("last val_loss"), "130 at 130 | 119 at 120");
  EXPECT_EQ(diff_lines(store, "trunk", store, "cd").common, 100);
  std::filesystem::create_directory_symlink(folder / "run", folder / "link");
  EXPECT_EQ(diff_lines(store, "trunk", RunStore::open(folder / "link", Access::read), "cd").common, 100);
  EXPECT_FALSE(diff_lines(store, "trunk", make("constant(peak=1)", {}), "trunk").common);
  EXPECT_TRUE(has(error_of([&] { diff_lines(store, "trunk", store, "cd", 0); }), "rows = 0: must be at least 1"));
}

TEST(DroppingBranch, HoldsAndEnds) {  // (8.9)
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", Schedule::parse("rsqrt(warmup=10, peak=1e-3)"));
  commit_weights(store, 100);
  const double before = store.lr("trunk", 99);
  const RecordedLine line = store.branch({.name = "low", .hold = steps(25), .drop = percent_of_peak(62)});
  EXPECT_EQ(line.end, 125);
  EXPECT_EQ(store.lr("low", 99), before);
  for (const std::int64_t step : {100, 110, 124}) EXPECT_EQ(store.lr("low", step), before * 62 / 100);
  EXPECT_EQ(store.branch({.name = "to", .hold = steps(5), .drop = absolute_lr(1e-5)}).schedule.lr(100), 1e-5);
  const auto says = [&](const BranchRequest& request, const char* text) {
    EXPECT_TRUE(has(error_of([&] { store.branch(request); }), text));
  };
  says({.name = "b", .drop = percent_of_peak(62)}, "hold: must say for how long");
  says({.name = "b", .hold = steps(5), .drop = percent_of_peak(100)}, "must be above 0 and below the rate before");
  says({.name = "b", .hold = steps(5), .drop = absolute_lr(0)}, "must be above 0 and below the rate before");
  says({.name = "b", .hold = steps(0), .drop = percent_of_peak(50)}, "hold = 0: must be at least 1 step");
  says({.name = "b", .rewarm = steps(5), .hold = steps(5), .drop = percent_of_peak(50)}, "without rewarm and from_lr");
}

}  // namespace
}  // namespace scheduled
