#include "shell/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "base/words.hpp"
#include "shell/output.hpp"
#include "shell/process.hpp"

namespace scheduled::shell {
namespace {

/// "distance" of "-D,--distance": the last name without its dashes.
std::string argument_name(const std::string& names) {
  const std::string last = names.substr(names.find_last_of(',') + 1);
  return last.substr(std::min(last.find_first_not_of('-'), last.size()));
}

std::vector<std::string_view> views(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* const verb : app.get_subcommands({})) names.push_back(verb->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* const option : app.get_options({})) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// "scheduled run plan": the verbs that the command line has named so far.
std::string spoken(const CLI::App& program, const CLI::App*& deepest) {
  std::string text = program.get_name();
  deepest = &program;
  for (auto named = program.get_subcommands(); !named.empty(); named = named.front()->get_subcommands()) {
    deepest = named.front();
    text += " " + deepest->get_name();
  }
  return text;
}

std::string parse_error_text(const CLI::App& program, const CLI::ParseError& error) {
  const CLI::App* verb = nullptr;
  const std::string said = spoken(program, verb);
  const std::string see = "; see " + said + " --help";
  const std::vector<std::string> unknown = program.remaining(true);
  if (unknown.empty()) return error.what() + see;
  const std::string& first = unknown.front();
  if (first.starts_with('-')) {
    const auto names = option_names(*verb);
    const auto meant = nearest_word(first.substr(0, first.find('=')), views(names));
    return "unknown option '" + first + "'" + (meant ? "; did you mean '" + std::string(*meant) + "'?" : see);
  }
  if (const auto verbs = verb_names(*verb); !verbs.empty()) {
    const std::string outer = said == program.get_name() ? "" : said.substr(program.get_name().size() + 1) + " ";
    return "unknown verb '" + outer + first + "': " + must_be_one_of(first, views(verbs));
  }
  return "'" + first + "' was not expected" + see;
}

}  // namespace

Option& Option::type(const std::string& text) {
  option_->type_name(text);
  return *this;
}

Option& Option::required() {
  option_->required()->default_str("");  // what must be given has no default
  return *this;
}

Option& Option::excludes(Option other) {
  option_->excludes(other.option_);
  return *this;
}

Option& Option::needs(Option other) {
  option_->needs(other.option_);
  return *this;
}

Option& Option::value_optional() {
  option_->expected(0, 1);
  return *this;
}

Option& Option::suggest(Suggest suggest) {
  *values_ = {std::move(suggest)};
  return *this;
}

Option& Option::suggest_after(SuggestAfter suggest) {
  *values_ = {.suggest_after = std::move(suggest)};
  return *this;
}

Suggest suggest_words(std::span<const std::string_view> words) {
  return [words = std::vector<std::string>(words.begin(), words.end())](std::string_view, bool) {
    return std::vector<Suggestion>(words.begin(), words.end());
  };
}

Verb::Verb(const std::string& name, const std::string& meaning)
    : owned_(std::make_shared<CLI::App>(meaning, name)), app_(owned_.get()) {
  app_->set_help_flag("-h,--help", "Print this help and exit");  // of all verbs, which are to come
  app_->get_formatter()->label("SUBCOMMAND", "VERB");
}

Verb::~Verb() = default;

Verb& Verb::verb(const std::string& name, const std::string& meaning) {
  app_->require_subcommand(0, 1);
  verbs_.push_back(std::unique_ptr<Verb>(new Verb(app_->add_subcommand(name, meaning)->group(group_))));
  return *verbs_.back();
}

Option Verb::add(const std::string& names, bool& target, const std::string& meaning) {
  CLI::Option* const option = app_->add_flag(names, meaning);
  readers_.push_back({option, argument_name(names), [&target](std::string_view, std::string_view) { target = true; }});
  return {option, readers_.back().values.get()};
}

Option Verb::add_read(const std::string& names, const std::string& meaning, const std::string& shown, bool repeated,
                      Values values, Read read) {
  CLI::Option* const option = app_->add_option(names, CLI::callback_t(), meaning);
  option->type_name("TEXT");
  if (!shown.empty()) option->default_str(shown);
  if (repeated) {
    const bool positional = !names.starts_with('-');
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (positional) option->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args();
  }
  readers_.push_back(
      {option, argument_name(names), std::move(read), std::make_unique<Values>(std::move(values)), repeated});
  return {option, readers_.back().values.get()};
}

void Verb::help(const std::string& text) { app_->footer(text); }

VerbInfo Verb::info() const {
  VerbInfo info{app_->get_name(), app_->get_description(), app_->get_group(), app_->get_footer()};
  for (const CLI::Option* const option : app_->get_options({})) {
    OptionInfo one{{}, option->get_type_name(), option->get_description(), option->get_default_str()};
    for (const std::string& name : option->get_lnames()) one.names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) one.names.push_back("-" + name);
    one.positional = one.names.empty();
    if (one.positional) one.value = option->get_single_name();
    one.required = option->get_required();
    one.takes_value = option->get_items_expected_max() > 0;
    one.needs_value = option->get_items_expected_min() > 0;
    for (const Reader& reader : readers_) {
      if (reader.option != option) continue;
      one.values = *reader.values;
      one.repeated = reader.repeated;
    }
    info.options.push_back(std::move(one));
  }
  for (const auto& verb : verbs_) info.verbs.push_back(verb->info());
  info.prints = prints_;
  return info;
}

/// In the order of the command line, so that --base belongs to the --log before it.
void Verb::read_values() {
  std::map<const CLI::Option*, std::size_t> next;
  for (const CLI::Option* const option : app_->parse_order()) {
    const auto reader =
        std::find_if(readers_.begin(), readers_.end(), [&](const Reader& r) { return r.option == option; });
    if (reader != readers_.end()) reader->read(reader->name, option->results().at(next[option]++));
  }
  for (const auto& call : then_) call();
}

int run_program(Verb& program, std::string_view version, int argc, char** argv) {
  CLI::App& app = *program.app_;
  if (!version.empty()) app.set_version_flag("--version", app.get_name() + " " + std::string(version));
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    print_text(app.help());  // of the verb where one was named
    return 0;
  } catch (const CLI::CallForVersion& call) {
    print_text(std::string(call.what()) + "\n");
    return 0;
  } catch (const CLI::ParseError& error) {
    return report(parse_error_text(app, error), bad_input);
  }
  Verb* named = &program;
  named->read_values();
  for (auto apps = app.get_subcommands(); !apps.empty(); apps = apps.front()->get_subcommands()) {
    const auto found = std::find_if(named->verbs_.begin(), named->verbs_.end(),
                                    [&](const auto& verb) { return verb->app_ == apps.front(); });
    if (found == named->verbs_.end()) return 0;
    named = found->get();
    named->read_values();
  }
  if (!named->run_) {
    const auto verbs = verb_names(*named->app_);
    const CLI::App* deepest = nullptr;
    return report("a verb is missing: " + word_list(views(verbs)) + "; see " + spoken(app, deepest) + " --help",
                  bad_input);
  }
  named->run_();
  return 0;
}

}  // namespace scheduled::shell
