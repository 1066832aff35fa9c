#include "scheduled/merge.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include "anytime/records.hpp"
#include "base/arrays.hpp"
#include "base/bind.hpp"
#include "base/error.hpp"
#include "base/lengths.hpp"
#include "base/text.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* plan_merge_doc =
    R"doc(Weights that merge checkpoints in place of a cooldown, and what that is worth.

The weights are the differences of a decay (2507.17634): linear gives the plain average. A merge whose
weights do not fall along the window is worth the decay that it imitates, where all iterates are averaged;
of few checkpoints no such guarantee is known, but a running average has it.

Parameters
----------
lr : array_like
    Rates of the updates so far, at least up to the last checkpoint; `RunRecord.rates` has them.
steps : array_like of int
    Of the checkpoints at hand, finished updates, increasing; `RunRecord.merge_points` has them.
rule : {'decay', 'uniform', 'ema'}
decay : str, optional
    Of rule 'decay': the decay that is imitated, '1-sqrt', ...; None: linear.
final : str, optional
    Rate at its end, a share of the rate before such as '10%'.
half_life : float, optional
    Of an ema, in updates.
begin : int, optional
    Where the window begins; None: as far before the first checkpoint as that lies before the second.
grad_norm, distance : float
    G and D.

Returns
-------
MergePlan

Examples
--------
>>> from scheduled.anytime import plan_merge
>>> plan = plan_merge([0.01] * 3000, [2250, 2500, 2750, 3000])
>>> [(w.step, w.weight) for w in plan.weights]
[(2250, 0.25), (2500, 0.25), (2750, 0.25), (3000, 0.25)]
>>> plan.begin, plan.falling, round(plan.every.best_value / plan.cooldown, 6)
(2000, False, 1.0)
)doc";

constexpr const char* merge_safetensors_doc = R"doc(Weighted sums of all tensors of models in safetensors files.

Each sum is made in double precision and rounded once, in the type of the tensor: the same bits on every
machine, with any number of threads. Files are read once, in blocks; `out` is there when all of it is
written, and not before.

Parameters
----------
sources : sequence of path
    Files, indices of models in several (*.index.json), or folders that have one of these.
weights : sequence of float
    One for each; they sum to 1.
out : path
    Folder for the merge, missing or empty; files are named as in the last source.
threads : int

Returns
-------
MergedFiles

Raises
------
ArgumentError
    Naming the tensor that is missing somewhere, or has another shape or dtype there, or a nan.

Examples
--------
>>> import pathlib, struct, tempfile
>>> from scheduled.anytime import merge_safetensors
>>> folder = pathlib.Path(tempfile.mkdtemp())
>>> header = b'{"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}   '
>>> for name, value in ("a", 1.0), ("b", 2.0):
...     file = folder / f"{name}.safetensors"
...     size = file.write_bytes(struct.pack("<Q", 64) + header + struct.pack("<f", value))
>>> merged = merge_safetensors([folder / "a.safetensors", folder / "b.safetensors"], [0.5, 0.5], folder / "out")
>>> merged.files, merged.merged, struct.unpack("<f", (folder / "out" / "b.safetensors").read_bytes()[-4:])
(['b.safetensors'], 1, (1.5,))
)doc";

constexpr const char* plan_checkpoints_doc =
    R"doc(Which checkpoints of a trunk to keep for branches and merges, and the disk that takes.

Those of each merge lie evenly in its window. Branches train beside the trunk, as fast as that.

Parameters
----------
branches : array_like of int
    Steps where branches leave.
ends : array_like of int
    Of these branches, in their order.
merges : array_like of int
    Steps of the trunk up to which merges are made.
window : int or str
    Of each merge: steps, or a share of its own such as '20%'.
count : int
    Checkpoints of each merge.
bytes : int
    Of a checkpoint; 0: not known.

Returns
-------
KeepPlan

Examples
--------
>>> from scheduled.anytime import plan_checkpoints
>>> plan = plan_checkpoints([800], [1000], [1000], count=4, bytes=10**9)
>>> [(kept.step, kept.until) for kept in plan.checkpoints]
[(800, 1000), (850, 1000), (900, 1000), (950, 1000), (1000, 1000)]
>>> plan.most, plan.at, plan.bytes
(9, 1000, 9000000000)
)doc";

}  // namespace

void bind_merge(nb::module_& m) {
  bind<KeptCheckpoint>(m);
  bind<KeepPlan>(m);
  m.def(
      "plan_checkpoints",
      [](const ArrayLike& branches, const ArrayLike& ends, const ArrayLike& merges, const LengthArgument& window,
         std::int64_t count, std::int64_t bytes) {
        return plan_checkpoints({.branches = Values<std::int64_t>(branches, "branches").copy(),
                                 .ends = Values<std::int64_t>(ends, "ends").copy(),
                                 .merges = Values<std::int64_t>(merges, "merges").copy(),
                                 .window = parse_duration("window", length_text(window)),
                                 .count = count,
                                 .bytes = bytes});
      },
      nb::arg("branches"), nb::arg("ends"), nb::arg("merges"), nb::kw_only(), nb::arg("window") = "20%",
      nb::arg("count") = 8, nb::arg("bytes") = 0, plan_checkpoints_doc);
  bind<MergeWeight>(m);
  bind<MergePlan>(m);
  bind<MergedFiles>(m);
  m.def(
      "merge_safetensors",
      [](const std::vector<std::filesystem::path>& sources, const std::vector<double>& weights,
         const std::filesystem::path& out, int threads) {
        if (weights.size() != sources.size()) {
          fail_value("weights", std::to_string(weights.size()),
                     concat({"must be one for each of the ", std::to_string(sources.size()), " sources"}));
        }
        std::vector<MergeSource> all;
        for (std::size_t k = 0; k < sources.size(); ++k) all.push_back({sources[k], weights[k]});
        return without_gil([&] { return merge_safetensors(all, out, threads); });
      },
      nb::arg("sources"), nb::arg("weights"), nb::arg("out"), nb::kw_only(), nb::arg("threads") = 4,
      nb::sig("def merge_safetensors(sources: collections.abc.Sequence[str | os.PathLike[str]], "
              "weights: collections.abc.Sequence[float], out: str | os.PathLike[str], *, threads: int = 4) "
              "-> MergedFiles"),
      merge_safetensors_doc);
  m.def(
      "plan_merge",
      [](const ArrayLike& lr, const ArrayLike& steps, std::string_view rule, const std::optional<std::string>& decay,
         const std::optional<std::string>& final, std::optional<double> half_life, std::optional<std::int64_t> begin,
         double grad_norm, double distance) {
        MergeRequest request{.lr = Values<double>(lr, "lr").copy(),
                             .steps = Values<std::int64_t>(steps, "steps").copy(),
                             .rule = parse_word<MergeRule>("rule", rule),
                             .half_life = half_life,
                             .begin = begin,
                             .grad_norm = grad_norm,
                             .distance = distance};
        if (decay) request.decay = parse_decay("decay", *decay);
        if (final) request.final = parse_rate("final", *final);
        return without_gil([&] { return plan_merge(request); });
      },
      nb::arg("lr"), nb::arg("steps"), nb::kw_only(), nb::arg("rule") = "decay", nb::arg("decay") = nb::none(),
      nb::arg("final") = nb::none(), nb::arg("half_life") = nb::none(), nb::arg("begin") = nb::none(),
      nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, plan_merge_doc);
}

}  // namespace scheduled::python
