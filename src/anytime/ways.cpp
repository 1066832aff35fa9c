// The results of a plan by other ways than cooldowns: what they cost, and what they guarantee (docs/theory.md, 8a).
#include <algorithm>
#include <cmath>
#include <map>

#include "anytime/cosine.hpp"
#include "anytime/keep.hpp"
#include "base/error.hpp"
#include "law/end.hpp"
#include "scheduled/exact.hpp"
#include "scheduled/plan.hpp"

namespace scheduled {
namespace {

constexpr std::int64_t most_of_merge = 1'000'000;  // checkpoints

void check_ways(const CompareRequest& request) {
  if (request.ways.empty()) fail_argument("ways", "none given");
  for (std::size_t k = 0; k < request.ways.size(); ++k) {
    const auto before = request.ways.begin() + static_cast<std::ptrdiff_t>(k);
    if (std::find(request.ways.begin(), before, request.ways[k]) != before)
      fail_argument("ways", "must be different ones");
  }
  if (request.count < 2 || request.count > most_of_merge) {
    fail_value("count", std::to_string(request.count), "must be between 2 and 1e6");
  }
  if (request.checkpoint_bytes < 0) {
    fail_value("bytes", std::to_string(request.checkpoint_bytes), "must be >= 0");
  }
  require_positive("distance", request.distance);
}

/// Updates of the window of a result's merge.
std::int64_t window_of(const CompareRequest& request, const PlannedBranch& branch, const StepSize& step_size) {
  std::int64_t window = branch.cooldown;
  if (request.window) window = resolve_steps_before("window", *request.window, branch.result, step_size);
  if (window >= request.count && window < branch.result) return window;
  fail_value("window", std::to_string(window),
             concat({"must be between ", std::to_string(request.count), " steps, one for each checkpoint, and ",
                     std::to_string(branch.result - 1), ", before the result at ", std::to_string(branch.result)}));
}

/// c_1 ... c_T of an average whose half-life is a share of the updates so far, or fixed: from one update to the next
/// the weights before fall by 2^(-1/half_life). Those that vanish are 0.
std::vector<double> ema_weights(const CompareRequest& request, std::int64_t T, const StepSize& step_size) {
  const bool share = request.half_life.unit == Duration::Unit::percent;
  const double fixed =
      share ? request.half_life.value / 100.0
            : static_cast<double>(resolve_steps("half_life", request.half_life, std::nullopt, step_size));
  if (!(fixed > 0.0) || (share && fixed > 1.0)) {
    fail_value("half_life", print_duration(request.half_life), "must be at least one step, or a share up to 100%");
  }
  std::vector<double> weights(static_cast<std::size_t>(T));
  double weight = 1.0;
  double sum = 0.0;
  for (std::int64_t t = T; t > 0; --t) {
    weights[static_cast<std::size_t>(t - 1)] = weight;
    sum += weight;
    weight *= std::exp2(-1.0 / (share ? fixed * static_cast<double>(t) : fixed));
  }
  for (double& value : weights) value /= sum;
  return weights;
}

std::vector<double> merge_weights(const CompareRequest& request, const PlannedBranch& branch,
                                  const StepSize& step_size) {
  std::vector<double> weights(static_cast<std::size_t>(branch.result), 0.0);
  const std::int64_t window = window_of(request, branch, step_size);
  for (const std::int64_t step : anytime::even_steps(branch.result, window, request.count)) {
    weights[static_cast<std::size_t>(step - 1)] = 1.0 / static_cast<double>(request.count);
  }
  return weights;
}

/// c_1 ... c_T of a way that averages.
std::vector<double> weights_of(ResultWay way, const CompareRequest& request, const PlannedBranch& branch,
                               const Schedule& trunk) {
  const StepSize& step_size = trunk.spec().step_size;
  if (way == ResultWay::merge) return merge_weights(request, branch, step_size);
  if (way == ResultWay::ema) return ema_weights(request, branch.result, step_size);
  return step_weights(bound_rates(trunk, branch.result), branch.result);
}

/// h_t = lr_t C_{t+1}: the rates of the run that is imitated.
std::vector<double> lowered_rates(std::vector<double> lr, std::span<const double> weights) {
  double left = 0.0;
  for (std::size_t t = lr.size(); t > 0; --t) {
    lr[t - 1] *= std::min(left, 1.0);
    left += weights[t - 1];
  }
  return lr;
}

bool all_positive(const GradNorm& grad_norm, std::int64_t count) {
  for (std::int64_t t = 0; t < count; ++t) {
    if (!(grad_norm[static_cast<std::size_t>(t)] > 0.0)) return false;
    if (grad_norm.data() == nullptr) break;
  }
  return true;
}

/// What depends on the result alone.
struct OfResult {
  double cosine = 0.0;     ///< the worst case of the cosine run at its best; 0: grad norms are 0 somewhere
  std::vector<double> lr;  ///< the trunk's, at the plan's peak
};

void judge(ResultWay way, const CompareRequest& request, const AnytimePlan& plan, const PlannedBranch& branch,
           const OfResult& of, WayResult& out) {
  if (of.cosine == 0.0) return;
  if (way == ResultWay::cooldown) {
    const std::vector<double> lr = bound_rates(branch.schedule.with_peak(plan.peak));
    const WorstCaseScale best = worst_case_best_scale(lr, request.grad_norm, request.distance);
    out.bound = worst_case(lr, request.grad_norm, request.distance).value;
    out.best = best.worst_case.value;
    out.factor = best.scale;
  } else {
    const std::vector<double> weights = weights_of(way, request, branch, plan.trunk);
    const AverageBound average = average_bound(of.lr, weights, request.grad_norm, request.distance);
    out.bound = average.value;
    out.best = average.best_value;
    out.factor = average.best_scale;
  }
  out.ratio = *out.best / of.cosine;
}

Predicted predict(ResultWay way, const CompareRequest& request, const AnytimePlan& plan, const PlannedBranch& branch) {
  if (way == ResultWay::cooldown) return law::identified_end(*request.law, branch.schedule.values(branch.result));
  std::vector<double> lr(static_cast<std::size_t>(branch.result));
  for (std::size_t t = 0; t < lr.size(); ++t) lr[t] = plan.trunk.lr(static_cast<std::int64_t>(t));
  // A merge imitates the same decay as all iterates of its window.
  const bool merge = way == ResultWay::merge;
  const std::int64_t window = merge ? window_of(request, branch, plan.trunk.spec().step_size) : branch.result;
  const std::vector<double> weights =
      merge ? uniform_weights(branch.result, window) : weights_of(way, request, branch, plan.trunk);
  return law::identified_end(*request.law, lowered_rates(std::move(lr), weights));
}

/// Steps and checkpoints of a way, without its results' bounds.
ComparedWay costs_of(ResultWay way, const CompareRequest& request, const AnytimePlan& plan) {
  ComparedWay out{.way = way};
  const std::int64_t longest = plan.branches.back().result;
  std::map<std::int64_t, std::int64_t> until;  // results increase, so the last one says it
  std::vector<std::int64_t> results;
  for (const PlannedBranch& branch : plan.branches) {
    results.push_back(branch.result);
    if (way == ResultWay::cooldown) until[branch.start] = branch.result;
    if (way != ResultWay::merge) continue;
    const std::int64_t window = window_of(request, branch, plan.trunk.spec().step_size);
    for (const std::int64_t step : anytime::even_steps(branch.result, window, request.count)) {
      until[step] = branch.result;
    }
  }
  KeepPlan keep;
  for (const auto& [step, last] : until) keep.checkpoints.push_back({.step = step, .until = last});
  anytime::count_kept(results, keep);
  out.total_steps = way == ResultWay::cooldown ? plan.total_steps : longest;
  out.extra_steps = out.total_steps - longest;
  out.checkpoints = keep.most;
  out.bytes = anytime::bytes_of_most(keep.most, request.checkpoint_bytes);
  out.copies = way == ResultWay::ema || way == ResultWay::schedule_free ? 1 : 0;
  return out;
}

/// Of a cooldown, what the trunk does not train anyway on its way to the longest result.
std::int64_t extra_steps(ResultWay way, const AnytimePlan& plan, const PlannedBranch& branch) {
  if (way != ResultWay::cooldown) return 0;
  return branch.result < plan.branches.back().result ? branch.cooldown : plan.trunk_steps - branch.start;
}

}  // namespace

std::vector<ComparedWay> compare_ways(const AnytimePlan& plan, const CompareRequest& request) {
  check_ways(request);
  if (plan.branches.empty()) fail_argument("plan", "has no results");
  request.grad_norm.check(static_cast<std::size_t>(plan.branches.back().result));
  std::vector<ComparedWay> out;
  for (const ResultWay way : request.ways) out.push_back(costs_of(way, request, plan));
  for (const PlannedBranch& branch : plan.branches) {
    OfResult of;
    if (all_positive(request.grad_norm, branch.result)) {
      const Schedule cosine = anytime::cosine_run(plan.trunk, branch.result);
      of.cosine = worst_case_best_scale(bound_rates(cosine), request.grad_norm, request.distance).worst_case.value;
      of.lr = bound_rates(plan.trunk.with_peak(plan.peak), branch.result);
    }
    for (ComparedWay& way : out) {
      WayResult result{.result = branch.result, .extra_steps = extra_steps(way.way, plan, branch)};
      judge(way.way, request, plan, branch, of, result);
      if (request.law) result.loss = predict(way.way, request, plan, branch);
      way.results.push_back(std::move(result));
    }
  }
  return out;
}

}  // namespace scheduled
