"""A command in its envelope, and what came of it."""

from msgspec import Struct

from ticketdomain.decide import TicketCommand
from ticketdomain.events import Actor
from ticketdomain.keys import KeyCommand
from ticketdomain.live import StreamState
from ticketdomain.policies import PublishPolicies


class IdempotencyKey(Struct, frozen=True):
    """What a retry is known by: a caller's key at an address, and a hash of the request."""

    address: str
    key: str
    request_hash: bytes


class Touch(Struct, frozen=True):
    """Ask of storage whether it takes a write; nothing is told of it and no event follows."""


class Change(Struct, frozen=True, kw_only=True):
    """A command in its envelope.

    `stream` is the one to change (a new one's id is made by the caller); `versions`, if given,
    are those of which the stream must be at one; a `dry_run` is decided and not recorded.
    """

    stream: str
    command: TicketCommand | KeyCommand | PublishPolicies | Touch
    account: str
    by: Actor | None = None
    request_id: str | None = None
    versions: frozenset[int] | None = None
    idempotency: IdempotencyKey | None = None
    dry_run: bool = False


class Outcome(Struct, frozen=True):
    """Where the stream stands after a change; `replayed` if it was made by an earlier request."""

    state: StreamState
    replayed: bool = False
