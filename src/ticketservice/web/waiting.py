"""Reading one's own writes: an answer waits until the read models have come far enough."""

from asyncio import sleep, to_thread
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from ticketdomain.errors import ReadModelError
from ticketprojections.views.file import Views
from ticketprojections.views.generations import View
from ticketservice.web.parameters import is_position
from ticketservice.web.problems import bad_header
from ticketservice.web.requests import Request, header, service_of

MIN_POSITION = "Min-Position"
PATIENCE_SECONDS = 2.0
LOOK_SECONDS = 0.005
QUERY_SECONDS = 5.0  # no query of ours takes so long: it would keep others waiting

Answered = TypeVar("Answered")


def least_position(request: Request) -> int:
    """Give the position that an answer must not be older than: the newest that this process has
    written, or a later one that the caller knows of.

    Raises:
        ProblemError: 400, `Min-Position` is no position.
    """
    written = service_of(request).journal.growth.position
    value = header(request, MIN_POSITION)
    if value is None:
        return written
    if not is_position(value) or not int(value):
        raise bad_header(MIN_POSITION, "must be a position, as Journal-Position tells it")
    return max(written, int(value))


async def when_at(
    views: Views, model: str, position: int, answer: Callable[[View, int], Answered]
) -> Answered:
    """Give what `answer` makes of a view, and its position, once a read model is at a position.

    Raises:
        ReadModelError: it does not get there in time.
    """

    def attempt() -> Answered | ReadModelError:
        try:
            with views.reading(QUERY_SECONDS) as view:
                reached = view.live(model).position
                if reached >= position:
                    return answer(view, reached)
        except ReadModelError as error:
            return error
        return ReadModelError("the lists are behind what was written")

    until = monotonic() + PATIENCE_SECONDS
    while isinstance(outcome := await to_thread(attempt), ReadModelError):
        if monotonic() > until:
            raise outcome
        await sleep(LOOK_SECONDS)
    return outcome
