"""A stored event: its columns, its hashes, and the way from and to the domain's envelope."""

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import get_args

import msgspec
from msgspec import Struct

from ticketdomain.errors import UndecodableStreamError
from ticketdomain.events import Actor, JournalEvent, Recorded
from ticketdomain.journal.upcasting import SCHEMA_VERSIONS, upcast

EVENT_TYPES: dict[str, type[JournalEvent]] = {
    str(each.__struct_config__.tag): each for each in get_args(JournalEvent)
}
_DECODERS = {topic: msgspec.json.Decoder(each) for topic, each in EVENT_TYPES.items()}
_encode = msgspec.json.Encoder().encode


class Head(Struct, frozen=True):
    """Where a stream ends: what the envelope and the hash of its next event build on."""

    version: int = 0
    position: int = 0
    at: datetime | None = None
    chain_hash: bytes = bytes(32)


class StoredRow(Struct, frozen=True):
    """A row of `stored_events`, its columns in order; the first is called `rowid` there.

    It stands where the library has its StoredEvent, whose four attributes it shares: `topic` is
    the event's tag, `state` its JSON. `at` is RFC 3339 in UTC with six fraction digits, so that
    text sorts as time does. `salt` are 16 random bytes; with `state` it may be blanked later.
    """

    position: int
    originator_id: str
    originator_version: int
    topic: str
    state: bytes
    account: str
    at: str
    key_id: str | None
    on_behalf_of: str | None
    request_id: str | None
    commit_index: int
    commit_count: int
    schema_version: int
    salt: bytes
    payload_hash: bytes
    chain_hash: bytes

    @property
    def head(self) -> Head:
        """The stream's head while this row is its newest."""
        at = datetime.fromisoformat(self.at)
        return Head(self.originator_version, self.position, at, self.chain_hash)


def encode(recorded: Recorded, previous_hash: bytes, salt: bytes) -> StoredRow:
    """Write an event as the row that follows the one with `previous_hash` in its stream."""
    topic = str(recorded.event.__struct_config__.tag)
    state = _encode(recorded.event)
    by = recorded.by
    payload_hash = hashlib.sha256(salt + state).digest()
    row = StoredRow(
        recorded.position,
        recorded.ticket_id,
        recorded.version,
        topic,
        state,
        recorded.account,
        instant_text(recorded.at),
        by.key_id if by else None,
        by.on_behalf_of if by else None,
        recorded.request_id,
        *recorded.commit,
        SCHEMA_VERSIONS[topic],
        salt,
        payload_hash,
        b"",
    )
    return msgspec.structs.replace(row, chain_hash=chain_hash(row, previous_hash))


def chain_hash(row: StoredRow, previous_hash: bytes) -> bytes:
    """SHA-256 over the previous hash of the stream, the payload's hash and all other fields.

    Neither payload nor salt enters by itself, so that both can be blanked and the chain holds.
    """
    envelope = _encode(
        (
            row.position,
            row.originator_id,
            row.originator_version,
            row.topic,
            row.account,
            row.at,
            row.key_id,
            row.on_behalf_of,
            row.request_id,
            row.commit_index,
            row.commit_count,
            row.schema_version,
        )
    )
    return hashlib.sha256(previous_hash + row.payload_hash + envelope).digest()


def decode(row: StoredRow) -> Recorded:
    """Read a row as the event in its envelope.

    Raises:
        UndecodableStreamError: no event of this program can be made of it.
    """
    try:
        return Recorded(
            row.originator_id,
            row.originator_version,
            row.position,
            datetime.fromisoformat(row.at),
            Actor(row.key_id, row.on_behalf_of) if row.key_id else None,
            row.request_id,
            _decode_event(row),
            row.account,
            (row.commit_index, row.commit_count),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UndecodableStreamError(row.originator_id, row.originator_version) from error


def _decode_event(row: StoredRow) -> JournalEvent:
    if row.schema_version == SCHEMA_VERSIONS[row.topic]:
        return _DECODERS[row.topic].decode(row.state)
    payload = upcast(row.topic, row.schema_version, msgspec.json.decode(row.state))
    return msgspec.convert(payload, EVENT_TYPES[row.topic])


@lru_cache(maxsize=1)  # all events of a commit have the same
def instant_text(at: datetime) -> str:
    """Write an aware UTC datetime as the column `at` holds it."""
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
