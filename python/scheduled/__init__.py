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

from scheduled import _notebook
from scheduled._along import plot_along
from scheduled._core import (
    BestBaseLr,
    BothBounds,
    BoundFacts,
    ClosedForm,
    ComparisonRow,
    ConstrainedSchedule,
    DescribedColumn,
    DescribedGap,
    ExtendRow,
    GradNormFamily,
    LogDescription,
    LogUse,
    LrSensitivity,
    LrTransfer,
    NearestSpec,
    OmegaSplit,
    OmegaStream,
    OptimaCompared,
    OptimalSchedule,
    RateTail,
    RefinedRun,
    RefinedSchedule,
    RunBound,
    RunLog,
    Schedule,
    ScheduleWorstCase,
    Sweep,
    SweepResult,
    Trunk,
    WorstCase,
    WorstCaseAtPeak,
    WorstCaseScale,
    best_base_lr,
    bound,
    bound_along,
    bound_facts,
    bound_rates,
    compare,
    compare_optima,
    constant_closed_form,
    constrained_schedule,
    cooldown_steps,
    cosine_limit,
    densify,
    densify_logged,
    describe_log,
    extend,
    harmonic,
    join_logs,
    linear_closed_form,
    linear_limit,
    linear_warmup,
    log_formats,
    lr_sensitivity,
    lr_transfer,
    lr_transfer_limit,
    matching_distance,
    median_filter,
    merge_branch,
    minimax_rate,
    nearest_spec,
    omega,
    omega_at,
    omega_curve,
    omega_gradient,
    omega_split,
    one_minus_sqrt_limit,
    optimal_schedule,
    parse_log,
    planned_distance,
    polynomial_limit,
    power_grad_norm,
    read_log,
    read_run,
    refine,
    refine_log,
    schedule_help,
    schedule_worst_case,
    standard_bound,
    transfer_base_lr,
    version,
    with_rates,
    worst_case,
    worst_case_at,
    worst_case_best_scale,
    worst_case_optimal_schedule,
    wsd_closed_form,
    wsd_limit,
    wsd_theorem_bound,
)
from scheduled._errors import ArgumentError, MissingFileError, StoreBusy, StoreError
from scheduled.schedules.base import ScheduleBase, compute_optimal_base
from scheduled.schedules.constant import ConstantSchedule
from scheduled.schedules.cosine import CosineSchedule
from scheduled.schedules.piecewise import PiecewiseConstantSchedule
from scheduled.schedules.sqrt import SqrtSchedule
from scheduled.schedules.wsd import WSDSchedule

try:
    from scheduled.anytime import AnytimePlan, RunStore, plan_anytime
except ImportError as _error:
    _MISSING = dict.fromkeys(("AnytimePlan", "RunStore", "plan_anytime"), str(_error))
else:
    _MISSING = {}

_notebook.attach()

__version__: str = version()

__all__ = [
    "AnytimePlan",
    "ArgumentError",
    "BestBaseLr",
    "BothBounds",
    "BoundFacts",
    "ClosedForm",
    "ComparisonRow",
    "ConstantSchedule",
    "ConstrainedSchedule",
    "CosineSchedule",
    "DescribedColumn",
    "DescribedGap",
    "ExtendRow",
    "GradNormFamily",
    "LogDescription",
    "LogUse",
    "LrSensitivity",
    "LrTransfer",
    "MissingFileError",
    "NearestSpec",
    "OmegaSplit",
    "OmegaStream",
    "OptimaCompared",
    "OptimalSchedule",
    "PiecewiseConstantSchedule",
    "RateTail",
    "RefinedRun",
    "RefinedSchedule",
    "RunBound",
    "RunLog",
    "RunStore",
    "Schedule",
    "ScheduleBase",
    "ScheduleWorstCase",
    "SqrtSchedule",
    "StoreBusy",
    "StoreError",
    "Sweep",
    "SweepResult",
    "Trunk",
    "WSDSchedule",
    "WorstCase",
    "WorstCaseAtPeak",
    "WorstCaseScale",
    "__version__",
    "best_base_lr",
    "bound",
    "bound_along",
    "bound_facts",
    "bound_rates",
    "compare",
    "compare_optima",
    "compute_optimal_base",
    "constant_closed_form",
    "constrained_schedule",
    "cooldown_steps",
    "cosine_limit",
    "densify",
    "densify_logged",
    "describe_log",
    "extend",
    "harmonic",
    "join_logs",
    "linear_closed_form",
    "linear_limit",
    "linear_warmup",
    "log_formats",
    "lr_sensitivity",
    "lr_transfer",
    "lr_transfer_limit",
    "matching_distance",
    "median_filter",
    "merge_branch",
    "minimax_rate",
    "nearest_spec",
    "omega",
    "omega_at",
    "omega_curve",
    "omega_gradient",
    "omega_split",
    "one_minus_sqrt_limit",
    "optimal_schedule",
    "parse_log",
    "plan_anytime",
    "planned_distance",
    "plot_along",
    "polynomial_limit",
    "power_grad_norm",
    "read_log",
    "read_run",
    "refine",
    "refine_log",
    "schedule_help",
    "schedule_worst_case",
    "standard_bound",
    "transfer_base_lr",
    "with_rates",
    "worst_case",
    "worst_case_at",
    "worst_case_best_scale",
    "worst_case_optimal_schedule",
    "wsd_closed_form",
    "wsd_limit",
    "wsd_theorem_bound",
]

__all__ = [name for name in __all__ if name not in _MISSING]


def __getattr__(name: str) -> object:
    """Says what a name needs that was not built."""
    if name in _MISSING:
        raise ImportError(_MISSING[name], name="scheduled.anytime")
    raise AttributeError(f"module 'scheduled' has no attribute {name!r}")
