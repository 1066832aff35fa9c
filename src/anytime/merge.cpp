// Merging: weights for the checkpoints at hand, and the guarantees of what they make (docs/theory.md, 8a).
#include "scheduled/merge.hpp"

#include <algorithm>
#include <cmath>

#include "anytime/history.hpp"
#include "anytime/rates.hpp"
#include "base/error.hpp"

namespace scheduled {
namespace {

void check_merge(const MergeRequest& request) {
  if (request.steps.size() < 2)
    fail_value("steps", std::to_string(request.steps.size()), "must be at least 2 checkpoints");
  for (std::size_t k = 0; k < request.steps.size(); ++k) {
    const std::int64_t least = k == 0 ? 1 : request.steps[k - 1] + 1;
    if (request.steps[k] < least) {
      fail_entry("steps", k, static_cast<double>(request.steps[k]), "must be at least " + std::to_string(least));
    }
  }
  if (static_cast<std::int64_t>(request.lr.size()) < request.steps.back()) {
    fail_value("lr", std::to_string(request.lr.size()),
               concat({"must be the rates of all ", std::to_string(request.steps.back()), " updates"}));
  }
  const bool ema = request.rule == MergeRule::ema;
  if (request.rule != MergeRule::decay && request.decay) fail_argument("decay", "is of rule decay alone");
  if (request.rule != MergeRule::decay && request.final) fail_argument("final", "is of rule decay alone");
  if (ema != request.half_life.has_value()) {
    fail_argument("half_life", ema ? "must be given for ema" : "is of ema alone");
  }
  if (ema && !(*request.half_life >= 1.0 && std::isfinite(*request.half_life))) {
    fail_value("half_life", *request.half_life,
               "must be finite and at least 1 update; shorter is the last checkpoint alone");
  }
}

std::int64_t window_begin(const MergeRequest& request) {
  const std::int64_t first = request.steps.front();
  if (!request.begin) return std::max<std::int64_t>(0, first - (request.steps[1] - first));
  if (*request.begin < 0 || *request.begin >= first) {
    fail_value("begin", std::to_string(*request.begin),
               concat({"must be at least 0 and before the first checkpoint, ", std::to_string(first)}));
  }
  return *request.begin;
}

/// d(j/length) for j = 0 ... length, 1 at 0.
Schedule decay_of(const MergeRequest& request, std::int64_t length) {
  ScheduleSpec spec;
  spec.steps = steps(length + 1);
  spec.cooldown = Cooldown{steps(length), request.decay.value_or(LinearDecay{}), request.final.value_or(Rate{})};
  return Schedule(std::move(spec));
}

/// The weights of the checkpoints, in the order of their steps.
std::vector<double> weights_at(const MergeRequest& request, std::int64_t begin) {
  const std::vector<std::int64_t>& at = request.steps;
  const std::size_t n = at.size();
  std::vector<double> weights(n, 1.0);
  if (request.rule == MergeRule::decay) {
    const Schedule decay = decay_of(request, at.back() - begin);
    for (std::size_t k = 0; k < n; ++k) {
      const double before = decay.lr(k == 0 ? 0 : at[k - 1] - begin);
      weights[k] = before - (k + 1 == n ? 0.0 : decay.lr(at[k] - begin));
      if (!(weights[k] >= 0.0)) fail_argument("decay", "must not rise");
    }
  } else if (request.rule == MergeRule::ema) {
    for (std::size_t k = 0; k < n; ++k) {
      weights[k] = std::exp2(-static_cast<double>(at.back() - at[k]) / *request.half_life);
    }
  }
  double sum = 0.0;
  for (const double weight : weights) sum += weight;
  for (double& weight : weights) weight /= sum;
  if (!(weights.back() > 0.0)) fail_argument("final", "must leave some weight to the last checkpoint");
  return weights;
}

/// The weight of each checkpoint spread over the iterates since the one before.
std::vector<double> spread(const MergeRequest& request, std::span<const double> weights, std::int64_t begin) {
  std::vector<double> out(static_cast<std::size_t>(request.steps.back()) + 1, 0.0);
  std::int64_t before = begin;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const std::int64_t step = request.steps[k];
    const double each = weights[k] / static_cast<double>(step - before);
    std::fill(out.begin() + before + 1, out.begin() + step + 1, each);  // the iterate after s updates is entry s
    before = step;
  }
  return out;
}

/// h_t = lr_t C_{t+1}: the rates of the run that is imitated.
std::vector<double> imitated_rates(std::span<const double> lr, std::span<const double> weights) {
  std::vector<double> rates(lr.begin(), lr.end());
  double left = 0.0;
  for (std::size_t t = weights.size() - 1; t > 0; --t) {
    left += weights[t];
    rates[t - 1] *= std::min(left, 1.0);
  }
  return rates;
}

}  // namespace

MergePlan plan_merge(const MergeRequest& request) {
  check_merge(request);
  MergePlan plan;
  plan.begin = window_begin(request);
  const std::vector<double> weights = weights_at(request, plan.begin);
  for (std::size_t k = 0; k < weights.size(); ++k) plan.weights.push_back({request.steps[k], weights[k]});
  const std::size_t T = static_cast<std::size_t>(request.steps.back()) + 1;
  std::vector<double> lr(request.lr.begin(), request.lr.begin() + static_cast<std::ptrdiff_t>(T) - 1);
  lr.push_back(lr.back());  // of the update after the last checkpoint, which no iterate here depends on
  std::vector<double> sparse(T, 0.0);
  for (const MergeWeight& weight : plan.weights) sparse[static_cast<std::size_t>(weight.step)] = weight.weight;
  const std::vector<double> dense = spread(request, weights, plan.begin);
  plan.merged = average_bound(lr, sparse, request.grad_norm, request.distance);
  plan.every = average_bound(lr, dense, request.grad_norm, request.distance);
  const auto best = [&](std::span<const double> rates) {
    return worst_case_best_scale(rates, request.grad_norm, request.distance).worst_case.value;
  };
  plan.cooldown = best(imitated_rates(lr, dense));
  plan.last = best(lr);
  for (std::size_t t = static_cast<std::size_t>(plan.begin) + 2; t < T; ++t) {
    plan.falling = plan.falling || dense[t] < dense[t - 1] * (1.0 - 1e-12);
  }
  return plan;
}

std::vector<std::int64_t> merge_points(const RunRecord& record, const std::string& name, std::int64_t begin,
                                       std::optional<std::int64_t> end) {
  const std::int64_t last = end.value_or(record.line(name).step);
  std::vector<std::int64_t> steps;
  for (const anytime::Span& span : anytime::history(record, name)) {
    for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
      using State = RecordedCheckpoint::State;
      const bool usable = checkpoint.state == State::live || checkpoint.state == State::superseded;
      const bool inside = checkpoint.step > begin && checkpoint.step <= std::min(last, span.end);
      if (usable && inside && checkpoint.session == span.session->id) steps.push_back(checkpoint.step);
    }
  }
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  return steps;
}

std::vector<double> recorded_rates(const RunRecord& record, const std::string& line, std::int64_t count) {
  constexpr std::int64_t most = 1'000'000'000;
  if (count < 0 || count > most) fail_value("count", std::to_string(count), "must be between 0 and 1e9");
  if (const auto end = record.line(line).end; end && count > *end) {
    fail_value("count", std::to_string(count),
               concat({"must be at most ", std::to_string(*end), ", where ", line, " ends"}));
  }
  return anytime::all_rates(count, anytime::history(record, line));
}

}  // namespace scheduled
