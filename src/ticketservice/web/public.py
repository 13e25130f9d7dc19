"""The addresses that a customer's own pages are made of."""

import hashlib
from asyncio import to_thread

import msgspec
from litestar import get
from litestar.params import FromPath

from ticketdomain.errors import TicketNotFoundError
from ticketdomain.ticket import TICKET
from ticketprojections.public import PUBLIC, PublicEntry, PublicTicket, public_ticket
from ticketservice.web.answers import Answer, Page, page
from ticketservice.web.conditions import none_match
from ticketservice.web.description import READING, TAGGED, described
from ticketservice.web.parameters import Parameters
from ticketservice.web.requests import Request, admit_to


@get(
    "/v1/public/tickets/{ticket_id:str}",
    api=described(needs="public:read", tag="Customers", headers=READING, tells=TAGGED),
)
async def read_public_ticket(
    request: Request, ticket_id: FromPath[str]
) -> Answer[PublicTicket | None]:
    """Read a ticket as the customer may see it."""
    service = admit_to(request, "public:read", ticket_id)
    Parameters(request)
    state = service.tickets.newest(ticket_id)
    ticket, side = state.of(TICKET), state.of(PUBLIC)
    if ticket is None or side is None:
        raise TicketNotFoundError
    return _tagged(request, public_ticket(ticket, side))


def _tagged(request: Request, answer: PublicTicket) -> Answer[PublicTicket | None]:
    """Tag the answer with a hash of itself: a version would tell of internal updates."""
    body = msgspec.json.encode(answer)
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
    if none_match(request, headers["ETag"]):
        return Answer(None, status_code=304, headers=headers)
    return Answer(answer, headers=headers)


@get(
    "/v1/public/tickets/{ticket_id:str}/history",
    api=described("limit", "cursor", needs="public:read", tag="Customers"),
)
async def read_public_history(request: Request, ticket_id: FromPath[str]) -> Page[PublicEntry]:
    """Read the changes that the customer may see, oldest first."""
    service = admit_to(request, "public:read", ticket_id)
    given = Parameters(request, "limit", "cursor")
    skip, limit = given.cursor(), given.limit()
    found = await to_thread(service.tickets.public_history, ticket_id, skip=skip, limit=limit + 1)
    return page(found, limit, lambda _: skip + limit)


PUBLIC_ADDRESSES = [read_public_ticket, read_public_history]
