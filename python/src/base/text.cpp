#include "base/text.hpp"

#include "base/arrays.hpp"
#include "base/bind.hpp"
#include "base/error.hpp"

namespace scheduled::python {

bool read_text(PyObject* text, std::string& bytes) noexcept {
  const nb::object encoded = nb::steal(PyUnicode_AsEncodedString(text, "utf-8", "surrogateescape"));
  if (!encoded.is_valid()) {
    PyErr_Clear();
    return false;
  }
  bytes.assign(PyBytes_AsString(encoded.ptr()), static_cast<std::size_t>(PyBytes_Size(encoded.ptr())));
  return true;
}

bool read_path(PyObject* path, std::string& bytes, bool& is_path) noexcept {
  const nb::object text = nb::steal(PyOS_FSPath(path));
  is_path = text.is_valid();
  if (!is_path) {
    PyErr_Clear();
    return false;
  }
  if (PyBytes_Check(text.ptr())) {
    bytes.assign(PyBytes_AsString(text.ptr()), static_cast<std::size_t>(PyBytes_Size(text.ptr())));
  } else if (!read_text(text.ptr(), bytes)) {
    return false;
  }
  return bytes.find('\0') == std::string::npos;
}

void refuse_text() { fail_argument("text", "must be text that can be written as UTF-8, without lone surrogates"); }
void refuse_path() { fail_argument("path", "must be a name that a file can have: no lone surrogates, no null bytes"); }

PyObject* write_text(std::string_view text) noexcept {
  return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape");
}

PyObject* write_path(const std::filesystem::path& path) noexcept {
  try {
    return nb::module_::import_("pathlib").attr("Path")(python_text(path.native())).release().ptr();
  } catch (nb::python_error& error) {
    error.restore();
    return nullptr;
  }
}

}  // namespace scheduled::python
