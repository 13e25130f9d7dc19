"""The schemas of answers, made from the types that handlers return."""

import json
import re
from collections.abc import Sequence
from types import NoneType
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from ticketservice.web.description.operation import Described
from ticketservice.web.description.wording import field, schema_text

Schema: TypeAlias = dict[str, Any]

REFERENCE = "#/components/schemas/"
NAMES = {
    "TicketAnswer": "Ticket",
    "KeyAnswer": "Key",
    "ticketservice.tickets.Reply": "Reply",
    "ticketprojections.public.Reply": "PublicReply",
}
_page = re.compile(r"Page_(\w+)_").fullmatch
_is_instant = re.compile(r"(\w+_)?at|as_of").fullmatch  # the house names them so, and nothing else


def answer_type(handler: HTTPRouteHandler, api: Described) -> Any:
    """Give the type of a handler's answers; `None` in it is 304, which has no body, where the
    handler reads `If-None-Match`."""
    returned = get_type_hints(handler.fn)["return"]
    if api.also is not None:  # which is no schema's
        returned = get_args(returned)[0]
    origin = get_origin(returned)
    if isinstance(origin, type) and issubclass(origin, Response):
        (returned,) = get_args(returned)
    if "If-None-Match" in api.headers:
        (returned,) = (each for each in get_args(returned) if each is not NoneType)
    return returned


def schemas(types: Sequence[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """Give the schema of each type, and those that they refer to, by name."""
    made = msgspec.json.schema_components(types, ref_template=REFERENCE + "{name}")
    named = re.sub(rf'(?<="{REFERENCE})[^"]+', lambda found: _name(found[0]), json.dumps(made))
    each, components = json.loads(named)
    described = {_name(name): component for name, component in components.items()}
    for name, component in described.items():
        _describe(name, component)
    return each, described


def _name(name: str) -> str:
    page = _page(name)
    return f"{page[1]}Page" if page else NAMES.get(name, name)


def _describe(name: str, component: Schema) -> None:
    del component["title"]  # the name of the type
    component["description"] = schema_text(name)
    for property_name, schema in component["properties"].items():
        component["properties"][property_name] = {
            **_plain(schema, instant=bool(_is_instant(property_name))),
            "description": field(name, property_name),
        }


def _plain(schema: Schema, *, instant: bool) -> Schema:
    """Write `null` beside a type rather than as an alternative, and the format of an instant."""
    if instant:
        form = {"format": "date-time"}
        return {**_plain(schema, instant=False), **form}
    match schema:
        case {"anyOf": [{"type": name}, {"type": "null"}], **rest} if not rest:
            return {"type": [name, "null"]}
        case {"enum": _, **rest} if not rest:
            return {"type": "string", **schema}
        case _:
            return schema
