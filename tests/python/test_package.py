"""The package as installed: version, stubs, types, documentation, threads."""

import ast
import doctest
import functools
import importlib
import importlib.metadata
import importlib.resources
import importlib.util
import inspect
import pkgutil
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import scheduled
from scheduled import _core

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    module.name for module in pkgutil.walk_packages(scheduled.__path__, prefix="scheduled.")
)
# Not where what they need was missing.
PARTS = {"pep": "solve_pep", "law": "fit_law", "anytime": "plan_anytime"}
UNBUILT = {f"scheduled.{name}" for name, mark in PARTS.items() if not hasattr(_core, mark)}
# What needs a training framework, by what it says itself; tests/frameworks has these.
ADAPTERS = dict(
    match.groups()
    for path in sorted(Path(scheduled.__path__[0]).glob("*.py"))
    if (match := re.search(r'raise needs\("(\w+)", "(\w+)"', path.read_text(encoding="utf-8")))
)
PARTS_OF_ADAPTERS = tuple(f"scheduled._{name}_" for name in ADAPTERS)
FRAMEWORKS = {f"scheduled.{name}" for name in ADAPTERS} | {name for name in MODULES if name.startswith(PARTS_OF_ADAPTERS)}
BUILT = [importlib.import_module(name) for name in MODULES if name not in UNBUILT | FRAMEWORKS]


def test_version_is_said_once():
    assert scheduled.__version__ == importlib.metadata.version("scheduled-lr")
    assert f'\nversion = "{scheduled.__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "VERSION ${version} " in (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")


def test_names():
    assert sorted(scheduled.__all__) == scheduled.__all__
    for name in scheduled.__all__:
        assert hasattr(scheduled, name)
    public = {name for name in vars(_core) if not name.startswith("_")}
    shown = set().union(*(getattr(module, "__all__", ()) for module in [scheduled, *BUILT]))
    assert public - {"version", "argument_text"} <= shown


def test_is_typed():
    assert importlib.resources.files("scheduled").joinpath("py.typed").is_file()


def stub() -> str:
    """What was installed for mypy and editors; it is made when the extension is built."""
    return importlib.resources.files("scheduled").joinpath("_core.pyi").read_text(encoding="utf-8")


def test_the_stub_is_that_of_the_extension():
    """Names, signatures and docstrings: a stub that was left over from another build fails."""
    tree = ast.parse(stub())
    found = {node.name: node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    public = {name for name in vars(_core) if not name.startswith("_")}
    assert public <= set(found)
    for name in public:
        value, node = getattr(_core, name), found[name]
        if not inspect.isclass(value):
            continue
        members = {n.name: n for n in node.body if isinstance(n, ast.FunctionDef)}
        for member, attribute in vars(value).items():
            documentable = callable(attribute) or isinstance(attribute, property)
            if member.startswith("_") or not documentable:
                continue
            assert member in members, f"{name}.{member}"
            if isinstance(attribute, property):
                assert ast.get_docstring(members[member]) == inspect.cleandoc(attribute.__doc__)


def test_the_stub_has_no_bare_containers():
    """`mypy --strict` refuses `dict` without its types, in stubs too."""
    signatures = "\n".join(re.findall(r"^ *def .*$", stub(), re.MULTILINE))
    assert not re.search(r"\b(?:dict|list|tuple|set)\b(?!\[)(?=[,)\]:]| ->| \|)", signatures)


def parameters(function) -> list[str]:
    """Their names, of all overloads."""
    names: list[str] = []
    for signature, *_ in getattr(function, "__nb_signature__", ()):
        text = re.sub(r"= \\\d+", "= ...", signature)
        arguments = ast.parse(f"{text}: ...").body[0].args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if argument.arg not in ("self", *names):
                names.append(argument.arg)
    return names


def explained(function, seen=()) -> str:
    """Its docstring without the signature, and those that it refers to: "Parameters are those of `bound`"."""
    text = " ".join(said or "" for _, said, *_ in getattr(function, "__nb_signature__", ()))
    sentences = re.findall(r"[^.]*(?:those of|[Aa]s for|see|of a text)[^.]*|`[a-z_]+` of a text", text)
    for name in re.findall(r"`([A-Za-z_.]+)`", " ".join(sentences)):
        other = functools.reduce(lambda o, part: getattr(o, part, None), name.split("."), _core)
        if other is not None and name not in seen:
            text += " " + explained(other, (*seen, name))
    return text


def test_every_parameter_is_explained():
    missing = []
    for name, value in vars(_core).items():
        if name.startswith("_") or not callable(value) or name == "argument_text":
            continue
        functions = [(name, value)]
        if inspect.isclass(value):
            functions = [(f"{name}.{m}", f) for m, f in vars(value).items() if not m.startswith("_")]
        for said, function in functions:
            text = explained(function)
            absent = [p for p in parameters(function) if not re.search(rf"\b{p}\b", text)]
            missing += [f"{said}({p})" for p in absent]
    assert not missing, missing


def test_mypy(tmp_path):
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(
        """
from typing import Optional
import numpy as np
from scheduled import Schedule, WSDSchedule, best_base_lr, compute_optimal_base, omega, omega_curve
from scheduled import GradNormFamily, Sweep, constrained_schedule, extend, lr_sensitivity
from scheduled import optimal_schedule, refine, schedule_worst_case, transfer_base_lr, worst_case
from scheduled import RunStore, plan_anytime
from scheduled.law import FitRun, FittedLaw, Law, fit_law, optimize, predict, virtual_cooldown
from scheduled.pep import PepProblem, solve_pep
from scheduled.schedules.base import ScheduleBase

schedule: Schedule = Schedule("wsd", steps=101, cooldown="20%").with_steps("50k")
peak: float = best_base_lr(schedule, grad_norm=np.ones(50_000)).peak
rate: float = omega([0.5, 0.25], distance=2) + omega_curve(schedule.values(3)).max()
S: ScheduleBase = WSDSchedule(steps=101, warmup_kwargs={"steps": 3})
rate = S.compute_rate(grad_norms=1, D=1, T=50)
base_lr, rate = compute_optimal_base(S, G=1, D=1, T=100, type="refined")
value: float = worst_case([0.5, 0.25]).value
best = schedule_worst_case(schedule).best
peak = best.peak if best is not None else 1.0
peak = optimal_schedule(9).lr.max() + lr_sensitivity(schedule).high
capped = constrained_schedule(9, prefix=[0.1], warmup=np.ones(2), max_lr=0.2)
status: str = capped.status + extend(schedule, 9, [60_000])[0].method
lr = np.concatenate([capped.lr, extend([0.1], np.array([9]), like=schedule)[0].lr])
nearest = refine(lr, "l1").nearest
limit: Optional[float] = transfer_base_lr(schedule, schedule).limit
sweep = Sweep([schedule], cooldowns=[0.5], grad_norms=[GradNormFamily(series=lr)])
sweep.run(2, progress=lambda done, to_do: print(done / to_do))
bounds = sweep.bound[0, :, 0, 0] * (0.0 if nearest is None else nearest.distance)
plan = plan_anytime(Schedule("constant"), [1000, "2k"], max_overhead=0.2)
with RunStore.init("run", plan.trunk) as run:
    checkpoint = run.commit(1000, lambda folder: (folder / "x").write_bytes(b"x"), rng_state=b"0")
    run.log(checkpoint.step, {"loss": np.float32(1.0)})
    position: str = run.resume().schedule.name + checkpoint.data_position
low: float = solve_pep(PepProblem([0.5, 0.5])).lower.bound
logged = FitRun("run", [1.0, 1.0], [1, 2], np.ones(2))
fitted: FittedLaw = fit_law([logged], "bu", fixed={"b": 0.1}).fitted
law: Law = fitted.law
losses = predict(fitted, schedule, [1]).loss + law.curve(np.ones(3), np.arange(1, 3))
gain: float = virtual_cooldown(fitted, schedule, [100]).answers[0].gain.lower + optimize(law, 9).lr[0]
wrong: str = schedule.lr(0)
""",
        encoding="utf-8",
    )
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(program)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    errors = [line for line in run.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 1, run.stdout + run.stderr
    assert "program.py:41: error: Incompatible types in assignment" in errors[0]


def documented():
    """Everything public with a docstring: modules, functions, classes, members."""
    for module in [scheduled, *BUILT]:
        yield module.__name__, module
        for name, value in vars(module).items():
            own = getattr(value, "__module__", None) == module.__name__
            if name.startswith("_") or not own:
                continue
            yield f"{module.__name__}.{name}", value
            if inspect.isclass(value):
                for member, attribute in vars(value).items():
                    function = getattr(attribute, "__func__", attribute)
                    documentable = callable(function) or isinstance(function, property)
                    if documentable and not member.startswith("_"):
                        yield f"{module.__name__}.{name}.{member}", function


@pytest.mark.parametrize(("name", "thing"), [pytest.param(*d, id=d[0]) for d in documented()])
def test_docstrings_run(name, thing):
    assert thing.__doc__, f"{name} has no docstring"
    if name.startswith("scheduled.fit"):
        pytest.importorskip("pandas")
    test = doctest.DocTestParser().get_doctest(inspect.cleandoc(thing.__doc__), {}, name, None, 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(test, out=report.append).failed == 0, "".join(report)


def test_every_native_function_shows_an_example():
    for name, value in vars(_core).items():
        undocumented = name.startswith("_") or name in ("version", "argument_text")
        if callable(value) and not inspect.isclass(value) and not undocumented:
            assert ">>>" in value.__doc__, name


def test_the_example_of_the_paper():
    pytest.importorskip("matplotlib")
    from scheduled import WSDSchedule, compute_optimal_base

    S = WSDSchedule(final_lr=0.0, steps=101, base_lr=1.0, cooldown_len=0.2, decay_type="linear")
    assert S.schedule.shape == (101,)
    S.plot()
    S.set_base_lr(0.5)
    rate = S.compute_rate(grad_norms=1, D=1, T=50)
    assert rate == pytest.approx(1 / 50 + 0.25 * (1 + sum(1 / k for k in range(1, 50))), rel=1e-14)
    base_lr, best = compute_optimal_base(S, G=1, D=1, T=100, type="refined")
    S.set_base_lr(base_lr)
    assert S.compute_rate(grad_norms=1, D=1, T=100) == pytest.approx(best, rel=1e-14)


@pytest.mark.parametrize("page", ["README.md", "docs/guide/python.md"])
def test_the_programs_of_the_first_pages(page):
    pytest.importorskip("matplotlib")
    text = (ROOT / page).read_text(encoding="utf-8")
    programs = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    assert programs
    names: dict[str, object] = {}
    for program in programs:
        exec(compile(program, page, "exec"), names)


def test_nothing_heavy_is_imported():
    program = "import sys, scheduled; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not {"matplotlib", "scipy", "pandas", *ADAPTERS.values()} & set(run.stdout.split())


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_adapters_say_what_they_need(adapter):
    assert f"scheduled.{adapter}" in MODULES
    if importlib.util.find_spec(ADAPTERS[adapter]) is None:
        with pytest.raises(ImportError, match=rf"scheduled\.{adapter} needs .*: pip install"):
            importlib.import_module(f"scheduled.{adapter}")


def test_the_gil_is_released():
    lr, places = np.ones(100_000), np.full(2000, 100_000)
    started, done = threading.Event(), threading.Event()

    def work():
        started.set()
        scheduled.omega_at(lr, t=places)
        done.set()

    worker = threading.Thread(target=work)
    worker.start()
    started.wait()
    turns = 0
    while not done.is_set():
        time.sleep(1e-3)
        turns += 1
    worker.join()
    assert turns > 10


def test_threads_get_the_same_answers():
    schedule = scheduled.Schedule("wsd(steps=3000, warmup=100, decay=cosine)")
    expected = scheduled.omega_curve(schedule.values())
    results: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: results.append(scheduled.omega_curve(schedule.values())))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    for result in results:
        assert result.tolist() == expected.tolist()


def test_the_package_holds_no_logic_of_the_core():
    """No sum over steps in Python: those belong to the library."""
    for file in (ROOT / "python/scheduled/schedules").glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        calls = {
            node.func.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not calls & {"sum", "cumsum", "cos", "sqrt", "linspace", "power"}, file.name
