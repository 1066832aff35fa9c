#include "base/arrays.hpp"

#include <unistd.h>

#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"

namespace scheduled::python {
namespace {

/// Of NumPy's booleans, too.
bool truth(const nb::object& object) {
  const int result = PyObject_IsTrue(object.ptr());
  if (result < 0) throw nb::python_error();
  return result == 1;
}

std::string text_of(const nb::object& object) { return native_text("argument", nb::str(nb::handle(object))); }

template <class T>
constexpr const char* dtype_name = "float64";
template <>
constexpr const char* dtype_name<std::int64_t> = "int64";

/// A masked entry has a number behind it that is not meant.
void refuse_masked(nb::handle argument, std::string_view name) {
  const nb::dict modules = nb::borrow<nb::dict>(PyImport_GetModuleDict());
  if (!modules.contains("numpy.ma")) return;  // then nothing is masked
  const nb::object masked = nb::module_::import_("numpy.ma");
  if (truth(masked.attr("is_masked")(argument))) fail_argument(name, "must have no masked entries");
}

/// Whole numbers beyond 2^53 would be rounded.
void refuse_rounding(const nb::object& array, std::string_view name) {
  const std::string kind = text_of(array.attr("dtype").attr("kind"));
  if (kind != "i" && kind != "u") return;
  const nb::int_ most(largest_count);
  if (array.attr("max")() <= most && array.attr("min")() >= nb::int_(-largest_count)) return;
  fail_argument(name, "must hold no whole number above 2^53, which float64 would round");
}

/// numpy.asarray(argument, dtype, order="C"), refusing what would lose more than digits.
template <class T>
nb::object as_array(nb::handle argument, std::string_view name) {
  constexpr const char* dtype = dtype_name<T>;
  const nb::module_ numpy = nb::module_::import_("numpy");
  try {
    const nb::object array = numpy.attr("asarray")(argument);
    if (nb::cast<std::size_t>(array.attr("size")) > 0) {  // an empty one may be of any type, as [] is
      if (!truth(numpy.attr("can_cast")(array.attr("dtype"), dtype, "same_kind"))) {
        fail_argument(name, "must be an array of numbers that fit " + std::string(dtype) + ", not of " +
                                text_of(array.attr("dtype")));
      }
      if constexpr (std::is_same_v<T, double>) refuse_rounding(array, name);
    }
    return array.attr("astype")(dtype, nb::arg("order") = "C", nb::arg("copy") = false);
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_ValueError) && !error.matches(PyExc_TypeError)) throw;
    fail_argument(name, "must be an array of numbers");
  }
}

template <class Array, class T>
Array view_of(const std::vector<T>& values, nb::handle owner) {
  return nb::borrow<Array>(
      nb::cast(nb::ndarray<nb::numpy, const T, nb::ndim<1>>(values.data(), {values.size()}, owner)));
}

/// Whether this is the process's first thread (or, after a fork, its only one).
bool is_main_thread() noexcept {
  static thread_local const bool is_main = ::gettid() == ::getpid();
  return is_main;
}

}  // namespace

Signals::Signals() {
  if (is_main_thread()) interruption_.emplace([this] { return ask(); });
}

bool Signals::ask() noexcept {
  const nb::gil_scoped_acquire held;
  if (PyErr_CheckSignals() == 0) return false;
  raised_ = std::make_exception_ptr(nb::python_error());
  return true;
}

void Signals::rethrow() {
  // The work may have failed because of the signal: a call of the system that was cut short, a child that it ended,
  // too.
  if (interruption_ && !raised_) ask();
  if (raised_) std::rethrow_exception(raised_);
  throw;
}

template <class T>
Values<T>::Values(const ArrayLike& argument, std::string_view name) {
  refuse_masked(argument, name);
  if (nb::try_cast(argument, view_, false)) return;
  const nb::object array = as_array<T>(argument, name);
  if (nb::try_cast(array, view_, false)) return;
  fail_argument(name, "must be one-dimensional, not of shape " + text_of(array.attr("shape")));
}

template class Values<double>;
template class Values<std::int64_t>;

GradNormArgument::GradNormArgument(const ArrayLike& argument) {
  constexpr std::string_view name = "grad_norm";
  const bool scalar = PyFloat_Check(argument.ptr()) || PyLong_Check(argument.ptr());
  const bool array = nb::hasattr(argument, "ndim");
  const bool zero_dimensional = array && nb::cast<int>(argument.attr("ndim")) == 0;
  if (scalar || zero_dimensional) {
    refuse_masked(argument, name);
    if (PyLong_Check(argument.ptr())) check_whole(name, nb::borrow<nb::int_>(argument));
    number_ = nb::cast<double>(nb::float_(argument));
  } else {
    series_.emplace_back(argument, name);
  }
}

std::int64_t step_count(std::string_view name, std::int64_t count) {
  if (count > largest_count) fail_value(name, std::to_string(count), "must be at most 2^53");
  return count;
}

void check_whole(std::string_view name, const nb::int_& whole) {
  if (whole <= nb::int_(largest_count) && whole >= nb::int_(-largest_count)) return;
  fail_value(name, text_of(nb::str(whole)), "must be at most 2^53");
}

FloatArray to_numpy(std::vector<double> values) {
  auto owner = std::make_unique<std::vector<double>>(std::move(values));
  double* const data = owner->data();
  const std::size_t size = owner->size();
  const nb::capsule capsule(owner.release(), [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
  return nb::borrow<FloatArray>(nb::cast(nb::ndarray<nb::numpy, double, nb::ndim<1>>(data, {size}, capsule)));
}

FloatArray view(const std::vector<double>& values, nb::handle owner) { return view_of<FloatArray>(values, owner); }
IntArray view(const std::vector<std::int64_t>& values, nb::handle owner) { return view_of<IntArray>(values, owner); }

nb::str python_text(std::string_view text) { return nb::steal<nb::str>(write_text(text)); }

std::string repr_text(std::string_view text) { return native_text("repr", nb::repr(python_text(text))); }

std::string native_text(std::string_view name, nb::handle text) {
  std::string bytes;
  if (PyBytes_Check(text.ptr())) {
    bytes.assign(PyBytes_AsString(text.ptr()), static_cast<std::size_t>(PyBytes_Size(text.ptr())));
  } else if (!read_text(text.ptr(), bytes)) {
    fail_argument(name, "must be text that can be written as UTF-8");
  }
  return bytes;
}

}  // namespace scheduled::python
