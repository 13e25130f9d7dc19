"""Takes an exported journal into an empty one."""

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import nullcontext

from ticketdomain.errors import JournalRefusedError, TransferError
from ticketdomain.journal import Journal, Remembrance, StoredRow, Writer
from ticketdomain.proof.check import check
from ticketdomain.transfer.lines import (
    FORMAT,
    Event,
    Header,
    Line,
    Request,
    Trailer,
    read_line,
    remembrance_of,
    row_of,
)

AT_ONCE = 1_000  # rows in an insertion, which is one statement: it fails as a whole
UNSTORABLE = (sqlite3.IntegrityError, sqlite3.DataError, OverflowError, UnicodeEncodeError)


def import_lines(journal: Journal, lines: Iterable[bytes]) -> int:
    """Write an exported journal into one that is empty, whole or not at all; give the number of
    its events. Each is checked as `check` does before anything is committed.

    Raises:
        JournalRefusedError: the journal is not empty.
        TransferError: a line is not as it was exported, or lines are missing.
        JournalError: it cannot be written.
    """
    with journal.writing() as writer:
        if writer.position() or writer.has_rows():
            msg = "the journal is not empty: an export is taken into an empty one only"
            raise JournalRefusedError(msg)
        return _Import(writer).read(lines)


class _Import:
    """An export on its way into a journal."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._rows: list[StoredRow] = []
        self._digest = hashlib.sha256()
        self._events = 0
        self._ended = False

    def read(self, lines: Iterable[bytes]) -> int:
        number = 0
        for number, written in enumerate(lines, 1):
            line = read_line(number, written)
            self._place(number, line)
            if not isinstance(line, Trailer):
                self._digest.update(written)
        if not self._ended:
            raise TransferError(number + 1, "the end is missing: the export was cut off")
        return self._events

    def _place(self, number: int, line: Line) -> None:
        """Take a line in where it may stand."""
        if self._ended:
            raise TransferError(number, "this stands behind the end")
        if (number == 1) != isinstance(line, Header):
            raise TransferError(number, "a journal's first line, and no other, is its header")
        match line:
            case Header(version):
                if version != FORMAT:
                    what = f"this is format {version}, this program reads {FORMAT}"
                    raise TransferError(number, what)
            case Event():
                self._take(number, line)
            case Request():
                self._flush()
                self._restore(number, remembrance_of(number, line))
            case Trailer(events, sha256):
                self._end(number, events, sha256)

    def _take(self, number: int, event: Event) -> None:
        if event.position != number - 1:
            what = f"position {number - 1} is missing, or not where it was"
            raise TransferError(number, what)
        self._rows.append(row_of(number, event))
        self._events += 1
        if len(self._rows) == AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        try:
            self._writer.append(self._rows)
        except UNSTORABLE:
            self._append_singly()
        self._rows = []

    def _append_singly(self) -> None:
        """Find the line that was at fault."""
        for row in self._rows:
            try:
                self._writer.append([row])
            except UNSTORABLE as error:
                what = "there is such a version already, or a number is too large"
                raise TransferError(row.position + 1, what) from error

    def _restore(self, number: int, remembrance: Remembrance) -> None:
        stream, version = remembrance.stream, remembrance.version
        try:
            answered = next(self._writer.stream(stream, after=version - 1, upto=version), None)
            if answered is None or answered.account != remembrance.account:
                raise TransferError(number, "the version that it was answered with is not there")
            self._writer.restore(remembrance)
        except UNSTORABLE as error:
            what = "there is such a request already, or a number is too large"
            raise TransferError(number, what) from error

    def _end(self, number: int, events: int, sha256: str) -> None:
        self._flush()
        self._check()  # first, because it names the line
        self._ended = True
        if (events, sha256) != (self._events, self._digest.hexdigest()):
            raise TransferError(number, "the lines before the end are not those that were exported")

    def _check(self) -> None:
        for row, findings in check(lambda: nullcontext(self._writer)):
            for finding in findings:
                raise TransferError((row.position if row else self._events) + 1, finding.what)
