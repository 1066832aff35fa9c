"""The formulas once more, plainly and in long double: what the tests compare with."""

from __future__ import annotations

import numpy as np


def omega(lr, grad_norm=1.0, distance=1.0):
    """(1.1) as it stands; returns its three terms."""
    eta = np.asarray(lr, dtype=np.longdouble)
    q = (eta * np.asarray(grad_norm, dtype=np.longdouble)) ** 2
    q_from = np.cumsum(q[::-1])[::-1]  # q_k + ... + q_T
    u_from = np.cumsum(eta[::-1])[::-1]  # eta_k + ... + eta_T, u_{k-1}
    total = u_from[0]
    last = sum(
        (eta[k] / u_from[k + 1] * q_from[k] / u_from[k] for k in range(eta.size - 1)),
        start=np.longdouble(0),
    )
    return np.longdouble(distance) ** 2 / (2 * total), q_from[0] / (2 * total), last / 2


def standard(lr, grad_norm=1.0, distance=1.0):
    """(1.4)."""
    eta = np.asarray(lr, dtype=np.longdouble)
    q = (eta * np.asarray(grad_norm, dtype=np.longdouble)) ** 2
    return (np.longdouble(distance) ** 2 + q.sum()) / (2 * eta.sum())


def warmup(steps, start, base_lr):
    """Step i of `steps` from the rate `start`; the step after the last one is at the base LR."""
    return [start + i / steps * (base_lr - start) for i in range(steps)]


def cooldown(steps, before, final, decay_type="linear"):
    """From the rate before it to the final one, which is its last step."""
    x = [(j + 1) / steps for j in range(steps)]
    decay = {"linear": lambda x: 1 - x, "sqrt": lambda x: 1 - np.sqrt(x)}[decay_type]
    return [final + (before - final) * decay(v) for v in x]


def harmonic(n):
    return sum((np.longdouble(1) / k for k in range(1, n + 1)), start=np.longdouble(0))
