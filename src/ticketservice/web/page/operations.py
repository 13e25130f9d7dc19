"""What the page shows of an operation, taken from the description."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from ticketservice.web.page.fields import Field, field, fields, refers_to

Described: TypeAlias = dict[str, Any]

METHODS = ("post", "put", "patch", "get")  # HEAD is told once, for all


class Parameter(NamedTuple):
    place: str
    field: Field


class Answer(NamedTuple):
    """An answer by its status; `refers_to` names the schema of its body."""

    status: str
    description: str
    headers: list[str]
    refers_to: str | None


class Sample(NamedTuple):
    """A request for a shell, and what is answered to it, if that is JSON."""

    summary: str
    request: str
    status: str
    answer: str | None


class Operation(NamedTuple):
    id: str
    tag: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: list[Parameter]
    body: list[Field]
    media_types: list[str]
    answers: list[Answer]
    samples: list[Sample]


def operations(description: Described) -> Iterator[Operation]:
    """Give the operations of a description, in its order."""
    for path, methods in description["paths"].items():
        for method in METHODS:
            if method in methods:
                yield _operation(description, path, method.upper(), methods[method])


def _operation(description: Described, path: str, method: str, each: Described) -> Operation:
    return Operation(
        id=each["operationId"],
        tag=each["tags"][0],
        method=method,
        path=path,
        summary=each["summary"],
        description=each["description"],
        scope=_scope(each["security"]),
        parameters=[_parameter(_resolved(description, one)) for one in each["parameters"]],
        body=_body(description, each),
        media_types=[*each.get("requestBody", {}).get("content", ())],
        answers=[_answer(status, one) for status, one in each["responses"].items()],
        samples=[_sample(each, one) for one in each["x-codeSamples"]],
    )


def _scope(security: list[dict[str, list[str]]]) -> str:
    if not security:
        return "no key"
    return next(iter(security[0]["key"]), "any key")


def _resolved(description: Described, reference: dict[str, str]) -> Described:
    _, components, kind, name = reference["$ref"].split("/")
    found: Described = description[components][kind][name]
    return found


def _parameter(each: Described) -> Parameter:
    told = field(each["name"], each["schema"], each["description"], required=each["required"])
    return Parameter(each["in"], told)


def _body(description: Described, each: Described) -> list[Field]:
    content = each.get("requestBody", {}).get("content", {})
    schema = next((media_type["schema"] for media_type in content.values()), None)
    return fields(_resolved(description, schema)) if schema else []


def _answer(status: str, each: Described) -> Answer:
    content = [*each.get("content", {}).values()]
    refers = refers_to(content[0]["schema"]) if content else None
    return Answer(status, each["description"], [*each["headers"]], refers)


def _sample(each: Described, sample: dict[str, str]) -> Sample:
    """Find the answer to a request: the example of the same summary."""
    for status, answer in each["responses"].items():
        for content in answer.get("content", {}).values():
            for example in content.get("examples", {}).values():
                if example.get("summary") == sample["label"]:
                    text = json.dumps(example["value"], indent=2, ensure_ascii=False)
                    return Sample(sample["label"], sample["source"], status, text)
    return Sample(sample["label"], sample["source"], "", None)
