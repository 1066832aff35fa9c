#include "scheduled/forecast.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "forecast/records.hpp"
#include "support/temporary_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

TEST(Sha256, IsThatOfTheStandard) {  // FIPS 180-4's examples
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

Forecast forecast_of_run(const std::string& run, double loss = 3.0) {
  Forecast forecast;
  forecast.run = run;
  forecast.schedule = "linear(steps=100, peak=0.001)";
  forecast.step = 100;
  forecast.loss = {loss, loss - 0.01, loss + 0.01};
  forecast.column = "val_loss";
  forecast.law = "angular";
  forecast.law_hash = sha256("law");
  forecast.data = {{"trunk.csv", sha256("trunk")}};
  forecast.time = "2026-11-27T09:00:00Z";
  return forecast;
}

ForecastScore score_of_run(const std::string& run, double loss) {
  ForecastScore score;
  score.run = run;
  score.loss = loss;
  score.time = "2026-11-28T09:00:00Z";
  return score;
}

class ForecastFile : public testing::Test {
 protected:
  std::string text() const {
    std::ostringstream all;
    all << std::ifstream(book_, std::ios::binary).rdbuf();
    return all.str();
  }
  void write(const std::string& text) const { std::ofstream(book_, std::ios::binary) << text; }
  std::string error() const {
    const std::string whole = error_of([&] { read_forecasts(book_); });
    return whole.starts_with(book_.string()) ? whole.substr(book_.string().size()) : whole;
  }

  TemporaryFolder folder_;
  std::filesystem::path book_ = folder_.path() / "book.jsonl";
};

TEST_F(ForecastFile, OfBeforeIsReadAndGoesOn) {  // before forecasts said how their laws were fitted
  write(
      R"LINE({"forecast":{"run":"a","schedule":"constant(steps=4000, peak=0.001)","step":4000,"loss":{"loss":2.88250979512523,"lower":2.8473422457096653,"upper":2.918111699256586},"column":"val_loss","result":"","law":"bu","law_hash":"63174fde09d2620a9191a2b9f8490ca91aea9f56c9bd38f9874775c7998afef4","data":{"trunk.csv":"784dc1f173d81ce97c3c9d1910e07201d1b431c2be2aebc567adcb4f629b113c"},"time":"2026-11-27T09:00:00Z","note":""},"seal":"7859f0407916eca2dda2dcca3701a3b17c11e3fbfc81ac29082244e30195e109"}
)LINE");
  EXPECT_TRUE(read_forecasts(book_).forecasts.at(0).forecast.how.empty());
  Forecast next = forecast_of_run("b");
  next.how = {{"prior", "1"}, {"run 1", "trunk.csv, steps 50 to 1000"}};
  register_forecast(book_, next);
  EXPECT_EQ(score_forecast(book_, score_of_run("a", 2.827)).forecast.law, "bu");
  EXPECT_EQ(read_forecasts(book_).forecasts.at(1).forecast, next);
}

TEST(Forecast, SaysHowItsLawWasFitted) {
  const Law law{LawKind::bu, 1e-3, 1.0, {2.0, 0.2, 0.1}};
  FitRun run{"trunk", std::vector<double>(1000, 1e-3), {}, {}};
  for (std::int64_t t = 100; t <= 900; t += 100) run.step.push_back(t);
  run.loss = law_curve(law, run.lr, run.step);
  const FittedLaw fitted = fit_law(LawKind::bu, {run}, {.prior = 0.25}).fitted;
  const Forecast made = make_forecast(fitted, Schedule::parse("constant(steps=2000, peak=1e-3)"));
  EXPECT_EQ(made.how.at("prior"), "0.25");
  EXPECT_EQ(made.how.at("run 1"), "trunk, steps 100 to 900");
  EXPECT_EQ(made.how.at("version"), version());
}

TEST_F(ForecastFile, KeepsForecastsAndScores) {
  const SealedForecast a = register_forecast(book_, forecast_of_run("a"));
  register_forecast(book_, forecast_of_run("b", 2.5));
  const SealedForecast scored = score_forecast(book_, score_of_run("a", 3.005));
  EXPECT_EQ(scored.seal, a.seal);
  EXPECT_EQ(*scored.held(), true);
  EXPECT_NEAR(*scored.error(), -0.005, 1e-12);
  const ForecastBook book = read_forecasts(book_);
  ASSERT_EQ(book.forecasts.size(), 2U);
  EXPECT_EQ(book.seals.size(), 3U);
  EXPECT_EQ(book.forecasts[0].forecast, forecast_of_run("a"));
  EXPECT_EQ(*book.forecasts[0].score, *scored.score);
  EXPECT_FALSE(book.forecasts[1].held());
  check_seal(book_, a.seal);
  EXPECT_TRUE(read_forecasts(folder_.path() / "none", true).forecasts.empty());
}

TEST_F(ForecastFile, LinesAreAsDescribed) {
  const SealedForecast a = register_forecast(book_, forecast_of_run("a"));
  const SealedForecast scored = score_forecast(book_, score_of_run("a", 3.005));
  const ForecastBook book = read_forecasts(book_);
  EXPECT_EQ(text(), to_json(forecast::ForecastLine{a.forecast, a.seal}).dump() + "\n" +
                        to_json(forecast::ScoreLine{*scored.score, book.last()}).dump() + "\n");
}

TEST_F(ForecastFile, AnyChangeIsFound) {
  for (const char* const run : {"a", "b", "c"}) register_forecast(book_, forecast_of_run(run));
  score_forecast(book_, score_of_run("b", 3.1));
  const std::string whole = text();
  for (std::size_t at = 0; at < whole.size(); at += 7) {  // a bit anywhere
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    if (changed[at] == '\n' || whole[at] == '\n') continue;
    write(changed);
    EXPECT_NE(error_of([&] { read_forecasts(book_); }), "") << at;
  }
  std::string better = whole;
  better.replace(better.find("\"loss\":3.1"), 10, "\"loss\":3.0");
  write(better);
  EXPECT_EQ(error(),
            ", line 4: its seal does not fit: this line or one before it was changed, taken out or put in after "
            "it was sealed");
  write(whole.substr(whole.find('\n') + 1));  // the first taken out
  EXPECT_EQ(error().substr(0, 36), ", line 1: its seal does not fit: thi");
  const std::string last = read_forecasts([&] {
                             write(whole);
                             return book_;
                           }())
                               .last();
  const std::string cut = whole.substr(0, whole.rfind('\n', whole.size() - 2) + 1);
  write(cut);  // its end can be cut off, but not where the last seal is known
  EXPECT_EQ(read_forecasts(book_).seals.size(), 3U);
  EXPECT_NE(error_of([&] { check_seal(book_, last); }).find("the book was cut or written anew"), std::string::npos);
  write("{\"a\": 1}\n");
  EXPECT_EQ(error(), R"(, line 1: is no line of a book of forecasts: {"forecast": ..., "seal": ...})");
}

TEST_F(ForecastFile, AHalfWrittenLineGoesAway) {
  register_forecast(book_, forecast_of_run("a"));
  const std::string whole = text();
  write(whole + whole.substr(0, 40));
  EXPECT_EQ(read_forecasts(book_).forecasts.size(), 1U);
  register_forecast(book_, forecast_of_run("b"));
  EXPECT_EQ(read_forecasts(book_).forecasts.size(), 2U);
}

TEST_F(ForecastFile, AWholeLineWithoutItsLineBreakCounts) {
  register_forecast(book_, forecast_of_run("a"));
  register_forecast(book_, forecast_of_run("b"));
  write(text().substr(0, text().size() - 1));
  EXPECT_EQ(read_forecasts(book_).forecasts.size(), 2U);
  register_forecast(book_, forecast_of_run("c"));
  EXPECT_EQ(read_forecasts(book_).forecasts.size(), 3U);
}

TEST_F(ForecastFile, OtherFilesStayAsTheyAre) {
  for (const std::string other : {R"({"a":1})", "notes", R"({"forecasts")"}) {
    write(other);
    EXPECT_NE(error_of([&] { register_forecast(book_, forecast_of_run("a")); }).find(", line 1"), std::string::npos);
    EXPECT_EQ(text(), other);
  }
  EXPECT_NE(error_of([] { read_forecasts("/dev/null"); }).find("is not a plain file"), std::string::npos);
  std::filesystem::remove(book_);
  EXPECT_NE(error_of([&] { score_forecast(book_, score_of_run("a", 3.0)); }).find("cannot be written"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(book_));
}

TEST_F(ForecastFile, WhatReadersWouldRefuseIsNotWritten) {
  register_forecast(book_, forecast_of_run("r\xE4"));  // as U+FFFD, like any byte that is no UTF-8
  const std::string before = text();
  EXPECT_NE(error_of([&] { register_forecast(book_, forecast_of_run("r\xF6")); }).find("has a forecast already"),
            std::string::npos);
  Forecast forecast = forecast_of_run("b");
  forecast.data = {{"\xE4", ""}, {"\xF6", ""}};
  EXPECT_NE(error_of([&] { register_forecast(book_, forecast); }), "");
  EXPECT_EQ(text(), before);
  EXPECT_EQ(read_forecasts(book_).forecasts.size(), 1U);
}

TEST_F(ForecastFile, SaysWhatIsNotAllowed) {
  register_forecast(book_, forecast_of_run("a"));
  const std::string before = text();
  EXPECT_EQ(error_of([&] { register_forecast(book_, forecast_of_run("a")); }),
            "run = 'a': has a forecast already, which stays; take another name");
  EXPECT_EQ(error_of([&] { score_forecast(book_, score_of_run("b", 3.0)); }),
            "run = 'b': has no forecast; there are: a");
  Forecast forecast = forecast_of_run("c");
  forecast.time = "today";
  EXPECT_EQ(error_of([&] { register_forecast(book_, forecast); }),
            "time = 'today': must be UTC as 2026-11-27T09:00:00Z");
  for (const char* const time : {"2026-02-29T09:00:00Z", "2026-13-01T09:00:00Z", "2026-11-27T24:00:00Z"}) {
    forecast.time = time;
    EXPECT_NE(error_of([&] { register_forecast(book_, forecast); }).find("must be UTC"), std::string::npos) << time;
  }
  ForecastScore early = score_of_run("a", 3.0);
  early.time = "2026-11-27T08:59:59Z";
  EXPECT_EQ(error_of([&] { score_forecast(book_, early); }),
            "time = '2026-11-27T08:59:59Z': is before the forecast, 2026-11-27T09:00:00Z");
  forecast = forecast_of_run("c");
  forecast.loss.lower = 3.5;
  EXPECT_EQ(error_of([&] { register_forecast(book_, forecast); }), "loss = 3: must lie within its interval");
  forecast.loss.lower = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(error_of([&] { register_forecast(book_, forecast); }),
            "loss = 3: must have an interval, and the losses that the law was fitted to tell none; fit more of them");
  forecast.loss.loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(error_of([&] { register_forecast(book_, forecast); }), "loss = nan: must be finite");
  EXPECT_EQ(text(), before);
  score_forecast(book_, score_of_run("a", 3.0));
  EXPECT_EQ(error_of([&] { score_forecast(book_, score_of_run("a", 2.9)); }),
            "run = 'a': has a result already, 3, which stays");
  EXPECT_NE(error_of([&] { read_forecasts(folder_.path() / "none"); }).find("cannot be read"), std::string::npos);
  EXPECT_NE(error_of([&] { register_forecast(folder_.path(), forecast_of_run("a")); }).find("cannot be written"),
            std::string::npos);
}

TEST_F(ForecastFile, ReportsByLaw) {
  for (int k = 0; k < 4; ++k) {
    Forecast forecast = forecast_of_run("r" + std::to_string(k));
    if (k == 3) forecast.law = "bu";
    register_forecast(book_, forecast);
  }
  score_forecast(book_, score_of_run("r0", 3.004));
  score_forecast(book_, score_of_run("r1", 2.98));
  const ForecastBook book = read_forecasts(book_);
  const ForecastReport report = report_forecasts(std::span(&book, 1));
  ASSERT_EQ(report.laws.size(), 3U);
  EXPECT_EQ(report.laws[0].law, "angular");
  EXPECT_EQ(report.laws[0].forecasts, 3);
  EXPECT_EQ(report.laws[0].scored, 2);
  EXPECT_EQ(*report.laws[0].coverage, 0.5);
  EXPECT_NEAR(*report.laws[0].bias, 0.008, 1e-12);
  EXPECT_NEAR(*report.laws[0].error, 0.012, 1e-12);
  EXPECT_FALSE(report.laws[1].coverage);
  EXPECT_EQ(report.laws[2].law, "");
  EXPECT_EQ(report.laws[2].forecasts, 4);
  const std::vector<ForecastBook> copies{book, book};
  EXPECT_EQ(report_forecasts(copies).laws[2].forecasts, 4);
}

/// Losses by a law at every tenth step, of a constant rate with this peak, so many updates.
OwnRun logged(double peak, std::int64_t steps, std::int64_t until, double off = 0.0) {
  const Law law{LawKind::momentum, 1e-3, 2.0, {2.6, 0.4, 0.5, 0.3, 20.0}};
  const std::vector<double> lr =
      Schedule::parse("linear(steps=" + std::to_string(steps) + ")").with_peak(peak).values();
  OwnRun run;
  run.name = "run " + std::to_string(peak);
  for (std::int64_t t = 10; t <= until; t += 10) run.log.step.push_back(t);
  const std::vector<double> loss = law_curve(law, lr, run.log.step);
  for (std::size_t i = 0; i < loss.size(); ++i) {
    run.log.column["lr"].push_back(lr[static_cast<std::size_t>(run.log.step[i]) - 1]);
    run.log.column["val_loss"].push_back(loss[i] + off);
  }
  return run;
}

TEST(LrSweepOfLogs, RunsThatWereStoppedCount) {
  const std::vector<OwnRun> whole{logged(5e-4, 1000, 1000), logged(1e-3, 1000, 1000), logged(2e-3, 1000, 1000)};
  LrSweepLogOptions options;
  options.plan = Schedule::parse("linear(steps=1000)");
  options.law = LawKind::momentum;
  const LrSweepLogs all = lr_sweep_of_logs(whole, options);
  ASSERT_EQ(all.runs.size(), 3U);
  EXPECT_TRUE(all.notes.empty());
  EXPECT_EQ(all.runs[1].steps, 1000);
  std::vector<OwnRun> stopped = whole;
  stopped[1] = logged(1e-3, 1000, 700);
  const LrSweepLogs found = lr_sweep_of_logs(stopped, options);
  ASSERT_EQ(found.notes.size(), 1U);
  EXPECT_EQ(found.runs[1].steps, 1000);
  EXPECT_NEAR(found.runs[1].loss, all.runs[1].loss, 0.003);
  EXPECT_GT(found.runs[1].spread, 0.0);
  EXPECT_EQ(found.runs[0], all.runs[0]);
  std::vector<OwnRun> rounded = whole;  // the last update but a few is the end
  rounded[0] = logged(5e-4, 1000, 990);
  rounded[0].log.meta["iterations"] = 1000.0;
  EXPECT_EQ(lr_sweep_of_logs(rounded).runs[0].steps, 1000);
  EXPECT_EQ(lr_sweep_of_logs(stopped).runs[1].steps, 700);
  stopped[2].log.not_finite["val_loss"] = 900;
  EXPECT_TRUE(std::isnan(lr_sweep_of_logs(stopped, options).runs[2].loss));
  std::vector<OwnRun> lost = whole;  // diverged, and ended for that
  lost[2] = logged(2e-3, 1000, 500);
  lost[2].log.not_finite["val_loss"] = 510;
  lost[2].log.not_finite_steps["val_loss"] = {510, 520};
  EXPECT_EQ(lr_sweep_of_logs(lost).runs[2].steps, 1000);
  options.plan = Schedule::parse("linear(steps=500)");
  EXPECT_NE(error_of([&] { lr_sweep_of_logs(whole, options); }).find("ends before step 1000"), std::string::npos);
}

TEST(LrSweepOfLogs, WholeRunsOfShorterHorizonsAreNotTakenForStoppedOnes) {
  LrSweepLogOptions options;
  options.plan = Schedule::parse("linear(steps=1000)");
  options.law = LawKind::momentum;
  std::vector<OwnRun> runs{logged(5e-4, 1000, 1000), logged(1e-3, 500, 500), logged(2e-3, 1000, 1000)};
  const LrSweepLogs found = lr_sweep_of_logs(runs, options);
  EXPECT_EQ(found.runs[1].steps, 500);
  EXPECT_EQ(found.runs[1].loss, runs[1].log.column["val_loss"].back());
  EXPECT_EQ(found.runs[1].spread, 0.0);
  ASSERT_EQ(found.notes.size(), 1U);
  EXPECT_NE(found.notes[0].find("; counts as a whole run of 500 steps"), std::string::npos) << found.notes[0];
  runs[1] = logged(1e-3, 500, 300);  // neither the plan's nor at an end
  EXPECT_NE(error_of([&] { lr_sweep_of_logs(runs, options); }).find("its rates are others from step "),
            std::string::npos);
}

}  // namespace
}  // namespace scheduled
