"""The disk's side: how many commits SQLite makes, and what is in a journal afterwards."""

import sqlite3
from contextlib import closing
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.load import Load


def raw_commits(path: Path, seconds: float) -> Load:
    """Commit one row at a time, as durably as the journal does."""
    latencies: list[float] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS rows (row TEXT)")
        began, cpu = perf_counter(), process_time()
        ended = began
        while ended - began < seconds:
            connection.execute("INSERT INTO rows VALUES (?)", ["x" * 400])
            latencies.append(perf_counter() - ended)
            ended = perf_counter()
    return Load(latencies, ended - began, (process_time() - cpu) / (ended - began))


def check_journal(journal: Path, events: int) -> None:
    """Make sure that a journal holds so many events, positions and versions without a gap.

    Raises:
        RuntimeError: it does not.
    """
    with closing(sqlite3.connect(journal)) as connection:
        found = connection.execute("SELECT count(*), min(rowid), max(rowid) FROM stored_events")
        gaps = connection.execute(
            "SELECT originator_id FROM stored_events GROUP BY originator_id"
            " HAVING count(*) <> max(originator_version) OR min(originator_version) <> 1"
        )
        seen, broken = found.fetchone(), gaps.fetchall()
    if seen != (events, 1, events) or broken:
        msg = f"{events} events were acknowledged, the journal has {seen}, gaps in {broken}"
        raise RuntimeError(msg)
