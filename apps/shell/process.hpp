// What the programs of this project have in common: exit codes and what is said when they fail.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace scheduled::shell {

constexpr int failed_work = 1;
constexpr int bad_input = 2;

/// Thrown by a verb that has printed all and whose answer is an exit code, as diff does: nothing failed.
struct Answered {
  int code = 0;
};

/// One line on standard error that starts with "scheduled: error: "; returns `code`.
int report(std::string_view what, int code);

/// One line on standard error that starts with "scheduled: warning: ".
void warn(const std::string& text);

/// The same without that word: what is waited for.
void note(const std::string& text);

/// What main() does: standard streams and locale as they must be, then `run`, whose exceptions are reported. Returns
/// the exit code: 0 done, 1 failed work, 2 bad input, or what was Answered.
int guarded(const std::function<int()>& run);

}  // namespace scheduled::shell
