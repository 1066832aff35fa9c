// A batch that grows while the rate decays.
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/error.hpp"
#include "lint/asked.hpp"
#include "lint/rule.hpp"

namespace scheduled::linting {
namespace {

/// Batch at steps: from counts of tokens, or a column of its own.
Series batch_of(const RunLog& log) {
  if (has_values(log, "tokens")) {
    const Series tokens = series(log, "tokens");
    Series batch;
    for (std::size_t k = 1; k < tokens.step.size(); ++k) {
      batch.step.push_back(tokens.step[k]);
      batch.value.push_back((tokens.value[k] - tokens.value[k - 1]) /
                            static_cast<double>(tokens.step[k] - tokens.step[k - 1]));
    }
    return batch;
  }
  constexpr std::array<std::string_view, 5> names{"batch_size", "global_batch_size", "global-batch-size",
                                                  "global batch size", "batch"};
  for (const std::string_view name : names) {
    if (log.has(name) && has_values(log, name)) return series(log, name);
  }
  return {};
}

/// Of a schedule: the batch at its updates from `from` on, where that changes.
Series ramp_of(const Schedule& schedule, std::int64_t from, std::int64_t to) {
  Series batch;
  for (std::int64_t update = from; update <= to; ++update) {
    const auto now = ramped_batch(schedule, update);
    if (!now) return {};
    if (!batch.value.empty() && batch.value.back() == *now) continue;
    batch.step.push_back(update);
    batch.value.push_back(*now);
  }
  return batch;
}

/// Whether the rate is raised wherever the batch grows.
bool raised_with(const Subject& subject, const Series& batch) {
  for (std::size_t k = 1; k < batch.step.size(); ++k) {
    const auto update = static_cast<std::size_t>(batch.step[k]);
    if (subject.rate(update - 1) <= subject.rate(update - 2)) return false;
  }
  return true;
}

void look_for_a_ramp(const Subject& subject, Findings& findings) {
  if (subject.size() < 3 || subject.peak() == 0.0 || !subject.ends()) return;
  constexpr double falling = 0.99;
  if (subject.rates().back() >= falling * subject.peak()) return;
  const std::int64_t from = subject.step(subject.last_top());
  const Schedule* const schedule = subject.schedule();
  Series batch = schedule != nullptr ? ramp_of(*schedule, from, subject.updates()) : batch_of(*subject.log());
  std::vector<double> within;
  for (std::size_t k = 0; k < batch.step.size(); ++k) {
    if (batch.step[k] > from || schedule != nullptr) within.push_back(batch.value[k]);
  }
  if (within.size() < 2) return;
  constexpr double grows = 1.02;
  const double first = within.front(), last = within.back();
  const bool up = std::is_sorted(within.begin(), within.end(), [](double a, double b) { return a < b * 0.98; });
  if (!(first > 0.0) || last < grows * first || !up) return;
  LintFinding& found = findings.add(
      from, subject.updates(),
      concat({"the batch grows from ", rate_text(first), " to ", rate_text(last), " while the rate decays"}));
  if (schedule == nullptr || !raised_with(subject, batch)) return;
  found.severity = Severity::note;
  found.what += ", and the rate rises with it";
  found.remedy = "nothing, where it is meant";
}

}  // namespace

Rule batch_in_decay_rule() {
  return {
      {.name = "batch-in-decay",
       .severity = Severity::warning,
       .meaning = "the batch grows while the rate decays: a decay that counts samples or tokens is then steeper in "
                  "updates than it looks, and both lower the noise at once; a note where the rate is raised with it",
       .remedy = "end the ramp before the decay begins"},
      look_for_a_ramp};
}

}  // namespace scheduled::linting
