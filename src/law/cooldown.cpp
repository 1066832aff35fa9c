#include "scheduled/law.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "law/end.hpp"
#include "law/records.hpp"
#include "scheduled/trunk.hpp"

namespace scheduled {

std::vector<double> with_cooldown(std::span<const double> trunk, std::int64_t length, const Decay& decay,
                                  double final) {
  if (!(final >= 0.0 && final < 1.0)) fail_value("final", final, "must be within [0, 1)");
  if (length < 1) fail_value("length", std::to_string(length), "must be >= 1");
  const Trunk done = [&] {
    try {
      return Trunk(std::vector<double>(trunk.begin(), trunk.end()));
    } catch (const ArgumentError& error) {
      throw error.named("trunk");
    }
  }();
  return done.branch(done.step(), length, {steps(length), decay, percent_of_peak(100.0 * final)}).values();
}

VirtualCooldown virtual_cooldown(const FittedLaw& fitted, std::span<const double> trunk,
                                 const CooldownQuestion& question) {
  if (question.lengths.empty()) fail_argument("lengths", "must hold at least one length");
  if (question.further < 1) fail_value("further", std::to_string(question.further), "must be >= 1");
  VirtualCooldown result;
  result.now = static_cast<std::int64_t>(trunk.size());
  std::vector<double> longer(trunk.begin(), trunk.end());
  if (!trunk.empty()) longer.insert(longer.end(), static_cast<std::size_t>(question.further), trunk.back());
  for (const std::int64_t length : question.lengths) {
    const std::vector<double> now = with_cooldown(trunk, length, question.decay, question.final);
    const std::vector<double> later = with_cooldown(longer, length, question.decay, question.final);
    const std::vector<double> longer_cooldown =
        with_cooldown(trunk, length + question.further, question.decay, question.final);
    result.answers.push_back({length, law::identified_end(fitted, now), predict_difference(fitted, now, later),
                              predict_difference(fitted, now, longer_cooldown)});
  }
  const std::int64_t here[] = {result.now};
  result.trunk = predict_losses(fitted, trunk, here)[0];
  return result;
}

WorthGoingOn worth_going_on(const CooldownAnswer& answer) noexcept {
  if (answer.gain.upper <= 0.0) return WorthGoingOn::no;
  return answer.gain.lower > 0.0 ? WorthGoingOn::yes : WorthGoingOn::unsure;
}

BetterSpent better_spent(const CooldownAnswer& answer) noexcept {
  if (answer.gain.lower > answer.longer.upper) return BetterSpent::trunk;
  return answer.longer.lower > answer.gain.upper ? BetterSpent::cooldown : BetterSpent::alike;
}

std::string_view name_of(WorthGoingOn worth) noexcept { return word_of(worth); }
std::string_view name_of(BetterSpent spent) noexcept { return word_of(spent); }

}  // namespace scheduled
