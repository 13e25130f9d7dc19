"""What /openapi.json promises, held against a service that runs."""

import ast
import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from examples import HEADERS, play
from hypothesis import given
from jsonschema import Draft202012Validator
from litestar import Litestar
from openapi_spec_validator import validate
from provoking import PROVOCATIONS, UNDECODABLE, Provoke, provoking
from running import Answer, Client, Running
from shop import ADDRESS, TICKET, shop

import ticketservice.web.problems
from ticketdomain.json_values import JsonObject
from ticketdomain.keys import Scope
from ticketdomain.testing import openings, replies, updates
from ticketservice.web.app import ADDRESSES, describe
from ticketservice.web.description import examples
from ticketservice.web.description.codes import FAULTS, PROBLEMS

API = describe()
CONTRACT_CODES = """
required null_not_allowed wrong_type out_of_range blank too_long too_many too_large too_deep
bad_format bad_character not_allowed conflict unknown_field read_only
"""


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in API["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


# Answers too long to be shown: pages, this description itself, and what Prometheus reads.
TOLD_BY_THEIR_TYPE = ("read_openapi", "read_docs", "read_style", "read_metrics")
BY_NAME = {each["operationId"]: each for _, _, each in operations()}
NAMES = [name for name in BY_NAME if not name.startswith("head_")]


# Closed: members that are not described would be faults.
SCHEMAS = {
    name: {**schema, "additionalProperties": False}
    for name, schema in API["components"]["schemas"].items()
}


def hold(value: Any, schema: dict[str, Any]) -> None:
    """Hold a value against a schema of the description."""
    whole = {"components": {"schemas": SCHEMAS}, "allOf": [schema]}
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(whole, format_checker=checker).validate(value)  # pyright: ignore[reportUnknownMemberType]


def hold_answer(told: dict[str, Any], operation: dict[str, Any]) -> None:
    """Hold status, headers and body of an answer against what its operation promises."""
    promised = operation["responses"][str(told["status"])]
    for name, header in promised["headers"].items():
        value = told["headers"].get(name)
        schema = API["components"]["headers"][name]
        assert value is not None or not schema["required"], (header, told["headers"])
        if value is not None:
            hold(int(value) if schema["schema"]["type"] == "integer" else value, schema["schema"])
    assert {*told["headers"]} - {"Content-Type"} <= {*promised["headers"]}
    if "content" in promised:
        media_type = told["headers"]["Content-Type"].partition(";")[0]
        if "body" in told:
            hold(told["body"], promised["content"][media_type]["schema"])
        assert media_type in promised["content"]


def test_the_description_is_openapi_3_1() -> None:
    validate(API)
    assert API["openapi"].startswith("3.1")
    assert API["servers"][0]["url"] == "/"


def test_every_address_is_described_with_all_its_methods() -> None:
    served = {
        (method.lower(), route.path_format)
        for route in Litestar(ADDRESSES, openapi_config=None).routes
        for method in route.methods
        if method != "OPTIONS"
    }
    heads = {("head", path) for method, path in served if method == "get"}
    assert {(method, path) for method, path, _ in operations()} == served | heads


def test_head_promises_what_get_does_without_a_body() -> None:
    for methods in API["paths"].values():
        if "get" in methods:
            assert {*methods["head"]["responses"]} == {*methods["get"]["responses"]}
            assert not any("content" in each for each in methods["head"]["responses"].values())


def test_everything_is_said_in_words() -> None:
    for name, schema in API["components"]["schemas"].items():
        assert schema["description"], name
        for field, each in schema["properties"].items():
            assert each["description"], (name, field)
    for name in NAMES:
        assert BY_NAME[name]["summary"], name
        assert BY_NAME[name]["description"], name
    tags = [each["name"] for each in API["tags"]]
    assert {tag for each in BY_NAME.values() for tag in each["tags"]} == {*tags}


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_answered_as_documented(name: str, tmp_path: Path) -> None:
    with shop(tmp_path) as (desk, client):
        for each in examples.exchanges(name):
            assert play(desk, client, each) == each["answer"], each["name"]


@pytest.mark.parametrize("name", NAMES)
def test_every_example_keeps_to_its_schema(name: str) -> None:
    operation = BY_NAME[name]
    for each in examples.exchanges(name):
        hold_answer(each["answer"], operation)
        if "body" in each["request"] and each["answer"]["status"] < 400:
            media_type = each["request"]["headers"]["Content-Type"]
            hold(each["request"]["body"], operation["requestBody"]["content"][media_type]["schema"])


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_and_every_body_has_an_example(name: str) -> None:
    operation = BY_NAME[name]
    played = {str(each["answer"]["status"]) for each in examples.exchanges(name)}
    assert {status for status in operation["responses"] if status < "4"} <= played
    for answer in operation["responses"].values():
        for content in answer.get("content", {}).values():
            assert content.get("examples") or name in TOLD_BY_THEIR_TYPE
    for content in operation.get("requestBody", {}).get("content", {}).values():
        assert content["examples"]


def test_no_example_is_of_nothing() -> None:
    files = {each.stem for each in Path(str(examples.DIRECTORY)).iterdir()}
    assert files == {*NAMES, examples.PROBLEMS}


def test_every_example_of_a_parameter_is_used_in_one_that_works() -> None:
    sent = [each["request"] for name in NAMES for each in examples.exchanges(name)]
    for each in API["components"]["parameters"].values():
        example = each["example"][0] if isinstance(each["example"], list) else each["example"]
        value = json.dumps(example).strip('"') if each["in"] != "header" else ""
        written = f"{each['name']}={value}" if each["in"] == "query" else value
        assert any(
            request.get("headers", {}).get(each["name"]) == each["example"]
            if each["in"] == "header"
            else written in request["path"]
            for request in sent
        ), each["name"]


@pytest.fixture(scope="module")
def provoke(tmp_path_factory: pytest.TempPathFactory) -> Generator[Provoke]:
    with provoking(tmp_path_factory.mktemp("provoking")) as provoked:
        yield provoked


def possible() -> Iterator[tuple[str, str, str]]:
    """Give every problem that every operation is said to answer."""
    for method, path, operation in operations():
        for answer in operation["responses"].values():
            content = answer.get("content", {}).get("application/problem+json")
            if content:
                narrowed = content["schema"]["allOf"][1]["properties"]
                for code in narrowed["code"]["enum"]:
                    yield method.upper(), path, code


def told(answer: Answer) -> dict[str, Any]:
    headers = {HEADERS[name]: each for name, each in answer.headers.items() if name in HEADERS}
    return {"status": answer.status, "headers": headers, "body": answer.json}


@pytest.mark.parametrize(("method", "path", "code"), [*possible()])
def test_every_problem_an_operation_tells_of_happens(
    provoke: Provoke, method: str, path: str, code: str
) -> None:
    answer = told(provoke(code, method, path.replace("{ticket_id}", TICKET)))
    assert answer["body"]["code"] == code
    hold_answer(answer, API["paths"][path][method.lower()])


@pytest.mark.parametrize("code", PROBLEMS)
def test_the_example_of_a_problem_is_what_is_answered(tmp_path: Path, code: str) -> None:
    with provoking(tmp_path) as provoke_anew:
        answer = provoke_anew(code, "PUT", ADDRESS)
    assert answer.json == API["components"]["examples"][code]["value"]
    hold(answer.json, {"$ref": "#/components/schemas/Problem"})


def test_no_problem_is_missing_from_the_description() -> None:
    """Every problem is made by `ProblemError` or, where Litestar refuses, of its status."""
    made = {
        node.args[1].value
        for file in Path(ticketservice.web.problems.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id == "ProblemError" and isinstance(node.args[1], ast.Constant)
    }
    assert made | {"method_not_allowed", "content_too_large"} == {*PROBLEMS}
    assert {*PROVOCATIONS, UNDECODABLE} == {*PROBLEMS}


FULL = {"tags": [f"{n}" for n in range(100)]}
DEEP: JsonObject = {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}
FAULTY: dict[str, tuple[object, str]] = {
    "null_not_allowed": ({"subject": None}, "/subject"),
    "wrong_type": ({"priority": True}, "/priority"),
    "out_of_range": ({"priority": 5}, "/priority"),
    "blank": ({"category": " "}, "/category"),
    "too_long": ({"subject": "x" * 501}, "/subject"),
    "too_many": ({"tags": [f"{n}" for n in range(101)]}, "/tags"),
    "too_large": ({"custom_fields": {"a": "x" * 65_536}}, "/custom_fields"),
    "too_deep": ({"custom_fields": {"root": DEEP}}, "/custom_fields"),
    "bad_format": ({"due_date": "2026-12-24T10:00"}, "/due_date"),
    "bad_character": ({"internal_note": "a\0"}, "/internal_note"),
    "not_allowed": ({"status": "done"}, "/status"),
    "conflict": ({"tags": [], "add_tags": ["a"]}, "/add_tags"),
    "unknown_field": ({"urgency": 1}, "/urgency"),
    "read_only": ({"requester_id": "cust_8"}, "/requester_id"),
}


@pytest.mark.parametrize("code", FAULTY)
def test_every_fault_happens_where_it_is(agent: Client, code: str) -> None:
    body, pointer = FAULTY[code]
    answer = agent.put(agent.open(), body)
    assert answer.faults == [(pointer, code)]
    hold_answer(told(answer), BY_NAME["update_ticket"])


def test_a_field_that_is_needed_is_named(agent: Client) -> None:
    answer = agent.post("/v1/tickets", {})
    assert answer.faults == [("/subject", "required")]
    hold_answer(told(answer), BY_NAME["open_ticket"])


def test_every_code_of_the_contract_happens_here() -> None:
    assert {*FAULTY, "required"} == {*CONTRACT_CODES.split()}
    assert {*FAULTS} == {*CONTRACT_CODES.split(), "idempotency_key_reused"}


@given(updates())
def test_bodies_that_are_taken_keep_to_the_schema_of_updates(body: JsonObject) -> None:
    hold(body, {"$ref": "#/components/schemas/UpdateTicket"})


@given(openings())
def test_bodies_that_are_taken_keep_to_the_schema_of_openings(body: JsonObject) -> None:
    hold(body, {"$ref": "#/components/schemas/OpenTicket"})


@given(replies())
def test_bodies_that_are_taken_keep_to_the_schema_of_replies(body: JsonObject) -> None:
    hold(body, {"$ref": "#/components/schemas/AddReply"})


@pytest.mark.parametrize("name", ["Idempotency-Key", "Acting-User", "X-Request-Id"])
def test_headers_may_be_as_long_as_they_are_said_to_be(agent: Client, name: str) -> None:
    most = API["components"]["parameters"][name]["schema"]["maxLength"]
    header = name.replace("-", "_")
    assert agent.post("/v1/tickets", {"subject": "a"}, **{header: "x" * most}).status == 201
    assert agent.post("/v1/tickets", {"subject": "a"}, **{header: "x" * (most + 1)}).status == 400


@pytest.mark.parametrize(("method", "path", "operation"), [*operations()])
def test_key_and_scope_are_named_where_they_are_needed(
    desk: Running, agent: Client, method: str, path: str, operation: dict[str, Any]
) -> None:
    address = path.replace("{ticket_id}", "ticket_0")
    stranger = agent.send(method.upper(), address, b"{}", Authorization=None)
    assert (stranger.status == 401) == bool(operation["security"])
    for needed in operation["security"]:
        scopes: list[Scope] = needed["key"] or ["events:read"]
        answer = desk.client(*scopes).send(method.upper(), address, b"{}")
        assert answer.status not in (401, 403)


def test_limits_are_those_of_the_rules() -> None:
    fields = API["components"]["schemas"]["UpdateTicket"]["properties"]
    assert (fields["priority"]["minimum"], fields["priority"]["maximum"]) == (1, 4)
    assert (fields["subject"]["type"], fields["subject"]["maxLength"]) == ("string", 500)
    assert (fields["category"]["type"], fields["category"]["maxLength"]) == (
        ["string", "null"],
        100,
    )
    assert (fields["tags"]["maxItems"], fields["tags"]["items"]["maxLength"]) == (100, 64)
    assert "requester_id" not in fields
