"""The web application: Litestar with our addresses, inside what every request goes through."""

import re
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from litestar import Litestar
from litestar.datastructures import State

from ticketservice.logs import REQUEST_ID, AccessLog
from ticketservice.service import Service
from ticketservice.web.documentation import DOCUMENTATION_ADDRESSES
from ticketservice.web.events import EVENT_ADDRESSES
from ticketservice.web.finding import FINDING_ADDRESSES
from ticketservice.web.metrics import Metrics, read_metrics
from ticketservice.web.observing import Asgi, Observed
from ticketservice.web.operations import OPERATIONS_ADDRESSES
from ticketservice.web.problems import EXCEPTION_HANDLERS
from ticketservice.web.public import PUBLIC_ADDRESSES
from ticketservice.web.tickets import TICKET_ADDRESSES

ADDRESSES = [
    *FINDING_ADDRESSES,
    *TICKET_ADDRESSES,
    *EVENT_ADDRESSES,
    *PUBLIC_ADDRESSES,
    *OPERATIONS_ADDRESSES,
    *DOCUMENTATION_ADDRESSES,
    read_metrics,
]
MOST_BODY_BYTES = 2**20

_request_id = re.compile(r"[!-~]{1,128}").fullmatch


def create_app(service: Service, access_log: AccessLog | None = None) -> Asgi:
    """Make the application that answers for a service; `access_log` is told of every request."""
    metrics = Metrics(service)
    app = Litestar(
        ADDRESSES,
        state=State({"service": service, "describe": describe, "metrics": metrics}),
        on_startup=[service.runner.start],
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=MOST_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )
    times = metrics.request_times if service.metrics else None
    seen = app if times is None and access_log is None else Observed(app, times, access_log)
    return with_request_ids(with_head(seen), service)


@cache
def describe() -> dict[str, Any]:
    """Describe the API in OpenAPI 3.1, when it is first asked for: no start waits for it."""
    from ticketservice.web.description.document import document

    return document(ADDRESSES, version("ticketdomain"))


def with_request_ids(app: Asgi, service: Service) -> Asgi:
    """Give every request an id, its own if it brings a usable one, and answer with it."""

    async def identified(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        headers = by_name(scope["headers"])
        given = headers.get("x-request-id", "")
        request_id = given if _request_id(given) else service.new_id("req")
        REQUEST_ID.set(request_id)
        noted = {"headers": headers, "request_id": request_id, "method": scope["method"]}
        scope.setdefault("state", {}).update(noted)
        answered = (b"x-request-id", request_id.encode())

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], answered]
            await send(message)

        return await app(scope, receive, answer)

    return identified


def by_name(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Give headers by their name in lower case; several of one name joined (RFC 9110, 5.2)."""
    joined: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def with_head(app: Asgi) -> Asgi:
    """Answer HEAD as GET, without the body, wherever GET is answered."""

    async def headed(scope: Any, receive: Any, send: Any) -> None:
        async def answer(message: Any) -> None:
            if message.get("status") == HTTPStatus.METHOD_NOT_ALLOWED:
                message["headers"] = [_with_head_allowed(*each) for each in message["headers"]]
            elif head and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        head = scope.get("method") == "HEAD"
        await app({**scope, "method": "GET"} if head else scope, receive, answer)

    return headed


def _with_head_allowed(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    return (name, value + b", HEAD") if name == b"allow" and b"GET" in value else (name, value)
