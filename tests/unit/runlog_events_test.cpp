// TensorBoard's event files, made byte by byte; compressed logs; logs in folders and in several files.
#include <filesystem>
#include <fstream>

#include "support/temporary_folder.hpp"
#include "unit/runlog_events.hpp"
#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

using Steps = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

std::string run() {
  return version() + event(10, scalar("train/lr", 0.5F)) + event(10, scalar("train/loss", 4.0F)) +
         event(20, scalar("train/lr", 0.25F) + scalar("train/loss", 3.0F)) + event(20, tensor("eval/loss", 3.5F));
}

TEST(TensorBoard, ScalarsOfPyTorchAndTensorFlow) {
  const RunLog log = parse_log("events", run());
  EXPECT_EQ(log.format, "tensorboard");
  EXPECT_EQ(log.step, (Steps{10, 20}));
  expect_column(log, "lr", {0.5, 0.25});
  expect_column(log, "train_loss", {4.0, 3.0});
  expect_column(log, "val_loss", {gap, 3.5});
  EXPECT_EQ(log.source.at("lr"), "train/lr");
}

TEST(TensorBoard, AFileThatIsBeingWrittenEndsAnywhere) {
  const std::string all = run();
  for (std::size_t length = version().size() + 1; length < all.size(); ++length) {
    const std::string error = parse_error("events", all.substr(0, length));
    EXPECT_TRUE(error == "no error" || error == "events: has no rows" ||
                error == "events: no column of numbers besides the step")
        << length << error;
  }
  EXPECT_EQ(parse_log("events", all.substr(0, all.size() - 1)).notes,
            (Names{"the file ends within record 5, as of a run that is writing it"}));
}

TEST(TensorBoard, AFlippedByteIsNoticed) {
  const std::string all = run();
  std::string broken = all;
  broken[all.size() - 6] ^= 1;
  EXPECT_EQ(parse_error("events", broken), "events: record 5: its checksum does not match");
}

TEST(TensorBoard, AFolderIsARun) {
  const TemporaryFolder folder;
  const auto write = [&](const std::filesystem::path& name, const std::string& bytes) {
    std::filesystem::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name, std::ios::binary) << bytes;
  };
  write("runs/a/events.out.tfevents.1.host", run());
  write("runs/a/events.out.tfevents.2.host", version() + event(30, scalar("train/lr", 0.125F)));
  write("runs/a/hparams.yaml", "x");
  const RunLog log = read_log(folder.path() / "runs");
  EXPECT_EQ(log.step, (Steps{10, 20, 30}));
  expect_column(log, "lr", {0.5, 0.25, 0.125});
  EXPECT_EQ(read_log(folder.path() / "runs/a").step, log.step);
  write("runs/b/events.out.tfevents.1.host", run());
  const std::string error = error_of([&] { read_log(folder.path() / "runs"); });
  EXPECT_NE(error.find("has event files of several runs, each a log of its own: "), std::string::npos) << error;
}

TEST(TensorBoard, EachFileOfAFolderEndsWhereItEnds) {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::string& bytes) {
    std::ofstream(folder.path() / ("events.out.tfevents." + name), std::ios::binary) << bytes;
  };
  const std::string all = run();
  write("1.crashed", all.substr(0, all.size() - 3));
  write("2.restarted", version() + event(20, scalar("train/lr", 0.125F)) + event(30, scalar("train/loss", 2.0F)));
  write("3.new", "");
  const RunLog log = read_log(folder.path());
  EXPECT_EQ(log.step, (Steps{10, 20, 30}));
  expect_column(log, "lr", {0.5, 0.125, gap});
  expect_column(log, "train_loss", {4.0, 3.0, 2.0});
  ASSERT_FALSE(log.notes.empty());
  EXPECT_NE(log.notes[0].find("1.crashed ends within record 5"), std::string::npos) << log.notes[0];
  write("4.other", "step,loss\n1,2\n");
  EXPECT_NE(error_of([&] { read_log(folder.path()); }).find("4.other: holds no events of TensorBoard"),
            std::string::npos);
}

TEST(TensorBoard, AFileThatWasCutInItsFirstBytesIsNoted) {
  const TemporaryFolder folder;
  const std::string first = (folder.path() / "events.out.tfevents.1").string();
  for (std::size_t length = 1; length < version().size(); ++length) {
    std::ofstream(first, std::ios::binary) << version().substr(0, length);
    std::ofstream(folder.path() / "events.out.tfevents.2", std::ios::binary) << run();
    const RunLog log = read_log(folder.path());
    EXPECT_EQ(log.step, (Steps{10, 20}));
    EXPECT_EQ(log.notes, (Names{first + " ends within record 1, as of a run that is writing it"})) << length;
  }
}

TEST(ReadOptions, OfAGrowingFileTheLastLineCountsOnceItIsWhole) {
  const ReadOptions growing{.growing = true};
  EXPECT_EQ(parse_log("run", "step,lr,loss\n1,0.5,3.25\n2,0.5,3.25", growing).step, (Steps{1}));
  EXPECT_EQ(parse_log("run", "step,lr,loss\n1,0.5,3.25\n2,0.5,3.25\n", growing).step, (Steps{1, 2}));
  EXPECT_EQ(parse_log("run", "[{\"step\":1,\"lr\":0.5},{\"step\":2,\"lr\":0.5}]", growing).step, (Steps{1, 2}));
  EXPECT_EQ(parse_error("run", "step,lr", growing), "run: has no whole line yet");
}

TEST(LogFiles, AreTheNameOrItsParts) {
  const TemporaryFolder folder;
  for (const char* const name : {"a", "b", "c+d"}) std::ofstream(folder.path() / name) << "x";
  using Paths = std::vector<std::filesystem::path>;
  const std::filesystem::path a = folder.path() / "a", b = folder.path() / "b", both = folder.path() / "c+d";
  EXPECT_EQ(log_files(a), (Paths{a}));
  EXPECT_EQ(log_files(a.string() + "+" + b.string()), (Paths{a, b}));
  EXPECT_EQ(log_files(both), (Paths{both}));
  EXPECT_EQ(log_files(a.string() + "+" + (folder.path() / "none").string()), Paths{});
}

/// Bytes of a text of hexadecimal digits.
std::string unhex(const std::string& digits) {
  std::string bytes;
  for (std::size_t k = 0; k < digits.size(); k += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(k, 2), nullptr, 16));
  return bytes;
}
// printf 'step,loss\n1,4\n2,3\n' | gzip -n, and | zstd
const std::string gzip = "1f8b08000000000000032b2e492dd0c9c92f2ee632d431e132d231e60200a942693b12000000";
const std::string zstd = "28b52ffd0458910000737465702c6c6f73730a312c340a322c330a309d085f";

TEST(Compressed, GzipAndZstdAreSeenThrough) {
  for (const std::string& digits : {gzip, zstd}) {
    const std::string bytes = unhex(digits);
    const std::string whole = parse_error("run", bytes);
    if (whole.find("this build cannot read") != std::string::npos) continue;
    const RunLog log = parse_log("run", bytes);
    EXPECT_EQ(log.step, (Steps{1, 2}));
    expect_column(log, "train_loss", {4.0, 3.0});
    for (std::size_t length = 5; length < bytes.size(); ++length) {
      EXPECT_NE(parse_error("run", bytes.substr(0, length)), "no error") << length;
    }
    std::string broken = bytes;
    broken[12] = static_cast<char>(broken[12] ^ 0x55);
    EXPECT_NE(parse_error("run", broken), "no error");
  }
  // Members of gzip follow each other.
  const std::string more = unhex(gzip) + unhex(gzip);
  const std::string error = parse_error("run", more);
  if (error.find("cannot read") != std::string::npos) return;
  EXPECT_NE(error.find("line 4: step = \"step\""), std::string::npos) << error;
}

TEST(MlFlow, AFolderIsARun) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "metrics/train");
  std::ofstream(folder.path() / "metrics/lr") << "1700000000001 0.5 1\n1700000000002 0.25 2\n";
  std::ofstream(folder.path() / "metrics/train/loss") << "1700000000001 4 1\n1700000000002 nan 2\n";
  std::ofstream(folder.path() / "metrics/acc") << "1700000000001 0.5 2 corpus c0ffee\n";
  const RunLog log = read_log(folder.path());
  EXPECT_EQ(log.format, "mlflow");
  expect_column(log, "lr", {0.5, 0.25});
  expect_column(log, "train_loss", {4.0, gap});
  expect_column(log, "acc", {gap, 0.5});
  const RunLog one = read_log(folder.path() / "metrics/lr");
  EXPECT_EQ(one.format, "mlflow");
  expect_column(one, "lr", {0.5, 0.25});
  std::ofstream(folder.path() / "metrics/lr") << "1700000000001 0.5 1\n1700000000002 0.25\n";
  const std::string error = error_of([&] { read_log(folder.path()); });
  EXPECT_NE(error.find("metrics/lr, line 2: must be: timestamp value step"), std::string::npos) << error;
  std::ofstream(folder.path() / "metrics/lr") << "1700000000001 0.5 1 corpus\n";
  EXPECT_THROW(read_log(folder.path()), ArgumentError);
}

TEST(SeriesNames, AreThoseOfTheFileBehindItsCompression) {
  for (const char* const name : {"run_train_loss.csv", "run_train_loss.csv.gz", "run_train_loss.csv.zst"}) {
    expect_column(parse_log(name, "Wall time,Step,Value\n17.5,1,3\n"), "train_loss", {3.0});
  }
}

TEST(MlFlow, ADownloadHasAValueInEachLine) {
  const std::string head = "run_id,key,value,step,timestamp\n";
  const RunLog log = parse_log("metrics.csv", head +
                                                  "a1,lr,0.5,1,17\na1,lr,0.25,2,18\r\na1,train/loss,4,1,17\n\n"
                                                  "a1,train/loss,nan,2,18\na1,x, y,3,2,18");
  EXPECT_EQ(log.format, "mlflow-csv");
  EXPECT_EQ(log.step, (std::vector<std::int64_t>{1, 2}));
  expect_column(log, "lr", {0.5, 0.25});
  expect_column(log, "train_loss", {4.0, gap});
  expect_column(log, "x, y", {gap, 3.0});
  EXPECT_EQ(log.restarts, 0);
  EXPECT_EQ(parse_error("m", head + "a1,lr,0.5,1,17\nb2,lr,0.5,1,17\n"),
            "m, line 3: begins another run, \"b2\" after \"a1\": a log has one");
  for (const std::string line : {"a1", "a1,17", "a1,0.5,1,17", "a1,,0.5,1,17"}) {
    EXPECT_EQ(parse_error("m", head + line), "m, line 2: must be run_id,key,value,step,timestamp") << line;
  }
  EXPECT_EQ(parse_error("m", head), "m: has no rows");
  EXPECT_EQ(parse_error("m", head + "a1,lr,0.5,x,17"),
            "m, line 2: step = \"x\": must be a whole number >= 0 and <= 2^53");
}

TEST(JoinedLogs, ColumnsOfSeveralFilesAreOneLog) {
  const RunLog lr = parse_log("lr", "step,lr\n1,0.5\n2,0.25\n");
  const RunLog loss = parse_log("loss", "step,loss,lr\n2,3,0.5\n3,2,\n");
  const std::vector<RunLog> both = {lr, loss};
  const RunLog log = join_logs(both);
  EXPECT_EQ(log.name, "lr + loss");
  EXPECT_EQ(log.step, (Steps{1, 2, 3}));
  expect_column(log, "lr", {0.5, 0.5, gap});
  expect_column(log, "train_loss", {gap, 3.0, 2.0});
  EXPECT_EQ(log.notes, (Names{"lr is in several of the logs, with other values at 1 step: those of loss count"}));
  EXPECT_EQ(error_of([] { join_logs({}); }), "logs: must hold at least one log");
}

TEST(JoinedLogs, GivenRatesGoOnWithThoseOfTheOthers) {
  const RunLog begun = with_rates(parse_log("begun", "step,loss\n1,4\n2,3\n"), {0.5, 0.375});
  const RunLog later = parse_log("later", "step,lr\n3,0.25\n4,0.125\n");
  const RunLog joined = join_logs(std::vector<RunLog>{later, begun});
  EXPECT_EQ(joined.rates, (std::vector<double>{0.5, 0.375, 0.25, 0.125}));
  EXPECT_TRUE(joined.notes.empty());
  const RunLog held = join_logs(std::vector<RunLog>{begun, parse_log("later", "step,val_loss\n4,2\n")});
  EXPECT_EQ(held.rates, begun.rates) << "the last one holds where none is logged";
  const RunLog far = join_logs(std::vector<RunLog>{begun, parse_log("far", "step,lr\n3,0.25\n4,0.25\n999,0.25\n")});
  EXPECT_TRUE(far.rates.empty());
  ASSERT_EQ(far.notes.size(), 1U);
  EXPECT_NE(far.notes[0].find("the rates of all updates of begun do not count, as not all are known of begun + far: "),
            std::string::npos)
      << far.notes[0];
}

TEST(JoinedLogs, AColumnThatIsNamedMayStandInAnyPart) {
  const TemporaryFolder folder;
  const std::string a = (folder.path() / "a").string(), b = (folder.path() / "b").string(), both = a + "+" + b;
  std::ofstream(a) << "step,lr\n1,0.5\n2,0.5\n";
  std::ofstream(b) << "step,nll\n1,4\n2,3\n";
  expect_column(read_log(both, {.columns = {{"nll", "val_loss"}}}), "val_loss", {4.0, 3.0});
  EXPECT_EQ(error_of([&] {
              read_log(both, {.columns = {{"lost", "val_loss"}}});
            }),
            a + " + " + b + ": no column \"lost\", which the options name");
  EXPECT_EQ(error_of([&] {
              read_log(a, {.columns = {{"nll", "val_loss"}}});
            }),
            a + ": no column \"nll\", which the options name; there are step, lr");
}

TEST(WithRates, GivesEveryUpdate) {
  const RunLog log = parse_log("run", "step,lr,loss\n0,,9\n2,0.5,4\n4,0.25,3\n");
  const std::vector<double> rates = {0.5, 0.5, 0.375, 0.125};
  const RunLog given = with_rates(log, rates);
  EXPECT_EQ(densify(given, "lr", 4), rates);
  EXPECT_EQ(densify(given, "lr", 3), (std::vector<double>{0.5, 0.5, 0.375}));
  expect_column(given, "lr", {gap, 0.5, 0.125});
  EXPECT_EQ(given.notes,
            (Names{"lr = 0.25 was logged after step 4; the rate given for that update is 0.125, and counts"}));
  EXPECT_EQ(error_of([&] { with_rates(log, {0.5, 0.5}); }), "lr: has 2 rates, run ends at step 4");
  EXPECT_EQ(error_of([&] { with_rates(log, {0.5, -1, 1, 1}); }), "lr[1] = -1: must be finite and >= 0");
}

TEST(KnownRates, SaysWhyTheyAreNot) {
  EXPECT_EQ(known_rates(parse_log("run", "step,lr\n1,0.5\n2,0.25\n")).lr, (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(known_rates(parse_log("run", "step,loss\n1,2\n")).why_not, "run has no column lr");
  EXPECT_EQ(known_rates(parse_log("run", "step,lr\n0,1\n")).why_not, "run has no update: it ends at step 0");
  EXPECT_EQ(known_rates(parse_log("run", "step,lr\n1,1\n2000000000,1\n")).why_not,
            "run ends at step 2000000000; the rates of at most 1000000000 updates can be held");
  const RunLog sparse = parse_log("run", "step,lr\n1,1\n2,1\n99,1\n");
  EXPECT_NE(known_rates(sparse, {.max_gap = 5}).why_not.find("not logged from step 2 to step 99"), std::string::npos);
  try {
    densify(sparse, "lr", 99, {.max_gap = 5});
    FAIL();
  } catch (const LogGap& gap) {
    EXPECT_EQ(gap.column(), "lr");
    EXPECT_EQ(gap.from(), 2);
    EXPECT_EQ(gap.to(), 99);
    EXPECT_EQ(gap.fields().place->source, "run");
  }
}

}  // namespace
}  // namespace scheduled::testing
