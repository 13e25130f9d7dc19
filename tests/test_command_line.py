"""What the program `ticketdomain` prints, refuses and leaves on disk."""

import json
import os
import re
import shlex
import signal
import socket
import sqlite3
import sys
from collections.abc import Generator
from contextlib import closing
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from subprocess import run

import click
import pytest
from server import (
    JOURNAL,
    PATIENCE,
    PROGRAM,
    Server,
    command,
    make_key,
    running_server,
    start,
)
from telling import telling

from ticketservice.cli import program

CREATE = ("keys", "create", "--account=acme", "--name=web shop", "--scope=tickets:read")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A service whose journal the command line shares."""
    with running_server(tmp_path_factory.mktemp("office")) as server:
        yield server


def test_making_a_key_prints_the_secret_alone(office: Server) -> None:
    ran = command(office.directory, *CREATE)
    secret = ran.out.removesuffix("\n")
    assert secret.startswith("sk_live_")
    assert secret.isprintable()
    assert " " not in secret
    assert ran.err.startswith("key_")
    assert "acme" in ran.err
    assert secret not in ran.err
    assert office.client(secret).get("/v1/me").json["name"] == "web shop"


def test_each_line_of_the_list_begins_with_the_id_of_a_key(office: Server) -> None:
    made = [office.client(make_key(office.directory)).get("/v1/me").json["id"] for _ in range(2)]
    listed = command(office.directory, "keys", "list")
    assert [line.split()[0] for line in listed.out.splitlines()][-2:] == made
    assert listed.code == 0
    assert listed.err == ""


def test_the_list_as_json_tells_all_of_a_key_but_its_secret(office: Server) -> None:
    options = ("--requester=cust_7", "--expires=0.5")
    secret = make_key(office.directory, *options, scopes=("public:read",))
    listed = command(office.directory, "keys", "list", "--json")
    key = json.loads(listed.out)[-1]
    lifetime = datetime.fromisoformat(key["expires_at"]) - datetime.fromisoformat(key["created_at"])
    assert abs(lifetime - timedelta(hours=12)) < timedelta(seconds=10)
    assert (key["account"], key["name"], key["scopes"]) == ("acme", "test", ["public:read"])
    assert (key["requester"], key["revoked_at"]) == ("cust_7", None)
    assert secret not in listed.out
    assert "sha256" not in listed.out


def test_a_revoked_key_is_refused_and_listed_as_such(office: Server) -> None:
    client = office.client(make_key(office.directory))
    key_id = client.get("/v1/me").json["id"]
    assert command(office.directory, "keys", "revoke", key_id).code == 0
    assert command(office.directory, "keys", "revoke", key_id).code == 0  # twice is quiet
    listed = command(office.directory, "keys", "list").out.splitlines()
    assert [line.split()[:2] for line in listed][-1] == [key_id, "revoked"]
    assert client.get("/v1/me").status == 401


def test_a_key_can_expire_before_it_is_used(office: Server) -> None:
    client = office.client(make_key(office.directory, "--expires", "0"))
    assert client.get("/v1/me").status == 401
    assert "expired" in command(office.directory, "keys", "list").out.splitlines()[-1]


def test_a_requesters_key_sees_that_requesters_tickets_alone(office: Server) -> None:
    agent = office.client(make_key(office.directory))
    theirs, others, nobodys = (
        agent.open(requester_id=each).removeprefix("/v1/") for each in ("cust_7", "cust_8", None)
    )
    customer = office.client(make_key(office.directory, "--requester", "cust_7"))
    for view in ("{}", "{}/history", "{}/notes", "public/{}", "public/{}/history"):
        paths = [f"/v1/{view.format(ticket)}" for ticket in (theirs, others, nobodys)]
        seen = [customer.get(path).status for path in paths]
        assert seen == [200, 404, 404]
    assert customer.put(f"/v1/{others}", {"priority": 1}).status == 404


def test_no_secret_is_on_disk(office: Server) -> None:
    secret = make_key(office.directory)
    stored = b"".join(file.read_bytes() for file in (office.directory / JOURNAL.parent).iterdir())
    assert b"tickets:read" in stored
    assert secret.removeprefix("sk_live_").encode() not in stored


@pytest.fixture
def _generous_umask() -> Generator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_generous_umask")
def test_only_the_owner_reads_what_is_stored(tmp_path: Path) -> None:
    with running_server(tmp_path):
        files = (tmp_path / "data").iterdir()
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in files}
    assert {"journal.db", "journal.db-wal", "journal.db-shm"} <= {*modes}
    assert {*modes.values()} == {"0o600"}
    assert oct((tmp_path / "data").stat().st_mode & 0o777) == "0o700"


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("nosuch", "nosuch"),
        ("keys nosuch", "nosuch"),
        ("keys revoke", "ID"),
        ("keys create --name=n --scope=tickets:read", "--account"),
        ("keys create --account=a --scope=tickets:read", "--name"),
        ("keys create --account=a --name=n", "--scope"),
        ("keys create --account=a --name=n --scope=tickets:rule", "tickets:rule"),
        ("serve --nosuch", "--nosuch"),
        ("serve --port=99999", "99999"),
        ("serve --port=http", "http"),
        ("serve --host=nosuch.invalid", "nosuch.invalid"),
        ("serve --config=nosuch.toml", "nosuch.toml"),
    ],
)
def test_a_mistake_is_told_in_one_line(tmp_path: Path, line: str, named: str) -> None:
    assert named in command(tmp_path, *shlex.split(line)).one_line()


@pytest.mark.parametrize("key_id", ["key_nosuch", "ticket_nosuch", "no\nsuch", "\x1b[2Jnosuch"])
def test_a_key_that_is_none_cannot_be_revoked(office: Server, key_id: str) -> None:
    told = command(office.directory, "keys", "revoke", key_id).one_line()
    assert "nosuch" in told.replace(" ", "")
    assert told.isprintable()


@pytest.mark.parametrize("line", ["keys list", "keys revoke key_1", "audit ticket_1"])
def test_who_only_reads_makes_no_journal(tmp_path: Path, line: str) -> None:
    ran = command(tmp_path, *line.split())
    assert "there is no journal at data/journal.db" in ran.one_line()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", ["keys list", "audit ticket_1"])
def test_an_empty_file_is_no_journal_and_is_left_as_it_was(tmp_path: Path, line: str) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    ran = command(tmp_path, *line.split(), TICKETDOMAIN_DATABASE="sqlite:///empty.db")
    assert "empty.db" in ran.one_line()
    assert [(each.name, each.stat().st_size) for each in tmp_path.iterdir()] == [("empty.db", 0)]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--account", " "),
        ("--name", "a\nb"),
        ("--requester", ""),
        ("--requester", "\udcff"),
        ("--expires", "-1"),
        ("--expires", "soon"),
        ("--expires", "nan"),
        ("--expires", "inf"),
        ("--expires", "1e9"),
        ("--expires", "4e6"),
    ],
)
def test_a_key_is_not_made_of_nonsense(tmp_path: Path, option: str, value: str) -> None:
    assert option in command(tmp_path, *CREATE, f"{option}={value}").one_line()


def test_a_port_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = str(used.getsockname()[1])
        assert port in command(tmp_path, "serve", "--port", port).one_line()


def test_a_journal_that_is_none_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    minutes = tmp_path / "minutes.txt"
    minutes.write_text("Who was there: everybody.\n" * 100)
    ran = command(tmp_path, "keys", "list", TICKETDOMAIN_DATABASE="sqlite:///minutes.txt")
    assert "minutes.txt" in ran.one_line()
    assert minutes.read_text() == "Who was there: everybody.\n" * 100


def test_another_programs_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    other = tmp_path / "contacts.db"
    with closing(sqlite3.connect(other)) as file:
        file.execute("CREATE TABLE contacts (name TEXT)")
    before = other.read_bytes()
    ran = command(tmp_path, "keys", "list", TICKETDOMAIN_DATABASE="sqlite:///contacts.db")
    assert "contacts.db" in ran.one_line()
    assert other.read_bytes() == before


def test_a_newer_programs_journal_is_refused(tmp_path: Path) -> None:
    make_key(tmp_path)
    with closing(sqlite3.connect(tmp_path / JOURNAL)) as file, file:
        file.execute("UPDATE journal_schema SET version = 7")
    for arguments in (("serve", "--port=0"), CREATE, ("keys", "list")):
        assert "schema 7" in command(tmp_path, *arguments).one_line()


@pytest.mark.parametrize("path", ["/sys/journal.db", "/dev/null/journal.db", "folder"])
def test_a_place_where_no_journal_can_be_is_told_in_one_line(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    ran = command(tmp_path, "keys", "list", TICKETDOMAIN_DATABASE=f"sqlite:///{path}")
    assert path in ran.one_line()


def commands() -> Generator[tuple[str, click.Command]]:
    """Give the program, its groups and its commands, by what has to be typed."""
    waiting: list[tuple[str, click.Command]] = [("", program)]
    for line, each in waiting:
        yield line, each
        if isinstance(each, click.Group):
            waiting += [(f"{line} {name}".strip(), sub) for name, sub in each.commands.items()]


COMMANDS = dict(commands())


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_explains_itself(tmp_path: Path, line: str) -> None:
    ran = command(tmp_path, *line.split(), "--help", COLUMNS="100")
    assert (ran.code, ran.err) == (0, "")
    assert f"Usage: ticketdomain {line}".rstrip() in ran.out
    assert f"Examples\n   $ {examples(line)[0]}" in re.sub(" +\n", "\n", ran.out)
    assert list(tmp_path.iterdir()) == []


def examples(line: str) -> list[str]:
    return re.findall(r"\$ (.+)", COMMANDS[line].epilog or "")


@pytest.mark.parametrize("example", [each for line in COMMANDS for each in examples(line)])
def test_the_examples_of_the_help_are_right_usage(example: str) -> None:
    (typed,) = re.findall(r"ticketdomain ([^|)]+)", example)
    rest = shlex.split(typed)
    context: click.Context = click.Context(program)
    while isinstance(context.command, click.Group):
        name = rest.pop(0)
        context = context.command.commands[name].make_context(name, rest[:], context)
        rest = [*context._protected_args, *context.args]  # pyright: ignore  # what click left
    assert rest == []


def test_a_group_alone_explains_itself_as_wrong_usage(tmp_path: Path) -> None:
    for group in ((), ("keys",), ("sla",), ("projections",)):
        ran = command(tmp_path, *group)
        assert (ran.code, ran.err) == (2, "")
        assert "Usage" in ran.out


def test_the_help_lists_the_exit_codes(tmp_path: Path) -> None:
    told = command(tmp_path, "--help").out
    codes = re.findall(r"^ +(\d+) {2,}\w", told.partition("Exit codes")[2], re.MULTILINE)
    assert codes == ["0", "1", "2", "130", "141"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("--version", 0),
        ("keys list", 1),
        ("audit ticket_1", 1),
        ("serve --config=nosuch.toml", 1),
        ("nosuch", 2),
        ("audit", 2),
        ("audit ticket_1 --version=0", 2),
        ("audit ticket_1 --version=1 --as-of=2026-01-01T00:00:00Z", 2),
        ("audit ticket_1 --as-of=yesterday", 2),
        ("demo --seed=one", 2),
        ("projections rebuild nosuch", 2),
    ],
)
def test_the_exit_code_tells_a_refusal_from_wrong_usage(
    tmp_path: Path, line: str, code: int
) -> None:
    assert command(tmp_path, *line.split()).code == code


def test_an_interrupted_command_ends_with_130(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "policies.toml")  # which the command waits for
    with (
        start(tmp_path, ["sla", "check", "policies.toml"], {}) as process,
        (tmp_path / "policies.toml").open("w"),  # which opens when the command reads
    ):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(tmp_path: Path) -> None:
    assert "Did you mean 'audit'?" in command(tmp_path, "audti").one_line()
    assert "--account" in command(tmp_path, "keys", "create", "--acount=a").one_line()


def test_a_reader_that_has_seen_enough_ends_the_command_silently(office: Server) -> None:
    for line in ("keys list", "--help", "sla check /dev/null"):
        shell = f"set -o pipefail; {PROGRAM} {line} | true; echo ${{PIPESTATUS[0]}}"
        ran = run(
            ["bash", "-c", shell], cwd=office.directory, capture_output=True, timeout=PATIENCE
        )
        assert ran.stdout.split()[-1] in (b"141", b"0")  # 0: all was in the pipe in time
        assert ran.stderr == b""


def test_a_full_disk_is_told_in_one_line(office: Server) -> None:
    shell = f"{PROGRAM} keys list > /dev/full"
    ran = run(["bash", "-c", shell], cwd=office.directory, capture_output=True, timeout=PATIENCE)
    assert (ran.returncode, ran.stderr.count(b"\n")) == (1, 1)
    assert b"No space left" in ran.stderr


def test_what_an_encoding_lacks_is_still_printed(tmp_path: Path) -> None:
    command(tmp_path, "keys", "create", "--account=a", "--name=Büro→", "--scope=tickets:read")
    ran = command(tmp_path, "keys", "list", PYTHONIOENCODING="ascii")
    assert (ran.code, ran.err) == (0, "")
    assert "B\\xfcro\\u2192" in ran.out


PAGE = Path(__file__).parents[1] / "docs" / "command-line.md"


def shown(language: str) -> str:
    """Give what the page of the command line shows in a language."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return "".join(blocks)


def in_bash(directory: Path, script: str, **environment: str) -> str:
    """Run a script in which `ticketdomain` is the program, and give what it prints."""
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    ran = run(
        ["bash", "--norc", "-euo", "pipefail", "-c", script],
        cwd=directory,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def test_the_commands_of_the_page_work(tmp_path: Path) -> None:
    fill, *others = re.findall(r"^\$ (.+)", shown("console"), re.MULTILINE)
    filled = in_bash(tmp_path, fill)
    with telling(tmp_path / "past") as story:  # of which the page's instant is a part
        story.open()
        story.update(priority=1)
    run_in_the_past = [each for each in others if " audit " in each]
    assert len(run_in_the_past) == 6
    for line in run_in_the_past:
        now = line.replace("2026-11-23", "2025-11-25").replace("less -R", "cat")
        assert "Refund" in in_bash(tmp_path / "past", now, TICKET="ticket_1")
    (ticket, *_) = re.findall(r"ticket_\w+", filled)
    assert command(tmp_path, "audit", ticket).code == 0


def test_the_page_names_every_command_and_option() -> None:
    page = PAGE.read_text("utf-8")
    for line, each in COMMANDS.items():
        if not isinstance(each, click.Group):
            (row,) = re.findall(rf"^\| `{line}\b.*`.*$", page, re.MULTILINE)
            options = [each for each in each.params if isinstance(each, click.Option)]
            named = [each.opts[0] in row for each in options if each.name != "config"]
            assert all(named) or line == "keys create", row


def test_the_page_tells_the_same_exit_codes_as_the_help(tmp_path: Path) -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    told = command(tmp_path, "--help", COLUMNS="100").out
    assert len(rows) == 5
    for code, meaning in rows:
        assert re.search(rf"{code} +{re.escape(meaning.replace('`', ''))}", told)


COMPLETE = """
{source}
COMP_WORDS=({words})
COMP_CWORD={index}
_ticketdomain_completion ticketdomain
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ticketdomain ", {*program.commands}),
        ("ticketdomain ke", {"keys"}),
        ("ticketdomain keys ", {"create", "list", "revoke"}),
        ("ticketdomain audit --v", {"--version"}),
        ("ticketdomain projections rebuild ", {"tickets", "assignments"}),
        ("ticketdomain keys create --scope tickets:", {"tickets:read", "tickets:write"}),
    ],
)
def test_bash_completes_commands_options_and_scopes(
    tmp_path: Path, typed: str, offered: set[str]
) -> None:
    words = typed.split(" ")
    quoted, source = " ".join(map(shlex.quote, words)), shown("bash")
    script = COMPLETE.format(source=source, words=quoted, index=len(words) - 1)
    assert set(in_bash(tmp_path, script).split()) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_given_its_completion(tmp_path: Path, shell: str) -> None:
    ran = command(tmp_path, _TICKETDOMAIN_COMPLETE=f"{shell}_source")
    assert (ran.code, ran.err) == (0, "")
    assert f"_TICKETDOMAIN_COMPLETE={shell}_complete" in ran.out
    assert f"_TICKETDOMAIN_COMPLETE={shell}_source ticketdomain" in shown(shell)


def test_the_package_runs_as_the_program_does(tmp_path: Path) -> None:
    module = [sys.executable, "-m", "ticketservice", "--help"]
    ran = run(module, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert "keys" in ran.stdout
    assert ran.stderr == ""
    assert f"ticketdomain, version {version('ticketdomain')}" in command(tmp_path, "--version").out
