"""Where events are kept: the only package that knows the `eventsourcing` library."""

from pathlib import Path

from ticketdomain.errors import JournalRefusedError
from ticketdomain.journal.reading import (
    MOST_POSITION,
    Before,
    Reader,
    Remembered,
    Remembrance,
    Snapshot,
    Sought,
    Succession,
    Writer,
)
from ticketdomain.journal.rows import Head, StoredRow, chain_hash, decode, encode
from ticketdomain.journal.sqlite import Journal

__all__ = [
    "MOST_POSITION",
    "Before",
    "Head",
    "Journal",
    "Reader",
    "Remembered",
    "Remembrance",
    "Snapshot",
    "Sought",
    "StoredRow",
    "Succession",
    "Writer",
    "chain_hash",
    "decode",
    "encode",
    "open_journal",
]

SQLITE = "sqlite:///"


def open_journal(database: str, *, create: bool = True) -> Journal:
    """Open the journal at an address as `sqlite:///PATH` (absolute with four slashes).

    One that is not there is made, unless `create` forbids it.

    Raises:
        JournalRefusedError: the address is of another kind, or see `Journal`.
    """
    if not database.startswith(SQLITE) or database == SQLITE:
        msg = f"{database!r} is no address of a journal: sqlite:///PATH"
        raise JournalRefusedError(msg)
    return Journal(Path(database.removeprefix(SQLITE)), create=create)
