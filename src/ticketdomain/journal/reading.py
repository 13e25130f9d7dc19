"""What a transaction reads and writes in a journal's SQLite file."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import starmap
from typing import Any
from weakref import WeakSet

from eventsourcing.sqlite import SQLiteCursor
from msgspec import Struct
from msgspec.structs import astuple

from ticketdomain.errors import JournalUnavailableError
from ticketdomain.journal.recorder import COLUMNS, JournalRecorder
from ticketdomain.journal.rows import StoredRow, instant_text

SELECT_ROWS = f"SELECT {COLUMNS} FROM stored_events"
MOST_POSITION = 2**63 - 1
BEFORE_ALL = float("-inf")  # below every integer that a forged row could have as its position
SUCCESSIONS = (
    f"SELECT {', '.join(f'event.{name}' for name in COLUMNS.split(', '))},"
    " before.rowid, before.at, before.account, before.chain_hash"
    " FROM stored_events AS event LEFT JOIN stored_events AS before"
    " ON before.originator_id = event.originator_id"
    " AND before.originator_version = event.originator_version - 1"
    " WHERE event.rowid > ? ORDER BY event.rowid LIMIT ?"
)


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


class Remembrance(Struct, frozen=True):
    """A remembered request, as it is stored: `at` is when it was made."""

    account: str
    address: str
    key: str
    request_hash: bytes
    stream: str
    version: int
    at: str


class Before(Struct, frozen=True):
    """What an event builds on: the event before it in its stream."""

    position: int
    at: str
    account: str
    chain_hash: bytes


class Succession(Struct, frozen=True):
    """A row, and what it builds on; `None` where that is not there."""

    row: StoredRow
    before: Before | None


class Sought(Struct, frozen=True, kw_only=True):
    """Which events of an account are sought: all, or those that have what is named here.

    `actor` is a key's id, or the user that it acted for; `at_from` is inclusive, `at_to` exclusive.
    """

    types: tuple[str, ...] = ()
    stream: str | None = None
    actor: str | None = None
    request_id: str | None = None
    at_from: datetime | None = None
    at_to: datetime | None = None

    @property
    def narrow(self) -> bool:
        """Whether not all are sought."""
        return self != Sought()

    def conditions(self) -> Iterator[tuple[str, list[Any]]]:
        if self.types:
            yield f"topic IN ({', '.join('?' for _ in self.types)})", list(self.types)
        if self.stream is not None:
            yield "originator_id = ?", [self.stream]
        if self.actor is not None:
            yield "(key_id = ? OR on_behalf_of = ?)", [self.actor, self.actor]
        if self.request_id is not None:
            yield "request_id = ?", [self.request_id]
        if self.at_from is not None:
            yield "at >= ?", [instant_text(self.at_from)]
        if self.at_to is not None:
            yield "at < ?", [instant_text(self.at_to)]


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

    def account(
        self, account: str, sought: Sought, *, after: int, upto: int, limit: int
    ) -> Iterator[StoredRow]:
        """Give up to so many rows of an account's tickets, at positions over `after`, up to `upto`
        included, in the journal's order."""
        conditions = list(sought.conditions())
        more = "".join(f" AND {sql}" for sql, _ in conditions)
        query = (
            f"{SELECT_ROWS} INDEXED BY stored_events_by_account"
            " WHERE account = ? AND rowid > ? AND rowid <= ?"
            f" AND originator_id BETWEEN 'ticket_' AND 'ticket`'{more} ORDER BY rowid LIMIT ?"
        )
        values = [value for _, some in conditions for value in some]
        return self._rows(query, [account, after, upto, *values, limit])

    def rows(self, *, after: float) -> Iterator[StoredRow]:
        """Give the rows at positions over `after`, in the journal's order."""
        return self._rows(f"{SELECT_ROWS} WHERE rowid > ? ORDER BY rowid", [after])

    def at(self, position: int) -> StoredRow | None:
        """Give the row at a position, if there is one."""
        return next(self._rows(f"{SELECT_ROWS} WHERE rowid = ?", [position]), None)

    def successions(self, *, after: float, limit: int) -> Iterator[Succession]:
        """Give up to so many rows at positions over `after`, each with the one it builds on."""
        for *row, position, at, account, chain_hash in self._select(SUCCESSIONS, [after, limit]):
            before = None if position is None else Before(position, at, account, chain_hash)
            yield Succession(StoredRow(*row), before)

    def hashes(self, *, after: float, upto: int, limit: int) -> Iterator[tuple[int, bytes]]:
        """Give positions over `after`, up to `upto` included but no more than so many, and the
        chain hashes of their rows."""
        query = (
            "SELECT rowid, chain_hash FROM stored_events WHERE rowid > ? AND rowid <= ?"
            " ORDER BY rowid LIMIT ?"
        )
        found = self._select(query, [after, upto, limit])
        return ((position, chain_hash) for position, chain_hash in found)

    def position(self) -> int:
        """Give the newest position ever taken, 0 in an empty journal."""
        row = self._one("SELECT seq FROM sqlite_sequence WHERE name = 'stored_events'")
        return row["seq"] if row else 0

    def has_rows(self) -> bool:
        """Whether anything is stored, at whatever positions: an event, a request, a snapshot."""
        tables = ("stored_events", "idempotency_keys", "snapshots")
        return any(self._one(f"SELECT 1 FROM {table} LIMIT 1") for table in tables)

    def integrity(self) -> Iterator[str]:
        """Say what SQLite finds broken in the file itself: pages, indexes, types of columns."""
        for (what,) in self._select("PRAGMA integrity_check", []):
            if what != "ok":
                yield str(what)

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

    def remembrances(self) -> Iterator[Remembrance]:
        """Give every remembered request, in the order of account, address and key."""
        query = (
            "SELECT account, address, key, request_hash, stream, version, at"
            " FROM idempotency_keys ORDER BY account, address, key"
        )
        return starmap(Remembrance, self._select(query, []))

    def snapshots(self, stream: str, upto: int | None = None) -> Iterator[Snapshot]:
        """Give a stream's snapshots up to a version, newest first."""
        query = "SELECT stream, version, fold, fold_version, state FROM snapshots WHERE stream = ?"
        parameters: list[Any] = [stream]
        if upto is not None:
            query += " AND version <= ?"
            parameters.append(upto)
        return starmap(Snapshot, self._select(f"{query} ORDER BY version DESC", parameters))

    def next_with_snapshots(self, stream: object) -> object:
        """Give the stream after this one, in the order of names, that has snapshots; `None` after
        the last. What is no text comes as it is stored, so that it can be gone on from."""
        query = "SELECT stream FROM snapshots WHERE stream > ? ORDER BY stream LIMIT 1"
        row = self._one(query, [stream])
        return None if row is None else row["stream"]

    def copy_into(self, file: sqlite3.Connection) -> None:
        """Copy all of what is seen into an empty SQLite file.

        Raises:
            sqlite3.Error: it cannot be written.
        """
        self._connection.backup(file)

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

    def blank(self, rows: Sequence[StoredRow]) -> None:
        """Overwrite payloads and salts of a stream's rows, and let go of all that could tell what
        they were: snapshots, and the hashes of the requests that wrote them. A retry of such a
        request is then refused as another one's key, and not done again. A request is remembered
        with the last version that it wrote."""
        stream = rows[0].originator_id
        self._connection.executemany(
            "UPDATE stored_events SET state = ?, salt = ? WHERE rowid = ?",
            [(row.state, row.salt, row.position) for row in rows],
        )
        self._connection.execute("DELETE FROM snapshots WHERE stream = ?", [stream])
        self._connection.executemany(
            "UPDATE idempotency_keys SET request_hash = randomblob(32)"
            " WHERE stream = ? AND version = ?",
            {
                (stream, row.originator_version + row.commit_count - 1 - row.commit_index)
                for row in rows
            },
        )

    def remember(
        self, account: str, address: str, key: str, remembered: Remembered, at: datetime
    ) -> None:
        """Keep what became of a request with an idempotency key."""
        self._connection.execute(
            "INSERT INTO idempotency_keys VALUES (?, ?, ?, ?, ?, ?, ?)",
            [account, address, key, *astuple(remembered), instant_text(at)],
        )

    def restore(self, remembrance: Remembrance) -> None:
        """Keep what another journal remembered."""
        self._connection.execute(
            "INSERT INTO idempotency_keys VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(remembrance)
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
