"""The parameters by which tickets are found."""

from typing import Any

from ticketservice.web.description.parameters import parameter
from ticketservice.web.parameters import MOST_VALUES
from ticketservice.web.wishes import REPEATED, SORTS, STATES

OR_NONE = "Left empty: without one."


def _found_by(name: str, description: str, schema: dict[str, Any], example: Any) -> dict[str, Any]:
    if name in REPEATED:
        schema = {"type": "array", "items": schema, "maxItems": MOST_VALUES}
        example = [example]
    return parameter("query", name, description, schema, example)


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": most}


def _range(name: str, what: str, first: str, end: str) -> list[dict[str, Any]]:
    moment = {"type": "string"}
    form = "a date-time with offset, or a date, which is its beginning in UTC"
    return [
        _found_by(f"{name}_from", f"{what} at this instant or later: {form}.", moment, first),
        _found_by(f"{name}_to", f"{what} before this instant: {form}.", moment, end),
    ]


FILTERS = {
    each["name"]: each
    for each in (
        _found_by("status", "In this status; repeated: in any of them.", _text(100), "open"),
        _found_by(
            "priority",
            "Of this priority; repeated: of any of them.",
            {"type": "integer", "minimum": 1, "maximum": 4},
            2,
        ),
        _found_by(
            "category", f"Of this category, or any of several. {OR_NONE}", _text(100), "billing"
        ),
        _found_by("assigned_to", f"Of this user, or any of several. {OR_NONE}", _text(100), ""),
        _found_by(
            "requester_id", f"Of this customer, or any of several. {OR_NONE}", _text(100), "cust_7"
        ),
        _found_by("tag", "With this tag; repeated: with all of them.", _text(64), "vip"),
        *_range("created", "Opened", "2026-11-23", "2026-11-24"),
        *_range("updated", "Last changed", "2026-11-23T12:00Z", "2026-11-24T00:00:00Z"),
        *_range("due_date", "Due", "2026-12-24", "2026-12-25"),
        _found_by(
            "sla_state",
            "With an SLA clock in this state, at the moment of the first page; repeated: in any of"
            " them.",
            {"type": "string", "enum": list(STATES)},
            "running",
        ),
        _found_by(
            "sla_due_before",
            "With a running SLA clock that is due before this instant: a date-time with offset, or"
            " a date.",
            {"type": "string"},
            "2026-11-24T00:00:00Z",
        ),
        _found_by(
            "q",
            "With all these words, the last of which may be the beginning of one. Case and accents"
            " are ignored, and so is everything that is no letter or digit.",
            {"type": "string"},
            "refund",
        ),
        _found_by(
            "sort",
            "What the list is sorted by, `-` in front: from the last to the first; then by id."
            " Tickets without what it is sorted by come last.",
            {"type": "string", "enum": list(SORTS), "default": "-created_at"},
            "sla_due",
        ),
        _found_by(
            "total",
            "Count the tickets of all pages as well, which takes longer than the page.",
            {"type": "boolean", "default": False},
            True,
        ),
    )
}
