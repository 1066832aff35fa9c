"""Checkpoints of PyTorch programs in a `RunStore`."""

from __future__ import annotations

import glob
import json
import os
import random
import re
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.distributed as dist
from torch.distributed.fsdp import FSDPModule
from torch.optim import Optimizer

from scheduled._arguments import choice
from scheduled._errors import ArgumentError

if TYPE_CHECKING:
    from scheduled.anytime import RecordedCheckpoint, Resume, RunStore

FORMATS = ("pt", "safetensors", "dcp")
_MANIFEST = "modules.json"  # what the folder holds, and how


def commit(
    run: RunStore | None,
    step: int,
    modules: Mapping[str, Any],
    line: str = "trunk",
    *,
    rng: bool = True,
    format: str = "pt",
    wait: bool = True,
    **options: Any,
) -> RecordedCheckpoint | Pending | None:
    """Commits a checkpoint of a training program to the run.

    In a distributed program all ranks call it together, rank 0 with the store and the others with None.

    Parameters
    ----------
    run : RunStore or None
        None on all ranks but rank 0.
    step : int
        Updates finished in all.
    modules : mapping
        Whatever has `state_dict` and `load_state_dict` (model, optimizer, scaler, sampler, monitor, ...), and dicts of
        plain values, such as the position in the data. The keys name them in the checkpoint.
    line : str
        The trunk or a branch.
    rng : bool
        Also the states of all random number generators: Python, NumPy, PyTorch on the CPU and on every device of
        this process; one file per rank.
    format : {'pt', 'safetensors', 'dcp'}
        'pt' and 'safetensors' are written by rank 0 and are for whole states; 'dcp' is `torch.distributed.checkpoint`,
        where each rank writes its shards (FSDP2, tensor parallelism).
    wait : bool
        False, only for 'dcp': returns a `Pending` at once, while the states are being written. The record says
        committed only in its `result`.
    **options
        As for `RunStore.commit`: data_position, keep, session, code_version.

    Returns
    -------
    RecordedCheckpoint, or None on ranks other than 0
    """
    choice("format", format, {word: word for word in FORMATS})
    _named(modules)
    if not wait:
        if format != "dcp":
            raise ArgumentError.of("wait", False, f"only format 'dcp' writes in the background, not {format!r}")
        return Pending(run, step, modules, line, rng, options)
    return _commit(run, step, line, lambda folder: write_modules(folder, modules, format, rng), options)


def restore(at: Resume | None, modules: Mapping[str, Any], *, rng: bool = True) -> int:
    """Loads the checkpoint where a line goes on.

    In a distributed program all ranks call it together, rank 0 with what `RunStore.resume` returned and the others
    with None.

    Parameters
    ----------
    at : Resume or None
        Without a checkpoint (a run from scratch) nothing is loaded.
    modules : mapping
        As for `commit`, freshly made; dicts are filled.
    rng : bool
        Also the random number generators.

    Returns
    -------
    int
        Finished updates.
    """
    _named(modules)
    if at is not None and not hasattr(at, "step"):
        raise ArgumentError.of("at", at, "must be what RunStore.resume returned")
    told = (at.step, None if at.folder is None else str(at.folder)) if at is not None else None
    step, folder = _from_rank_0(told)
    if folder is not None:
        read_modules(Path(folder), modules, rng)
    return int(step)


def _named(modules: Any) -> None:
    if not isinstance(modules, Mapping):
        raise ArgumentError.of("modules", "", "must be a dict, such as {'model': model, 'optimizer': optimizer}")


class Pending:
    """A checkpoint that is being written; all ranks call `result` together, at the latest before the next one."""

    def __init__(
        self, run: RunStore | None, step: int, modules: Mapping[str, Any], line: str, rng: bool, options: Any
    ) -> None:
        from torch.distributed.checkpoint import FileSystemWriter, async_save

        self._run, self._step, self._line, self._options = run, step, line, options
        beside = None
        if run is not None:
            folder = run.record().folder
            # What a killed program left behind; of this one, none is being written now.
            for left in folder.parent.glob(f".{glob.escape(folder.name)}.saving-*"):
                shutil.rmtree(left, ignore_errors=True)
            beside = str(folder.parent / f".{folder.name}.saving-{line}-{step}")
            os.makedirs(beside)
        self._folder = Path(_from_rank_0(beside))
        _write_parts(self._folder, modules, "dcp", rng)
        self._group = dist.new_group(backend="gloo") if dist.is_initialized() else None
        state = _dcp_state(modules)
        self._future: Any = async_save(
            state, storage_writer=FileSystemWriter(self._folder / "dcp"), process_group=self._group
        )

    def result(self) -> RecordedCheckpoint | None:
        """Waits until everything is on disk, then commits. The record, or None on ranks other than 0."""
        self._future.result()
        if self._group is not None:
            dist.barrier(self._group)
            dist.destroy_process_group(self._group)

        def move(folder: Path) -> None:
            if _rank() == 0:
                for item in self._folder.iterdir():
                    item.rename(folder / item.name)

        saved = _commit(self._run, self._step, self._line, move, self._options)
        if _rank() == 0:
            shutil.rmtree(self._folder, ignore_errors=True)
        return saved


def _rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def _world() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def _from_rank_0(value: Any) -> Any:
    """What rank 0 says."""
    if _world() == 1:
        return value
    said = [value]
    dist.broadcast_object_list(said, src=0)
    return said[0]


def _commit(run: RunStore | None, step: int, line: str, write: Any, options: Any) -> RecordedCheckpoint | None:
    if _rank() != 0:
        folder = _from_rank_0(None)
        if folder is not None:
            _all_or_nothing(write, Path(folder))
        failed = _from_rank_0(None)
        if failed is not None:
            raise RuntimeError(f"rank 0 could not commit: {failed}")
        return None
    if run is None:
        raise ArgumentError.of("run", None, "rank 0 needs the store")
    told = False

    def tell_and_write(folder: Path) -> None:
        nonlocal told
        told = True
        _from_rank_0(str(folder))
        _all_or_nothing(write, folder)

    try:
        saved = run.commit(step, tell_and_write, line, **options)
    except BaseException as error:
        if not told:
            _from_rank_0(None)
        _from_rank_0(repr(error))
        raise
    _from_rank_0(None)
    return saved


def _all_or_nothing(write: Any, folder: Path) -> None:
    """Writes on all ranks; fails on all where it fails on one."""
    error: BaseException | None = None
    try:
        write(folder)
    except Exception as caught:
        error = caught
    errors: list[Any] = [None] * _world()
    if _world() > 1:
        dist.all_gather_object(errors, None if error is None else repr(error))
    if error is not None:
        raise error
    for rank, text in enumerate(errors):
        if text is not None:
            raise RuntimeError(f"rank {rank} could not write its part of the checkpoint: {text}")


# What is in the folder ------------------------------------------------------------------------------------------


def write_modules(folder: Path, modules: Mapping[str, Any], format: str, rng: bool) -> None:
    """This rank's part of a checkpoint."""
    for name in modules:
        if not re.fullmatch(r"[\w-]+", name):
            raise ArgumentError.of(f"modules[{name!r}]", "", "names are file names, of letters, digits, '_' and '-'")
    if format == "dcp":
        from torch.distributed.checkpoint import save

        save(_dcp_state(modules), checkpoint_id=folder / "dcp", no_dist=not dist.is_initialized())
    _write_parts(folder, modules, format, rng)


def _write_parts(folder: Path, modules: Mapping[str, Any], format: str, rng: bool) -> None:
    """Everything but the shards."""
    if rng:
        torch.save(_rng_state(), folder / f"rng-{_rank()}.pt")
    if _rank() != 0:
        return
    for name, module in modules.items():
        if format == "dcp" and _is_sharded(module):
            continue
        state = _state_of(name, module)
        if format == "safetensors" and state and all(isinstance(value, torch.Tensor) for value in state.values()):
            _write_safetensors(folder / f"{name}.safetensors", state)
        else:
            torch.save(state, folder / f"{name}.pt")
    about = {"modules": sorted(modules), "format": format, "ranks": _world()}
    (folder / _MANIFEST).write_text(json.dumps(about), encoding="utf-8")


def read_modules(folder: Path, modules: Mapping[str, Any], rng: bool) -> None:
    """Fills the modules from a checkpoint's folder."""
    try:
        about = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArgumentError.of("at", folder, f"holds no {_MANIFEST}, so scheduled.torch did not write it") from None
    if about["modules"] != sorted(modules):
        here, there = ", ".join(sorted(modules)), ", ".join(about["modules"])
        raise ArgumentError.of("modules", "", f"are {here}; the checkpoint has {there}")
    if about["format"] == "dcp":
        _read_dcp(folder, modules)
    for name, module in modules.items():
        if about["format"] == "dcp" and _is_sharded(module):
            continue
        whole = folder / f"{name}.safetensors"
        if whole.is_file():
            from safetensors.torch import load_file

            state: Any = load_file(whole)
        else:
            state = torch.load(folder / f"{name}.pt", map_location="cpu", weights_only=True)
        if hasattr(module, "load_state_dict"):
            module.load_state_dict(state)
        else:
            module.clear()
            module.update(state)
    if rng:
        _restore_rng(folder / f"rng-{_rank()}.pt")


def _state_of(name: str, module: Any) -> Any:
    if hasattr(module, "state_dict"):
        state = module.state_dict()
    elif isinstance(module, dict):
        state = module
    else:
        raise ArgumentError.of(f"modules[{name!r}]", "", "must have state_dict and load_state_dict, or be a dict")
    if any(hasattr(value, "placements") for value in _leaves(state)):
        raise ArgumentError.of(f"modules[{name!r}]", "", "is sharded over ranks, which needs format='dcp'")
    return state


def _leaves(state: Any) -> list[Any]:
    if isinstance(state, Mapping):
        return [leaf for value in state.values() for leaf in _leaves(value)]
    if isinstance(state, (list, tuple)):
        return [leaf for value in state for leaf in _leaves(value)]
    return [state]


def _write_safetensors(path: Path, state: Mapping[str, torch.Tensor]) -> None:
    from safetensors.torch import save_file

    # Tied weights share memory, which the format does not have: each name gets its own copy.
    save_file({key: value.detach().cpu().contiguous().clone() for key, value in state.items()}, path)


def _is_sharded(module: Any) -> bool:
    return isinstance(module, (torch.nn.Module, Optimizer))


def _dcp_parts(modules: Mapping[str, Any]) -> tuple[torch.nn.Module, dict[str, Optimizer]]:
    models = {name: module for name, module in modules.items() if isinstance(module, torch.nn.Module)}
    if not models:
        raise ArgumentError.of("modules", "", "format 'dcp' needs a torch.nn.Module")
    optimizers = {name: module for name, module in modules.items() if isinstance(module, Optimizer)}
    for model in models.values():
        for part in model.modules():
            if isinstance(part, FSDPModule):
                part.reshard()  # a forward without backward, as in evaluations, leaves whole parameters in the model
    return (torch.nn.ModuleDict(models) if len(models) > 1 else next(iter(models.values()))), optimizers


def _dcp_state(modules: Mapping[str, Any]) -> dict[str, Any]:
    from torch.distributed.checkpoint.state_dict import get_model_state_dict, get_optimizer_state_dict

    model, optimizers = _dcp_parts(modules)
    state = {name: get_optimizer_state_dict(model, optimizer) for name, optimizer in optimizers.items()}
    return {"model": get_model_state_dict(model), **{f"optimizer.{name}": value for name, value in state.items()}}


def _read_dcp(folder: Path, modules: Mapping[str, Any]) -> None:
    from torch.distributed.checkpoint import load
    from torch.distributed.checkpoint.state_dict import set_model_state_dict, set_optimizer_state_dict

    model, optimizers = _dcp_parts(modules)
    state = _dcp_state(modules)
    load(state, checkpoint_id=folder / "dcp", no_dist=not dist.is_initialized())
    set_model_state_dict(model, state["model"])
    for name, optimizer in optimizers.items():
        set_optimizer_state_dict(model, optimizer, state[f"optimizer.{name}"])


# Random numbers ---------------------------------------------------------------------------------------------------


def _rng_state() -> dict[str, Any]:
    kind, keys, position, has_gauss, gauss = np.random.get_state()
    version, internal, gauss_next = random.getstate()
    state: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "numpy": [kind, torch.from_numpy(keys.astype(np.int64)), position, has_gauss, gauss],
        "python": [version, list(internal), gauss_next],
    }
    for name in ("cuda", "xpu"):
        device = getattr(torch, name)
        if device.is_available() and device.is_initialized():
            state[name] = device.get_rng_state_all()
    if torch.backends.mps.is_available():
        state["mps"] = torch.mps.get_rng_state()
    return state


def _restore_rng(path: Path) -> None:
    if not path.is_file():
        warnings.warn(
            f"{path}: is not there, so this rank goes on with random numbers of its own; the checkpoint was made by "
            "fewer ranks or without rng",
            RuntimeWarning,
            stacklevel=4,
        )
        return
    state = torch.load(path, map_location="cpu", weights_only=True)
    torch.set_rng_state(state["torch"])
    kind, keys, position, has_gauss, gauss = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), position, has_gauss, gauss))
    version, internal, gauss_next = state["python"]
    random.setstate((version, tuple(internal), gauss_next))
    for name in ("cuda", "xpu"):
        if name in state and getattr(torch, name).is_available():
            getattr(torch, name).set_rng_state_all(state[name])
    if "mps" in state and torch.backends.mps.is_available():
        torch.mps.set_rng_state(state["mps"])
