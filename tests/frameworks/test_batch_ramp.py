"""A batch that grows: batches and rates of the running Megatron-LM, which counts samples."""

from types import SimpleNamespace

import pytest
from scheduled import Schedule

PEAK = 3e-4


def megatron_run(total, warmup, style, ramp, **more):
    """Batch and rate of each update until `total` samples are consumed."""
    batches = pytest.importorskip("megatron.core.num_microbatches_calculator")
    rates = pytest.importorskip("megatron.core.optimizer_param_scheduler")
    start, increment, end, samples = ramp
    calculator = batches.RampupBatchsizeNumMicroBatchesCalculator(end, 1, 1, False, 1, start, increment, samples)
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.0, "weight_decay": 0.0}])
    decay = {"start_wd": 0.0, "end_wd": 0.0, "wd_incr_steps": total, "wd_incr_style": "constant"}
    scheduler = rates.OptimizerParamScheduler(
        optimizer, 0.0, PEAK, 3e-5, warmup, total, style, **decay, use_checkpoint_opt_param_scheduler=False, **more
    )
    run, consumed = [], 0
    while consumed < total:
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
