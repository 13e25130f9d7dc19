"""Someone who follows a page of the documentation from top to bottom, in an empty directory."""

import json
import os
import re
import subprocess
import sys
import tomllib
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from pages import Block, Command, blocks, commands, holds, looks_like
from server import PATIENCE, PROGRAM, Server, make_key, running_server

from ticketservice.settings import read_settings

ADDRESS = "127.0.0.1:8000"  # at which pages talk to the service
# What no page can run here, each with the test that does so elsewhere.
RUN_ELSEWHERE = {
    "pip install": "needs the network; test_install.py installs without it",
    "podman": "no engine runs here; test_deploy.py runs what the image would run",
    "sudo": "changes the machine; test_deploy.py does it in a directory",
    "scripts/serve": "test_docs.py does so, and ends it",
    "scripts/test": "is what runs this",
    "ticketdomain audit $TICKET --as-of": "needs a past, which test_command_line.py makes",
}
# Shells of which a page may show a line, though they are not on the machines that test it.
ABSENT_SHELLS = ("fish", "zsh")
READ_BY_OTHERS = ("yaml",)  # Prometheus: test_metrics.py holds its rules against the metrics


def wait_until_all_is_well(server: Server) -> None:
    """Wait until a new service has built its read models: it is ready before."""
    client, deadline = server.client(""), monotonic() + PATIENCE
    while {*client.get("/readyz").json["checks"].values()} != {"ok"}:
        assert monotonic() < deadline
        sleep(0.1)


class Reader:
    """Types a page's commands, saves its settings, and compares what it is told.

    `KEY` and `TICKET` are a key with every scope and a new ticket, until the page makes its own.
    """

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self._directory = directory
        self._stack = stack
        self._server: Server | None = None
        self._printed: str | None = None
        self._settings = directory / "ticketdomain.toml"
        (directory / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
        places = os.pathsep.join([str(PROGRAM.parent), os.environ["PATH"]])
        self._variables = {"PATH": places, "CURL_HOME": str(directory)}

    def follow(self, page: Path) -> None:
        for block in blocks(page):
            if block.language == "console":
                for each in commands(block.text):
                    self._type(each)
            else:
                self._read(block)
        if self._settings.exists():
            read_settings({}, self._settings)

    def _type(self, command: Command) -> None:
        self._printed = None
        if command.typed.startswith(tuple(RUN_ELSEWHERE)):
            return
        if command.typed.startswith("ticketdomain serve"):
            self._serve(*command.typed.removesuffix("&").split()[2:])
            return
        self._printed = self._run(command.typed)
        if command.shown:
            assert looks_like(command.shown, self._printed), self._printed

    def _read(self, block: Block) -> None:
        if block.language == "toml":
            tomllib.loads(block.text)
            with self._settings.open("a", encoding="utf-8") as file:
                file.write(f"{block.text}\n")
        elif block.language == "json" and self._printed is not None:  # what it was answered
            assert holds(json.loads(block.text), json.loads(self._printed)), self._printed
        elif block.language == "json":
            self._update(json.loads(block.text))
        elif block.language == "bash":
            self._run(block.text)
        elif block.language == "python":
            self._run(f"{sys.executable} - <<'END'\n{block.text}\nEND")
        elif block.language not in (*ABSENT_SHELLS, *READ_BY_OTHERS):
            assert not block.language, f"no test runs {block.language}"
            assert not block.text.startswith("$ "), "commands are shown as console"

    def _run(self, typed: str) -> str:
        """Run a command in a shell, and keep what it exports."""
        if ADDRESS in typed:
            typed = typed.replace(ADDRESS, f"127.0.0.1:{self._serve().port}")
        for name, make in (("KEY", self._make_key), ("TICKET", self._open)):
            if f"${name}" in typed and name not in self._variables:
                self._variables[name] = make()
        exported = self._directory / "exported"
        ran = subprocess.run(
            ["bash", "-ec", f"{typed}\nenv -0 >{exported}"],
            cwd=self._directory,
            env=self._variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert ran.returncode == 0, f"{typed}\n{ran.stdout}{ran.stderr}"
        pairs = (each.partition("=") for each in exported.read_text().split("\0") if each)
        self._variables = {name: value for name, _, value in pairs}
        if opened := re.match(r'{"id":"(ticket_\w+)"', ran.stdout):
            self._variables["TICKET"] = opened[1]
        return ran.stdout

    def _serve(self, *options: str) -> Server:
        if self._server is None:
            running = running_server(self._directory, *options)
            self._server = self._stack.enter_context(running)
            wait_until_all_is_well(self._server)
        return self._server

    def _make_key(self) -> str:
        return make_key(self._directory)

    def _open(self) -> str:
        opener = self._serve().client(make_key(self._directory))
        return opener.open().rpartition("/")[2]

    def _update(self, body: Any) -> None:
        agent = self._serve().client(make_key(self._directory))
        answer = agent.put(f"{agent.open()}?dry_run=true", body)
        assert answer.status == 200, answer.body
