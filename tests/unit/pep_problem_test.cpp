// The problem, its text, and reading a solver's answer.
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "pep/full.hpp"
#include "pep/sdpa.hpp"
#include "scheduled/pep.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

using pep::read_solution;
using pep::SdpaProblem;
using pep::SdpaSolution;

std::string problem_error(std::vector<double> lr, GradNorm grad_norm = 1.0, double distance = 1.0) {
  return error_of([&] { PepProblem(lr, grad_norm, distance); });
}

TEST(PepProblem, NamesWhatIsWrong) {
  EXPECT_EQ(problem_error({}), "lr = []: must hold at least one step");
  EXPECT_EQ(problem_error({1.0, 0.0}), "lr[1] = 0: must be finite and > 0");
  EXPECT_EQ(problem_error({1.0, -1.0, 2.0}), "lr[1] = -1: must be finite and > 0");
  EXPECT_EQ(problem_error({1.0}, 0.0), "grad_norm[0] = 0: must be finite and > 0");
  EXPECT_EQ(problem_error({1.0, 1.0}, std::vector<double>{1.0}),
            "grad_norm: there are 1 values for 2 steps; must be at least one per step");
  EXPECT_EQ(problem_error({1.0}, 1.0, -2.0), "distance = -2: must be finite and > 0");
  EXPECT_EQ(problem_error({1.0, 1e31}), "lr[1] = 1e31: lr * grad_norm / distance must be between 1e-30 and 1e30");
  EXPECT_EQ(problem_error({1e-40}), "lr[0] = 1e-40: lr * grad_norm / distance must be between 1e-30 and 1e30");
  EXPECT_EQ(problem_error({1.0, 1.0}, std::vector<double>{1.0, 1e-31}),
            "grad_norm[1] = 1e-31: must be >= 1e-30 times the largest");
  EXPECT_EQ(problem_error({1.0}, 1.0, 1e31), "distance = 1e31: must be between 1e-30 and 1e30");
  EXPECT_EQ(problem_error({1.0}, 1e-31), "the largest grad_norm = 1e-31: must be between 1e-30 and 1e30");
}

TEST(PepProblem, CopiesTheSeries) {
  const PepProblem problem(std::vector<double>{0.5, 0.25}, std::vector<double>{1.0, 2.0, 3.0}, 4.0);
  EXPECT_EQ(problem.steps(), 2U);
  EXPECT_EQ(std::vector<double>(problem.lr().begin(), problem.lr().end()), (std::vector{0.5, 0.25}));
  EXPECT_EQ(std::vector<double>(problem.grad_norm().begin(), problem.grad_norm().end()), (std::vector{1.0, 2.0}));
  EXPECT_EQ(problem.distance(), 4.0);
}

// Constraints 1: f_1 <= <g_1, x_1 - x*>. 2: f_1 - f_2 <= <g_1, x_1 - x_2> = eta_1 ||g_1||^2. 3: f_2 <= <g_2, x_1 - x*>
// - eta_1 <g_1, g_2>. 4: f_2 - f_1 <= <g_2, x_2 - x_1> = -eta_1 <g_1, g_2>. 5, 6: norms. 7: distance.
TEST(PepSdpa, TwoSteps) {
  std::ostringstream out;
  write_sdpa(out, PepProblem(std::vector<double>{0.5, 0.25}, std::vector<double>{2.0, 3.0}, 4.0));
  EXPECT_EQ(out.str(),
            "\"performance estimation, T = 2\n7\n2\n3 -9\n0 0 0 0 4 9 16\n"
            "0 2 2 2 1\n"
            "1 1 1 2 -0.5\n1 2 1 1 1\n1 2 3 3 1\n"
            "2 1 2 2 -0.5\n2 2 1 1 1\n2 2 2 2 -1\n2 2 4 4 1\n"
            "3 1 1 3 -0.5\n3 1 2 3 0.25\n3 2 2 2 1\n3 2 5 5 1\n"
            "4 1 2 3 0.25\n4 2 1 1 -1\n4 2 2 2 1\n4 2 6 6 1\n"
            "5 1 2 2 1\n5 2 7 7 1\n6 1 3 3 1\n6 2 8 8 1\n7 1 1 1 1\n7 2 9 9 1\n");
}

TEST(PepSdpa, SizesAsDocumented) {
  for (const std::size_t T : {1U, 3U, 7U}) {
    const SdpaProblem sdp = pep::full_problem(PepProblem(std::vector<double>(T, 0.1)));
    EXPECT_EQ(sdp.objective.size(), T * T + T + 1);
    EXPECT_EQ(sdp.matrix_size, T + 1);
    EXPECT_EQ(sdp.diagonal_size, (T + 1) * (T + 1));
    for (const auto& e : sdp.entries) {
      EXPECT_LE(e.row, e.column);
      EXPECT_GE(e.row, 1U);
      EXPECT_LE(e.column, e.block == 1 ? sdp.matrix_size : sdp.diagonal_size);
      EXPECT_LE(e.constraint, sdp.objective.size());
    }
  }
}

SdpaProblem small() { return {.objective = {1.0, 2.0}, .matrix_size = 2, .diagonal_size = 3, .entries = {}}; }

TEST(PepSolution, ReadsWhatTheSolverWrites) {
  const SdpaSolution s =
      read_solution("1.5e+00 -2.0e-01 \n1 1 1 1 7\n2 1 1 1 1\n2 1 1 2 3.0e+00 \n\n2 2 3 3 4\r\n2 1 2 2 5", small());
  EXPECT_EQ(s.y, (std::vector{1.5, -0.2}));
  EXPECT_EQ(s.matrix, (std::vector{1.0, 3.0, 3.0, 5.0}));
  EXPECT_EQ(s.diagonal, (std::vector{0.0, 0.0, 4.0}));
}

std::string reading_error(std::string_view text) {
  try {
    read_solution(text, small());
  } catch (const PepSolverError& error) {
    return error.what();
  }
  return "none";
}

TEST(PepSolution, NamesTheLineOfNonsense) {
  const std::string file = "the solver's solution file, line ";
  EXPECT_EQ(reading_error(""), file + "1: 2 values expected, 0 found");
  EXPECT_EQ(reading_error("1\n"), file + "1: 2 values expected, 1 found");
  EXPECT_EQ(reading_error("1 2 3\n"), file + "1: more values than constraints");
  EXPECT_EQ(reading_error("1 nan\n"), file + "1: a number of at most 1e30 expected");
  EXPECT_EQ(reading_error("1 2\n3 1 1 1 1\n"), file + "2: a number between 1 and 2 expected");
  EXPECT_EQ(reading_error("1 2\n2 1 3 1 1\n"), file + "2: a number between 1 and 2 expected");
  EXPECT_EQ(reading_error("1 2\n2 2 0 1 1\n"), file + "2: a number between 1 and 3 expected");
  EXPECT_EQ(reading_error("1 2\n2 2 1 99999999999999999999 1\n"), file + "2: a number between 1 and 3 expected");
  EXPECT_EQ(reading_error("1 2\n2 1 1 1\n"), file + "2: a number of at most 1e30 expected");
  EXPECT_EQ(reading_error("1 2\n\n2 1 1 1 1 1\n"), file + "3: text after the value");
  EXPECT_EQ(reading_error("1 2\n2 2 1 2 1\n"), file + "2: an entry beside the diagonal of a diagonal block");
  EXPECT_EQ(reading_error("1 2\n2 1 1 1 inf\n"), file + "2: a number of at most 1e30 expected");
}

TEST(PepSolution, SurvivesAnyBytes) {
  std::mt19937_64 random(3);
  const std::string good = "1.5e+00 -2.0e-01 \n1 1 1 1 7\n2 1 1 1 1\n2 1 1 2 3.0e+00 \n2 2 3 3 4\n";
  int readable = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = good;
    for (int k = 0; k < 3; ++k) text[random() % text.size()] = static_cast<char>(random() % 256);
    if (i % 4 == 0) text.resize(random() % text.size());
    readable += reading_error(text) == "none" ? 1 : 0;
  }
  EXPECT_GT(readable, 100);
  EXPECT_LT(readable, 19000);
}

}  // namespace
}  // namespace scheduled
