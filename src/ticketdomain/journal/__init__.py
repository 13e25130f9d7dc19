"""Where events are kept: the only package that knows the `eventsourcing` library."""

from pathlib import Path

from ticketdomain.errors import JournalRefusedError
from ticketdomain.journal.rows import Head, StoredRow, decode, encode
from ticketdomain.journal.sqlite import Journal, Reader, Remembered, Snapshot, Writer

__all__ = [
    "Head",
    "Journal",
    "Reader",
    "Remembered",
    "Snapshot",
    "StoredRow",
    "Writer",
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
