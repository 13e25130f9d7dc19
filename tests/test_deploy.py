"""The examples of docs/deploy: checked by the tools there are, and run in a directory."""

import json
import os
import re
import shutil
import socket
from pathlib import Path
from subprocess import run

import pytest
from deploying import (
    DEPLOY,
    assignments,
    instructions,
    moved,
    started,
    typed_at_the_machine,
    unit,
)
from installing import build, build_from, install
from pages import ROOT
from running import Client

from ticketservice.serve import GRACE_SECONDS
from ticketservice.settings import read_settings

ANALYZE = shutil.which("systemd-analyze")
NGINX = shutil.which("nginx")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    build(directory)
    return directory


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
    return number


@pytest.fixture
def machine(wheels: Path, tmp_path: Path, port: int) -> Path:
    """A directory where the program and its settings are as the page's commands put them."""
    (wheel,) = wheels.glob("*.whl")
    install(wheel, tmp_path / "opt/ticketdomain")
    for place in ("etc/systemd/system", "var/lib/ticketdomain"):
        (tmp_path / place).mkdir(parents=True)
    for each in typed_at_the_machine():
        if each.startswith("install "):
            run(["bash", "-ec", moved(each, tmp_path)], cwd=ROOT, check=True)
    settings = tmp_path / "etc/ticketdomain/ticketdomain.toml"
    settings.write_text(moved(settings.read_text("utf-8"), tmp_path, port), "utf-8")
    return tmp_path


def typed(beginning: str, directory: Path) -> str:
    """Run the page's one command that begins so, in a directory's places, and give its output."""
    (line,) = [each for each in typed_at_the_machine() if each.startswith(beginning)]
    shell = ["bash", "-ec", moved(line, directory)]
    return run(shell, capture_output=True, text=True, check=True).stdout


def test_the_unit_starts_what_the_page_installs(machine: Path, port: int) -> None:
    start = moved(unit()["Service"]["ExecStart"], machine)
    assert (machine / "etc/systemd/system/ticketdomain.service").exists()
    with started(start, machine, port, {}) as process:
        secret = typed("/opt/ticketdomain/bin/ticketdomain keys", machine).strip()
        client = Client(port, secret)
        address = client.open(subject="Before the fire")
        typed("/opt/ticketdomain/bin/python", machine)
        client.open(subject="After it")
        client.close()
    assert process.returncode == 0
    restored_from_the_backup(machine)
    with started(start, machine, port, {}):
        client = Client(port, secret)
        assert client.get(address).json["subject"] == "Before the fire"
        client.close()


def restored_from_the_backup(machine: Path) -> None:
    data = machine / "var/lib/ticketdomain"
    assert oct((data / "copy.db").stat().st_mode & 0o777) == "0o600"
    for each in data.glob("journal.db-*"):
        each.unlink()
    (data / "copy.db").replace(data / "journal.db")


def test_the_unit_keeps_the_journal_where_the_settings_say() -> None:
    settings = read_settings({}, DEPLOY / "ticketdomain.toml")
    kept = f"/var/lib/{unit()['Service']['StateDirectory']}"
    assert settings.database == f"sqlite:///{kept}/journal.db"


def test_the_unit_waits_longer_than_the_service_does() -> None:
    assert int(unit()["Service"]["TimeoutStopSec"]) > GRACE_SECONDS


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not on this machine")
def test_systemd_finds_nothing_wrong_with_the_unit(machine: Path) -> None:
    here = machine / "ticketdomain.service"
    text = (DEPLOY / "ticketdomain.service").read_text("utf-8")
    here.write_text(text.replace("/opt/", f"{machine}/opt/"))  # it looks for the program
    verified = run([str(ANALYZE), "verify", str(here)], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    rating = [str(ANALYZE), "security", "--offline=true", "--threshold=20", str(here)]
    run(rating, capture_output=True, check=True)


def test_the_image_is_built_of_what_it_copies(wheels: Path, tmp_path: Path) -> None:
    for name, rest in instructions():
        if name == "COPY" and not rest.startswith("--from"):
            *sources, target = rest.split()
            for each in sources:
                copy = shutil.copytree if (ROOT / each).is_dir() else shutil.copy
                copy(ROOT / each, tmp_path / target)
    build_from(tmp_path, tmp_path / "built")
    (wheel,) = wheels.glob("*.whl")
    assert (tmp_path / "built" / wheel.name).read_bytes() == wheel.read_bytes()


def test_the_image_serves_tells_its_health_and_stops(
    machine: Path, port: int, tmp_path: Path
) -> None:
    last = {name: rest for name, rest in instructions() if name != "ENV"}
    (settings,) = [assignments(rest) for name, rest in instructions() if name == "ENV"]
    paths = settings["PATH"].replace("$PATH", os.environ["PATH"])
    environment = {**settings, "PATH": paths, "TICKETDOMAIN_PORT": str(port)}
    environment = {
        name: moved(value, machine).replace("/data", f"{tmp_path}/data")
        for name, value in environment.items()
    }
    line: list[str] = json.loads(last["ENTRYPOINT"]) + json.loads(last["CMD"])
    health = json.loads(moved(last["HEALTHCHECK"].partition(" CMD ")[2].strip(), machine, port))
    (tmp_path / "data").mkdir()

    def healthy() -> bool:
        return run(health, env=environment, capture_output=True, check=False).returncode == 0

    assert last["USER"] == "10001"
    assert not healthy()
    line[0] = str(shutil.which(line[0], path=environment["PATH"]))
    with started(" ".join(line), tmp_path / "data", port, environment) as process:
        assert healthy()
    assert process.returncode == 0
    assert (tmp_path / "data/journal.db").exists()


@pytest.mark.skipif(NGINX is None, reason="nginx is not on this machine")
def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(nginx_with_a_certificate(tmp_path))
    check = [str(NGINX), "-t", "-e", "stderr", "-c", str(tmp_path / "nginx.conf")]
    ran = run(check, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def nginx_with_a_certificate(directory: Path) -> str:
    key, certificate = directory / "it.key", directory / "it.pem"
    make = ["openssl", "req", "-x509", "-nodes", "-subj", "/CN=localhost", "-keyout", str(key)]
    run([*make, "-out", str(certificate)], capture_output=True, check=True)
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    text = re.sub(r"/etc/ssl/\S+\.(key|pem)", rf"{directory}/it.\1", text)
    ways = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{each}_temp_path {directory}/{each};\n" for each in ways)
    return f"pid {directory}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{places}{text}}}\n"
