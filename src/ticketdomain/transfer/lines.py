"""The lines of an exported journal: a header, every event, every remembered request, an end."""

from typing import TypeAlias

import msgspec
from msgspec import Raw, Struct

from ticketdomain.errors import TransferError
from ticketdomain.journal import Remembrance, StoredRow

FORMAT = 1


class Header(Struct, frozen=True, forbid_unknown_fields=True, tag_field="line", tag="journal"):
    """The first line."""

    format: int


class Event(Struct, frozen=True, forbid_unknown_fields=True, tag_field="line", tag="event"):
    """An event, its fields as in `StoredRow`; bytes are in hexadecimal."""

    position: int
    stream: str
    version: int
    type: str
    data: Raw
    account: str
    at: str
    key_id: str | None
    on_behalf_of: str | None
    request_id: str | None
    commit_index: int
    commit_count: int
    schema_version: int
    salt: str
    payload_hash: str
    chain_hash: str


class Request(Struct, frozen=True, forbid_unknown_fields=True, tag_field="line", tag="request"):
    """A request that is remembered for its idempotency key; see `Remembrance`."""

    account: str
    address: str
    key: str
    request_hash: str
    stream: str
    version: int
    at: str


class Trailer(Struct, frozen=True, forbid_unknown_fields=True, tag_field="line", tag="end"):
    """The last line: how many events there are, and the SHA-256 of all lines before it."""

    events: int
    sha256: str


Line: TypeAlias = Header | Event | Request | Trailer

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def write_line(line: Line) -> bytes:
    """Write a line, with its end."""
    return _encode(line) + b"\n"


def read_line(number: int, written: bytes) -> Line:
    """Read a line.

    Raises:
        TransferError: it is none.
    """
    try:
        return _decoder.decode(written)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TransferError(number, "this is no line of an export") from error


def event_line(row: StoredRow) -> Event:
    return Event(
        position=row.position,
        stream=row.originator_id,
        version=row.originator_version,
        type=row.topic,
        data=Raw(row.state),
        account=row.account,
        at=row.at,
        key_id=row.key_id,
        on_behalf_of=row.on_behalf_of,
        request_id=row.request_id,
        commit_index=row.commit_index,
        commit_count=row.commit_count,
        schema_version=row.schema_version,
        salt=row.salt.hex(),
        payload_hash=row.payload_hash.hex(),
        chain_hash=row.chain_hash.hex(),
    )


def request_line(remembrance: Remembrance) -> Request:
    return Request(
        remembrance.account,
        remembrance.address,
        remembrance.key,
        remembrance.request_hash.hex(),
        remembrance.stream,
        remembrance.version,
        remembrance.at,
    )


def row_of(number: int, event: Event) -> StoredRow:
    """Give the row of an event.

    Raises:
        TransferError: a hash is none.
    """
    return StoredRow(
        position=event.position,
        originator_id=event.stream,
        originator_version=event.version,
        topic=event.type,
        state=bytes(event.data),
        account=event.account,
        at=event.at,
        key_id=event.key_id,
        on_behalf_of=event.on_behalf_of,
        request_id=event.request_id,
        commit_index=event.commit_index,
        commit_count=event.commit_count,
        schema_version=event.schema_version,
        salt=_bytes(number, event.salt),
        payload_hash=_bytes(number, event.payload_hash),
        chain_hash=_bytes(number, event.chain_hash),
    )


def remembrance_of(number: int, line: Request) -> Remembrance:
    """Give what was remembered; raises as `row_of` does."""
    return Remembrance(
        line.account,
        line.address,
        line.key,
        _bytes(number, line.request_hash),
        line.stream,
        line.version,
        line.at,
    )


def _bytes(number: int, written: str) -> bytes:
    try:
        return bytes.fromhex(written)
    except ValueError as error:
        raise TransferError(number, "a hash is none") from error
