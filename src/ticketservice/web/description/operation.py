"""What the handler of an address says of it that its signature does not."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from ticketdomain.commands import ADD_REPLY, OPEN_TICKET, UPDATE_TICKET
from ticketdomain.fields import Rule
from ticketdomain.keys import Scope

ANY_KEY: Literal["any key"] = "any key"
NO_KEY: Literal["no key"] = "no key"
Needs: TypeAlias = Scope | Literal["any key", "no key"]

REQUEST_ID = ("X-Request-Id",)
IDENTITY = ("Acting-User", *REQUEST_ID)
READING = ("If-None-Match", *IDENTITY)
FOLLOWING = ("Last-Event-ID", *IDENTITY)
WRITING = ("Idempotency-Key", *IDENTITY)
FINDING = ("Min-Position", *IDENTITY)
CHANGING = ("If-Match", *WRITING)

# Headers of an answer, beside those that every one has.
TAGGED = ("ETag",)
WRITTEN = ("ETag", "Journal-Position", "Idempotency-Replayed")
LISTED = ("Journal-Position",)

JSON = "application/json"


class Body(Struct, frozen=True):
    """A request's body: the rules that read its fields, and the fields that it must have."""

    schema: str
    rules: Mapping[str, Rule]
    required: tuple[str, ...]
    media_types: tuple[str, ...] = (JSON,)


OPENING = Body("OpenTicket", OPEN_TICKET, ("subject",))
REPLYING = Body("AddReply", ADD_REPLY, tuple(ADD_REPLY))
PUTTING = Body("UpdateTicket", UPDATE_TICKET, ())
PATCHING = Body("UpdateTicket", UPDATE_TICKET, (), (JSON, "application/merge-patch+json"))


class Described(Struct, frozen=True, kw_only=True):
    """An operation, as far as only its handler knows it.

    `query` and `headers` name what it reads, `tells` the headers of its answers; `also` is another
    media type than `media_type` that can be asked for; `may_fail` are codes of problems beside
    those that follow from all this.
    """

    query: tuple[str, ...]
    needs: Needs
    tag: str
    headers: tuple[str, ...]
    body: Body | None
    status: int
    tells: tuple[str, ...]
    media_type: str
    also: str | None
    may_fail: tuple[str, ...]


def described(
    *query: str,
    needs: Needs,
    tag: str = "Tickets",
    headers: tuple[str, ...] = IDENTITY,
    body: Body | None = None,
    status: int = 200,
    tells: tuple[str, ...] = (),
    media_type: str = JSON,
    also: str | None = None,
    may_fail: tuple[str, ...] = (),
) -> Described:
    """Describe an address; handlers carry it as their option `api`."""
    return Described(
        query=query,
        needs=needs,
        tag=tag,
        headers=headers,
        body=body,
        status=status,
        tells=tells,
        media_type=media_type,
        also=also,
        may_fail=may_fail,
    )
