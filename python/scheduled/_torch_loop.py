"""The whole loop of a run without a horizon: trunk, branches, resume."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from scheduled._adapters import read_schedule
from scheduled._arguments import choice, number
from scheduled._arguments import whole as count
from scheduled._core import Schedule
from scheduled._errors import ArgumentError
from scheduled._torch_rates import BoundMonitor, apply, scales_of, whole
from scheduled._torch_store import FORMATS, _from_rank_0, _rank, commit, read_modules

if TYPE_CHECKING:
    from scheduled.anytime import AnytimePlan, RunStore


@dataclass
class Update:
    """One update to make: the body of the loop does it, with the rates that are already in the optimizer."""

    step: int
    """0-based number of the update."""
    lr: float
    """Its rate, as the record says it."""
    line: str
    """'trunk', or the branch's name."""
    last: bool
    """The line, or this stretch of the trunk, ends after it."""
    metrics: dict[str, Any] = field(default_factory=dict)

    def log(self, **metrics: Any) -> None:
        """Metrics after this update, such as train_loss, val_loss, grad_norm. On all ranks where one is a DTensor."""
        self.metrics.update(metrics)


class AnytimeLoop:
    """Trains a trunk and, for each result, a branch that cools down; after a kill it goes on where it was.

    A loop over it gives one `Update` after the other. Rates, checkpoints, branches and the record are its work, the
    update itself is the caller's. In a distributed program all ranks loop, and rank 0 owns the store.

    Parameters
    ----------
    folder : path
        Of the run; made where it is not there.
    trunk : Schedule or str
        Without a horizon.
    modules : mapping
        What makes up the state, as for `scheduled.torch.commit`. All optimizers in it get the rates.
    results : sequence of int or str
        Total budgets: steps, or texts such as '50k'.
    cooldown, decay, final
        Of each branch, as for `plan_anytime`.
    every : int
        Updates between checkpoints.
    keep_last : int
        So many old checkpoints of each line are kept beside those that are needed.
    scale : sequence of float, optional
        Factor of each parameter group, as for `ScheduledLR`.
    monitor : BoundMonitor, optional
        Takes each logged grad_norm, and its value is logged as omega. Its state belongs to the checkpoints.
    on_log : callable, optional
        Called on rank 0 with line, step and numbers of each update that logged some, for TensorBoard and the like.
        Numbers on a GPU come one update late, so that nothing waits for them.
    format, rng
        As for `scheduled.torch.commit`.
    code_version, data
        As for `RunStore.init`.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        trunk: Schedule | str,
        modules: Mapping[str, Any],
        *,
        results: Sequence[int | str],
        cooldown: int | str = "20%",
        decay: str = "linear",
        final: str = "0",
        every: int = 1000,
        keep_last: int = 2,
        scale: Sequence[float] | None = None,
        monitor: BoundMonitor | None = None,
        on_log: Callable[[str, int, dict[str, float]], object] | None = None,
        format: str = "pt",
        rng: bool = True,
        code_version: str = "",
        data: str = "",
    ) -> None:
        from scheduled.anytime import plan_anytime

        for name, value in (("every", every), ("keep_last", keep_last)):
            if count(name, value) < 1:
                raise ArgumentError.of(name, value, "must be at least 1")
        choice("format", format, {word: word for word in FORMATS})
        self.folder = Path(folder)
        self.trunk = read_schedule(trunk, None)
        self.plan: AnytimePlan = plan_anytime(self.trunk, results, cooldown, decay=decay, final=final)
        self.monitor = monitor
        self._on_log = on_log
        self._waiting: list[tuple[Update, int, dict[str, Any], Any]] = []
        self._modules = {**modules, **({} if monitor is None else {"monitor": monitor})}
        self._optimizers = [module for module in modules.values() if hasattr(module, "param_groups")]
        scales_of([group for one in self._optimizers for group in one.param_groups], scale)
        if not self._optimizers:
            raise ArgumentError.of("modules", "", "has no optimizer, so the loop could set no rates")
        self._decay, self._final, self._every, self._keep_last = decay, final, every, keep_last
        self._scale, self._format, self._rng = scale, format, rng
        self._options = {"code_version": code_version}
        self._data = data
        self._here: tuple[str, int] | None = None  # line and step of the state in memory
        self._run: RunStore | None = None

    def __iter__(self) -> Iterator[Update]:
        self._on_rank_0(self._open)
        try:
            for branch in self.plan.branches:
                name = f"result-{branch.result}"
                if self._on_rank_0(lambda name=name: self._finished(name)):
                    continue
                yield from self._work("trunk", branch.start)
                self._on_rank_0(lambda name=name, branch=branch: self._leave(name, branch))
                yield from self._work(name, branch.result)
        finally:
            if self._run is not None:
                self._run.close()
                self._run = None

    def _open(self) -> None:
        from scheduled.anytime import RunStore

        if self.folder.is_dir() and any(self.folder.iterdir()):
            self._run = RunStore.open(self.folder, **self._options)
        else:
            self._run = RunStore.init(self.folder, self.trunk, data=self._data, **self._options)

    @property
    def _store(self) -> RunStore:
        assert self._run is not None, "only rank 0 asks"
        return self._run

    def _finished(self, name: str) -> bool:
        return any(line.name == name and line.finished for line in self._store.record().lines)

    def _leave(self, name: str, branch: Any) -> None:
        if all(line.name != name for line in self._store.record().lines):
            self._store.branch(name, branch.start, branch.cooldown, decay=self._decay, final=self._final)

    def _resume(self, line: str, until: int) -> tuple[int, str, int, str | None] | None:
        """Step, schedule, session and folder where the line goes on; None where it is as far already."""
        if self._store.record().line(line).step >= until:
            return None
        schedule = self.trunk if line == "trunk" else None
        at = self._store.resume(line, schedule=schedule, **self._options)
        return at.step, str(at.schedule), at.session, None if at.folder is None else str(at.folder)

    def _work(self, line: str, until: int) -> Iterator[Update]:
        """Updates of a line up to a step, with a checkpoint at its end."""
        told = self._on_rank_0(lambda: self._resume(line, until))
        if told is None:
            return
        start, spec, session, folder = told
        schedule = Schedule(spec)
        if folder is not None and self._here != (line, start):
            read_modules(Path(folder), self._modules, self._rng)
        self._here = None
        starts = {branch.start for branch in self.plan.branches}
        for step in range(start, until):
            done = step + 1
            update = Update(step, apply(self._optimizers, schedule, step, self._scale), line, done == until)
            yield update
            self._take(update, session)
            if done == until or done % self._every == 0:
                self._write_logs()
                keep = line == "trunk" and done in starts
                commit(
                    self._run,
                    done,
                    self._modules,
                    line,
                    rng=self._rng,
                    format=self._format,
                    keep=keep,
                    session=session,
                )
                self._on_rank_0(lambda: self._store.gc(self._keep_last) and None)
        self._here = (line, until)

    def _take(self, update: Update, session: int) -> None:
        """Writes the logs of the updates before this one; its own numbers may still be on their way from the GPU."""
        update.metrics = {name: whole(value) for name, value in update.metrics.items()}
        metrics, ready = update.metrics, None
        for name, value in metrics.items():
            if isinstance(value, torch.Tensor) and value.is_cuda:
                # Only a copy into pinned memory returns before the GPU is there.
                there = torch.empty(value.shape, dtype=value.dtype, pin_memory=True)
                metrics[name] = there.copy_(value.detach(), non_blocking=True)
                ready = torch.cuda.Event()
        if ready is not None:
            ready.record()
        self._write_logs()
        self._waiting.append((update, session, metrics, ready))
        if ready is None:
            self._write_logs()

    def _write_logs(self) -> None:
        for update, session, metrics, ready in self._waiting:
            if ready is not None:
                ready.synchronize()
            numbers = {name: _number(name, value) for name, value in metrics.items()}
            if self.monitor is not None and "grad_norm" in numbers:
                numbers["omega"] = self.monitor.push(update.lr, numbers["grad_norm"])
            if numbers and self._run is not None:
                self._run.log(update.step + 1, numbers, update.line, session=session)
                if self._on_log is not None:
                    self._on_log(update.line, update.step + 1, numbers)
        self._waiting.clear()

    def _on_rank_0(self, question: Callable[[], Any]) -> Any:
        """What rank 0 answers, on all ranks; where it fails, all fail."""
        answer, error = None, None
        if _rank() == 0:
            try:
                answer = question()
            except Exception as caught:
                _from_rank_0((None, repr(caught)))
                raise
        answer, error = _from_rank_0((answer, error))
        if error is not None:
            raise RuntimeError(f"rank 0: {error}")
        return answer


def _number(name: str, value: Any) -> float:
    return float(value) if isinstance(value, bool) else number(name, value)
