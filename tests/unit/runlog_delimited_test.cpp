#include "fuzz/targets.hpp"
#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

using Steps = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

TEST(Delimited, ReadsTheThreeSeparators) {
  for (const std::string separator : {",", ";", "\t"}) {
    std::string text = "step|lr|loss|val_loss\n0|||10.5\n10|1e-3|4.25|\n";
    for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|')) text.replace(at, 1, separator);
    const RunLog log = parse_log("run.csv", text);
    EXPECT_EQ(log.name, "run.csv");
    EXPECT_EQ(log.step, (Steps{0, 10}));
    EXPECT_EQ(names(log), (Names{"lr", "train_loss", "val_loss"}));
    expect_column(log, "lr", {gap, 1e-3});
    expect_column(log, "train_loss", {gap, 4.25});
    expect_column(log, "val_loss", {10.5, gap});
    EXPECT_TRUE(log.meta.empty());
  }
}

TEST(Delimited, RefusesNegativeRatesAndGradNorms) {
  EXPECT_EQ(error_of([] { parse_log("run.csv", "step,lr,val_loss\n1,1e-3,4\n5,-1e-3,3\n"); }),
            "run.csv, line 3: lr = -0.001: must be >= 0");
  EXPECT_EQ(error_of([] { parse_log("run.csv", "step,loss,grad_norm\n1,4,-2\n"); }),
            "run.csv, line 2: grad_norm = -2: must be >= 0");
}

TEST(Delimited, TakesWhatProgramsWrite) {
  const RunLog windows = parse_log("run.csv", "\xef\xbb\xbfstep,loss\r\n1,2.5\r\n2,2.25\r\n\r\n\r\n");
  EXPECT_EQ(windows.step, (Steps{1, 2}));
  const RunLog frame = parse_log("run.csv", ",step,loss\n0,1.0,2.5\n1,2e0,+2.25");
  EXPECT_EQ(frame.step, (Steps{1, 2}));
  EXPECT_EQ(names(frame), (Names{"train_loss"}));
  const RunLog numpy = parse_log("run.csv", "# step,lr,loss\n1,0.5,2.5\n2,0.25,2.25\n");
  EXPECT_EQ(numpy.step, (Steps{1, 2}));
  const RunLog spaced = parse_log("run.csv", "\n\n step ; loss \n 1 ; 2.5 \n\n2; 2.25\n");
  EXPECT_EQ(spaced.step, (Steps{1, 2}));
  const RunLog quotes =
      parse_log("run.csv", "\"step\",\"a \"\"b\"\", c\",note,\"loss\"\n1,\"2\",\"x\ny,\", \"3\" \n2,3,,4");
  EXPECT_EQ(names(quotes), (Names{"a \"b\", c", "train_loss"}));
  expect_column(quotes, "a \"b\", c", {2.0, 3.0});
  expect_column(quotes, "train_loss", {3.0, 4.0});
}

TEST(Delimited, ALastLineWithoutItsBreakIsNotedAndLeftOutWhereItMayBeCut) {
  const std::string rows = "step,lr,loss\n1,1e-3,2.71\n2,1e-3,2.65\n";
  for (const char* const cut : {"3", "3,", "3,1e-3", "3,1e-3,", "3,1e-3,2", "3,1e-3,2."}) {
    const RunLog log = parse_log("run.csv", rows + cut);
    EXPECT_EQ(log.step, (Steps{1, 2})) << cut;
    ASSERT_EQ(log.notes.size(), 1U) << cut;
    EXPECT_EQ(log.notes[0], "the last line has no line break: it may have been cut off, and is left out");
  }
  const RunLog whole = parse_log("run.csv", rows + "3,1e-3,2.63");
  EXPECT_EQ(whole.step, (Steps{1, 2, 3}));
  EXPECT_EQ(whole.notes.at(0), "the last line has no line break: the file may have been cut off there");
  EXPECT_TRUE(parse_log("run.csv", rows).notes.empty());
  EXPECT_TRUE(parse_log("run.csv", rows + "\n  \n").notes.empty());
  EXPECT_EQ(parse_log("run.csv", "step,loss\n1,2").step, (Steps{1})) << "nothing to compare it with";
  const RunLog decayed = parse_log("run.csv", "step,loss,lr\n10,3.2,1e-3\n20,3.1,5e-4\n30,3.0,0");
  EXPECT_EQ(decayed.step, (Steps{10, 20, 30})) << "0 is a whole number, however short";
  EXPECT_EQ(parse_log("run.csv", "step,loss,left\n1,3.5,10\n2,3.25,9").step, (Steps{1, 2})) << "whole numbers";
}

TEST(Delimited, TakesUsualNamesBestFirst) {
  const RunLog log = parse_log("run.csv", "iter,learning_rate,loss,eval_loss,gradient_norm,tokens\n1,2,3,4,5,6\n");
  EXPECT_EQ(names(log), (Names{"grad_norm", "lr", "tokens", "train_loss", "val_loss"}));
  const RunLog chosen = parse_log("run.csv", "iter,loss,smooth\n1,2,3\n", {.columns = {{"smooth", "train_loss"}}});
  expect_column(chosen, "train_loss", {3.0});
  expect_column(chosen, "loss", {2.0});
}

TEST(Delimited, LeavesOutColumnsOfText) {
  const RunLog log = parse_log("run.csv", "step,loss,note,phase,ratio\n1,2,,warmup,nan\n2,2,x,3,1\n");
  EXPECT_EQ(names(log), (Names{"ratio", "train_loss"}));
  EXPECT_EQ(parse_error("run.csv", "step,loss,note\n1,2,\n2,2,x\n", {.columns = {{"note", "val_loss"}}}),
            "run.csv, line 3: note = \"x\": must be a finite number");
}

TEST(Delimited, NamesLineAndColumnOfABadCell) {
  const auto error = [](const std::string& rows) { return parse_error("run.csv", "step,lr,loss\n" + rows); };
  EXPECT_EQ(error("1,0.1,2\n2,0.1,high"), "run.csv, line 3: loss = \"high\": must be a finite number");
  EXPECT_EQ(error("1,nan,2\n"), "run.csv, line 2: lr = nan: must be a finite number");
  EXPECT_EQ(error("1,-inf,2\n"), "run.csv, line 2: lr = -inf: must be a finite number");
  EXPECT_EQ(error("1,1e999,2\n"), "run.csv, line 2: lr = \"1e999\": must be a finite number");
  EXPECT_EQ(error("1,0x1,2\n"), "run.csv, line 2: lr = \"0x1\": must be a finite number");
  EXPECT_EQ(error("\n\n1,\"0\n1\",2\n2,1,?\n"), "run.csv, line 4: lr = \"0\\x0a1\": must be a finite number");
  EXPECT_EQ(parse_error("run.csv", "step,note,loss\n1,\"\n\",2\n2,1,?\n"),
            "run.csv, line 4: loss = \"?\": must be a finite number");
  EXPECT_EQ(parse_error("run.csv", "step;loss\n1;0,5\n"), "run.csv, line 2: loss = \"0,5\": must be a finite number");
}

TEST(Delimited, NamesWrongSteps) {
  const auto error = [](const std::string& rows) { return parse_error("run.csv", "step,loss\n" + rows); };
  const std::string must = ": must be a whole number >= 0 and <= 2^53";
  EXPECT_EQ(error("1.5,2\n"), "run.csv, line 2: step = 1.5" + must);
  EXPECT_EQ(error("1,2\n-3,2\n"), "run.csv, line 3: step = -3" + must);
  EXPECT_EQ(error("9007199254740994,2\n"), "run.csv, line 2: step = 9007199254740994" + must);
  EXPECT_EQ(error("nan,2\n"), "run.csv, line 2: step = nan" + must);
  EXPECT_EQ(error("one,2\n"), "run.csv, line 2: step = \"one\"" + must);
  EXPECT_EQ(parse_log("run.csv", "step,loss\n1,2\n,2\n").notes,
            (Names{"1 row has no step, and is left out (first: line 3)"}));
  EXPECT_EQ(error("9007199254740992,2\n"), "no error");
}

TEST(Delimited, RepeatedSteps) {
  const ReadOptions strict = {.restarts = Restarts::error};
  const std::string backwards = "step,loss\n1,4\n3,2\n2,3\n";
  EXPECT_EQ(parse_error("run.csv", backwards, strict),
            "run.csv, line 4: step = 2: steps must not go backwards (after 3)");
  const std::string repeated = "step,loss\n1,4\n1,2\n2,3\n";
  EXPECT_EQ(parse_error("run.csv", repeated, strict), "run.csv, line 3: loss = 2: step 1 has a value already");
  expect_column(parse_log("run.csv", backwards), "train_loss", {4.0, 3.0});
  expect_column(parse_log("run.csv", backwards, {.restarts = Restarts::keep_first}), "train_loss", {4.0, 2.0});
  expect_column(parse_log("run.csv", repeated), "train_loss", {2.0, 3.0});
  expect_column(parse_log("run.csv", repeated, {.restarts = Restarts::keep_first}), "train_loss", {4.0, 3.0});
  const ReadOptions average = {.restarts = Restarts::average};
  expect_column(parse_log("run.csv", backwards, average), "train_loss", {4.0, 3.0, 2.0});
  expect_column(parse_log("run.csv", repeated, average), "train_loss", {3.0, 3.0});
  EXPECT_NE(parse_log("run.csv", repeated, average).notes.at(0).find("the average counts"), std::string::npos);
}

TEST(Delimited, RowsSortedNewestFirstAreSortedAgain) {
  std::string newest_first = "step,lr,loss\n", unsorted = "step,loss\n", from_scratch = "step,loss\n";
  for (int step = 1000; step >= 10; step -= 10)
    newest_first += std::to_string(step) + ",0.5," + std::to_string(step) + "\n";
  for (int k = 0; k < 100; ++k) unsorted += std::to_string(37 * k % 101) + ",2\n";
  for (int k = 0; k < 300; ++k) from_scratch += std::to_string(k % 100) + ",2\n";
  const RunLog log = parse_log("run.csv", newest_first);
  ASSERT_EQ(log.rows(), 100U);
  EXPECT_EQ(log.step.front(), 10);
  for (std::size_t row = 0; row < 100; ++row) EXPECT_EQ(log.at("train_loss")[row], static_cast<double>(log.step[row]));
  EXPECT_EQ(log.notes, (Names{"steps fall from row to row: taken in the order of steps"}));
  EXPECT_EQ(log.restarts, 0);
  EXPECT_EQ(log.left_out, 0);
  EXPECT_EQ(parse_log("run.csv", newest_first, {.restarts = Restarts::keep_last}).rows(), 1U) << "as it was asked";
  std::string apart = "step,loss,val_loss\n";  // results of one step in two rows
  for (int step = 100; step >= 1; --step) {
    apart += std::to_string(step) + ",3,\n" + std::to_string(step) + ",,4\n";
  }
  EXPECT_EQ(parse_log("run.csv", apart).rows(), 100U);
  EXPECT_NE(parse_error("run.csv", unsorted).find("would be left out: sort the rows, or say with --restarts"),
            std::string::npos);
  EXPECT_EQ(parse_log("run.csv", unsorted, {.restarts = Restarts::average}).rows(), 100U);
  EXPECT_EQ(parse_log("run.csv", from_scratch).left_out, 200) << "two restarts, not another order";
}

TEST(Delimited, LateRowsOfAnotherColumnAreNoRestart) {
  const RunLog log = parse_log("run.csv", "step,loss,val_loss\n10,4,\n20,3,\n10,,5\n30,2,\n20,,4\n");
  EXPECT_EQ(log.step, (Steps{10, 20, 30}));
  expect_column(log, "train_loss", {4.0, 3.0, 2.0});
  expect_column(log, "val_loss", {5.0, 4.0, gap});
  EXPECT_TRUE(log.notes.empty());
}

TEST(Delimited, EqualValuesAndColumnsThatNobodyNeedsNeverBlock) {
  const RunLog log = parse_log("run.csv", "step,epoch,loss\n10,0,4\n10,0,4\n20,0,3\n20,1,3\n");
  expect_column(log, "train_loss", {4.0, 3.0});
  expect_column(log, "epoch", {0.0, 1.0});
  EXPECT_TRUE(log.notes.empty());
}

TEST(Delimited, RowsOfOneStepThatLogDifferentColumnsAreOne) {
  const RunLog log = parse_log("run.csv", "step,loss,val_loss\n1,4,\n1,,5\n2,3,\n");
  EXPECT_EQ(log.step, (Steps{1, 2}));
  expect_column(log, "train_loss", {4.0, 3.0});
  expect_column(log, "val_loss", {5.0, gap});
}

TEST(Delimited, NamesWhatIsNotALog) {
  EXPECT_EQ(parse_error("run.csv", ""), "run.csv: empty");
  EXPECT_EQ(parse_error("run.csv", "\xef\xbb\xbf \r\n\n"), "run.csv: empty");
  EXPECT_EQ(parse_error("run.csv", "step\n1\n"), "run.csv: no column of numbers besides the step");
  EXPECT_EQ(parse_error("run.csv", "step,note\n1,a\n"), "run.csv: no column of numbers besides the step");
  EXPECT_EQ(parse_error("run.csv", "step,loss\n"), "run.csv: has no rows");
  EXPECT_EQ(
      parse_error("run.csv", "1,0.5\n2,0.5\n"),
      "run.csv: not a training log: no column step, iter or iteration; there are 1, 0.5; --columns NAME=step names it");
  EXPECT_EQ(parse_error("run.csv", "a,b,c,d,e,f,g,h,i,j,k,l,m,n\n"),
            "run.csv: not a training log: no column step, iter or iteration; "
            "there are a, b, c, d, e, f, g, h, i, j, k, l and 2 more; --columns NAME=step names it");
  EXPECT_EQ(parse_error("run.png", std::string("\x89PNG\x0d\x0a\x1a\x0a\0", 9)), "run.png: no log: a PNG picture");
  EXPECT_EQ(parse_error("run.bin", std::string("\x01\x02\0", 3)),
            "run.bin: a binary file of no known format (it begins \"\\x01\\x02\\x00\")");
  EXPECT_EQ(parse_error("README.md", "# Results, and what they mean\n\nStep 1\n"),
            "README.md: no log: a Markdown text");
  EXPECT_EQ(parse_error("run.db", "SQLite format 3"),
            "run.db: no log: an SQLite database, as Trackio, Aim and MLflow keep runs in: export the run as CSV");
  EXPECT_EQ(parse_error("run.csv", "opt,loss\n1,3\n2,2\n"),
            "run.csv: not a training log: no column step, iter or iteration; there are opt, loss; opt counts up: "
            "--columns opt=step says that it is the step");
  for (const std::string other : {"tokens", "Samples_Seen", "loss", "lr"}) {  // they count up, and are no steps
    const std::string error = parse_error("run.csv", other + ",x\n1,3\n2,2\n");
    EXPECT_NE(error.find("; --columns NAME=step names it"), std::string::npos) << error;
  }
  EXPECT_NE(parse_error("notes.txt", "went well\nso far\n").find("text of no known format (history, hf, "),
            std::string::npos);
  for (const std::string text :
       {"2025-03-02 05:16:20,348 - INFO - Epoch 1\n2025-03-02 05:16:20,962 - INFO - loss: 12, 3\n",
        "[2025-03-02 05:16:20,348][x] {\"loss\": \"1\"}, 2\n"}) {
    EXPECT_NE(parse_error("train.log", text).find("text of no known format (history, hf, "), std::string::npos) << text;
  }
  EXPECT_EQ(parse_error("run.csv", "step,loss,loss\n1,2,3\n"), "run.csv: column loss appears twice");
}

TEST(Delimited, NamesTheLineOfBrokenRows) {
  EXPECT_EQ(parse_error("run.csv", "step,lr,loss\n1,2,3\n2,3\n"),
            "run.csv, line 3: has 2 cells, the header line has 3");
  EXPECT_EQ(parse_error("run.csv", "step,loss\n1,2,\n"), "run.csv, line 2: has 3 cells, the header line has 2");
  EXPECT_EQ(parse_error("run.csv", "step,loss\n1,2\n2,\"3\n3,4\n"),
            "run.csv, line 3: truncated at byte 23 (the line opens quotes that nothing closes)");
  EXPECT_EQ(parse_error("run.csv", "step,loss\n1,\"2\"5\n"), "run.csv, line 2: \"5\" after closing quotes");
}

TEST(Delimited, PrintedLogsReadBackAsThemselves) {
  RunLog log = parse_log("run.csv", "step,lr,loss,odd name\n0,,10.929,\n7,1e-300,0.1,-0\n9007199254740992,5e-324,,3\n");
  const RunLog again = parse_log("run.csv", fuzz::print_csv(log));
  EXPECT_TRUE(fuzz::same(again, log));
  EXPECT_EQ(names(again), names(log));
}

TEST(Delimited, LossesAndNormsThatAreNotFiniteAreNotLogged) {
  const RunLog log =
      parse_log("run.csv", "step,lr,grad_norm,val_loss\n1,0.5,2,NA\n2,0.5,nan,\n3,0.5,-inf,4\n4,0.5,1,None\n");
  expect_column(log, "grad_norm", {2, gap, gap, 1});
  expect_column(log, "val_loss", {gap, gap, 4, gap});
  EXPECT_EQ(log.notes, (Names{"grad_norm is nan or the like in 2 rows, first at step 2: taken as not logged",
                              "val_loss is NA or the like in 2 rows, first at step 1: taken as not logged"}));
  EXPECT_EQ(parse_error("run.csv", "step,lr,grad_norm\n1,nan,2\n"),
            "run.csv, line 2: lr = nan: must be a finite number");
  EXPECT_EQ(parse_error("run.csv", "step,grad_norm\n1,nan\n2,much\n"),
            "run.csv, line 3: grad_norm = \"much\": must be a finite number");
}

TEST(Delimited, UsualNamesOfManyPrograms) {
  const auto log = [](const std::string& header) { return parse_log("run.csv", header + "\n1,2,3,4,5\n"); };
  for (const std::string header :
       {"global_step,train/learning_rate,train/loss,eval/loss,train/grad_norm", "Iteration,LR,Loss,Valid_Loss,gnorm",
        "trainer/global_step,lr-AdamW/pg1,train_loss_step,val/loss,grad_norm",
        "_step,optim/lr,loss/train,loss/val,optim/total_grad_norm",
        "iteration,learning rate,lm loss,validation/loss,grad norm"}) {
    const RunLog read = log(header);
    EXPECT_EQ(read.step, (Steps{1})) << header;
    EXPECT_EQ(names(read), (Names{"grad_norm", "lr", "train_loss", "val_loss"})) << header;
    EXPECT_EQ(read.at("lr")[0], 2.0) << header;
  }
  // One that was logged is better than the best name of one that was not.
  expect_column(parse_log("run.csv", "step,train_loss,loss\n1,,4\n2,,3\n"), "train_loss", {4.0, 3.0});
}

TEST(Columns, AreReadFromText) {
  using Columns = std::map<std::string, std::string>;
  EXPECT_EQ(parse_columns(""), Columns{});
  EXPECT_EQ(parse_columns("a=step,b=lr"), (Columns{{"a", "step"}, {"b", "lr"}}));
  EXPECT_EQ(parse_columns("peak=1e-3, seed=1 - lr=lr,b=loss=train_loss"),
            (Columns{{"peak=1e-3, seed=1 - lr", "lr"}, {"b=loss", "train_loss"}}));
  EXPECT_EQ(error_of([] { parse_columns("a=stepp"); }),
            "columns = a=stepp: must be step, lr, train_loss, val_loss, grad_norm or tokens; did you mean 'step'?");
  EXPECT_EQ(error_of([] { parse_columns("Loss=loss"); }),
            "columns = Loss=loss: must be step, lr, train_loss, val_loss, grad_norm or tokens; did you mean "
            "'train_loss'?");
  EXPECT_EQ(error_of([] { parse_columns("step"); }), "columns = step: must be SOURCE=STANDARD, e.g. loss=train_loss");
  EXPECT_EQ(parse_columns("=step,b=lr"), (Columns{{"", "step"}, {"b", "lr"}})) << "a column may have no name";
}

TEST(Columns, OfOneNameAreLeftOutHoweverManyThereAre) {
  std::string header = "step", row = "1";
  for (int k = 0; k < 40; ++k) {
    header += ",c" + std::to_string(k) + ",c" + std::to_string(k);
    row += ",1,2";
  }
  const RunLog log = parse_log("log", header + "\n" + row + "\n");
  EXPECT_EQ(log.column.size(), 40U);
  EXPECT_EQ(log.notes.size(), 40U);
  for (const auto& [name, values] : log.column) EXPECT_EQ(values.front(), 1.0) << name;
}

TEST(Delimited, AnIndexWithoutANameMayBeTheStep) {
  const char* const text = ",loss,val_loss\n0,2.5,2.25\n1,2.0,2.125\n";  // a data frame with its index
  EXPECT_EQ(
      error_of([&] { parse_log("frame.csv", text); }),
      "frame.csv: not a training log: no column step, iter or iteration; there are \"\", loss, val_loss; the column "
      "without a name counts up: --columns =step says that it is the step");
  const RunLog log = parse_log("frame.csv", text, {.columns = parse_columns("=step"), .step_offset = 1});
  EXPECT_EQ(log.step, (std::vector<std::int64_t>{1, 2}));
  expect_column(log, "train_loss", {2.5, 2.0});
}

}  // namespace
}  // namespace scheduled::testing
