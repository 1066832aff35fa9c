// The verb `train` of the command, which is not linked with LibTorch: another program does the work.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduled/plan.hpp"
#include "shell/options.hpp"

namespace scheduled::trainer {

/// Replaces this process by `scheduled-train`, which reads the arguments of the verb; returns where this command was
/// built without it.
void hand_over(std::vector<std::string> arguments);

/// The verb for help and completion, and for where there is no trainer: then it says what is wrong with its arguments,
/// else what is missing.
void add_train(shell::Verb& command);

/// Whether the configuration `file` trains the trunk of the plan, and has data for all of it. Returns its updates between
/// checkpoints. Throws ArgumentError.
std::int64_t check_planned(const std::string& file, const AnytimePlan& plan);

}  // namespace scheduled::trainer
