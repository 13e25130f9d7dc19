"""What SQLite says when a file of read models is no good any more."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from ticketdomain.errors import ReadModelDamagedError, ReadModelError, ReadModelMissingError

# No repair helps, but everything in the file can be made anew.
DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT")


def is_damage(error: Exception) -> bool:
    """Whether an error says that the file is not whole, or not one of SQLite."""
    return str(getattr(error, "sqlite_errorname", "")).startswith(DAMAGE)


def unreadable(error: sqlite3.Error) -> ReadModelError:
    """Tell a reader that has met an error."""
    if is_damage(error):
        return ReadModelDamagedError(str(error))
    if getattr(error, "sqlite_errorname", "") == "SQLITE_ERROR":  # no such table: of a new file
        return ReadModelMissingError("the read models are not built yet")
    return ReadModelError("the read models are busy now")


@contextmanager
def telling_damage() -> Generator[None]:
    """Tell a writer.

    Raises:
        ReadModelDamagedError: the file has to be made anew.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            raise ReadModelDamagedError(str(error)) from error
        raise
