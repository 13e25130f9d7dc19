"""Cursors: where the next page of a list begins, and which list it is of."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

Instant: TypeAlias = Annotated[datetime, Meta(tz=True)]
Priority: TypeAlias = Annotated[int, Meta(ge=1, le=4)]
SortValue: TypeAlias = Instant | Priority | None


class MalformedCursorError(ValueError):
    """It is none of ours."""


class OtherQueryError(ValueError):
    """It was given with the answer to another query."""


class Cursor(Struct, frozen=True, array_like=True):
    """The last ticket of a page: what the list is sorted by, and its id.

    `query` is a digest of what was asked. SLA states are judged as of the first page on all pages:
    else a clock that runs out meanwhile could move a ticket into the list, or out of it.
    """

    query: bytes
    as_of: Instant
    value: SortValue
    id: str


_decoder = msgspec.json.Decoder(Cursor)


def write_cursor(cursor: Cursor) -> str:
    """Write a cursor so that it can stand in a URL."""
    return urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str, query: bytes, kinds: tuple[type, ...]) -> Cursor:
    """Read the cursor of a query that is sorted by values of some kinds.

    Raises:
        MalformedCursorError: it is no cursor.
        OtherQueryError: it is another query's.
    """
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        cursor = _in_utc(_decoder.decode(urlsafe_b64decode(padded)))
    except (ValueError, OverflowError) as error:
        msg = "this is no cursor"
        raise MalformedCursorError(msg) from error
    if cursor.query != query:
        msg = "this is the cursor of another query"
        raise OtherQueryError(msg)
    if not isinstance(cursor.value, kinds):
        msg = "this is no cursor of such a query"
        raise MalformedCursorError(msg)
    return cursor


def _in_utc(cursor: Cursor) -> Cursor:
    """Bring instants to UTC, in which some of the first and the last year are none."""
    value = cursor.value
    return replace(
        cursor,
        as_of=cursor.as_of.astimezone(UTC),
        value=value.astimezone(UTC) if isinstance(value, datetime) else value,
    )
