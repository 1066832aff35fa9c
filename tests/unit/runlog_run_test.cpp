// Runs of several files, their names, and the bound along them.
#include <filesystem>
#include <fstream>

#include "scheduled/along.hpp"
#include "scheduled/design.hpp"
#include "support/temporary_folder.hpp"
#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

using Names = std::vector<std::string>;
using Steps = std::vector<std::int64_t>;

class Runs : public ::testing::Test {
 protected:
  std::string write(const char* name, const std::string& text) {
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
    return (folder_.path() / name).string();
  }
  TemporaryFolder folder_;
};

TEST_F(Runs, ABranchIsJoinedToTheRunsThatItLeft) {
  const std::string first = write("first.csv", "step,lr,val_loss\n1,1,9\n2,1,8\n3,1,7\n");
  const std::string second = write("second.csv", "step,lr,val_loss\n2,2,6\n3,2,5\n4,2,4\n");
  const std::string third = write("third.csv", "step,lr,val_loss\n4,3,3\n5,3,2\n");
  const RunLog run = read_run({third, {second, first}});
  EXPECT_EQ(run.step, (Steps{1, 2, 3, 4, 5}));
  expect_column(run, "lr", {1, 2, 2, 3, 3});
  expect_column(run, "val_loss", {9, 6, 5, 3, 2});
  EXPECT_EQ(read_run({first}), read_log(first));
}

TEST_F(Runs, RowsOfABaseThatIsARunItselfCountOnce) {
  const std::string trunk = write("trunk.csv", "step,lr,val_loss\n1,1,9\n2,1,8\n3,1,7\n");
  const std::string branch = write("branch.csv", "step,lr,val_loss\n2,1,8\n3,0.5,6\n");
  const std::vector<RunFiles> both = {{trunk}, {branch, {trunk}, "cooled"}};
  const std::vector<OwnRun> runs = read_runs(both);
  EXPECT_FALSE(runs[0].base);
  EXPECT_EQ(runs[0].name, "trunk");
  EXPECT_EQ(runs[1].name, "cooled");
  EXPECT_EQ(runs[1].log, read_log(branch));
  EXPECT_EQ(*runs[1].base, read_log(trunk));
  const std::vector<RunFiles> three = {
      {trunk}, {branch, {trunk}}, {write("other.csv", "step,val_loss\n3,6\n"), {trunk}}};
  const std::vector<OwnRun> of_one_base = read_runs(three);
  EXPECT_EQ(of_one_base[1].base, of_one_base[2].base) << "one log in memory";
  const std::vector<RunFiles> alone = {{branch, {trunk}}};
  EXPECT_FALSE(read_runs(alone)[0].base);
  EXPECT_EQ(read_runs(alone)[0].log, read_run({branch, {trunk}}));
  const std::vector<RunFiles> twice = {{trunk}, {trunk}};
  EXPECT_EQ(error_of([&] { read_runs(twice); }), trunk + ": is given twice; its losses would count double");
}

TEST(RunNames, LeaveOutWhatAllShare) {
  const std::vector<RunFiles> runs = {{"a/lr1_wsd_x.csv"}, {"b/lr2_wsd_x.csv"}, {"c.csv", {}, "mine"}};
  EXPECT_EQ(run_names(std::span(runs).first(2)), (Names{"lr1", "lr2"}));
  EXPECT_EQ(run_names(runs), (Names{"lr1_wsd_x", "lr2_wsd_x", "mine"}));
  const std::vector<RunFiles> same = {{"a/run.csv"}, {"b/run.csv"}};
  EXPECT_EQ(run_names(same), (Names{"run 1", "run 2"}));
}

TEST(LossColumn, IsTheValidationLossElseTheOther) {
  const RunLog both = parse_log("both", "step,loss,val_loss\n1,2,3\n");
  const RunLog train = parse_log("train", "step,loss,val_loss\n1,2,\n");
  const RunLog none = parse_log("none", "step,acc\n1,2\n");
  EXPECT_EQ(loss_column(both), "val_loss");
  EXPECT_EQ(loss_column(train), "train_loss");
  EXPECT_EQ(loss_column(none), "");
  const RunLog other = parse_log("other", "step,val_loss\n1,3\n");
  EXPECT_EQ(error_of([&] {
              common_loss_column(std::vector<RunLog>{train, other});
            }),
            "column: neither val_loss nor train_loss is in all logs; name one that is with --column NAME; train has no "
            "val_loss; other has no train_loss");
  const std::vector<RunLog> logs = {both, train, none};
  EXPECT_EQ(common_loss_column(std::span(logs).first(1)), "val_loss");
  EXPECT_EQ(common_loss_column(std::span(logs).first(2)), "train_loss");
  EXPECT_EQ(
      error_of([&] { common_loss_column(logs); }),
      "column: neither val_loss nor train_loss is in all logs; name one that is with --column NAME; none has acc: "
      "--columns SOURCE=val_loss says which is its loss");
}

TEST(BoundAlong, UsesWhatWasLogged) {
  const RunLog log = parse_log("run", "step,lr,grad_norm,val_loss\n1,0.5,2,\n2,0.5,1,4\n3,0.25,1,\n4,0.25,1,3\n");
  const RunBound run = bound_along(log);
  EXPECT_EQ(run.T, 4);
  EXPECT_EQ(run.loss_column, "val_loss");
  EXPECT_EQ(run.norm_source, NormSource::logged);
  EXPECT_EQ(run.rates, (std::vector<double>{0.5, 0.5, 0.25, 0.25}));
  EXPECT_EQ(run.grad_norm, (std::vector<double>{2, 1, 1, 1}));
  EXPECT_EQ(run.step, (Steps{2, 4}));
  EXPECT_EQ(run.lr, (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(run.loss, (std::vector<double>{4, 3}));
  EXPECT_EQ(run.distance, matching_distance(run.rates, run.grad_norm));
  EXPECT_EQ(run.bound[1], omega(run.rates, run.grad_norm, run.distance));
  const RunBound given = bound_along(log, {.T = 3, .grad_norm = GradNorm(3.0), .distance = 2.0});
  EXPECT_EQ(given.norm_source, NormSource::given);
  EXPECT_EQ(given.step, (Steps{2}));
  EXPECT_EQ(given.bound[0], omega(std::span(run.rates).first(2), 3.0, 2.0));
}

TEST(BoundAlong, SaysWhyNormsAreNotTheLoggedOnes) {
  const RunLog none = parse_log("run", "step,lr\n1,0.5\n2,0.5\n");
  EXPECT_EQ(bound_along(none).norm_note, "the log has none");
  EXPECT_EQ(bound_along(none).norm_source, NormSource::one);
  EXPECT_EQ(bound_along(none).grad_norm, (std::vector<double>{1, 1}));
  EXPECT_TRUE(bound_along(none).loss.empty());
  EXPECT_EQ(bound_along(none).step, (Steps{1, 2}));
  const RunLog gap_ = parse_log("run", "step,lr,grad_norm\n1,1,1\n2,1,1\n3,1,1\n40,1,1\n41,1,\n");
  const RunBound run = bound_along(gap_, {.rates = {.warmup = 0, .max_gap = 37}});
  EXPECT_EQ(run.norm_source, NormSource::logged);
  EXPECT_NE(error_of([&] { bound_along(none, {.must_be_logged = true}); }).find("no column"), std::string::npos);
  EXPECT_EQ(error_of([&] { bound_along(none, {.T = 3}); }), "T = 3: run ends at step 2");
  EXPECT_EQ(error_of([] { bound_along(parse_log("run", "step,lr\n1,0\n2,0\n")); }),
            "run: the learning rate is 0 throughout");
}

}  // namespace
}  // namespace scheduled::testing
