#include "shell/manual.hpp"

#include <filesystem>

#include "base/error.hpp"
#include "base/words.hpp"
#include "shell/file.hpp"
#include "shell/output.hpp"

namespace scheduled::shell {
namespace {

/// A text as man(7) prints it: a backslash is one, a dash may be copied, quotes stay as they are.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + plain(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + plain(text) + "\\fR"; }

/// A line of text that begins with no request.
std::string line(std::string_view text) {
  const bool request = text.starts_with('.') || text.starts_with('\'');
  return (request ? "\\&" : "") + plain(text) + "\n";
}

std::string heading(std::string_view title) { return ".SH " + std::string(title) + "\n"; }

/// "scheduled-run-plan" of "scheduled run plan".
std::string page_name(std::string name) {
  for (char& c : name) {
    if (c == ' ') c = '-';
  }
  return name;
}

std::string synopsis(const VerbInfo& verb, const std::string& name) {
  std::string text = bold(name) + " [" + italic("OPTIONS") + "]";
  for (const OptionInfo& option : verb.options) {
    if (!option.positional) continue;
    const std::string one = italic(option.value) + (option.repeated ? "..." : "");
    text += option.required ? " " + one : " [" + one + "]";
  }
  if (!verb.verbs.empty()) text += " [" + italic("VERB") + "]";
  return text + "\n";
}

std::string option_text(const OptionInfo& option) {
  std::string title;
  for (const std::string& name : option.names) title += (title.empty() ? "" : ", ") + bold(name);
  if (option.positional) title = italic(option.value);
  if (!option.positional && option.takes_value) {
    title += option.needs_value ? " " + italic(option.value) : " [" + italic(option.value) + "]";
  }
  std::string meaning = option.meaning;
  if (option.required) meaning += " (required)";
  if (!option.shown.empty()) meaning += " (default: " + option.shown + ")";
  return ".TP\n" + title + "\n" + line(meaning);
}

std::string options_text(const VerbInfo& verb, bool positional, std::string_view title) {
  std::string text;
  for (const OptionInfo& option : verb.options) {
    if (option.positional == positional) text += option_text(option);
  }
  return text.empty() ? text : heading(title) + text;
}

std::string verbs_text(const VerbInfo& verb, const std::string& name) {
  std::string text, group;
  for (const VerbInfo& inner : verb.verbs) {
    if (text.empty()) text = heading("VERBS");
    if (inner.group != group && verb.verbs.front().group != verb.verbs.back().group) {
      text += ".SS " + plain(inner.group) + "\n";
    }
    group = inner.group;
    text += ".TP\n.BR " + plain(page_name(name + " " + inner.name)) + " (1)\n" + line(inner.meaning);
  }
  return text;
}

/// What --help ends with: its lines stay as they are.
std::string notes_text(std::string_view help) {
  std::string text;
  bool examples = false;
  while (!help.empty()) {
    const std::size_t end = std::min(help.find('\n'), help.size());
    const std::string_view one = help.substr(0, end);
    help.remove_prefix(std::min(end + 1, help.size()));
    if (!examples && (one == "Examples:" || one == "Example:")) {
      if (!text.empty()) text += ".fi\n";
      text += heading("EXAMPLES") + ".nf\n";
      examples = true;
      continue;
    }
    if (text.empty()) text = heading("NOTES") + ".nf\n";
    text += line(one);
  }
  return text.empty() ? text : text + ".fi\n";
}

void write_pages(const VerbInfo& verb, const std::string& name, std::string_view version,
                 const std::filesystem::path& folder) {
  write_file(folder / (page_name(name) + ".1"), manual_page(verb, name, version));
  for (const VerbInfo& inner : verb.verbs) write_pages(inner, name + " " + inner.name, version, folder);
}

struct ManualOptions {
  std::vector<std::string> verbs;
  std::string out;
};

}  // namespace

std::string manual_page(const VerbInfo& verb, const std::string& name, std::string_view version) {
  const std::string page = page_name(name);
  const std::string program = name.substr(0, name.find(' '));
  std::string text = ".TH " + plain(page) + " 1 \"\" \"" + program + " " + std::string(version) + "\"\n";
  text += heading("NAME") + plain(page) + " \\- " + plain(verb.meaning) + "\n";
  text += heading("SYNOPSIS") + synopsis(verb, name);
  text += options_text(verb, true, "ARGUMENTS") + options_text(verb, false, "OPTIONS") + verbs_text(verb, name);
  text += notes_text(verb.help);
  if (name != program) {
    const std::string outer = page_name(name.substr(0, name.rfind(' ')));
    text += heading("SEE ALSO") + ".BR " + plain(outer) + " (1)\n";
  }
  return text;
}

void add_manual(Verb& command, std::string_view version) {
  Verb& verb = command.verb("manual", "Print the manual page of this command or of one of its verbs");
  auto& options = verb.keep<ManualOptions>();
  verb.add_each("verbs", options.verbs, "The verb, e.g. tune, or run plan; none: the command's own page");
  verb.add("--out", options.out, "Write the pages of all verbs into this folder instead").type("FOLDER");
  verb.help(
      "`scheduled manual tune | man -l -` shows a page; man finds those in ~/.local/share/man/man1.\n\n"
      "Examples:\n"
      "  scheduled manual --out man1");
  verb.run([&command, &options, version] {
    const VerbInfo program = command.info();
    if (!options.out.empty()) {
      if (!options.verbs.empty())
        fail_value("verbs", options.verbs.front(), "cannot be chosen with --out, which writes all");
      std::error_code error;
      std::filesystem::create_directories(options.out, error);
      if (error) fail_value("out", options.out, "cannot be made: " + error.message());
      return write_pages(program, program.name, version, options.out);
    }
    const VerbInfo* at = &program;
    std::string name = program.name;
    for (const std::string& word : options.verbs) {
      std::vector<std::string_view> known;
      for (const VerbInfo& inner : at->verbs) known.push_back(inner.name);
      if (known.empty()) fail_value("verbs", word, "was not expected; " + name + " has no verbs");
      at = &at->verbs[find_word("verbs", word, known)];
      name += " " + word;
    }
    print_text(manual_page(*at, name, version));
  });
}

}  // namespace scheduled::shell
