"""The file of the read models, `views.db`: who reads it, who writes it, and when it is no good."""

import os
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from queue import Empty, LifoQueue
from threading import Lock
from time import monotonic
from typing import TypeAlias
from urllib.parse import quote

from sqlite_utils import Database

from ticketdomain.errors import ReadModelDamagedError, ReadModelMissingError
from ticketprojections.views.damage import is_damage, telling_damage, unreadable
from ticketprojections.views.generations import DDL, SCHEMA_VERSION, View
from ticketprojections.views.store import Store

STEPS = 10_000  # of SQLite's machine, between two looks at the clock
LOCK_TIMEOUT = 5  # seconds that a writer waits for another

Identity: TypeAlias = tuple[int, int] | None


class Views:
    """An open file of read models: any number of readers, one writer at a time.

    It need not be there: reading then tells that nothing is built yet, and `make` makes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: tuple[Database, Identity] | None = None
        self._writing = Lock()
        self._readers: LifoQueue[tuple[sqlite3.Connection, Identity]] = LifoQueue()

    def close(self) -> None:
        """Close every connection that is not in use."""
        with self._writing:
            self._close_writer()
        with suppress(Empty):
            while True:
                self._readers.get_nowait()[0].close()

    @contextmanager
    def reading(self, seconds: float | None = None) -> Generator[View]:
        """Hold a consistent view; it waits for no writer. What takes longer than so many seconds is
        broken off.

        Raises:
            ReadModelMissingError: nothing is built yet.
            ReadModelError: it cannot be read.
        """
        connection, identity = self._reader()
        try:
            connection.set_progress_handler(_deadline(seconds), STEPS)
            connection.execute("BEGIN")
            with closing(View(connection)) as view:
                yield view
            connection.rollback()
        except sqlite3.Error as error:
            connection.close()
            if is_damage(error):
                self._condemn(identity)
            raise unreadable(error) from error
        except BaseException:
            connection.close()
            raise
        self._readers.put((connection, identity))

    @contextmanager
    def writing(self) -> Generator[Store]:
        """Hold the file's write lock, and commit at the end.

        Raises:
            sqlite3.Error: it cannot be written.
            ReadModelDamagedError: it has to be made anew.
        """
        with self._writing, telling_damage():
            db = self._database()
            db.conn.execute("BEGIN IMMEDIATE")
            with _rolled_back(db):
                yield Store(db)
                db.conn.execute("COMMIT")

    def make(self) -> None:
        """Make the file, for its owner only, if it is not there or empty: who looks for one that is
        not there may leave it so.

        Raises:
            OSError: it cannot be made.
            sqlite3.Error: it cannot be written.
            ReadModelDamagedError: it is of another version, or none of ours.
        """
        if not self.path.exists() or not self.path.stat().st_size:
            self.remove()  # what is left of another would be taken for a part of this one
            os.close(os.open(self.path, os.O_CREAT, 0o600))
        # Also of one that is there: who made it may have got no further.
        with telling_damage(), closing(_connect(self.path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        with self.writing() as store:
            version = next(store.select("PRAGMA user_version"))[0]
            if not store.db.table_names():
                for statement in DDL:
                    store.db.conn.execute(statement)
            elif version != SCHEMA_VERSION:
                msg = f"{self.path} is of version {version}, this program's is {SCHEMA_VERSION}"
                raise ReadModelDamagedError(msg)

    def intact(self) -> bool:
        """Whether the file that is written is still the one at its path."""
        return self._writer is None or self._writer[1] == _identity(self.path)

    def remove(self) -> None:
        """Remove the file: everything in it can be made anew."""
        with self._writing:
            self._close_writer()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def scrub(self) -> bool:
        """Write the whole file anew, and empty its log, so that nothing is left of what was removed
        from it. Tell whether that was done: it is not while somebody reads what is older.

        Raises:
            sqlite3.Error: it cannot be written.
        """
        with self._writing, telling_damage():
            connection = self._database().conn
            connection.execute("VACUUM")
            busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not busy

    def _condemn(self, identity: Identity) -> None:
        """Take a file away that cannot be read: who fills it will make another."""
        if identity == _identity(self.path):
            self.path.unlink(missing_ok=True)

    def _database(self) -> Database:
        identity = _identity(self.path)
        if self._writer and self._writer[1] != identity:
            self._close_writer()
        if self._writer is None:
            if identity is None:
                msg = f"{self.path} is gone"
                raise ReadModelDamagedError(msg)
            connection = _connect(self.path)
            self._writer = Database(connection), identity
        return self._writer[0]

    def _close_writer(self) -> None:
        if self._writer:
            self._writer[0].close()
        self._writer = None

    def _reader(self) -> tuple[sqlite3.Connection, Identity]:
        identity = _identity(self.path)
        if identity is None:
            msg = "the read models are not built yet"
            raise ReadModelMissingError(msg)
        with suppress(Empty):
            while True:
                connection, its = self._readers.get_nowait()
                if its == identity:
                    return connection, its
                connection.close()
        try:
            connection = _connect(self.path)
            connection.execute("PRAGMA query_only = 1")
        except sqlite3.Error as error:
            raise unreadable(error) from error
        return connection, identity


def _deadline(seconds: float | None) -> Callable[[], bool] | None:
    """Give what tells SQLite to break off."""
    if seconds is None:
        return None
    until = monotonic() + seconds
    return lambda: monotonic() > until


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw",
        uri=True,
        check_same_thread=False,
        isolation_level=None,
        timeout=LOCK_TIMEOUT,
    )
    try:
        # A power cut may cost the newest transactions, rows and position together: they come again.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -16000")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def _rolled_back(db: Database) -> Generator[None]:
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            db.rollback()
        raise


def _identity(path: Path) -> Identity:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
