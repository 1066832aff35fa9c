// Running a solver: first programs that stand in for one, then CSDP itself where it is installed.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>

#include "scheduled/pep.hpp"
#include "support/certified.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;

/// A shell script in a folder of its own.
class Script {
 public:
  explicit Script(const std::string& body) {
    std::string name = (fs::temp_directory_path() / "pep-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::ofstream(path()) << "#!/bin/sh\n" << body << '\n';
    EXPECT_EQ(::chmod(path().c_str(), 0700), 0);
  }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;
  ~Script() { fs::remove_all(folder_); }
  std::string path() const { return (folder_ / "solver").string(); }
  fs::path folder() const { return folder_; }

 private:
  fs::path folder_;
};

PepProblem two_steps() { return PepProblem(std::vector<double>{1.0, 1.0}); }  // worst case 9/8

std::string solver_error(const std::string& solver) {
  try {
    solve_pep(two_steps(), {.solver = solver});
  } catch (const PepSolverError& error) {
    return error.what();
  }
  return "none";
}

TEST(PepSolver, MissingOnesAreNamed) {
  EXPECT_EQ(
      solver_error("no-such-solver"),
      "the solver 'no-such-solver' was not found; install CSDP (Debian and Ubuntu: apt-get install coinor-csdp) or "
      "name the program to use");
  EXPECT_NE(solver_error("/no/such/solver").find("was not found"), std::string::npos);
  EXPECT_NE(solver_error("").find("was not found"), std::string::npos);
  EXPECT_NE(solver_error("/tmp").find("was not found"), std::string::npos);
  EXPECT_FALSE(pep_solver_available("no-such-solver"));
  EXPECT_TRUE(pep_solver_available("/bin/sh"));
}

TEST(PepSolver, FailuresAreErrors) {
  const Script silent("exit 9");
  EXPECT_EQ(solver_error(silent.path()), silent.path() + " ended with exit code 9 and left no solution");
  const Script killed("kill -9 $$");
  EXPECT_EQ(solver_error(killed.path()), killed.path() + " was ended by signal 9");
  const Script nonsense("echo hello > \"$2\"");
  EXPECT_EQ(solver_error(nonsense.path()), "the solver's solution file, line 1: a number of at most 1e30 expected");
  const Script binary("printf '\\001\\377\\000 \\n\\200' > \"$2\"");
  EXPECT_NE(solver_error(binary.path()), "none");
}

TEST(PepSolver, WrongAnswersStillGiveAnIntervalThatHolds) {
  for (const char* answer : {"0 0\\n", "1e9 -1e9\\n2 1 1 2 -1e9\\n", "1e30 1e30\\n2 1 1 1 1e30\\n2 1 1 3 -1e30\\n",
                             "0.5 -0.1\\n2 1 1 1 1\\n2 1 1 2 3\\n2 1 2 3 -4\\n"}) {
    const Script liar(std::string("printf '") + answer + "' > \"$2\"");
    const PepResult result = solve_pep(two_steps(), {.tolerance = 1e-9, .rounds = 1, .solver = liar.path()});
    EXPECT_LE(result.lower.bound, 1.125);
    EXPECT_GE(result.upper.bound, 1.125);
    EXPECT_FALSE(result.converged);
  }
}

TEST(PepSolver, RunsInAPrivateFolderThatIsRemoved) {
  const Script witness("pwd > \"${0%/*}/where\"; echo * > \"${0%/*}/files\"; echo '0 0' > \"$2\"");
  solve_pep(two_steps(), {.rounds = 1, .solver = witness.path()});
  std::ifstream where(witness.folder() / "where");
  std::string folder;
  std::getline(where, folder);
  EXPECT_NE(folder.find("scheduled-pep-"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder));
  std::ifstream files(witness.folder() / "files");
  std::string first;
  std::string second;
  files >> first >> second;
  EXPECT_EQ(first + " " + second, "param.csdp problem.dat-s");
}

TEST(PepSolver, OptionsAreChecked) {
  EXPECT_EQ(error_of([] { solve_pep(two_steps(), {.tolerance = 0.0}); }), "tolerance = 0: must be within [1e-12, 1]");
  EXPECT_EQ(error_of([] { solve_pep(two_steps(), {.rounds = 0}); }), "rounds = 0: must be >= 1");
}

// From here on with CSDP.
class Csdp : public testing::Test {
 protected:
  void SetUp() override {
    if (!pep_solver_available()) GTEST_SKIP() << "csdp is not on PATH (Debian: coinor-csdp)";
  }
};

void expect_value(const PepProblem& problem, double value, double tolerance, const PepOptions& options = {}) {
  const PepResult result = solve_pep(problem, options);
  EXPECT_TRUE(result.converged);
  expect_certified(result, problem, options.tolerance);
  EXPECT_LE(result.lower.bound, value + tolerance);
  EXPECT_GE(result.upper.bound, value - tolerance);
  EXPECT_NEAR(result.lower.bound, value, 1e-6 * value + tolerance);
  EXPECT_NEAR(result.upper.bound, value, 1e-6 * value + tolerance);
}

TEST_F(Csdp, TwoSteps) {
  for (const double eta : {0.01, 0.2, 0.25, 0.3, 1.0, 30.0}) {
    const double worst = eta >= 0.25 ? eta + 1.0 / (8.0 * eta) : 1.0 - eta;
    expect_value(PepProblem(std::vector<double>{eta, 1.0}), worst, 1e-12);
  }
}

TEST_F(Csdp, TunedConstantSteps) {
  expect_value(PepProblem(std::vector<double>(3, 4.0 / 15.0)), 0.6, 1e-12);
  // The least value over constant steps (2307.11134), to the digits known.
  for (const auto& [T, rate] : {std::pair{5, 0.490089}, std::pair{10, 0.371604}}) {
    double least = 1.0;
    for (double step = 0.35; step < 0.5; step += 0.002) {
      const std::vector<double> lr(static_cast<std::size_t>(T), step / std::sqrt(T));
      least = std::min(least, solve_pep(PepProblem(lr)).lower.bound);
    }
    EXPECT_GE(least, rate - 1e-6);
    EXPECT_LE(least, rate + 1e-3);
  }
}

TEST_F(Csdp, OptimalLinearStepsReachTheMinimaxRate) {
  for (const int T : {2, 7, 25}) {
    for (const auto& [D, G] : {std::pair{1.0, 1.0}, std::pair{50.0, 0.02}}) {
      std::vector<double> lr;
      for (int k = 1; k <= T; ++k) lr.push_back(D / (G * std::sqrt(T)) * (k < T ? 1.0 - 1.0 * k / T : 1.0));
      expect_value(PepProblem(lr, G, D), D * G / std::sqrt(T), 1e-12);
    }
  }
}

// The reduced problem ends with the value of the whole one, also where constraints have to be released and added.
TEST_F(Csdp, ReducedAndFullAgree) {
  std::mt19937_64 random(21);
  std::normal_distribution<double> normal;
  std::size_t released = 0;
  std::size_t added = 0;
  for (int repeat = 0; repeat < 60; ++repeat) {
    const std::size_t T = 2 + random() % 7;
    const double spread = repeat % 2 == 0 ? 0.3 : 1.5;
    std::vector<double> lr(T);
    std::vector<double> norms(T);
    for (double& eta : lr) eta = std::exp(normal(random)) / std::sqrt(static_cast<double>(T));
    for (double& G : norms) G = std::exp(spread * normal(random));
    const PepProblem problem(lr, norms, 2.0);
    const PepResult reduced = solve_pep(problem, {.tolerance = 1e-7});
    const PepResult full = solve_pep(problem, {.method = PepOptions::Method::full});
    EXPECT_LE(reduced.lower.bound, full.upper.bound);
    EXPECT_LE(full.lower.bound, reduced.upper.bound);
    expect_certified(reduced, problem);
    expect_certified(full, problem, 1e-3);
    released += reduced.released;
    added += reduced.added;
  }
  EXPECT_GT(released, 0U);
  RecordProperty("released", static_cast<int>(released));
  RecordProperty("added", static_cast<int>(added));
}

TEST_F(Csdp, AddsConstraintsOfEarlierStepsOnLaterOnes) {
  // Found by a search over wild grad norms.
  const std::vector<double> lr{13.0, 2.6, 1.5, 1.3, 0.51, 3.8};
  const std::vector<double> norms{140.0, 0.1, 0.055, 5.9, 0.83, 0.53};
  const PepProblem problem(lr, norms);
  const PepResult result = solve_pep(problem);
  expect_certified(result, problem, 1e-5);
  EXPECT_GT(result.released, 0U);
  EXPECT_GT(result.added, 0U);
  EXPECT_GT(result.rounds, 1);
  EXPECT_NEAR(result.lower.bound, 103.9873, 1e-3);
}

// Steps and grad norms over many magnitudes: where steps are tiny the constraints between their ends nearly cancel.
TEST_F(Csdp, ManyMagnitudes) {
  const std::vector<double> even(12, 0.1);
  const std::vector<double> ones(12, 1.0);
  std::vector<double> tiny = even;
  tiny[10] = 1e-12;
  std::vector<double> jumps = even;
  std::vector<double> falling;
  for (std::size_t t = 0; t < 12; ++t) {
    if (t / 4 % 2 == 1) jumps[t] = 1e-6;
    falling.push_back(std::pow(10.0, -static_cast<double>(t)));
  }
  std::vector<double> spike = ones;
  spike[5] = 1e4;
  std::vector<double> dip = ones;
  dip[5] = 1e-6;
  for (const auto& [lr, norms] : {std::pair{tiny, ones}, std::pair{jumps, ones}, std::pair{falling, ones},
                                  std::pair{even, spike}, std::pair{even, dip}}) {
    const PepProblem problem(lr, norms);
    expect_certified(solve_pep(problem), problem, 1e-5);
  }
  const PepResult small = solve_pep(PepProblem(std::vector<double>(12, 0.1 * 1e12), 1e-6, 1e6));
  EXPECT_NEAR(small.lower.bound, solve_pep(PepProblem(even)).lower.bound, 1e-6);  // the same in other units
}

TEST_F(Csdp, CertificatesComeFromTheDataReturned) {
  const PepProblem problem(std::vector<double>{0.3, 0.4, 0.1, 0.2}, std::vector<double>{1.0, 0.5, 2.0, 1.0}, 1.5);
  const PepResult result = solve_pep(problem);
  expect_certified(result, problem);
  EXPECT_GT(result.solver_seconds, 0.0);
}

}  // namespace
}  // namespace scheduled
