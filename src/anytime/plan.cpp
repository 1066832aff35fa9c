#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "anytime/cosine.hpp"
#include "anytime/shares.hpp"
#include "base/error.hpp"
#include "law/end.hpp"
#include "scheduled/plan.hpp"
#include "scheduled/trunk.hpp"

namespace scheduled {

Schedule anytime::cosine_run(const Schedule& trunk, std::int64_t N) {
  ScheduleSpec spec;
  spec.steps = steps(N);
  spec.warmup = trunk.spec().warmup;
  spec.warmup.length = steps(trunk.layout().warmup_steps);
  spec.step_size = trunk.spec().step_size;
  spec.peak = trunk.peak();
  spec.cooldown = Cooldown{rest(), CosineDecay{}, {}};
  return Schedule(std::move(spec));
}

namespace {

void require_trunk(const Schedule& trunk) {
  if (trunk.steps()) {
    fail_value("trunk", print(trunk), "must have no horizon (steps=...); results say how long it trains");
  }
  if (trunk.spec().cooldown) fail_value("trunk", print(trunk), "must have no cooldown; its branches have");
}

/// Omega as inverse/peak + peak * linear, where the rates are proportional to the peak.
BoundTerms terms_of(const Schedule& schedule, const PlanRequest& request) {
  return omega_terms(bound_rates(schedule.with_peak(1.0)), request.grad_norm, request.distance);
}

BestBaseLr best_cosine(const PlanRequest& request, std::int64_t N) {
  return best_base_lr(anytime::cosine_run(request.trunk, N), {request.grad_norm, request.distance});
}

std::vector<std::int64_t> budgets(const PlanRequest& request) {
  if (request.results.empty()) fail_argument("results", "none given");
  std::vector<std::int64_t> out;
  for (std::size_t k = 0; k < request.results.size(); ++k) {
    const std::int64_t N = resolve_steps(concat({"results[", std::to_string(k), "]"}), request.results[k], std::nullopt,
                                         request.trunk.spec().step_size);
    const std::int64_t shortest = request.trunk.layout().warmup_steps + 2;
    if (N < shortest) {
      fail_entry("results", k, concat({std::to_string(N), " steps"}),
                 concat({"must be at least ", std::to_string(shortest),
                         ": the warmup, a step of the trunk and one of cooldown"}));
    }
    if (k > 0 && N <= out.back()) {
      fail_entry("results", k, concat({std::to_string(N), " steps"}),
                 concat({"must be above the result before, ", std::to_string(out.back())}));
    }
    out.push_back(N);
  }
  return out;
}

/// What max_overhead chooses from for the budget N.
anytime::Choices choices_of(const PlanRequest& request, std::int64_t N, double cosine) {
  anytime::Choices choices{N, {}, {}};
  const bool proportional = request.trunk.proportional_to_peak();
  const std::int64_t longest = N - request.trunk.layout().warmup_steps - 1;
  const int shares = static_cast<int>(std::lround(largest_share / finest_share));
  for (int share = 1; share <= shares; ++share) {
    const double wanted = static_cast<double>(N) * finest_share * share;
    const std::int64_t cooldown = std::clamp<std::int64_t>(std::llround(wanted), 1, longest);
    if (!choices.cooldown.empty() && cooldown <= choices.cooldown.back()) continue;
    const Schedule schedule = Trunk(request.trunk, 0).branch(N - cooldown, cooldown, request.cooldown);
    double value = 0.0;
    if (proportional) {
      const BoundTerms terms = terms_of(schedule, request);
      value = 2.0 * std::sqrt(terms.inverse) * std::sqrt(terms.linear);
    } else {
      value = bound(schedule, {request.grad_norm, request.distance});
    }
    choices.cooldown.push_back(cooldown);
    choices.ratio.push_back(value / cosine);
  }
  return choices;
}

std::vector<std::int64_t> cooldowns_of(const PlanRequest& request, const std::vector<std::int64_t>& results,
                                       const std::vector<BestBaseLr>& cosines) {
  std::vector<std::int64_t> out;
  if (!request.max_overhead) {
    for (const std::int64_t N : results) {
      out.push_back(resolve_steps_before("cooldown", request.cooldown.length, N, request.trunk.spec().step_size));
      const std::int64_t longest = N - request.trunk.layout().warmup_steps - 1;
      if (out.back() < 1 || out.back() > longest) {
        fail_value("cooldown", print_duration(request.cooldown.length),
                   concat({"is ", std::to_string(out.back()), " steps of the result at ", std::to_string(N),
                           "; must be between 1 and ", std::to_string(longest),
                           ", what the warmup and a step of the trunk leave"}));
      }
    }
    return out;
  }
  require_non_negative("max_overhead", *request.max_overhead);
  std::vector<anytime::Choices> choices;
  for (std::size_t k = 0; k < results.size(); ++k) {
    choices.push_back(choices_of(request, results[k], cosines[k].bound));
  }
  const auto longest = static_cast<double>(results.back());
  const double extra = std::min(std::floor(longest * *request.max_overhead), 0x1p62 - longest);
  return anytime::choose_cooldowns(choices, results.back() + static_cast<std::int64_t>(extra));
}

/// The factor on rates at peak 1 where the largest of (inverse/x + x linear)/scale is smallest: that is convex in x,
/// and its minimum lies between those of the single ones.
double common_peak(const std::vector<BoundTerms>& terms, const std::vector<PlannedBranch>& branches) {
  double low = 0.0;
  double high = 0.0;
  for (std::size_t k = 0; k < terms.size(); ++k) {
    const double best = std::sqrt(terms[k].inverse / terms[k].linear);
    low = k == 0 ? best : std::min(low, best);
    high = k == 0 ? best : std::max(high, best);
  }
  const auto worst = [&](double x) {
    double largest = 0.0;
    for (std::size_t k = 0; k < terms.size(); ++k) {
      largest = std::max(largest, (terms[k].inverse / x + x * terms[k].linear) / branches[k].cosine.bound);
    }
    return largest;
  };
  for (int round = 0; round < 200 && high - low > 1e-12 * high; ++round) {
    const double left = low + (high - low) / 3.0;
    const double right = high - (high - low) / 3.0;
    if (worst(left) <= worst(right)) {
      high = right;
    } else {
      low = left;
    }
  }
  return 0.5 * (low + high);
}

/// The average of the trunk's last iterates has the worst case of the decay that it imitates where rates never rise
/// between them: (8.12). That needs no weights, and T doubles.
std::optional<double> averaged_worst_case(const Schedule& trunk, const PlannedBranch& branch, double G, double D) {
  std::vector<double> lr = bound_rates(trunk, branch.result);
  lr.resize(static_cast<std::size_t>(branch.result), 0.0);
  const auto begin = lr.end() - branch.cooldown;
  if (!std::is_sorted(begin, lr.end() - 1, std::greater<>())) return std::nullopt;
  for (auto rate = begin; rate != lr.end(); ++rate) {
    *rate *= static_cast<double>(lr.end() - rate - 1) / static_cast<double>(branch.cooldown);
  }
  return worst_case(lr, G, D).value;
}

void judge_exactly(PlannedBranch& branch, const AnytimePlan& plan, const PlanRequest& request) {
  if (request.grad_norm.data() != nullptr || !(request.grad_norm[0] > 0.0)) return;
  const double G = request.grad_norm[0];
  branch.worst_case = worst_case(bound_rates(branch.schedule.with_peak(plan.peak)), G, request.distance).value;
  branch.averaged = averaged_worst_case(plan.trunk.with_peak(plan.peak), branch, G, request.distance);
}

void predict(AnytimePlan& plan, const PlanRequest& request) {
  plan.tuned = request.trunk.proportional_to_peak();
  plan.peak = request.trunk.peak();
  std::vector<BoundTerms> terms;
  for (PlannedBranch& branch : plan.branches) {
    branch.bound_at_own_peak = bound(branch.schedule, {request.grad_norm, request.distance});
    if (plan.tuned) terms.push_back(terms_of(branch.schedule, request));
  }
  if (plan.tuned) plan.peak = common_peak(terms, plan.branches);
  for (std::size_t k = 0; k < plan.branches.size(); ++k) {
    PlannedBranch& branch = plan.branches[k];
    branch.bound = plan.tuned ? terms[k].inverse / plan.peak + plan.peak * terms[k].linear : branch.bound_at_own_peak;
    branch.ratio = branch.bound / branch.cosine.bound;
    judge_exactly(branch, plan, request);
    if (request.law) branch.loss = law::identified_end(*request.law, branch.schedule.values(branch.result));
  }
}

/// A branch point is needed until its branches are finished; the trunk resumes from the last one that it has reached.
void list_checkpoints(AnytimePlan& plan) {
  std::map<std::int64_t, PlannedCheckpoint> points;
  for (std::size_t k = 0; k < plan.branches.size(); ++k) {
    PlannedCheckpoint& point = points[plan.branches[k].start];
    point.step = plan.branches[k].start;
    point.needed_by.push_back(k);
  }
  for (auto point = points.begin(); point != points.end(); ++point) {
    if (const auto next = std::next(point); next != points.end()) point->second.after_trunk_step = next->first;
    plan.checkpoints.push_back(point->second);
  }
  for (std::size_t k = 0; k < plan.branches.size(); ++k) {
    plan.checkpoints.push_back({plan.branches[k].result, true, {k}, {}});
  }
  std::stable_sort(plan.checkpoints.begin(), plan.checkpoints.end(),
                   [](const auto& a, const auto& b) { return a.step < b.step; });
}

}  // namespace

AnytimePlan plan_anytime(const PlanRequest& request) {
  require_trunk(request.trunk);
  const std::vector<std::int64_t> results = budgets(request);
  request.grad_norm.check(static_cast<std::size_t>(results.back()));
  std::vector<BestBaseLr> cosines;
  cosines.reserve(results.size());
  for (const std::int64_t N : results) cosines.push_back(best_cosine(request, N));
  const std::vector<std::int64_t> cooldowns = cooldowns_of(request, results, cosines);
  AnytimePlan plan{request.trunk, {}, {}};
  for (std::size_t k = 0; k < results.size(); ++k) {
    const std::int64_t N = results[k];
    const std::int64_t start = N - cooldowns[k];
    plan.branches.push_back({.result = N,
                             .start = start,
                             .cooldown = cooldowns[k],
                             .schedule = Trunk(request.trunk, 0).branch(start, cooldowns[k], request.cooldown),
                             .cosine = cosines[k]});
    plan.trunk_steps = std::max(plan.trunk_steps, start);
    plan.separate_steps += N;
  }
  plan.total_steps = anytime::total_steps(results, cooldowns);
  plan.overhead = static_cast<double>(plan.total_steps - results.back()) / static_cast<double>(results.back());
  predict(plan, request);
  list_checkpoints(plan);
  return plan;
}

}  // namespace scheduled
