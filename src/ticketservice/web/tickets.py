"""The addresses of tickets, for agents."""

from asyncio import to_thread
from functools import partial
from http import HTTPStatus

from litestar import get, patch, post, put
from litestar.params import FromPath

from ticketdomain.commands import read_add_reply, read_open_ticket, read_update_ticket
from ticketdomain.errors import VersionMismatchError
from ticketdomain.live import StreamState
from ticketprojections.history import HistoryEntry
from ticketprojections.sla import SlaMetrics
from ticketservice.tickets import Note, Reply, Tickets
from ticketservice.web.answers import Answer, Page, TicketAnswer, page, ticket_answer
from ticketservice.web.changes import (
    ReadCommand,
    answer_opening,
    answer_update,
    read_change,
    stale,
)
from ticketservice.web.conditions import etag, none_match
from ticketservice.web.description import (
    CHANGING,
    OPENING,
    PATCHING,
    PUTTING,
    READING,
    REPLYING,
    TAGGED,
    WRITING,
    WRITTEN,
    described,
)
from ticketservice.web.parameters import Parameters
from ticketservice.web.requests import Request, admit, admit_to, read_json, service_of

TICKET = "/v1/tickets/{ticket_id:str}"


@post(
    "/v1/tickets",
    api=described(
        "dry_run",
        needs="tickets:write",
        headers=WRITING,
        body=OPENING,
        status=201,
        tells=("Location", *WRITTEN),
    ),
)
async def open_ticket(request: Request) -> Answer[TicketAnswer]:
    """Open a ticket."""
    key, service = admit(request, "tickets:write"), service_of(request)
    body = await read_json(request)
    read = partial(read_open_ticket, account=key.account, workflow=service.workflow)
    change = read_change(request, key, body, read, "tickets")
    return answer_opening(service, change, await service.desk.ask(change))


@put(
    "/v1/tickets/{ticket_id:str}",
    api=described("dry_run", needs="tickets:write", headers=CHANGING, body=PUTTING, tells=WRITTEN),
)
async def update_ticket(request: Request, ticket_id: FromPath[str]) -> Answer[TicketAnswer]:
    """Update a ticket: only the fields in the body change."""
    return await _update(request, ticket_id)


@patch(
    "/v1/tickets/{ticket_id:str}",
    api=described("dry_run", needs="tickets:write", headers=CHANGING, body=PATCHING, tells=WRITTEN),
)
async def patch_ticket(request: Request, ticket_id: FromPath[str]) -> Answer[TicketAnswer]:
    """Update a ticket, as PUT does."""
    return await _update(request, ticket_id, "application/merge-patch+json")


async def _update(request: Request, ticket_id: str, *also: str) -> Answer[TicketAnswer]:
    read = partial(read_update_ticket, workflow=service_of(request).workflow)
    return await _change(request, ticket_id, ticket_id, read, *also)


@post(
    f"{TICKET}/replies",
    api=described(
        "dry_run",
        needs="tickets:write",
        headers=CHANGING,
        body=REPLYING,
        status=201,
        tells=WRITTEN,
    ),
)
async def add_reply(request: Request, ticket_id: FromPath[str]) -> Answer[TicketAnswer]:
    """Add a reply: a customer's puts a waiting ticket back to work and reopens a resolved one."""
    address = f"{ticket_id}/replies"
    return await _change(request, ticket_id, address, read_add_reply, status=HTTPStatus.CREATED)


async def _change(
    request: Request,
    ticket_id: str,
    address: str,
    read: ReadCommand,
    *also: str,
    status: int = HTTPStatus.OK,
) -> Answer[TicketAnswer]:
    key, service = admit(request, "tickets:write"), service_of(request)
    service.tickets.find(key, ticket_id)
    body = await read_json(request, *also)
    change = read_change(request, key, body, read, address, ticket_id)
    try:
        return answer_update(service, change, await service.desk.ask(change), status)
    except VersionMismatchError as error:
        raise await stale(service.tickets, key, change, error) from error


@get(
    TICKET,
    api=described("version", "as_of", needs="tickets:read", headers=READING, tells=TAGGED),
)
async def read_ticket(request: Request, ticket_id: FromPath[str]) -> Answer[TicketAnswer | None]:
    """Read a ticket, now, at a version, or as of an instant."""
    service = admit_to(request, "tickets:read", ticket_id)
    state = await _asked_for(service.tickets, ticket_id, Parameters(request, "version", "as_of"))
    headers = {"ETag": etag(state.head.version)}
    if none_match(request, headers["ETag"]):
        return Answer(None, status_code=304, headers=headers)
    return Answer(ticket_answer(state, service.sla), headers=headers)


async def _asked_for(tickets: Tickets, ticket_id: str, parameters: Parameters) -> StreamState:
    parameters.exclude("version", "as_of")
    version, as_of = parameters.integer("version"), parameters.moment("as_of")
    if version is not None:
        return await to_thread(tickets.at_version, ticket_id, version)
    if as_of is not None:
        return await to_thread(tickets.as_of, ticket_id, as_of)
    return tickets.newest(ticket_id)


@get(f"{TICKET}/history", api=described("limit", "cursor", "as_of", needs="tickets:read"))
async def read_history(request: Request, ticket_id: FromPath[str]) -> Page[HistoryEntry]:
    """Read what every update has changed, oldest first."""
    service = admit_to(request, "tickets:read", ticket_id)
    given = Parameters(request, "limit", "cursor", "as_of")
    as_of, after, limit = given.moment("as_of"), given.cursor(), given.limit()
    found = await to_thread(
        service.tickets.history, ticket_id, after=after, limit=limit + 1, as_of=as_of
    )
    return page(found, limit, lambda last: last.version)


@get(f"{TICKET}/notes", api=described("limit", "cursor", needs="tickets:read"))
async def read_notes(request: Request, ticket_id: FromPath[str]) -> Page[Note]:
    """Read the internal notes, oldest first."""
    service = admit_to(request, "tickets:read", ticket_id)
    given = Parameters(request, "limit", "cursor")
    after, limit = given.cursor(), given.limit()
    found = await to_thread(service.tickets.notes, ticket_id, after=after, limit=limit + 1)
    return page(found, limit, lambda last: last.version)


@get(f"{TICKET}/replies", api=described("limit", "cursor", needs="tickets:read"))
async def read_replies(request: Request, ticket_id: FromPath[str]) -> Page[Reply]:
    """Read what customer and agents have said to each other, oldest first."""
    service = admit_to(request, "tickets:read", ticket_id)
    given = Parameters(request, "limit", "cursor")
    after, limit = given.cursor(), given.limit()
    found = await to_thread(service.tickets.replies, ticket_id, after=after, limit=limit + 1)
    return page(found, limit, lambda last: last.version)


@get(f"{TICKET}/sla", api=described("as_of", needs="tickets:read"))
async def read_sla(request: Request, ticket_id: FromPath[str]) -> Answer[SlaMetrics | None]:
    """Read the SLA metrics, now or as of an instant; `null` where no policy matches."""
    service = admit_to(request, "tickets:read", ticket_id)
    as_of = Parameters(request, "as_of").moment("as_of")
    return Answer(await to_thread(service.tickets.sla, ticket_id, as_of, service.clock()))


TICKET_ADDRESSES = [
    open_ticket,
    update_ticket,
    patch_ticket,
    read_ticket,
    read_history,
    read_notes,
    add_reply,
    read_replies,
    read_sla,
]
