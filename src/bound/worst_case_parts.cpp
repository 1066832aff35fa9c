// The exact worst case by an active set of slack constraints (worst_case_program.hpp).
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "base/interrupt.hpp"
#include "base/numbers.hpp"
#include "bound/weights.hpp"
#include "bound/worst_case_program.hpp"
#include "bound/worst_case_search.hpp"

namespace scheduled::exact {
namespace {

/// Steps first ... last of the program, both included, as one program with equality in every constraint, for the norms
/// above `base`.
struct Part {
  std::size_t first = 0;
  std::size_t last = 0;
  double base = 0.0;
};

class Parts {
 public:
  Parts(const Program& program, std::vector<std::size_t>& slack_at, weights::Reach reach)
      : program_(program), slack_at_(slack_at), reach_(reach) {
    const std::size_t T = program.size();
    suffix_minimum_.resize(T);
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t t = T; t-- > 0;) {
      suffix_minimum_[t] = program.norm2[t] <= least;
      least = std::min(least, program.norm2[t]);
    }
    solution_.q.resize(T);
    solution_.slack.assign(T - 1, 0.0);
    solution_.rise.assign(T - 1, 0.0);
  }

  Solution solve() {
    constexpr int most = 200;
    std::set<std::vector<std::size_t>> seen;
    for (int round = 0; round < most && seen.insert(slack_at_).second; ++round) {
      Interruption::poll();
      if (!make_parts()) break;
      if (const auto t = most_negative_slack()) {
        slack_at_.erase(std::find(slack_at_.begin(), slack_at_.end(), *t));
      } else if (const auto s = most_exceeded()) {
        slack_at_.insert(std::upper_bound(slack_at_.begin(), slack_at_.end(), *s), *s);
      } else {
        finish();
        return std::move(solution_);
      }
    }
    // Nothing was found that is consistent: one part, which is always feasible.
    slack_at_.clear();
    make_parts();
    finish();
    return std::move(solution_);
  }

 private:
  /// q and the rises of all parts; false where a part has none because its last norm is the base.
  bool make_parts() {
    excess_ = 0.0;
    Part part;
    for (std::size_t i = 0; i <= slack_at_.size(); ++i) {
      part.last = i < slack_at_.size() ? slack_at_[i] : program_.size() - 1;
      const std::optional<double> q_last = best_last(part);
      if (!q_last) return false;
      fill(part, *q_last);
      part = {part.last + 1, 0, program_.norm2[part.last]};
    }
    return true;
  }

  /// The q at the end of a part for which it is smallest.
  std::optional<double> best_last(const Part& part) {
    const auto known = known_.find({part.first, part.last});
    if (known != known_.end()) return known->second;
    const double distance = part.first == 0 ? std::sqrt(program_.distance2) : 0.0;
    const double end = program_.norm2[part.last] - part.base;
    double q = 0.0;
    if (part.first == part.last) {
      if (!(distance > 0.0)) return std::nullopt;
      q = distance / std::sqrt(end);
    } else {
      std::vector<double> norms(part.last - part.first + 1);
      for (std::size_t k = 0; k < norms.size(); ++k) {
        norms[k] = std::sqrt(std::max(program_.norm2[part.first + k] - part.base, 0.0));
      }
      if (!(norms.back() > 0.0 && norms[norms.size() - 2] > 0.0)) return std::nullopt;
      const auto steps = std::span(program_.step).subspan(part.first, part.last - part.first);
      const weights::Minimum best = weights::minimise(steps, norms, weights::FixedSteps{distance}, reach_);
      solution_.passes += best.passes;
      q = square(best.p);
    }
    known_[{part.first, part.last}] = q;
    return q;
  }

  /// q backwards by equality, m forwards by (6.6).
  void fill(const Part& part, double q_last) {
    solution_.q[part.last] = q_last;
    SeldomPoll poll(4096);
    for (std::size_t t = part.last; t-- > part.first; poll()) {
      const double next = solution_.q[t + 1];
      solution_.q[t] = next + (2.0 * program_.step[t] + square(program_.step[t]) / next);
    }
    double m = 0.0;  // above the base
    if (part.first == 0) {
      m = program_.distance2 / square(solution_.q[0]);
      solution_.first = m;
    } else {
      solution_.rise[part.first - 1] = 0.0;
    }
    for (std::size_t t = part.first; t < part.last; ++t, poll()) {
      const double room = program_.norm2[t] - part.base - m;
      note_excess(t, -room);
      solution_.rise[t] = square(program_.step[t] / solution_.q[t + 1]) * std::max(room, 0.0);
      m += square(program_.step[t] / solution_.q[t + 1]) * room;
    }
  }

  void note_excess(std::size_t t, double excess) {
    const double relative = excess / program_.norm2[t];
    if (!(relative > 1e-10 && suffix_minimum_[t] && relative > excess_)) return;
    excess_ = relative;
    exceeded_ = t;
  }

  std::optional<std::size_t> most_exceeded() const { return excess_ > 0.0 ? std::optional(exceeded_) : std::nullopt; }

  std::optional<std::size_t> most_negative_slack() const {
    std::optional<std::size_t> found;
    double lowest = -1e-12;
    for (const std::size_t t : slack_at_) {
      const double relative = slack_of(t) / solution_.q[t];
      if (relative < lowest) {
        lowest = relative;
        found = t;
      }
    }
    return found;
  }

  double slack_of(std::size_t t) const {
    const double next = solution_.q[t + 1];
    return solution_.q[t] - (next + (2.0 * program_.step[t] + square(program_.step[t]) / next));
  }

  void finish() {
    std::fill(solution_.slack.begin(), solution_.slack.end(), 0.0);
    for (const std::size_t t : slack_at_) solution_.slack[t] = std::max(slack_of(t), 0.0);
    certify(program_, solution_.q.back(), solution_);
    ++solution_.passes;
  }

  const Program& program_;
  std::vector<std::size_t>& slack_at_;
  weights::Reach reach_;
  std::vector<bool> suffix_minimum_;
  std::map<std::pair<std::size_t, std::size_t>, double> known_;  // q at the end of parts that were solved
  Solution solution_;
  double excess_ = 0.0;  // the largest (m_t - G_t^2)/G_t^2 of this round, and where it is
  std::size_t exceeded_ = 0;
};

}  // namespace

Solution solve_by_parts(const Program& program, std::vector<std::size_t>& slack_at, weights::Reach reach) {
  return Parts(program, slack_at, reach).solve();
}

}  // namespace scheduled::exact
