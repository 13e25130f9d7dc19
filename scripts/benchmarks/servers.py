"""The servers that are measured, each a process of its own, and a client to prepare them with."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from signal import SIGTERM
from tempfile import TemporaryFile
from typing import Any

from msgspec import Struct

PROGRAM = [sys.executable, "-m", "ticketservice"]
WITHOUT_SLA = [sys.executable, str(Path(__file__).with_name("without_sla.py"))]
WITHOUT_READ_MODELS = [sys.executable, str(Path(__file__).with_name("without_read_models.py"))]
ECHO = [sys.executable, str(Path(__file__).with_name("echo.py"))]


class Service(Struct, frozen=True):
    """A running `ticketdomain serve`, and a key for it."""

    port: int
    secret: str

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask once; give the JSON of the answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body), headers)
        with connection.getresponse() as answer:
            return json.load(answer)


@contextmanager
def service(journal: Path, program: list[str]) -> Generator[Service]:
    """Run the service on a fresh journal; at the end it must stop by itself, without a fault."""
    environment = {**os.environ, "TICKETDOMAIN_DATABASE": f"sqlite:///{journal}"}
    create = "keys create --account bench --name bench --scope tickets:read --scope tickets:write"
    secret = subprocess.check_output(
        [*program, *create.split()], env=environment, stderr=subprocess.DEVNULL, text=True
    )
    with listening([*program, "serve", "--port", "0"], environment) as port:
        yield Service(port, secret.strip())


@contextmanager
def listening(command: list[str], environment: dict[str, str] | None = None) -> Generator[int]:
    """Run a server that tells its address on its first line, and logs to a file; give its port."""
    with (
        TemporaryFile() as log,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().rpartition(":")[2])
            process.terminate()
            if (status := process.wait(30)) not in (0, -SIGTERM):
                msg = f"{command} ended with {status}"
                raise RuntimeError(msg)
        finally:
            process.kill()
