// Between Python and the library: NumPy arrays, grad norms, texts, the GIL, signals.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/interrupt.hpp"
#include "scheduled/bound.hpp"

namespace scheduled::python {

namespace nb = nanobind;

inline bool any_object(PyObject*) { return true; }

/// Typed names for signatures and stubs; conversion happens in the classes below, which can name the argument.
class ArrayLike : public nb::object {
  NB_OBJECT(ArrayLike, nb::object, "numpy.typing.ArrayLike", any_object)
};
class FloatArray : public nb::object {
  NB_OBJECT(FloatArray, nb::object, "numpy.typing.NDArray[numpy.float64]", any_object)
};
class IntArray : public nb::object {
  NB_OBJECT(IntArray, nb::object, "numpy.typing.NDArray[numpy.int64]", any_object)
};

/// A one-dimensional array argument: a view of a contiguous array of T, a converted copy of anything else. Throws
/// ArgumentError with the argument's name: no numbers, masked entries, whole numbers that float64 would round.
template <class T>
class Values {
 public:
  Values(const ArrayLike& argument, std::string_view name);
  std::span<const T> span() const noexcept { return {view_.data(), view_.size()}; }
  std::vector<T> copy() const { return {view_.data(), view_.data() + view_.size()}; }

 private:
  nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu> view_;
};

/// A grad norm argument: a number or one value per step.
class GradNormArgument {
 public:
  explicit GradNormArgument(const ArrayLike& argument);
  GradNorm get() const noexcept { return series_.empty() ? GradNorm(number_) : GradNorm(series_.front().span()); }

 private:
  double number_ = 0.0;
  std::vector<Values<double>> series_;  // none or one
};

/// A number of steps that the library can keep: it counts in doubles here and there. Throws ArgumentError above 2^53.
std::int64_t step_count(std::string_view name, std::int64_t count);
/// The same for a whole number of any length, of either sign.
void check_whole(std::string_view name, const nb::int_& whole);

/// The values as a NumPy array that owns them; no copy.
FloatArray to_numpy(std::vector<double> values);

/// A read-only view of `values`, which live in `owner`.
FloatArray view(const std::vector<double>& values, nb::handle owner);
IntArray view(const std::vector<std::int64_t>& values, nb::handle owner);

/// Text from the library. It may quote a file or a name of another program, hence bytes that are no UTF-8: as
/// os.fsdecode has them.
nb::str python_text(std::string_view text);
/// Its repr, which can be printed whatever the text holds.
std::string repr_text(std::string_view text);
/// The way back; bytes as they are. Throws ArgumentError for what has no bytes (a lone surrogate).
std::string native_text(std::string_view name, nb::handle text);

/// Python's signals while the library works: in the main thread, which is where Python handles them, they are asked for
/// as long as this lives.
class Signals {
 public:
  Signals();
  /// What was thrown goes on, within a handler; or what a signal's handler raised meanwhile, KeyboardInterrupt say.
  [[noreturn]] void rethrow();

 private:
  bool ask() noexcept;

  std::exception_ptr raised_;
  std::optional<Interruption> interruption_;
};

template <class Function>
auto without_gil(const Function& function) {
  const nb::gil_scoped_release released;
  Signals signals;
  try {
    return function();
  } catch (...) {
    signals.rethrow();
  }
}

}  // namespace scheduled::python
