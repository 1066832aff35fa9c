// JSON Schemas of what verbs print with --json and of the files that are read and written, from the same descriptions.
#pragma once

#include <string_view>
#include <vector>

#include "base/schema.hpp"
#include "shell/options.hpp"

namespace scheduled::shell {

/// Says that each line of the verb's --json is one of these records.
template <class... Records>
void prints(Verb& verb) {
  verb.prints({&make_schema<Records>...});
}

/// A file, or a line of one, that is JSON.
struct FileForm {
  std::string_view name, meaning;
  std::vector<MakeSchema> forms;
};

/// The verb `schema`: lists what there are schemas of, prints one of them, or writes all of them into a folder.
void add_schema(Verb& command, std::string_view version, std::vector<FileForm> files);

}  // namespace scheduled::shell
