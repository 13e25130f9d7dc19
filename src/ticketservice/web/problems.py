"""Errors as `application/problem+json` (RFC 9457): the one place where they meet HTTP."""

import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from ticketdomain.errors import (
    Fault,
    IdempotencyKeyReusedError,
    InvalidCommandError,
    JournalError,
    JournalRefusedError,
    JournalUnavailableError,
    KeyNotFoundError,
    OutcomeUnknownError,
    ReadModelDamagedError,
    ReadModelError,
    ReadModelMissingError,
    RefusedByStateError,
    TicketDomainError,
    TicketNotFoundError,
    UndecodableStreamError,
    VersionMismatchError,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY = {"Retry-After": "1"}  # seconds

# As RFC 9110 (15.5) has them; in Python only from 3.13 on.
TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
DETAILS = {  # of what Litestar refuses
    404: "there is no such address",
    405: "this address knows no such method",
    413: "the body is over 1 MiB",
}


class ParameterFault(Struct, frozen=True, omit_defaults=True):
    """One thing wrong with a query parameter."""

    parameter: str
    code: str
    detail: str
    allowed: tuple[str, ...] | None = None


class HeaderFault(Struct, frozen=True):
    """One thing wrong with a header."""

    header: str
    code: str
    detail: str


class ProblemError(Exception):
    """An answer that is an error; `members` are added to the problem's own."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members


def title(status: int) -> str:
    """Give what a status is called."""
    return TITLES.get(status) or HTTPStatus(status).phrase


def unauthorized() -> ProblemError:
    """The one answer to every key that is missing, malformed, unknown, expired or revoked."""
    headers = {"WWW-Authenticate": "Bearer"}
    return ProblemError(401, "unauthorized", "a valid API key is needed", headers=headers)


def insufficient_scope(scope: str) -> ProblemError:
    detail = f"insufficient_scope: the API key lacks the scope {scope}"
    return ProblemError(403, "insufficient_scope", detail, scope=scope)


def bad_header(header: str, detail: str) -> ProblemError:
    errors = [HeaderFault(header, "bad_format", detail)]
    return ProblemError(400, "bad_header", f"{header} {detail}", errors=errors)


def invalid(faults: Sequence[Fault | ParameterFault]) -> ProblemError:
    first = faults[0]
    place = first.pointer if isinstance(first, Fault) else first.parameter
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    detail = f"{place or 'the body'} {first.detail}{more}"
    return ProblemError(422, "invalid", detail, errors=faults)


def not_found(_: TicketDomainError) -> ProblemError:
    return ProblemError(404, "not_found", "there is no such ticket")


def version_mismatch(error: VersionMismatchError) -> ProblemError:
    return ProblemError(412, "version_mismatch", str(error), current_version=error.current_version)


def key_reused(_: IdempotencyKeyReusedError) -> ProblemError:
    detail = "this Idempotency-Key was used with another request body"
    errors = [HeaderFault("Idempotency-Key", "idempotency_key_reused", detail)]
    return ProblemError(422, "idempotency_key_reused", detail, errors=errors)


def undecodable(error: UndecodableStreamError) -> ProblemError:
    log.error("undecodable: %s, event %d", error.stream, error.version, exc_info=error)
    return ProblemError(500, "undecodable_stream", "what is stored here cannot be read")


def unavailable(_: JournalError) -> ProblemError:
    detail = "storage cannot be used now, nothing was written"
    return ProblemError(503, "unavailable", detail, headers=RETRY)


def damaged(_: ReadModelDamagedError) -> ProblemError:
    detail = "the read models are being made anew"
    return ProblemError(503, "unavailable", detail, headers=RETRY)


def behind(error: ReadModelError) -> ProblemError:
    return ProblemError(503, "unavailable", str(error), headers=RETRY)


def not_ready(checks: Mapping[str, str]) -> ProblemError:
    failed = ", ".join(name for name, state in checks.items() if state == "failed")
    return ProblemError(503, "unavailable", f"failed: {failed}", headers=RETRY, checks=checks)


def outcome_unknown(_: OutcomeUnknownError) -> ProblemError:
    detail = (
        "storage failed while committing: the outcome is unknown, the change may or may not be"
        " there. An Idempotency-Key makes a retry safe"
    )
    return ProblemError(503, "outcome_unknown", detail, headers=RETRY)


PROBLEMS: dict[type[TicketDomainError], Callable[[Any], ProblemError]] = {
    InvalidCommandError: lambda error: invalid(error.faults),
    RefusedByStateError: lambda error: invalid(error.faults),
    TicketNotFoundError: not_found,
    KeyNotFoundError: not_found,
    VersionMismatchError: version_mismatch,
    IdempotencyKeyReusedError: key_reused,
    UndecodableStreamError: undecodable,
    ReadModelError: behind,
    ReadModelMissingError: behind,
    ReadModelDamagedError: damaged,
    JournalRefusedError: unavailable,
    JournalUnavailableError: unavailable,
    OutcomeUnknownError: outcome_unknown,
}


def answer_problem(request: Request[Any, Any, Any], error: ProblemError) -> Response[Any]:
    """Write a problem, with the request it is about."""
    content = {
        "type": f"urn:ticketdomain:problem:{error.code}",
        "title": title(error.status),
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "instance": request.scope["path"],
        "request_id": request.scope["state"]["request_id"],
        **error.members,
    }
    return Response(content, status_code=error.status, media_type=MEDIA_TYPE, headers=error.headers)


def answer_refusal(request: Request[Any, Any, Any], error: TicketDomainError) -> Response[Any]:
    """Answer whatever the domain refuses."""
    return answer_problem(request, PROBLEMS[type(error)](error))


def answer_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what Litestar itself refuses: unknown addresses, methods, bodies over the limit."""
    phrase = title(error.status_code)
    code = phrase.lower().replace(" ", "_")
    detail = DETAILS.get(error.status_code, phrase.lower())
    return answer_problem(
        request, ProblemError(error.status_code, code, detail, headers=error.headers)
    )


def answer_failure(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer a fault of ours; what it was stays in the log."""
    log.error("request %s failed", request.scope["state"]["request_id"], exc_info=error)
    return answer_problem(request, ProblemError(500, "internal", "the service has failed"))


Handler: TypeAlias = Callable[[Request[Any, Any, Any], Any], Response[Any]]

EXCEPTION_HANDLERS: dict[int | type[Exception], Handler] = {
    ProblemError: answer_problem,
    TicketDomainError: answer_refusal,
    HTTPException: answer_http_error,
    Exception: answer_failure,
}
