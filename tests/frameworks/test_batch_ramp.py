"""A batch that grows: batches and rates of the running Megatron-LM, which counts samples."""

from types import SimpleNamespace

import pytest
from import_grids import PEAK, check, flags
from scheduled import Schedule, import_schedule


def megatron_run(total, warmup, style, ramp, stop=None, **more):
    """Batch and rate of each update until `stop` samples are consumed, or `total`, where the decay ends."""
    batches = pytest.importorskip("megatron.core.num_microbatches_calculator")
    rates = pytest.importorskip("megatron.core.optimizer_param_scheduler")
    start, increment, end, samples = ramp
    if samples > 0:
        calculator = batches.RampupBatchsizeNumMicroBatchesCalculator(end, 1, 1, False, 1, start, increment, samples)
    else:
        calculator = batches.ConstantNumMicroBatchesCalculator(end, 1, 1, False, 1)
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.0, "weight_decay": 0.0}])
    decay = {"start_wd": 0.0, "end_wd": 0.0, "wd_incr_steps": total, "wd_incr_style": "constant"}
    scheduler = rates.OptimizerParamScheduler(
        optimizer, 0.0, PEAK, 3e-5, warmup, total, style, **decay, use_checkpoint_opt_param_scheduler=False, **more
    )
    run, consumed = [], 0
    while consumed < (stop or total):
        calculator.update(consumed, False)
        batch = calculator.current_global_batch_size
        run.append((batch, optimizer.param_groups[0]["lr"]))
        scheduler.step(batch)
        consumed += batch
    return run


@pytest.mark.parametrize("ramp", [(32, 16, 192, 30_000), (32, 32, 512, 12_345), (8, 8, 16, 777), (1, 1, 100, 200_000)])
@pytest.mark.parametrize("total", [100_000, 123_457])
def test_megatron(ramp, total):
    start, increment, end, samples = ramp
    warmup, cooldown = 1001, total // 5
    keys = (
        f"steps={total + 1}ex, warmup={warmup}ex, warmup_start=0, final=3e-5, "
        f"batch=[0:{start}, {samples}ex:{end} by {increment}], clock=examples"
    )
    for spec, style, more in [
        (f"linear({keys})", "linear", {}),
        (f"cosine({keys})", "cosine", {}),
        (f"wsd({keys}, cooldown={cooldown}ex)", "WSD", {"lr_wsd_decay_style": "linear"}),
        (f"wsd({keys}, cooldown={cooldown}ex, decay=exponential-to-zero)", "WSD", {"lr_wsd_decay_style": "exponential"}),
    ]:
        more = {"wsd_decay_steps": cooldown, **more} if more else {}
        theirs = megatron_run(total, warmup, style, ramp, **more)
        ours = Schedule(spec).with_peak(PEAK)
        assert len(theirs) - 1 <= ours.steps <= len(theirs)  # Megatron makes the update that goes beyond its samples
        for i in range(ours.steps):
            assert ours.batch(i) == theirs[i][0], (spec, i)
            assert abs(ours.lr(i) - theirs[i][1]) <= 4e-16 * PEAK, (spec, i)


@pytest.mark.parametrize("ramp", [(32, 16, 192, 30_000), (32, 32, 512, 12_345), (8, 8, 16, 777), (16, 16, 128, 90_001), None])
@pytest.mark.parametrize("total, end", [(100_000, None), (123_457, 100_003), (100_000, 120_001)])
def test_imported_flags(ramp, total, end):
    for style, wsd in [("linear", None), ("cosine", None), ("constant", None), ("inverse-square-root", None)] + [
        ("WSD", curve) for curve in ("exponential", "linear", "cosine", "minus_sqrt")
    ]:
        for warmup in (0, 1, 1001):
            if style == "inverse-square-root" and (warmup == 0 or end):
                continue
            more = {"lr_wsd_decay_style": wsd, "wsd_decay_steps": 20_002} if wsd else {}
            batch = 192 if ramp is None else ramp[2]
            run = megatron_run(end or total, warmup, style, ramp or (batch, 1, batch, 0), stop=total, **more)
            text = flags(
                lr=PEAK, min_lr=3e-5, lr_decay_style=style, lr_warmup_samples=warmup, train_samples=total, lr_decay_samples=end,
                lr_wsd_decay_style=wsd, lr_wsd_decay_samples=20_002 if wsd else None, global_batch_size=batch,
                rampup_batch_size=f"{ramp[0]} {ramp[1]} {ramp[3]}" if ramp else None,
            )  # fmt: skip
            made = import_schedule(text).updates
            assert made == updates_of_megatron(total, batch, ramp), text
            check("megatron", text, [rate for _, rate in run[:made]])
            spec = import_schedule(text).schedule
            assert [spec.batch(i) for i in range(min(made, spec.steps or made))] == [batch for batch, _ in run[: min(made, spec.steps or made)]], text


def updates_of_megatron(total, batch, ramp):
    """Its own count: whole batches after the growth."""
    if ramp is None:
        return total // batch
    batches = pytest.importorskip("megatron.core.num_microbatches_calculator")
    start, increment, end, samples = ramp
    calculator = batches.RampupBatchsizeNumMicroBatchesCalculator(end, 1, 1, False, 1, start, increment, samples)
    made = consumed = 0
    while consumed <= samples and consumed <= total:
        calculator.update(consumed, False)
        consumed += calculator.current_global_batch_size
        made += 1
    return made + max(total - consumed, 0) // end


def test_batches_by_steps():
    """Written anew from the description of --step-batch-size-schedule: the tokens are whole samples, rounded down, and
    updates are made until all samples are consumed."""
    total, warmup, sequence = 100_000, 1000, 4096
    marks = [(0, 32), (40_000_000 // sequence, 64), (200_000_000 // sequence, 128)]
    consumed, theirs = 0, []
    while consumed < total:
        x = (consumed - warmup) / (total - warmup)
        theirs.append(PEAK * consumed / warmup if consumed <= warmup else 3e-5 + (1 - x) * (PEAK - 3e-5))
        consumed += [batch for mark, batch in marks if consumed >= mark][-1]
    text = flags(
        lr=PEAK, min_lr=3e-5, lr_decay_style="linear", lr_warmup_samples=warmup, train_samples=total, seq_length=sequence,
        step_batch_size_schedule="'0:32 40M:64 200M:128'",
    )  # fmt: skip
    assert import_schedule(text).updates == len(theirs)
    check("megatron", text, theirs)
