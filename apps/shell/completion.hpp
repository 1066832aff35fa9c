// Completion of command lines by the shells: what could stand at their end, from the same descriptions as the help.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/words.hpp"
#include "shell/options.hpp"

namespace scheduled::shell {

struct Completion {
  std::vector<Suggestion> words;
  bool files = false;   ///< names of files could stand there
  std::string typed;    ///< the last word as far as it was typed, without quotes
  bool quoted = false;  ///< its quotes are still open
};

/// What could be the last word of `line`, a command line up to the cursor; after a blank it is a new one.
Completion complete(const VerbInfo& program, std::string_view line);

enum class CompletionShell { bash, zsh, fish };

/// The verb `completion`: prints a shell's script, which in turn asks it for the words.
void add_completion(Verb& command);

}  // namespace scheduled::shell

namespace scheduled {

template <>
struct Words<shell::CompletionShell> {
  static constexpr std::array<std::string_view, 3> words{"bash", "zsh", "fish"};
};

}  // namespace scheduled
