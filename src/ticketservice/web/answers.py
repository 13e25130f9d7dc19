"""What is answered of a ticket, and lists of anything in pages."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import msgspec
from litestar import Response
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct

from ticketdomain.errors import TicketNotFoundError
from ticketdomain.live import StreamState
from ticketdomain.ticket import TICKET
from ticketprojections.sla import Sla, SlaSummary

Item = TypeVar("Item")

_encode = msgspec.json.Encoder().encode


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
    sla: SlaSummary | None


OF_TICKET = tuple(name for name in TicketAnswer.__struct_fields__ if name != "sla")


class Answer(Response[Item]):
    """An answer in JSON, put onto the wire past what Litestar does for cookies, other media types
    and background tasks, of which there are none here: that takes longer than the answer."""

    def to_asgi_response(self, *_: object, status_code: int, **__: object) -> ASGIApp:  # type: ignore[override]  # pyright: ignore
        """Encode; `status_code` is the route's, for an answer that names none."""
        status = self.status_code or status_code
        body = b"" if status == HTTPStatus.NOT_MODIFIED else _encode(self.content)
        headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        if status != HTTPStatus.NOT_MODIFIED:
            headers.append((b"content-type", b"application/json"))
            headers.append((b"content-length", b"%d" % len(body)))

        async def answer(_: Scope, __: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body, "more_body": False})

        return answer


class Page(Struct, Generic[Item], frozen=True):
    """A part of a list; `next` is the cursor of the part that follows, if any."""

    items: Sequence[Item]
    next: str | None


def ticket_answer(state: StreamState, sla: Sla) -> TicketAnswer:
    """Give the ticket of a stream, with its SLA metrics in short.

    Raises:
        TicketNotFoundError: the stream has none.
    """
    if (ticket := state.of(TICKET)) is None:
        raise TicketNotFoundError
    return TicketAnswer(
        **{name: getattr(ticket, name) for name in OF_TICKET}, sla=sla.summary(state)
    )


def page(found: Sequence[Item], limit: int, cursor: Callable[[Item], int]) -> Page[Item]:
    """Make a page of up to `limit` items of what was found when one more was looked for."""
    items = found[:limit]
    return Page(items, str(cursor(items[-1])) if len(found) > limit else None)
