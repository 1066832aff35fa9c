// The verbs, one file each: parse, call the library, print.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace scheduled::cli {

void add_show(CLI::App& app);
void add_bound(CLI::App& app);
void add_worst_case(CLI::App& app);
void add_tune(CLI::App& app);
void add_compare(CLI::App& app);
void add_optimize(CLI::App& app);
void add_refine(CLI::App& app);
void add_extend(CLI::App& app);
void add_transfer(CLI::App& app);
void add_fit(CLI::App& app);
void add_predict(CLI::App& app);
void add_cooldown(CLI::App& app);
void add_run(CLI::App& app);
/// arguments: those of the command from the verb on.
void add_train(CLI::App& app, std::vector<std::string> arguments);

}  // namespace scheduled::cli
