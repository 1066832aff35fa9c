#include "scheduled/schedule.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/operators.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/variant.h>

#include <new>
#include <optional>
#include <string>
#include <variant>

#include "base/arrays.hpp"
#include "base/bind.hpp"
#include "base/error.hpp"
#include "base/lengths.hpp"
#include "base/text.hpp"
#include "modules.hpp"
#include "schedule/records.hpp"
#include "schedule/schedule_docs.hpp"
#include "scheduled/error.hpp"
#include "scheduled/presets.hpp"

namespace scheduled::python {
namespace {

/// A Python value as the spec language writes it; numbers keep every digit.
std::string field_text(const std::string& name, nb::handle value) {
  if (nb::isinstance<nb::str>(value)) return native_text(name, value);
  if (nb::isinstance<Schedule>(value)) return print(nb::cast<const Schedule&>(value));
  if (nb::hasattr(value, "tolist")) return field_text(name, value.attr("tolist")());  // NumPy's
  if (PyFloat_Check(value.ptr())) return format_number(nb::cast<double>(value));
  if (PyIndex_Check(value.ptr()) && !PyBool_Check(value.ptr())) {
    const nb::int_ whole(value);
    check_whole(name, whole);
    return nb::cast<std::string>(nb::str(whole));
  }
  if (PySequence_Check(value.ptr())) {
    std::string items;
    for (const nb::handle item : value) items += (items.empty() ? "" : ", ") + field_text(name, item);
    return "[" + items + "]";
  }
  if (nb::hasattr(value, "__float__") && !PyBool_Check(value.ptr()))
    return format_number(nb::cast<double>(nb::float_(value)));
  fail_value(name, native_text(name, nb::repr(value)), "must be a number, a text or a list of them");
}

/// The same as the value of a key: a text that holds commas, and is no list or schedule, in quotes.
std::string value_of_field(const std::string& name, nb::handle value) {
  std::string text = field_text(name, value);
  const bool plain = text.find_first_of("[(\"'") == std::string::npos;
  return plain && text.find(',') != std::string::npos ? "\"" + text + "\"" : text;
}

/// `spec` itself, or the spec of that name with the fields that are not None.
std::string spec_text(std::string_view spec, const nb::kwargs& fields) {
  if (fields.size() == 0) return std::string(spec);
  std::string items;
  for (const auto& [key, value] : fields) {
    if (value.is_none()) continue;
    const std::string name = native_text("field", key);
    items += (items.empty() ? "" : ", ") + name + "=" + value_of_field(name, value);
  }
  return std::string(spec) + "(" + items + ")";
}

/// A number of steps, or a text such as "10k".
using Steps = std::variant<std::int64_t, std::string>;

Schedule from_function(const nb::callable& function, const Steps& steps, double peak) {
  const auto* const text = std::get_if<std::string>(&steps);
  const std::int64_t count = text ? resolve_steps("steps", parse_duration("steps", *text), std::nullopt, {})
                                  : step_count("steps", std::get<std::int64_t>(steps));
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const nb::object value = function(i);
    if (!nb::try_cast(value, values.emplace_back())) {
      fail_value("function(" + std::to_string(i) + ")", native_text("function", nb::repr(value)), "must be a number");
    }
  }
  return Schedule::table(std::move(values), peak);
}

Schedule parse(std::string_view text, const std::optional<Steps>& default_steps) {
  if (!default_steps) return Schedule::parse(text);
  if (const auto* const count = std::get_if<std::int64_t>(&*default_steps)) {
    return Schedule::parse(text, steps(step_count("default_steps", *count)));
  }
  return Schedule::parse(text, parse_duration("default_steps", std::get<std::string>(*default_steps)));
}

/// Another main shape between the same warmup and cooldown.
Schedule with_values(const Schedule& schedule, const ArrayLike& values) {
  ScheduleSpec spec = schedule.spec();
  spec.shape = Table{std::make_shared<const std::vector<double>>(Values<double>(values, "values").copy())};
  return without_gil([&] { return Schedule(std::move(spec)); });
}

/// Equal specs agree in all of these.
Py_ssize_t hash(const Schedule& schedule) {
  const Layout& layout = schedule.layout();
  return nb::hash(nb::make_tuple(schedule_name(schedule), layout.steps, schedule.peak(), layout.warmup_steps,
                                 layout.cooldown_steps, schedule.lr(0), schedule.lr(layout.steps.value_or(1) - 1)));
}

using WritableArray = nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

void bind_construction(nb::class_<Schedule>& schedule) {
  schedule
      .def(
          "__init__",
          [](Schedule* self, std::string_view spec, const nb::kwargs& fields) {
            new (self) Schedule(Schedule::parse(spec_text(spec, fields)));
          },
          nb::arg("spec"), nb::arg("fields"), nb::sig("def __init__(self, spec: str, /, **fields: object) -> None"))
      .def_static(
          "from_values",
          [](const ArrayLike& values, double peak) {
            return Schedule::table(Values<double>(values, "values").copy(), peak);
          },
          nb::arg("values"), nb::arg("peak") = 1.0, from_values_doc)
      .def_static("from_function", &from_function, nb::arg("function"), nb::arg("steps"), nb::arg("peak") = 1.0,
                  nb::sig("def from_function(function: collections.abc.Callable[[int], float], steps: int | str, "
                          "peak: float = 1.0) -> Schedule"),
                  from_function_doc)
      .def_static("parse", &parse, nb::arg("text"), nb::arg("default_steps") = nb::none(),
                  nb::sig("def parse(text: str, default_steps: int | str | None = None) -> Schedule"), parse_doc)
      .def_static(
          "from_json", [](std::string_view text) { return Schedule::parse(text); }, nb::arg("text"), from_json_doc)
      .def("with_peak", &Schedule::with_peak, nb::arg("peak"), with_peak_doc)
      .def(
          "with_steps",
          [](const Schedule& self, std::int64_t count) { return self.with_steps(steps(step_count("steps", count))); },
          nb::arg("steps"), "The same schedule with another horizon; shares of the run follow.")
      .def(
          "with_steps",
          [](const Schedule& self, std::string_view text) { return self.with_steps(parse_duration("steps", text)); },
          nb::arg("steps"), with_steps_doc)
      .def("with_values", &with_values, nb::arg("values"), with_values_doc);
}

void bind_reading(nb::class_<Schedule>& schedule) {
  const auto lr = [](const Schedule& self, std::int64_t i) { return self.lr(step_count("i", i)); };
  schedule.def("lr", lr, nb::arg("i"), lr_doc)
      .def("__call__", lr, nb::arg("i"), "`lr(i)`, for interfaces that take a function of the step.")
      .def(
          "fill",
          [](const Schedule& self, std::int64_t first, const WritableArray& out) {
            without_gil([&] { self.fill(first, {out.data(), out.size()}); });
          },
          nb::arg("first"), nb::arg("out").noconvert(),
          nb::sig("def fill(self, first: int, out: numpy.typing.NDArray[numpy.float64]) -> None"), fill_doc)
      .def(
          "values",
          [](const Schedule& self, std::optional<std::int64_t> count) {
            return to_numpy(without_gil([&] { return self.values(count); }));
          },
          nb::arg("count") = nb::none(), values_doc)
      .def(
          "examples_done",
          [](const Schedule& self, std::int64_t count) { return self.examples_done(step_count("steps", count)); },
          nb::arg("steps"), examples_done_doc)
      .def(
          "tokens_done",
          [](const Schedule& self, std::int64_t count) { return self.tokens_done(step_count("steps", count)); },
          nb::arg("steps"), "Tokens that the first `steps` steps consume.")
      .def(
          "batch", [](const Schedule& self, std::int64_t i) { return self.batch(step_count("i", i)); }, nb::arg("i"),
          "Examples of the 0-based step `i`.")
      .def(
          "steps_done",
          [](const Schedule& self, const LengthArgument& mark) {
            return self.steps_done(parse_duration("mark", length_text(mark)));
          },
          nb::arg("mark"), steps_done_doc)
      .def_prop_ro("steps", &Schedule::steps, "Horizon in steps, warmup and cooldown included; None without one.")
      .def_prop_ro("peak", &Schedule::peak, "Base learning rate.")
      .def_prop_ro(
          "warmup_steps", [](const Schedule& self) { return self.layout().warmup_steps; }, "Steps of the warmup.")
      .def_prop_ro(
          "cooldown_steps", [](const Schedule& self) { return self.layout().cooldown_steps; },
          "Steps of the cooldown at the end.")
      .def_prop_ro("name", &schedule_name, "The name that the spec starts with.")
      .def_prop_ro("proportional_to_peak", &Schedule::proportional_to_peak,
                   "False where an absolute start, plateau or final rate other than 0 does not follow the peak.")
      .def_prop_ro("smallest_peak", &Schedule::smallest_peak,
                   "The smallest peak that absolute start, plateau and final rates allow; 0 without them.");
}

void bind_protocols(nb::class_<Schedule>& schedule) {
  schedule.def("to_json", &print_json, to_json_doc)
      .def_static(
          "json_schema",
          [] { return bind_detail::schema_text("Schedule", "A schedule as an object", &make_schema<ScheduleObject>); },
          "JSON Schema (draft 2020-12) of what `to_json` writes.")
      .def("__str__", &print)
      .def("__repr__", [](const Schedule& self) { return "Schedule('" + print(self) + "')"; })
      .def(nb::self == nb::self, nb::sig("def __eq__(self, arg: object, /) -> bool"))
      .def("__hash__", &hash)
      .def("__copy__", [](const Schedule& self) { return self; })
      .def(
          "__deepcopy__", [](const Schedule& self, const nb::dict&) { return self; }, nb::arg("memo"),
          nb::sig("def __deepcopy__(self, memo: dict[int, object], /) -> Schedule"))
      .def("__getstate__", &print)
      .def("__setstate__", [](Schedule* self, std::string_view text) { new (self) Schedule(Schedule::parse(text)); });
}

}  // namespace

void bind_schedule(nb::module_& m) {
  // PyTorch's LambdaLR saves the __dict__ of what it calls.
  nb::class_<Schedule> schedule(m, "Schedule", nb::dynamic_attr(), class_doc);
  bind_construction(schedule);
  bind_reading(schedule);
  bind_protocols(schedule);
  m.def(
      "schedule_help",
      [] {
        nb::typed<nb::list, nb::typed<nb::tuple, nb::str, nb::str, nb::str>> lines;
        for (const ScheduleHelp& help : schedule_help()) {
          lines.append(nb::make_tuple(help.name, help.example, help.meaning));
        }
        return lines;
      },
      schedule_help_doc);
  m.def(
      "presets",
      [] {
        nb::typed<nb::list, nb::typed<nb::tuple, nb::str, nb::str, nb::str, nb::str>> found;
        for (const Preset& preset : presets()) {
          found.append(nb::make_tuple(preset.name, preset.spec, preset.source, preset.caution));
        }
        return found;
      },
      presets_doc);
}

}  // namespace scheduled::python
