// A decay that goes on with another horizon.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "lint/rule.hpp"

namespace scheduled::linting {
namespace {

/// A decay as a share of its way, and how far it is at such a share.
struct Curve {
  const char* name;
  double (*share_at)(double x);
  double (*place_of)(double share);
};
constexpr std::array curves{
    Curve{"linear", [](double x) { return 1.0 - x; }, [](double y) { return 1.0 - y; }},
    Curve{"cosine", [](double x) { return 0.5 * (1.0 + std::cos(std::numbers::pi * x)); },
          [](double y) { return std::acos(2.0 * y - 1.0) / std::numbers::pi; }},
    Curve{"1-sqrt", [](double x) { return 1.0 - std::sqrt(x); }, [](double y) { return (1.0 - y) * (1.0 - y); }}};

/// Points on the way down as places on a curve: a decay over `length` updates from `start` has (step - start)/length.
struct Places {
  std::vector<double> step, place;
};

Places places_on(const Subject& subject, const Curve& curve, double final) {
  constexpr double margin = 0.03;  // near both ends few digits tell the place
  Places places;
  for (std::size_t k = subject.last_top() + 1; k < subject.size(); ++k) {
    const double share = (subject.rate(k) / subject.peak() - final) / (1.0 - final);
    if (share < margin || share > 1.0 - margin) continue;
    places.step.push_back(static_cast<double>(subject.step(k)));
    places.place.push_back(curve.place_of(share));
  }
  return places;
}

struct Line {
  double start = 0.0;  ///< where it is 0
  double slope = 0.0;
  double at(double step) const { return slope * (step - start); }
};

/// Through the points [from, to) in the least squares.
Line line_through(const Places& places, std::size_t from, std::size_t to) {
  const auto n = static_cast<double>(to - from);
  double x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;
  const double origin = places.step[from];
  for (std::size_t k = from; k < to; ++k) {
    const double s = places.step[k] - origin;
    x += s;
    y += places.place[k];
    xx += s * s;
    xy += s * places.place[k];
  }
  const double slope = (n * xy - x * y) / (n * xx - x * x);
  return {origin - (y - slope * x) / (n * slope), slope};
}

bool on_line(const Places& places, std::size_t from, std::size_t to, const Line& line) {
  constexpr double near = 2e-3;
  for (std::size_t k = from; k < to; ++k) {
    if (!(std::fabs(places.place[k] - line.at(places.step[k])) <= near)) return false;
  }
  return true;
}

struct Change {
  double step = 0.0;  ///< first point of the other horizon
  Line before, after;
};

/// Two lines with one start: the same decay, begun alike, over another length.
std::optional<Change> change_in(const Places& places) {
  constexpr std::size_t few = 4;
  const std::size_t n = places.step.size();
  if (n < 2 * few || on_line(places, 0, n, line_through(places, 0, n))) return std::nullopt;
  Line before = line_through(places, 0, few);
  std::size_t end = few;
  while (end < n && on_line(places, end, end + 1, before)) {
    if (++end % few == 0) before = line_through(places, 0, end);
  }
  if (n - end < few || !(before.slope > 0.0)) return std::nullopt;
  before = line_through(places, 0, end);
  const Line free = line_through(places, end, n);
  if (!(free.slope > 0.0) || !on_line(places, 0, end, before) || !on_line(places, end, n, free)) return std::nullopt;
  Line after{before.start, 0.0};
  double xx = 0.0, xy = 0.0;
  for (std::size_t k = end; k < n; ++k) {
    const double s = places.step[k] - after.start;
    xx += s * s;
    xy += s * places.place[k];
  }
  after.slope = xy / xx;
  constexpr double least = 0.01;
  if (std::fabs(after.slope / before.slope - 1.0) < least || !on_line(places, end, n, after)) return std::nullopt;
  return Change{places.step[end], before, after};
}

void add_change(const Subject& subject, const Change& change, const Curve& curve, double final, Findings& findings) {
  const auto horizon = [](const Line& line) { return std::llround(line.start + 1.0 / line.slope); };
  const auto at = static_cast<std::int64_t>(change.step);
  LintFinding& found =
      findings.add(at, subject.updates(),
                   concat({"up to here the rates are a ", curve.name, " decay",
                           final > 0.0 ? concat({" to ", share_text(final)}) : "", " that ends at update ",
                           std::to_string(horizon(change.before)), ", from here on one that ends at ",
                           std::to_string(horizon(change.after))}));
  std::vector<double> mended = subject.dense();
  for (std::size_t t = 0; t < mended.size(); ++t) {
    const double x = change.after.at(static_cast<double>(t + 1));
    if (x >= 0.0) mended[t] = subject.peak() * (final + (1.0 - final) * curve.share_at(std::min(x, 1.0)));
  }
  found.cost = subject.cost(mended);
  found.mended = "the later horizon from the start";
}

void look_for_another_horizon(const Subject& subject, Findings& findings) {
  if (!subject.plain_rates() || subject.size() < 8 || subject.peak() == 0.0 || !subject.rises().empty()) return;
  for (const double final : {0.0, 0.1, 0.01, 0.05, 0.2}) {
    for (const Curve& curve : curves) {
      if (const auto change = change_in(places_on(subject, curve, final))) {
        return add_change(subject, *change, curve, final, findings);
      }
    }
  }
}

}  // namespace

Rule horizon_changed_rule() {
  return {
      {.name = "horizon-changed",
       .severity = Severity::warning,
       .meaning = "from some update on, as after a resume, the rates are those of the same decay over another length",
       .remedy = "resume with the number of updates that the run was planned for; to train longer, see extend"},
      look_for_another_horizon};
}

}  // namespace scheduled::linting
