// The two-dimensional convex example f(w) = max |Xw - y| of the paper: what a cooldown does to the last iterate.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

#include "figures/list.hpp"
#include "figures/shared.hpp"

namespace scheduled::figures {
namespace {

using Point = std::array<double, 2>;

/// The paper draws X and w* from PyTorch's generator with seed 0, a Mersenne twister: in [-1, 1) from 24 bits, and
/// normal by Box and Muller from numbers of 53 bits, of
/// which the direction counts here.
struct Problem {
  std::vector<Point> rows;
  Point solution = {};  ///< of norm 5; there f = 0

  Problem() {
    std::mt19937 random(0);
    const auto uniform = [&] { return 2.0 * static_cast<double>(random() & 0xFFFFFFU) * 0x1p-24 - 1.0; };
    for (int k = 0; k < 20; ++k) {
      const double first = uniform();
      rows.push_back({first, uniform()});
    }
    const auto fine = [&] {
      const std::uint64_t high = random();
      return static_cast<double>(((high << 32U) | random()) & 0x1FFFFFFFFFFFFFU) * 0x1p-53;
    };
    const double angle = 2.0 * std::numbers::pi * fine();
    solution = {5.0 * std::cos(angle), 5.0 * std::sin(angle)};
  }
  double residual(const Point& row, const Point& w) const {
    return row[0] * (w[0] - solution[0]) + row[1] * (w[1] - solution[1]);
  }
  double value(const Point& w) const {
    double most = 0.0;
    for (const Point& row : rows) most = std::max(most, std::fabs(residual(row, w)));
    return most;
  }
  Point subgradient(const Point& w) const {
    const auto steepest = std::max_element(rows.begin(), rows.end(), [&](const Point& a, const Point& b) {
      return std::fabs(residual(a, w)) < std::fabs(residual(b, w));
    });
    const double sign = residual(*steepest, w) >= 0.0 ? 1.0 : -1.0;
    return {sign * (*steepest)[0], sign * (*steepest)[1]};
  }
};

constexpr Point low = {1.21, 4.75};  ///< the neighbourhood of w*, which the paths reach after some steps
constexpr Point high = {1.25, 4.9};

/// Where the line of height `level` crosses the cells of a grid: pieces with gaps between them.
plot::Line contour(const Problem& problem, double level) {
  constexpr std::size_t cells = 120;
  const std::vector<double> x = spaced(low[0], high[0], cells + 1);
  const std::vector<double> y = spaced(low[1], high[1], cells + 1);
  plot::Line out{.style = 4};
  for (std::size_t i = 0; i < cells; ++i) {
    for (std::size_t j = 0; j < cells; ++j) {
      const std::array<Point, 4> corner = {{{x[i], y[j]}, {x[i + 1], y[j]}, {x[i + 1], y[j + 1]}, {x[i], y[j + 1]}}};
      std::vector<Point> crossings;
      for (std::size_t side = 0; side < 4; ++side) {
        const Point& a = corner[side];
        const Point& b = corner[(side + 1) % 4];
        const double from = problem.value(a) - level;
        const double to = problem.value(b) - level;
        if ((from < 0.0) == (to < 0.0)) continue;
        const double share = from / (from - to);
        crossings.push_back({a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])});
      }
      if (crossings.size() != 2) continue;
      for (const Point& point : crossings) {
        out.x.push_back(point[0]);
        out.y.push_back(point[1]);
      }
      out.x.push_back(crossings[1][0]);
      out.y.push_back(std::nan(""));
    }
  }
  return out;
}

}  // namespace

Result convex_example(const Inputs&) {
  constexpr std::int64_t T = 400;
  constexpr double peak = 0.02;
  const Problem problem;
  std::vector<plot::Line> objectives;
  std::vector<plot::Line> paths;
  for (const double level : {0.005, 0.01, 0.02, 0.03, 0.05}) paths.push_back(contour(problem, level));
  paths.front().label = "f = .005, .01, .02, .03, .05";
  const std::vector<std::string> specs = {"constant", "wsd", "cosine"};
  for (std::size_t k = 0; k < specs.size(); ++k) {
    const Schedule schedule = Schedule::parse(specs[k], steps(T)).with_peak(specs[k] == "cosine" ? 2.0 * peak : peak);
    Point w = {};
    plot::Line objective = line(specs[k], {}, {}, k);
    plot::Line path = line(specs[k], {}, {}, k);
    for (std::int64_t i = 0; i < T; ++i) {
      if (i % 10 == 0 || i == T - 1) {
        objective.x.push_back(static_cast<double>(i + 1));
        objective.y.push_back(problem.value(w));
        path.x.push_back(w[0]);
        path.y.push_back(w[1]);
      }
      const Point g = problem.subgradient(w);
      for (std::size_t d = 0; d < 2; ++d) w[d] -= schedule.lr(i) * g[d];
    }
    objectives.push_back(std::move(objective));
    paths.push_back(points("", {w[0]}, {w[1]}, k));
    paths.push_back(std::move(path));
  }
  Result result;
  result.pictures.push_back({"convex-example-objective",
                             single({.label = "step", .ticks = plot::TickStyle::count},
                                    {.label = "f(w) = max |Xw − y|", .range = plot::Range{0.0, 0.1}}, objectives)});
  plot::Figure figure = single({.label = "w₁", .range = plot::Range{low[0], high[0]}},
                               {.label = "w₂", .range = plot::Range{low[1], high[1]}}, paths);
  figure.height = 3.0;
  result.pictures.push_back({"convex-example-path", std::move(figure)});
  return result;
}

}  // namespace scheduled::figures
