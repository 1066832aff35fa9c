// The programs whose schedules are calls: what writes them.
#pragma once

#include "foreign/tool.hpp"

namespace scheduled::foreign {

Written write_optax(const Outline& outline);
Written write_pytorch(const Outline& outline);

}  // namespace scheduled::foreign
