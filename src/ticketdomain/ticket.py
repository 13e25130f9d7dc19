"""The current ticket: the one fold of its events."""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ticketdomain.events import (
    AssigneeChanged,
    CategoryChanged,
    CustomFieldsMerged,
    DescriptionChanged,
    DueDateChanged,
    KeyIssued,
    KeyRevoked,
    NoteAdded,
    PriorityChanged,
    Recorded,
    ReplyAdded,
    SlaPolicyPublished,
    StatusCategory,
    StatusChanged,
    SubjectChanged,
    TagsReplaced,
    TextsRedacted,
    TicketOpened,
)
from ticketdomain.fold import Fold
from ticketdomain.json_values import JsonObject, merge_object


class Ticket(Struct, frozen=True, kw_only=True):
    """A ticket at one version, which is the number of its events.

    `due_date` is a date or an instant in UTC, as `DueDateChanged` writes it.
    """

    id: str
    account: str
    subject: str
    description: str | None
    priority: int
    status: str
    status_category: StatusCategory
    category: str | None
    assigned_to: str | None
    requester_id: str | None
    due_date: str | None
    tags: tuple[str, ...]
    custom_fields: JsonObject
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    version: int


def replay(recorded_events: Iterable[Recorded]) -> Ticket | None:
    """Fold a ticket's events, oldest first; `None` of none."""
    ticket: Ticket | None = None
    for recorded in recorded_events:
        ticket = evolve(ticket, recorded)
    return ticket


def evolve(ticket: Ticket | None, recorded: Recorded) -> Ticket:
    """Give the ticket after one more event."""
    if isinstance(recorded.event, TicketOpened):
        return _opened(recorded.event, recorded)
    if ticket is None:
        msg = f"{recorded.ticket_id} does not begin with its opening"
        raise TypeError(msg)
    return replace(
        ticket, **_changed(ticket, recorded), version=recorded.version, updated_at=recorded.at
    )


def _opened(event: TicketOpened, recorded: Recorded) -> Ticket:
    return Ticket(
        id=recorded.ticket_id,
        account=event.account,
        subject=event.subject,
        description=event.description,
        priority=event.priority,
        status=event.status,
        status_category=event.status_category,
        category=event.category,
        assigned_to=event.assigned_to,
        requester_id=event.requester_id,
        due_date=event.due_date,
        tags=tuple(event.tags),
        custom_fields=event.custom_fields,
        created_at=recorded.at,
        updated_at=recorded.at,
        resolved_at=recorded.at if event.status_category == "resolved" else None,
        closed_at=recorded.at if event.status_category == "closed" else None,
        version=recorded.version,
    )


def _changed(ticket: Ticket, recorded: Recorded) -> dict[str, object]:
    match recorded.event:
        case SubjectChanged(subject):
            return {"subject": subject}
        case DescriptionChanged(description):
            return {"description": description}
        case PriorityChanged(priority):
            return {"priority": priority}
        case StatusChanged(status, category):
            stamps = _end_stamps(ticket, category, recorded.at)
            return {"status": status, "status_category": category, **stamps}
        case CategoryChanged(category):
            return {"category": category}
        case AssigneeChanged(assigned_to):
            return {"assigned_to": assigned_to}
        case DueDateChanged(due_date):
            return {"due_date": due_date}
        case TagsReplaced(tags):
            return {"tags": tuple(tags)}
        case CustomFieldsMerged(patch):
            return {"custom_fields": merge_object(ticket.custom_fields, patch)}
        case NoteAdded() | ReplyAdded() | TextsRedacted():
            return {}
        case TicketOpened() | KeyIssued() | KeyRevoked() | SlaPolicyPublished():
            msg = f"{recorded.event} cannot follow in {recorded.ticket_id}"
            raise TypeError(msg)
        case _:
            assert_never(recorded.event)


def _end_stamps(
    ticket: Ticket, entered: StatusCategory, at: datetime
) -> dict[str, datetime | None]:
    if entered == ticket.status_category:
        return {}
    match entered:
        case "active" | "waiting":
            return {"resolved_at": None, "closed_at": None}
        case "resolved":
            return {"resolved_at": at, "closed_at": None}
        case "closed":
            return {"closed_at": at}
        case _:
            assert_never(entered)


TICKET = Fold("ticket", 1, Ticket, evolve)
