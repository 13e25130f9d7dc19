"""The journal in an SQLite file: streams of events, remembered requests and snapshots."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from ticketdomain.errors import JournalError, JournalRefusedError, JournalUnavailableError
from ticketdomain.journal.growth import Growth
from ticketdomain.journal.reading import Reader, Writer
from ticketdomain.journal.recorder import JournalDatastore, JournalRecorder


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

    def shorten(self) -> bool:
        """Write the log back into the file, and empty it: what was overwritten is then nowhere any
        more. Tell whether that was done: it is not while somebody else reads what is older."""
        with self._recorder.datastore.get_connection(commit=True) as connection:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy = cursor.fetchone()[0]
        return not busy

    def back_up(self, path: Path) -> None:
        """Copy the journal, as it is at one moment, into a new file for its owner only; whoever
        writes meanwhile does not wait.

        Raises:
            JournalRefusedError: the file is there already, or cannot be made.
            JournalUnavailableError: it could not be written whole, and is not there.
        """
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            msg = f"cannot make {path}: {error.strerror}"
            raise JournalRefusedError(msg) from error
        try:
            with self.reading() as reader, closing(sqlite3.connect(path)) as copy:
                reader.copy_into(copy)
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, sqlite3.Error):
                raise JournalUnavailableError(str(error)) from error
            raise


def _make_private_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return  # and not opened: closing it would drop the locks this process has on it
    except OSError as error:
        msg = f"cannot open {path}: {error.strerror}"
        raise JournalRefusedError(msg) from error
