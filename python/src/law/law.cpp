#include "scheduled/law.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/operators.h>
#include <nanobind/stl/map.h>

#include <map>
#include <new>

#include "base/bind.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "law/rates.hpp"
#include "law/records.hpp"

namespace scheduled::python {
namespace {

constexpr const char* class_doc = R"doc(A law of the loss curve with its parameters.

Parameters
----------
kind : {laws}
parameters : dict
    All parameters of the law by name; `law_parameters` says what they are.
reference_rate, reference_sum : float
    Units of rates and of sums of rates.

Examples
--------
>>> from scheduled.law import Law
>>> law = Law("bu", {"L_inf": 2.5, "a": 0.2, "b": 0.1}, reference_rate=1e-3, reference_sum=1.0)
>>> law.curve([1e-3] * 1000, [500, 1000])
array([3. , 2.8])
)doc";

constexpr const char* curve_doc = R"doc(Losses after the given updates.

Parameters
----------
lr : Schedule or array_like
    Rates of the updates 1 ... T.
step : array_like
    Updates, increasing, within 1 ... T.

Returns
-------
numpy.ndarray
)doc";

constexpr const char* parameters_doc = R"doc(Names and meanings of a law's parameters.

Parameters
----------
kind : str
    As for `Law`.

Examples
--------
>>> from scheduled.law import law_parameters
>>> law_parameters("bu")
{'L_inf': 'loss of endless training', 'a': 'loss that progress can still win at the reference sum', 'b': 'loss that the reference rate costs'}
)doc";

/// A docstring in which "{laws}" stands for the names of all laws.
std::string with_laws(std::string text) {
  std::string names;
  for (const LawKind kind : law_kinds()) names += (names.empty() ? "{'" : ", '") + std::string(law_name(kind)) + "'";
  constexpr std::string_view place = "{laws}";
  return text.replace(text.find(place), place.size(), names + "}");
}

Law make_law(std::string_view kind, const std::map<std::string, double>& parameters, double reference_rate,
             double reference_sum) {
  Law law{parse_law_kind(kind), reference_rate, reference_sum, {}};
  std::string names;
  for (const LawParameter& parameter : law_parameters(law.kind)) {
    const auto found = parameters.find(std::string(parameter.name));
    if (found == parameters.end()) {
      fail_argument("parameters", concat({"'", parameter.name, "' is missing"}));
    }
    law.parameters.push_back(found->second);
    names += (names.empty() ? "" : ", ") + std::string(parameter.name);
  }
  for (const auto& [name, value] : parameters) {
    bool known = false;
    for (const LawParameter& parameter : law_parameters(law.kind)) known = known || parameter.name == name;
    if (!known) fail_argument("parameters", concat({"unknown '", name, "'; allowed: ", names}));
  }
  check_law(law);
  return law;
}

nb::typed<nb::dict, nb::str, nb::float_> parameters_of(const Law& law) {
  nb::typed<nb::dict, nb::str, nb::float_> values;
  const auto table = law_parameters(law.kind);
  for (std::size_t j = 0; j < table.size(); ++j) {
    values[nb::str(table[j].name.data(), table[j].name.size())] = law.parameters[j];
  }
  return values;
}

}  // namespace

void bind_law(nb::module_& m) {
  nb::class_<Law> type(m, "Law", with_laws(class_doc).c_str());
  make_unhashable(type);
  type.def(
          "__init__",
          [](Law* self, std::string_view kind, const std::map<std::string, double>& parameters, double reference_rate,
             double reference_sum) { new (self) Law(make_law(kind, parameters, reference_rate, reference_sum)); },
          nb::arg("kind"), nb::arg("parameters"), nb::arg("reference_rate") = 1.0, nb::arg("reference_sum") = 1.0)
      .def_prop_ro(
          "kind", [](const Law& self) { return std::string(law_name(self.kind)); }, "Name of the law.")
      .def_prop_ro("parameters", &parameters_of, "Parameters by name.")
      .def_ro("reference_rate", &Law::reference_rate, "Unit of rates.")
      .def_ro("reference_sum", &Law::reference_sum, "Unit of sums of rates.")
      .def(
          "curve",
          [](const Law& self, const RatesLike& lr, const ArrayLike& step) {
            const std::vector<double> rates = read_rates(lr, "lr");
            const Values<std::int64_t> steps(step, "step");
            return to_numpy(without_gil([&] { return law_curve(self, rates, steps.span()); }));
          },
          nb::arg("lr"), nb::arg("step"), curve_doc)
      .def("to_json", &print_law, "Exact text, which `from_json` reads back.")
      .def_static(
          "json_schema", [] { return bind_detail::schema_text("Law", "A loss law", &make_schema<Law>); },
          "JSON Schema (draft 2020-12) of what `to_json` writes.")
      .def_static("from_json", &parse_law, nb::arg("text"), "A law from `to_json`'s text.")
      .def(nb::self == nb::self, nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__getstate__", &print_law)
      .def("__setstate__", [](Law* self, std::string_view text) { new (self) Law(parse_law(text)); })
      .def("__repr__", [](const Law& self) {
        return "<Law '" + std::string(law_name(self.kind)) + "', reference rate " + format_number(self.reference_rate) +
               ">";
      });
  m.def(
      "law_parameters",
      [](std::string_view kind) {
        nb::typed<nb::dict, nb::str, nb::str> meanings;
        for (const LawParameter& p : law_parameters(parse_law_kind(kind))) {
          meanings[nb::str(p.name.data(), p.name.size())] = nb::str(p.meaning.data(), p.meaning.size());
        }
        return meanings;
      },
      nb::arg("kind"), parameters_doc);
}

}  // namespace scheduled::python
