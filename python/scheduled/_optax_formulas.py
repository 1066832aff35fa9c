"""Schedules as formulas that JAX can trace: warmups, main shapes and decays. `scheduled.optax` has what users call."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from scheduled._core import Schedule
from scheduled._errors import ArgumentError

Rate = Callable[[Any], Any]  # of an integer array


def largest_integer() -> int:
    """The largest of JAX's own integers."""
    return int(jnp.iinfo(jnp.dtype("int64" if jax.config.read("jax_enable_x64") else "int32")).max)


def rate_formula(schedule: Schedule, real: Any) -> Rate | None:
    """Warmup, main shape and cooldown; None where a part is unknown here."""
    fields = json.loads(schedule.to_json())
    if "seq_length" in fields and not isinstance(fields["batch"], list):
        fields["tokens_per_step"] = fields["batch"] * fields.pop("seq_length")
    name = fields["schedule"]
    parts = _Parts(schedule, fields, real)
    whole_run = name in _FRACTIONS or name in ("exponential", "inverse-proportional", "polynomial", "lowered-linear")
    main = parts.constant if whole_run else getattr(parts, name.replace("-", "_"), None)
    known = _COMMON | _KEYS.get(name, set()) | ({"power", "factor", "half_life"} if whole_run else set())
    decay = name if whole_run else fields.get("decay", "linear")
    if main is None or not set(fields) <= known or isinstance(fields.get("batch"), list):
        return None
    shape = main()
    fall = parts.decay(decay)
    if fall is None:
        return None
    warmup = 0 if name == "noam" else schedule.warmup_steps  # noam's and wsd-s's are within the shape
    cooldown = 0 if name == "wsd-s" else schedule.cooldown_steps
    begin = (schedule.steps or 0) - cooldown
    if shape is None or (cooldown and begin <= warmup):  # it falls from a rate of the shape that no step has
        return None
    floor = parts.rate(fields["floor"]) if "floor" in fields else 0.0
    rise = parts.warmup_rise() if warmup else None

    def rate(i: Any) -> Any:
        value = shape(jnp.maximum(i, warmup))
        if cooldown:
            ends = schedule.lr(begin - 1), parts.rate(fields.get("final", 0))
            value = jnp.where(i >= begin, fall(jnp.maximum(i - begin + 1, 1), cooldown, *ends), value)
        if floor:
            value = jnp.maximum(value, floor)
        return value if rise is None else jnp.where(i < warmup, rise(i), value)

    return rate


_COMMON = {
    "schedule", "steps", "peak", "warmup", "warmup_start", "cooldown", "decay", "final", "tokens_per_step", "batch",
    "power", "factor", "half_life", "exponent", "floor", "warmup_curve", "warmup_delay",
}  # fmt: skip
_KEYS = {
    "inverse-power": {"alpha", "timescale", "shift", "limit"},
    "rsqrt": {"timescale", "shift", "limit"},
    "restarts": {"cycles", "cycle", "multiplier", "low"},
    "noam": {"d_model"},
    "power": {"a", "b", "max"},
    "piecewise": {"milestones", "factors"},
    "infinite": {"descent", "plateau", "curve"},
    "wsd-s": {"results", "rewarm"},
    "triangular": {"peak_at"},
}
# Share of the way down that is left: x = j/count is done, z = 1 - x, both correctly rounded.
_FRACTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "linear": lambda x, z: z,
    "1-sqrt": lambda x, z: z / (1.0 + jnp.sqrt(x)),
    "cosine": lambda x, z: jnp.square(jnp.sin(0.5 * math.pi * z)),
    "mirror-cosine": lambda x, z: 2.0 * z - jnp.square(jnp.sin(0.5 * math.pi * z)),
    "square": lambda x, z: z * (1.0 + x),
    "half-cosine": lambda x, z: 2.0 * jnp.square(jnp.sin(0.25 * math.pi * z)),
    "exponential-to-zero": lambda x, z: jnp.expm1(math.log(2.0) * z),
}
# Share of the way up that is done.
_RISES: dict[str, Callable[[Any, Any], Any]] = {
    "linear": lambda x, z: x,
    "cosine": lambda x, z: jnp.square(jnp.sin(0.5 * math.pi * x)),
    "1-sqrt": lambda x, z: x / (1.0 + jnp.sqrt(z)),
}


class _Parts:
    """The main shapes and decays as functions of integers; names are those of the spec with '_' for '-'."""

    def __init__(self, schedule: Schedule, fields: dict[str, Any], real: Any) -> None:
        self.schedule, self.fields, self.real = schedule, fields, real
        self.peak = schedule.peak
        self.warmup = schedule.warmup_steps

    def length(self, key: str, value: Any, horizon: int | None) -> int:
        """Steps of a typed length."""
        text = str(value)
        units = {name: self.fields[name] for name in ("tokens_per_step", "batch") if name in self.fields}
        if not text.endswith("%"):
            return Schedule("constant", warmup=text, **units).warmup_steps
        if horizon is None:
            raise ArgumentError.of(key, text, "needs a horizon")
        whole = Schedule("wsd", steps=horizon + 1, cooldown=0, warmup=horizon).warmup_steps
        return whole if text == "100%" else Schedule("wsd", steps=horizon, cooldown=text).cooldown_steps

    def real_length(self, value: Any) -> float:
        """The same without rounding, of a schedule with a horizon."""
        text = str(value)
        assert self.schedule.steps is not None
        if text.endswith("%"):
            return float(text[:-1]) * self.schedule.steps / 100.0
        for unit, size in (("tok", "tokens_per_step"), ("ex", "batch")):
            if text.endswith(unit):
                return float(text.removesuffix(unit)) / float(self.fields[size])
        return float(text)

    def rate(self, value: Any) -> float:
        text = str(value)
        return self.peak * float(text[:-1]) / 100.0 if text.endswith("%") else float(text)

    # Main shapes.

    def constant(self) -> Rate:
        return lambda i: jnp.full(i.shape, self.peak, self.real)

    wsd = constant

    def inverse_power(self, timescale: Any = 1) -> Rate:
        alpha, horizon = self.fields.get("alpha", 0.5), self.schedule.steps
        timescale = self.length("timescale", self.fields.get("timescale", timescale), horizon)
        offset = float(timescale + self.length("shift", self.fields.get("shift", 0), horizon))
        limit = self.rate(self.fields.get("limit", 0))

        def rate(i: Any) -> Any:
            t = (i - self.warmup).astype(self.real) + offset
            fall = jnp.sqrt(timescale / t) if alpha == 0.5 else self.power_of(t / timescale, -alpha)
            return limit + (self.peak - limit) * fall

        return rate

    def rsqrt(self) -> Rate:
        return self.inverse_power(timescale=self.warmup)

    def restarts(self) -> Rate | None:
        steps, low = self.schedule.steps, self.rate(self.fields.get("low", 0))

        def cosine(j: Any, left: Any, count: Any) -> Any:
            return low + (self.peak - low) * _FRACTIONS["cosine"](j.astype(self.real) / count, left / count)

        if "cycles" in self.fields:
            assert steps is not None
            cycles = self.fields["cycles"]
            n = max(steps - self.schedule.cooldown_steps - self.warmup - 1, 1)
            if (
                cycles != int(cycles)
                or cycles * n > largest_integer()
                or any(m * n % cycles == 0 and cycles * (m * n // cycles / n) < m for m in range(1, int(cycles)))
            ):
                return None
            cycles = int(cycles)

            def spread(i: Any) -> Any:
                k = jnp.minimum(i - self.warmup, n)
                j = k * cycles % n
                return jnp.where(k < n, cosine(j, (n - j).astype(self.real), n), low)

            return spread
        cycle = self.length("cycle", self.fields["cycle"], steps)
        multiplier, most = int(self.fields.get("multiplier", 1)), largest_integer()
        if multiplier == 1:

            def equal(i: Any) -> Any:
                j = (i - self.warmup) % cycle
                return cosine(j, (cycle - j).astype(self.real), cycle)

            return equal
        starts, length = [self.warmup], cycle
        while starts[-1] + length <= most:
            starts.append(starts[-1] + length)
            length *= multiplier
        beyond = float(max(length - most, 0))  # of the last, whose length may be no integer of JAX's

        def growing(i: Any) -> Any:
            of_cycles = jnp.asarray(starts)
            m = jnp.searchsorted(of_cycles, i, side="right") - 1
            start, is_last = of_cycles[m], m == len(starts) - 1
            count = jnp.where(is_last, min(length, most), cycle + (multiplier - 1) * (start - self.warmup))
            more = jnp.where(is_last, beyond, 0.0)
            j = i - start
            return cosine(j, (count - j).astype(self.real) + more, count.astype(self.real) + more)

        return growing

    def noam(self) -> Rate:
        factor = self.peak / math.sqrt(self.fields.get("d_model", 512.0))
        ramp = factor / (self.warmup * math.sqrt(self.warmup))

        def rate(i: Any) -> Any:
            t = i.astype(self.real) + 1.0
            return jnp.where(i < self.warmup - 1, ramp * t, factor / jnp.sqrt(t))

        return rate

    def power(self) -> Rate:
        a, b, most = (self.fields.get(key, usual) for key, usual in (("a", 4.0), ("b", -0.51), ("max", 0.02)))
        scale = self.fields["batch"] * a * self.fields["tokens_per_step"] ** b
        return lambda i: self.peak * jnp.minimum(most, scale * self.power_of(i.astype(self.real) + 1.0, b))

    def piecewise(self) -> Rate:
        horizon = self.schedule.steps
        milestones = [self.length("milestones", value, horizon) for value in self.fields["milestones"]]
        rates = [self.peak, *(self.peak * factor for factor in self.fields["factors"])]
        return lambda i: jnp.asarray(rates, self.real)[jnp.searchsorted(jnp.asarray(milestones), i, side="right")]

    def infinite(self) -> Rate:
        descent = self.length("descent", self.fields["descent"], self.schedule.steps)
        low = self.rate(self.fields.get("plateau", "50%"))
        cosine = self.fields.get("curve", "cosine") == "cosine"
        at_end = 1.0 / math.sqrt(11.0) - 1.0

        def rate(i: Any) -> Any:
            k = jnp.minimum(i - self.warmup, descent)
            x, z = k.astype(self.real) / max(descent, 1), (descent - k).astype(self.real) / max(descent, 1)
            if cosine:
                return low + (self.peak - low) * _FRACTIONS["cosine"](x, z)
            value = self.peak + (low - self.peak) * ((1.0 / jnp.sqrt(1.0 + 10.0 * x) - 1.0) / at_end)
            return jnp.where(k == descent, low, value)

        return rate

    def triangular(self) -> Rate:
        steps = self.schedule.steps
        assert steps is not None
        rise = self.length("peak_at", self.fields.get("peak_at", "50%"), steps)
        final = self.schedule.lr(steps - 1)

        def rate(i: Any) -> Any:
            up = self.peak * ((i + 1).astype(self.real) / rise)
            down = final + (self.peak - final) * ((steps - 1 - i).astype(self.real) / (steps - rise))
            return jnp.where(i < rise, up, down)

        return rate

    def wsd_s(self) -> Rate:
        horizon = self.schedule.steps
        ends = [self.length("results", value, horizon) for value in self.fields["results"]]
        counts = [self.length("cooldown", self.fields.get("cooldown", "20%"), end) for end in ends]
        rewarm = self.length("rewarm", self.fields.get("rewarm", 0), horizon)
        final = self.rate(self.fields.get("final", 0))
        fall = self.decay(self.fields.get("decay", "linear"))

        def rate(i: Any) -> Any:
            after = jnp.searchsorted(jnp.asarray(ends), i, side="right")
            begin = jnp.asarray([0, *ends])[after]
            end, count = jnp.asarray([*ends, 0])[after], jnp.asarray([*counts, 1])[after]
            since = i - begin + 1
            up = final + (self.peak - final) * (since.astype(self.real) / max(rewarm, 1))
            high = jnp.where((begin > 0) & (since < rewarm), up, self.peak)
            j = i - (end - count) + 1
            assert fall is not None
            return jnp.where((j >= 1) & (after < len(ends)), fall(jnp.clip(j, 1, count), count, self.peak, final), high)

        return rate

    # The warmup, of steps before its end.

    def warmup_rise(self) -> Rate:
        has_start, curve = "warmup_start" in self.fields, self.fields.get("warmup_curve", "linear")
        low, top = self.schedule.lr(0) if has_start else 0.0, self.schedule.lr(self.warmup)
        delay = self.length("warmup_delay", self.fields.get("warmup_delay", 0), self.schedule.steps)
        ahead, count = (0 if has_start else 1) - delay, self.warmup - delay
        if curve != "log":

            def rate(i: Any) -> Any:
                k = jnp.clip(i + ahead, 0, count)
                x, z = k.astype(self.real) / count, (count - k).astype(self.real) / count
                return low + (top - low) * _RISES[curve](x, z)

            return rate
        last = math.log(count + 1.0 - (ahead + delay))  # 0 where there is one step, which is at the top
        if last == 0.0:
            return lambda i: jnp.where(i < delay, low, jnp.asarray(top, self.real))
        return lambda i: low + (top - low) * (jnp.log(jnp.maximum(i - delay, 0).astype(self.real) + 1.0) / last)

    # Decays: of step j = 1 ... count, from the rate `start` before it to `final`.

    def decay(self, name: str) -> Callable[[Any, Any, float, float], Any] | None:
        fraction = _FRACTIONS.get(name)
        exponent = self.fields["power"] if name == "polynomial" else self.fields.get("exponent", 1.0)
        if name == "polynomial" or (name == "cosine" and exponent != 1.0):
            base = (lambda x, z: z) if fraction is None else fraction

            def fraction(x: Any, z: Any) -> Any:
                of_power = base(x, z)
                return jnp.where(of_power > 0, self.power_of(jnp.where(of_power > 0, of_power, 1.0), exponent), 0.0)

        if name == "lowered-linear":
            factor = self.fields.get("factor", 0.7)

            def fraction(x: Any, z: Any) -> Any:
                return factor * z

        if fraction is not None:
            way = fraction
            return lambda j, count, start, final: (
                final + (start - final) * way(j.astype(self.real) / count, (count - j).astype(self.real) / count)
            )
        if name == "inverse-proportional":
            return lambda j, count, start, final: (
                final / (j.astype(self.real) / count + (count - j).astype(self.real) / count * (final / start))
            )
        if name == "exponential" and "half_life" in self.fields:
            half_life = self.real_length(self.fields["half_life"])
            return lambda j, count, start, final: start * self.exp2_of(j, -1.0 / half_life)
        if name == "exponential":
            return self.exponential
        return None

    def exponential(self, j: Any, count: Any, start: float, final: float) -> Any:
        octaves = math.log2(final / start)
        if isinstance(count, int):
            return jnp.where(j == count, final, start * self.exp2_of(j, octaves / count))
        return jnp.where(j == count, final, start * jnp.exp2(octaves * (j.astype(self.real) / count)))

    # In single precision x^p and 2^(j c) lose digits in the exponent: its whole part is taken out exactly.

    def exp2_of(self, j: Any, c: float) -> Any:
        """2^(j c) of integers j >= 0."""
        if self.real == jnp.dtype("float64"):
            return jnp.exp2(j * c)
        high, low = _split(c)
        whole, rest = 0.0, j.astype(self.real) * low
        for shift in (0, 12, 24):  # products of 12 by 12 bits are exact
            part = ((j >> shift) & 4095).astype(self.real) * (high * 2.0**shift)
            whole, rest = whole + jnp.round(part), rest + (part - jnp.round(part))
        return _ldexp(rest, whole)

    def power_of(self, x: Any, p: float) -> Any:
        """x^p of positive numbers."""
        x = x.astype(self.real)
        if self.real == jnp.dtype("float64"):
            return jnp.power(x, p)
        mantissa, exponent = jnp.frexp(x)
        high, low = _split(p)
        part = exponent.astype(self.real) * high
        rest = p * jnp.log2(mantissa) + exponent.astype(self.real) * low + (part - jnp.round(part))
        return _ldexp(rest, jnp.round(part))


def _split(value: float) -> tuple[float, float]:
    """Its first 12 bits, and the rest."""
    mantissa, exponent = math.frexp(value)
    high = math.ldexp(round(math.ldexp(mantissa, 12)), exponent - 12)
    return high, value - high


def _ldexp(rest: Any, whole: Any) -> Any:
    """2^(rest + whole) for whole numbers `whole`."""
    more = jnp.round(rest)
    return jnp.ldexp(jnp.exp2(rest - more), (whole + more).astype(jnp.int32))
