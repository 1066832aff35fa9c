"""What all adapters have in common: docstrings whose examples run, and errors that say what is missing."""

import doctest
import importlib
import inspect
import subprocess
import sys

import pytest
from cases import ADAPTERS


def documented():
    for adapter in ADAPTERS:
        module = importlib.import_module(f"scheduled.{adapter}")
        yield module.__name__, module
        for name in module.__all__:
            value = getattr(module, name)
            yield f"{adapter}.{name}", value
            for member, attribute in vars(value).items() if inspect.isclass(value) else ():
                if inspect.isfunction(attribute) and not member.startswith("_"):
                    yield f"{adapter}.{name}.{member}", attribute


@pytest.mark.parametrize(("name", "thing"), [pytest.param(*d, id=d[0]) for d in documented()])
def test_docstrings_run(name, thing):
    assert thing.__doc__, f"{name} has no docstring"
    test = doctest.DocTestParser().get_doctest(inspect.cleandoc(thing.__doc__), {}, name, None, 0)
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(test, out=report.append).failed == 0, "".join(report)


@pytest.mark.parametrize(("adapter", "framework"), ADAPTERS.items())
def test_a_missing_framework_is_named(adapter, framework):
    program = f"import sys; sys.modules[{framework!r}] = None; import scheduled; import scheduled.{adapter}"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert f"ImportError: scheduled.{adapter} needs " in run.stderr


def test_a_framework_that_does_not_load_says_why():
    program = "import sys; sys.modules['tyro'] = None; import scheduled.torchtitan"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "ImportError: torchtitan is there but does not load: import of tyro halted" in run.stderr
