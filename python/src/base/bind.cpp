#include "base/bind.hpp"

#include "scheduled/error.hpp"

namespace scheduled::python {
namespace bind_detail {
namespace {

struct Attribute {
  std::string name, doc;
  const Access* access;
};
/// A class that was made from a description.
struct Table {
  const Description& description;
  nb::handle type;
  std::vector<Attribute> attributes;

  /// Of an object of this class; else a TypeError.
  const void* pointer(nb::handle self) const {
    if (PyObject_TypeCheck(self.ptr(), reinterpret_cast<PyTypeObject*>(type.ptr())) == 0 || !nb::inst_ready(self)) {
      throw nb::type_error(("must be a " + std::string(description.name)).c_str());
    }
    return nb::inst_ptr<void>(self);
  }
};
/// All of them. They live as long as the process.
std::vector<const Table*>& tables() {
  static std::vector<const Table*> all;
  return all;
}

/// As a Python name: `from` is none.
std::string python_name(std::string_view given) {
  const std::string name(given);
  const bool keyword = nb::cast<bool>(nb::module_::import_("keyword").attr("iskeyword")(python_text(name)));
  return keyword ? name + "_" : name;
}

std::string shown(nb::handle value) {
  constexpr std::size_t longest = 120;
  if (PyFloat_Check(value.ptr())) return format_number(nb::cast<double>(value));
  const bool text = nb::isinstance<nb::str>(value);
  const auto counted = [&](const char* open, const char* what, const char* close) {
    const std::size_t count = nb::len(value);
    return open + (count == 0 ? std::string() : std::to_string(count) + what) + close;
  };
  if (!text && PySequence_Check(value.ptr()) != 0) return counted("[", " values", "]");
  if (nb::isinstance<nb::dict>(value)) return counted("{", " entries", "}");
  const std::string whole = native_text("repr", nb::repr(value));
  return text && whole.size() > longest ? whole.substr(0, longest) + "...'" : whole;
}

nb::str repr_of(const Table& table, nb::handle self) {
  table.pointer(self);
  std::string text = std::string(table.description.name) + "(";
  bool first = true;
  for (const Attribute& attribute : table.attributes) {
    if (!attribute.access->stored) continue;
    text += (first ? "" : ", ") + attribute.name + "=" + shown(self.attr(attribute.name.c_str()));
    first = false;
  }
  return python_text(text + ")");
}

nb::tuple state_of(const Table& table, nb::handle self) {
  const void* const record = table.pointer(self);
  nb::list state;
  for (const Attribute& attribute : table.attributes) {
    if (attribute.access->stored) state.append(attribute.access->get(record, self));
  }
  return nb::tuple(state);
}

void set_state(const Table& table, nb::handle self, const nb::tuple& state) {
  if (PyObject_TypeCheck(self.ptr(), reinterpret_cast<PyTypeObject*>(table.type.ptr())) == 0 || nb::inst_ready(self)) {
    throw nb::type_error("__setstate__: for new objects of the class only");
  }
  std::size_t stored = 0;
  for (const Access& field : table.description.fields) stored += field.stored ? 1U : 0U;
  if (state.size() != stored) throw nb::value_error("__setstate__: the pickle is of another version");
  table.description.restore(nb::inst_ptr<void>(self), state);
  nb::inst_mark_ready(self);
}

/// Of what `give` makes. A number that is none equals itself: a copy of a log without some losses is equal to it.
bool same_value(nb::handle a, nb::handle b) {
  if (PyFloat_Check(a.ptr()) && PyFloat_Check(b.ptr())) {
    const double x = PyFloat_AsDouble(a.ptr());
    const double y = PyFloat_AsDouble(b.ptr());
    return x == y || (x != x && y != y);
  }
  if (PyList_Check(a.ptr()) && PyList_Check(b.ptr())) {
    const std::size_t count = nb::len(a);
    bool same = count == nb::len(b);
    for (std::size_t i = 0; same && i < count; ++i) same = same_value(a[i], b[i]);
    return same;
  }
  if (nb::isinstance<nb::dict>(a) && nb::isinstance<nb::dict>(b)) {
    bool same = nb::len(a) == nb::len(b);
    for (const auto& [key, value] : nb::borrow<nb::dict>(a)) {
      same = same && nb::cast<bool>(b.attr("__contains__")(key)) && same_value(value, b[key]);
    }
    return same;
  }
  const nb::module_ numpy = nb::module_::import_("numpy");
  const nb::object array = numpy.attr("ndarray");
  if (nb::isinstance(a, array) && nb::isinstance(b, array)) {
    return nb::cast<bool>(numpy.attr("array_equal")(a, b, nb::arg("equal_nan") = true));
  }
  return a.equal(b);
}

/// All that is stored: for each record alike, whether or not it compares in C++.
nb::object equal(const Table& table, nb::handle self, nb::handle other) {
  const void* const record = table.pointer(self);
  const bool same_type =
      PyObject_TypeCheck(other.ptr(), reinterpret_cast<PyTypeObject*>(table.type.ptr())) != 0 && nb::inst_ready(other);
  if (!same_type) return nb::borrow(Py_NotImplemented);
  bool same = true;
  for (const Access& field : table.description.fields) {
    if (!same || self.is(other)) break;
    if (field.stored) same = same_value(field.get(record, self), field.get(nb::inst_ptr<void>(other), other));
  }
  return nb::bool_(same);
}

template <class Function, class... Extra>
void add_method(nb::handle type, const char* name, const char* signature, const char* doc, const Function& function,
                const Extra&... extra) {
  type.attr(name) =
      nb::cpp_function(function, nb::scope(type), nb::name(name), nb::is_method(), nb::sig(signature), doc, extra...);
}

}  // namespace

std::string doc_of(std::string_view meaning, std::string_view unit) {
  return std::string(meaning) + (unit.empty() ? "" : " [" + std::string(unit) + "]") + ".";
}

std::string schema_text(std::string_view name, std::string_view meaning, MakeSchema make) {
  const std::string id = "urn:scheduled:" + std::string(name) + ":" + std::string(version());
  return whole_schema(id, name, meaning, std::span(&make, 1)).dump();
}

void add_members(nb::handle type, const Description& description, bool with_repr) {
  auto* const table = new Table{description, type, {}};
  tables().push_back(table);
  table->attributes.reserve(description.fields.size());  // their texts stay where they are
  const nb::handle property(reinterpret_cast<PyObject*>(&PyProperty_Type));
  for (const Access& field : description.fields) {
    const Attribute& attribute =
        table->attributes.emplace_back(Attribute{python_name(field.name), doc_of(field.meaning, field.unit), &field});
    const std::string signature = "def " + attribute.name + "(self) -> " + field.type();
    const nb::object getter = nb::cpp_function(
        [table, get = field.get](nb::handle self) { return get(table->pointer(self), self); }, nb::scope(type),
        nb::name(attribute.name.c_str()), nb::is_method(), nb::sig(signature.c_str()), attribute.doc.c_str());
    type.attr(attribute.name.c_str()) =
        property(getter, nb::none(), nb::none(), nb::str(attribute.doc.c_str(), attribute.doc.size()));
  }
  if (with_repr) {
    add_method(type, "__repr__", "def __repr__(self) -> str", "",
               [table](nb::handle self) { return repr_of(*table, self); });
  }
  add_method(type, "to_json", "def to_json(self) -> str", "JSON text, by the same names as the attributes.",
             [table](nb::handle self) { return python_text(table->description.json(table->pointer(self)).dump()); });
  type.attr("json_schema") = nb::cpp_function(
      [table] {
        return python_text(schema_text(table->description.name, table->description.meaning, table->description.schema));
      },
      nb::scope(type), nb::name("json_schema"), nb::sig("def json_schema() -> str"),
      "JSON Schema (draft 2020-12) of what `to_json` writes; numbers that are not finite are null there.");
  add_method(type, "__getstate__", "def __getstate__(self) -> tuple[object, ...]", "",
             [table](nb::handle self) { return state_of(*table, self); });
  add_method(type, "__setstate__", "def __setstate__(self, state: tuple[object, ...], /) -> None", "",
             [table](nb::handle self, const nb::tuple& state) { set_state(*table, self, state); });
  add_method(
      type, "__eq__", "def __eq__(self, other: object, /) -> bool", "",
      [table](nb::handle self, nb::handle other) { return equal(*table, self, other); },
      nb::is_operator());  // None, too, is only another type
  make_unhashable(type);
}

}  // namespace bind_detail

void make_unhashable(nb::handle type) { type.attr("__hash__") = nb::none(); }

nb::object python_path(const std::filesystem::path& path) {
  if (path.empty()) return nb::none();
  return nb::module_::import_("pathlib").attr("Path")(python_text(path.native()));
}

std::filesystem::path native_path(nb::handle path) {
  if (path.is_none()) return {};
  return native_text("path", nb::module_::import_("os").attr("fspath")(path));
}

void bind_descriptions(nb::module_& m) {
  const auto describe = [] {
    nb::dict records;
    for (const bind_detail::Table* const table : bind_detail::tables()) {
      nb::list attributes;
      for (const bind_detail::Attribute& attribute : table->attributes) {
        attributes.append(
            nb::make_tuple(python_text(attribute.name), python_text(attribute.doc), attribute.access->stored));
      }
      records[python_text(table->description.name)] = attributes;
    }
    return records;
  };
  m.def("_records", describe, nb::sig("def _records() -> dict[str, list[tuple[str, str, bool]]]"));
}

}  // namespace scheduled::python
