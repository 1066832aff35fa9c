// Errors of the library as exceptions of scheduled._errors.
#pragma once

#include <nanobind/nanobind.h>

#include <string_view>

namespace scheduled::python {

/// Sets the exception of this name with this text as Python's error.
void set_error(const char* type, std::string_view text);

/// Translates ArgumentError with its fields; adds argument_text, the text that the fields make.
void bind_errors(nanobind::module_& m);

}  // namespace scheduled::python
