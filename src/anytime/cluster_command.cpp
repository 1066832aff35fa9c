// The command that trains a line: the user's, with values in place of {name}, or our trainer's.
#include <algorithm>
#include <array>
#include <map>

#include "anytime/cluster.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"
#include "base/shell_word.hpp"
#include "base/text.hpp"

namespace scheduled::anytime {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 8> placeholders{"run", "line", "from", "to", "spec", "data", "nodes", "config"};

/// The name in "{name}" at the beginning of `text`; empty where there is none.
std::string_view name_in_braces(std::string_view text) {
  if (text.empty() || text.front() != '{') return {};
  const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", 1);
  if (end == std::string_view::npos || end == 1 || text[end] != '}') return {};
  return text.substr(1, end - 1);
}

/// Where the quotes of a shell are open.
class Quotes {
 public:
  void pass(char c) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\' && open_ != '\'') {
      escaped_ = true;
    } else if (open_ != '\0') {
      if (c == open_) open_ = '\0';
    } else if (c == '\'' || c == '"') {
      open_ = c;
    }
  }
  bool open() const { return open_ != '\0'; }
  bool unfinished() const { return open() || escaped_; }

 private:
  char open_ = '\0';
  bool escaped_ = false;
};

/// Replaces {name} by value(name), and {{name}} by {name}; ${name} is the shell's. Throws ArgumentError naming command.
template <class Value>
std::string replaced(const std::string& command, const Value& value) {
  const auto refuse = [&](const std::string& why) { fail_value("command", concat({"'", command, "'"}), why); };
  std::string out;
  Quotes quotes;
  for (std::size_t k = 0; k < command.size(); ++k) {
    const std::string_view rest = std::string_view(command).substr(k);
    if (rest.starts_with("{{") && !name_in_braces(rest.substr(1)).empty()) {
      const std::string_view name = name_in_braces(rest.substr(1));
      if (rest.substr(name.size() + 3).starts_with('}')) {
        out += concat({"{", name, "}"});
        k += name.size() + 3;
        continue;
      }
    }
    const std::string_view name = k > 0 && command[k - 1] == '$' ? std::string_view() : name_in_braces(rest);
    if (!name.empty()) {
      if (std::find(placeholders.begin(), placeholders.end(), name) == placeholders.end()) {
        refuse(concat({"there is no {", name, "}; there are {run}, {line}, {from}, {to}, {spec}, {data}, {nodes} and ",
                       "{config}, and {{", name, "}} stands for {", name, "} itself"}));
      }
      if (quotes.open()) refuse(concat({"{", name, "} stands within quotes; leave them out, its value is quoted"}));
      out += value(name);
      k += name.size() + 1;
      continue;
    }
    if (command[k] == '\0') refuse("must be a text without zero bytes");
    quotes.pass(command[k]);
    out += command[k];
  }
  if (quotes.unfinished()) refuse("has a quote that is not closed");
  return out;
}

/// The cooldown of a branch as options of `run branch` and `train`.
std::string cooldown_options(const PlannedBranch& branch) {
  const Cooldown& cooldown = *branch.schedule.spec().cooldown;
  const std::string decay(decay_name(cooldown.decay));
  if (!(parse_decay("decay", decay) == cooldown.decay)) {
    fail_value("decay", decay, "has parameters here, and jobs can only name a decay");
  }
  return concat({"--cooldown ", std::to_string(branch.cooldown), " --decay ", decay, " --final ",
                 shell_word(print_rate(cooldown.final))});
}

/// `scheduled train`, which makes run and branch where they are missing.
std::string own_command(const AnytimePlan& plan, const JobRequest& request, const PlannedJob& job) {
  const fs::path config = absolute_path(request.config);
  std::string text = concat(
      {"scheduled train ", shell_word(absolute_path(request.run).string()), " --config ", shell_word(config.string())});
  const PlannedBranch* const branch = branch_of(plan, request, job);
  const std::string to = std::to_string(job.to);
  text += branch == nullptr ? concat({" --until ", to, " --keep ", to})
                            : concat({" --branch ", shell_word(job.line), " --at ", std::to_string(job.from), " ",
                                      cooldown_options(*branch)});
  return request.serial ? text : text + " --shared";
}

}  // namespace

std::string file_word(std::string_view name) {
  std::string out(name);
  const auto odd = [](char c) {
    return !is_plain_in_shell(c) || std::string_view("/:=@%+,").find(c) != std::string_view::npos;
  };
  std::replace_if(out.begin(), out.end(), odd, '.');
  return out;
}

void check_command(const std::string& command) {
  if (trimmed(command).empty()) fail_argument("command", "is blank; give the command that trains a line");
  static_cast<void>(replaced(command, [](std::string_view) { return std::string(); }));
}

std::string command_of(const AnytimePlan& plan, const JobRequest& request, const PlannedJob& job) {
  if (request.command.empty()) return own_command(plan, request, job);
  const PlannedBranch* const branch = branch_of(plan, request, job);
  const std::map<std::string_view, std::string> values{
      {"run", absolute_path(request.run).string()},
      {"line", job.line},
      {"from", std::to_string(job.from)},
      {"to", std::to_string(job.to)},
      {"spec", print(branch == nullptr ? plan.trunk : branch->schedule)},
      {"data", job.data},
      {"nodes", std::to_string(request.nodes)},
      {"config", request.config.empty() ? "" : absolute_path(request.config).string()}};
  return replaced(request.command, [&](std::string_view name) { return shell_word(values.at(name)); });
}

}  // namespace scheduled::anytime
