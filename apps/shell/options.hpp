// Verbs and their options. Values have types from the start: an argument is read once, by Argument<T> (values.hpp).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shell/values.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace scheduled {
class Json;
class Schemas;
using MakeSchema = Json (*)(Schemas&);  // base/schema.hpp
}  // namespace scheduled

namespace scheduled::shell {

/// One way in which a value can go on.
struct Suggestion {
  std::string text;  ///< all of the value
  std::string meaning = {};
  bool open = false;  ///< more must follow
  bool operator==(const Suggestion&) const = default;
};

/// The values that begin with `typed`, for completion. `quoted`: within quotes of the shell, where brackets may stand.
using Suggest = std::function<std::vector<Suggestion>(std::string_view typed, bool quoted)>;

/// What can follow the words that were given for a positional argument which takes several.
using SuggestAfter = std::function<std::vector<Suggestion>(std::span<const std::string> before)>;

/// Those of a few words, and none.
Suggest suggest_words(std::span<const std::string_view> words);

/// What values an option takes.
struct Values {
  Suggest suggest = {};
  bool files = false;  ///< names of files, too
  SuggestAfter suggest_after = {};
};
template <class T>
Values values_of() {
  Values values{.files = MayBeFile<T>};
  if constexpr (HasWords<T>) values.suggest = suggest_words(Argument<T>::words());
  return values;
}

/// A verb as completion, manual pages and schemas need it. Names of options have their dashes.
struct OptionInfo {
  std::vector<std::string> names;  ///< of a positional argument none
  std::string value;               ///< what --help calls it
  std::string meaning, shown;      ///< the default as --help shows it, where there is one
  bool positional = false, repeated = false, required = false;
  bool takes_value = false, needs_value = false;
  Values values = {};
};
struct VerbInfo {
  std::string name, meaning, group;
  std::string help = {};  ///< what --help ends with
  std::vector<OptionInfo> options = {};
  std::vector<VerbInfo> verbs = {};
  std::vector<MakeSchema> prints = {};
};

/// An option or a positional argument of a verb, for what else there is to say about it.
class Option {
 public:
  Option(CLI::Option* option, Values* values) : option_(option), values_(values) {}
  Option& type(const std::string& text);  ///< what --help calls its value: "STEP,STEP"
  Option& required();
  Option& excludes(Option other);
  Option& needs(Option other);
  Option& value_optional();  ///< without a value it reads as the empty text
  Option& suggest(Suggest suggest);
  Option& suggest_after(SuggestAfter suggest);

 private:
  CLI::Option* option_;
  Values* values_;
};

/// A program or one of its verbs. `names` of options are "-D,--distance"; a name without dashes is a positional
/// argument. Errors call an argument by its long name.
class Verb {
 public:
  Verb(const std::string& name, const std::string& meaning);
  Verb(const Verb&) = delete;
  Verb& operator=(const Verb&) = delete;
  ~Verb();

  /// A verb of this one.
  Verb& verb(const std::string& name, const std::string& meaning);
  /// The heading in --help of the verbs that are added from here on.
  void group(const std::string& heading) { group_ = heading; }

  /// A value that lives as long as the verb: what its options are read into.
  template <class Options>
  Options& keep() {
    auto options = std::make_shared<Options>();
    kept_.push_back(options);
    return *options;
  }

  /// --help shows the value that `target` has now as the default.
  template <class T>
  Option add(const std::string& names, T& target, const std::string& meaning) {
    return add_read(
        names, meaning, Argument<T>::show(target), false, values_of<T>(),
        [&target](std::string_view name, std::string_view text) { target = Argument<T>::read(name, text); });
  }
  /// A flag.
  Option add(const std::string& names, bool& target, const std::string& meaning);
  /// May be repeated; each time it is one entry of `target`.
  template <class T>
  Option add_each(const std::string& names, std::vector<T>& target, const std::string& meaning) {
    return add_read(names, meaning, {}, true, values_of<T>(), [&target](std::string_view name, std::string_view text) {
      target.push_back(Argument<T>::read(name, text));
    });
  }
  /// May be repeated; called in the order of the command line.
  using Read = std::function<void(std::string_view name, std::string_view text)>;
  Option add_calls(const std::string& names, Read read, const std::string& meaning) {
    return add_read(names, meaning, {}, true, values_of<std::string>(), std::move(read));
  }

  /// Called when all arguments are read, before the verb runs; in the order of these calls.
  void then(std::function<void()> call) { then_.push_back(std::move(call)); }
  void run(std::function<void()> call) { run_ = std::move(call); }

  /// What --json prints: each line is one of these; prints<R, ...>(verb) of shell/schema.hpp says it by records.
  void prints(std::vector<MakeSchema> forms) { prints_ = std::move(forms); }

  /// What --help ends with.
  void help(const std::string& text);

  VerbInfo info() const;

 private:
  friend int run_program(Verb& program, std::string_view version, int argc, char** argv);
  struct Reader {
    CLI::Option* option;
    std::string name;
    Read read;
    std::unique_ptr<Values> values = std::make_unique<Values>();
    bool repeated = false;
  };
  explicit Verb(CLI::App* app) : app_(app) {}
  Option add_read(const std::string& names, const std::string& meaning, const std::string& shown, bool repeated,
                  Values values, Read read);
  void read_values();

  std::shared_ptr<CLI::App> owned_;  // of a program; its verbs belong to it
  CLI::App* app_;
  std::string group_ = "Verbs";
  std::vector<std::unique_ptr<Verb>> verbs_;
  std::vector<Reader> readers_;
  std::vector<std::shared_ptr<void>> kept_;
  std::vector<std::function<void()>> then_;
  std::function<void()> run_;
  std::vector<MakeSchema> prints_;
};

/// Reads the command line, then runs the verb that it names, or prints help or the version (where that is not empty).
/// What is wrong with the command line is reported, with the word that was probably meant; errors of values and of the
/// verb are thrown. Returns the exit code.
int run_program(Verb& program, std::string_view version, int argc, char** argv);

}  // namespace scheduled::shell
