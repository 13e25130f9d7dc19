"""The whole description: every address of the service, in OpenAPI 3.1."""

import re
from collections.abc import Iterable
from typing import Any

from litestar.handlers import HTTPRouteHandler

from ticketservice.web.description import bodies, examples, problems, texts
from ticketservice.web.description.answers import answer_type, schemas
from ticketservice.web.description.filters import FILTERS
from ticketservice.web.description.following import FOLLOWED
from ticketservice.web.description.operation import Described
from ticketservice.web.description.parameters import ANSWER_HEADERS, HEADERS, QUERY, TICKET_ID
from ticketservice.web.description.paths import head, operation


def document(handlers: Iterable[HTTPRouteHandler], version: str) -> dict[str, Any]:
    """Describe the addresses of those handlers that carry a description, in their order."""
    described = [(each, each.opt["api"]) for each in handlers if "api" in each.opt]
    answers, components = schemas([answer_type(handler, api) for handler, api in described])
    paths: dict[str, dict[str, Any]] = {}
    for (handler, api), answer in zip(described, answers, strict=True):
        for written in handler.paths:
            path = re.sub(r":\w+", "", written)  # {ticket_id:str}
            methods = paths.setdefault(path, {})
            for method in handler.http_methods:
                methods[method.lower()] = operation(handler, api, path, answer)
            if "get" in methods:
                methods["head"] = head(methods["get"])
    return {
        **_about(version),
        "paths": paths,
        "components": {
            "schemas": {**_sent(api for _, api in described), **components, **problems.schemas()},
            "parameters": {"ticket_id": TICKET_ID, **QUERY, **FILTERS, **FOLLOWED, **HEADERS},
            "headers": ANSWER_HEADERS,
            "examples": examples.of_problems(),
            "securitySchemes": {"key": texts.KEY},
        },
    }


def _about(version: str) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ticketdomain",
            "version": version,
            "summary": "An event-sourced ticket service",
            "description": texts.text("introduction"),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "The host that serves this description."}],
        "tags": [{"name": name, "description": each} for name, each in texts.TAGS.items()],
    }


def _sent(apis: Iterable[Described]) -> dict[str, Any]:
    return {api.body.schema: bodies.schema(api.body) for api in apis if api.body}
