"""The parameters by which events are followed."""

from typing import Any

from ticketdomain.events import TICKET_TYPES
from ticketservice.web.description.parameters import parameter
from ticketservice.web.parameters import MOST_VALUES

MOMENT = {"type": "string"}
FORM = "a date-time with offset, or a date, which is its beginning in UTC"


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most}


FOLLOWED = {
    each["name"]: each
    for each in (
        parameter(
            "query",
            "after",
            "Events at higher positions than this one: the `next` of the answer before.",
            {"type": "integer", "minimum": 0, "default": 0},
            3,
        ),
        parameter(
            "query",
            "wait",
            "For how many seconds an answer without events may be held back until there is one.",
            {"type": "integer", "minimum": 0, "maximum": 60, "default": 0},
            0,
        ),
        parameter(
            "query",
            "type",
            "Of this type; repeated: of any of them.",
            {
                "type": "array",
                "items": {"type": "string", "enum": list(TICKET_TYPES)},
                "maxItems": MOST_VALUES,
            },
            ["ticket.opened"],
        ),
        parameter("query", "ticket", "Of this ticket.", _text(100), "ticket_9c5b4d4b0f6e4c0f8d21"),
        parameter(
            "query",
            "actor",
            "Done by this key, or for this user (`Acting-User`).",
            _text(128),
            "mail_gateway",
        ),
        parameter(
            "query", "request_id", "Of this request (`X-Request-Id`).", _text(128), "req_checkout_7"
        ),
        parameter("query", "at_from", f"At this instant or later: {FORM}.", MOMENT, "2026-11-23"),
        parameter("query", "at_to", f"Before this instant: {FORM}.", MOMENT, "2026-11-24"),
    )
}
