"""Instants, spans of time and values as an audit writes them."""

from datetime import datetime

import msgspec

from ticketdomain.json_values import Json
from ticketservice.plain_text import in_json, one_line

NOTHING = "(none)"
UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
CLOCK_WORDS = {
    "first_response": "first response",
    "next_response": "next response",
    "resolution": "resolution",
}


MILESTONE_STYLES = {"met": "green", "missed": "red", "breached": "red", "reopened": "yellow"}
CLOCK_STYLES = {
    "met": "green",
    "missed": "red",
    "breached": "red",
    "paused": "yellow",
    "running": "",
}


def instant(at: datetime) -> str:
    """Write an instant in UTC, to the second."""
    return at.strftime("%Y-%m-%d %H:%M:%SZ")


def duration(seconds: int) -> str:
    """Write a span of time in its two largest units, such as `3 h 20 min`."""
    parts: list[str] = []
    for unit, length in UNITS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def value(of: Json) -> str:
    """Write a field's value: a text as it is, anything else as JSON, or nothing."""
    if of is None:
        return NOTHING
    return one_line(of) if isinstance(of, str) else in_json(msgspec.json.encode(of).decode())


def custom_value(of: Json) -> str:
    """Write a custom field's value: as JSON, in which a text differs from a number."""
    return NOTHING if of is None else in_json(msgspec.json.encode(of).decode())
