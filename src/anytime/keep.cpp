// Which checkpoints of a trunk branches and merges need, for how long, and what that takes.
#include <algorithm>
#include <map>

#include "anytime/keep.hpp"
#include "base/error.hpp"

namespace scheduled {

std::vector<std::int64_t> anytime::even_steps(std::int64_t end, std::int64_t window, std::int64_t count) {
  std::vector<std::int64_t> steps;
  const auto part = static_cast<double>(window) / static_cast<double>(count);
  for (std::int64_t j = 1; j <= count; ++j) {
    steps.push_back(end - window + static_cast<std::int64_t>(part * static_cast<double>(j) + 0.5));
  }
  return steps;
}

void anytime::count_kept(const std::vector<std::int64_t>& results, KeepPlan& plan) {
  std::map<std::int64_t, std::int64_t> change;  // at a step of the trunk
  for (const KeptCheckpoint& kept : plan.checkpoints) {
    ++change[kept.step];
    --change[kept.until + 1];
  }
  for (const std::int64_t result : results) ++change[result];
  constexpr std::int64_t to_resume = 2;
  std::int64_t now = to_resume;
  for (const auto& [step, by] : change) {
    now += by;
    if (now <= plan.most) continue;
    plan.most = now;
    plan.at = step;
  }
}

std::int64_t anytime::bytes_of_most(std::int64_t most, std::int64_t bytes) {
  std::int64_t all = 0;
  if (__builtin_mul_overflow(most, bytes, &all)) {
    fail_value("bytes", std::to_string(bytes), concat({"times ", std::to_string(most), " must fit 2^63"}));
  }
  return all;
}

namespace {

constexpr std::int64_t most_kept = 1'000'000;  // checkpoints of a merge

void check_keep(const KeepRequest& request) {
  if (request.branches.size() != request.ends.size()) {
    fail_value("ends", std::to_string(request.ends.size()),
               concat({"must be one for each of the ", std::to_string(request.branches.size()), " branches"}));
  }
  for (std::size_t k = 0; k < request.branches.size(); ++k) {
    if (request.branches[k] < 1) fail_entry("branches", k, std::to_string(request.branches[k]), "must be at least 1");
    if (request.ends[k] <= request.branches[k]) {
      fail_entry("ends", k, std::to_string(request.ends[k]),
                 "must be above " + std::to_string(request.branches[k]) + ", where it leaves");
    }
  }
  if (request.count < 2 || request.count > most_kept) {
    fail_value("count", std::to_string(request.count), "must be between 2 and 1e6");
  }
  if (request.bytes < 0) fail_value("bytes", std::to_string(request.bytes), "must be >= 0");
}

/// The steps of a merge's checkpoints.
std::vector<std::int64_t> steps_of_merge(const KeepRequest& request, std::size_t k) {
  const std::int64_t end = request.merges[k];
  if (end < 2) fail_entry("merges", k, std::to_string(end), "must be at least 2");
  const std::int64_t window = resolve_steps("window", request.window, end, {});
  if (window < request.count || window > end) {
    fail_value("window", print_duration(request.window),
               concat({"must be between ", std::to_string(request.count), " steps, one for each checkpoint, and the ",
                       std::to_string(end), " of the merge"}));
  }
  return anytime::even_steps(end, window, request.count);
}

}  // namespace

KeepPlan plan_checkpoints(const KeepRequest& request) {
  check_keep(request);
  std::map<std::int64_t, KeptCheckpoint> kept;
  const auto need = [&](std::int64_t step, std::int64_t until) -> KeptCheckpoint& {
    KeptCheckpoint& checkpoint = kept[step];
    checkpoint.step = step;
    checkpoint.until = std::max(checkpoint.until, until);
    return checkpoint;
  };
  for (std::size_t k = 0; k < request.branches.size(); ++k) {
    need(request.branches[k], request.ends[k]).branches.push_back(request.ends[k]);
  }
  for (std::size_t k = 0; k < request.merges.size(); ++k) {
    for (const std::int64_t step : steps_of_merge(request, k)) {
      need(step, request.merges[k]).merges.push_back(request.merges[k]);
    }
  }
  KeepPlan plan;
  for (auto& [step, checkpoint] : kept) plan.checkpoints.push_back(std::move(checkpoint));
  std::vector<std::int64_t> results = request.ends;
  results.insert(results.end(), request.merges.begin(), request.merges.end());
  anytime::count_kept(results, plan);
  plan.bytes = anytime::bytes_of_most(plan.most, request.bytes);
  return plan;
}

}  // namespace scheduled
