// The extension scheduled._core. Its functions convert arguments, release the GIL and make one call of the library.
#include <exception>
#include <stdexcept>

#include "bindings.hpp"
#include "convert.hpp"
#include "scheduled/error.hpp"

namespace nb = nanobind;

namespace {

/// std::invalid_argument becomes scheduled.ArgumentError.
void translate(const std::exception_ptr& error, void* argument_error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::invalid_argument& invalid) {
    scheduled::python::set_error(static_cast<PyObject*>(argument_error), invalid.what());
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
