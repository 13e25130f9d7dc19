"""A request as a change for the desk, and what came of it as an answer."""

from asyncio import to_thread
from collections.abc import Callable
from http import HTTPStatus

from msgspec.structs import replace

from ticketdomain.change import Change, Outcome
from ticketdomain.decide import TicketCommand
from ticketdomain.errors import VersionMismatchError
from ticketdomain.json_values import Json
from ticketdomain.keys import ApiKey
from ticketservice.service import Service
from ticketservice.tickets import Tickets
from ticketservice.web.answers import Answer, TicketAnswer, ticket_answer
from ticketservice.web.conditions import etag, idempotency_key, if_match
from ticketservice.web.parameters import Parameters
from ticketservice.web.problems import ProblemError, version_mismatch
from ticketservice.web.requests import Request, acting, service_of

MOST_CHANGES = 200  # history entries that a failed precondition tells

ReadCommand = Callable[[Json], TicketCommand]


def read_change(
    request: Request,
    key: ApiKey,
    body: Json,
    read: ReadCommand,
    address: str,
    ticket_id: str | None = None,
) -> Change:
    """Make a change of a request: of a ticket, or the opening of a new one.

    `address` is where a retry with the same idempotency key is recognized.

    Raises:
        ProblemError: 400, a header is malformed; 422, a parameter is.
        InvalidCommandError: the body is no such command.
    """
    return Change(
        stream=ticket_id or service_of(request).new_id("ticket"),
        account=key.account,
        by=acting(request, key),
        request_id=request.scope["state"]["request_id"],
        versions=if_match(request) if ticket_id else None,
        idempotency=idempotency_key(request, address, body),
        dry_run=Parameters(request, "dry_run").flag("dry_run"),
        command=read(body),
    )


def answer_opening(service: Service, change: Change, outcome: Outcome) -> Answer[TicketAnswer]:
    """Tell of a ticket that was opened, or would be."""
    answer = ticket_answer(outcome.state, service.sla)
    if change.dry_run:
        return Answer(replace(answer, id=None), status_code=200)
    headers = {"Location": f"/v1/tickets/{answer.id}", **_headers(outcome)}
    return Answer(answer, status_code=201, headers=headers)


def answer_update(
    service: Service, change: Change, outcome: Outcome, status: int = HTTPStatus.OK
) -> Answer[TicketAnswer]:
    """Tell of a ticket that was updated, or would be."""
    answer = ticket_answer(outcome.state, service.sla)
    if change.dry_run:
        return Answer(answer, status_code=HTTPStatus.OK)
    return Answer(answer, status_code=status, headers=_headers(outcome))


def _headers(outcome: Outcome) -> dict[str, str]:
    head = outcome.state.head
    headers = {"ETag": etag(head.version), "Journal-Position": str(head.position)}
    return {**headers, "Idempotency-Replayed": "true"} if outcome.replayed else headers


async def stale(
    tickets: Tickets, key: ApiKey, change: Change, error: VersionMismatchError
) -> ProblemError:
    """Tell a caller whose `If-Match` did not hold what has changed meanwhile."""
    problem = version_mismatch(error)
    if "tickets:read" in key.scopes and change.versions:
        problem.members["changes"] = await to_thread(
            tickets.history, change.stream, after=max(change.versions), limit=MOST_CHANGES
        )
    return problem
