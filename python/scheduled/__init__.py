"""Learning-rate schedules and convergence bounds for the training of large models.

The native interface is `Schedule` with the functions below, NumPy in and out. `WSDSchedule` and the
other schedule classes with `compute_optimal_base` are the interface of the package of Schaipp et
al., "The Surprising Agreement Between Convex Optimization Theory and Learning-Rate Scheduling for
Large Model Training" (arXiv 2501.18965).

Examples
--------
>>> import scheduled
>>> s = scheduled.Schedule("wsd(steps=50k, cooldown=20%)")
>>> best = scheduled.best_base_lr(s)
>>> s.with_peak(best.peak).lr(0) == best.peak
True
"""

from scheduled._core import (
    BestBaseLr,
    ComparisonRow,
    OmegaSplit,
    OmegaStream,
    RunLog,
    Schedule,
    best_base_lr,
    bound,
    bound_rates,
    compare,
    densify,
    matching_distance,
    merge_branch,
    omega,
    omega_at,
    omega_curve,
    omega_gradient,
    omega_split,
    parse_log,
    power_grad_norm,
    read_log,
    schedule_help,
    standard_bound,
    version,
)
from scheduled._errors import ArgumentError
from scheduled.schedules.base import ScheduleBase, compute_optimal_base
from scheduled.schedules.constant import ConstantSchedule
from scheduled.schedules.cosine import CosineSchedule
from scheduled.schedules.piecewise import PiecewiseConstantSchedule
from scheduled.schedules.sqrt import SqrtSchedule
from scheduled.schedules.wsd import WSDSchedule

__version__: str = version()

__all__ = [
    "ArgumentError",
    "BestBaseLr",
    "ComparisonRow",
    "ConstantSchedule",
    "CosineSchedule",
    "OmegaSplit",
    "OmegaStream",
    "PiecewiseConstantSchedule",
    "RunLog",
    "Schedule",
    "ScheduleBase",
    "SqrtSchedule",
    "WSDSchedule",
    "__version__",
    "best_base_lr",
    "bound",
    "bound_rates",
    "compare",
    "compute_optimal_base",
    "densify",
    "matching_distance",
    "merge_branch",
    "omega",
    "omega_at",
    "omega_curve",
    "omega_gradient",
    "omega_split",
    "parse_log",
    "power_grad_norm",
    "read_log",
    "schedule_help",
    "standard_bound",
]
