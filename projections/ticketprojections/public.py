"""The customer's view: built from an allow-list, so that nothing new is shown by accident."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from ticketdomain.events import (
    Author,
    DescriptionChanged,
    DueDateChanged,
    PriorityChanged,
    Recorded,
    ReplyAdded,
    StatusChanged,
    SubjectChanged,
    TicketOpened,
)
from ticketdomain.fold import Fold
from ticketdomain.ticket import Ticket
from ticketprojections.history import FieldChange, entries

NEWEST_REPLIES = 50

PUBLIC_EVENTS = (
    TicketOpened,
    SubjectChanged,
    DescriptionChanged,
    PriorityChanged,
    StatusChanged,
    DueDateChanged,
    ReplyAdded,
)
# As storage names them, to read no other.
PUBLIC_TOPICS = tuple(str(each.__struct_config__.tag) for each in PUBLIC_EVENTS)
PUBLIC_FIELDS = frozenset({"subject", "description", "priority", "status", "due_date", "reply"})


class Reply(Struct, frozen=True):
    at: datetime
    author: Author
    body: str


class PublicSide(Struct, frozen=True):
    """What the customer's view needs beside the ticket: the newest replies, oldest first."""

    updated_at: datetime
    replies: tuple[Reply, ...] = ()


def evolve_public_side(side: PublicSide | None, recorded: Recorded) -> PublicSide:
    """Give what the customer may see after one more event: the same after an internal one."""
    event = recorded.event
    if side is None:
        return PublicSide(recorded.at)
    if isinstance(event, ReplyAdded):
        reply = Reply(recorded.at, event.author, event.body)
        return PublicSide(recorded.at, (*side.replies, reply)[-NEWEST_REPLIES:])
    return PublicSide(recorded.at, side.replies) if isinstance(event, PUBLIC_EVENTS) else side


PUBLIC = Fold("public", 1, PublicSide, evolve_public_side)


class PublicTicket(Struct, frozen=True, kw_only=True):
    """All that a customer sees of a ticket; `updated_at` is the newest public change."""

    id: str
    subject: str
    description: str | None
    status: str
    priority: int
    due_date: str | None
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    replies: tuple[Reply, ...]


class PublicEntry(Struct, frozen=True):
    """One update, as far as the customer may see it."""

    at: datetime
    changes: tuple[FieldChange, ...]


def public_ticket(ticket: Ticket, side: PublicSide) -> PublicTicket:
    return PublicTicket(
        id=ticket.id,
        subject=ticket.subject,
        description=ticket.description,
        status=ticket.status,
        priority=ticket.priority,
        due_date=ticket.due_date,
        created_at=ticket.created_at,
        updated_at=side.updated_at,
        resolved_at=ticket.resolved_at,
        closed_at=ticket.closed_at,
        replies=side.replies,
    )


def public_entries(recorded_events: Iterable[Recorded]) -> Iterator[PublicEntry]:
    """Tell a ticket's history from its opening on, without what is internal."""
    public = (each for each in recorded_events if isinstance(each.event, PUBLIC_EVENTS))
    for entry in entries(None, public):
        changes = tuple(change for change in entry.changes if change.field in PUBLIC_FIELDS)
        yield PublicEntry(entry.at, changes)
