// The verbs, one file each: parse, call the library, print.
#pragma once

#include "shell/options.hpp"

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
void add_log(Verb& command);
void add_lint(Verb& command);
void add_diff(Verb& command);
void add_fit(Verb& command);
void add_predict(Verb& command);
void add_cooldown(Verb& command);
void add_watch(Verb& command);
void add_run(Verb& command);

}  // namespace scheduled::cli
