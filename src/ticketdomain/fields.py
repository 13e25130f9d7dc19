"""What each field of a command takes: how a JSON value becomes a value of the domain.

A rule's `read` returns the value, or adds to `faults` and returns whatever: a command is only made
of values without a fault.
"""

import re
from datetime import UTC, date, datetime
from typing import TypeAlias

from msgspec import Struct

from ticketdomain.errors import Fault
from ticketdomain.json_values import Json, JsonObject, pointer

Faults: TypeAlias = list[Fault]


class Text(Struct, frozen=True):
    """A string of up to `most` Unicode code points."""

    most: int
    nullable: bool = False
    blank: bool = False

    def read(self, value: Json, at: str, faults: Faults) -> str:
        if not isinstance(value, str):
            faults.append(Fault(at, "wrong_type", "must be a string"))
            return ""
        if "\0" in value:
            faults.append(Fault(at, "bad_character", "must not contain NUL"))
        if len(value) > self.most:
            faults.append(Fault(at, "too_long", f"at most {self.most} characters"))
        if not self.blank and not value.strip():
            faults.append(Fault(at, "blank", "must not be blank"))
        return value


class Integer(Struct, frozen=True):
    """A whole number from `least` to `most`, written as one: neither `true` nor `2.0`."""

    least: int
    most: int
    nullable: bool = False

    def read(self, value: Json, at: str, faults: Faults) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            faults.append(Fault(at, "wrong_type", "must be an integer"))
            return 0
        if not self.least <= value <= self.most:
            faults.append(Fault(at, "out_of_range", f"must be from {self.least} to {self.most}"))
        return value


class OneOf(Struct, frozen=True):
    """One of the strings in `allowed`."""

    allowed: tuple[str, ...]
    nullable: bool = False

    def read(self, value: Json, at: str, faults: Faults) -> str:
        if not isinstance(value, str):
            faults.append(Fault(at, "wrong_type", "must be a string"))
            return ""
        if value not in self.allowed:
            detail = f"must be one of {', '.join(self.allowed)}"
            faults.append(Fault(at, "not_allowed", detail, self.allowed))
        return value


class Tags(Struct, frozen=True):
    """Strings without blanks around them, each once, the first of equals in its place.

    `most` counts what is left after that; `None` sets no limit.
    """

    most: int | None = 100
    nullable: bool = False

    def read(self, value: Json, at: str, faults: Faults) -> tuple[str, ...]:
        if not isinstance(value, list):
            faults.append(Fault(at, "wrong_type", "must be an array of strings"))
            return ()
        tags = [self._read_tag(tag, f"{at}/{index}", faults) for index, tag in enumerate(value)]
        unique = tuple(dict.fromkeys(tags))
        if self.most is not None and len(unique) > self.most:
            faults.append(Fault(at, "too_many", f"at most {self.most} tags"))
        return unique

    def _read_tag(self, value: Json, at: str, faults: Faults) -> str:
        return Text(64).read(value.strip() if isinstance(value, str) else value, at, faults)


class DueDate(Struct, frozen=True):
    """A date, or an instant with an offset, as in RFC 3339; an instant comes out in UTC."""

    nullable: bool = True

    def read(self, value: Json, at: str, faults: Faults) -> str:
        if not isinstance(value, str):
            faults.append(Fault(at, "wrong_type", "must be a string"))
            return ""
        try:
            return date.fromisoformat(value).isoformat() if _DATE(value) else _in_utc(value)
        except OverflowError:
            faults.append(Fault(at, "out_of_range", "must be in the years 0001 to 9999 in UTC"))
        except ValueError:
            detail = "must be a date, or a date-time with an offset, as in RFC 3339"
            faults.append(Fault(at, "bad_format", detail))
        return ""


# Dates and offsets in RFC 3339, section 5.6, with the seconds left to the caller. [0-9], because
# \d takes every script's digits.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
).fullmatch


def instant(text: str) -> datetime:
    """Read a date-time with an offset, as in RFC 3339, as an aware datetime in UTC.

    Raises:
        ValueError: it is written in another form, or is no real time.
        OverflowError: it is outside the years 0001 to 9999 in UTC.
    """
    if not _DATE_TIME(text):
        msg = f"{text!r} is no date-time with an offset"
        raise ValueError(msg)
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def _in_utc(text: str) -> str:
    return instant(text).replace(tzinfo=None).isoformat() + "Z"


class CustomFields(Struct, frozen=True):
    """A JSON object: integers of 64 bits, objects and arrays at most `levels` deep.

    A merge can make nothing deeper than the deeper of its two sides, and keeps every object and
    array of the patch: so the depth of a patch alone tells whether the result is too deep.
    """

    levels: int = 8
    nullable: bool = False

    def read(self, value: Json, at: str, faults: Faults) -> JsonObject:
        if not isinstance(value, dict):
            faults.append(Fault(at, "wrong_type", "must be an object"))
            return {}
        if self._check(value, at, faults) > self.levels:
            faults.append(Fault(at, "too_deep", f"at most {self.levels} levels"))
        return value

    def _check(self, value: Json, at: str, faults: Faults) -> int:
        """Look at every value below; give the depth."""
        match value:
            case dict():
                for name in value:
                    self._check_text(name, at + pointer(name), faults)
                inner = (self._check(v, at + pointer(k), faults) for k, v in value.items())
                return 1 + max(inner, default=0)
            case list():
                inner = (self._check(v, f"{at}/{i}", faults) for i, v in enumerate(value))
                return 1 + max(inner, default=0)
            case str():
                self._check_text(value, at, faults)
            case int() if not -(2**63) <= value < 2**63:
                faults.append(Fault(at, "out_of_range", "integers have at most 64 bits, signed"))
            case _:
                pass
        return 0

    def _check_text(self, text: str, at: str, faults: Faults) -> None:
        if "\0" in text:
            faults.append(Fault(at, "bad_character", "must not contain NUL"))


Rule: TypeAlias = Text | Integer | OneOf | Tags | DueDate | CustomFields
