// A log line by line gives the updates that the whole log gives.
#include "scheduled/runlog.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace scheduled {
namespace {

/// All lines of `text` into `stream`.
std::vector<UpdateRates> updates_of(LogStream& stream, const std::string& text) {
  std::vector<UpdateRates> updates;
  std::int64_t next = -1;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    for (const UpdateStretch& stretch : stream.push(std::string_view(text).substr(begin, end - begin))) {
      EXPECT_EQ(stretch.first, next >= 0 ? next : stretch.first) << "no update is missing or comes twice";
      next = stretch.first + stretch.count;
      for (std::int64_t k = 0; k < stretch.count; ++k) updates.push_back(stretch.at(k));
    }
    begin = end + 1;
  }
  return updates;
}

std::string error_of(const std::string& text, LogStreamOptions options = {}) {
  LogStream stream("run", std::move(options));
  try {
    updates_of(stream, text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

TEST(LogStream, BareLines) {
  LogStream stream("run");
  const auto updates = updates_of(stream, "# lr grad_norm\n0.1 2\n\n 0.2\t3 \r\n0.3,4\n0 , 5\n");
  EXPECT_EQ(updates, (std::vector<UpdateRates>{{0.1, 2.0}, {0.2, 3.0}, {0.3, 4.0}, {0.0, 5.0}}));
  EXPECT_EQ(stream.step(), 4);
  EXPECT_EQ(stream.lines(), 6);
  EXPECT_TRUE(stream.bare());
}

TEST(LogStream, GivesWhatDensifyGives) {
  std::string csv = "step,lr,loss,grad_norm\n";
  std::string json;
  for (const int step : {2, 5, 9, 12, 20}) {
    const std::string lr = std::to_string(0.1 * step);
    const std::string norm = std::to_string(3.0 / step);
    csv += std::to_string(step) + "," + lr + ",3," + norm + "\n";
    json += "{\"step\": " + std::to_string(step) + ", \"lr\": " + lr + ", \"grad_norm\": " + norm + "}\n";
    json += "{\"step\": " + std::to_string(step) + ", \"val_loss\": 2}\n";
  }
  for (const std::int64_t warmup : {0, 2}) {
    for (const std::string& text : {csv, json}) {
      const RunLog log = parse_log("run", text);
      const auto lr = densify(log, "lr", 20, {.warmup = warmup, .max_gap = 0});
      const auto norm = densify(log, "grad_norm", 20);
      LogStream stream("run", {.read = {}, .done = 0, .warmup = warmup, .max_gap = 0});
      const auto updates = updates_of(stream, text);
      ASSERT_EQ(updates.size(), lr.size());
      for (std::size_t k = 0; k < lr.size(); ++k) {
        EXPECT_EQ(updates[k].lr, lr[k]) << k;
        EXPECT_EQ(updates[k].grad_norm, norm[k]) << k;
      }
    }
  }
}

TEST(LogStream, WhatIsDoneIsNotGivenAgain) {
  const std::string text = "step,lr\n10,0.1\n20,0.2\n30,0.3\n";
  LogStream all("run");
  const auto expected = updates_of(all, text);
  for (const std::int64_t done : {1, 9, 10, 15, 20, 29, 30}) {
    LogStream rest("run", {.read = {}, .done = done, .warmup = 0, .max_gap = 0});
    const auto updates = updates_of(rest, text);
    ASSERT_EQ(updates.size(), expected.size() - static_cast<std::size_t>(done));
    for (std::size_t k = 0; k < updates.size(); ++k) {
      EXPECT_NEAR(updates[k].lr, expected[k + static_cast<std::size_t>(done)].lr, 1e-16) << done;
    }
  }
  LogStream bare("run", {.read = {}, .done = 7, .warmup = 0, .max_gap = 0});
  EXPECT_EQ(bare.push("0.5").front().first, 8);
}

TEST(LogStream, ColumnsByOtherNames) {
  LogStreamOptions options;
  options.read.columns = {{"global_step", "step"}, {"learning_rate_0", "lr"}};
  LogStream stream("run", options);
  EXPECT_TRUE(stream.push(R"({"global_step": 1, "val_loss": 3})").empty());
  EXPECT_EQ(stream.push(R"({"global_step": 2, "learning_rate_0": 0.5})").front().last.lr, 0.5);
  options.read.columns = {{"global_step", "step"}};
  EXPECT_EQ(error_of("step,lr\n1,2\n", options),
            "run, line 2: no column \"global_step\", which the options name; "
            "there are step, lr");
}

TEST(LogStream, AColumnThatIsEmptyInALineIsNotReplacedByAnother) {
  const std::string text = "step,lr,lr_factor\n0,,1\n1,0.5,2\n2,,3\n3,0.25,4\n";
  LogStream stream("run");
  const auto updates = updates_of(stream, text);
  ASSERT_EQ(updates.size(), 3U);
  EXPECT_EQ(updates.front().lr, 0.5);
  EXPECT_EQ(updates[1].lr, 0.375);
  EXPECT_EQ(updates.back().lr, 0.25);
}

TEST(LogStream, RatesStayThoseOfOneColumn) {
  LogStream stream("run");
  const auto updates = updates_of(stream,
                                  "{\"step\": 1, \"lr-Adam\": 0.5}\n{\"step\": 2, \"lr-SGD\": 7}\n"
                                  "{\"step\": 2, \"lr-Adam\": 0.25}\n{\"step\": 3, \"lr-SGD\": 7}\n");
  ASSERT_EQ(updates.size(), 2U);
  EXPECT_EQ(updates[0].lr, 0.5);
  EXPECT_EQ(updates[1].lr, 0.25);
  // What a refused line holds is not kept.
  LogStream other("run");
  EXPECT_THROW(other.push("{\"step\": 5, \"lr-Adam\": -1}"), ArgumentError);
  EXPECT_EQ(other.push("{\"step\": 6, \"lr-SGD\": 0.5}").back().last.lr, 0.5);
}

TEST(LogStream, ErrorsNameTheLine) {
  EXPECT_EQ(error_of("0.1\nx\n"), "run, line 2: lr = \"x\": must be a number");
  EXPECT_EQ(error_of("0.1\n0.1 1 2\n"), "run, line 2: must be \"lr\" or \"lr grad_norm\", but has more words");
  EXPECT_EQ(error_of("0.1\n0.1,,1\n"), "run, line 2: must be \"lr\" or \"lr grad_norm\", but has more words");
  EXPECT_EQ(error_of("0.1\n0.1,\n"), "run, line 2: grad_norm = \"\": must be a number");
  EXPECT_EQ(error_of("0.1\n-0.1\n"), "run, line 2: lr = -0.1: must be finite and >= 0");
  EXPECT_EQ(error_of("nan\n"), "run, line 1: lr = nan: must be finite and >= 0");
  EXPECT_EQ(error_of("1 inf\n"), "run, line 1: grad_norm = inf: must be finite and >= 0");
  EXPECT_EQ(error_of("1 1\n1\n"), "run, line 2: grad_norm: is missing");
  EXPECT_EQ(error_of("1\n1 1\n"), "run, line 2: grad_norm: the lines before have none");
  EXPECT_EQ(error_of("step,lr\n1,0.1\n2\n"), "run, line 3: has 1 cells, the header line has 2");
  EXPECT_EQ(error_of("step,lr\n1,0.1\n2,x\n"), "run, line 3: lr = \"x\": must be a finite number");
  EXPECT_EQ(error_of("step,lr\n1,0.1\n1,0.1\n"), "run, line 3: step = 1: must be above the step before it, 1");
  EXPECT_EQ(error_of("step,loss\n1,0.1\n"), "run, line 2: lr: there is no such column");
  EXPECT_EQ(error_of("lr,loss\n1,0.1\n"),
            "run, line 2: not a training log: no column step, iter or iteration; there are lr, loss; --columns "
            "NAME=step names it");
  EXPECT_EQ(error_of("{\"step\":1,\"lr\":1}\n{\"step\":2,\"lr\":NaN}\n"),
            "run, line 2: lr = NaN: must be a finite number");
  EXPECT_EQ(error_of("{\n  \"history\": {}\n}\n"), "run, line 1: the object does not end on its line");
  EXPECT_EQ(error_of("step,lr\n3e9,0.1\n"), "run, line 2: step = 3000000000: must be at most 1000000000");
  EXPECT_EQ(error_of("step,lr\n1,1\n2,1\n3,1\n4,1\n50,1\n"),
            "run, line 6: lr: not logged from step 4 to step 50, 46 steps; the longest gap to bridge is 10");
  EXPECT_EQ(error_of("step,lr\n1,1\n2,1\n3,1\n4,1\n50,1\n", {.read = {}, .done = 0, .warmup = 0, .max_gap = 46}),
            "none");
  EXPECT_EQ(error_of("step,lr\n5,1\n", {.read = {}, .done = 0, .warmup = 6, .max_gap = 0}),
            "run, line 2: step = 5: the first logged step is within the unlogged warmup of 6 steps");
  EXPECT_THROW(LogStream("run", {.read = {}, .done = -1, .warmup = 0, .max_gap = 0}), std::invalid_argument);
}

TEST(LogStream, WhatProgramsPrint) {
  LogStream stream("run");
  const auto updates =
      updates_of(stream, "s:0 tel:11.0\ns:0 trl:11 lr:0.5 norm:9\nsaved a checkpoint\ns:1 trl:10 lr:0.25 norm:8\n");
  EXPECT_EQ(updates, (std::vector<UpdateRates>{{0.5, 9.0}, {0.25, 8.0}}));
  LogStreamOptions options;
  options.read.patterns = {"at {step}:", "rate {lr}"};
  LogStream own("run", options);
  EXPECT_EQ(updates_of(own, "begin\nat 1: rate 0.5\nat 2: rate 0.25\n").size(), 2U);
  options.read.patterns.clear();
  options.read.format = "hf";
  EXPECT_EQ(error_of("1\n", options), "format = hf: cannot be read line by line, as it grows");
}

TEST(LogStream, ALineThatIsRefusedChangesNothing) {
  LogStream stream("run");
  stream.push("0.1 1");
  EXPECT_THROW(stream.push("0.1"), std::invalid_argument);
  const auto next = stream.push("0.3 2");
  EXPECT_EQ(next.front().first, 2);
  EXPECT_EQ(next.front().at(0), (UpdateRates{0.3, 2.0}));
}

LogStreamOptions with_given(double logged_peak = 4.0) {
  return {.lr = GivenRates{[](std::int64_t update) { return 4.0 - 0.125 * static_cast<double>(update * update); },
                           logged_peak}};
}

/// LR and grad norm of all updates, as the stream has them.
std::vector<UpdateRates> given_updates(LogStream& stream, const std::string& text) {
  std::vector<UpdateRates> all;
  for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
    for (const UpdateStretch& stretch :
         stream.push(std::string_view(text).substr(begin, text.find('\n', begin) - begin))) {
      for (std::int64_t k = 0; k < stretch.count; ++k) all.push_back(stream.rates(stretch, k));
    }
  }
  return all;
}

TEST(LogStream, GivenRatesAreThoseOfEveryUpdate) {
  LogStream stream("run", with_given());
  const auto updates = given_updates(stream, "step,loss,grad_norm\n0,9,\n2,8,2\n2,7.5,\n4,7,4\n5,6,\n");
  EXPECT_EQ(updates, (std::vector<UpdateRates>{{3.875, 2.0}, {3.5, 2.0}, {2.875, 3.0}, {2.0, 4.0}}))
      << "no line between rows; norms as without given rates; rows without a norm do not count";
  EXPECT_TRUE(stream.difference().empty());
  LogStream losses("run", with_given());
  EXPECT_EQ(given_updates(losses, "{\"step\":1,\"loss\":3}\n{\"step\":1,\"val_loss\":3}\n{\"step\":2,\"loss\":2}\n"),
            (std::vector<UpdateRates>{{3.875, std::nullopt}, {3.5, std::nullopt}}));
}

TEST(LogStream, GivenRatesAreComparedWithLoggedOnes) {
  LogStream stream("run", with_given());
  given_updates(stream, "step,lr\n1,3.9\n2,3.25\n3,1\n");
  EXPECT_EQ(stream.difference(),
            "lr = 3.25 was logged after step 2; the rate given for that update is 3.5, and counts");
  EXPECT_EQ(error_of("0.5\n", with_given()),
            "run, line 1: lr: is given for all updates; a bare line is a rate, without a step");
}

TEST(LogStream, NormsMayBeLeftOut) {
  LogStream stream("run", {.grad_norms = false});
  EXPECT_EQ(updates_of(stream, "step,lr,grad_norm\n1,1,\n2,1,nan\n3,1,2\n"),
            (std::vector<UpdateRates>{{1.0, std::nullopt}, {1.0, std::nullopt}, {1.0, std::nullopt}}));
  LogStream bare("run", {.grad_norms = false});
  EXPECT_EQ(updates_of(bare, "0.5 2\n0.5\n"), (std::vector<UpdateRates>{{0.5, std::nullopt}, {0.5, std::nullopt}}));
}

TEST(LogStream, AnEarlyNormIsNoneOfTheStateBeforeTraining) {
  LogStream stream("run");
  EXPECT_EQ(updates_of(stream, "step,lr,grad_norm\n0,1,\n2,1,3\n"), (std::vector<UpdateRates>{{1.0, 3.0}, {1.0, 3.0}}));
}

}  // namespace
}  // namespace scheduled
