// Texts and paths as arguments and results, in place of nanobind's: texts of other programs need not be UTF-8, and what
// cannot be written at all is an ArgumentError that says so, instead of a list of signatures.
#pragma once

#include <nanobind/nanobind.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace scheduled::python {

/// The bytes of a str, those that os.fsdecode could not read as they were. False where it has none (a lone surrogate).
bool read_text(PyObject* text, std::string& bytes) noexcept;
/// The same of a str, bytes or os.PathLike. `is_path`: whether it is one of them.
bool read_path(PyObject* path, std::string& bytes, bool& is_path) noexcept;
[[noreturn]] void refuse_text();
[[noreturn]] void refuse_path();

PyObject* write_text(std::string_view text) noexcept;
PyObject* write_path(const std::filesystem::path& path) noexcept;

/// A caster that fails late, where errors can be thrown. Within containers it does not convert.
template <class Value, void (*refuse)()>
class LateCaster {
 public:
  template <class T>
  using Cast = nanobind::detail::movable_cast_t<T>;
  template <class T>
  bool can_cast() const noexcept {
    return sound_;
  }
  explicit operator Value*() { return &checked(); }
  explicit operator Value&() { return checked(); }
  explicit operator Value&&() { return static_cast<Value&&>(checked()); }

 protected:
  Value value_;
  bool sound_ = false;

 private:
  Value& checked() {
    if (!sound_) refuse();
    return value_;
  }
};

}  // namespace scheduled::python

namespace nanobind::detail {

template <>
struct type_caster<std::string> : scheduled::python::LateCaster<std::string, scheduled::python::refuse_text> {
  using Value = std::string;
  static constexpr auto Name = const_name("str");
  bool from_python(handle source, std::uint32_t, cleanup_list*) noexcept {
    if (!PyUnicode_Check(source.ptr())) return false;
    sound_ = scheduled::python::read_text(source.ptr(), value_);
    return true;
  }
  static handle from_cpp(const std::string& text, rv_policy, cleanup_list*) noexcept {
    return scheduled::python::write_text(text);
  }
};

template <>
struct type_caster<std::string_view> : scheduled::python::LateCaster<std::string_view, scheduled::python::refuse_text> {
  using Value = std::string_view;
  static constexpr auto Name = const_name("str");
  bool from_python(handle source, std::uint32_t, cleanup_list*) noexcept {
    if (!PyUnicode_Check(source.ptr())) return false;
    Py_ssize_t size = 0;
    if (const char* const text = PyUnicode_AsUTF8AndSize(source.ptr(), &size)) {
      value_ = {text, static_cast<std::size_t>(size)};
      sound_ = true;
      return true;
    }
    PyErr_Clear();
    sound_ = scheduled::python::read_text(source.ptr(), bytes_);
    value_ = bytes_;
    return true;
  }
  static handle from_cpp(std::string_view text, rv_policy, cleanup_list*) noexcept {
    return scheduled::python::write_text(text);
  }

 private:
  std::string bytes_;
};

template <>
struct type_caster<std::filesystem::path>
    : scheduled::python::LateCaster<std::filesystem::path, scheduled::python::refuse_path> {
  using Value = std::filesystem::path;
  static constexpr auto Name = io_name("str | os.PathLike[str]", "pathlib.Path");
  bool from_python(handle source, std::uint32_t, cleanup_list*) noexcept {
    std::string bytes;
    bool is_path = false;
    sound_ = scheduled::python::read_path(source.ptr(), bytes, is_path);
    if (sound_) value_ = bytes;
    return is_path;
  }
  static handle from_cpp(const std::filesystem::path& path, rv_policy, cleanup_list*) noexcept {
    return scheduled::python::write_path(path);
  }
};

}  // namespace nanobind::detail
