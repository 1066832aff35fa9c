#include "scheduled/foreign.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "foreign/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* import_doc = R"doc(The schedule that another training program uses, given its configuration.

Parameters
----------
text : str
    The configuration: JSON, YAML, TOML, command-line flags, or Python's assignments and calls, told by the content.
tool : str
    The program, one of `foreign_tools`; empty: told by the content.
updates : int, optional
    How many updates the run makes, where the configuration does not say.
source : str
    What errors call the text.

Returns
-------
ImportedSchedule
    The schedule, what it was made from, and what the program does otherwise.

Examples
--------
>>> from scheduled import import_schedule
>>> found = import_schedule("--lr 3e-4 --train-iters 1000 --lr-warmup-iters 100 --lr-decay-style cosine")
>>> found.tool, str(found.schedule)
('megatron', 'cosine(steps=1001, peak=0.0003, warmup=100, warmup_start=0)')
)doc";

constexpr const char* export_doc = R"doc(A schedule as the configuration of another training program.

Parameters
----------
schedule : Schedule
    What the program shall train with.
tool : str
    The program, one of `foreign_tools`.
table : str
    The file of rates that the text reads where the program has no settings for them; `numpy.save` writes it.

Returns
-------
ExportedSchedule
    The text, which `import_schedule` reads back as the same rates.

Examples
--------
>>> from scheduled import Schedule, export_schedule
>>> print(export_schedule(Schedule("cosine(steps=1001, peak=3e-4)"), "llm.c").text)
-l 0.0003 -x 1000 -u 0 -q 0 -k cosine
<BLANKLINE>
)doc";

constexpr const char* tools_doc =
    R"doc(The programs that `import_schedule` and `export_schedule` know, with their titles.

Examples
--------
>>> from scheduled import foreign_tools
>>> foreign_tools()["olmo-core"]
'OLMo-core'
)doc";

}  // namespace

void bind_foreign(nb::module_& m) {
  bind<TakenValue>(m);
  bind<ImportedSchedule>(m);
  bind<ExportedSchedule>(m);
  m.def(
      "import_schedule",
      [](const std::string& text, const std::string& tool, std::optional<std::int64_t> updates,
         const std::string& source) {
        return without_gil([&] { return import_schedule(text, {tool, updates, source}); });
      },
      nb::arg("text"), nb::arg("tool") = "", nb::arg("updates") = nb::none(), nb::arg("source") = "configuration",
      import_doc);
  m.def(
      "export_schedule",
      [](const Schedule& schedule, const std::string& tool, const std::string& table) {
        return without_gil([&] { return export_schedule(schedule, tool, table); });
      },
      nb::arg("schedule"), nb::arg("tool"), nb::arg("table") = "rates.npy", export_doc);
  m.def(
      "foreign_tools",
      [] {
        nb::dict tools;
        for (const ForeignTool& tool : foreign_tools()) tools[python_text(tool.name)] = python_text(tool.title);
        return tools;
      },
      nb::sig("def foreign_tools() -> dict[str, str]"), tools_doc);
}

}  // namespace scheduled::python
