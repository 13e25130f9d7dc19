"""The journal in an SQLite file: streams of events, remembered requests and snapshots."""

import os
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import starmap
from pathlib import Path
from typing import Any
from weakref import WeakSet

from eventsourcing.sqlite import SQLiteCursor
from msgspec import Struct
from msgspec.structs import astuple

from ticketdomain.errors import JournalError, JournalRefusedError, JournalUnavailableError
from ticketdomain.journal.growth import Growth
from ticketdomain.journal.recorder import COLUMNS, JournalDatastore, JournalRecorder
from ticketdomain.journal.rows import StoredRow, instant_text

SELECT_ROWS = f"SELECT {COLUMNS} FROM stored_events"
MOST_POSITION = 2**63 - 1


class Remembered(Struct, frozen=True):
    """What became of a request with an idempotency key: its ticket at the version it answered."""

    request_hash: bytes
    stream: str
    version: int


class Snapshot(Struct, frozen=True):
    """A fold's state at a version of a stream, in bytes that only the fold can read."""

    stream: str
    version: int
    fold: str
    fold_version: int
    state: bytes


class Reader:
    """One consistent view of the journal, for as long as its transaction lasts."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def close(self) -> None:
        """End what was not read to its end. Else it would hold this view of the journal for whoever
        has the connection next, as long as anything, as an error's traceback, holds on to it."""
        for cursor in list(self._cursors):
            cursor.close()

    def stream(
        self, stream: str, *, after: int = 0, upto: int | None = None, topics: Sequence[str] = ()
    ) -> Iterator[StoredRow]:
        """Give a stream's rows, oldest first: versions over `after`, up to `upto` included."""
        query = f"{SELECT_ROWS} WHERE originator_id = ? AND originator_version > ?"
        parameters: list[Any] = [stream, after]
        if upto is not None:
            query += " AND originator_version <= ?"
            parameters.append(upto)
        if topics:
            query += f" AND topic IN ({', '.join('?' for _ in topics)})"
            parameters.extend(topics)
        return self._rows(f"{query} ORDER BY originator_version", parameters)

    def touched(self, *, after: int, upto: int) -> Iterator[tuple[str, int]]:
        """Give the streams with rows at positions over `after`, up to `upto` included, each with
        the position of its newest among them."""
        query = (
            "SELECT originator_id, max(rowid) FROM stored_events"
            " WHERE rowid > ? AND rowid <= ? GROUP BY originator_id"
        )
        return ((stream, position) for stream, position in self._select(query, [after, upto]))

    def begun(self, *, after: int, upto: int) -> Iterator[tuple[str, int]]:
        """Give the streams whose first row is at a position over `after`, up to `upto` included, in
        the journal's order, each with this position."""
        query = (
            "SELECT originator_id, rowid FROM stored_events"
            " WHERE rowid > ? AND rowid <= ? AND originator_version = 1 ORDER BY rowid"
        )
        return ((stream, position) for stream, position in self._select(query, [after, upto]))

    def feed(
        self, *, after: int, topics: Sequence[str], upto: int = MOST_POSITION
    ) -> Iterator[StoredRow]:
        """Give the rows of some types at positions over `after`, up to `upto` included, in the
        journal's order."""
        marks = ", ".join("?" for _ in topics)
        query = f"{SELECT_ROWS} WHERE topic IN ({marks}) AND rowid > ? AND rowid <= ?"
        return self._rows(f"{query} ORDER BY rowid", [*topics, after, upto])

    def at(self, position: int) -> StoredRow | None:
        """Give the row at a position, if there is one."""
        return next(self._rows(f"{SELECT_ROWS} WHERE rowid = ?", [position]), None)

    def position(self) -> int:
        """Give the newest position ever taken, 0 in an empty journal."""
        row = self._one("SELECT seq FROM sqlite_sequence WHERE name = 'stored_events'")
        return row["seq"] if row else 0

    def version_at(self, stream: str, instant: datetime) -> int:
        """Give the version a stream had at an instant, 0 before its first event."""
        query = (
            "SELECT originator_version AS version FROM stored_events"
            " WHERE originator_id = ? AND at <= ? ORDER BY originator_version DESC LIMIT 1"
        )
        row = self._one(query, [stream, instant_text(instant)])
        return row["version"] if row else 0

    def remembered(self, account: str, address: str, key: str) -> Remembered | None:
        """Give what became of the request that used this idempotency key."""
        query = (
            "SELECT request_hash, stream, version FROM idempotency_keys"
            " WHERE account = ? AND address = ? AND key = ?"
        )
        row = self._one(query, [account, address, key])
        return Remembered(*row) if row else None

    def snapshots(self, stream: str, upto: int | None = None) -> Iterator[Snapshot]:
        """Give a stream's snapshots up to a version, newest first."""
        query = "SELECT stream, version, fold, fold_version, state FROM snapshots WHERE stream = ?"
        parameters: list[Any] = [stream]
        if upto is not None:
            query += " AND version <= ?"
            parameters.append(upto)
        return starmap(Snapshot, self._select(f"{query} ORDER BY version DESC", parameters))

    def _rows(self, query: str, parameters: Sequence[Any]) -> Iterator[StoredRow]:
        return starmap(StoredRow, self._select(query, parameters))

    def _one(self, query: str, parameters: Sequence[Any] = ()) -> Any:
        return next(self._select(query, parameters), None)

    def _select(self, query: str, parameters: Sequence[Any]) -> Iterator[Any]:
        try:
            cursor = self._connection.execute(query, parameters)
            self._cursors.add(cursor)
            # `yield from` would close the cursor when it is left early, maybe after the connection.
            for row in cursor:  # noqa: UP028
                yield row
        except sqlite3.Error as error:
            raise JournalUnavailableError(str(error)) from error


class Writer(Reader):
    """A write transaction: nobody else has one, so what it reads is what it builds on."""

    def __init__(self, cursor: SQLiteCursor, recorder: JournalRecorder) -> None:
        super().__init__(cursor.sqlite_cursor.connection)
        self._cursor = cursor
        self._recorder = recorder

    def append(self, rows: Sequence[StoredRow]) -> None:
        """Add rows, in the order of their positions."""
        self._recorder.insert_rows(self._cursor, rows)

    def remember(
        self, account: str, address: str, key: str, remembered: Remembered, at: datetime
    ) -> None:
        """Keep what became of a request with an idempotency key."""
        self._connection.execute(
            "INSERT INTO idempotency_keys VALUES (?, ?, ?, ?, ?, ?, ?)",
            [account, address, key, *astuple(remembered), instant_text(at)],
        )

    def touch(self) -> None:
        """Write what changes nothing: a page goes to disk with this transaction."""
        self._connection.execute("PRAGMA user_version = 0")

    def forget(self, before: datetime) -> None:
        """Let go of the requests remembered before an instant."""
        self._connection.execute(
            "DELETE FROM idempotency_keys WHERE at < ?", [instant_text(before)]
        )

    def keep(self, snapshots: Sequence[Snapshot]) -> None:
        """Store snapshots beside the streams they are of."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?)", map(astuple, snapshots)
        )


class Journal:
    """An open journal file: any number of readers, one writer at a time.

    `growth` tells how far this process has written.

    The file and its directory are made if need be, with access for their owner only; without
    `create` nothing is. An answered write survives a power cut (WAL, `synchronous=FULL`).

    Raises:
        JournalRefusedError: the file is not there or cannot be made, or is no journal of this
            program.
        JournalUnavailableError: another process holds it.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self.growth = Growth()
        if create:
            _make_private_file(path)
        elif not path.exists():
            msg = f"there is no journal at {path}"
            raise JournalRefusedError(msg)
        self._recorder = JournalRecorder(JournalDatastore(path, read_only=False))
        self._readers = JournalDatastore(path, read_only=True)
        try:
            if create:
                self._recorder.create_table()
            else:
                self._recorder.check_table()
        except JournalError as error:
            self.close()
            msg = f"{path}: {error}"
            raise type(error)(msg) from error

    def close(self) -> None:
        """Close every connection."""
        self._readers.close()
        self._recorder.datastore.close()

    @contextmanager
    def reading(self) -> Generator[Reader]:
        """Hold a consistent view; neither waits for a writer nor holds one up."""
        with (
            self._readers.transaction(commit=False) as cursor,
            closing(Reader(cursor.sqlite_cursor.connection)) as reader,
        ):
            yield reader

    @contextmanager
    def writing(self) -> Generator[Writer]:
        """Hold the write lock, and commit at the end.

        Raises:
            JournalUnavailableError: nothing was written.
            OutcomeUnknownError: it failed while committing.
        """
        with (
            self._recorder.datastore.transaction(commit=True) as cursor,
            closing(Writer(cursor, self._recorder)) as writer,
        ):
            yield writer


def _make_private_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return  # and not opened: closing it would drop the locks this process has on it
    except OSError as error:
        msg = f"cannot open {path}: {error.strerror}"
        raise JournalRefusedError(msg) from error
