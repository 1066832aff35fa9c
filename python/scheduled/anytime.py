"""Training without a horizon: one trunk, and a cooldown branch for each result.

`plan_anytime` says when branches leave the trunk and what that costs; `RunStore` records a run and keeps
its checkpoints safe against crashes.

Examples
--------
>>> import scheduled
>>> plan = scheduled.plan_anytime(scheduled.Schedule("rsqrt(warmup=1k)"), ["50k", "100k"])
>>> [checkpoint.step for checkpoint in plan.checkpoints]
[40000, 50000, 80000, 100000]
"""

from scheduled._errors import StoreBusy, StoreError
from scheduled._merge import merge

try:
    from scheduled._core import (
        AnytimePlan,
        ComparedWay,
        GcReport,
        JobPlan,
        JobState,
        KeepPlan,
        KeptCheckpoint,
        LineDiff,
        LineFact,
        LineLoss,
        MergedCheckpoint,
        MergedFiles,
        MergePlan,
        MergeWeight,
        PlannedBranch,
        PlannedCheckpoint,
        PlannedJob,
        RecordedCheckpoint,
        RecordedData,
        RecordedExternal,
        RecordedFile,
        RecordedLine,
        RecordedSession,
        RepairReport,
        Resume,
        RunRecord,
        RunStore,
        VerifyReport,
        WayResult,
        compare_ways,
        job_states,
        merge_safetensors,
        plan_anytime,
        plan_checkpoints,
        plan_jobs,
        plan_merge,
    )
except ImportError:
    raise ImportError(
        "scheduled was built without scheduled.anytime (plan_anytime, RunStore), because SQLite, xxHash or Eigen "
        "was not found; install them (Debian and Ubuntu: apt-get install pkg-config libsqlite3-dev libxxhash-dev "
        "libeigen3-dev) and reinstall scheduled",
        name="scheduled.anytime",
    ) from None

__all__ = [
    "AnytimePlan",
    "ComparedWay",
    "GcReport",
    "JobPlan",
    "JobState",
    "KeepPlan",
    "KeptCheckpoint",
    "LineDiff",
    "LineFact",
    "LineLoss",
    "MergePlan",
    "MergeWeight",
    "MergedCheckpoint",
    "MergedFiles",
    "PlannedBranch",
    "PlannedCheckpoint",
    "PlannedJob",
    "RecordedCheckpoint",
    "RecordedData",
    "RecordedExternal",
    "RecordedFile",
    "RecordedLine",
    "RecordedSession",
    "RepairReport",
    "Resume",
    "RunRecord",
    "RunStore",
    "StoreBusy",
    "StoreError",
    "VerifyReport",
    "WayResult",
    "compare_ways",
    "job_states",
    "merge",
    "merge_safetensors",
    "plan_anytime",
    "plan_checkpoints",
    "plan_jobs",
    "plan_merge",
]
