"""Merging checkpoints: state dicts and checkpoints of PyTorch, or files that the core merges by itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scheduled._arguments import number
from scheduled._errors import ArgumentError

if TYPE_CHECKING:
    from scheduled.anytime import MergedFiles, MergePlan

_TOLERANCE = 1e-6


def merge(
    checkpoints: Sequence[Any],
    weights: Sequence[float] | MergePlan | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    key: str = "",
    threads: int = 4,
) -> dict[str, Any] | MergedFiles:
    """Weighted sums of the tensors of models: a merge of their checkpoints, in place of a cooldown.

    Each sum is made in double precision, in the order of the checkpoints, and rounded once in the type of the
    tensor: state dicts, DCP and safetensors get the same bits.

    Parameters
    ----------
    checkpoints : sequence
        All of one kind: state dicts of PyTorch; folders of `torch.distributed.checkpoint` (those with
        `.metadata`); or safetensors files, their indices, and folders that have one.
    weights : sequence of float or MergePlan, optional
        One for each, with a sum of 1; None: all alike.
    out : path, optional
        For safetensors, and only for these: folder for the merge, missing or empty.
    key : str
        Of DCP: only tensors whose names begin so are merged, such as 'model.'; others are left out.
    threads : int
        Of safetensors.

    Returns
    -------
    dict or MergedFiles
        The merged state, on the CPU; of safetensors what was written. Tensors of whole numbers are those of the last
        checkpoint.

    Raises
    ------
    ArgumentError
        Naming the tensor that is missing somewhere, or has another shape or dtype there, or a nan.

    Examples
    --------
    >>> import scheduled
    >>> try:
    ...     scheduled.merge([{}], [1.0])
    ... except scheduled.ArgumentError as error:
    ...     print(error)
    checkpoints = 1: must be at least 2
    """
    checkpoints = list(checkpoints)
    if len(checkpoints) < 2:
        raise ArgumentError.of("checkpoints", len(checkpoints), "must be at least 2")
    shares = _shares(weights, len(checkpoints))
    if all(isinstance(state, Mapping) for state in checkpoints):
        _only_safetensors_are_written(out)
        return _merge_states(checkpoints, shares)
    try:
        paths = [Path(checkpoint) for checkpoint in checkpoints]
    except TypeError:
        raise ArgumentError.of("checkpoints", "", "must be all state dicts, or all paths") from None
    sharded = [(path / ".metadata").is_file() for path in paths]
    if all(sharded):
        _only_safetensors_are_written(out)
        return _merge_dcp(paths, shares, key)
    if any(sharded):
        raise ArgumentError.of("checkpoints", "", "must be all of torch.distributed.checkpoint, or all safetensors")
    if out is None:
        raise ArgumentError.of("out", "", "must be given for safetensors: the folder of the merge")
    from scheduled._core import merge_safetensors

    return merge_safetensors(paths, shares, out, threads=threads)


def _only_safetensors_are_written(out: Any) -> None:
    if out is not None:
        raise ArgumentError.of("out", out, "is of safetensors alone; save the state that is returned")


def _shares(weights: Any, count: int) -> list[float]:
    if weights is None:
        return [1.0 / count] * count
    shares = [weight.weight for weight in weights.weights] if hasattr(weights, "weights") else list(weights)
    if len(shares) != count:
        raise ArgumentError.of("weights", len(shares), f"must be one for each of the {count} checkpoints")
    shares = [number("weights", share, k) for k, share in enumerate(shares)]
    if not abs(sum(shares) - 1.0) <= _TOLERANCE:
        raise ArgumentError.of("weights", sum(shares), "must sum to 1")
    return shares


def _merge_states(states: Sequence[Mapping[str, Any]], shares: Sequence[float]) -> dict[str, Any]:
    import torch

    last = states[-1]
    _same_names(states)
    merged: dict[str, Any] = {}
    for name, wanted in last.items():
        if isinstance(wanted, torch.Tensor) and wanted.is_floating_point():
            merged[name] = _sum(name, [state[name] for state in states], shares)
        elif isinstance(wanted, Mapping):
            raise ArgumentError.of(f"checkpoints[0][{name!r}]", "", "is a dict: give the state of the model itself")
        else:
            merged[name] = wanted
    return merged


def _same_names(states: Sequence[Mapping[str, Any]]) -> None:
    """Refuses checkpoints of which one lacks what another has, and names what that is."""
    every = {name: k for k, state in enumerate(states) for name in state}
    for k, state in enumerate(states):
        missing = [name for name in every if name not in state]
        if not missing:
            continue
        others = ", ".join(repr(name) for name in missing[1:4]) + (", ..." if len(missing) > 4 else "")
        raise ArgumentError.of(
            f"checkpoints[{k}][{missing[0]!r}]",
            "",
            f"is missing; checkpoints[{every[missing[0]]}] has it"
            + (f", and {len(missing) - 1} more ({others})" if others else "")
            + ": merge checkpoints of one model",
        )


def _merge_dcp(paths: Sequence[Path], shares: Sequence[float], key: str) -> dict[str, Any]:
    """One tensor at a time: no state is in memory as a whole but the merged one."""
    import torch
    from torch.distributed.checkpoint import FileSystemReader, load

    readers = [FileSystemReader(path) for path in paths]
    known = [reader.read_metadata().state_dict_metadata for reader in readers]
    tensors_of = [
        {name: of for name, of in there.items() if name.startswith(key) and hasattr(of, "size")} for there in known
    ]
    _same_names(tensors_of)
    merged: dict[str, Any] = {}
    for name, wanted in tensors_of[-1].items():

        def tensors(name: str = name) -> Iterable[torch.Tensor]:
            for k, reader in enumerate(readers):
                there = tensors_of[k][name]
                one = {name: torch.empty(there.size, dtype=there.properties.dtype)}
                load(one, storage_reader=reader, no_dist=True)
                yield one[name]

        if wanted.properties.dtype.is_floating_point:
            merged[name] = _sum(name, tensors(), shares)
        else:
            *_, merged[name] = tensors()
    if not merged:
        raise ArgumentError.of("key", repr(key), "begins no tensor of these checkpoints")
    return merged


def _sum(name: str, tensors: Iterable[Any], shares: Sequence[float]) -> Any:
    """Products and sums each rounded to double, as the core does; one tensor and the sum at a time."""
    import torch

    total = None
    for k, (tensor, share) in enumerate(zip(tensors, shares)):
        where = f"checkpoints[{k}][{name!r}]"
        if hasattr(tensor, "placements"):
            raise ArgumentError.of(where, "", "is sharded over ranks; merge the checkpoints of torch.distributed.checkpoint")
        value = tensor.detach().cpu()
        if total is None:
            first = value
            if first.dtype not in (torch.bfloat16, torch.float16, torch.float32, torch.float64):
                raise ArgumentError.of(where, first.dtype, "is not merged; convert the states to bfloat16 or float32")
            total = torch.zeros(first.shape, dtype=torch.float64)
        if value.shape != total.shape:
            raise ArgumentError.of(where, tuple(value.shape), f"must be {tuple(total.shape)}, as in the first")
        if value.dtype != first.dtype:
            raise ArgumentError.of(where, value.dtype, f"must be {first.dtype}, as in the first; convert one of them")
        if bool(value.isnan().any()):
            raise ArgumentError.of(where, "nan", "must be a number; leave this checkpoint out of the merge")
        total += value.to(torch.float64) * share
    assert total is not None
    return _rounded(total, first.dtype)


def _rounded(total: Any, dtype: Any) -> Any:
    """To the nearest, ties to even, at once: by way of float32, halves would be rounded twice."""
    import torch

    if dtype in (torch.float32, torch.float64):
        return total.to(dtype)
    digits, smallest = (7, 2.0**-126) if dtype == torch.bfloat16 else (10, 2.0**-14)
    dropped = 52 - digits
    bits = total.view(torch.int64)
    up = (bits + ((1 << (dropped - 1)) - 1) + ((bits >> dropped) & 1)) >> dropped << dropped
    unit = smallest * 2.0**-digits
    normal = total.abs() >= smallest
    rounded = torch.where(normal & total.isfinite(), up.view(torch.float64), torch.round(total / unit) * unit)
    return torch.where(total.isfinite(), rounded, total).to(dtype)
