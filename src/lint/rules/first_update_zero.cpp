// Updates at the beginning whose rate is 0.
#include <algorithm>

#include "base/error.hpp"
#include "lint/rule.hpp"

namespace scheduled::linting {
namespace {

void look_for_zeros(const Subject& subject, Findings& findings) {
  const std::vector<double>& rates = subject.rates();
  const auto positive = std::find_if(rates.begin(), rates.end(), [](double rate) { return rate > 0.0; });
  if (positive == rates.begin()) return;
  if (positive == rates.end()) {
    if (rates.empty()) return;
    LintFinding& found = findings.add(1, subject.updates(), "all rates are 0");
    found.severity = Severity::error;
    found.remedy = "see that the rates are logged, and with enough digits";
    return;
  }
  const std::int64_t last = subject.step(static_cast<std::size_t>(positive - rates.begin()) - 1);
  LintFinding& found = findings.add(1, last,
                                    concat({"the first ", last > 1 ? count_text(last, "update") : "update", " of ",
                                            std::to_string(subject.updates()), " at rate 0"}));
  constexpr std::int64_t few = 1000;  // one in so many
  if (last > 1 && few * last > subject.updates()) found.severity = Severity::warning;
  std::vector<double> mended = subject.dense();
  for (double& rate : mended) {
    if (rate > 0.0) break;
    rate = *positive;
  }
  found.cost = subject.cost(mended);
  found.mended = "beginning with the first rate above 0";
}

}  // namespace

Rule first_update_zero_rule() {
  return {
      {.name = "first-update-zero",
       .severity = Severity::note,
       .meaning = "the first update, or more of them, at rate 0: computed and thrown away; a warning where it is "
                  "more than one in a thousand, an error where it is all of them",
       .remedy = "let the warmup's first step be above 0: here without `warmup_start`, elsewhere (step + 1)/warmup"},
      look_for_zeros};
}

}  // namespace scheduled::linting
