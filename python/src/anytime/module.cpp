// The extension scheduled._anytime: plans and the run store. Apart from scheduled._core, because it alone needs SQLite
// and xxHash.
#include <nanobind/nanobind.h>

#include <exception>

#include "anytime/parts.hpp"
#include "convert.hpp"
#include "scheduled/anytime.hpp"

namespace nb = nanobind;

namespace {

/// StoreError and StoreBusy of the library become those of scheduled.
void translate(const std::exception_ptr& error, void* errors) {
  const nb::handle module(static_cast<PyObject*>(errors));
  try {
    std::rethrow_exception(error);
  } catch (const scheduled::StoreBusy& busy) {
    scheduled::python::set_error(module.attr("StoreBusy"), busy.what());
  } catch (const scheduled::StoreError& failed) {
    scheduled::python::set_error(module.attr("StoreError"), failed.what());
  }
}

}  // namespace

NB_MODULE(_anytime, m) {
  m.doc() = "Plans and records of runs without a horizon; use scheduled.anytime.";
  nb::module_::import_("scheduled._core");  // its translator makes ArgumentError of our exceptions, too
  // Never released: the translator refers to it for as long as the process lives.
  nb::object errors = nb::module_::import_("scheduled._errors");
  nb::register_exception_translator(translate, errors.release().ptr());
  scheduled::python::bind_plan(m);
  scheduled::python::bind_record(m);
  scheduled::python::bind_store(m);
}
