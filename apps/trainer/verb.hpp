// The verb `train` of the command, which is not linked with LibTorch: another program does the work.
#pragma once

#include <string>
#include <vector>

#include "shell/options.hpp"

namespace scheduled::trainer {

/// Replaces this process by `scheduled-train`, which reads the arguments of the verb; returns where this command was
/// built without it.
void hand_over(std::vector<std::string> arguments);

/// The verb for help and completion, and for where there is no trainer: then it says what is wrong with its arguments,
/// else what is missing.
void add_train(shell::Verb& command);

}  // namespace scheduled::trainer
