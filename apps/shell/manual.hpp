// Manual pages, from the same descriptions as the help.
#pragma once

#include <string>
#include <string_view>

#include "shell/options.hpp"

namespace scheduled::shell {

/// The page of `verb` for man(1), in the language of man(7). `name` is "scheduled run plan".
std::string manual_page(const VerbInfo& verb, const std::string& name, std::string_view version);

/// The verb `manual`: prints the page of a verb, or writes all of them into a folder.
void add_manual(Verb& command, std::string_view version);

}  // namespace scheduled::shell
