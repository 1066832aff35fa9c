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
    BoundFacts,
    ClosedForm,
    ComparisonRow,
    OmegaSplit,
    OmegaStream,
    RunLog,
    Schedule,
    ScheduleWorstCase,
    WorstCase,
    WorstCaseAtPeak,
    WorstCaseScale,
    best_base_lr,
    bound,
    bound_facts,
    bound_rates,
    compare,
    constant_closed_form,
    cosine_limit,
    densify,
    harmonic,
    linear_closed_form,
    linear_limit,
    lr_transfer,
    lr_transfer_limit,
    matching_distance,
    merge_branch,
    minimax_rate,
    omega,
    omega_at,
    omega_curve,
    omega_gradient,
    omega_split,
    one_minus_sqrt_limit,
    parse_log,
    polynomial_limit,
    power_grad_norm,
    read_log,
    schedule_help,
    schedule_worst_case,
    standard_bound,
    version,
    worst_case,
    worst_case_at,
    worst_case_best_scale,
    wsd_closed_form,
    wsd_limit,
    wsd_theorem_bound,
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
    "BoundFacts",
    "ClosedForm",
    "ComparisonRow",
    "ConstantSchedule",
    "CosineSchedule",
    "OmegaSplit",
    "OmegaStream",
    "PiecewiseConstantSchedule",
    "RunLog",
    "Schedule",
    "ScheduleBase",
    "ScheduleWorstCase",
    "SqrtSchedule",
    "WSDSchedule",
    "WorstCase",
    "WorstCaseAtPeak",
    "WorstCaseScale",
    "__version__",
    "best_base_lr",
    "bound",
    "bound_facts",
    "bound_rates",
    "compare",
    "compute_optimal_base",
    "constant_closed_form",
    "cosine_limit",
    "densify",
    "harmonic",
    "linear_closed_form",
    "linear_limit",
    "lr_transfer",
    "lr_transfer_limit",
    "matching_distance",
    "merge_branch",
    "minimax_rate",
    "omega",
    "omega_at",
    "omega_curve",
    "omega_gradient",
    "omega_split",
    "one_minus_sqrt_limit",
    "parse_log",
    "polynomial_limit",
    "power_grad_norm",
    "read_log",
    "schedule_help",
    "schedule_worst_case",
    "standard_bound",
    "worst_case",
    "worst_case_at",
    "worst_case_best_scale",
    "wsd_closed_form",
    "wsd_limit",
    "wsd_theorem_bound",
]
