"""Records that are damaged, marked or of an older format."""

import importlib.util
import pickle
from pathlib import Path

import numpy as np
import pytest
import scheduled
from anytime_runs import write


def test_repair_makes_a_record_of_what_is_intact(run, folder):
    run.commit(400, write, keep=True)
    run.commit(800, write)
    run.close()
    sound = scheduled.RunStore.repair(folder)
    assert (sound.changed, sound.lost, sound.recovered) == (False, [], [])
    record = folder / "record" / "000001"
    record.write_bytes(record.read_bytes().replace(b'"keep":true', b'"keep":null'))
    with pytest.raises(scheduled.StoreError, match="damaged"), scheduled.RunStore.open(folder) as damaged:
        damaged.resume()
    before = record.read_bytes()
    planned = scheduled.RunStore.repair(folder, dry_run=True)
    assert record.read_bytes() == before
    done = scheduled.RunStore.repair(str(folder))
    assert (done.changed, done.lost, done.recovered) == (True, planned.lost, planned.recovered)
    assert "400" in done.recovered[0]
    assert pickle.loads(pickle.dumps(done)).to_json() == done.to_json()
    with scheduled.RunStore.open(folder) as again:
        assert again.resume().step == 800
        assert [c.step for c in again.record().checkpoints] == [400, 800]
        with pytest.raises(scheduled.StoreBusy):
            scheduled.RunStore.repair(folder)
    with pytest.raises((scheduled.ArgumentError, scheduled.StoreError), match="nothing"):
        scheduled.RunStore.repair(folder / "nothing")


def test_marks_are_cleared_where_the_bytes_are_back(run, folder):
    run.commit(400, write)
    run.commit(800, write)
    file = next(path for path in (folder / run.record().checkpoints[1].folder).iterdir() if not path.name.startswith("."))
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"?")
    with pytest.warns(RuntimeWarning, match="the one before is used"):
        assert run.resume().step == 400
    run.commit(500, write)  # the line has gone on from elsewhere
    assert run.clear_marks() == []  # not yet
    file.write_bytes(content)
    assert [c.step for c in run.clear_marks()] == [800]
    assert run.resume(step=800).step == 800


def test_a_run_of_format_1_is_migrated(tmp_path):
    spec = importlib.util.spec_from_file_location("old_run", Path(__file__).parents[1] / "cli" / "old_run.py")
    old_run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(old_run)
    folder = tmp_path / "old"
    old_run.make(folder)
    with scheduled.RunStore.open(folder, "read") as old:
        lines, loss = old.record().lines, old.log_of()["loss"].tolist()
    with pytest.raises(scheduled.ArgumentError, match="migrate"):
        scheduled.RunStore.open(folder)
    assert scheduled.RunStore.migrate(folder) is None
    assert (folder / "run.sqlite.old").exists()
    with scheduled.RunStore.open(folder) as run:
        assert [(line.name, line.step) for line in run.record().lines] == [(line.name, line.step) for line in lines]
        np.testing.assert_array_equal(run.log_of()["loss"], loss)
        assert run.resume().step == 200
        assert run.verify().problems == []
    with pytest.raises(scheduled.ArgumentError):
        scheduled.RunStore.migrate(folder)
