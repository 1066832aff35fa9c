#include "base/errors.hpp"

#include <nanobind/stl/optional.h>

#include <exception>
#include <stdexcept>

#include "base/arrays.hpp"
#include "base/missing.hpp"
#include "base/text.hpp"
#include "scheduled/error.hpp"

namespace scheduled::python {
namespace {

/// Looked up when there is an error, not before: the module loads without the package around it (stubs are made so).
nb::object exception(const char* name) { return nb::module_::import_("scheduled._errors").attr(name); }

/// A text that can be printed, whatever bytes it quotes.
nb::object printable(std::string_view text) {
  return nb::steal(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

/// `missing`: the file that is not there, where that is what is wrong.
void set_argument_error(const ArgumentError& error, const std::string& missing = {}) {
  const ArgumentError::Fields& fields = error.fields();
  nb::object place = nb::none();
  if (fields.place) {
    place = exception("Place")(printable(fields.place->source), fields.place->line, fields.place->column);
  }
  nb::dict more;
  if (!missing.empty()) more["filename"] = printable(missing);
  const nb::object type = exception(missing.empty() ? "ArgumentError" : "MissingFileError");
  const nb::object made =
      type(printable(error.what()), nb::arg("name") = printable(fields.name), nb::arg("index") = fields.index,
           nb::arg("value") = printable(fields.value), nb::arg("requirement") = printable(fields.requirement),
           nb::arg("limit") = printable(fields.limit), nb::arg("limit_value") = printable(fields.limit_value),
           nb::arg("place") = place, **more);
  PyErr_SetObject(type.ptr(), made.ptr());
}

void translate(const std::exception_ptr& error, void*) {
  try {
    std::rethrow_exception(error);
  } catch (const MissingFile& missing) {
    set_argument_error(missing, missing.file());
  } catch (const ArgumentError& argument) {
    set_argument_error(argument);
  } catch (const std::invalid_argument& invalid) {
    set_error("ArgumentError", invalid.what());
  }
}

}  // namespace

void set_error(const char* type, std::string_view text) {
  PyErr_SetObject(exception(type).ptr(), printable(text).ptr());
}

void bind_errors(nb::module_& m) {
  nb::register_exception_translator(translate);
  m.def(
      "argument_text",
      [](std::string name, std::optional<std::int64_t> index, std::string value, std::string requirement,
         std::string limit, std::string limit_value) {
        return python_text(ArgumentError({.name = std::move(name),
                                          .index = index,
                                          .value = std::move(value),
                                          .requirement = std::move(requirement),
                                          .limit = std::move(limit),
                                          .limit_value = std::move(limit_value)})
                               .what());
      },
      nb::arg("name"), nb::arg("index"), nb::arg("value"), nb::arg("requirement"), nb::arg("limit") = "",
      nb::arg("limit_value") = "", "The text of an ArgumentError with these fields.");
}

}  // namespace scheduled::python
