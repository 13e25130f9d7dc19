"""How long what is written has to wait until the read models have it, as another process sees."""

import sqlite3
from collections import deque
from contextlib import closing
from pathlib import Path
from time import perf_counter, process_time, sleep

from benchmarks.load import Load
from ticketservice.service import VIEWS

LOOK_SECONDS = 0.001
PATIENCE = 10  # seconds for the read models to come after at the end

WRITTEN = "SELECT seq FROM sqlite_sequence WHERE name = 'stored_events'"
TAKEN_IN = "SELECT min(position) FROM generations WHERE place = 'live'"


def watch(journal: Path, seconds: float) -> Load:
    """Look often how far the journal is, and how far the read models are; give the lag of every
    event as a latency.

    Raises:
        TimeoutError: the read models stay behind.
    """
    lags: list[float] = []
    waiting: deque[tuple[int, float]] = deque()
    with (
        closing(sqlite3.connect(journal)) as written,
        closing(sqlite3.connect(journal.with_name(VIEWS))) as taken_in,
    ):
        seen = _position(written, WRITTEN)
        began, cpu = perf_counter(), process_time()
        while (now := perf_counter()) - began < seconds or waiting:
            if now - began > seconds + PATIENCE:
                raise TimeoutError
            if now - began < seconds and (newest := _position(written, WRITTEN)) > seen:
                waiting.extend((each, now) for each in range(seen + 1, newest + 1))
                seen = newest
            reached = _position(taken_in, TAKEN_IN)
            while waiting and waiting[0][0] <= reached:
                lags.append(perf_counter() - waiting.popleft()[1])
            sleep(LOOK_SECONDS)
        took = perf_counter() - began
    return Load(lags, took, (process_time() - cpu) / took)


def _position(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0] or 0)
