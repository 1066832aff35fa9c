#include "shell/schema.hpp"

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "shell/file.hpp"
#include "shell/output.hpp"

namespace scheduled::shell {
namespace {

struct NamedSchema {
  std::string name;  ///< "run status" of a verb
  std::string title, meaning;
  std::vector<MakeSchema> forms;
};

void add_verbs(std::vector<NamedSchema>& all, const VerbInfo& outer, const std::string& words,
               const std::string& program) {
  for (const VerbInfo& verb : outer.verbs) {
    const std::string name = words + (words.empty() ? "" : " ") + verb.name;
    if (!verb.prints.empty()) all.push_back({name, program + " " + name + " --json", verb.meaning, verb.prints});
    add_verbs(all, verb, name, program);
  }
}

std::vector<NamedSchema> schemas_of(const VerbInfo& program, const std::vector<FileForm>& files) {
  std::vector<NamedSchema> all;
  add_verbs(all, program, {}, program.name);
  for (const FileForm& file : files) {
    all.push_back({std::string(file.name), std::string(file.name), std::string(file.meaning), file.forms});
  }
  return all;
}

/// Of "run status": run-status.
std::string dashed(std::string name) {
  for (char& c : name) {
    if (c == ' ') c = '-';
  }
  return name;
}

std::string schema_text(const NamedSchema& named, std::string_view program, std::string_view version) {
  const std::string id = concat({"urn:", program, ":", dashed(named.name), ":", version});
  return whole_schema(id, named.title, named.meaning, named.forms).dump(2) + "\n";
}

std::string list_text(const std::vector<NamedSchema>& all) {
  TextTable table({"name", ""});
  for (const NamedSchema& named : all) table.add({named.name, named.meaning});
  return table.text();
}

void write_all(const std::vector<NamedSchema>& all, std::string_view program, std::string_view version,
               const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail_value("out", folder, "cannot be made: " + error.message());
  for (const NamedSchema& named : all) {
    const std::filesystem::path file = std::filesystem::path(folder) / (dashed(named.name) + ".schema.json");
    write_file(file.string(), schema_text(named, program, version));
  }
}

const NamedSchema& find(const std::vector<NamedSchema>& all, const std::vector<std::string>& words) {
  std::string wanted;
  for (const std::string& word : words) wanted += (wanted.empty() ? "" : " ") + word;
  std::vector<std::string_view> names;
  for (const NamedSchema& named : all) names.push_back(named.name);
  const auto found = std::find(names.begin(), names.end(), wanted);
  if (found == names.end()) {
    const auto meant = nearest_word(wanted, names);
    const std::string hint = meant ? concat({"; did you mean '", *meant, "'?"}) : std::string();
    fail_value("name", concat({"'", beginning_of(wanted, 60), "'"}),
               concat({"has no schema; `scheduled schema` lists what has one", hint}));
  }
  return all[static_cast<std::size_t>(found - names.begin())];
}

/// The next words of the names that begin with these, each once: a verb within another by the last of its own.
std::vector<Suggestion> next_words(const std::vector<NamedSchema>& all, std::span<const std::string> before) {
  std::string begin;
  for (const std::string& word : before) begin += word + " ";
  std::vector<Suggestion> next;
  for (const NamedSchema& named : all) {
    if (!named.name.starts_with(begin)) continue;
    const std::string rest = named.name.substr(begin.size());
    const std::string word = rest.substr(0, rest.find(' '));
    const bool whole = word == rest;
    const auto same = std::find_if(next.begin(), next.end(), [&](const Suggestion& one) { return one.text == word; });
    if (same == next.end()) {
      next.push_back({word, whole ? named.meaning : std::string()});
    } else if (whole) {
      same->meaning = named.meaning;
    }
  }
  return next;
}

struct SchemaOptions {
  std::vector<std::string> name;
  std::string out;
};

}  // namespace

void add_schema(Verb& command, std::string_view version, std::vector<FileForm> files) {
  Verb& verb = command.verb("schema", "Print the JSON Schema of a verb's --json, or of a file");
  auto& options = verb.keep<SchemaOptions>();
  const auto all_of = [&command, files = std::move(files)] { return schemas_of(command.info(), files); };
  verb.add_each("name", options.name, "A verb, e.g. tune, or run plan; or a file, e.g. train.json; none: list them")
      .suggest_after([all_of](std::span<const std::string> before) { return next_words(all_of(), before); });
  verb.add("--out", options.out, "Write all schemas into this folder instead").type("FOLDER");
  verb.help(
      "Draft 2020-12. A verb prints a line for each result; the schema is that of one line. Numbers that are not "
      "finite,\n"
      "and what there is not, are null. Names, meanings and units come from where the outputs do.\n\n"
      "Examples:\n"
      "  scheduled schema\n"
      "  scheduled schema run lr");
  verb.run([&command, &options, version, all_of] {
    const std::string program = command.info().name;
    const std::vector<NamedSchema> all = all_of();
    if (!options.out.empty()) {
      if (!options.name.empty())
        fail_value("name", options.name.front(), "cannot be chosen with --out, which writes all");
      return write_all(all, program, version, options.out);
    }
    print_text(options.name.empty() ? list_text(all) : schema_text(find(all, options.name), program, version));
  });
}

}  // namespace scheduled::shell
