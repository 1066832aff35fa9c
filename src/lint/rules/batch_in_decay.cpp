// A batch that grows while the rate decays.
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/error.hpp"
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

void look_for_a_ramp(const Subject& subject, Findings& findings) {
  if (subject.log() == nullptr || subject.size() < 3 || subject.peak() == 0.0) return;
  constexpr double falling = 0.99;
  if (subject.rates().back() >= falling * subject.peak()) return;
  const std::int64_t from = subject.step(subject.last_top());
  const Series batch = batch_of(*subject.log());
  std::vector<double> within;
  for (std::size_t k = 0; k < batch.step.size(); ++k) {
    if (batch.step[k] > from) within.push_back(batch.value[k]);
  }
  if (within.size() < 2) return;
  constexpr double grows = 1.02;
  const double first = within.front(), last = within.back();
  const bool up = std::is_sorted(within.begin(), within.end(), [](double a, double b) { return a < b * 0.98; });
  if (!(first > 0.0) || last < grows * first || !up) return;
  findings.add(from, subject.updates(),
               concat({"the batch grows from ", rate_text(first), " to ", rate_text(last), " while the rate decays"}));
}

}  // namespace

Rule batch_in_decay_rule() {
  return {{.name = "batch-in-decay",
           .severity = Severity::warning,
           .meaning = "the batch grows while the rate decays: a decay that counts samples or tokens is then steeper in "
                      "updates than it looks, and both lower the noise at once",
           .remedy = "end the ramp before the decay begins",
           .of_schedules = false},
          look_for_a_ramp};
}

}  // namespace scheduled::linting
