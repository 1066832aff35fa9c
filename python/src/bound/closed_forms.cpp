#include "scheduled/bound.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "bound/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* harmonic_doc = R"doc(H_n = 1 + 1/2 + ... + 1/n, in O(1).

Examples
--------
>>> from scheduled import harmonic
>>> harmonic(2)
1.5
)doc";

constexpr const char* constant_doc = R"doc(Best peak and bound of the constant rate, in O(1).

Parameters
----------
T : int
    Steps, >= 1.
grad_norm, distance : float
    G and D, > 0.

Examples
--------
>>> from scheduled import constant_closed_form
>>> form = constant_closed_form(400)
>>> round(form.peak, 7), round(form.bound, 7)
(0.0181759, 0.1375448)
)doc";

constexpr const char* linear_doc = R"doc(Best peak and bound of linear decay, lr_t = (T + 1 - t) / T.

Parameters are those of `constant_closed_form`.

Examples
--------
>>> from scheduled import linear_closed_form
>>> form = linear_closed_form(400)
>>> round(form.peak, 7), round(form.bound, 7)
(0.0495631, 0.1006299)
)doc";

constexpr const char* wsd_doc = R"doc(Best peak and bound of WSD: T0 steps at the peak, then a linear cooldown.

Parameters
----------
T : int
    Steps, >= 1; the schedule has a last step T + 1 with the rate 0.
T0 : int
    Steps at the peak, between 1 (linear decay) and T (the constant rate).
grad_norm, distance : float
    G and D, > 0.

Examples
--------
>>> from scheduled import wsd_closed_form
>>> form = wsd_closed_form(400, 321)
>>> round(form.peak, 7), round(form.bound, 7)
(0.0253737, 0.109323)
)doc";

constexpr const char* theorem_doc = R"doc(The upper bound on that bound which Theorem 2 of arXiv 2501.18965 gives.

Parameters are those of `wsd_closed_form`; 2 <= T0 < T.

Examples
--------
>>> from scheduled import wsd_closed_form, wsd_theorem_bound
>>> wsd_theorem_bound(400, 321) > wsd_closed_form(400, 321).bound
True
)doc";

constexpr const char* wsd_limit_doc = R"doc(WSD with a linear cooldown of share `cooldown`, as T grows.

Its best peak tends to limit.peak D / (G sqrt(T)), the bound there to limit.bound D G / sqrt(T).

Examples
--------
>>> from scheduled import wsd_limit
>>> limit = wsd_limit(0.2)
>>> round(limit.peak, 6), round(limit.bound, 5)
(0.514515, 2.15953)
)doc";

constexpr const char* linear_limit_doc = R"doc(Linear decay over the whole run, as T grows; see `wsd_limit`.

Examples
--------
>>> from scheduled import linear_limit
>>> linear_limit()
ClosedForm(peak=1, bound=2)
)doc";

constexpr const char* cosine_limit_doc = R"doc(Half a cosine over the whole run, as T grows; see `wsd_limit`.

Examples
--------
>>> from scheduled import cosine_limit
>>> round(cosine_limit().bound, 4)
2.0602
)doc";

constexpr const char* sqrt_limit_doc = R"doc(1 - sqrt(x) over the whole run, as T grows; see `wsd_limit`.

Examples
--------
>>> from scheduled import one_minus_sqrt_limit
>>> round(one_minus_sqrt_limit().bound, 5)
2.01401
)doc";

constexpr const char* polynomial_limit_doc = R"doc((1 - x)^power over the whole run, as T grows; see `wsd_limit`.

Examples
--------
>>> from scheduled import polynomial_limit
>>> polynomial_limit(4.0)
ClosedForm(peak=2, bound=2.5)
)doc";

constexpr const char* transfer_limit_doc =
    R"doc(ln of the factor from WSD's best peak to that of linear decay, as T grows.

Parameters
----------
cooldown : float
    The cooldown's share of the run, > 0 to 1.

Examples
--------
>>> import math
>>> from scheduled import lr_transfer_limit
>>> round(math.exp(lr_transfer_limit(0.2)), 3)
1.944
)doc";

constexpr const char* transfer_doc = R"doc(The same at finite T; see `wsd_closed_form` for T0.

Examples
--------
>>> from scheduled import lr_transfer
>>> lr_transfer(400, 1)
0.0
)doc";

constexpr const char* facts_doc = R"doc(Which closed forms speak about a schedule, and what they say.

Parameters are those of `bound`.

Returns
-------
BoundFacts

Examples
--------
>>> from scheduled import Schedule, bound_facts
>>> facts = bound_facts(Schedule("wsd(steps=401)"))
>>> facts.family, round(facts.exact.bound, 6), round(facts.linear_peak_factor, 3)
('wsd', 0.109323, 1.953)
>>> bound_facts(Schedule("rsqrt(warmup=10, steps=400)")).why_none
'none is known for rsqrt'
)doc";

void bind_limits(nb::module_& m) {
  m.def("wsd_limit", &wsd_limit, nb::arg("cooldown"), wsd_limit_doc);
  m.def("linear_limit", &linear_limit, linear_limit_doc);
  m.def("cosine_limit", &cosine_limit, cosine_limit_doc);
  m.def("one_minus_sqrt_limit", &one_minus_sqrt_limit, sqrt_limit_doc);
  m.def("polynomial_limit", &polynomial_limit, nb::arg("power"), polynomial_limit_doc);
  m.def("lr_transfer_limit", &lr_transfer_limit, nb::arg("cooldown"), transfer_limit_doc);
  m.def("lr_transfer", &lr_transfer, nb::arg("T"), nb::arg("T0"), transfer_doc);
}

}  // namespace

void bind_closed_forms(nb::module_& m) {
  bind<ClosedForm>(m);
  bind<BoundFacts>(m);
  m.def("harmonic", &harmonic, nb::arg("n"), harmonic_doc);
  m.def("constant_closed_form", &constant_closed_form, nb::arg("T"), nb::arg("grad_norm") = 1.0,
        nb::arg("distance") = 1.0, constant_doc);
  m.def("linear_closed_form", &linear_closed_form, nb::arg("T"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0,
        linear_doc);
  m.def("wsd_closed_form", &wsd_closed_form, nb::arg("T"), nb::arg("T0"), nb::arg("grad_norm") = 1.0,
        nb::arg("distance") = 1.0, wsd_doc);
  m.def("wsd_theorem_bound", &wsd_theorem_bound, nb::arg("T"), nb::arg("T0"), nb::arg("grad_norm") = 1.0,
        nb::arg("distance") = 1.0, theorem_doc);
  bind_limits(m);
  m.def(
      "bound_facts",
      [](const Schedule& schedule, const ArrayLike& grad_norm, double distance, std::optional<std::int64_t> T,
         std::string_view criterion) {
        const GradNormArgument norms(grad_norm);
        const BoundSettings settings{norms.get(), distance, T, parse_word<Criterion>("criterion", criterion)};
        return without_gil([&] { return bound_facts(schedule, settings); });
      },
      nb::arg("schedule"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, nb::arg("T") = nb::none(),
      nb::arg("criterion") = "omega", facts_doc);
}

}  // namespace scheduled::python
