"""The address of the change feed: by pages, by waiting for more, and as an event stream."""

from asyncio import to_thread
from collections.abc import AsyncIterator, Mapping
from time import monotonic

import msgspec
from litestar import get
from litestar.response import Stream
from msgspec import Struct

from ticketdomain.events import TICKET_TYPES
from ticketdomain.fields import OneOf, Text
from ticketdomain.journal import Sought
from ticketdomain.keys import ApiKey
from ticketservice.feed import FeedEvent, FeedPage
from ticketservice.service import Service
from ticketservice.web.answers import Answer
from ticketservice.web.description import FOLLOWING, described
from ticketservice.web.parameters import MOST_ITEMS, Parameters, Read, is_position, read_moment
from ticketservice.web.problems import ProblemError, bad_header
from ticketservice.web.requests import Request, acting, admit, header, service_of

MOST_WAIT_SECONDS = 60
LAST_EVENT_ID = "Last-Event-ID"
# A comment now and then keeps proxies from closing a stream on which nothing happens.
SILENCE_SECONDS = 15.0
LOOK_SECONDS = 1.0  # whether the key is still good, and the service not told to stop

EVENT_STREAM = "text/event-stream"
TEXTS: Mapping[str, Read] = {
    "type": OneOf(TICKET_TYPES).read,
    "ticket": Text(100).read,
    "actor": Text(128).read,
    "request_id": Text(128).read,
    "at_from": read_moment,
    "at_to": read_moment,
}
PARAMETERS = ("after", "limit", "wait", *TEXTS)

_encode = msgspec.json.Encoder().encode


class Following(Struct, frozen=True):
    """Who follows which events."""

    service: Service
    key: ApiKey
    sought: Sought

    async def page(self, after: int, limit: int) -> FeedPage:
        feed = self.service.feed
        return await to_thread(feed.page, self.key, self.sought, after=after, limit=limit)


@get(
    "/v1/events",
    api=described(
        *PARAMETERS, needs="events:read", tag="Events", headers=FOLLOWING, also=EVENT_STREAM
    ),
)
async def read_events(request: Request) -> Answer[FeedPage] | Stream:
    """Follow every change of the account's tickets, in the order of the journal."""
    key, service = admit(request, "events:read"), service_of(request)
    acting(request, key)
    given = Parameters(request, *PARAMETERS, repeated=("type",))
    following = Following(service, key, _sought(given))
    after, limit, wait = given.whole("after"), given.limit(), given.whole("wait", MOST_WAIT_SECONDS)
    if EVENT_STREAM not in (header(request, "Accept") or ""):
        return Answer(await _waited(following, after, limit, wait))
    since = _last_event_id(request, after)
    events = _nothing() if _is_head(request) else _stream(request, following, since)
    return Stream(events, media_type=EVENT_STREAM, headers={"Cache-Control": "no-store"})


def _sought(given: Parameters) -> Sought:
    """Read which events are asked for.

    Raises:
        ProblemError: 422, naming all that is wrong.
    """
    read = given.read(TEXTS)
    return Sought(
        types=read["type"],
        **{
            "stream" if name == "ticket" else name: values[0]
            for name, values in read.items()
            if values and name != "type"
        },
    )


async def _waited(following: Following, after: int, limit: int, wait: int) -> FeedPage:
    """Give the first page that has an event, or the last that was looked at in time."""
    until = monotonic() + wait
    while True:
        page = await following.page(after, limit)
        left = until - monotonic()
        if page.items or left <= 0 or following.service.readiness.stopping:
            return page
        after = page.next
        await following.service.tail.beyond(after, min(left, LOOK_SECONDS))


async def _stream(request: Request, following: Following, after: int) -> AsyncIterator[bytes]:
    """Give events as they come (WHATWG HTML, 9.2), until the key or the service ends."""
    service = following.service
    yield b": position %d\n\n" % after
    spoken = monotonic()
    while not service.readiness.stopping and _is_good(request):
        page = await following.page(after, MOST_ITEMS)
        after = page.next
        if page.items:
            yield b"".join(map(_message, page.items))
            spoken = monotonic()
        elif monotonic() - spoken > SILENCE_SECONDS:
            yield b"id: %d\n: still here\n\n" % after
            spoken = monotonic()
        if len(page.items) < MOST_ITEMS:
            await service.tail.beyond(after, LOOK_SECONDS)


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


def _message(event: FeedEvent) -> bytes:
    """JSON has no line breaks: it is one line of data."""
    return b"id: %d\ndata: %b\n\n" % (event.position, _encode(event))


def _is_good(request: Request) -> bool:
    """Whether the key still is: it may be revoked, or expire, while its stream is open."""
    try:
        admit(request, "events:read")
    except ProblemError:
        return False
    return True


def _is_head(request: Request) -> bool:
    method: str = request.scope["state"]["method"]
    return method == "HEAD"


def _last_event_id(request: Request, after: int) -> int:
    """Give where a stream goes on that was interrupted.

    Raises:
        ProblemError: 400, the header is no position.
    """
    value = header(request, LAST_EVENT_ID)
    if value is None:
        return after
    if not is_position(value):
        raise bad_header(LAST_EVENT_ID, "must be the id of an event of this stream")
    return int(value)


EVENT_ADDRESSES = [read_events]
