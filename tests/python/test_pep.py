"""scheduled.pep: certificates from anything, the solver, and errors where a part is missing."""

import sys

import numpy as np
import pytest
import scheduled

pep = pytest.importorskip("scheduled.pep", exc_type=ImportError)
needs_csdp = pytest.mark.skipif(not pep.pep_solver_available(), reason="CSDP is not installed")


@needs_csdp
@pytest.mark.parametrize("method", ["reduced", "full"])
def test_agrees_with_the_exact_worst_case(method):
    lr = scheduled.Schedule("wsd(steps=16, peak=0.2)").values(15)
    found = pep.solve_pep(pep.PepProblem(lr, 2.0, 3.0), method=method)
    exact = scheduled.worst_case(lr, 2.0, 3.0).value
    assert found.converged
    assert found.gap <= 1e-6 * found.upper.bound
    assert found.lower.bound <= exact * (1 + 1e-12)
    assert exact <= found.upper.bound * (1 + 1e-12)


@needs_csdp
def test_a_result_is_certified_again():
    problem = pep.PepProblem(np.full(8, 0.2), np.linspace(1, 2, 8))
    found = pep.solve_pep(problem)
    assert found.gram.shape == found.pair.shape == (9, 9)
    lower = pep.certify_lower(problem, found.gram, found.value)
    upper = pep.certify_upper(problem, found.pair, found.grad_norm, found.distance)
    assert (lower.bound, upper.bound) == (found.lower.bound, found.upper.bound)


def test_any_candidate_gives_a_bound():
    problem = pep.PepProblem([0.5, 0.5])
    exact = scheduled.worst_case([0.5, 0.5]).value
    rng = np.random.default_rng(2)
    for _ in range(20):
        matrix, vector = rng.normal(size=(3, 3)), rng.normal(size=2)
        assert pep.certify_lower(problem, matrix, vector).bound <= exact * (1 + 1e-12)
        assert pep.certify_upper(problem, matrix, vector, 1.0).bound >= exact * (1 - 1e-12)


def test_problem_and_its_text():
    problem = pep.PepProblem([0.5, 0.25], [1.0, 2.0], 3.0)
    assert (problem.steps, problem.distance) == (2, 3.0)
    assert problem.lr.tolist() == [0.5, 0.25]
    assert problem.grad_norm.tolist() == [1.0, 2.0]
    lines = pep.sdpa_text(problem).splitlines()
    assert lines[1:4] == ["7", "2", "3 -9"]


def test_errors():
    problem = pep.PepProblem([0.5, 0.5])
    with pytest.raises(pep.PepSolverError, match="'nosuch' was not found; install CSDP"):
        pep.solve_pep(problem, solver="nosuch")
    with pytest.raises(scheduled.ArgumentError, match="method = 'x': must be"):
        pep.solve_pep(problem, method="x")
    with pytest.raises(scheduled.ArgumentError, match="tolerance = 2"):
        pep.solve_pep(problem, tolerance=2.0)
    with pytest.raises(scheduled.ArgumentError, match=r"lr\[1\] = 0: must be finite and > 0"):
        pep.PepProblem([1.0, 0.0])
    with pytest.raises(scheduled.ArgumentError, match="gram: has 4 values; must have 9"):
        pep.certify_lower(problem, np.ones((2, 2)), [1.0, 1.0])


def test_without_the_extension(monkeypatch):
    monkeypatch.delattr("scheduled._core.solve_pep")
    monkeypatch.delitem(sys.modules, "scheduled.pep")
    text = "built without scheduled.pep, because Eigen was not found"
    with pytest.raises(ImportError, match=text) as error:
        import scheduled.pep  # noqa: F401
    assert error.value.name == "scheduled.pep"
