"""Laws of the loss curve: fit logged runs, predict other schedules, tell what a cooldown would give.

Examples
--------
>>> import numpy as np
>>> from scheduled import Schedule
>>> from scheduled.law import FitRun, Law, fit_law, optimize, virtual_cooldown
>>> step = np.arange(100, 2001, 50)
>>> parameters = {"L0": 2.6, "A": 0.4, "alpha": 0.5, "B": 0.3, "C": 40.0, "beta": 0.5, "gamma": 0.5}
>>> truth = Law("multi-power", parameters, reference_rate=1e-3, reference_sum=2.0)
>>> runs = []
>>> for spec in ["constant(steps=2000, peak=1e-3)", "wsd(steps=2000, peak=1e-3)"]:
...     schedule = Schedule(spec)
...     runs.append(FitRun(spec, schedule, step, truth.curve(schedule, step)))
>>> fit = fit_law(runs, "multi-power")
>>> now = virtual_cooldown(fit.fitted, Schedule("constant(steps=1500, peak=1e-3)"), [100, 500])
>>> now.answers[1].loss.loss < now.answers[0].loss.loss < now.trunk.loss
True
>>> linear = truth.curve(Schedule("linear(steps=2000, peak=1e-3)"), [2000])
>>> bool(optimize(fit.fitted.law, 2000).loss < linear[0])
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    from scheduled._core import (
        CooldownAnswer,
        Estimate,
        Experiment,
        ExperimentValue,
        FitRun,
        FittedLaw,
        Forecast,
        ForecastBook,
        ForecastReport,
        ForecastScore,
        ForecastSummary,
        FunctionalExponents,
        FunctionalOptimum,
        Law,
        LawFit,
        LawOptimum,
        LawPeak,
        LrSweepLogs,
        NextRun,
        Predicted,
        Predictions,
        RunResiduals,
        SealedForecast,
        SeenOptimum,
        SeenRun,
        VirtualCooldown,
        WatchedRun,
        best_peak,
        check_seal,
        extrapolations,
        fit_branch,
        fit_law,
        fit_run,
        fit_runs,
        functional_exponents,
        functional_optimum,
        law_parameters,
        loss_gradient,
        lr_sweep_of_logs,
        next_run,
        not_identified,
        optimize,
        optimize_seen,
        predict,
        predict_difference,
        read_forecasts,
        register_forecast,
        report_forecasts,
        score_forecast,
        sha256,
        usual_experiments,
        virtual_cooldown,
        watch_run,
    )
except ImportError:
    raise ImportError(
        "scheduled was built without scheduled.law, because Eigen was not found; install Eigen 3 "
        "(Debian and Ubuntu: apt-get install libeigen3-dev) and reinstall scheduled",
        name="scheduled.law",
    ) from None

from scheduled import _notebook

if TYPE_CHECKING:
    from scheduled.anytime import RunStore

_notebook.attach_laws(Law, FittedLaw, LawFit)


def fit_store(
    run: RunStore, law: str = "noise", column: str = "", first_step: int | None = None, **options: Any
) -> LawFit:
    """Fits a law to all lines of a run that logged losses; what they share counts once.

    Parameters
    ----------
    run : RunStore
    law, options
        As for `fit_law`.
    column, first_step
        As for `RunStore.fit_runs`.

    Returns
    -------
    LawFit
    """
    return fit_law(run.fit_runs(column, first_step), law, **options)


__all__ = [
    "CooldownAnswer",
    "Estimate",
    "Experiment",
    "ExperimentValue",
    "FitRun",
    "FittedLaw",
    "Forecast",
    "ForecastBook",
    "ForecastReport",
    "ForecastScore",
    "ForecastSummary",
    "FunctionalExponents",
    "FunctionalOptimum",
    "Law",
    "LawFit",
    "LawOptimum",
    "LawPeak",
    "LrSweepLogs",
    "NextRun",
    "Predicted",
    "Predictions",
    "RunResiduals",
    "SealedForecast",
    "SeenOptimum",
    "SeenRun",
    "VirtualCooldown",
    "WatchedRun",
    "best_peak",
    "check_seal",
    "extrapolations",
    "fit_branch",
    "fit_law",
    "fit_run",
    "fit_runs",
    "fit_store",
    "functional_exponents",
    "functional_optimum",
    "law_parameters",
    "loss_gradient",
    "lr_sweep_of_logs",
    "next_run",
    "not_identified",
    "optimize",
    "optimize_seen",
    "predict",
    "predict_difference",
    "read_forecasts",
    "register_forecast",
    "report_forecasts",
    "score_forecast",
    "sha256",
    "usual_experiments",
    "virtual_cooldown",
    "watch_run",
]
