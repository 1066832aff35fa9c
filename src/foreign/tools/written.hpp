// What writes a program's schedules, where that is a file of its own.
#pragma once

#include "foreign/tool.hpp"

namespace scheduled::foreign {

Written write_nemo(const Outline& outline);
Written write_olmo_core(const Outline& outline);
Written write_optax(const Outline& outline);
Written write_pytorch(const Outline& outline);

}  // namespace scheduled::foreign
