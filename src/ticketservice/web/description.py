"""What OpenAPI says of requests: made from the very rules that read them."""

from dataclasses import dataclass
from typing import assert_never

from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
    SecurityScheme,
)
from litestar.openapi.spec.enums import OpenAPIFormat

from ticketdomain.commands import ADD_REPLY, OPEN_TICKET, UPDATE_TICKET
from ticketdomain.fields import CustomFields, DueDate, Integer, OneOf, Rule, Tags, Text
from ticketservice.web.parameters import DEFAULT_LIMIT, MOST_ITEMS

STRING, INTEGER = OpenAPIType.STRING, OpenAPIType.INTEGER
TEXT = Schema(type=STRING)
INSTANT = Schema(type=STRING, format=OpenAPIFormat.DATE_TIME)

QUERY = {
    "dry_run": ("Answer what would be, and write nothing.", Schema(type=OpenAPIType.BOOLEAN)),
    "version": ("The ticket at this version.", Schema(type=INTEGER, minimum=1)),
    "as_of": ("As it was then, what happened at that instant included.", INSTANT),
    "limit": (
        "How many items a page may have.",
        Schema(type=INTEGER, minimum=1, maximum=MOST_ITEMS, default=DEFAULT_LIMIT),
    ),
    "cursor": ("The `next` of the page before.", Schema(type=STRING)),
}
HEADERS = {
    "Idempotency-Key": "Makes a retry safe: the same request is answered as the first time.",
    "If-Match": "Update only if the ticket still has one of these tags.",
    "If-None-Match": "Answer 304 if the ticket still has one of these tags.",
    "Acting-User": "The user for whom the key acts.",
    "X-Request-Id": "The request's id; made and answered where it is left out.",
}
IDENTITY = ("Acting-User", "X-Request-Id")
READING = ("If-None-Match", *IDENTITY)
WRITING = ("Idempotency-Key", *IDENTITY)
CHANGING = ("If-Match", *WRITING)
PROBLEM = OpenAPIResponse(
    "What was wrong with the request, as RFC 9457 writes it.",
    content={"application/problem+json": OpenAPIMediaType(Schema(type=OpenAPIType.OBJECT))},
)
COMPONENTS = Components(security_schemes={"key": SecurityScheme("http", scheme="bearer")})


def described(
    *query: str, headers: tuple[str, ...] = IDENTITY, body: RequestBody | None = None
) -> type[Operation]:
    """Describe an address for agents or customers: what its handler reads by itself."""

    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            self.parameters = [
                *(self.parameters or []),
                *(Parameter(name, "query", QUERY[name][1], QUERY[name][0]) for name in query),
                *(Parameter(name, "header", TEXT, HEADERS[name]) for name in headers),
            ]
            self.request_body = body
            self.security = [{"key": []}]
            good = {status: each for status, each in (self.responses or {}).items() if status < "4"}
            self.responses = {**good, "default": PROBLEM}

    return Described


def _body(rules: dict[str, Rule], required: list[str], *media_types: str) -> RequestBody:
    properties: dict[str, Reference | Schema] = {
        name: _schema(rule) for name, rule in rules.items()
    }
    if "subject" in rules:  # and so a ticket's fields
        properties["status"] = Schema(type=STRING, description="A status of the workflow.")
    content = Schema(
        type=OpenAPIType.OBJECT,
        properties=properties,
        required=required,
        additional_properties=False,
    )
    return RequestBody({each: OpenAPIMediaType(content) for each in media_types}, required=True)


def _schema(rule: Rule) -> Schema:
    null = [OpenAPIType.NULL] if rule.nullable else []
    match rule:
        case Text():
            least = 0 if rule.blank else 1
            return Schema(type=[STRING, *null], min_length=least, max_length=rule.most)
        case Integer():
            return Schema(type=[INTEGER, *null], minimum=rule.least, maximum=rule.most)
        case OneOf():
            return Schema(type=[STRING, *null], enum=rule.allowed)
        case Tags():
            tag = Schema(type=STRING, min_length=1, max_length=64)
            return Schema(type=[OpenAPIType.ARRAY, *null], items=tag, max_items=rule.most)
        case DueDate():
            form = "A date, or a date-time with an offset, as in RFC 3339."
            return Schema(type=[STRING, *null], description=form, examples=["2026-12-24"])
        case CustomFields():
            return Schema(type=[OpenAPIType.OBJECT, *null], description="Merged as RFC 7396 says.")
        case _:
            assert_never(rule)


OPENING = _body(OPEN_TICKET, ["subject"], "application/json")
REPLYING = _body(ADD_REPLY, [*ADD_REPLY], "application/json")
PUTTING = _body(UPDATE_TICKET, [], "application/json")
PATCHING = _body(UPDATE_TICKET, [], "application/json", "application/merge-patch+json")
