// The function that attains the exact worst case (docs/theory.md, 6.7).
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/numbers.hpp"
#include "base/sum.hpp"
#include "bound/arguments.hpp"
#include "bound/worst_case_program.hpp"
#include "scheduled/exact.hpp"

namespace scheduled {
namespace {

constexpr std::int64_t longest_run = 100000;

/// Pieces compared with the largest at a point: rounding errors of the sums are far below 2^-40 of f(x_1).
constexpr double tie = 0x1p-40;

std::size_t at(std::int64_t t) noexcept { return static_cast<std::size_t>(t); }

/// The pieces from this one (0-based) on have the same <g_t, x>: all coordinates that tell them apart are 0.
std::size_t first_alike(const WorstCaseFunction& f, std::span<const double> x) noexcept {
  std::size_t t = at(f.k);
  while (t > 0 && x[t] == 0.0) --t;
  return t;
}

/// The value of each piece in turn: visit(t, value), 0-based, until it returns false. The last t is `alike`, for it and
/// all later ones.
template <class Visit>
void each_piece(const WorstCaseFunction& f, std::span<const double> x, std::size_t alike, const Visit& visit) {
  double sum = f.slope * x[0];  // <u_t, x>
  double low = 0.0;             // the rounding errors of its sums: apart, so that no operation waits for them
  for (std::size_t t = 0; t < alike; ++t) {
    const double part = f.b[t] * x[t + 1];
    if (!visit(t, sum + (low + part) - f.epsilon * static_cast<double>(t + 1))) return;
    const elementary::DoubleDouble next = elementary::two_sum(sum, -f.a[t] * part);
    sum = next.hi;
    low += next.lo;
  }
  visit(alike, sum + low - f.epsilon * static_cast<double>(alike + 1));
}

struct Largest {
  double value = -std::numeric_limits<double>::infinity();
  double last = 0.0;  // of the pieces that are alike
  std::size_t alike = 0;
};

Largest largest_piece(const WorstCaseFunction& f, std::span<const double> x) {
  Largest found{.alike = first_alike(f, x)};
  each_piece(f, x, found.alike, [&](std::size_t, double value) {
    found.value = std::max(found.value, value);
    found.last = value;
    return true;
  });
  return found;
}

void check_point(const WorstCaseFunction& f, std::string_view name, std::size_t size) {
  if (size == at(f.dimension())) return;
  fail_argument(name, concat({"must have ", std::to_string(f.dimension()), " values, not ", std::to_string(size)}));
}

void check_step(const WorstCaseFunction& f, std::string_view name, std::int64_t t) {
  if (t >= 1 && at(t) <= f.lr.size()) return;
  fail_value(name, std::to_string(t), concat({"must be between 1 and ", std::to_string(f.lr.size())}));
}

void check_point(const WorstCaseFunction& f, std::span<const double> x) {
  check_point(f, "x", x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i])) fail_entry("x", i, x[i], "must be finite");
  }
}

/// The first tied piece at or after `from` (both 0-based), else the first tied one.
std::size_t tied_piece(const WorstCaseFunction& f, std::span<const double> x, const Largest& largest,
                       std::size_t from) {
  const double margin = f.epsilon > 0.0 ? 0.0 : tie * std::max(f.slope * f.distance, largest.value);
  const std::size_t alike = largest.alike;
  const bool last_ties = largest.last >= largest.value - margin;
  // The pieces of the last group tie with each other only without epsilon.
  if (last_ties && from >= alike) return f.epsilon > 0.0 ? alike : std::min(from, at(f.k));
  std::size_t first = alike;
  bool found = false;
  each_piece(f, x, alike, [&](std::size_t t, double value) {
    if (value < largest.value - margin) return true;
    if (!found) first = t;
    found = true;
    if (t < from) return true;
    first = t;
    return false;
  });
  return first;
}

struct Answer {
  double value = 0.0;    // f(x)
  std::size_t used = 0;  // all coordinates of the subgradient from here on are 0
};

/// The subgradient at x, which has been checked, of the first tied piece at or after `from` (0-based).
Answer oracle(const WorstCaseFunction& f, std::span<const double> x, std::span<double> out, std::size_t from) {
  std::fill(out.begin(), out.end(), 0.0);
  const Largest largest = largest_piece(f, x);
  if (largest.value <= 0.0) return {};
  const std::size_t piece = tied_piece(f, x, largest, from);
  out[0] = f.slope;
  for (std::size_t s = 0; s < piece; ++s) out[s + 1] = -f.a[s] * f.b[s];
  if (piece < at(f.k)) out[piece + 1] = f.b[piece];
  return {largest.value, std::min(piece + 2, out.size())};
}

/// a, b and q for one common norm, backwards and then forwards: explicit (docs/theory.md, 6.4).
void fill_common(WorstCaseFunction& f, double G) {
  const std::size_t n = f.lr.size();
  f.a.assign(n - 1, 0.0);
  f.b.assign(n - 1, 0.0);
  f.q.assign(n, 0.0);
  elementary::DoubleDouble d{0.0, 0.0};  // the low part carries the rounding of the sums
  for (std::size_t t = n - 1; t-- > 0;) {
    if (d.hi < f.lr[t]) d = {f.lr[t], 0.0};
    f.q[t + 1] = d.hi;
    f.a[t] = f.lr[t] / d.hi;
    d = elementary::two_sum(d.hi, 2.0 * f.lr[t] + f.lr[t] * (f.lr[t] / (d.hi + d.lo)) + d.lo);
  }
  f.q[0] = std::max(d.hi, f.distance / G);
  f.slope = std::min(f.distance / f.q[0], G);
  // mu_{t+1} = mu_t (1 - a_t^2): for small a_t as a sum whose rounding is carried, as a product where it falls much.
  const int unit = std::ilogb(G);  // in which squares stay within the range of numbers
  const double norm = std::ldexp(G, -unit);
  const double first = std::ldexp(f.slope, -unit);
  elementary::DoubleDouble mu{(norm - first) * (norm + first), 0.0};
  for (std::size_t t = 0; t + 1 < n && mu.hi > 0.0; ++t) {
    f.b[t] = std::ldexp(std::sqrt(mu.hi), unit);
    if (f.a[t] > 0.5) {
      mu = {mu.hi * (1.0 - f.a[t]) * (1.0 + f.a[t]), 0.0};
    } else {
      mu = elementary::two_sum(mu.hi, mu.lo - square(f.a[t]) * mu.hi);
    }
  }
}

/// From the point of the dual (6.5): <g_T, x_T> is its value whatever the point. Returns that value.
double fill_varying(WorstCaseFunction& f, const exact::Reduced& reduced) {
  std::vector<std::size_t> slack_at;
  const exact::Solution found = exact::solve(reduced.program, slack_at);
  const std::size_t n = f.lr.size();
  f.q = found.q;
  for (double& q : f.q) q *= reduced.rate_unit;
  f.slope = reduced.norm_unit * std::sqrt(found.first);
  f.a.assign(n - 1, 0.0);
  f.b.assign(n - 1, 0.0);
  CompensatedSum m;
  m.add(found.first);
  for (std::size_t t = 0; t + 1 < n; ++t) {
    const double room = reduced.program.norm2[t] - m.value();
    f.a[t] = f.lr[t] / f.q[t + 1];
    if (room > 0.0) {
      f.b[t] = reduced.norm_unit * std::sqrt(room);
      f.a[t] = std::sqrt(found.rise[t] / room);
    }
    m.add(found.rise[t]);
  }
  return reduced.value_unit() * std::clamp(found.lower, 0.0, found.upper);
}

}  // namespace

std::vector<double> WorstCaseFunction::start() const {
  std::vector<double> x(at(dimension()), 0.0);
  x[0] = distance;
  return x;
}

double WorstCaseFunction::operator()(std::span<const double> x) const {
  check_point(*this, x);
  return std::max(0.0, largest_piece(*this, x).value);
}

void WorstCaseFunction::subgradient(std::span<const double> x, std::span<double> out, std::int64_t from_piece) const {
  check_point(*this, x);
  check_point(*this, "out", out.size());
  check_step(*this, "from_piece", from_piece);
  oracle(*this, x, out, at(from_piece) - 1);
}

std::vector<double> WorstCaseFunction::iterate(std::int64_t t) const {
  check_step(*this, "t", t);
  std::vector<double> x(at(dimension()), 0.0);
  CompensatedSum tail;  // eta_{i+1} + ... + eta_{t-1}
  for (std::size_t i = at(t) - 1; i-- > 0;) {
    if (i < at(k)) x[i + 1] = b[i] * (a[i] * tail.value() - lr[i]);
    tail.add(lr[i]);
  }
  x[0] = distance - slope * tail.value();
  return x;
}

double WorstCaseFunction::largest_epsilon() const noexcept {
  if (k == 0) return 0.0;
  double least = attained / static_cast<double>(k + 1);
  for (std::size_t j = 0; j < at(k); ++j) {
    const double gap = 0.5 * a[j] * (1.0 + a[j]) * b[j] * (b[j] * q[j + 1]);
    least = std::min(least, gap / static_cast<double>(at(k) - j));
  }
  return least;
}

WorstCaseFunction WorstCaseFunction::without_ties(std::optional<double> chosen) const {
  if (epsilon > 0.0) fail_argument("epsilon", "this function has one already");
  const double most = largest_epsilon();
  if (!(most > 0.0)) {
    fail_argument("epsilon",
                  k == 0 ? "there are no ties: all pieces are the same" : "some pieces cannot be told apart");
  }
  WorstCaseFunction f = *this;
  f.epsilon = chosen.value_or(0.5 * most);
  if (!(f.epsilon > 0.0 && f.epsilon <= most)) {
    fail_value("epsilon", f.epsilon, concat({"must be > 0 and at most ", format_number(most)}));
  }
  f.attained = std::max(0.0, attained - f.epsilon * static_cast<double>(k + 1));
  return f;
}

WorstCaseFunction worst_case_function(std::span<const double> lr, GradNorm grad_norm, double distance) {
  const WorstCase worst = worst_case(lr, grad_norm, distance);
  const std::size_t T = lr.size();
  for (std::size_t t = 0; t < T; ++t) {
    if ((t + 1 == T || lr[t] > 0.0) && !(grad_norm[t] > 0.0)) {
      fail_entry("grad_norm", t, grad_norm[t], "must be > 0: else only a run that starts at a minimiser is the worst");
    }
  }
  const exact::Reduced reduced = exact::reduce(lr, grad_norm, distance);
  WorstCaseFunction f;
  f.value = worst.value;
  f.exact = worst.exact;
  f.distance = distance;
  for (const std::size_t t : reduced.step_of) {
    f.step.push_back(static_cast<std::int64_t>(t) + 1);
    f.lr.push_back(lr[t]);
  }
  const std::vector<double>& norm2 = reduced.program.norm2;
  if (std::all_of(norm2.begin(), norm2.end(), [](double one) { return one == 1.0; })) {
    fill_common(f, grad_norm[T - 1]);
    f.attained = worst.value;
  } else {
    f.attained = fill_varying(f, reduced);
  }
  const auto last = std::find_if(f.b.rbegin(), f.b.rend(), [](double b) { return b > 0.0; });
  f.k = f.b.rend() - last;
  return f;
}

WorstCaseRun run_worst_case(const WorstCaseFunction& function) {
  const auto n = static_cast<std::int64_t>(function.lr.size());
  if (n > longest_run) {
    fail_argument("function", concat({"has ", std::to_string(n), " steps; a run of it takes at most ",
                                      std::to_string(longest_run), ", as it costs their square"}));
  }
  std::vector<double> x = function.start();
  std::vector<double> g(x.size());
  // The rounding of each coordinate's sum is carried: equal steps would be rounded the same way each time, which at n =
  // 1e5 adds up to 2e-12 of f(x_T).
  std::vector<double> low(x.size(), 0.0);
  WorstCaseRun run;
  SeldomPoll poll(16);
  for (std::int64_t t = 1; t <= n; ++t, poll()) {
    const Answer answer = oracle(function, x, g, at(t) - 1);
    run.last = answer.value;
    if (t == 1) run.first = run.best = run.last;
    run.best = std::min(run.best, run.last);
    const double rate = function.lr[at(t) - 1];
    for (std::size_t i = 0; i < answer.used; ++i) {
      const elementary::DoubleDouble next = elementary::two_sum(x[i], low[i] - rate * g[i]);
      x[i] = next.hi;
      low[i] = next.lo;
    }
  }
  return run;
}

}  // namespace scheduled
