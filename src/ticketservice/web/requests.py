"""What a request brings along: who asks, under which id, and its JSON body."""

import re
import sys
from typing import Any, TypeAlias

import litestar
import msgspec

from ticketdomain.events import Actor
from ticketdomain.json_values import Json
from ticketdomain.keys import ApiKey
from ticketservice.service import Service
from ticketservice.web.problems import (
    ProblemError,
    bad_header,
    insufficient_scope,
    unauthorized,
)

Request: TypeAlias = litestar.Request[Any, Any, Any]

MOST_LEVELS = 100
_visible = re.compile(r"[!-~]+").fullmatch
_long_number = re.compile(rb"[0-9]{309}").search  # fewer digits are within a double
_json = msgspec.json.Decoder()


def service_of(request: Request) -> Service:
    """Give the service that the application was made of."""
    service: Service = request.app.state.service
    return service


def header(request: Request, name: str) -> str | None:
    """Give a header's value."""
    headers: dict[str, str] = request.scope["state"]["headers"]
    return headers.get(name.lower())


def admit(request: Request, scope: str | None = None) -> ApiKey:
    """Give the key that the request carries.

    Raises:
        ProblemError: 401 without a valid key, 403 where it lacks the scope.
    """
    scheme, _, secret = (header(request, "Authorization") or "").partition(" ")
    key = service_of(request).keys.find(secret.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        raise unauthorized()
    request.scope["state"]["key_id"] = key.id  # for the log
    if scope is not None and scope not in key.scopes:
        raise insufficient_scope(scope)
    return key


def admit_to(request: Request, scope: str, ticket_id: str) -> Service:
    """Let a key read a ticket.

    Raises:
        ProblemError: as `admit` and `acting` do.
        TicketNotFoundError: there is none for this key.
    """
    service = service_of(request)
    key = admit(request, scope)
    service.tickets.find(key, ticket_id)
    acting(request, key)
    return service


def acting(request: Request, key: ApiKey) -> Actor:
    """Give who acts: the key, for the user that `Acting-User` names, if any.

    Raises:
        ProblemError: 400, this header or `X-Request-Id` is malformed.
    """
    visible_header(request, "X-Request-Id", most=128)
    return Actor(key.id, visible_header(request, "Acting-User", most=128))


def visible_header(request: Request, name: str, *, most: int) -> str | None:
    """Give a header of up to `most` visible ASCII characters, `None` where there is none.

    Raises:
        ProblemError: 400, it is of another form.
    """
    value = header(request, name)
    if value is not None and not (len(value) <= most and _visible(value)):
        raise bad_header(name, f"must be 1 to {most} visible ASCII characters")
    return value


async def read_json(request: Request, *also: str) -> Json:
    """Read a body of JSON, in `application/json` or one of the types in `also`.

    Raises:
        ProblemError: 415 for another type, 400 for malformed JSON, which includes NaN, lone
            surrogates, numbers beyond a double and nesting beyond 100 levels.
        HTTPException: 413, over the application's limit.
    """
    allowed = ("application/json", *also)
    media_type = (header(request, "Content-Type") or "").partition(";")[0].strip().lower()
    if media_type not in allowed:
        detail = f"the body must be {' or '.join(allowed)}"
        raise ProblemError(415, "unsupported_media_type", detail)
    return decode_json(await request.body())


def decode_json(body: bytes) -> Json:
    """Decode strictly; see `read_json`."""
    try:
        value: Json = _json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError(400, "malformed_json", "the body is no JSON") from error
    # Only a body with that many brackets or digits can be over a limit: most need no second look.
    if body.count(b"[") + body.count(b"{") > MOST_LEVELS or _long_number(body):
        _check_limits(value, MOST_LEVELS)
    return value


def _check_limits(value: Json, levels: int) -> None:
    if isinstance(value, dict | list):
        if levels == 0:
            raise ProblemError(400, "malformed_json", f"nested beyond {MOST_LEVELS} levels")
        for inner in value.values() if isinstance(value, dict) else value:
            _check_limits(inner, levels - 1)
    elif isinstance(value, int) and abs(value) > sys.float_info.max:
        raise ProblemError(400, "malformed_json", "a number is beyond a double")
