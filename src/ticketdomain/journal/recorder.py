"""The `eventsourcing` library's SQLite recorder, with our own columns and transactions."""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

from eventsourcing.persistence import PersistenceError
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
)
from msgspec.structs import astuple

from ticketdomain.errors import JournalRefusedError, JournalUnavailableError, OutcomeUnknownError
from ticketdomain.journal.rows import StoredRow

LOCK_TIMEOUT = 5  # seconds that a writer waits for another process
SCHEMA_VERSION = 1

COLUMNS = (
    "rowid, originator_id, originator_version, topic, state, account, at, key_id, on_behalf_of,"
    " request_id, commit_index, commit_count, schema_version, salt, payload_hash, chain_hash"
)
ROW = f"({', '.join('?' for _ in COLUMNS.split(','))})"
MOST_ROWS = 1000  # SQLite takes 32,766 parameters in a statement

# A column that is literally called rowid is what the base class selects, and what VACUUM and a
# dump keep; AUTOINCREMENT remembers the highest position ever used, even when rows are deleted.
# The schema's version is a row, not a pragma, because a dump leaves pragmas out.
DDL = (
    """
    CREATE TABLE stored_events (
        rowid INTEGER PRIMARY KEY AUTOINCREMENT,
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        account TEXT NOT NULL,
        at TEXT NOT NULL,
        key_id TEXT,
        on_behalf_of TEXT,
        request_id TEXT,
        commit_index INTEGER NOT NULL,
        commit_count INTEGER NOT NULL,
        schema_version INTEGER NOT NULL,
        salt BLOB NOT NULL,
        payload_hash BLOB NOT NULL,
        chain_hash BLOB NOT NULL,
        UNIQUE (originator_id, originator_version)
    )
    """,
    # Every index of SQLite ends in the rowid: these give an account's, or a type's, events in
    # order of position.
    "CREATE INDEX stored_events_by_account ON stored_events (account)",
    "CREATE INDEX stored_events_by_topic ON stored_events (topic)",
    """
    CREATE TABLE idempotency_keys (
        account TEXT NOT NULL,
        address TEXT NOT NULL,
        key TEXT NOT NULL,
        request_hash BLOB NOT NULL,
        stream TEXT NOT NULL,
        version INTEGER NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (account, address, key)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX idempotency_keys_by_time ON idempotency_keys (at)",
    """
    CREATE TABLE snapshots (
        stream TEXT NOT NULL,
        version INTEGER NOT NULL,
        fold TEXT NOT NULL,
        fold_version INTEGER NOT NULL,
        state BLOB NOT NULL,
        PRIMARY KEY (stream, version, fold, fold_version)
    )
    """,
    "CREATE TABLE journal_schema (version INTEGER NOT NULL)",
    f"INSERT INTO journal_schema VALUES ({SCHEMA_VERSION})",
)


class JournalConnection(SQLiteConnection):
    """A connection that takes the write lock before it reads, and tells how a commit ended."""

    @contextmanager
    def transaction(self, *, commit: bool) -> Generator[SQLiteCursor]:
        """Hold one transaction; with `commit` under the file's write lock from its beginning.

        Raises:
            JournalUnavailableError: nothing was written.
            OutcomeUnknownError: it failed while committing.
        """
        cursor = self.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE" if commit else "BEGIN")
            yield cursor
        except sqlite3.Error as error:
            self._abandon()
            raise JournalUnavailableError(str(error)) from error
        except BaseException:
            self._abandon()
            raise
        if commit:
            self._commit()
        else:
            self._abandon()

    def _commit(self) -> None:
        try:
            self.commit()
        except sqlite3.Error as error:
            self._abandon()
            raise OutcomeUnknownError(str(error)) from error

    def _abandon(self) -> None:
        with suppress(sqlite3.Error):
            self.rollback()


class JournalPool(SQLiteConnectionPool):
    """Connections to a file that exists; a reader's can write nothing."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        super().__init__(db_name=f"file:{quote(str(path))}?mode=rw", lock_timeout=LOCK_TIMEOUT)
        self._read_only = read_only

    def _create_connection(self) -> JournalConnection:
        try:
            connection = sqlite3.connect(
                self.db_name,
                uri=True,
                check_same_thread=False,
                isolation_level=None,
                timeout=LOCK_TIMEOUT,
            )
            connection.execute("PRAGMA synchronous = FULL")
            # What is removed is overwritten: a redaction must leave no text in the file.
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(f"PRAGMA query_only = {int(self._read_only)}")
        except sqlite3.Error as error:
            raise JournalUnavailableError(str(error)) from error
        connection.row_factory = sqlite3.Row
        return JournalConnection(connection, max_age=None)


class JournalDatastore(SQLiteDatastore):
    """The library's datastore over our connections; stream ids are text."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        super().__init__(str(path), originator_id_type="text")
        self.pool = JournalPool(path, read_only=read_only)

    @contextmanager
    def transaction(self, *, commit: bool) -> Generator[SQLiteCursor]:
        """See `JournalConnection.transaction`; no free connection counts as unavailable."""
        try:
            with super().transaction(commit=commit) as cursor:
                yield cursor
        except PersistenceError as error:
            raise JournalUnavailableError(str(error)) from error


class JournalRecorder(SQLiteApplicationRecorder):
    """The library's recorder over a table with our columns."""

    def __init__(self, datastore: JournalDatastore) -> None:
        super().__init__(datastore)
        self.insert_events_statement = f"INSERT INTO {self.events_table_name} ({COLUMNS}) VALUES "

    def construct_create_table_statements(self) -> list[str]:
        return list(DDL)

    def create_table(self) -> None:
        """Make the tables, or check those that are there, and only then turn the file to WAL.

        SQLite does not wait by itself for another process that has the file meanwhile.
        """
        super().create_table()
        deadline = monotonic() + LOCK_TIMEOUT
        with self.datastore.get_connection(commit=True) as connection:
            while True:
                try:
                    connection.cursor().execute("PRAGMA journal_mode = WAL")
                    return
                except sqlite3.OperationalError as error:
                    if monotonic() > deadline:
                        raise JournalUnavailableError(str(error)) from error
                    sleep(0.01)

    def check_table(self) -> None:
        """Check the tables that are there, and make none."""
        with self.datastore.transaction(commit=False) as c:
            self._check_schema(c, _tables(c))

    def _create_table(self, c: SQLiteCursor) -> None:
        """Make the tables, once: the caller's transaction holds the write lock."""
        if tables := _tables(c):
            self._check_schema(c, tables)
        else:
            super()._create_table(c)

    def _check_schema(self, c: SQLiteCursor, tables: set[str]) -> None:
        if "journal_schema" not in tables:
            msg = "this SQLite file is no journal of ticketdomain"
            raise JournalRefusedError(msg)
        c.execute("SELECT version FROM journal_schema")
        if (version := c.fetchone()["version"]) != SCHEMA_VERSION:
            msg = (
                f"the journal has schema {version}, this program knows {SCHEMA_VERSION}:"
                " use the version of ticketdomain that wrote it, or a newer one"
            )
            raise JournalRefusedError(msg)

    def _insert_events(
        self,
        c: SQLiteCursor,
        stored_events: Sequence[Any],  # StoredRow: an event without its envelope has no row
        **_: Any,
    ) -> Sequence[int]:
        # Many rows in a statement: each lets go of the interpreter's lock, and has to wait for it.
        for first in range(0, len(stored_events), MOST_ROWS):
            rows = stored_events[first : first + MOST_ROWS]
            values = ", ".join([ROW] * len(rows))
            c.execute(self.insert_events_statement + values, list(chain(*map(astuple, rows))))
        return [row.position for row in stored_events]

    def insert_rows(self, c: SQLiteCursor, rows: Sequence[StoredRow]) -> None:
        """Insert rows, which bring their positions along, in the caller's transaction."""
        self._insert_events(c, rows)


def _tables(c: SQLiteCursor) -> set[str]:
    c.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {row["name"] for row in c.fetchall()}
