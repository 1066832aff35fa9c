"""as_optax against Schedule.values in real JAX programs, and the run store with orbax."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from cases import ROOT
from scheduled import ArgumentError, RunStore, Schedule, schedule_help
from scheduled.optax import as_optax

# Beside the examples of the help: every decay, ends, typed lengths, odd sizes.
MORE = [
    "wsd(steps=1, peak=0.3)",
    "wsd(steps=997, warmup=100, warmup_start=1e-6, cooldown=313, decay=linear, peak=1e-3, final=1e-5)",
    "wsd(steps=5k, cooldown=30%, decay=1-sqrt, final=1%, peak=4e-4)",
    "wsd(steps=5k, cooldown=30%, decay=cosine)",
    "wsd(steps=5k, cooldown=30%, decay=mirror-cosine)",
    "wsd(steps=5k, cooldown=30%, decay=square)",
    "wsd(steps=5k, cooldown=30%, decay=polynomial, power=1.7)",
    "wsd(steps=5k, cooldown=30%, decay=lowered-linear, factor=0.4)",
    "wsd(steps=50k, cooldown=45k, decay=exponential, final=1e-9)",
    "wsd(steps=50k, cooldown=45k, decay=exponential, half_life=1234)",
    "wsd(steps=5k, cooldown=30%, decay=inverse-proportional, final=0.1%)",
    "exponential(steps=9k, half_life=700, warmup=3)",
    "exponential(steps=9k, half_life=138.28)",
    "exponential(steps=9k, half_life=3.33%)",
    "exponential(steps=9k, half_life=5.5Mtok, tokens_per_step=10k)",
    "polynomial(steps=50k, power=0.3, final=1e-4)",
    "polynomial(steps=50k, power=5)",
    "inverse-power(alpha=0.77, warmup=1k, peak=3e-3)",
    "inverse-power(alpha=3, steps=100k)",
    "rsqrt(warmup=7, timescale=500, shift=30, peak=1e-3, steps=9k, cooldown=20%)",
    "noam(d_model=1024, warmup=100, steps=1k, cooldown=10%)",
    "power(a=4, b=-0.51, max=0.02, batch=128, tokens_per_step=500k, warmup=100, steps=50k, cooldown=10%, final=0.1%)",
    "infinite(warmup=100, descent=2k, plateau=1e-1, curve=rsqrt)",
    "infinite(warmup=100, descent=0, plateau=10%)",
    "wsd-s(results=[1k, 2k, 4k], cooldown=100, rewarm=50, warmup=20, final=1%, steps=5k)",
    "wsd-s(results=[1Mtok, 2Mtok], cooldown=10%, decay=exponential, final=1%, tokens_per_step=1k)",
    "piecewise(steps=90k, milestones=[10%, 50%, 100%], factors=[0.1, 0.01, 2], warmup=5)",
    "constant(peak=3)",
    "triangular(steps=997, peak_at=100, peak=2, final=1e-3)",
    "half-cosine(steps=5k, warmup=100, final=10%)",
    "wsd(steps=5k, cooldown=30%, decay=exponential-to-zero)",
    "cosine(steps=5k, exponent=1.5, warmup=10, floor=5%, peak=2e-3)",
    "rsqrt(warmup=1k, limit=1%, peak=1e-3)",
    "inverse-power(alpha=0.77, timescale=300, shift=40, limit=1e-5, warmup=1k, peak=3e-3, floor=2e-5)",
    "inverse-power(alpha=0.5, timescale=2k, warmup=1k, steps=20k, cooldown=10%)",
    "constant(warmup=1k, warmup_delay=30, warmup_curve=log, peak=1e-3)",
    "constant(warmup=1k, warmup_delay=999, warmup_curve=log)",
    "wsd(steps=9k, warmup=1k, warmup_delay=1, warmup_curve=cosine, warmup_start=1e-5, peak=1e-3, cooldown=10%)",
    "rsqrt(warmup=1k, warmup_curve=1-sqrt, peak=1e-3)",
    "noam(d_model=1024, warmup=100, steps=1k, floor=1e-4)",
    "restarts(steps=50k, warmup=500, cycles=7, low=10%, cooldown=1k)",
    "restarts(cycle=1234, warmup=100, peak=1e-3)",
    "restarts(cycle=1k, multiplier=2, warmup=100, low=1%)",
    "restarts(cycle=7, multiplier=1000)",
    "wsd(steps=90Mtok, warmup=1Mtok, cooldown=9Mtok, batch=8, seq_length=1k, decay=exponential, half_life=5Mtok)",
]
# What becomes a table in spite of its shape: the rate before the cooldown is no step's, a cycle is no whole number, the
# batch grows.
TABLES = [
    "wsd(steps=10, warmup=5, warmup_start=0, cooldown=5)",
    "restarts(steps=500, cycles=2.5)",
    "restarts(steps=50, cycles=49)",
    "wsd(steps=9Mtok, warmup=1Mtok, cooldown=20%, batch=[0:8, 2Mtok:16], seq_length=1k)",
    "cosine(steps=9Mtok, warmup=1Mtok, batch=[0:8, 2Mtok:16], seq_length=1k, clock=tokens)",
]
SPECS = [example for _, example, _ in schedule_help()] + MORE


def counts_of(schedule, horizon=120_000):
    last = horizon if schedule.steps is None else schedule.steps + 3
    around = {0, 1, 2, 3, schedule.warmup_steps, last - schedule.cooldown_steps, last}
    near = {count + d for count in around for d in (-5, -4, -3, -2, -1, 0, 1, 2) if 0 <= count + d <= last}
    return np.array(sorted(near | set(np.linspace(0, last, 5000).astype(int))))


def error(rate, schedule, counts):
    expected = np.array([schedule.lr(int(count)) for count in counts])
    got = np.asarray(rate(jnp.asarray(counts))).astype(float)
    return np.max(np.abs(got - expected) / np.where(expected == 0, 1e-300, expected))


@pytest.mark.parametrize("spec", SPECS + TABLES)
def test_equals_the_schedule(spec):
    schedule = Schedule(spec)
    rate = jax.jit(as_optax(spec))
    assert error(rate, schedule, counts_of(schedule)) <= 1e-6
    assert rate(3).dtype == jnp.float32


def test_every_schedule_of_the_guide():
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs/guide").glob("*.md"))
    found = 0
    for spec in sorted(set(re.findall(r"\b[a-z0-9-]+\((?:[^()`'\"\n]|\([^()]*\))*\)", pages))):
        try:
            schedule = Schedule(spec)
        except ArgumentError:  # a formula, a fragment, a template
            continue
        found += 1
        counts = np.resize(counts_of(schedule)[::10], 512)  # of one size, so that JAX compiles its operations once
        assert error(as_optax(spec), schedule, counts) <= 1e-6, spec
    assert found >= 60


# Shapes whose formula is in as_optax; all others become a table there.
FORMULAS = (
    "constant", "wsd", "linear", "1-sqrt", "cosine", "mirror-cosine", "square", "polynomial", "lowered-linear",
    "exponential", "inverse-proportional", "inverse-power", "rsqrt", "noam", "power", "infinite", "wsd-s", "piecewise",
    "triangular", "half-cosine", "exponential-to-zero", "restarts",
)  # fmt: skip


@pytest.mark.parametrize("spec", SPECS)
def test_has_no_table_in_the_program(spec):
    if spec.partition("(")[0] not in FORMULAS:
        pytest.skip("a table")
    program = jax.make_jaxpr(as_optax(spec))(0)
    assert sum(np.size(constant) for constant in program.consts) <= 32
    assert max((len(line) for line in str(program).splitlines()), default=0) < 400


def test_far_out_and_before():
    schedule = Schedule("rsqrt(warmup=2k, peak=1e-3)")
    far = np.array([2**24 + 1, 10**9, 2**31 - 2])
    assert error(jax.jit(as_optax(schedule)), schedule, far) <= 1e-6
    assert float(as_optax("linear(steps=4)")(-3)) == 1.0


def test_counts_of_all_kinds():
    """Past JAX's own integers it is the largest of them, not one that has lost its upper bits."""
    rate = as_optax("rsqrt(warmup=2k, peak=1e-3)")
    for count in (3, np.int8(3), np.uint64(3), np.array(3, np.int16), jnp.uint8(3), jnp.uint32(3), 3.0, jnp.float32(3.5)):
        assert float(rate(count)) == pytest.approx(2e-6, rel=1e-6)
    most = float(rate(2**31 - 1))
    assert most == pytest.approx(Schedule("rsqrt(warmup=2k, peak=1e-3)").lr(2**31 - 1), rel=1e-6)
    for count in (2**31, 2**60, np.int64(2**33), np.uint64(2**63 + 1), jnp.uint32(2**32 - 1)):
        assert float(rate(count)) == most
    assert float(jax.jit(rate)(jnp.uint32(2**31 + 7))) == most
    for count in (-7, -(2**40), np.int8(-7), np.int64(-(2**33) + 5), np.array(-(2**62)), jnp.int32(-(2**31))):
        assert float(rate(count)) == float(rate(0))
    for spec in SPECS:
        if Schedule(spec).steps is None:
            assert error(as_optax(spec), Schedule(spec), np.array([2**31 - 1])) <= 1e-6, spec
    with pytest.raises(ArgumentError, match="dtype = int32: must be a floating-point type"):
        as_optax("constant", dtype="int32")


def test_double_precision():
    with pytest.raises(ArgumentError, match=r"needs jax\.config"):
        as_optax("linear(steps=4)", dtype="float64")
    jax.config.update("jax_enable_x64", True)
    try:
        for spec in SPECS:
            schedule = Schedule(spec)
            rate = as_optax(spec, dtype="float64")
            assert rate(0).dtype == jnp.float64
            # The schedule's own number of turns is rounded before whole ones are taken off: 2^-53 of it in its fraction.
            bound = 1e-12 if spec.startswith("restarts(") else 1e-13
            assert error(jax.jit(rate), schedule, counts_of(schedule)[::40]) <= bound, spec
    finally:
        jax.config.update("jax_enable_x64", False)


def test_a_horizon_that_comes_late():
    assert float(as_optax("wsd(cooldown=20%)", steps=10)(9)) == 0.0
    assert as_optax("linear(steps=4)", dtype="bfloat16")(1).dtype == jnp.bfloat16


def test_transformations():
    spec = "wsd(steps=40, warmup=5, cooldown=20%, peak=1e-3)"
    schedule, rate = Schedule(spec), as_optax(spec)
    expected = np.array([schedule.lr(i) for i in range(40)], np.float32)
    np.testing.assert_allclose(jax.vmap(rate)(jnp.arange(40)), expected, rtol=1e-6)
    _, scanned = jax.lax.scan(lambda count, _: (count + 1, rate(count)), jnp.int32(0), None, length=40)
    np.testing.assert_allclose(scanned, expected, rtol=1e-6)
    with jax.debug_nans(True):
        for other in SPECS:
            function = as_optax(other)
            gradient = jax.grad(lambda x, f=function: x * f(jnp.int32(7)))(2.0)
            assert np.isfinite(gradient) and gradient == pytest.approx(Schedule(other).lr(7), rel=1e-6)
    assert float(jax.grad(lambda count: rate(count))(7.0)) == 0.0


def make(spec):
    tx = optax.chain(optax.clip_by_global_norm(1.0), optax.inject_hyperparams(optax.adamw)(learning_rate=as_optax(spec)))
    parameters = {"w": jnp.ones((4,)), "b": jnp.zeros(())}

    @jax.jit
    def update(parameters, state, inputs):
        def loss(p):
            return jnp.mean((inputs @ p["w"] + p["b"] - inputs.sum(1)) ** 2)

        value, gradient = jax.value_and_grad(loss)(parameters)
        updates, state = tx.update(gradient, state, parameters)
        return optax.apply_updates(parameters, updates), state, value

    return parameters, tx.init(parameters), update


def train(parameters, state, update, first, last):
    used = []
    for step in range(first, last):
        inputs = jax.random.normal(jax.random.fold_in(jax.random.key(0), step), (8, 4))
        parameters, state, _ = update(parameters, state, inputs)
        used.append(float(state[1].hyperparams["learning_rate"]))
    return parameters, state, used


@pytest.mark.parametrize("spec", ["wsd(steps=12, warmup=3, cooldown=5, peak=0.02)", "rsqrt(warmup=4, peak=0.01)"])
def test_updates_and_resume_at_every_step(spec, tmp_path):
    """The count is in optax's state, so a checkpoint of it is all that a resume needs; here through orbax."""
    import orbax.checkpoint as ocp

    expected = [Schedule(spec).lr(step) for step in range(12)]
    whole, _, used = train(*make(spec), 0, 12)
    assert used == pytest.approx(expected, rel=1e-6)
    parameters, state, update = make(spec)
    with RunStore.init(tmp_path / "run", Schedule("constant")) as run, ocp.StandardCheckpointer() as saver:
        for step in range(1, 12):
            parameters, state, _ = train(parameters, state, update, step - 1, step)

            def write(folder, state=(parameters, state)):
                saver.save(folder / "state", state)
                saver.wait_until_finished()  # the record says committed when this returns

            run.commit(step, write)
        for step in range(1, 12):
            at = run.resume(step=step, dry_run=True)
            fresh = make(spec)
            loaded = saver.restore(at.folder / "state", (fresh[0], fresh[1]))
            again, _, used = train(*loaded, fresh[2], step, 12)
            assert used == pytest.approx(expected[step:], rel=1e-6)
            assert all(bool(jnp.array_equal(again[name], whole[name])) for name in whole)


def test_first_rate_of_a_branch():
    """A branch goes on with the trunk's state: the count is in there, the rate is the branch's at once."""
    trunk, branch = "rsqrt(warmup=4, peak=0.01)", "rsqrt(steps=12, warmup=4, cooldown=4, peak=0.01)"
    parameters, state, _ = train(*make(trunk), 0, 8)
    _, _, used = train(parameters, state, make(branch)[2], 8, 12)
    assert used == pytest.approx([Schedule(branch).lr(step) for step in range(8, 12)], rel=1e-6)


def test_two_groups_and_accumulation():
    """Each group has its own schedule; MultiSteps counts updates, not micro-batches."""
    spec = "wsd(steps=12, warmup=3, cooldown=5, peak=0.02)"
    whole, tenth = as_optax(spec), as_optax(Schedule(spec).with_peak(0.002))
    groups = optax.partition({"w": optax.sgd(whole), "b": optax.sgd(tenth)}, {"w": "w", "b": "b"})
    tx = optax.MultiSteps(groups, every_k_schedule=3)
    parameters = {"w": jnp.zeros(()), "b": jnp.zeros(())}
    state = tx.init(parameters)
    step_of = jax.jit(tx.update)
    for step in range(12):
        before = parameters
        for _ in range(3):
            change, state = step_of({"w": jnp.ones(()), "b": jnp.ones(())}, state, parameters)
            parameters = optax.apply_updates(parameters, change)
        rate = Schedule(spec).lr(step)
        assert float(before["w"] - parameters["w"]) == pytest.approx(rate, rel=1e-4, abs=1e-9)
        assert float(before["b"] - parameters["b"]) == pytest.approx(rate / 10, rel=1e-4, abs=1e-9)


def test_two_devices():
    """Sharded data, replicated weights: the rate is one number on both."""
    assert len(jax.devices()) == 2
    mesh = jax.make_mesh((2,), ("data",))
    spec = "wsd(steps=12, warmup=3, cooldown=5, peak=0.02)"
    parameters, state, update = make(spec)
    inputs = jax.device_put(jnp.ones((8, 4)), jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("data")))
    everywhere = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
    parameters, state = jax.device_put((parameters, state), everywhere)
    for step in range(12):
        parameters, state, _ = update(parameters, state, inputs)
        shards = [float(shard.data) for shard in state[1].hyperparams["learning_rate"].addressable_shards]
        assert shards == pytest.approx([Schedule(spec).lr(step)] * 2, rel=1e-6)
