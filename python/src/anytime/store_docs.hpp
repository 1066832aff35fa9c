// Docstrings of scheduled.RunStore.
#pragma once

namespace scheduled::python {

constexpr const char* class_doc = R"doc(The record and the checkpoints of one run, in a folder, safe against crashes.

Made by `RunStore.init` and `RunStore.open`; a context manager, which writes what was logged and
lets go of the run at its end. Any number of readers at any time; one writer. Several threads may
share it: calls wait for each other.

Steps count finished updates: the update after step s has the rate ``lr(s)``.

Examples
--------
A training program; its model is one number.

>>> import pathlib, tempfile
>>> from scheduled import RunStore, Schedule
>>> folder = pathlib.Path(tempfile.mkdtemp()) / "run"
>>> x = 1.0
>>> with RunStore.init(folder, Schedule("rsqrt(warmup=5, peak=0.5)")) as run:
...     for step in range(40):
...         x -= run.lr(step) * x
...     run.log(40, {"train_loss": x * x})
...     saved = run.commit(40, lambda checkpoint: (checkpoint / "x.txt").write_text(repr(x)))
...     branch = run.branch("result-50", cooldown="20%")
>>> branch.start, branch.end
(40, 50)

It goes on from there, perhaps in another process:

>>> with RunStore.open(folder) as run:
...     at = run.resume("result-50")
...     x = float((at.folder / "x.txt").read_text())
...     for step in range(at.step, 50):
...         x -= run.lr(step, "result-50") * x
...     saved = run.commit(50, lambda checkpoint: (checkpoint / "x.txt").write_text(repr(x)), "result-50")
...     finished = run.record().line("result-50").finished
>>> at.step, finished
(40, True)
)doc";

constexpr const char* init_doc = R"doc(Makes a new run, all or nothing, and opens it for writing.

Parameters
----------
folder : path
    Missing or empty.
trunk : Schedule
    Without a horizon, or with one: then it has its own end.
code_version : str
    Of the training program; recorded with each session.
data : str
    What the trunk reads from step 0 on.
batch, sequence : int, optional
    Examples per step, and tokens per example.
metrics_in_memory : int
    Logged values that may wait to be written, at least 1.
lease : float, optional
    Seconds without a word after which another machine may take the run over from a writer; none: 60 on
    shared file systems and where a writer of the run had a lease before, elsewhere locks that end with their
    process. A wait of more than two seconds for another process or machine is told on sys.stderr, and Ctrl-C ends it.)doc";

constexpr const char* open_doc = R"doc(Opens a run.

Parameters
----------
folder : path
access : {'write', 'read'}
    One process at a time may write.
code_version, metrics_in_memory, lease
    As for `init`.

Raises
------
ArgumentError
    Where the folder is no run, or was made by a newer version.
StoreBusy
    Where another process writes to it.)doc";

constexpr const char* lr_doc = R"doc(The rate of the 0-based update `step` as recorded: overrides and branches included.

Parameters
----------
step : int
    At least 0, before a branch's end.
line : str
    The trunk or a branch.)doc";

constexpr const char* commit_doc =
    R"doc(Makes a checkpoint. When this returns, it survives a crash; before, it does not exist.

Parameters
----------
step : int
    Updates finished in all, set by the trainer: above the line's last checkpoint.
files : callable, path or sequence of paths
    A function is called with an empty folder, a pathlib.Path, and writes the files there; what it
    raises comes back, and nothing is committed. Paths are copied; of a folder, what is in it.
line : str
    The trunk or a branch.
data_position : str
    Where the data stream is.
rng_state : bytes
    State of the random numbers, any bytes.
code_version : str
    Of the training program, if not the one given on opening.
keep : bool
    A branch is to start here.
session : int, optional
    Refuse where the line has been resumed after this session; see `Resume.session`.
link : bool
    Paths on the run's file system become hard links: those files must not be written in place
    afterwards. `RecordedFile.placed` says what each file is.

Returns
-------
RecordedCheckpoint)doc";

constexpr const char* commit_external_doc =
    R"doc(Records a checkpoint that another system wrote, and leaves it where it is.

Names and sizes of its files and the checksum of its marker are recorded, its bytes are not read. `verify`
and `resume` compare these where they can be reached; `gc` leaves it alone.

Parameters
----------
step : int
    Updates finished in all.
uri : str
    A folder, or SCHEME://... for what cannot be read here.
line : str
    The trunk or a branch.
marker : str
    The file that is written last; empty: .metadata of torch.distributed.checkpoint, commit_success.txt,
    orbax.checkpoint or _CHECKPOINT_METADATA of orbax, or an index of safetensors.
listing : str, optional
    Of SCHEME://...: its files, one a line, as `aws s3 ls --recursive`, `gcloud storage ls -l` or
    `rclone lsl` print them, or 'SIZE NAME'.
data_position, rng_state, code_version, keep, session
    As for `commit`.

Returns
-------
RecordedCheckpoint
    Its `external` says what is there.)doc";

constexpr const char* branch_doc = R"doc(A new line that leaves another one at a committed checkpoint and cools down.

Its rates join: the first is a step below the last one of the line that it leaves. A cooldown is extended
or cut short by a branch that leaves it at one of its checkpoints.

Parameters
----------
name : str
    1 to 64 of A-Z a-z 0-9 . _ - and not starting with a dot.
step : int, optional
    Of the checkpoint; without it the last one.
cooldown : int or str, optional
    Its length: steps, '5k', '1Btok', or a share of the branch's total; None: '20%'.
decay : str, optional
    '1-sqrt', 'cosine', ...; None: linear.
final : str, optional
    Rate at the end, or a share of the peak such as '10%'; None: 0.
line : str
    The trunk or the branch that it leaves.
attempt : bool
    Make the next one of NAME/1, NAME/2, ...; a line NAME counts as the first.
rewarm : int or str, optional
    First back up over this length, linearly, to the rate that the trunk has there.
hold : int or str, optional
    Then on at that rate for this length.
from_lr : float or str, optional
    Where it begins, or a share of the peak, instead of the rate before; a jump needs `override_jump`.
override_jump : bool
    Begin at another rate than the line has there.
drop : float or str, optional
    Instead of a cooldown: drop to this rate, or a share of the rate before such as '62%', stay there for `hold` and
    end. The average of its iterates has the guarantee of the best cooldown.
pieces : str
    Instead of all these: pieces of `stages`, such as 'linear to 50% over 1k, hold until 60k, linear over 5k'. A last
    one that holds without a length makes a line without an end.
data : str
    What it reads.
batch, sequence : int, optional
    Examples per step and tokens per example; lengths in tokens and examples are by these.
note : str
    For the record.
code_version : str
    Of the training program.

Returns
-------
RecordedLine)doc";

constexpr const char* diff_doc = R"doc(Two lines side by side: what is recorded of them, and their losses.

Parameters
----------
line, other : str
    The lines.
of : RunStore, optional
    The run of `other`; without it this one.
rows : int
    Up to so many steps for each column of losses.

Returns
-------
LineDiff)doc";

constexpr const char* merge_doc = R"doc(A new line that is a merge of checkpoints, in place of a cooldown.

Weighted sums of the tensors in their safetensors files, as `scheduled.anytime.merge_safetensors` makes
them. The line has one checkpoint, at the step of the last one; files, checkpoint and line are there all
together, or none of it is. Checksums are verified.

Parameters
----------
name : str
    Of the new line.
weights : MergePlan or dict
    What `plan_merge` returned, or {step: weight}; the weights sum to 1.
line : str
    Whose checkpoints, and those of what it left, are merged.
file : str
    File of tensors in each checkpoint, or the index of several; empty: model.safetensors, its index, or the
    only *.safetensors.
take : sequence of str
    Files of the last checkpoint to copy along, such as configurations and optimizer states.
note : str
    For the record.
code_version : str
    Of the program.
threads : int
    The result has the same bits with any number.

Returns
-------
RecordedLine)doc";

constexpr const char* resume_doc = R"doc(Begins a session at the line's last sound checkpoint.

Checksums are verified; a damaged checkpoint is passed over with a RuntimeWarning.

Parameters
----------
line : str
    The trunk or a branch.
schedule : Schedule, optional
    What the trainer is about to use; must be the recorded one.
override_schedule : bool
    Record `schedule` from here on, whatever it was before.
step : int, optional
    This checkpoint instead of the last one; later ones are then superseded.
decayed_from : str
    The trunk goes on from the last checkpoint of this branch (wsd-s).
code_version : str
    Of the training program.
dry_run : bool
    Say what would be done; record nothing.
data : str
    What the line reads from there on; what is not said stays as it was.
batch, sequence : int, optional
    Examples per step and tokens per example from there on.

Returns
-------
Resume)doc";

constexpr const char* attach_doc =
    R"doc(From `step` on, at or after the line's last checkpoint, the line reads `text`.

`batch` is in examples per step, `sequence` in tokens per example; what is not given stays as it was.)doc";

constexpr const char* log_doc = R"doc(Records metrics after `step` finished updates, such as {"train_loss": 3.1}.

They are written in blocks, by `flush`, by `commit` and at the end. Of two values for one step the
later one counts. With `session`, refuses where the line has been resumed since.)doc";

constexpr const char* gc_doc = R"doc(Deletes checkpoints that nothing needs, and what interrupted work left.

Kept are the last `keep_last` sound ones of the trunk and of each unfinished branch, starts of
unfinished branches, those with `keep` of which no branch is finished, ends of branches, and what
cannot be read at the moment or was marked as damaged and is not. Where an end is damaged, what it can
be made from again stays, too.
With `dry_run` it says what it would delete, and deletes nothing. Checkpoints that are elsewhere stay on
record, unless `external`: then `commands` of the report are what would delete them there.)doc";

constexpr const char* fit_runs_doc = R"doc(The lines that logged losses, as runs for `scheduled.law.fit_law`.

What a branch shares with its parent counts once.

Parameters
----------
column : str
    The losses; empty: val_loss, where a line has none train_loss.
first_step : int, optional
    Earlier losses are left out; None: 5 % of the longest line.

Returns
-------
list of FitRun
)doc";

constexpr const char* repair_doc = R"doc(Makes the record of a run anew from what is intact of it.

From its intact entries and from what the folders of checkpoints say about themselves. The damaged
record stays in the folder, unused; where nothing is damaged, nothing is changed.

Parameters
----------
folder : path
    Of the run, which nobody has open for writing.
dry_run : bool
    Say what would be done; change nothing.
lease : float, optional
    As for `init`.

Returns
-------
RepairReport

Raises
------
StoreError
    Where nothing says what the trunk is.
StoreBusy
    Where the run is open for writing.)doc";

constexpr const char* migrate_doc = R"doc(Gives a run of format 1, which can only be read, a record of today's format.

The old record stays as run.sqlite.old.

Parameters
----------
folder : path
    Of the run.
lease : float, optional
    As for `init`.

Raises
------
ArgumentError
    Where it has no record of format 1.
StoreBusy
    Where somebody has it open.)doc";

constexpr const char* clear_marks_doc =
    R"doc(Takes the mark of damage off checkpoints whose files are as recorded again.

Returns
-------
list of RecordedCheckpoint
    Those.)doc";

constexpr const char* log_of_doc = R"doc(The metrics of a line from step 0, its parent's included, as a RunLog.

`rates` are those of the record for all updates, as is the column "lr" where none was logged; `notes`
says where a logged rate is another. A reader sees what was flushed.)doc";

}  // namespace scheduled::python
