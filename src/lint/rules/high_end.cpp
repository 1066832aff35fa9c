// A decay that ends too high.
#include <algorithm>
#include <variant>

#include "base/error.hpp"
#include "lint/rule.hpp"

namespace scheduled::linting {
namespace {

/// Without a decay to an end: trunks, from which cooldowns branch off.
bool open_ended(const Schedule& schedule) {
  const ScheduleSpec& spec = schedule.spec();
  if (spec.cooldown) return false;
  return std::visit(
      []<class S>(const S&) {
        return std::is_same_v<S, InversePower> || std::is_same_v<S, Rsqrt> || std::is_same_v<S, Noam> ||
               std::is_same_v<S, Power> || std::is_same_v<S, Infinite>;
      },
      spec.shape);
}

/// Its last fifth times a line to 0.
std::vector<double> cooled_down(std::vector<double> rates) {
  const std::size_t length = rates.size() / 5;
  for (std::size_t j = 0; j < length; ++j) {
    rates[rates.size() - 1 - j] *= static_cast<double>(j) / static_cast<double>(length);
  }
  return rates;
}

/// The way down from `top`, stretched to end at 0.
std::vector<double> to_zero(const Subject& subject, std::size_t top) {
  std::vector<double> rates = subject.dense();
  const double end = subject.rates().back();
  const double stretch = subject.peak() / (subject.peak() - end);
  for (std::size_t t = static_cast<std::size_t>(subject.step(top)) - 1; t < rates.size(); ++t) {
    rates[t] = std::max(0.0, (rates[t] - end) * stretch);
  }
  return rates;
}

void look_at_the_end(const Subject& subject, Findings& findings) {
  if (subject.size() < 3 || !subject.ends() || subject.peak() == 0.0) return;
  const double end = subject.rates().back();
  double allowed = 0.1 * (1.0 + 1e-6);
  if (subject.log() != nullptr) {  // its rows may miss the last updates of a decay to a tenth, and have few digits
    const std::size_t k = subject.size() - 1;
    const auto missed = static_cast<double>(2 * (subject.step(k) - subject.step(k - 1)));
    allowed = 0.101 + std::max(0.0, -subject.slope(k)) * missed / subject.peak();
  }
  // Most programs are at their final rate right after the last update.
  const bool more = subject.schedule() != nullptr && subject.input().updates;
  const double reached = more ? std::min(end, subject.schedule()->lr(subject.updates())) : end;
  constexpr double fallen = 0.99;
  if (reached <= allowed * subject.peak() || end >= fallen * subject.peak()) return;
  const std::int64_t T = subject.updates();
  const std::size_t top = subject.last_top();
  const auto after = subject.rates().begin() + static_cast<std::ptrdiff_t>(top);
  if (end > *std::min_element(after, subject.rates().end()) * (1.0 + 1e-9)) return;  // it rises at its end
  LintFinding& found =
      findings.add(T, T,
                   concat({"the decay ends at ", rate_text(end), ", ", share_text(end / subject.peak()), " of the peak",
                           subject.log() != nullptr ? ", as far as it is logged" : ""}));
  const bool trunk = subject.schedule() != nullptr && open_ended(*subject.schedule());
  if (trunk) {
    found.severity = Severity::note;
    found.remedy = "add a cooldown where a result is wanted; cooldown and extend plan it";
  }
  const bool stands = subject.rate(subject.size() - 2) == end;
  found.cost = subject.cost(trunk || stands ? cooled_down(subject.dense()) : to_zero(subject, top));
  found.mended = trunk || stands ? "with a linear decay to 0 over its last fifth" : "the same decay to 0";
}

}  // namespace

Rule high_end_rule() {
  return {{.name = "high-end",
           .severity = Severity::warning,
           .meaning = "a decay that ends above 10 % of the peak; a note for trunks, which have no end of their own",
           .remedy = "decay to 0"},
          look_at_the_end};
}

}  // namespace scheduled::linting
