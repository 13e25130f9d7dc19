"""Writes a journal as lines of JSON."""

import hashlib
from collections.abc import Iterator

import msgspec

from ticketdomain.errors import ProofError
from ticketdomain.journal import Journal, Reader, StoredRow
from ticketdomain.journal.reading import BEFORE_ALL
from ticketdomain.transfer.lines import (
    FORMAT,
    Event,
    Header,
    Line,
    Trailer,
    event_line,
    request_line,
    write_line,
)


def export(journal: Journal) -> Iterator[bytes]:
    """Write a journal as it is at one moment, line by line; memory is constant.

    Raises:
        JournalError: it cannot be read.
        ProofError: it holds a row that nothing of ours has written.
    """
    digest = hashlib.sha256()
    events = 0
    with journal.reading() as reader:
        for line in _lines(reader):
            events += isinstance(line, Event)
            written = write_line(line)
            digest.update(written)
            yield written
    yield write_line(Trailer(events, digest.hexdigest()))


def _lines(reader: Reader) -> Iterator[Line]:
    yield Header(FORMAT)
    for row in reader.rows(after=BEFORE_ALL):
        try:
            yield _event(row)
        except (AttributeError, TypeError, ValueError, RecursionError) as error:
            msg = f"position {row.position} cannot be exported: verify tells more"
            raise ProofError(msg) from error
    yield from map(request_line, reader.remembrances())


def _event(row: StoredRow) -> Event:
    """Raises whatever fails where columns are of other types than they are for, no JSON or no
    positions: such a line could not be read again."""
    msgspec.json.decode(row.state)
    if row.position < 1 or b"\n" in row.state:
        raise ValueError(row.position)
    return event_line(row)
