"""lint and diff: what they take, what they say, and their errors."""

import pytest
import scheduled
from scheduled import ArgumentError, Schedule, diff, diff_rates, lint, lint_rules, parse_log


def rules_of(*arguments, **options):
    return [found.rule for found in lint(*arguments, **options).findings]


def test_takes_schedules_logs_specs_and_files(tmp_path):
    spec = "cosine(steps=1000, final=20%)"
    assert rules_of(spec) == rules_of(Schedule(spec)) == ["high-end"]
    (tmp_path / "spec.txt").write_text(spec + "\n")
    (tmp_path / "spec.json").write_text(Schedule(spec).to_json())
    assert rules_of(tmp_path / "spec.txt") == rules_of(str(tmp_path / "spec.json")) == ["high-end"]
    text = "step,lr\n" + "".join(f"{step},{Schedule(spec)(step - 1)!r}\n" for step in range(10, 1001, 10))
    (tmp_path / "run.csv").write_text(text)
    assert rules_of(tmp_path / "run.csv") == rules_of(parse_log("run", text)) == ["high-end"]
    assert lint(tmp_path / "run.csv").kind == "log"
    assert rules_of("cosine", steps="1k") == []
    assert diff(tmp_path / "run.csv", spec).equal


def test_a_finding_says_what_it_costs_and_what_to_do():
    (found,) = lint("cosine(steps=10k, final=20%)").findings
    assert (found.severity, found.first, found.last, found.mended) == ("warning", 10000, 10000, "the same decay to 0")
    assert found.cost == pytest.approx(0.169, abs=1e-3)
    assert found.remedy == "decay to 0"
    report = lint("cosine(steps=10k, final=20%, warmup=100, warmup_start=0)")
    assert (report.errors, report.warnings, len(report.findings)) == (0, 1, 2)
    assert rules_of("cosine(steps=10k, final=20%)", ignore=["high-end"]) == []


def test_rules_are_listed():
    assert {rule.severity for rule in lint_rules()} == {"note", "warning", "error"}
    assert all(rule.meaning and rule.remedy for rule in lint_rules())


def test_errors_name_what_is_wrong():
    with pytest.raises(ArgumentError, match="did you mean 'high-end'"):
        lint("cosine(steps=10)", ignore=["high-and"])
    with pytest.raises(ArgumentError, match="steps"):
        lint("cosine")
    with pytest.raises(ArgumentError, match="did you mean 'cosine'"):
        lint("cosin(steps=10)")
    with pytest.raises(ArgumentError, match="has no learning rates: lr=SPEC gives the schedule"):
        lint(parse_log("run", "step,loss\n1,2\n2,1\n"))
    with pytest.raises(ArgumentError, match="tolerance"):
        diff("constant(steps=3)", "constant(steps=3)", tolerance=-1.0)
    with pytest.raises(TypeError):
        lint(5)
    with pytest.raises(scheduled.MissingFileError):
        lint("no/such/run.csv")


def test_rates_of_both():
    rates = diff_rates("constant(steps=3)", "linear(steps=3)")
    assert rates.update.tolist() == [1, 2, 3]
    assert (rates.b - rates.a).tolist() == rates.difference.tolist() == [0.0, -0.5, -1.0]
