"""What is noted of every request once it is answered: its time, and its line in the log."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, TypeAlias

from ticketdomain.measures import SECONDS, Distribution
from ticketservice.logs import AccessLine, AccessLog

# As ASGI has them; Litestar's own types know no other method than the one that came.
Asgi: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]
# By method, route and status.
RequestTimes: TypeAlias = dict[tuple[str, str, int], Distribution]

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
GONE = 499  # nothing was answered, because the client had gone; nginx made the number known
FAILED = 500  # nothing was answered: the server does


class Observed:
    """An application of which every request is noted."""

    def __init__(self, app: Asgi, times: RequestTimes | None, log: AccessLog | None) -> None:
        self._app = app
        self._times = times
        self._log = log

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status: int | None = None

        async def hear() -> Any:
            nonlocal status
            message = await receive()
            if message["type"] == "http.disconnect":
                status = status or GONE
            return message

        async def answer(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = status or message["status"]
            await send(message)

        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began = perf_counter()
        try:
            await self._app(scope, hear, answer)
        finally:
            self._note(scope, status or FAILED, perf_counter() - began)

    def _note(self, scope: Any, status: int, seconds: float) -> None:
        state = scope["state"]
        method = state["method"] if state["method"] in METHODS else "other"
        route = scope.get("path_template", "unknown")
        if self._times is not None:
            if (times := self._times.get((method, route, status))) is None:
                times = self._times[method, route, status] = Distribution(SECONDS)
            times.add(seconds)
        if self._log is not None:
            line = AccessLine(
                timestamp=datetime.now(UTC),
                request_id=state["request_id"],
                key_id=state.get("key_id"),
                method=method,
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 3),
            )
            self._log.add(line)
