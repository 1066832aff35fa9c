// The extension scheduled._core. Its functions convert arguments, release the GIL and make one call of the library.
#include <cstring>
#include <exception>
#include <stdexcept>

#include "bindings.hpp"
#include "scheduled/base.hpp"

namespace nb = nanobind;

namespace {

/// std::invalid_argument becomes scheduled.ArgumentError. Texts may quote a file, hence bytes that are no UTF-8.
void translate(const std::exception_ptr& error, void* argument_error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::invalid_argument& invalid) {
    const auto size = static_cast<Py_ssize_t>(std::strlen(invalid.what()));
    const nb::object text = nb::steal(PyUnicode_DecodeUTF8(invalid.what(), size, "replace"));
    PyErr_SetObject(static_cast<PyObject*>(argument_error), text.ptr());
  }
}

}  // namespace

NB_MODULE(_core, m) {
  m.doc() = "The C++ core of scheduled: schedules, bounds, design, training logs.";
  // Never released: the translator refers to it for as long as the process lives.
  nb::object argument_error = nb::module_::import_("scheduled._errors").attr("ArgumentError");
  nb::register_exception_translator(translate, argument_error.release().ptr());
  m.def(
      "version", [] { return nb::str(scheduled::version().data(), scheduled::version().size()); },
      "Version of the library, 'major.minor.patch'.");
  scheduled::python::bind_schedule(m);
  scheduled::python::bind_bound(m);
  scheduled::python::bind_worst_case(m);
  scheduled::python::bind_closed_forms(m);
  scheduled::python::bind_stream(m);
  scheduled::python::bind_design(m);
  scheduled::python::bind_design_optimal(m);
  scheduled::python::bind_design_constrained(m);
  scheduled::python::bind_design_refine(m);
  scheduled::python::bind_design_extend(m);
  scheduled::python::bind_design_transfer(m);
  scheduled::python::bind_design_sweep(m);
  scheduled::python::bind_runlog(m);
}
