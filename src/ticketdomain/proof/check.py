"""Looks at every event of a journal: whether it can be what was written there.

An event's chain hash covers all of its row and the hash before it in the stream, so that whatever
is altered in a row shows in this row. That newest events are gone, or that somebody has computed
all hashes anew, shows only a seal.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from typing import TypeAlias

from msgspec import Struct

from ticketdomain.errors import UndecodableStreamError
from ticketdomain.events import TextsRedacted, TicketOpened
from ticketdomain.journal import Reader, StoredRow, Succession, chain_hash, decode
from ticketdomain.journal.reading import BEFORE_ALL
from ticketdomain.live import REDACTION

Reading: TypeAlias = Callable[[], AbstractContextManager[Reader]]

SALT_BYTES = 16
AT_ONCE = 5_000  # rows in a transaction: a longer one would keep the write-ahead log from ending


class Finding(Struct, frozen=True):
    """Something that is not as it was written; `stream` is empty where no row is there to name it,
    `version` 0."""

    position: int
    stream: str
    version: int
    what: str


class Commit(Struct, frozen=True):
    """An event's place in the update that wrote it."""

    stream: str
    version: int
    index: int
    count: int

    @property
    def following(self) -> "Commit | None":
        """The place that the next event of the journal must have, if the update goes on."""
        if self.index + 1 >= self.count:
            return None
        return Commit(self.stream, self.version + 1, self.index + 1, self.count)


def check(reading: Reading) -> Iterator[tuple[StoredRow | None, list[Finding]]]:
    """Go through the journal in its order; give each row with what is wrong with it, and at the end
    `None` with what is wrong behind the last.

    `reading` gives readers, as `Journal.reading` does. Memory is constant. What is written
    meanwhile is looked at, too, up to some moment.

    Raises:
        JournalError: it cannot be read.
    """
    position, after = 0, BEFORE_ALL
    expected: Commit | None = None
    while True:
        with reading() as reader:
            newest = reader.position()
            successions = list(reader.successions(after=after, limit=AT_ONCE))
            redacted = _redacted(reader, [each.row for each in successions])
        for succession in successions:
            row = succession.row
            faults, following = _look_at(succession, expected, redacted)
            yield row, [*_gap(position, row), *faults]
            expected = following
            after = row.position
            position = max(position, row.position)
        if not successions:
            yield None, [*_end(position, newest), *_broken_commit(expected, None)]
            return


def _look_at(
    succession: Succession, expected: Commit | None, redacted: dict[tuple[str, int], str]
) -> tuple[list[Finding], Commit | None]:
    """Give what is wrong with a row, and the place that the next one must have."""
    row = succession.row
    try:
        commit = _commit(row)
        faults = [
            *_broken_commit(expected, commit),
            *_faults(succession),
            *_unredacted(row, redacted),
        ]
        return faults, commit.following
    except (TypeError, ValueError, OverflowError):
        return [_misshapen(row)], None


def _redacted(reader: Reader, rows: Iterable[StoredRow]) -> dict[tuple[str, int], str]:
    """Give the streams and versions that redactions name, of the streams that have blanked rows,
    each with the hash of what it left."""
    found: dict[tuple[str, int], str] = {}
    for stream in {row.originator_id for row in rows if row.salt == b""}:
        for row in reader.stream(stream, topics=(REDACTION,)):
            with suppress(UndecodableStreamError):
                event = decode(row).event
                if isinstance(event, TextsRedacted):
                    places = [(stream, version) for version in event.versions]
                    found.update(zip(places, event.payloads, strict=False))
    return found


def _unredacted(row: StoredRow, redacted: dict[tuple[str, int], str]) -> Iterator[Finding]:
    """A blanked row must be one that was redacted, and hold what this redaction left."""
    if row.salt:
        return
    place = (row.position, row.originator_id, row.originator_version)
    left = redacted.get((row.originator_id, row.originator_version))
    if left is None:
        yield Finding(*place, "its payload was blanked, and no redaction of it is recorded")
    elif hashlib.sha256(row.state).hexdigest() != left:
        yield Finding(*place, "its payload is not what the redaction left")


def _misshapen(row: StoredRow) -> Finding:
    """SQLite takes any type of value in any column."""
    what = "a column, of it or of the version before it, is of another type"
    return Finding(row.position, str(row.originator_id), 0, what)


def _commit(row: StoredRow) -> Commit:
    return Commit(row.originator_id, row.originator_version, row.commit_index, row.commit_count)


def _gap(position: int, row: StoredRow) -> Iterator[Finding]:
    if row.position < 1:
        what = "positions begin at 1: it was put in before all others"
        yield Finding(row.position, str(row.originator_id), 0, what)
    missing = range(position + 1, row.position)
    if missing:
        yield Finding(missing[0], "", 0, _missing(missing))


def _end(position: int, newest: object) -> Iterator[Finding]:
    """The newest position ever taken is remembered apart from the rows."""
    if not isinstance(newest, int) or newest < position:
        what = f"{position} is the last position, {newest} is remembered as the newest ever taken"
        yield Finding(0, "", 0, what)
        return
    missing = range(position + 1, newest + 1)
    if missing:
        yield Finding(missing[0], "", 0, f"{_missing(missing)}, at the end of the journal")


def _missing(positions: range) -> str:
    if len(positions) == 1:
        return f"position {positions[0]} is missing"
    return f"positions {positions[0]} to {positions[-1]} are missing"


def _broken_commit(expected: Commit | None, commit: Commit | None) -> Iterator[Finding]:
    if expected is None and (commit is None or commit.index == 0):
        return
    if expected == commit:
        return
    named = expected or commit
    assert named is not None
    what = f"its update wrote {named.count} events together, and they do not stand together"
    yield Finding(0, named.stream, named.version, what)


def _faults(succession: Succession) -> Iterator[Finding]:
    row, before = succession.row, succession.before

    def found(what: str) -> Finding:
        return Finding(row.position, row.originator_id, row.originator_version, what)

    if before is None and row.originator_version != 1:
        yield found(f"version {row.originator_version - 1} before it is missing")
    if before is not None:
        if row.at < before.at:
            yield found("its instant is before that of the version before it")
        if row.account != before.account:
            yield found("its account is not that of the version before it")
        if row.position < before.position:
            yield found("it stands before the version before it")
    if len(row.salt) not in (0, SALT_BYTES):
        yield found(f"its salt is not of {SALT_BYTES} bytes")
    if row.salt and hashlib.sha256(row.salt + row.state).digest() != row.payload_hash:
        yield found("its payload is not what was written: the hash differs")
    if chain_hash(row, before.chain_hash if before else bytes(32)) != row.chain_hash:
        yield found("its row is not what was written: the chain of hashes breaks here")
    yield from map(found, _undecodable(row))


def _undecodable(row: StoredRow) -> Iterator[str]:
    try:
        recorded = decode(row)
    except UndecodableStreamError as error:
        yield f"it cannot be read by this program: {type(error.__cause__).__name__}"
    else:
        if isinstance(recorded.event, TicketOpened) and recorded.event.account != row.account:
            yield "its account is not that of the ticket it opens"
