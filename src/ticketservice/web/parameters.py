"""Query parameters: every address names those it takes, and refuses all others."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeAlias
from urllib.parse import parse_qsl

from ticketdomain.errors import Fault
from ticketdomain.fields import Faults, instant
from ticketdomain.journal import MOST_POSITION
from ticketservice.web.problems import ParameterFault, invalid
from ticketservice.web.requests import Request, service_of

AHEAD = timedelta(seconds=5)  # how far a caller's clock may be ahead of ours
DEFAULT_LIMIT = 50
MOST_ITEMS = 200
MOST_VALUES = 100  # of a parameter that may be repeated

Read: TypeAlias = Callable[[str, str, Faults], Any]

_date = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
is_position = re.compile(r"[0-9]{1,18}").fullmatch
is_integer = re.compile(r"-?[0-9]{1,18}").fullmatch  # 18 digits fit every storage


class Parameters:
    """The values of a query; reading one that cannot be used answers 422.

    Raises:
        ProblemError: 422, naming every parameter that is unknown, or given twice and not in
            `repeated`.
    """

    def __init__(self, request: Request, *allowed: str, repeated: Collection[str] = ()) -> None:
        self._request = request
        self._given: dict[str, list[str]] = {}
        self._values: dict[str, str] = {}
        if request.scope["query_string"]:
            self._read(request, allowed, repeated)

    def _read(self, request: Request, allowed: Sequence[str], repeated: Collection[str]) -> None:
        query = request.scope["query_string"].decode("latin-1")
        for name, value in parse_qsl(query, keep_blank_values=True):
            self._given.setdefault(name, []).append(value)
            self._values[name] = value
        faults = [
            ParameterFault(name, "unknown_field", "is no parameter of this address")
            if name not in allowed
            else ParameterFault(name, "conflict", "is given more than once")
            for name, values in self._given.items()
            if name not in allowed or (len(values) > 1 and name not in repeated)
        ]
        if faults:
            raise invalid(faults)

    def all(self, name: str) -> list[str]:
        """Give every value as it was written."""
        return self._given.get(name, [])

    def read(self, rules: Mapping[str, Read]) -> dict[str, tuple[Any, ...]]:
        """Give the values of several parameters, each as its rule reads it.

        Raises:
            ProblemError: 422, naming all that is wrong with them.
        """
        faults: Faults = []
        found: dict[str, tuple[Any, ...]] = {}
        for name, rule in rules.items():
            found[name] = tuple(rule(value, name, faults) for value in self.all(name))
            if len(found[name]) > MOST_VALUES:
                faults.append(Fault(name, "too_many", f"at most {MOST_VALUES} values"))
        if faults:
            raise invalid([ParameterFault(f.pointer, f.code, f.detail, f.allowed) for f in faults])
        return found

    def whole(self, name: str, most: int = MOST_POSITION) -> int:
        """Give a number from 0 to `most`, 0 where it is left out."""
        number = self.integer(name) or 0
        if not 0 <= number <= most:
            _refuse(name, "out_of_range", f"must be from 0 to {most}")
        return number

    def flag(self, name: str) -> bool:
        """Give `true` or `false`, and `False` where it is left out."""
        value = self._values.get(name, "false")
        if value not in ("true", "false"):
            _refuse(name, "not_allowed", "must be true or false", ("true", "false"))
        return value == "true"

    def integer(self, name: str) -> int | None:
        """Give an integer."""
        value = self._values.get(name)
        if value is not None and not is_integer(value):
            _refuse(name, "wrong_type", "must be an integer")
        return None if value is None else int(value)

    def moment(self, name: str) -> datetime | None:
        """Give an instant, no later than now."""
        if (value := self._values.get(name)) is None:
            return None
        try:
            at = _instant(value)
        except (ValueError, OverflowError):
            _refuse(name, "bad_format", "must be a date-time with an offset, as in RFC 3339")
        if at > service_of(self._request).clock() + AHEAD:
            _refuse(name, "out_of_range", "must not be in the future")
        return at

    def limit(self) -> int:
        """Give how many items a page may have."""
        limit = self.integer("limit")
        if limit is not None and not 1 <= limit <= MOST_ITEMS:
            _refuse("limit", "out_of_range", f"must be from 1 to {MOST_ITEMS}")
        return limit or DEFAULT_LIMIT

    def cursor(self) -> int:
        """Give where the page begins, as the page before it told."""
        value = self._values.get("cursor", "0")
        if not is_integer(value) or value.startswith("-"):
            _refuse("cursor", "bad_format", "must be the next of another page")
        return int(value)

    def exclude(self, a: str, b: str) -> None:
        """Refuse two parameters that exclude each other."""
        if a in self._values and b in self._values:
            _refuse(b, "conflict", f"cannot be used together with {a}")


def read_moment(value: str, name: str, faults: Faults) -> datetime | None:
    """Read an instant; a date alone means its beginning in UTC."""
    try:
        if _date(value):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return _instant(value)
    except OverflowError:
        faults.append(Fault(name, "out_of_range", "must be in the years 0001 to 9999 in UTC"))
    except ValueError:
        detail = "must be a date, or a date-time with an offset, as in RFC 3339"
        faults.append(Fault(name, "bad_format", detail))
    return None


def _instant(value: str) -> datetime:
    return instant(value.replace(" ", "+"))  # what a plus becomes that was not encoded


def _refuse(name: str, code: str, detail: str, allowed: Sequence[str] | None = None) -> NoReturn:
    raise invalid([ParameterFault(name, code, detail, tuple(allowed) if allowed else None)])
