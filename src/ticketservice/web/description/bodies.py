"""The schemas of requests, made from the rules that read them."""

from typing import Any, assert_never

from ticketdomain.commands import TICKET_FIELDS
from ticketdomain.fields import CustomFields, DueDate, Integer, OneOf, Rule, Tags, Text
from ticketservice.web.description.operation import Body
from ticketservice.web.description.wording import field, schema_text

NOT_BLANK = r"\S"


def schema(body: Body) -> dict[str, Any]:
    """Describe a request's body: its fields, their limits, and which take `null`."""
    properties = {name: _property(body, name, rule) for name, rule in body.rules.items()}
    if TICKET_FIELDS & {*body.rules}:  # the workflow's own rule reads it
        properties["status"] = {"type": "string", "description": field(body.schema, "status")}
    return {
        "type": "object",
        "description": schema_text(body.schema),
        "properties": properties,
        "required": [*body.required],
        "additionalProperties": False,
    }


def _property(body: Body, name: str, rule: Rule) -> dict[str, Any]:
    limits = _limits(rule)
    if rule.nullable:
        limits["type"] = [limits["type"], "null"]
    return {**limits, "description": field(body.schema, name)}


def _limits(rule: Rule) -> dict[str, Any]:
    match rule:
        case Text():
            blank = {} if rule.blank else {"minLength": 1, "pattern": NOT_BLANK}
            return {"type": "string", **blank, "maxLength": rule.most}
        case Integer():
            return {"type": "integer", "minimum": rule.least, "maximum": rule.most}
        case OneOf():
            return {"type": "string", "enum": [*rule.allowed]}
        case Tags():
            most = {} if rule.most is None else {"maxItems": rule.most}
            tag = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": NOT_BLANK}
            return {"type": "array", "items": tag, **most}
        case DueDate():
            return {"type": "string", "examples": ["2026-12-24", "2026-12-24T10:00:00+01:00"]}
        case CustomFields():
            return {"type": "object"}
        case _:
            assert_never(rule)
