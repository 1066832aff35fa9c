"""How values show themselves in notebooks: small SVG pictures and HTML tables, without any library."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np

from scheduled._core import RunBound, Schedule

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 560, 170, 64, 22
_COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b")


def attach() -> None:
    """Gives the native classes what notebooks ask for."""
    _show(Schedule, _schedule_html, _schedule_svg)
    _show(RunBound, _along_html, _along_svg)
    try:
        from scheduled.anytime import AnytimePlan, RunRecord, RunStore
    except ImportError:
        pass
    else:
        _show(AnytimePlan, _plan_html, _plan_svg)
        _show(RunRecord, _record_html, _record_svg)
        _show(RunStore, lambda run: _record_html(run.record()), lambda run: _record_svg(run.record()))


def attach_laws(law: type, fitted: type, fit: type) -> None:
    """The same for the classes of scheduled.law, which is imported only where it is used."""
    _show(law, _law_html)
    _show(fitted, _fitted_html, _fitted_svg)
    _show(fit, lambda found: _fitted_html(found.fitted), lambda found: _fitted_svg(found.fitted))


def _show(kind: Any, html: Any, svg: Any = None) -> None:
    kind._repr_html_ = html
    if svg is not None:
        kind._repr_svg_ = svg


def _curves(series: Sequence[tuple[str, Sequence[float], Sequence[float]]]) -> str:
    """Lines of (name, x, y) in one picture; the largest values stand at the axes."""
    right = max(max(x) for _, x, _ in series) or 1.0
    low = min(0.0, min(min(y) for _, _, y in series))
    high = max(max(y) for _, _, y in series)
    span = (high - low) or 1.0
    wide, tall = _WIDTH - _LEFT - 10, _HEIGHT - _BOTTOM - 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="11" fill="currentColor">',
        f'<path d="M{_LEFT} 10V{_HEIGHT - _BOTTOM}H{_WIDTH - 10}" fill="none" stroke="currentColor" opacity="0.5"/>',
        f'<text x="{_LEFT - 6}" y="16" text-anchor="end">{high:.4g}</text>',
        f'<text x="{_LEFT - 6}" y="{_HEIGHT - _BOTTOM}" text-anchor="end">{low:.4g}</text>',
        f'<text x="{_WIDTH - 10}" y="{_HEIGHT - 6}" text-anchor="end">{right:.0f}</text>',
    ]
    for index, (name, x, y) in enumerate(series):
        points = " ".join(
            f"{_LEFT + wide * a / right:.1f},{10 + tall * (high - b) / span:.1f}" for a, b in zip(x, y)
        )
        colour = _COLOURS[index % len(_COLOURS)]
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5">'
            f"<title>{escape(_short(name))}</title></polyline>"
        )
    return "".join(parts) + "</svg>"


def _short(text: str) -> str:
    """The text of a spec; tables can be long."""
    return text if len(text) <= 300 else text[:300] + " …"


def _places(first: int, last: int) -> list[int]:
    return sorted({int(step) for step in np.linspace(first, max(first, last), 300)})


def _rates(schedule: Schedule, first: int, last: int) -> tuple[list[float], list[float]]:
    """Rates at some steps, with those where the parts of the schedule meet."""
    meet = {schedule.warmup_steps - 1, schedule.warmup_steps}
    if schedule.steps is not None:
        meet |= {schedule.steps - schedule.cooldown_steps - 1, schedule.steps - 1}
    steps = sorted({*_places(first, last), *(step for step in meet if first <= step <= last)})
    return [float(step) for step in steps], [schedule.lr(step) for step in steps]


def _end(schedule: Schedule) -> int:
    return (schedule.steps or max(1000, 20 * schedule.warmup_steps)) - 1


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _schedule_svg(schedule: Schedule) -> str:
    return _curves([(str(schedule), *_rates(schedule, 0, _end(schedule)))])


def _schedule_html(schedule: Schedule) -> str:
    return f"<div><code>{escape(_short(str(schedule)))}</code><br/>{_schedule_svg(schedule)}</div>"


def _along_svg(run: RunBound) -> str:
    """The bound over D at the rows beyond the first tenth: the start would press the rest flat."""
    first = len(run.step) // 10
    return _curves([("bound / D", run.step[first:].tolist(), (run.bound / run.distance)[first:].tolist())])


def _along_html(run: RunBound) -> str:
    said = f"bound / D, criterion {run.criterion}, distance {run.distance:.6g}, grad norm {run.norm_source}"
    note = f" ({escape(run.norm_note)})" if run.norm_note else ""
    head = ("step", "learning rate", run.loss_column or "loss", "bound / D")
    rows = []
    for k in sorted({int(k) for k in np.linspace(0, len(run.step) - 1, 8)}):
        loss = f"{run.loss[k]:.4f}" if len(run.loss) else ""
        rows.append((run.step[k], f"{run.lr[k]:.6g}", loss, f"{run.bound[k] / run.distance:.6g}"))
    return f"<div><code>{escape(_short(run.name))}</code><br/>{_along_svg(run)}{_table(head, rows)}{said}{note}</div>"


def _plan_svg(plan: Any) -> str:
    series = [(f"trunk {plan.trunk}", *_rates(plan.trunk, 0, plan.trunk_steps))]
    for branch in plan.branches:
        series.append((f"result {branch.result}", *_rates(branch.schedule, branch.start - 1, branch.result - 1)))
    return _curves(series)


def _plan_html(plan: Any) -> str:
    rows = [
        (
            branch.result,
            branch.start,
            branch.cooldown,
            f"{100 * branch.share:.3g} %",
            f"{branch.bound:.6g}",
            f"{branch.cosine.bound:.6g}",
            f"{branch.ratio:.3f}",
            *(() if branch.loss is None else (f"{branch.loss[0]:.4f} ({branch.loss[1]:.4f} to {branch.loss[2]:.4f})",)),
        )
        for branch in plan.branches
    ]
    head = ["result", "leaves the trunk at", "cooldown", "share", "bound", "best cosine", "ratio", "loss (90 %)"]
    said = f"{plan.total_steps} steps, {100 * plan.overhead:.3g} % more than the longest result alone"
    table = _table(head[: len(rows[0])], rows)
    return f"<div><code>{escape(str(plan.trunk))}</code><br/>{_plan_svg(plan)}{table}{said}</div>"


def _record_svg(record: Any) -> str:
    """Each line of the run from where it began to its last checkpoint; dots are checkpoints."""
    lines = record.lines
    right = max([1, *(line.step for line in lines), *(line.end or 0 for line in lines)])
    wide, row = _WIDTH - 130, 22
    height = row * len(lines) + 24
    x = {step: 120 + wide * step / right for line in lines for step in (line.start, line.step, line.end or 0)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="sans-serif" font-size="11" fill="currentColor">'
    ]
    for index, line in enumerate(lines):
        y, colour = row * index + 14, _COLOURS[index % len(_COLOURS)]
        parts.append(f'<text x="112" y="{y + 4}" text-anchor="end">{escape(line.name[:18])}</text>')
        if line.end is not None:
            parts.append(f'<path d="M{x[line.start]:.1f} {y}H{x[line.end]:.1f}" stroke="{colour}" opacity="0.3"/>')
        parts.append(f'<path d="M{x[line.start]:.1f} {y}H{x[line.step]:.1f}" stroke="{colour}" stroke-width="3"/>')
        for saved in record.checkpoints:
            if saved.line == line.name and saved.state == "live":
                parts.append(
                    f'<circle cx="{120 + wide * saved.step / right:.1f}" cy="{y}" r="4" fill="{colour}">'
                    f"<title>{saved.step}</title></circle>"
                )
    parts.append(f'<text x="{_WIDTH - 10}" y="{height - 6}" text-anchor="end">{right}</text>')
    return "".join(parts) + "</svg>"


def _record_html(record: Any) -> str:
    rows = []
    for line in record.lines:
        saved = [str(one.step) for one in record.checkpoints if one.line == line.name and one.state == "live"]
        state = "finished" if line.finished else f"at step {line.step}"
        if line.end is not None and not line.finished:
            state += f" of {line.end}"
        rate = f"{line.schedule.lr(line.step):.6g}"
        rows.append((line.name, state, line.start, rate, ", ".join(saved), _short(str(line.schedule))))
    head = ("line", "state", "began at", "next LR", "checkpoints", "schedule")
    return f"<div><code>{escape(str(record.folder))}</code><br/>{_record_svg(record)}{_table(head, rows)}</div>"


def _law_html(law: Any) -> str:
    parameters = [(name, f"{value:.6g}") for name, value in law.parameters.items()]
    return f"<div>law <code>{escape(law.kind)}</code>{_table(('parameter', 'value'), parameters)}</div>"


def _fitted_svg(fitted: Any) -> str:
    """Its losses at the reference rate, held and with a cooldown of 20 %, over the longest run it was fitted to."""
    count = max(2, math.ceil(fitted.time))
    steps = np.array([step + 1 for step in _places(count // 50, count - 1)])
    series = []
    for spec in (f"constant(steps={count})", f"wsd(steps={count}, cooldown=20%)"):
        losses = fitted.law.curve(Schedule(spec).with_peak(fitted.law.reference_rate), steps)
        series.append((spec, steps.tolist(), losses.tolist()))
    return _curves(series)


def _fitted_html(fitted: Any) -> str:
    said = f"noise {fitted.noise:.3g}, fitted to runs of up to {fitted.time:.0f} steps"
    return f"<div>{_law_html(fitted.law)}{_fitted_svg(fitted)}<br/>{said}</div>"
