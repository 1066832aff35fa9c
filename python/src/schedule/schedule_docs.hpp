// Docstrings of scheduled.Schedule.
#pragma once

namespace scheduled::python {

constexpr const char* class_doc = R"doc(A learning-rate schedule: an immutable value.

Steps are 0-based: ``lr(0)`` is the rate of the first update.

Parameters
----------
spec : str
    A spec such as ``wsd(steps=50k, warmup=300, cooldown=20%, decay=1-sqrt, peak=1e-3)``, or,
    with keywords, only the name. `schedule_help` lists names and keys.
**fields
    The keys of the spec as numbers, texts or lists; None counts as not given.

Raises
------
ArgumentError
    Where a name, a key or a value is not allowed; the text says which and what is.

Examples
--------
>>> from scheduled import Schedule
>>> s = Schedule("wsd(steps=10, cooldown=50%, peak=0.5)")
>>> s.values()
array([0.5, 0.5, 0.5, 0.5, 0.5, 0.4, 0.3, 0.2, 0.1, 0. ])
>>> s == Schedule("wsd", steps=10, cooldown="50%", peak=0.5)
True
>>> print(s.with_steps(20))
wsd(steps=20, peak=0.5, cooldown=50%, decay=linear)
)doc";

constexpr const char* parse_doc = R"doc(Reads a spec, or what `to_json` wrote.

Parameters
----------
text : str
    As for ``Schedule(text)``.
default_steps : int or str, optional
    Horizon of a spec that says none.

Examples
--------
>>> from scheduled import Schedule
>>> Schedule.parse("cosine(peak=1e-3)", default_steps="2k").steps
2000
>>> Schedule.parse("cosine(steps=100)", default_steps="2k")(0)
1.0
)doc";

constexpr const char* from_values_doc = R"doc(Explicit rates, times `peak`, as a schedule.

Parameters
----------
values : array_like
    One finite rate >= 0 per step, at least one.
peak : float
    Factor on all of them.

Examples
--------
>>> from scheduled import Schedule
>>> Schedule.from_values([1.0, 0.5, 0.25], peak=0.1).lr(1)
0.05
)doc";

constexpr const char* from_function_doc = R"doc(A schedule from a function of the 0-based step.

The function is called once for each of the steps 0 ... steps - 1, here and never again.

Examples
--------
>>> from scheduled import Schedule
>>> Schedule.from_function(lambda i: 1 / (i + 1), steps=4, peak=2.0).values()
array([2.        , 1.        , 0.66666667, 0.5       ])
)doc";

constexpr const char* from_json_doc = R"doc(Reads what `to_json` wrote.

Parameters
----------
text : str
    One JSON object.

Examples
--------
>>> from scheduled import Schedule
>>> Schedule.from_json('{"schedule": "linear", "steps": 4}').values()
array([1.        , 0.66666667, 0.33333333, 0.        ])
)doc";

constexpr const char* with_peak_doc = R"doc(The same schedule with another peak; relative parts follow.

Examples
--------
>>> from scheduled import Schedule
>>> Schedule("cosine(steps=3, final=10%)").with_peak(2.0).values()
array([2. , 1.1, 0.2])
)doc";

constexpr const char* with_steps_doc = R"doc(The same schedule with another horizon; shares of the run follow.

Examples
--------
>>> from scheduled import Schedule
>>> Schedule("wsd(steps=100, cooldown=20%)").with_steps("50k").cooldown_steps
10000
)doc";

constexpr const char* with_values_doc = R"doc(Explicit rates in place of the main shape.

Peak, warmup and cooldown stay; they cover the first and the last of the values.

Parameters
----------
values : array_like
    One finite rate >= 0 for each step of the horizon, times the peak.

Examples
--------
>>> from scheduled import Schedule
>>> Schedule("wsd(steps=5, cooldown=2)").with_values([1.0, 0.9, 0.8, 0, 0]).values()
array([1. , 0.9, 0.8, 0.4, 0. ])
)doc";

constexpr const char* lr_doc = R"doc(Rate of the 0-based step `i`, in constant time.

Past a finite horizon it stays at the last step's rate.

Examples
--------
>>> from scheduled import Schedule
>>> Schedule("rsqrt(warmup=100, peak=1e-3)").lr(400)
0.0005
)doc";

constexpr const char* fill_doc = R"doc(Writes the rates of the steps first, first + 1, ... into `out`.

Parameters
----------
first : int
    0-based step of ``out[0]``.
out : numpy.ndarray
    One-dimensional, contiguous, writable, float64.

Examples
--------
>>> import numpy as np
>>> from scheduled import Schedule
>>> out = np.empty(3)
>>> Schedule("linear(steps=5)").fill(1, out)
>>> out
array([0.75, 0.5 , 0.25])
)doc";

constexpr const char* values_doc = R"doc(The first `count` rates; without `count` those of the whole run.

Examples
--------
>>> from scheduled import Schedule
>>> Schedule("constant(peak=0.1)").values(3)
array([0.1, 0.1, 0.1])
)doc";

constexpr const char* examples_done_doc = R"doc(Examples that the first `steps` steps consume.

Examples
--------
>>> from scheduled import Schedule
>>> ramp = Schedule("constant(batch=[0:768, 1Btok:1536], seq_length=4096)")
>>> ramp.examples_done(400), ramp.tokens_done(400)
(370176.0, 1516240896.0)
)doc";

constexpr const char* steps_done_doc = R"doc(Whole steps that fit into a length from the beginning of the run.

Parameters
----------
mark : int or str
    Steps, or a length as in a spec: '250Btok', '10k'.

Examples
--------
>>> from scheduled import Schedule
>>> ramp = Schedule("constant(batch=[0:768, 1Btok:1536], seq_length=4096)")
>>> ramp.steps_done("1Btok"), ramp.steps_done("2Btok")
(317, 476)
)doc";

constexpr const char* to_json_doc = R"doc(The schedule as a JSON object; `from_json` reads it back to an equal value.

Examples
--------
>>> from scheduled import Schedule
>>> Schedule("linear(steps=1k)").to_json()
'{"schedule":"linear","steps":1000,"peak":1}'
)doc";

constexpr const char* schedule_help_doc = R"doc(Name, example and meaning of every schedule.

Examples
--------
>>> from scheduled import schedule_help
>>> for name, example, meaning in schedule_help()[2:5:2]:
...     print(f"{example:40} {meaning}")
linear(steps=50k)                        1 - x over the run
cosine(steps=50k, warmup=1%, final=10%)  half a cosine over the run
)doc";

constexpr const char* presets_doc = R"doc(Name, spec, source and caution of every published schedule.

The spec is as published; `Schedule("preset:NAME")` reads it, `Schedule("preset:NAME", steps=20000)` scales it to
another length. The caution says what the spec leaves out or takes for granted, and is mostly empty.

Examples
--------
>>> from scheduled import Schedule, presets
>>> {name: spec for name, spec, source, caution in presets()}["smollm3-3b"]
'wsd(steps=4720002, warmup=2000, warmup_start=0, cooldown=522000, peak=2e-4)'
>>> Schedule("preset:smollm3-3b", steps=20_000).steps
20000
)doc";

}  // namespace scheduled::python
