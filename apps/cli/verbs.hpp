// The verbs, one file each: parse, call the library, print.
#pragma once

#include <string>
#include <vector>

#include "shell/options.hpp"

namespace scheduled::cli {
using namespace shell;

void add_show(Verb& command);
void add_bound(Verb& command);
void add_worst_case(CLI::App& app);
void add_tune(Verb& command);
void add_compare(CLI::App& app);
void add_optimize(CLI::App& app);
void add_refine(CLI::App& app);
void add_extend(CLI::App& app);
void add_transfer(CLI::App& app);
void add_fit(CLI::App& app);
void add_predict(CLI::App& app);
void add_cooldown(CLI::App& app);
void add_run(Verb& command);
/// arguments: those of the command from the verb on.
void add_train(Verb& command, std::vector<std::string> arguments);

}  // namespace scheduled::cli
