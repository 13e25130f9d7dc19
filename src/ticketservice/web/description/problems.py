"""The answers that are errors: RFC 9457, and our own members."""

from collections.abc import Iterator
from typing import Any, get_args

from ticketservice.readiness import State
from ticketservice.web.description.codes import FAULTS, PROBLEMS
from ticketservice.web.description.operation import NO_KEY, Described
from ticketservice.web.problems import MEDIA_TYPE, title


def codes(described: Described, path: str) -> Iterator[str]:
    """Name every problem that an operation can answer."""
    if described.needs != NO_KEY:
        yield from ("bad_header", "unauthorized", "internal", "unavailable")
        if " " not in described.needs:
            yield "insufficient_scope"
    if "{ticket_id}" in path:
        yield from ("not_found", "undecodable_stream")
    if described.body:
        yield from ("malformed_json", "content_too_large", "unsupported_media_type")
        yield "outcome_unknown"
    if "If-Match" in described.headers:
        yield "version_mismatch"
    yield "invalid"
    if "Idempotency-Key" in described.headers:
        yield "idempotency_key_reused"
    yield from described.may_fail


def responses(described: Described, path: str) -> dict[int, dict[str, Any]]:
    """Describe the answers of an operation that are errors, by their status."""
    by_status: dict[int, list[str]] = {}
    possible = {*codes(described, path)}
    for code, (status, _) in PROBLEMS.items():
        if code in possible:
            by_status.setdefault(status, []).append(code)
    return {status: _response(status, each) for status, each in by_status.items()}


def _response(status: int, codes: list[str]) -> dict[str, Any]:
    headers = {401: ["WWW-Authenticate"], 503: ["Retry-After"]}.get(status, [])
    narrowed = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    return {
        "description": f"{title(status)}. {_listed(codes)}",
        "headers": {
            name: {"$ref": f"#/components/headers/{name}"} for name in ["X-Request-Id", *headers]
        },
        "content": {
            MEDIA_TYPE: {
                "schema": {"allOf": [{"$ref": "#/components/schemas/Problem"}, narrowed]},
                "examples": {each: {"$ref": f"#/components/examples/{each}"} for each in codes},
            }
        },
    }


def _listed(codes: list[str]) -> str:
    return "\n".join(f"\n- `{code}`: {PROBLEMS[code][1]}" for code in codes)


def schemas() -> dict[str, dict[str, Any]]:
    """Give the schemas of a problem, and of one fault among its `errors`."""
    return {"Problem": _problem(), "Fault": _fault()}


def _problem() -> dict[str, Any]:
    meanings = "".join(f"\n- `{code}`: {text}" for code, (_, text) in PROBLEMS.items())
    properties = {
        "type": _text("A URN that ends in the code."),
        "title": _text("What the status is called."),
        "status": {"type": "integer", "description": "The status of the answer."},
        "code": {
            "type": "string",
            "enum": [*PROBLEMS],
            "description": f"What is wrong, for programs:\n{meanings}",
        },
        "detail": _text("What is wrong, for people."),
        "instance": _text("The path of the request."),
        "request_id": _text("The id of the request."),
    }
    return {
        "type": "object",
        "description": f"An error, as RFC 9457 writes it, in `{MEDIA_TYPE}`.",
        "properties": {**properties, **_members()},
        "required": [*properties],
    }


def _members() -> dict[str, dict[str, Any]]:
    """Give what only some problems have."""
    return {
        "errors": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/Fault"},
            "description": "All that is wrong with the request, up to 100 faults.",
        },
        "scope": _text("The scope that the key lacks."),
        "checks": {
            "type": "object",
            "additionalProperties": {"type": "string", "enum": [*get_args(State)]},
            "description": "What `/readyz` has found of each part.",
        },
        "current_version": {"type": "integer", "description": "The version that the ticket has."},
        "changes": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/HistoryEntry"},
            "description": "What has changed since the version that `If-Match` names.",
        },
    }


def _fault() -> dict[str, Any]:
    meanings = "".join(f"\n- `{code}`: {text}" for code, text in FAULTS.items())
    places = {
        "pointer": _text("Where in the body: a JSON pointer (RFC 6901); empty for all of it."),
        "parameter": _text("The query parameter."),
        "header": _text("The header."),
    }
    common = {
        "code": {"type": "string", "enum": [*FAULTS], "description": f"What is wrong:\n{meanings}"},
        "detail": _text("What is wrong, for people."),
        "allowed": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The values that are taken, with the code `not_allowed`.",
        },
    }
    return {
        "type": "object",
        "description": "One thing wrong, and where: in the body, a parameter or a header.",
        "properties": {**places, **common},
        "required": ["code", "detail"],
        "oneOf": [{"required": [place]} for place in places],
    }


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}
