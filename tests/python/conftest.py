import os

import pytest

os.environ["MPLBACKEND"] = "Agg"
pytest.register_assert_rewrite("command_outputs")


@pytest.fixture(autouse=True)
def close_figures():
    """No test leaves a figure open or matplotlib's settings changed."""
    yield
    import sys

    if "matplotlib.pyplot" in sys.modules:
        import matplotlib as mpl
        import matplotlib.pyplot as plt

        plt.close("all")
        mpl.rcdefaults()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def run(folder):
    """A run store, open for writing."""
    from anytime_runs import TRUNK, RunStore
    from scheduled import Schedule

    with RunStore.init(folder, Schedule(TRUNK)) as run:
        yield run
