"""A real `ticketdomain serve` process on a real file, and the command line beside it."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection
from tempfile import TemporaryFile
from time import monotonic, sleep
from types import MappingProxyType
from typing import Any, NamedTuple, Self, TextIO

from running import Client

from ticketdomain.keys import SCOPES

PROGRAM = Path(sys.executable).with_name("ticketdomain")
JOURNAL = Path("data", "journal.db")  # where it is by default, seen from the working directory
PATIENCE = 30  # seconds for what takes one


class Ran(NamedTuple):
    """How a run of the program ended."""

    code: int
    out: str
    err: str

    def one_line(self) -> str:
        """Give the error of a run that failed with one line on stderr, and nothing else."""
        assert self.code != 0, self
        assert self.out == "", self
        assert self.err.count("\n") == 1, self.err
        return self.err.removesuffix("\n")


def start(
    directory: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    stderr: int = subprocess.PIPE,
    program: Sequence[str | Path] = (PROGRAM,),
) -> subprocess.Popen[str]:
    """Start the program in a directory, with no settings but those of the environment given."""
    inherited = {name: each for name, each in os.environ.items() if "TICKETDOMAIN" not in name}
    return subprocess.Popen(
        [*program, *arguments],
        cwd=directory,
        env={**inherited, **environment},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def command(directory: Path, *arguments: str, **environment: str) -> Ran:
    """Run the program to its end."""
    with start(directory, arguments, environment) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()  # one that has ended does not mind
    return Ran(process.returncode, out, err)


def make_key(directory: Path, *options: str, scopes: tuple[str, ...] = SCOPES) -> str:
    """Make a key of the account acme, and give its secret."""
    named = [part for scope in scopes for part in ("--scope", scope)]
    ran = command(directory, "keys", "create", "--account=acme", "--name=test", *named, *options)
    assert ran.code == 0, ran.err
    return ran.out.strip()


class Server:
    """A process that serves the journal of a directory."""

    def __init__(
        self, directory: Path, process: subprocess.Popen[str], port: int, log: TextIO
    ) -> None:
        self.directory = directory
        self.process = process
        self.port = port
        self._log = log
        self._clients: list[Client] = []

    def client(self, secret: str) -> Client:
        client = Client(self.port, secret)
        self._clients.append(client)
        return client

    def logged(self) -> str:
        """Give what it has written to stderr so far."""
        self._log.seek(0)
        return self._log.read()

    def terminate(self) -> None:
        """Tell it to stop, and do not wait."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Tell it to stop, and give its exit code."""
        self.terminate()
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End it as a power cut does, as far as a process can tell."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def close(self) -> None:
        for client in self._clients:
            client.close()
        try:
            self.stop()
        finally:
            self.process.kill()


@contextmanager
def running_server(directory: Path, *options: str, **environment: str) -> Generator[Server]:
    """Serve the journal of a directory on a free port; its log must hold no traceback."""
    with failing_server(directory, options, environment) as server:
        yield server
        server.close()
        assert "Traceback" not in server.logged()


@contextmanager
def failing_server(
    directory: Path,
    options: Sequence[str] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
    program: Sequence[str | Path] = (PROGRAM,),
) -> Generator[Server]:
    """As `running_server`, of a service that the test makes fail."""
    arguments = ["serve", "--port", "0", *options]
    with (
        TemporaryFile("a+") as log,
        start(directory, arguments, environment, log.fileno(), program) as process,
    ):
        assert process.stdout
        port = process.stdout.readline().rpartition(":")[2]
        server = Server(directory, process, int(port or 0), log)
        try:
            _wait_until_ready(server.port)
            yield server
        finally:
            server.close()
            print(server.logged())  # pytest shows it with a failure


def _wait_until_ready(port: int) -> None:
    """Ask once: the port is open already, the answer comes when there is one."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET", "/readyz")
        assert connection.getresponse().status == 200


def everything(client: Client, path: str) -> list[Any]:
    """Read a list to its end, page by page."""
    page = client.get(f"{path}?limit=200").json
    items: list[Any] = page["items"]
    while page["next"]:
        page = client.get(f"{path}?limit=200&cursor={page['next']}").json
        items += page["items"]
    return items


class Row(NamedTuple):
    """Where an event of the journal stands."""

    position: int
    stream: str
    version: int
    commit_index: int
    commit_count: int


def rows(directory: Path) -> list[Row]:
    """Read the journal's file itself."""
    query = (
        "SELECT rowid, originator_id, originator_version, commit_index, commit_count"
        " FROM stored_events ORDER BY rowid"
    )
    with closing(sqlite3.connect(directory / JOURNAL)) as file:
        return [Row(*row) for row in file.execute(query)]


def eventually(holds: Callable[[], bool]) -> float:
    """Wait until something holds, and give the seconds that it took."""
    began = monotonic()
    while not holds():
        assert monotonic() < began + PATIENCE
        sleep(0.005)
    return monotonic() - began


class HalfSent:
    """An update whose body is held back once the service has begun to wait for it."""

    def __init__(self, server: Server, secret: str, address: str, body: bytes) -> None:
        self._body = body
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        self._connection.putrequest("PUT", address)
        self._connection.putheader("Authorization", f"Bearer {secret}")
        self._connection.putheader("Content-Type", "application/json")
        self._connection.putheader("Content-Length", str(len(body)))
        self._connection.putheader("Expect", "100-continue")
        self._connection.endheaders()
        assert b" 100 " in self._connection.sock.recv(1000)

    def finish(self) -> int:
        """Send the body, and give the status of the answer."""
        self._connection.send(self._body)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def wait_until_nobody_listens(server: Server) -> None:
    """Wait until a service that was told to stop has noticed."""
    with suppress(ConnectionRefusedError):
        while True:
            create_connection(("127.0.0.1", server.port), PATIENCE).close()
            sleep(0.01)


class Talk:
    """A Python process with which the test speaks line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def say(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().rstrip("\n")

    def kill(self) -> None:
        """End it as a power cut does, as far as a process can tell."""
        self._process.kill()
        self._process.wait(PATIENCE)


@contextmanager
def talking_to(code: str) -> Generator[Talk]:
    """Run code in a process of its own, until its input ends."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True) as each:
        yield Talk(each)
