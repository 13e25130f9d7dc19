"""Everything that requests and answers carry beside their bodies."""

from typing import Any

from ticketservice.web.parameters import DEFAULT_LIMIT, MOST_ITEMS

INSTANT = {"type": "string", "format": "date-time"}


def parameter(
    place: str, name: str, description: str, schema: dict[str, Any], example: Any
) -> dict[str, Any]:
    described = {"name": name, "in": place, "description": description, "schema": schema}
    return {**described, "required": place == "path", "example": example}


def _visible(most: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most, "pattern": "^[!-~]+$"}


TICKET_ID = parameter(
    "path",
    "ticket_id",
    "The ticket's `id`.",
    {"type": "string"},
    "ticket_9c5b4d4b0f6e4c0f8d21",
)
QUERY = {
    each["name"]: each
    for each in (
        parameter(
            "query",
            "dry_run",
            "Answer what would be, and write nothing: no event, no `ETag`, no `Location`; an"
            " `Idempotency-Key` is ignored.",
            {"type": "boolean", "default": False},
            True,
        ),
        parameter(
            "query",
            "version",
            "The ticket at this version; 404 for one it never had. Not together with `as_of`.",
            {"type": "integer", "minimum": 1},
            1,
        ),
        parameter(
            "query",
            "as_of",
            "As it was at this instant, what happened at exactly that instant included. Before"
            " the ticket was opened: 404; more than 5 seconds in the future: 422.",
            INSTANT,
            "2026-11-23T12:00:00Z",
        ),
        parameter(
            "query",
            "limit",
            "How many items a page may have.",
            {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS, "default": DEFAULT_LIMIT},
            1,
        ),
        parameter(
            "query",
            "cursor",
            "The `next` of the page before; left out for the first.",
            {"type": "string"},
            "1",
        ),
    )
}
HEADERS = {
    each["name"]: each
    for each in (
        parameter(
            "header",
            "Idempotency-Key",
            "Makes a retry safe: the same key with the same body is answered as the first time,"
            " for at least 7 days, also after a crash. It belongs to its account and address.",
            _visible(255),
            "refund-7-started",
        ),
        parameter(
            "header",
            "If-Match",
            "Update only if the ticket still has one of these tags, else 412. A list of ETags, or"
            " `*`; weak ones never match.",
            {"type": "string"},
            '"4"',
        ),
        parameter(
            "header",
            "If-None-Match",
            "Answer 304 without a body if what is asked for still has one of these tags.",
            {"type": "string"},
            '"5"',
        ),
        parameter(
            "header",
            "Acting-User",
            "The user for whom the key acts: recorded with every change as `by.on_behalf_of`.",
            _visible(128),
            "user_jane_smith",
        ),
        parameter(
            "header",
            "Last-Event-ID",
            "Where an event stream was interrupted: the `id` of the last event that came. It goes"
            " before `after`, and counts only with `Accept: text/event-stream`.",
            {"type": "integer", "minimum": 0},
            "3",
        ),
        parameter(
            "header",
            "Min-Position",
            "Answer only what is at least as new as this `Journal-Position`, of another node for"
            " example; 503 if that takes longer than 2 seconds.",
            {"type": "integer", "minimum": 1},
            "3",
        ),
        parameter(
            "header",
            "X-Request-Id",
            "The request's id, recorded with every change; made where it is left out, and always"
            " answered.",
            _visible(128),
            "req_checkout_7",
        ),
    )
}


def _header(description: str, schema: dict[str, Any], *, always: bool = True) -> dict[str, Any]:
    return {"description": description, "schema": schema, "required": always}


ANSWER_HEADERS = {
    "ETag": _header(
        "The strong tag of what is answered. For agents it is the ticket's version in quotes; for"
        " customers a hash of the answer, which no internal change alters. Not in a dry run.",
        {"type": "string", "pattern": '^"[!#-~]+"$'},
        always=False,
    ),
    "Location": _header("The address of the new ticket.", {"type": "string"}),
    "Journal-Position": _header(
        "Where in the journal the ticket's newest event stands, not in a dry run; of a list, how"
        " far in the journal it has come.",
        {"type": "integer", "minimum": 0},
        always=False,
    ),
    "Idempotency-Replayed": _header(
        "This is the answer to an earlier request with the same `Idempotency-Key`.",
        {"type": "string", "const": "true"},
        always=False,
    ),
    "X-Request-Id": _header("The request's id, its own or one made for it.", {"type": "string"}),
    "WWW-Authenticate": _header("How to authenticate.", {"type": "string", "const": "Bearer"}),
    "Retry-After": _header(
        "After how many seconds a retry makes sense.", {"type": "integer", "minimum": 0}
    ),
}
