"""What `ticketdomain audit` tells of a ticket, and what it keeps from a terminal."""

import json
import os
import pty
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len
from server import JOURNAL, PATIENCE, PROGRAM, command, make_key, running_server, start
from telling import telling

from ticketdomain.commands import UpdateTicket
from ticketservice.sla_file import SlaFile


def audit(directory: Path, *arguments: str, **environment: str) -> str:
    ran = command(directory, "audit", "ticket_1", *arguments, **{"COLUMNS": "100", **environment})
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def audit_json(directory: Path, *arguments: str) -> Any:
    return json.loads(audit(directory, "--json", *arguments))


def moment(told: str, beginning: str) -> list[str]:
    """Give the lines of the moment that begins so, without their indentation."""
    (found,) = [each for each in told.split("\n\n") if each.startswith(beginning)]
    return [line.strip() for line in found.splitlines()]


def test_the_timeline_tells_who_changed_what_from_what_to_what(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open(description="Twice.", tags=("card", "new"))
        story.update(
            status="in_progress",
            assigned_to="jane",
            subject="Refund for 7",
            description="Charged twice.",
            tags=("card", "vip"),
        )
    told = audit(tmp_path)
    assert told.startswith("Refund for 7\nticket_1 · account acme · version 6\n")
    assert moment(told, "2025-11-24 09:01:00Z") == [
        "2025-11-24 09:01:00Z  jane via web shop",
        "version 6 · key_1 · req_1",
        "subject      Refund → Refund for 7",
        "status       open → in_progress",
        "assigned_to  jane",
        "tags         -new  +vip",
        "description",
        "- Twice.",
        "+ Charged twice.",
        "SLA first response met: 1 min of 8 h",
    ]


def test_what_is_cleared_is_told_as_nothing(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open(category="billing", due_date="2025-12-24")
        story.update(category=None, due_date=None)
    told = moment(audit(tmp_path), "2025-11-24 09:01")
    assert "category  billing → (none)" in told
    assert "due_date  2025-12-24 → (none)" in told


def test_custom_fields_are_told_to_the_leaf(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open(custom_fields={"order": {"id": "7", "total": 5}, "gone": True})
        story.update(custom_fields={"order": {"total": 6.5, "items": ["a"]}, "gone": None})
    told = moment(audit(tmp_path), "2025-11-24 09:01")
    assert told[2:] == [
        "custom_fields/gone         true → (none)",
        "custom_fields/order/total  5 → 6.5",
        'custom_fields/order/items  ["a"]',
    ]


def test_notes_are_marked_as_internal_and_replies_with_their_author(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open()
        story.update(internal_note="Cleared with\naccounting.")
        story.reply("Done.")
        story.reply("Thanks!", "customer")
    told = audit(tmp_path)
    internal = ["internal note, not for customers", "┊ Cleared with", "┊ accounting."]
    assert moment(told, "2025-11-24 09:01")[2:] == internal
    assert moment(told, "2025-11-24 09:02")[2:4] == ["reply of the agent", "│ Done."]
    assert moment(told, "2025-11-24 09:03")[2:4] == ["reply of the customer", "│ Thanks!"]


def test_whoever_left_no_key_is_unknown(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open(by=None)
    told = moment(audit(tmp_path), "2025-11-24 09:00")
    assert told[:2] == ["2025-11-24 09:00:00Z  unknown", "version 1"]


def sla_lines(told: str) -> list[str]:
    """Give what stands of SLA targets in the timeline, without what stands below it."""
    timeline = told.rpartition("\nSLA as of")[0]
    return [line.replace("SLA ", "") for line in timeline.splitlines() if "SLA " in line]


def test_targets_run_out_between_updates_and_end_with_them(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open(priority=1)
        story.clock.pass_time(hours=2)
        story.reply("Sorry!")
        story.clock.pass_time(hours=4)
        story.update(status="resolved")
        story.clock.pass_time(hours=10)
        story.reply("Still nothing.", "customer")
    assert sla_lines(audit(tmp_path)) == [
        "2025-11-24 10:00:00Z  first response overdue: its 1 h ran out",
        "  first response missed: 2 h 1 min of 1 h",
        "2025-11-24 13:00:00Z  resolution overdue: its 4 h ran out",
        "  resolution missed: 6 h 2 min of 4 h",
        "  resolution goes on after 6 h 2 min of 4 h",
        "2025-11-25 02:03:00Z  next response overdue: its 1 h ran out",
    ]


def test_a_tightened_target_may_have_run_out_long_ago(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open(priority=3)
        story.clock.pass_time(hours=6)
        story.update(priority=1)
    told = moment(audit(tmp_path), "2025-11-24 15:01")
    assert told[2:] == [
        "priority  3 → 1",
        "SLA first response overdue since 2025-11-24 10:00:00Z: its 1 h ran out",
        "SLA resolution overdue since 2025-11-24 13:00:00Z: its 4 h ran out",
    ]


def test_the_timeline_ends_with_where_the_clocks_are_now(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open()
        story.update(status="pending")
    told = audit(tmp_path).rpartition("\n\n")[2].splitlines()
    assert re.fullmatch(r"SLA as of 20..-..-.. ..:..:..Z, policy standard", told[0])
    assert told[1:3] == [
        "first response  met, 1 min of 8 h",
        "resolution      paused, 1 min of 3 d",
    ]


def test_where_no_policy_matches_nothing_is_said_of_targets(tmp_path: Path) -> None:
    with telling(tmp_path, sla=SlaFile(policies=[])) as story:
        story.open()
        story.update(status="resolved")
    told = audit(tmp_path)
    assert told.endswith("\n\nSLA: no policy matches\n")
    assert sla_lines(told) == []


def test_a_version_and_an_instant_tell_how_the_ticket_stood(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open(description="Twice.", tags=("card",), custom_fields={"order": {"id": "7"}})
        story.update(status="pending")
        story.update(status="resolved", tags=())
    at_first, then = (
        audit(tmp_path, "--version=1"),
        audit(tmp_path, "--as-of=2025-11-24T10:01:30+01:00"),
    )
    assert "status                  open\n" in at_first
    assert 'custom_fields/order/id  "7"\n' in at_first
    assert "tags                    card\n" in at_first
    assert "description\n  Twice.\n" in at_first
    assert "SLA as of 2025-11-24 09:00:00Z, policy standard\n" in at_first
    assert "status                  pending\n" in then
    assert "SLA as of 2025-11-24 09:01:30Z, policy standard\n" in then
    assert "resolution      paused, 1 min of 3 d\n" in then
    assert "resolved_at             2025-11-24 09:02:00Z\n" in audit(tmp_path, "--version=4")


def test_json_tells_the_same_for_machines(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open(priority=1)
        story.clock.pass_time(hours=2)
        story.update(status="pending", internal_note="Asked.")
    opening, late, update, *_ = audit_json(tmp_path)
    assert list(opening) == ["at", "version", "by", "request_id", "changes", "sla"]
    assert late == {
        "at": "2025-11-24T10:00:00Z",
        "version": 1,
        "by": None,
        "request_id": None,
        "changes": [],
        "sla": [
            {
                "clock": "first_response",
                "happened": "breached",
                "at": "2025-11-24T10:00:00Z",
                "elapsed_seconds": 3600,
                "target_seconds": 3600,
            }
        ],
    }
    assert update["by"] == {"key_id": "key_1", "key_name": "web shop", "on_behalf_of": "jane"}
    assert update["changes"] == [
        {"field": "status", "from": "open", "to": "pending"},
        {"field": "internal_note", "from": None, "to": "Asked."},
    ]
    assert [(each["clock"], each["happened"]) for each in update["sla"]] == [
        ("first_response", "missed")
    ]


def test_json_of_a_moment_is_the_ticket_with_its_sla(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open()
        story.update(status="resolved")
    ticket = audit_json(tmp_path, "--version=2")
    assert (ticket["id"], ticket["account"], ticket["version"]) == ("ticket_1", "acme", 2)
    assert (ticket["status"], ticket["status_category"]) == ("resolved", "resolved")
    assert ticket["sla"]["resolution"]["state"] == "met"
    assert (
        audit_json(tmp_path, "--as-of=2025-11-24T09:00:30Z")["sla"]["resolution"]["state"]
        == "running"
    )


HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnp.exe\r\x08\x7f\u2028[red]:smile:[/red]"


def hostile_story(directory: Path, text: str = HOSTILE) -> None:
    """Put a text into everything that a caller may write."""
    with telling(directory) as story:
        story.open(
            account=text,
            subject=text,
            description=text,
            category=text,
            assigned_to=text,
            requester_id=text,
            tags=(text,),
            custom_fields={text: {"a": text}},
        )
        fields: dict[str, Any] = {"assigned_to": "b", "custom_fields": {text: text}, "tags": ()}
        change = UpdateTicket(internal_note=text, subject=f"{text}2", **fields)
        story.ask("ticket_1", change, None, account=text)


def steering(text: str) -> set[str]:
    """Give the characters that would do something to a terminal but end a line."""
    categories = ("Cc", "Cf", "Zl", "Zp", "Cs")
    return {each for each in text if unicodedata.category(each) in categories} - {"\n"}


@pytest.mark.parametrize(
    "arguments", [(), ("--version=1",), ("--json",), ("--json", "--version=1")]
)
def test_no_text_of_a_caller_steers_the_terminal(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    hostile_story(tmp_path)
    told = audit(tmp_path, *arguments)
    assert steering(told) == set()
    assert "owned" in told
    assert "[red]:smile:[/red]" in told


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_on_a_terminal_only_the_colours_are_ours(tmp_path: Path) -> None:
    hostile_story(tmp_path)
    for arguments in ((), ("--version=2",)):
        told = on_terminal(tmp_path, *arguments)
        assert COLOUR.search(told)
        assert steering(COLOUR.sub("", told.replace("\r\n", "\n"))) == set()


def test_json_still_means_what_the_caller_wrote(tmp_path: Path) -> None:
    hostile_story(tmp_path)
    opening, update, *_ = audit_json(tmp_path)
    assert opening["changes"][0]["to"] == HOSTILE
    assert update["changes"][-1] == {"field": "internal_note", "from": None, "to": HOSTILE}


def test_an_error_shows_no_escape_sequence_either(tmp_path: Path) -> None:
    make_key(tmp_path)
    told = command(tmp_path, "audit", "ticket_\x1b[2J\u202e").one_line()
    assert "ticket_\\x1b[2J\\u202e" in told
    assert steering(told) == set()


def on_terminal(directory: Path, *arguments: str, **environment: str) -> str:
    """Run the command on a terminal of its own, 100 columns wide."""
    ours, theirs = pty.openpty()
    variables = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environment}
    process = subprocess.Popen(
        [PROGRAM, "audit", "ticket_1", *arguments], cwd=directory, env=variables, stdout=theirs
    )
    os.close(theirs)
    with os.fdopen(ours, "rb") as screen, process:
        told = b"".join(_until_hung_up(screen))
    assert process.returncode == 0
    return told.decode()


def _until_hung_up(screen: Any) -> Iterator[bytes]:
    with suppress(OSError):  # which is how Linux tells that the other side has closed
        while read := screen.read1():
            yield read


def test_without_colour_a_terminal_is_told_plain_text(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open()
        story.update(internal_note="Asked.", tags=("vip",))
    told = on_terminal(tmp_path, NO_COLOR="1").replace("\r\n", "\n")
    assert steering(told) == set()
    assert told.rpartition("\nSLA as of")[0] == audit(tmp_path).rpartition("\nSLA as of")[0]


@pytest.mark.parametrize("width", [30, 60, 200])
def test_lines_are_as_long_as_the_terminal_is_wide(tmp_path: Path, width: int) -> None:
    with telling(tmp_path) as story:
        story.open(subject="Ü" * 90, custom_fields={"a" * 70: "界" * 80}, tags=("t" * 60,))
        story.update(description="words and words " * 30, internal_note="x" * 300)
        story.reply("Many words, told again. " * 20)
    told = audit(tmp_path, COLUMNS=str(width))
    lines = told.splitlines()
    assert max(map(cell_len, lines)) <= width
    assert [line for line in lines if line != line.rstrip()] == []
    assert told.count("x") >= 300
    assert audit(tmp_path, "--version=1", COLUMNS=str(width)).count("界") == 80


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("ticket_nosuch", "there is no ticket ticket_nosuch"),
        ("key_1", "there is no ticket key_1"),
        ("policy", "there is no ticket policy"),
        ("ticket_\udcff", "there is no ticket"),
        ("ticket_1 --version=3", "never had version 3, its newest is 2"),
        ("ticket_1 --version=99999999999999999999", "--version"),
        ("ticket_1 --as-of=2025-11-24T08:59:59Z", "was not there yet"),
        ("ticket_1 --as-of=9999-01-01T00:00:00Z", "future"),
        ("ticket_1 --as-of=2025-11-24", "2026-11-23T12:00:00Z"),
        ("ticket_1 --as-of=2025-11-24T10:00:00Z --version=1", "together"),
    ],
)
def test_what_cannot_be_told_is_said_in_one_line(tmp_path: Path, line: str, named: str) -> None:
    with telling(tmp_path) as story:
        story.open()
        story.update(priority=1)
    before = (tmp_path / JOURNAL).read_bytes()
    for more in ("", " --json"):
        assert named in command(tmp_path, "audit", *f"{line}{more}".split()).one_line()
    assert (tmp_path / JOURNAL).read_bytes() == before


def test_a_running_service_is_audited_as_the_history_tells_it(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        client = server.client(make_key(tmp_path))
        address = client.open(tags=["a"], custom_fields={"a": {"b": 1}})
        client.put(address, {"status": "pending", "internal_note": "n"}, Acting_User="jane")
        history = client.get(f"{address}/history").json["items"]
        ran = command(tmp_path, "audit", address.rpartition("/")[2], "--json")
        ticket = client.get(address).json
        version = command(tmp_path, "audit", ticket["id"], "--json", "--version=3")
    told = [{name: each[name] for name in history[0]} for each in json.loads(ran.out)]
    for each in told:
        assert each["by"].pop("key_name") == "test"
    assert told == history
    stood = json.loads(version.out)
    assert {name: stood[name] for name in ticket if name != "sla"} == {
        name: each for name, each in ticket.items() if name != "sla"
    }


# Not getrusage: its maximum begins with what the parent had when it forked.
MEASURED = """
import re, sys
from ticketservice.cli import main
try:
    main()
finally:
    status = open("/proc/self/status").read()
    print(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1], file=sys.stderr)
"""


def memory(directory: Path, *arguments: str) -> int:
    """Give the most memory that an audit has taken, in KiB."""
    run = [sys.executable, "-W", "ignore", "-c", MEASURED, "audit", *arguments]
    ran = subprocess.run(run, cwd=directory, capture_output=True, timeout=PATIENCE, check=True)
    return int(ran.stderr)


@pytest.fixture(scope="module")
def long_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ticket of 10,000 updates with 5 MB of notes, and one of two."""
    directory = tmp_path_factory.mktemp("long")
    with telling(directory) as story:
        story.open()
        notes = [
            UpdateTicket(internal_note=f"{number} {'note ' * 100}") for number in range(10_000)
        ]
        story.ask_all(notes)
        story.open("ticket_2")
    return directory


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells so")
@pytest.mark.parametrize("options", [[], ["--json"], ["--version=1"]])
def test_a_ticket_of_ten_thousand_updates_takes_little_more_memory(
    long_history: Path, options: list[str]
) -> None:
    short = memory(long_history, "ticket_2", *options)
    assert memory(long_history, "ticket_1", *options) < short + 5_000


def test_a_long_history_is_told_from_the_beginning_at_once(long_history: Path) -> None:
    with start(long_history, ["audit", "ticket_1", "--json"], {}) as process:
        assert process.stdout
        assert process.stdout.readline() == "[\n"
        assert json.loads(process.stdout.readline().rstrip(",\n"))["version"] == 1
        process.stdout.close()
        assert process.stderr
        assert process.stderr.read() == ""
    assert -process.returncode == 13  # SIGPIPE, which a shell tells as 141


def test_ten_thousand_updates_are_told_whole_and_in_order(long_history: Path) -> None:
    told = audit_json(long_history)
    assert [each["version"] for each in told if each["changes"]] == [*range(1, 10_002)]


def test_a_history_that_cannot_be_read_to_its_end_is_no_json(tmp_path: Path) -> None:
    with telling(tmp_path) as story:
        story.open()
        story.update(priority=1)
        with story.service.journal.writing() as writer:
            (row,) = writer.stream("ticket_1", after=1)
            broken = msgspec.structs.replace(row, state=b"{}", originator_version=3, position=9)
            writer.append([broken])
    ran = command(tmp_path, "audit", "ticket_1", "--json")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "event 3 of ticket_1 cannot be read" in ran.err
