#include "shell/completion.hpp"

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "shell/output.hpp"

namespace scheduled::shell {
namespace {

/// A command line as the shell takes it apart.
struct CommandLine {
  std::vector<std::string> words = {};  ///< all but the last, which may be empty
  std::string last = {};
  char quote = '\0';  ///< that is open at the end

  explicit CommandLine(std::string_view line) {
    bool any = false;
    for (std::size_t k = 0; k < line.size(); ++k) {
      const char c = line[k];
      if (c == '\\' && quote != '\'' && k + 1 < line.size()) {
        last += line[++k];
      } else if (quote != '\0' ? c == quote : c == '"' || c == '\'') {
        quote = quote == '\0' ? c : '\0';
        any = true;
      } else if (quote != '\0' || (c != ' ' && c != '\t' && c != '\n')) {
        last += c;
      } else if (any || !last.empty()) {
        words.push_back(std::move(last));
        last.clear();
        any = false;
      }
    }
  }
};

const OptionInfo* find_option(const VerbInfo& verb, std::string_view name) {
  for (const OptionInfo& option : verb.options) {
    if (std::find(option.names.begin(), option.names.end(), name) != option.names.end()) return &option;
  }
  return nullptr;
}

/// What the words so far have led to.
class Walk {
 public:
  explicit Walk(const VerbInfo& program) : verb_(&program) {}

  void take(const std::string& word) {
    if (valued_ != nullptr && (valued_->needs_value || !word.starts_with('-'))) {
      valued_ = nullptr;
      return;
    }
    valued_ = nullptr;
    if (word.starts_with('-') && word.size() > 1) {
      const OptionInfo* const option = find_option(*verb_, word.substr(0, word.find('=')));
      if (option == nullptr) return;
      ++given_[option];
      if (option->takes_value && word.find('=') == std::string::npos) valued_ = option;
      return;
    }
    const auto& verbs = verb_->verbs;
    const auto inner = std::find_if(verbs.begin(), verbs.end(), [&](const VerbInfo& one) { return one.name == word; });
    if (inner == verbs.end()) {
      positionals_.push_back(word);
    } else {
      *this = Walk(*inner);
    }
  }

  /// The option that waits for its value.
  const OptionInfo* valued() const { return valued_; }
  const VerbInfo& verb() const { return *verb_; }
  bool can_be_given(const OptionInfo& option) const {
    return !option.positional && (option.repeated || !given_.contains(&option));
  }
  /// The argument without a name that comes next.
  const OptionInfo* positional() const {
    std::size_t k = positionals_.size();
    for (const OptionInfo& option : verb_->options) {
      if (option.positional && (option.repeated || k-- == 0)) return &option;
    }
    return nullptr;
  }
  /// The arguments without a name so far.
  const std::vector<std::string>& positionals() const { return positionals_; }

 private:
  const VerbInfo* verb_;
  const OptionInfo* valued_ = nullptr;
  std::map<const OptionInfo*, int> given_;
  std::vector<std::string> positionals_;
};

/// The values of `option` behind `before`, which stands in the same word.
void add_values(Completion& out, const OptionInfo& option, std::string_view before) {
  if (option.values.suggest) {
    for (Suggestion& one : option.values.suggest(std::string_view(out.typed).substr(before.size()), out.quoted)) {
      one.text.insert(0, before);
      out.words.push_back(std::move(one));
    }
  }
  out.files = out.files || option.values.files;
}

void add_options(Completion& out, const Walk& walk) {
  for (const OptionInfo& option : walk.verb().options) {
    if (walk.can_be_given(option)) out.words.push_back({option.names.front(), option.meaning});
  }
}

constexpr std::string_view bash_script = R"sh(# Completion of scheduled for bash: eval "$(scheduled completion bash)"
_scheduled() {
    local -a lines
    mapfile -t lines < <("$1" completion bash --line "${COMP_LINE:0:COMP_POINT}" --word "x$2" 2>/dev/null)
    COMPREPLY=("${lines[@]:1}")
    case ${lines[0]} in
        open) compopt -o nospace ;;
        files) compopt -o default ;;
    esac
}
complete -F _scheduled scheduled
)sh";

constexpr std::string_view zsh_script = R"sh(#compdef scheduled
# Completion of scheduled for zsh: eval "$(scheduled completion zsh)", after compinit
_scheduled() {
    local -a lines texts shown more
    local line
    lines=("${(@f)$("$words[1]" completion zsh --line "${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX" 2>/dev/null)}")
    [[ $lines[1] == open ]] && more=(-S '')
    for line in "${(@)lines[2,-1]}"; do
        texts+=("${line%%$'\t'*}")
        shown+=("${line/$'\t'/  -- }")
    done
    (( $#texts )) && compadd -l -d shown "${(@)more}" -- $texts
    [[ $lines[1] == files ]] && _files
}
if [[ $funcstack[1] == _scheduled ]]; then _scheduled "$@"; else compdef _scheduled scheduled; fi
)sh";

constexpr std::string_view fish_script = R"sh(# Completion of scheduled for fish: scheduled completion fish | source
function __scheduled_words
    set -l lines (scheduled completion fish --line (commandline -cp | string collect) 2>/dev/null)
    string join \n -- $lines[2..-1]
    test "$lines[1]" = files; and __fish_complete_path (commandline -ct)
end
complete -c scheduled -f -a '(__scheduled_words)'
)sh";

struct CompletionOptions {
  std::optional<CompletionShell> shell;
  std::optional<std::string> line, word;
};

/// bash replaces only `word`, the end of what was typed (after =, for one); in quotes it closes them behind the only
/// word that there is, unless another one says that more can follow.
void fit_to_bash(Completion& found, std::string_view word) {
  const std::size_t kept = found.typed.ends_with(word) ? found.typed.size() - word.size() : 0;
  for (Suggestion& one : found.words) one.text.erase(0, kept);
  if (found.quoted && found.words.size() == 1 && found.words[0].open) {
    found.words.push_back({found.words[0].text + "...", {}, true});
  }
}

void print_words(const VerbInfo& program, const CompletionOptions& options) {
  Completion found = complete(program, *options.line);
  const bool bash = options.shell == CompletionShell::bash;
  const bool open = std::any_of(found.words.begin(), found.words.end(), [](const Suggestion& one) { return one.open; });
  if (bash && options.word) fit_to_bash(found, std::string_view(*options.word).substr(1));
  std::string text = found.files ? "files\n" : open ? "open\n" : "words\n";
  for (const Suggestion& one : found.words) {
    text += one.text + (bash || one.meaning.empty() ? "" : "\t" + one.meaning) + "\n";
  }
  print_text(text);
}

}  // namespace

Completion complete(const VerbInfo& program, std::string_view line) {
  CommandLine said(line);
  Walk walk(program);
  for (std::size_t k = 1; k < said.words.size(); ++k) walk.take(said.words[k]);
  Completion out{{}, false, std::move(said.last), said.quote != '\0'};
  const std::size_t equals = out.typed.find('=');
  const OptionInfo* const valued = walk.valued();
  if (valued != nullptr) add_values(out, *valued, "");
  if (out.typed.starts_with("--") && equals != std::string::npos) {
    const std::string name = out.typed.substr(0, equals);
    const OptionInfo* const option = find_option(walk.verb(), name);
    if (option != nullptr && option->takes_value) add_values(out, *option, name + "=");
  } else if ((valued == nullptr || !valued->needs_value) && out.typed.starts_with('-')) {
    add_options(out, walk);
  } else if (valued == nullptr) {
    for (const VerbInfo& verb : walk.verb().verbs) out.words.push_back({verb.name, verb.meaning});
    if (const OptionInfo* const next = walk.positional()) {
      add_values(out, *next, "");
      if (next->values.suggest_after) out.words = next->values.suggest_after(walk.positionals());
    } else if (walk.verb().verbs.empty()) {
      add_options(out, walk);
    }
  }
  std::erase_if(out.words, [&](const Suggestion& one) { return !one.text.starts_with(out.typed); });
  return out;
}

void add_completion(Verb& command) {
  Verb& verb = command.verb("completion", "Print a shell's script that completes the words of this command");
  auto& options = verb.keep<CompletionOptions>();
  verb.add("SHELL", options.shell, "bash, zsh or fish").required();
  verb.add("--line", options.line,
           "What the script asks: the words that this command line could end with, one per line")
      .type("TEXT");
  verb.add("--word", options.word, "With --line, of bash: x and the end of the line that a word replaces").type("TEXT");
  verb.help(
      "In quotes the keys of a schedule are completed, too: \"wsd(steps=50k, co\n\n"
      "Examples:\n"
      "  scheduled completion bash");
  verb.run([&command, &options] {
    constexpr std::array<std::string_view, 3> scripts{bash_script, zsh_script, fish_script};
    if (!options.line) return print_text(scripts[static_cast<std::size_t>(*options.shell)]);
    print_words(command.info(), options);
  });
}

}  // namespace scheduled::shell
