"""Seals: what a journal was at a moment, in a line to be kept elsewhere."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from ticketdomain.journal import MOST_POSITION, Journal
from ticketdomain.journal.reading import BEFORE_ALL

AT_ONCE = 20_000  # rows in a transaction
Stored: TypeAlias = Annotated[int, Meta(ge=-MOST_POSITION, le=MOST_POSITION)]  # as SQLite can


class Seal(Struct, frozen=True, forbid_unknown_fields=True):
    """A journal up to a position, taken at an instant: `count` events, and the SHA-256, in
    hexadecimal, of their chain hashes one after the other, which cover all that was written."""

    position: Stored
    count: Stored
    digest: str
    at: datetime


class Digest:
    """A seal's digest and count, event by event in the order of the journal."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.position = self.count = 0

    def add_all(self, journal: Journal, upto: int) -> None:
        """Add what the journal holds up to a position."""
        while True:
            after = self.position if self.count else BEFORE_ALL
            with journal.reading() as reader:
                hashes = list(reader.hashes(after=after, upto=upto, limit=AT_ONCE))
            if not hashes:
                return
            for position, chain_hash in hashes:
                self._add(position, chain_hash)

    def _add(self, position: int, chain_hash: object) -> None:
        self._hash.update(chain_hash if isinstance(chain_hash, bytes) else b"no hash")
        self.position = position
        self.count += 1

    def seal(self, at: datetime) -> Seal:
        return Seal(self.position, self.count, self._hash.hexdigest(), at)


def seal(journal: Journal, at: datetime, upto: int = MOST_POSITION) -> Seal:
    """Seal the journal as it now is, or a part of it, up to a position.

    Raises:
        JournalError: it cannot be read.
    """
    digest = Digest()
    digest.add_all(journal, upto)
    return digest.seal(at)


def broken(kept: Seal, found: Seal, newest: int) -> Iterator[str]:
    """Say how what was found up to a seal's position differs from what was sealed."""
    if newest < kept.position:
        missing = f"{newest + 1} to {kept.position}"
        yield f"the journal ends at {newest}, events {missing} that were sealed are missing"
    elif (found.count, found.digest) != (kept.count, kept.digest):
        yield f"the events up to {kept.position} are not those that were sealed"
