"""The service in this process, behind a real socket, with a clock that the test sets."""

import asyncio
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import uvicorn

from ticketdomain.change import Change
from ticketdomain.keys import SCOPES, IssueKey, Scope, secret_sha256
from ticketprojections.views.standing import standings
from ticketservice.service import Service, open_service, publish, random_id
from ticketservice.settings import Settings
from ticketservice.sla_file import read_policies
from ticketservice.web.app import create_app


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **parts: float) -> None:
        self.now += timedelta(**parts)


class Answer:
    """An answer; header names are in lower case."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Give where and why the request was refused."""
        places = ("pointer", "parameter", "header")
        return [
            (next(fault[place] for place in places if place in fault), fault["code"])
            for fault in self.json["errors"]
        ]


class Client:
    """Speaks HTTP for one key, over one connection."""

    def __init__(self, port: int, secret: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._secret = secret

    def send(
        self, method: str, path: str, body: bytes | None = None, /, **headers: str | None
    ) -> Answer:
        """Send a request; `If_Match="…"` names a header, `None` takes one away."""
        given: dict[str, str | None] = {
            "Authorization": f"Bearer {self._secret}",
            **({} if body is None else {"Content-Type": "application/json"}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        wanted = {name: value for name, value in given.items() if value is not None}
        self._connection.request(method, path, body, wanted)
        answer = self._connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, names, answer.read())

    def get(self, path: str, **headers: str | None) -> Answer:
        return self.send("GET", path, None, **headers)

    def post(self, path: str, body: object, **headers: str | None) -> Answer:
        return self.send("POST", path, json.dumps(body).encode(), **headers)

    def put(self, path: str, body: object, **headers: str | None) -> Answer:
        return self.send("PUT", path, json.dumps(body).encode(), **headers)

    def open(self, **fields: object) -> str:
        """Open a ticket and give its address."""
        answer = self.post("/v1/tickets", {"subject": "Refund", **fields})
        assert answer.status == 201, answer.body
        return answer.headers["location"]

    def close(self) -> None:
        self._connection.close()


class Running:
    """A service that answers on a port."""

    def __init__(self, service: Service, port: int, clock: Clock) -> None:
        self.service = service
        self.port = port
        self.clock = clock
        self._clients: list[Client] = []

    async def _issue(self, command: IssueKey) -> str:
        change = Change(stream=self.service.new_id("key"), command=command, account=command.account)
        return (await self.service.desk.ask(change)).state.stream

    def client(
        self,
        *scopes: Scope,
        account: str = "acme",
        requester: str | None = None,
        expires_at: datetime | None = None,
    ) -> Client:
        """Make a key, of all scopes unless some are named, and a client that uses it."""
        secret = random_id("sk_live")
        command = IssueKey(
            account=account,
            name="test",
            scopes=scopes or SCOPES,
            secret_sha256=secret_sha256(secret),
            expires_at=expires_at,
            requester=requester,
        )
        asyncio.run(self._issue(command))
        client = Client(self.port, secret)
        self._clients.append(client)
        return client

    def wait_for_read_models(self) -> None:
        """Wait until all have been built: a service answers before."""
        while any(each.being_built for each in standings(self.service.projector)):
            sleep(0.01)

    def close(self) -> None:
        for client in self._clients:
            client.close()


@contextmanager
def running(
    path: Path, new_id: Callable[[str], str] = random_id, **settings: Any
) -> Generator[Running]:
    """Run the service on a journal in a directory."""
    clock = Clock()
    chosen = Settings(database=f"sqlite:///{path / 'journal.db'}", **settings)
    with (
        open_service(chosen, clock, new_id) as service,
        _listening(create_app(service)) as port,
    ):
        asyncio.run(publish(service, read_policies(chosen.sla, chosen.workflow, clock().date())))
        answering = Running(service, port, clock)
        try:
            yield answering
        finally:
            answering.close()


@contextmanager
def _listening(app: Callable[..., Any]) -> Generator[int]:
    config = uvicorn.Config(
        app,
        port=0,
        log_config=None,
        access_log=False,
        timeout_keep_alive=3600,  # a client that all tests share may wait long for its turn
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        sleep(0.002)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
