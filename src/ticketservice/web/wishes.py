"""What a caller wants listed: the parameters of `GET /v1/tickets`, read into a query."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from ticketdomain.fields import Faults, Integer, OneOf, Text
from ticketdomain.keys import ApiKey
from ticketprojections.tickets.filters import RANGES, SLA_STATES, Sort, TicketQuery
from ticketservice.web.parameters import Parameters, Read, is_integer, read_moment


def _status(value: str, name: str, faults: Faults) -> str:
    return Text(100).read(value, name, faults)


def _priority(value: str, name: str, faults: Faults) -> int:
    number = int(value) if is_integer(value) else value
    return Integer(1, 4).read(number, name, faults)


def _if_any(value: str, name: str, faults: Faults) -> str | None:
    """Read what a ticket may be without, which an empty value stands for."""
    return Text(100).read(value, name, faults) if value else None


def _tag(value: str, name: str, faults: Faults) -> str:
    return Text(64).read(value.strip(), name, faults)


def _anything(value: str, _name: str, _faults: Faults) -> str:
    return value


STATES = tuple(SLA_STATES)
SORTS = tuple(f"{sign}{name}" for name in get_args(Sort) for sign in ("", "-"))

REPEATED: Mapping[str, Read] = {
    "status": _status,
    "priority": _priority,
    "category": _if_any,
    "assigned_to": _if_any,
    "requester_id": _if_any,
    "tag": _tag,
    "sla_state": OneOf(STATES).read,
}
ONCE: Mapping[str, Read] = {
    **dict.fromkeys(RANGES, read_moment),
    "q": _anything,
    "sort": OneOf(SORTS).read,
}
PARAMETERS = (*REPEATED, *ONCE, "limit", "cursor", "total")


def read_query(given: Parameters, key: ApiKey, now: datetime) -> TicketQuery:
    """Read the query of a key, as of now.

    Raises:
        ProblemError: 422, naming all that is wrong with it.
    """
    read = given.read({**REPEATED, **ONCE})
    asked: dict[str, Any] = {
        name: values if name in REPEATED else values[0] for name, values in read.items() if values
    }
    sort: str = asked.pop("sort", "-created_at")
    asked["sort"], asked["descending"] = sort.removeprefix("-"), sort.startswith("-")
    asked["limit"], asked["cursor"] = given.limit(), next(iter(given.all("cursor")), None)
    return TicketQuery(account=key.account, held_to=key.requester, as_of=now, **asked)
