"""Examples: requests, each with the answer that the service gives to it.

A file per operation, and one with an answer for every code of a problem. `tests/examples.py` plays
them against a service that has nothing but one ticket, and records the answers anew.
"""

import json
from importlib.resources import files
from shlex import quote
from typing import Any, TypeAlias

from ticketservice.web.description.parameters import TICKET_ID

DIRECTORY = files("ticketservice.web.description") / "examples"
PROBLEMS = "problems"

Exchange: TypeAlias = dict[str, Any]


def exchanges(operation: str) -> list[Exchange]:
    """Give the exchanges of an operation: `name`, `summary`, `request` and `answer`."""
    file = DIRECTORY / f"{operation}.json"
    return json.loads(file.read_text("utf-8")) if file.is_file() else []


def of_problems() -> dict[str, Any]:
    """Give an example of each problem, by its code."""
    answers: dict[str, Any] = json.loads((DIRECTORY / f"{PROBLEMS}.json").read_text("utf-8"))
    return {code: {"summary": body["detail"], "value": body} for code, body in answers.items()}


def of_requests(examples: list[Exchange], media_type: str) -> dict[str, Any]:
    """Give the bodies sent in a media type, by the examples' names."""
    return {
        each["name"]: {"summary": each["summary"], "value": each["request"]["body"]}
        for each in examples
        if each["request"].get("headers", {}).get("Content-Type") == media_type
    }


def of_answers(examples: list[Exchange], status: int) -> dict[str, Any]:
    """Give the bodies answered with a status, by the examples' names."""
    return {
        each["name"]: {"summary": each["summary"], "value": each["answer"]["body"]}
        for each in examples
        if each["answer"]["status"] == status and "body" in each["answer"]
    }


def curl(exchange: Exchange) -> str:
    """Write a request for a shell where `API`, `KEY` and `TICKET` are set."""
    request = exchange["request"]
    path = request["path"].replace(TICKET_ID["example"], "$TICKET")
    method = "" if request["method"] == "GET" else f"-X {request['method']} "
    lines = [f'curl {method}"$API{path}"']
    if request.get("key", True):
        lines.append('-H "Authorization: Bearer $KEY"')
    lines += [f"-H {quote(f'{k}: {v}')}" for k, v in request.get("headers", {}).items()]
    if "body" in request:
        lines.append(f"-d {quote(json.dumps(request['body'], indent=2, ensure_ascii=False))}")
    return " \\\n  ".join(lines)
