"""What is answered of a ticket, and lists of anything in pages."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from ticketdomain.errors import TicketNotFoundError
from ticketdomain.live import StreamState
from ticketdomain.ticket import TICKET

Item = TypeVar("Item")


class TicketAnswer(Struct, frozen=True, kw_only=True):
    """A ticket as agents see it; `id` is `null` in a dry run of an opening."""

    id: str | None
    subject: str
    description: str | None
    priority: int
    status: str
    category: str | None
    assigned_to: str | None
    requester_id: str | None
    due_date: str | None
    tags: tuple[str, ...]
    custom_fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    version: int


class Page(Struct, Generic[Item], frozen=True):
    """A part of a list; `next` is the cursor of the part that follows, if any."""

    items: Sequence[Item]
    next: str | None


def ticket_answer(state: StreamState) -> TicketAnswer:
    """Give the ticket of a stream.

    Raises:
        TicketNotFoundError: the stream has none.
    """
    if (ticket := state.of(TICKET)) is None:
        raise TicketNotFoundError
    return msgspec.convert(ticket, TicketAnswer, from_attributes=True)


def page(found: Sequence[Item], limit: int, cursor: Callable[[Item], int]) -> Page[Item]:
    """Make a page of up to `limit` items of what was found when one more was looked for."""
    items = found[:limit]
    return Page(items, str(cursor(items[-1])) if len(found) > limit else None)
