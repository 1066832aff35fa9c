"""What the tests of imported configurations share: the comparison with a program, and what it has seen."""

import json
import warnings

import numpy as np
import pytest
from scheduled import import_schedule

PEAK = 3e-4
DOUBLE = 4e-16  # of the peak, where the program computes in double precision
SINGLE = 2e-7
HORIZONS = (1, 2, 10, 1000, 12345)
FLOORS = (0.0, 0.1)

# tool -> [what it is compared with, configurations, updates, largest difference, precision]
SEEN = {}


def exact_cosine(total, warmup, low, exponent=1, first=0.0, halves=1):
    """The rate of an update with 200 bits, for `check`; `halves` of the wave from the warmup on."""
    mpmath = pytest.importorskip("mpmath")
    peak, low, first = mpmath.mpf(PEAK), mpmath.mpf(low), mpmath.mpf(first)

    def rate(i):
        with mpmath.workprec(200):
            if i < warmup:
                return first + (peak - first) * i / warmup
            half = (1 + mpmath.cos(mpmath.pi * mpmath.mpf(halves) * (i - warmup) / (total - warmup))) / 2
            return low + (peak - low) * half**exponent

    return rate


def check(tool, text, theirs, *, by="the running program", limit=DOUBLE, updates=None, peak=PEAK, exact=None):
    """All updates within the limit; theirs may be farther away where ours are within 4e-16 of the exact rates."""
    found = import_schedule(text, tool, len(theirs) if updates is None else updates)
    theirs = np.asarray(theirs, float)
    ours = np.asarray(found.schedule.values(len(theirs)))
    differences = np.abs(ours - theirs) / peak
    difference = float(np.max(differences))
    row = SEEN.setdefault(tool, [by, 0, 0, 0.0, limit])
    row[1] += 1
    row[2] += len(theirs)
    row[3] = max(row[3], difference)
    for i in np.flatnonzero(differences > limit):
        said = (text, str(found.schedule), int(i), float(differences[i]))
        assert exact is not None, said
        right = exact(int(i))
        assert abs(float(ours[i]) - right) <= DOUBLE * peak, said
    if updates is None:
        told = import_schedule(text, updates=len(theirs))
        assert told.tool == tool, text
        assert told.schedule == found.schedule


def flags(**values):
    return " ".join(f"--{key.replace('_', '-')} {value}" for key, value in values.items() if value is not None)


def yaml(tree, indent=0):
    text = ""
    for key, value in tree.items():
        text += " " * indent + f"{key}:" + ("\n" + yaml(value, indent + 2) if isinstance(value, dict) else f" {json.dumps(value)}\n")
    return text


def warmups(total):
    return sorted({0, 1, total // 10, total})


def used(make, count, peak=PEAK):
    """The rates of the first updates under one of PyTorch's schedulers."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=peak)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler = make(optimizer)
        rates = []
        for _ in range(count):
            rates.append(optimizer.param_groups[0]["lr"])
            scheduler.step()
    return rates
