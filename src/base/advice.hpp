// What messages advise, in the words of those who read them: options of the command, or arguments in Python. Private.
#pragma once

#include <string>
#include <string_view>

namespace scheduled {

enum class Audience { command, python };
/// Said once, before there are other threads; without it, the command.
void speak_to(Audience audience) noexcept;

/// "--lr SPEC" or "lr=SPEC"; without a value "--continue-lr" or "continue_lr=True".
std::string option_text(std::string_view name, std::string_view value = {});
/// "--log-warmup N" or "warmup=N": how a log's rates begin.
std::string warmup_text(std::string_view value);
/// "--columns loss=val_loss" or "columns={'loss': 'val_loss'}".
std::string columns_text(std::string_view source, std::string_view standard);
/// --pattern "..." or patterns=["..."].
std::string pattern_text(std::string_view pattern);
/// How the logs in a run's folder are read.
std::string run_logs_text();
/// "scheduled run repair" or "RunStore.repair"; `method`: where Python calls it otherwise.
std::string run_verb_text(std::string_view verb, std::string_view method = {});

}  // namespace scheduled
