"""One operation: what it takes, what it answers, and examples of both."""

import re
from http import HTTPStatus
from typing import Any

from litestar.handlers import HTTPRouteHandler

from ticketservice.web.description import examples, problems, texts
from ticketservice.web.description.operation import ANY_KEY, NO_KEY, Body, Described

MEANINGS = {
    200: "It is so.",
    201: "It is done.",
    304: "What you have is still so.",
}
DRY_RUN = "A dry run: what would be."


def operation(
    handler: HTTPRouteHandler, api: Described, path: str, answer: dict[str, Any]
) -> dict[str, Any]:
    """Describe an operation; `answer` is the schema of what it answers where it succeeds."""
    name = handler.handler_name
    played = examples.exchanges(name)
    answers = {**_successes(api, answer), **problems.responses(api, path)}
    for status, each in answers.items():
        _exemplify(each, examples.of_answers(played, status))
    in_path = ("ticket_id",) if "{ticket_id}" in path else ()
    return {
        "operationId": name,
        "tags": [api.tag],
        "summary": _summary(handler),
        "description": texts.text(name),
        "security": _security(api),
        "parameters": [_ref("parameters", each) for each in (*in_path, *api.query, *api.headers)],
        **({"requestBody": _request_body(api.body, played)} if api.body else {}),
        "responses": {str(status): each for status, each in answers.items()},
        "x-codeSamples": [_sample(each) for each in played],
    }


def head(get: dict[str, Any]) -> dict[str, Any]:
    """Describe HEAD, which answers as GET does, without a body."""
    answers = {
        status: {name: each for name, each in answer.items() if name != "content"}
        for status, answer in get["responses"].items()
    }
    return {
        **{name: each for name, each in get.items() if name != "x-codeSamples"},
        "operationId": f"head_{get['operationId']}",
        "summary": f"{get['summary']}: the headers alone",
        "description": "Answers as `GET` does, without the body.",
        "responses": answers,
    }


def _summary(handler: HTTPRouteHandler) -> str:
    """Give how a handler's docstring begins: what it does, without the small print."""
    return re.split(r"[.,:;]", handler.fn.__doc__ or "", maxsplit=1)[0]


def _security(api: Described) -> list[dict[str, list[str]]]:
    """Name the scope, as OpenAPI 3.1 lets any scheme do (section 4.8.30); `[]`: no key."""
    if api.needs == NO_KEY:
        return []
    return [{"key": [] if api.needs == ANY_KEY else [api.needs]}]


def _successes(api: Described, schema: dict[str, Any]) -> dict[int, dict[str, Any]]:
    types = {api.media_type: {"schema": schema}}
    if api.also is not None:
        types[api.also] = {"schema": {"type": "string"}}
    content = {"content": types}
    described = {api.status: {**_answer(MEANINGS[api.status], *api.tells), **content}}
    if "dry_run" in api.query:
        told = "Done, or a dry run: what would be." if api.status == HTTPStatus.OK else DRY_RUN
        tells = api.tells if api.status == HTTPStatus.OK else ()
        described[200] = {**_answer(told, *tells), **content}
    if "If-None-Match" in api.headers:
        described[304] = _answer(MEANINGS[304], *api.tells)
    return dict(sorted(described.items()))


def _answer(description: str, *headers: str) -> dict[str, Any]:
    named = ("X-Request-Id", *headers)
    return {"description": description, "headers": {n: _ref("headers", n) for n in named}}


def _request_body(body: Body, played: list[examples.Exchange]) -> dict[str, Any]:
    schema = _ref("schemas", body.schema)
    content = {each: {"schema": schema} for each in body.media_types}
    for media_type, each in content.items():
        each["examples"] = examples.of_requests(played, media_type)
    return {"required": True, "content": content}


def _exemplify(answer: dict[str, Any], found: dict[str, Any]) -> None:
    """Add examples of the operation's own to those that an answer has."""
    for content in answer.get("content", {}).values():
        if found or "examples" in content:
            content["examples"] = {**found, **content.get("examples", {})}


def _sample(exchange: examples.Exchange) -> dict[str, Any]:
    """Write a request as tools that show descriptions take it."""
    return {"lang": "Shell", "label": exchange["summary"], "source": examples.curl(exchange)}


def _ref(kind: str, name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/{kind}/{name}"}
