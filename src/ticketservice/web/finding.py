"""The address that finds tickets, among all of an account."""

from collections.abc import Sequence
from functools import partial

from litestar import get
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from ticketprojections.tickets.cursor import MalformedCursorError, OtherQueryError
from ticketprojections.tickets.filters import TicketQuery
from ticketprojections.tickets.query import count, find, in_use
from ticketprojections.views.generations import View
from ticketservice.web.answers import Answer, TicketAnswer
from ticketservice.web.description import FINDING, LISTED, described
from ticketservice.web.parameters import Parameters
from ticketservice.web.problems import ParameterFault, invalid
from ticketservice.web.requests import Request, acting, admit, service_of
from ticketservice.web.waiting import least_position, when_at
from ticketservice.web.wishes import PARAMETERS, REPEATED, read_query


class TicketPage(Struct, frozen=True, omit_defaults=True):
    """A page of tickets; `total` is how many all pages have, if that was asked for."""

    items: Sequence[TicketAnswer]
    next: str | None
    total: int | UnsetType = UNSET


@get(
    "/v1/tickets",
    api=described(*PARAMETERS, needs="tickets:read", headers=FINDING, tells=LISTED),
)
async def list_tickets(request: Request) -> Answer[TicketPage]:
    """Find tickets: by what they have, and by their words."""
    key, service = admit(request, "tickets:read"), service_of(request)
    acting(request, key)
    position = least_position(request)
    given = Parameters(request, *PARAMETERS, repeated=REPEATED)
    query, total = read_query(given, key, service.clock()), given.flag("total")
    answer = partial(_answer, query=query, total=total, statuses=tuple(service.workflow.statuses))
    return await when_at(service.projector.views, "tickets", position, answer)


def _answer(
    view: View, position: int, *, query: TicketQuery, total: bool, statuses: tuple[str, ...]
) -> Answer[TicketPage]:
    _check_statuses(view, query, statuses)
    try:
        found = find(view, query)
    except (MalformedCursorError, OtherQueryError) as error:
        raise invalid([_fault_of(error)]) from error
    items = [TicketAnswer(**asdict(ticket)) for ticket in found.tickets]
    page = TicketPage(items, found.next, count(view, query) if total else UNSET)
    return Answer(page, headers={"Journal-Position": str(position)})


def _check_statuses(view: View, query: TicketQuery, statuses: tuple[str, ...]) -> None:
    """Refuse statuses that are none. One that the workflow knows no more can still be asked for
    as long as a ticket has it."""
    for status in query.status:
        if status not in statuses and not in_use(view, query.account, status):
            detail = f"must be one of {', '.join(statuses)}"
            raise invalid([ParameterFault("status", "not_allowed", detail, statuses)])


def _fault_of(error: MalformedCursorError | OtherQueryError) -> ParameterFault:
    match error:
        case MalformedCursorError():
            return ParameterFault("cursor", "bad_format", "must be the next of another page")
        case OtherQueryError():
            detail = "is of another query: only limit and total may change from page to page"
            return ParameterFault("cursor", "conflict", detail)


FINDING_ADDRESSES = [list_tickets]
