// The two-dimensional convex example f(w) = max |Xw - y|: what a cooldown does to the last iterate. Steps go along
// subgradients of length 1, so that G = 1.
#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/design.hpp"

namespace scheduled::figures {
namespace {

using Point = std::array<double, 2>;

/// Rows of X on the unit disc and y = X w*, so that the minimum is 0 at w*.
struct Problem {
  std::vector<Point> rows;
  Point solution = {1.0, -0.5};

  Problem() {
    std::mt19937_64 random(7);
    const auto uniform = [&] { return static_cast<double>(random() >> 11U) * 0x1p-52 - 1.0; };  // [-1, 1)
    while (rows.size() < 20) {
      const Point row = {uniform(), uniform()};
      if (row[0] * row[0] + row[1] * row[1] <= 1.0) rows.push_back(row);
    }
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

/// Where the line of height `level` crosses the cells of a grid: pieces with gaps between them.
plot::Line contour(const Problem& problem, double level) {
  constexpr std::size_t cells = 120;
  constexpr Point low = {0.55, -0.85};  // the neighbourhood of w*, which the paths reach after some steps
  constexpr Point high = {1.45, -0.15};
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
  constexpr std::int64_t T = 100;
  const Problem problem;
  const Point start = {-1.2, 1.2};
  const double distance = std::hypot(start[0] - problem.solution[0], start[1] - problem.solution[1]);
  std::vector<plot::Line> objectives;
  std::vector<plot::Line> paths;
  const std::vector<std::string> specs = {"constant", "wsd", "cosine"};
  for (std::size_t k = 0; k < specs.size(); ++k) {
    const Schedule schedule = at_horizon(specs[k], T);
    const Schedule tuned = schedule.with_peak(best_base_lr(schedule, {.distance = distance, .T = T}).peak);
    Point w = start;
    plot::Line objective = line(specs[k], {0.0}, {problem.value(w)}, k);
    plot::Line path = line(specs[k], {w[0]}, {w[1]}, k);
    for (std::int64_t i = 0; i < T; ++i) {
      const Point g = problem.subgradient(w);
      const double norm = std::hypot(g[0], g[1]);
      for (std::size_t d = 0; d < 2; ++d) w[d] -= tuned.lr(i) * g[d] / norm;
      objective.x.push_back(static_cast<double>(i + 1));
      objective.y.push_back(problem.value(w));
      path.x.push_back(w[0]);
      path.y.push_back(w[1]);
    }
    objectives.push_back(std::move(objective));
    paths.push_back(std::move(path));
  }
  Result result;
  result.pictures.push_back(
      {"convex-example-objective", single({.label = "step", .ticks = plot::TickStyle::count},
                                          {.label = "f(w) = max |Xw − y|", .scale = plot::Scale::log}, objectives)});
  plot::Figure figure{.panels = {}, .arrangement = plot::Arrangement::side_by_side, .width = 6.8, .height = 2.4};
  for (plot::Line& path : paths) {
    std::vector<plot::Line> lines;
    for (const double level : {0.02, 0.05, 0.1, 0.2, 0.3}) lines.push_back(contour(problem, level));
    lines.front().label = "f = .02, .05, .1, .2, .3";
    lines.push_back(std::move(path));
    figure.panels.push_back({{.label = "w₁", .range = plot::Range{0.55, 1.45}},
                             {.label = "w₂", .range = plot::Range{-0.85, -0.15}},
                             std::move(lines)});
  }
  result.pictures.push_back({"convex-example-path", std::move(figure)});
  return result;
}

}  // namespace scheduled::figures
