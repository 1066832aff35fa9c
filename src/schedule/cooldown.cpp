// Cooldowns in the words of the spec language.
#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

Cooldown parse_cooldown(std::string_view length, std::string_view decay, std::string_view final_lr) {
  const auto require_word = [](std::string_view name, std::string_view text) {  // a spec says what else is wrong
    if (text.find_first_of("(),=[] ") != std::string_view::npos) fail({name, " = ", text, ": must be one word"});
  };
  require_word("decay", decay);
  require_word("final", final_lr);
  // A peak that allows the final rate; whoever uses the cooldown checks it against its own.
  const double peak = std::max(1.0, parse_number(final_lr).value_or(1.0));
  const Schedule spec = Schedule::parse(concat(
      {"wsd(steps=1000, peak=", format_number(peak), ", cooldown=10%, decay=", decay, ", final=", final_lr, ")"}));
  Cooldown cooldown = *spec.spec().cooldown;
  cooldown.length = parse_duration("cooldown", length);
  return cooldown;
}

std::int64_t steps_for_share(std::int64_t start, double percent) {
  const double share = percent / 100.0;
  return std::llround(static_cast<double>(start) * share / (1.0 - share));
}

}  // namespace scheduled
