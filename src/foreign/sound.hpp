// What a key that no program is known to have may be about.
#pragma once

#include <string_view>

namespace scheduled::foreign {

/// Whether the name of a key sounds like the learning rate's.
bool may_matter(std::string_view key);

}  // namespace scheduled::foreign
