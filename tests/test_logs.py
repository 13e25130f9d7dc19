"""What a log tells: of every request a line with its id, and nothing that a caller wrote."""

import json
import os
import pty
import re
import signal
import sys
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit
from time import sleep
from typing import Any

import pytest
from running import Client
from server import (
    JOURNAL,
    PATIENCE,
    HalfSent,
    Server,
    failing_server,
    make_key,
    running_server,
    start,
    wait_until_nobody_listens,
)

MARKER = "Zq7marker"
TICKET = "/v1/tickets/{ticket_id}"


def lines(log: str) -> list[dict[str, Any]]:
    """Read a log: every line is a JSON object, with what every line has."""
    told = [json.loads(line) for line in log.splitlines()]
    for line in told:
        assert {"timestamp", "level", "logger", "event"} <= {*line}
    return told


def access(log: str) -> list[dict[str, Any]]:
    return [line for line in lines(log) if line["logger"] == "access"]


class Told:
    """A service that has ended, and what it had logged."""

    def __init__(self, log: str, answered: list[str], secrets: list[str]) -> None:
        self.log = log
        self.answered = answered
        self.secrets = secrets


def ask_everything(client: Client, answered: list[str]) -> str:
    """Ask in many ways, right and wrong, with a marker wherever a caller may write; give the
    address of the ticket that was asked about most."""
    headers = {"Acting_User": f"{MARKER}-user", "Cookie": f"a={MARKER}", "User_Agent": MARKER}
    body = {"subject": f"{MARKER} s", "description": f"{MARKER} d", "category": f"{MARKER} c",
            "assigned_to": MARKER, "requester_id": MARKER, "tags": [MARKER],
            "custom_fields": {MARKER: {MARKER: MARKER}}}  # fmt: skip

    def ask(method: str, path: str, sent: object = None, **more: str | None) -> str:
        raw = sent if isinstance(sent, bytes | None) else json.dumps(sent).encode()
        answer = client.send(method, path, raw, **{**headers, **more})
        answered.append(answer.headers["x-request-id"])
        return answer.headers.get("location", "")

    address = ask("POST", "/v1/tickets", body, Idempotency_Key=f"{MARKER}-1")
    for _ in range(2):
        ask("PUT", address, {"internal_note": f"{MARKER} n"}, Idempotency_Key=f"{MARKER}-2")
    ask("PUT", address, {"internal_note": MARKER}, Idempotency_Key=f"{MARKER}-2")
    ask("POST", f"{address}/replies", {"body": f"{MARKER} r", "author": "customer"})
    for wrong in ({"status": MARKER}, {MARKER: 1}, {"due_date": MARKER}, MARKER, [MARKER]):
        ask("PUT", address, wrong)
    ask("PUT", address, MARKER.encode())
    ask("PUT", address, b'{"subject": "%s \xff"}' % MARKER.encode())
    ask("PUT", address, b"[" * 200_000 + MARKER.encode())
    ask("PUT", address, {"subject": MARKER}, If_Match=f'"{MARKER}"')
    ask("PUT", address, {"subject": MARKER}, If_Match='"999"')
    ask("PUT", address, {"subject": MARKER}, Content_Type=f"text/{MARKER}")
    ask("PUT", address, b" " * 2_000_000)
    for below in ("", "/history", "/notes", "/replies", "/sla", "/nothing"):
        ask("GET", address + below)
        ask("GET", f"{address}{below}?{MARKER}={MARKER}&as_of={MARKER}&cursor={MARKER}")
        ask("HEAD", address + below, If_None_Match=f'"{MARKER}"')
    public = address.replace("/v1/", "/v1/public/")
    for path in (public, f"{public}/history", "/v1/me", "/openapi.json", "/metrics", "/readyz"):
        ask("GET", path)
        ask("GET", f"{path}?{MARKER}")
    for path in (f"/{MARKER}", f"/v1/tickets/{MARKER}", f"/v1/tickets/ticket_{MARKER}/{MARKER}"):
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            ask(method, path, b"{}")
    for secret in (None, f"Bearer sk_live_{MARKER}", f"Basic {MARKER}", MARKER):
        ask("GET", "/v1/me", Authorization=secret)
        ask("PUT", address, body, Authorization=secret)
    ask("GET", "/v1/me", Acting_User=f"{MARKER} {MARKER}")
    ask("GET", "/v1/me", X_Request_Id=f"{MARKER} with a blank")
    ask("GET", "/v1/me", Connection=f"{MARKER}, upgrade", Upgrade="websocket")
    return address


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A whole run of a service, up to a disk that fails."""
    directory = tmp_path_factory.mktemp("told")
    secrets = [make_key(directory), make_key(directory, scopes=("events:read",))]
    answered: list[str] = []
    with failing_server(directory, environment={"TICKETDOMAIN_LOG_LEVEL": "debug"}) as server:
        address = ask_everything(server.client(secrets[0]), answered)
        answer = server.client(secrets[1]).post("/v1/tickets", {"subject": MARKER})
        answered.append(answer.headers["x-request-id"])
        with HalfSent(server, secrets[0], address, MARKER.encode()):
            pass  # the client goes
        fail_to_write(server, secrets[0], answered)
        server.stop()
        return Told(server.logged(), answered, secrets)


def fail_to_write(server: Server, secret: str, answered: list[str]) -> None:
    size = os.stat(f"{server.directory / JOURNAL}-wal").st_size
    prlimit(server.process.pid, RLIMIT_FSIZE, (size, RLIM_INFINITY))
    answer = server.client(secret).post("/v1/tickets", {"subject": MARKER})
    prlimit(server.process.pid, RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
    assert answer.status == 503
    answered.append(answer.headers["x-request-id"])


def test_every_answer_has_its_line_with_its_request_id(told: Told) -> None:
    logged = [line["request_id"] for line in access(told.log)]
    assert len(told.answered) > 70
    for request_id in told.answered:
        assert logged.count(request_id) == 1


def test_no_line_holds_what_a_caller_wrote(told: Told) -> None:
    for written in (MARKER, *told.secrets, "sk_live", "Bearer", "user-agent", "acme"):
        assert written not in told.log


def test_a_line_names_route_method_status_time_and_key(told: Told) -> None:
    seen = access(told.log)
    for line in seen:
        assert {*line} == {"timestamp", "level", "logger", "event", "request_id", "key_id",
                           "method", "route", "status", "milliseconds"}  # fmt: skip
        assert 0 < line["milliseconds"] < 1000 * PATIENCE
    assert {line["route"] for line in seen} >= {TICKET, "/v1/tickets", "/v1/me", "unknown"}
    assert {line["status"] for line in seen} >= {200, 201, 400, 401, 403, 404, 405, 412, 413, 415}
    assert {line["method"] for line in seen} >= {"GET", "HEAD", "PUT", "POST"}
    assert all(line["key_id"].startswith("key_") for line in seen if line["status"] == 201)
    assert all(line["key_id"] is None for line in seen if line["status"] == 401)


def test_a_client_that_goes_before_its_answer_is_no_fault(told: Told) -> None:
    (gone,) = [line for line in access(told.log) if line["status"] == 499]
    about = [line for line in lines(told.log) if line.get("request_id") == gone["request_id"]]
    assert about == [gone]


def test_a_failure_of_the_disk_is_told_by_its_code_and_by_whom_it_met(told: Told) -> None:
    (failed,) = [line for line in lines(told.log) if line["logger"] == "ticketdomain.desk"]
    assert failed["request_ids"] == told.answered[-1:]
    assert re.search(r"\nsqlite3\.OperationalError SQLITE_(FULL|IOERR\w*)\n", failed["exception"])


PLANTED = f"""
import asyncio, gc, sys, threading, warnings
from ticketdomain.batch import Batch
from ticketservice import cli
from ticketservice.readiness import Readiness
from ticketservice.web import tickets

NOTE = "".join({list(MARKER)})  # not a literal: the lines of a program may be told
write = Batch.write

def fail(batch):
    note = "".join(row.state.decode() for row in batch._rows)
    if NOTE not in note:
        return write(batch)
    try:
        raise KeyError(note)
    except KeyError as error:
        error.add_note(note)
        raise RuntimeError(note) from error

def callback(note):
    raise ValueError(note)

class AtItsEnd:
    def __del__(self):
        raise ValueError(NOTE)

async def task():
    raise ValueError(NOTE)

async def checks(self):
    asyncio.get_running_loop().call_soon(callback, NOTE)
    asyncio.get_running_loop().create_task(task())
    await asyncio.sleep(0.1)
    gc.collect()
    thread = threading.Thread(target=callback, args=[NOTE])
    thread.start()
    await asyncio.to_thread(thread.join)
    AtItsEnd()
    warnings.warn("something is deprecated", DeprecationWarning)
    return {{"planted": "ok"}}

warnings.simplefilter("always")
Readiness.checks = checks
Batch.write = fail
cli.main()
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A run of a service with faults planted in it, whose messages hold a note."""
    directory = tmp_path_factory.mktemp("planted")
    secret = make_key(directory)
    (directory / "planted.py").write_text(PLANTED)
    with failing_server(directory, program=[sys.executable, "planted.py"]) as server:
        client = server.client(secret)
        answer = client.post("/v1/tickets", {"subject": MARKER}, X_Request_Id='"quoted"\\')
        assert answer.status == 500
        client.get("/readyz")
        server.stop()
        return Told(server.logged(), [answer.headers["x-request-id"]], [secret])


def test_an_unexpected_failure_is_traced_without_its_message(planted: Told) -> None:
    assert MARKER not in planted.log
    failures = [line for line in lines(planted.log) if line["logger"].endswith("problems")]
    (failed,) = failures
    assert failed["request_id"] == planted.answered[0] == '"quoted"\\'
    trace = failed["exception"]
    assert trace.startswith("Traceback (most recent call last):\n")
    assert "in fail" in trace
    assert trace.index("builtins.KeyError") < trace.index("builtins.RuntimeError")


def test_what_fails_outside_of_requests_is_told_in_the_same_form(planted: Told) -> None:
    told = lines(planted.log)
    events = {line["event"] for line in told if "exception" in line}
    assert {"a task failed", "a thread failed", "failed at its end"} <= events
    functions = {*re.findall(r"in (\w+)", "".join(line.get("exception", "") for line in told))}
    assert {"callback", "task", "__del__", "fail"} <= functions
    warned = [line["event"] for line in told if line["logger"] == "py.warnings"]
    assert "something is deprecated" in warned[0]
    assert any(line["logger"].startswith("uvicorn") for line in told)


def logged(directory: Path, **environment: str) -> str:
    """Serve, answer one request, and give the log."""
    with running_server(directory, **environment) as server:
        server.client(make_key(directory)).open()
        server.stop()
        return server.logged()


def test_access_lines_can_be_switched_off(tmp_path: Path) -> None:
    log = logged(tmp_path, TICKETDOMAIN_ACCESS_LOG="false")
    assert lines(log)
    assert access(log) == []


def test_the_last_request_before_the_end_has_its_line(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    with running_server(tmp_path) as server:
        address = server.client(secret).open()
        with HalfSent(server, secret, address, b"{}") as request:
            server.terminate()
            wait_until_nobody_listens(server)
            assert request.finish() == 200
        assert server.process.wait(PATIENCE) == 0
        assert [line["method"] for line in access(server.logged())][-1] == "PUT"


def test_a_higher_level_leaves_out_what_is_below(tmp_path: Path) -> None:
    assert logged(tmp_path, TICKETDOMAIN_LOG_LEVEL="warning") == ""


def test_on_a_terminal_lines_are_readable(tmp_path: Path) -> None:
    terminal, stderr = pty.openpty()
    with start(tmp_path, ["serve", "--port", "0"], {}, stderr) as process:
        os.close(stderr)
        assert process.stdout
        port = int(process.stdout.readline().rpartition(":")[2])
        client = Client(port, "none")
        client.get("/v1/tickets/ticket_0")
        client.close()
        process.send_signal(signal.SIGTERM)
        written = b"".join(read_until_closed(terminal)).decode()
        assert process.wait(PATIENCE) == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", written)
    (line,) = [line for line in plain.splitlines() if "[access]" in line]
    assert re.match(r"\d{4}-\d\d-\d\d[T ]\S+ +\[info +\] request ", line)
    assert f"route={TICKET}" in line
    assert "status=401" in line


def read_until_closed(terminal: int) -> Generator[bytes]:
    with suppress(OSError):  # which is how a terminal says that nobody writes any more
        while part := os.read(terminal, 65_536):
            yield part
    os.close(terminal)


def test_a_log_on_a_full_disk_stops_no_request(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    with (
        open("/dev/full", "w", encoding="utf-8") as full,
        start(tmp_path, ["serve", "--port", "0"], {}, stderr=full.fileno()) as process,
    ):
        assert process.stdout
        client = Client(int(process.stdout.readline().rpartition(":")[2]), secret)
        for _ in range(20):
            assert client.get("/v1/me").status == 200
            sleep(0.02)  # so that lines are written meanwhile
        client.close()
        process.terminate()
        process.wait(PATIENCE)
