#include "foreign/sound.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace scheduled::foreign {
namespace {

/// The words of a key's parts: "lr_scheduler.warmup_steps" has lr, scheduler, warmup, steps.
std::vector<std::string> words_of(std::string_view key) {
  std::vector<std::string> words(1);
  for (std::size_t k = 0; k < key.size(); ++k) {
    const char c = key[k];
    const bool upper = c >= 'A' && c <= 'Z';
    const bool letter = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool begins = upper && k > 0 && key[k - 1] >= 'a' && key[k - 1] <= 'z';
    if (!letter || begins) words.emplace_back();
    if (letter) words.back() += static_cast<char>(upper ? c - 'A' + 'a' : c);
  }
  return words;
}

}  // namespace

bool may_matter(std::string_view key) {
  if (key.ends_with("_target_")) return false;  // what is called
  constexpr std::array<std::string_view, 14> of_rates{"lr",       "lrs",        "warmup",   "warmdown",  "cooldown",
                                                      "anneal",   "annealing",  "decay",    "scheduler", "sched",
                                                      "schedule", "schedulers", "learning", "restarts"};
  constexpr std::array<std::string_view, 26> of_others{
      "weight", "wd",   "ema",   "beta",    "beta1",      "beta2",    "betas",     "momentum", "pipeline",
      "log",    "save", "eval",  "logging", "noise",      "dropout",  "profiler",  "profile",  "profiling",
      "loss",   "kl",   "wandb", "grad",    "curriculum", "wsconfig", "allocator", "benchmark"};
  bool matters = false;
  for (const std::string& word : words_of(key)) {
    if (std::find(of_others.begin(), of_others.end(), word) != of_others.end()) return false;
    if (std::find(of_rates.begin(), of_rates.end(), word) != of_rates.end()) matters = true;
  }
  return matters;
}

}  // namespace scheduled::foreign
