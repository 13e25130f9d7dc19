"""What a caller is told when something is wrong, and what nobody is told."""

import socket
import sqlite3
from pathlib import Path

import pytest
from running import Client, Running, running

import ticketdomain.errors
from ticketdomain.batch import Batch
from ticketdomain.errors import JournalUnavailableError, OutcomeUnknownError, TicketDomainError
from ticketservice.web.problems import PROBLEMS

PROBLEM = "application/problem+json"
SECRET = "SELECT secret FROM /var/lib/secret"
BASES = ("TicketDomainError", "JournalError")
OF_COMMANDS = ("NothingToRedactError", "ProofError", "TransferError")  # which no address raises


def test_every_error_of_the_domain_has_its_answer() -> None:
    errors = {e for e in vars(ticketdomain.errors).values() if isinstance(e, type)}
    refusals = {
        e
        for e in errors
        if issubclass(e, TicketDomainError) and e.__name__ not in (*BASES, *OF_COMMANDS)
    }
    assert {*PROBLEMS} == refusals


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nowhere", None, 404, "not_found"),
        ("GET", "/v1/tickets/a/b/c", None, 404, "not_found"),
        ("GET", "/v1/tickets/ticket_0", None, 404, "not_found"),
        ("DELETE", "/v1/tickets/ticket_0", None, 405, "method_not_allowed"),
        ("PUT", "/v1/tickets", b"{}", 405, "method_not_allowed"),
        ("POST", "/healthz", b"{}", 405, "method_not_allowed"),
        ("POST", "/v1/tickets", b"{", 400, "malformed_json"),
        ("POST", "/v1/tickets", b"{}", 422, "invalid"),
    ],
)
def test_a_problem_says_what_is_wrong(
    agent: Client, method: str, path: str, body: bytes | None, status: int, code: str
) -> None:
    answer = agent.send(method, path, body)
    told = answer.json
    assert answer.headers["content-type"] == PROBLEM
    assert (answer.status, told["status"], told["code"]) == (status, status, code)
    assert told["type"].endswith(code)
    assert (told["instance"], told["request_id"]) == (path, answer.headers["x-request-id"])
    assert told["title"]
    assert told["detail"]


def test_a_method_that_is_not_allowed_is_told_which_are(agent: Client) -> None:
    allowed = agent.send("DELETE", "/v1/tickets/ticket_0").headers["allow"]
    assert {*allowed.split(", ")} >= {"GET", "HEAD", "PUT", "PATCH"}


MALFORMED = {
    "empty": b"",
    "cut off": b'{"subject": "a',
    "not utf-8": b'{"subject": "\xff"}',
    "utf-8 surrogates": b'{"subject": "\xed\xa0\x80"}',
    "utf-16": '{"subject": "a"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"subject": "a"}',
    "a lone surrogate": b'{"subject": "\\ud800"}',
    "half a pair": b'{"subject": "\\udc00 a"}',
    "NaN": b'{"priority": NaN}',
    "Infinity": b'{"priority": -Infinity}',
    "beyond a double": b'{"custom_fields": {"a": 1e400}}',
    "an integer beyond a double": b'{"custom_fields": {"a": 1%s}}' % (b"0" * 309),
    "an integer beyond reason": b'{"custom_fields": {"a": 1%s}}' % (b"0" * 5000),
    "nested beyond 100": b"[" * 101 + b"]" * 101,
    "objects nested beyond 100": b'{"a":' * 101 + b"1" + b"}" * 101,
    "nested beyond reason": b"[" * 500_000,
    "two values": b"{} {}",
    "a comment": b"{} // x",
    "single quotes": b"{'subject': 'a'}",
    "a control character": b'{"subject": "a\nb"}',
}


@pytest.mark.parametrize("name", sorted(MALFORMED))
def test_malformed_json_is_refused_and_nothing_is_written(agent: Client, name: str) -> None:
    address = agent.open()
    answer = agent.send("PUT", address, MALFORMED[name])
    assert (answer.status, answer.json["code"]) == (400, "malformed_json")
    assert agent.get(address).json["version"] == 1


def test_nesting_of_100_is_no_malformed_json(agent: Client) -> None:
    assert agent.send("PUT", agent.open(), b"[" * 100 + b"]" * 100).status == 422
    assert agent.send("PUT", agent.open(), b'{"tags": [%s]}' % (b"[]," * 200 + b"1")).status == 422


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"]
)
def test_a_body_that_is_not_json_is_refused(agent: Client, kind: str | None) -> None:
    answer = agent.send("PUT", agent.open(), b"{}", Content_Type=kind)
    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")


def test_a_body_of_a_mebibyte_is_read_and_one_byte_more_is_not(agent: Client) -> None:
    address = agent.open()
    assert agent.send("PUT", address, b"{}".ljust(2**20)).status == 200
    answer = agent.send("PUT", address, b"{}".ljust(2**20 + 1))
    assert (answer.status, answer.headers["content-type"]) == (413, PROBLEM)


def test_a_chunked_body_has_the_same_limit(desk: Running, agent: Client) -> None:
    secret = agent._secret  # pyright: ignore[reportPrivateUsage]
    lines = [
        f"PUT {agent.open()} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {secret}",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "Connection: close",
    ]
    with socket.create_connection(("127.0.0.1", desk.port), timeout=10) as raw:
        raw.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        for _ in range(17):
            raw.sendall(b"10000\r\n" + b" " * 65_536 + b"\r\n")
        assert raw.recv(12) == b"HTTP/1.1 413"


def test_the_domains_faults_keep_their_limits_through_http(agent: Client) -> None:
    answer = agent.put(agent.open(), {"tags": [1] * 150, "id": "x"})
    assert (answer.status, len(answer.faults)) == (422, 100)


def test_nul_is_refused_by_name(agent: Client) -> None:
    answer = agent.put(agent.open(), {"subject": "a\0"})
    assert answer.faults == [("/subject", "bad_character")]


def test_a_stream_that_cannot_be_decoded_is_500_for_that_ticket_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path) as desk:
        agent = desk.client()
        bad, good = agent.open(), agent.open()
    with sqlite3.connect(tmp_path / "journal.db") as file:
        file.execute("UPDATE stored_events SET state = x'ff' WHERE originator_id = ?", [name(bad)])
    file.close()
    with running(tmp_path) as desk:
        again = desk.client()
        for answer in (again.get(bad), again.put(bad, {"priority": 1})):
            assert (answer.status, answer.json["code"]) == (500, "undecodable_stream")
        assert again.put(good, {"priority": 1}).status == 200
    assert name(bad) in caplog.text


def name(address: str) -> str:
    return address.rpartition("/")[2]


@pytest.mark.parametrize(
    ("error", "code"),
    [(JournalUnavailableError, "unavailable"), (OutcomeUnknownError, "outcome_unknown")],
)
def test_storage_that_fails_is_503_and_says_what_is_known(
    agent: Client, monkeypatch: pytest.MonkeyPatch, error: type[TicketDomainError], code: str
) -> None:
    address = agent.open()

    def fail(_: Batch) -> None:
        raise error(SECRET)

    monkeypatch.setattr(Batch, "write", fail)
    answer = agent.put(address, {"priority": 1})
    assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, code, "1")
    assert ("unknown" in answer.json["detail"]) == (code == "outcome_unknown")
    assert b"secret" not in answer.body


def test_a_fault_of_ours_is_500_and_tells_nothing(
    agent: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    address = agent.open()

    def fail(_: Batch) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(Batch, "write", fail)
    answer = agent.put(address, {"priority": 1})
    assert (answer.status, answer.json["code"]) == (500, "internal")
    assert b"secret" not in answer.body
    assert answer.json["request_id"] in caplog.text
