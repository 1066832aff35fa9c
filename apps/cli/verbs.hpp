// The verbs, one file each: parse, call the library, print.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shell/options.hpp"

namespace scheduled {
struct AnytimePlan;
}

namespace scheduled::cli {
using namespace shell;

void add_show(Verb& command);
void add_bound(Verb& command);
void add_worst_case(Verb& command);
void add_average(Verb& command);
void add_tune(Verb& command);
void add_compare(Verb& command);
void add_optimize(Verb& command);
void add_refine(Verb& command);
void add_extend(Verb& command);
void add_transfer(Verb& command);
void add_import(Verb& command);
void add_export(Verb& command);
void add_log(Verb& command);
void add_lint(Verb& command);
void add_diff(Verb& command);
void add_fit(Verb& command);
void add_predict(Verb& command);
void add_cooldown(Verb& command);
void add_watch(Verb& command);
void add_forecast(Verb& command);
/// Checks that a configuration of `scheduled train` trains what is planned. Returns the updates between its
/// checkpoints, 0: only at the ends of jobs. Throws ArgumentError.
using CheckTraining = std::int64_t (*)(const std::string& file, const AnytimePlan& plan);
void add_run(Verb& command, CheckTraining check);

/// The programs of import and export: their names, and a list for --help.
std::vector<std::string_view> tool_names();
std::string tool_list();

}  // namespace scheduled::cli
