"""The examples of docs/deploy, moved from the places of a machine into a directory."""

import re
import shlex
import subprocess
from collections.abc import Generator, Mapping
from configparser import RawConfigParser
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import sleep

from pages import ROOT, blocks, commands
from server import PATIENCE

DEPLOY = ROOT / "docs" / "deploy"
PLACES = ("/opt/ticketdomain", "/etc/ticketdomain", "/etc/systemd/system", "/var/lib/ticketdomain")


def moved(text: str, directory: Path, port: int = 8000) -> str:
    """Put the places, and the port, of the examples elsewhere."""
    for place in PLACES:
        text = text.replace(place, f"{directory}{place}")
    return re.sub(r"\b8000\b", str(port), text)


def typed_at_the_machine() -> list[str]:
    """Give the page's commands that begin with `sudo`, without it and without a user."""
    shown = [each for block in blocks(DEPLOY / "README.md") for each in _commands(*block)]
    return [re.sub(r"^sudo (-u \w+ )?", "", each) for each in shown if each.startswith("sudo")]


def _commands(language: str, text: str) -> list[str]:
    return [each.typed for each in commands(text)] if language == "console" else []


def unit() -> RawConfigParser:
    """Read the unit; of what is there twice, the last."""
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[method-assign,assignment] # as the parser's docs say
    parser.read(DEPLOY / "ticketdomain.service")
    return parser


def instructions() -> list[tuple[str, str]]:
    """Read the Containerfile: each instruction with what follows it."""
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    whole = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    pairs = (line.partition(" ") for line in whole.splitlines() if line)
    return [(name, rest.strip()) for name, _, rest in pairs]


def assignments(text: str) -> dict[str, str]:
    """Read what ENV sets."""
    return dict(each.split("=", 1) for each in shlex.split(text))


@contextmanager
def started(
    line: str, directory: Path, port: int, environment: Mapping[str, str]
) -> Generator[subprocess.Popen[bytes]]:
    """Run a service until it is ready, and end it as systemd and container engines do."""
    with subprocess.Popen(shlex.split(line), cwd=directory, env=dict(environment)) as process:
        try:
            while not _ready(port):
                assert process.poll() is None
                sleep(0.05)
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except ConnectionRefusedError:
        return False
    finally:
        connection.close()
