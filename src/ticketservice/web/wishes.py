"""What a caller wants listed: the parameters of `GET /v1/tickets`, read into a query."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias, get_args

from ticketdomain.errors import Fault
from ticketdomain.fields import Faults, Integer, OneOf, Text, instant
from ticketdomain.keys import ApiKey
from ticketprojections.tickets.filters import RANGES, SLA_STATES, Sort, TicketQuery
from ticketservice.web.parameters import Parameters
from ticketservice.web.problems import ParameterFault, invalid

MOST_VALUES = 100

Read: TypeAlias = Callable[[str, str, Faults], Any]

_digits = re.compile(r"-?[0-9]{1,18}").fullmatch
_date = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch


def _status(value: str, name: str, faults: Faults) -> str:
    return Text(100).read(value, name, faults)


def _priority(value: str, name: str, faults: Faults) -> int:
    number = int(value) if _digits(value) else value
    return Integer(1, 4).read(number, name, faults)


def _if_any(value: str, name: str, faults: Faults) -> str | None:
    """Read what a ticket may be without, which an empty value stands for."""
    return Text(100).read(value, name, faults) if value else None


def _tag(value: str, name: str, faults: Faults) -> str:
    return Text(64).read(value.strip(), name, faults)


def _moment(value: str, name: str, faults: Faults) -> datetime | None:
    """Read an instant; a date alone means its beginning in UTC."""
    try:
        if _date(value):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return instant(value.replace(" ", "+"))  # what a plus becomes that was not encoded
    except OverflowError:
        faults.append(Fault(name, "out_of_range", "must be in the years 0001 to 9999 in UTC"))
    except ValueError:
        detail = "must be a date, or a date-time with an offset, as in RFC 3339"
        faults.append(Fault(name, "bad_format", detail))
    return None


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
    **dict.fromkeys(RANGES, _moment),
    "q": _anything,
    "sort": OneOf(SORTS).read,
}
PARAMETERS = (*REPEATED, *ONCE, "limit", "cursor", "total")


def read_query(given: Parameters, key: ApiKey, now: datetime) -> TicketQuery:
    """Read the query of a key, as of now.

    Raises:
        ProblemError: 422, naming all that is wrong with it.
    """
    faults: Faults = []
    asked: dict[str, Any] = {}
    for name, read in (*REPEATED.items(), *ONCE.items()):
        values = tuple(read(value, name, faults) for value in given.all(name))
        if len(values) > MOST_VALUES:
            faults.append(Fault(name, "too_many", f"at most {MOST_VALUES} values"))
        if values:
            asked[name] = values if name in REPEATED else values[0]
    if faults:
        raise invalid([ParameterFault(f.pointer, f.code, f.detail, f.allowed) for f in faults])
    sort: str = asked.pop("sort", "-created_at")
    asked["sort"], asked["descending"] = sort.removeprefix("-"), sort.startswith("-")
    asked["limit"], asked["cursor"] = given.limit(), next(iter(given.all("cursor")), None)
    return TicketQuery(account=key.account, held_to=key.requester, as_of=now, **asked)
