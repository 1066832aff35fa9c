// A plan as jobs: what trains after what, what that costs, what is refused; words of a shell.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/shell_word.hpp"
#include "scheduled/cluster.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;

/// Results at 1000 and 2000, cooldowns of 200 and 400.
AnytimePlan two_results() {
  return plan_anytime({.trunk = Schedule::parse("rsqrt(warmup=50, peak=1e-2)"),
                       .results = {steps(1000), steps(2000)},
                       .cooldown = {percent(20), LinearDecay{}, {}}});
}

JobRequest request_for(const fs::path& run) {
  return {.run = run, .command = "train {run} {line} {from} {to}", .step_seconds = 3.6, .checkpoint_bytes = 10};
}

TEST(Cluster, CutsTheTrunkWhereBranchesLeave) {
  const TemporaryFolder folder;
  JobRequest request = request_for(folder.path() / "run");
  request.nodes = 4;
  const JobPlan plan = plan_jobs(two_results(), request);
  ASSERT_EQ(plan.jobs.size(), 4U);
  const std::array<std::string, 4> names{"01-trunk-800", "02-result-1000-1000", "03-trunk-1600", "04-result-2000-2000"};
  const std::array<std::vector<std::size_t>, 4> after{{{}, {0}, {0}, {2}}};
  const std::array<double, 4> seconds{2880.0, 720.0, 2880.0, 1440.0};  // 3.6 s an update
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(plan.jobs[k].name, names[k]);
    EXPECT_EQ(plan.jobs[k].after, after[k]);
    EXPECT_NEAR(plan.jobs[k].seconds, seconds[k], 1e-9);
    EXPECT_EQ(plan.jobs[k].starts, 1);
  }
  EXPECT_EQ(plan.jobs[3].command, "train " + (folder.path() / "run").string() + " result-2000 1600 2000");
  EXPECT_NEAR(plan.node_hours, 2200 * 4e-3, 1e-9);  // 2200 updates of a thousandth of an hour on 4 nodes
  EXPECT_EQ(plan.critical, (std::vector<std::size_t>{0, 2, 3}));
  EXPECT_NEAR(plan.wall_seconds, 2000 * 3.6, 1e-9);
  EXPECT_EQ(plan.checkpoints, 4);  // one at the end of each
  EXPECT_EQ(plan.peak_bytes, 40);
  EXPECT_EQ(plan.needed, 4);  // there are no more
  request.serial = true;
  EXPECT_NEAR(plan_jobs(two_results(), request).wall_seconds, 2200 * 3.6, 1e-9);
  request.checkpoint_every = 300;  // 300 600 800, 900 1000, 900 1200 1500 1600, 1800 2000
  EXPECT_EQ(plan_jobs(two_results(), request).checkpoints, 11);
  EXPECT_EQ(plan_jobs(two_results(), request).needed, 5);  // two starts, and of the trunk two, and a result
}

TEST(Cluster, CountsWhatTheRunHasDone) {
  const TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  const AnytimePlan plan = two_results();
  {
    RunStore store = RunStore::init(run, plan.trunk);
    commit_weights(store, 800, "trunk", true);
    store.branch({.name = "result-1000", .cooldown = {steps(200), LinearDecay{}, {}}});
    commit_weights(store, 900, "result-1000");
    commit_weights(store, 1000, "trunk");
  }
  const JobPlan jobs = plan_jobs(plan, request_for(run));
  const std::array<double, 4> left{0, 100, 600, 400};
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(jobs.jobs[k].seconds, left[k] * 3.6, 1e-9) << k;
  EXPECT_EQ(jobs.jobs[0].starts, 0);
  EXPECT_EQ(jobs.checkpoints, 3 + 3);
  EXPECT_NEAR(jobs.wall_seconds, 1000 * 3.6, 1e-9);
}

TEST(Cluster, RefusesWhatCannotBeTrained) {
  const TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  const AnytimePlan plan = two_results();
  {
    RunStore store = RunStore::init(run, plan.trunk);
    commit_weights(store, 900);
  }
  EXPECT_TRUE(has(error_of([&] { plan_jobs(plan, request_for(run)); }),
                  "is at step 900 already and has no checkpoint there; choose a cooldown"));
  const auto refused = [&](const char* why, const auto& change) {
    JobRequest request = request_for(folder.path() / "other");
    change(request);
    const std::string error = error_of([&] { plan_jobs(plan, request); });
    EXPECT_TRUE(has(error, why));
  };
  refused("run: is missing", [](JobRequest& r) { r.run.clear(); });
  refused("no such folder", [&](JobRequest& r) { r.run = folder.path() / "no" / "run"; });
  refused("step_seconds: is missing", [](JobRequest& r) { r.step_seconds = 0; });
  refused("step_seconds = -1", [](JobRequest& r) { r.step_seconds = -1; });
  refused("checkpoint_bytes: is missing", [](JobRequest& r) { r.checkpoint_bytes = 0; });
  refused("config: is missing", [](JobRequest& r) { r.command.clear(); });
  refused("nodes = 0", [](JobRequest& r) { r.nodes = 0; });
  refused("must be one for each of the 2 results", [](JobRequest& r) { r.names = {"a"}; });
  refused("is the name of another line", [](JobRequest& r) { r.names = {"a", "a"}; });
  refused("is the name of another line", [](JobRequest& r) { r.names = {"a", "trunk"}; });
  refused("must be 1 to 64 of", [](JobRequest& r) { r.names = {"a", "b c"}; });
  refused("must be TERM, INT", [](JobRequest& r) { r.stop_signal = "KILL"; });
  refused("must be an option of sbatch", [](JobRequest& r) { r.directives = {"--a\nrm -rf /"}; });
  refused("is blank", [](JobRequest& r) { r.command = " \t"; });
  refused("there is no {ru}", [](JobRequest& r) { r.command = "x {ru}"; });
  refused("stands within quotes", [](JobRequest& r) { r.command = "x '{run}'"; });
  refused("a quote that is not closed", [](JobRequest& r) { r.command = "x {run} \"y"; });
}

TEST(Cluster, AClockIsLongerThanTheWayToTheNextCheckpoint) {
  const TemporaryFolder folder;
  JobRequest request = request_for(folder.path() / "run");
  const AnytimePlan plan = two_results();
  request.clock = 1200.0;  // 1080 s of work, 300 updates
  EXPECT_TRUE(has(error_of([&] { plan_jobs(plan, request); }), "checkpoint_every: is missing: a job of 00:20:00"));
  request.checkpoint_every = 301;
  const std::string error = error_of([&] { plan_jobs(plan, request); });
  EXPECT_TRUE(has(error, "300 updates; checkpoints are 301 updates apart"));
  EXPECT_TRUE(has(error, "give a limit above 00:20:04, or commit every 300 updates or more often"));
  request.checkpoint_every = 300;
  const JobPlan jobs = plan_jobs(plan, request);
  const std::array<std::int64_t, 4> starts{3, 1, 3, 2};
  for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(jobs.jobs[k].starts, starts[k]);
}

TEST(Cluster, OtherEnginesAreToldWhatTheyKnow) {
  const TemporaryFolder folder;
  const auto refused = [&](JobEngine engine, const char* why, const auto& change) {
    JobRequest request = request_for(folder.path() / "run");
    request.engine = engine;
    change(request);
    const std::string error = error_of([&] { plan_jobs(two_results(), request); });
    EXPECT_TRUE(has(error, why)) << error;
  };
  const JobEngine nemo = JobEngine::nemo_run;
  const JobEngine sky = JobEngine::skypilot;
  refused(JobEngine::slurm, "settings: must be given for nemo-run or skypilot", [](auto& r) { r.settings = {"a=b"}; });
  refused(JobEngine::local, "settings: must be given for nemo-run or skypilot", [](auto& r) { r.settings = {"a=b"}; });
  for (const JobEngine engine : {nemo, sky}) {
    refused(engine, "directives: must be given for slurm", [](auto& r) { r.directives = {"--mem=1"}; });
    refused(engine, "singleton must be for slurm", [](auto& r) { r.continuation = JobContinuation::singleton; });
    refused(engine, "nodes = 2: must be 1 for scheduled train", [](auto& r) {
      r.command.clear();
      r.config = "c.json";
      r.nodes = 2;
    });
    refused(engine, "must be ", [](auto& r) { r.settings = {"alone"}; });
    refused(engine, "must be ", [](auto& r) { r.settings = {"envs.a="}; });
    refused(engine, "must be ", [](auto& r) { r.settings = {"envs.a=b\nrun: evil"}; });
    refused(engine, "run = ", [](auto& r) { r.run = "e\xff"; });
    refused(engine, "data = 'e\xff': must be UTF-8", [](auto& r) { r.data = "e\xff"; });
    refused(engine, "is given twice", [](auto& r) { r.settings = {"envs.account=b", "envs.account=c"}; });
  }
  refused(nemo, "account=NAME is missing", [](auto& r) { r.settings = {"partition=gpu"}; });
  refused(nemo, "clock: is missing", [](auto& r) { r.settings = {"account=me"}; });
  refused(nemo, "clock: must be given with the setting account", [](auto& r) { r.clock = 1e5; });
  refused(nemo, "'nodes=3': say it by nodes", [](auto& r) { r.settings = {"account=me", "nodes=3"}; });
  refused(nemo, "'packager=x': the plan has it", [](auto& r) { r.settings = {"account=me", "packager=x"}; });
  refused(nemo, "'job_name_prefix=x': the plan has it", [](auto& r) {
    r.settings = {"account=me", "job_name_prefix=x"};
  });
  refused(sky, "'envs.SCHEDULED_RUN=x': the plan has what begins with SCHEDULED_",
          [](auto& r) { r.settings = {"envs.SCHEDULED_RUN=x"}; });
  refused(nemo, "must name an argument of SlurmExecutor", [](auto& r) { r.settings = {"account=me", "x y=3"}; });
  refused(sky, "clock: must not be given for skypilot", [](auto& r) { r.clock = 1e5; });
  refused(sky, "must begin with resources", [](auto& r) { r.settings = {"run.x=y"}; });
  refused(sky, "'resources.job_recovery=x': the plan has it",
          [](auto& r) { r.settings = {"resources.job_recovery=x"}; });
}

TEST(Cluster, AnExperimentOfNemoRun) {
  const TemporaryFolder folder;
  JobRequest request = request_for(folder.path() / "run");
  request.engine = JobEngine::nemo_run;
  write_jobs(two_results(), request, folder.path() / "here");
  const std::string here = read_text(folder.path() / "here/experiment.py");
  EXPECT_TRUE(has(here, "WHERE = \"local\""));
  EXPECT_TRUE(has(here, "SETTINGS = {}"));
  EXPECT_TRUE(has(here, "(\"04-result-2000-2000\", \"result-2000\", 2000, [\"03-trunk-1600\"], 1),"));
  request.settings = {"account=it's \"me\"", "gpus_per_node=8", "exclusive=true", "mem=0"};
  request.nodes = 2;
  request.clock = 3600.0;
  request.stop_signal = "USR2";
  request.checkpoint_every = 100;
  write_jobs(two_results(), request, folder.path() / "there");
  const std::string there = read_text(folder.path() / "there/experiment.py");
  for (const char* const line :
       {"WHERE = \"slurm\"", "NODES = 2", "TIME = \"01:00:00\"", "SIGNAL = \"USR2@120\"",
        "\"account\": \"it's \\\"me\\\"\",", "\"gpus_per_node\": 8,", "\"exclusive\": True,", "\"mem\": 0,"}) {
    EXPECT_TRUE(has(there, line)) << line;
  }
}

TEST(Cluster, APipelineOfSkyPilotIsOneAfterTheOther) {
  const TemporaryFolder folder;
  JobRequest request = request_for(folder.path() / "it's");
  request.engine = JobEngine::skypilot;
  request.nodes = 2;
  request.data = "mix: \"a\"";
  request.settings = {"resources.accelerators=H100:8", "resources.use_spot=true", "envs.SEED=1"};
  const JobPlan plan = write_jobs(two_results(), request, folder.path() / "jobs");
  EXPECT_NEAR(plan.wall_seconds, 2200 * 3.6, 1e-9);  // 200 more than where branches train beside the trunk
  const std::string text = read_text(folder.path() / "jobs/pipeline.yaml");
  for (const char* const line :
       {"name: \"it.s\"\n---\nname: \"01-trunk-800\"\nnum_nodes: 2\nenvs:\n", "  \"SEED\": \"1\"\n",
        "  SCHEDULED_DATA: \"mix: \\\"a\\\"\"\n", "  \"accelerators\": \"H100:8\"\n", "  \"use_spot\": true\n",
        "  job_recovery:\n    recover_on_exit_codes: [143]\n", "/jobs/jobs/04-result-2000-2000.sh task\"\n"}) {
    EXPECT_TRUE(has(text, line)) << line;
  }
}

TEST(Cluster, WritesAllOrNothing) {
  const TemporaryFolder folder;
  const JobRequest request = request_for(folder.path() / "run");
  const fs::path jobs = folder.path() / "jobs";
  write_text(jobs, "a file");
  EXPECT_TRUE(has(error_of([&] { write_jobs(two_results(), request, jobs); }), "must be missing or an empty folder"));
  fs::remove(jobs);
  fs::create_directories(folder.path() / "jobs.part" / "jobs");  // of an emission that was killed
  write_text(folder.path() / "jobs.part" / "jobs.json", "{");
  fs::create_directory(jobs);
  write_jobs(two_results(), request, jobs);
  EXPECT_FALSE(fs::exists(folder.path() / "jobs.part"));
  EXPECT_TRUE(fs::exists(jobs / "jobs" / "04-result-2000-2000.sh"));
  EXPECT_TRUE(has(error_of([&] { write_jobs(two_results(), request, jobs); }), "holds the jobs of a plan already"));
  fs::create_directory(folder.path() / "more.part");
  write_text(folder.path() / "more.part" / "mine", "x");
  EXPECT_TRUE(has(error_of([&] { write_jobs(two_results(), request, folder.path() / "more"); }), "is in the way"));
  EXPECT_EQ(read_text(folder.path() / "more.part" / "mine"), "x");
  EXPECT_TRUE(job_states(jobs).empty());  // nothing was submitted
}

TEST(Cluster, ClocksAreRead) {
  EXPECT_EQ(parse_clock("clock", "90s"), 90.0);
  EXPECT_EQ(parse_clock("clock", " 1.5h "), 5400.0);
  EXPECT_EQ(parse_clock("clock", "2d"), 172800.0);
  EXPECT_EQ(parse_clock("clock", "12:30:05"), 45005.0);
  EXPECT_EQ(parse_clock("clock", "1-00:00:10"), 86410.0);
  for (const char* const bad : {"", "10", "h", "-1h", "1e3s", "1:2", "0s", "1..5h", "a:b:c", "1:2:3:4", "inf"}) {
    EXPECT_TRUE(has(error_of([&] { parse_clock("clock", bad); }), "must be a time such as")) << bad;
  }
}

/// What a shell makes of the word.
std::string by_shell(const std::string& word) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(("printf %s " + word).c_str(), "r"), ::pclose);
  std::string out;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) out += static_cast<char>(c);
  return out;
}

TEST(Cluster, WordsOfAShellAreThemselves) {
  EXPECT_EQ(shell_word("a-b_c/d.e:f=1,2+3@4%"), "a-b_c/d.e:f=1,2+3@4%");
  for (const std::string text : {"a b", "it's", "'", "\"$HOME\"", "`id`", "a\nb", "*", "\\", "~", "é{run}", "#x"}) {
    EXPECT_EQ(by_shell(shell_word(text)), text);
  }
  EXPECT_EQ(shell_word(""), "''");
}

TEST(Cluster, WaitsForAnotherWriter) {
  const TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  const RunStore other = RunStore::init(run, two_results().trunk);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THROW(open_when_free(run, std::chrono::milliseconds(50)), StoreBusy);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(20));
}

}  // namespace
}  // namespace scheduled
