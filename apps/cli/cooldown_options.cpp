#include "cli/cooldown_options.hpp"

namespace scheduled::cli {

void CooldownOptions::add_to(CLI::App& verb, const std::string& share_of) {
  verb.add_option("--cooldown", length, "Length of the cooldown: steps, tokens, examples, or a share of " + share_of)
      ->type_name("LENGTH")
      ->capture_default_str();
  verb.add_option("--decay", decay, "Shape of the cooldown: linear, 1-sqrt, cosine, ...")
      ->type_name("NAME")
      ->capture_default_str();
  verb.add_option("--final", final, "Rate at its end, or a share of the peak such as 10%")
      ->type_name("LR")
      ->capture_default_str();
}

Cooldown CooldownOptions::read() const { return parse_cooldown(length, decay, final); }

}  // namespace scheduled::cli
