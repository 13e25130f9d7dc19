"""The change feed: an account's events, in the order of the journal, none missed and none twice.

Positions are given and committed under the journal's write lock, one transaction after the other:
so nothing can ever appear below a position that was seen.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from ticketdomain.errors import TicketNotFoundError, UndecodableStreamError
from ticketdomain.events import Actor, NoteAdded
from ticketdomain.journal import Journal, Sought, StoredRow, decode
from ticketdomain.keys import ApiKey
from ticketservice.tickets import Tickets

# Positions that one page looks through when it seeks some events only: then it ends, and tells
# from where to go on.
MOST_POSITIONS = 50_000


class FeedEvent(Struct, frozen=True, kw_only=True):
    """An event of a ticket. `data` are the fields of its type, as in the domain; a note's `body` is
    `null` for a key that may not read tickets, and all of `data` for what cannot be read."""

    position: int
    ticket_id: str
    version: int
    type: str
    at: datetime
    by: Actor | None
    request_id: str | None
    data: dict[str, Any] | None


class FeedPage(Struct, frozen=True):
    """Some events; `next` is the position to go on from, whether there were any or not."""

    items: Sequence[FeedEvent]
    next: int


class Feed:
    """Reads an account's events for a key of it."""

    def __init__(self, journal: Journal, tickets: Tickets) -> None:
        self._journal = journal
        self._tickets = tickets

    def newest(self) -> int:
        """Give the journal's newest position."""
        with self._journal.reading() as reader:
            return reader.position()

    def page(self, key: ApiKey, sought: Sought, *, after: int, limit: int) -> FeedPage:
        """Give up to `limit` events at positions over `after`."""
        with self._journal.reading() as reader:
            upto = reader.position()
            if sought.narrow:
                upto = min(upto, after + MOST_POSITIONS)
            rows = list(reader.account(key.account, sought, after=after, upto=upto, limit=limit))
        reached = rows[-1].position if len(rows) == limit else max(after, upto)
        return FeedPage(list(self._events(key, rows)), reached)

    def _events(self, key: ApiKey, rows: Sequence[StoredRow]) -> Iterator[FeedEvent]:
        for row in rows:
            if key.requester is None or self._shown(key, row.originator_id):
                yield _event(key, row)

    def _shown(self, key: ApiKey, ticket_id: str) -> bool:
        try:
            self._tickets.find(key, ticket_id)
        except (TicketNotFoundError, UndecodableStreamError):
            return False
        return True


def _event(key: ApiKey, row: StoredRow) -> FeedEvent:
    return FeedEvent(
        position=row.position,
        ticket_id=row.originator_id,
        version=row.originator_version,
        type=row.topic,
        at=datetime.fromisoformat(row.at),
        by=Actor(row.key_id, row.on_behalf_of) if row.key_id else None,
        request_id=row.request_id,
        data=_data(key, row),
    )


def _data(key: ApiKey, row: StoredRow) -> dict[str, Any] | None:
    try:
        event = decode(row).event
    except UndecodableStreamError:  # whoever follows must get past it
        return None
    if isinstance(event, NoteAdded) and "tickets:read" not in key.scopes:
        return {"body": None}
    return asdict(event)
