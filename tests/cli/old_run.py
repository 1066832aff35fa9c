"""A run as scheduled 0.1 wrote it: format 1, a SQLite database."""

import pathlib
import sqlite3
import sys

SCHEMA = """
CREATE TABLE line(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, parent TEXT NOT NULL, start INTEGER NOT NULL);
CREATE TABLE session(id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL, start INTEGER NOT NULL,
  checkpoint INTEGER, schedule TEXT NOT NULL, hash TEXT NOT NULL, code TEXT NOT NULL, time INTEGER NOT NULL);
CREATE TABLE checkpoint(id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL, line TEXT NOT NULL,
  step INTEGER NOT NULL, folder TEXT NOT NULL, data_position TEXT NOT NULL, rng_state BLOB NOT NULL,
  code TEXT NOT NULL, keep INTEGER NOT NULL, damaged INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0,
  time INTEGER NOT NULL);
CREATE TABLE file(checkpoint INTEGER NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL, xxh3 TEXT NOT NULL,
  PRIMARY KEY(checkpoint, name)) WITHOUT ROWID;
CREATE TABLE data(id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL, step INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE metric_name(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE metric(session INTEGER NOT NULL, step INTEGER NOT NULL, name INTEGER NOT NULL, value REAL);
PRAGMA application_id=1396918340;
PRAGMA user_version=1;
"""

TRUNK = "constant(peak=0.001, warmup=10)"
TRUNK_HASH = "6361833aa6de0edac751334755afba73"
ABC = "06b05ab6733a618578af5f94892f3950"  # xxhsum -H2 of the bytes "abc"


def make(folder):
    """Three checkpoints of the trunk, the first deleted by gc, and metrics."""
    folder.mkdir()
    (folder / "staging").mkdir()
    (folder / "lock").write_text("1\n")
    database = sqlite3.connect(folder / "run.sqlite")
    database.execute("PRAGMA journal_mode=WAL")
    database.executescript(SCHEMA)
    database.execute("INSERT INTO line(name, parent, start) VALUES('trunk', '', 0)")
    for start, checkpoint in [(0, None), (50, 1)]:
        database.execute("INSERT INTO session(line, start, checkpoint, schedule, hash, code, time) VALUES('trunk', ?, ?, ?, ?, 'v1', 5)",
                         (start, checkpoint, TRUNK, TRUNK_HASH))
    for session, step, deleted in [(1, 50, 1), (2, 100, 0), (2, 200, 0)]:
        name = f"checkpoints/trunk-{step}"
        row = database.execute("INSERT INTO checkpoint(session, line, step, folder, data_position, rng_state, code, keep, deleted, time)"
                               " VALUES(?, 'trunk', ?, ?, 'line 7', ?, 'v1', 0, ?, 9)", (session, step, name, b"\x00\xff", deleted))
        database.execute("INSERT INTO file VALUES(?, 'model', 3, ?)", (row.lastrowid, ABC))
        if not deleted:
            (folder / name).mkdir(parents=True)
            (folder / name / "model").write_text("abc")
    database.execute("INSERT INTO data(line, step, text) VALUES('trunk', 0, 'books')")
    database.execute("INSERT INTO metric_name(name) VALUES('loss')")
    for session, step, value in [(1, 40, 4.5), (1, 60, 9.9), (2, 100, 3.5), (2, 150, None)]:
        database.execute("INSERT INTO metric VALUES(?, ?, 1, ?)", (session, step, value))
    database.commit()
    database.close()


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]))
