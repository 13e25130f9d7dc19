"""What can be read of tickets: their state, now and in the past, their history and notes."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from msgspec import Struct

from ticketdomain.errors import TicketNotFoundError
from ticketdomain.events import Actor, Author, NoteAdded, Recorded, ReplyAdded
from ticketdomain.journal import Journal, Reader, decode
from ticketdomain.keys import ApiKey
from ticketdomain.live import Live, StreamState
from ticketdomain.ticket import TICKET
from ticketprojections.history import HistoryEntry, entries
from ticketprojections.public import PUBLIC_TOPICS, PublicEntry, public_entries
from ticketprojections.sla import Sla, SlaMetrics


class Note(Struct, frozen=True):
    """An internal note; `version` is the ticket's after it."""

    version: int
    at: datetime
    by: Actor | None
    body: str


class Reply(Struct, frozen=True):
    """What an agent or the customer said; `version` is the ticket's after it."""

    version: int
    at: datetime
    by: Actor | None
    author: Author
    body: str


class Tickets:
    """Reads one ticket at a time. Whoever asks has made sure with `find` that they may see it."""

    def __init__(self, journal: Journal, live: Live, sla: Sla) -> None:
        self._journal = journal
        self._live = live
        self._sla = sla

    def find(self, key: ApiKey, ticket_id: str) -> None:
        """Make sure that a key may see a ticket: account and requester never change.

        Raises:
            TicketNotFoundError: there is none, or it is another account's or requester's.
        """
        if not ticket_id.startswith("ticket_"):  # another kind of stream
            raise TicketNotFoundError
        state = self._live.warm(ticket_id) or self.newest(ticket_id)
        ticket = state.of(TICKET)
        if ticket is None or ticket.account != key.account:
            raise TicketNotFoundError
        if key.requester is not None and ticket.requester_id != key.requester:
            raise TicketNotFoundError

    def newest(self, ticket_id: str) -> StreamState:
        """Give the ticket as everything committed so far, by any process, has left it."""
        with self._journal.reading() as reader:
            return self._live.newest(reader, ticket_id)

    def at_version(self, ticket_id: str, version: int) -> StreamState:
        """Give the ticket as it was.

        Raises:
            TicketNotFoundError: it never had this version.
        """
        with self._journal.reading() as reader:
            return self._at(reader, ticket_id, version)

    def as_of(self, ticket_id: str, instant: datetime) -> StreamState:
        """Give the ticket as it was, with what happened at exactly that instant.

        Raises:
            TicketNotFoundError: it was not there yet.
        """
        with self._journal.reading() as reader:
            return self._at(reader, ticket_id, reader.version_at(ticket_id, instant))

    def _at(self, reader: Reader, ticket_id: str, version: int) -> StreamState:
        state = self._live.at(reader, ticket_id, version)
        if version < 1 or state.head.version != version:
            raise TicketNotFoundError
        return state

    def history(
        self, ticket_id: str, *, after: int, limit: int, as_of: datetime | None = None
    ) -> list[HistoryEntry]:
        """Give up to `limit` updates that follow on the ticket's version `after`."""
        with self._journal.reading() as reader:
            upto = None if as_of is None else reader.version_at(ticket_id, as_of)
            before = self._live.at(reader, ticket_id, after).of(TICKET)
            rows = reader.stream(ticket_id, after=after, upto=upto)
            return list(islice(entries(before, map(decode, rows)), limit))

    def notes(self, ticket_id: str, *, after: int, limit: int) -> list[Note]:
        """Give up to `limit` internal notes of versions over `after`."""
        with self._journal.reading() as reader:
            rows = reader.stream(ticket_id, after=after, topics=("ticket.note_added",))
            return list(islice(_notes(map(decode, rows)), limit))

    def replies(self, ticket_id: str, *, after: int, limit: int) -> list[Reply]:
        """Give up to `limit` replies of versions over `after`."""
        with self._journal.reading() as reader:
            rows = reader.stream(ticket_id, after=after, topics=("ticket.reply_added",))
            return list(islice(_replies(map(decode, rows)), limit))

    def sla(self, ticket_id: str, as_of: datetime | None, now: datetime) -> SlaMetrics | None:
        """Give the SLA metrics as of an instant, else as of now; `None` where no policy matches.

        Raises:
            TicketNotFoundError: the ticket was not there yet.
        """
        if as_of is not None:
            return self._sla.metrics(self.as_of(ticket_id, as_of), as_of)
        stream = self.newest(ticket_id)
        return self._sla.metrics(stream, max(now, stream.head.at or now))  # clocks are set back

    def public_history(self, ticket_id: str, *, skip: int, limit: int) -> list[PublicEntry]:
        """Give up to `limit` public entries after the first `skip`: a count of public entries
        alone, because versions would tell of internal updates between them."""
        with self._journal.reading() as reader:
            rows = reader.stream(ticket_id, topics=PUBLIC_TOPICS)
            return list(islice(public_entries(map(decode, rows)), skip, skip + limit))


def _replies(recorded_events: Iterator[Recorded]) -> Iterator[Reply]:
    for recorded in recorded_events:
        if isinstance(recorded.event, ReplyAdded):
            body, author = recorded.event.body, recorded.event.author
            yield Reply(recorded.version, recorded.at, recorded.by, author, body)


def _notes(recorded_events: Iterator[Recorded]) -> Iterator[Note]:
    for recorded in recorded_events:
        if isinstance(recorded.event, NoteAdded):
            yield Note(recorded.version, recorded.at, recorded.by, recorded.event.body)
