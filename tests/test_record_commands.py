"""What an operator does with a whole journal: proves it, seals it, copies it, moves it."""

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from server import JOURNAL, command, make_key, running_server

BEYOND = b'{"position":9223372036854775808,"count":1,"digest":"","at":"2026-11-25T00:00:00Z"}'


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A directory with the journal of two tickets: a key, the policies, and seven events."""
    directory = tmp_path / "desk"
    directory.mkdir()
    secret = make_key(directory)
    with running_server(directory) as server:
        client = server.client(secret)
        for name in ("first", "second"):
            ticket = client.open(subject=name)
            client.put(ticket, {"status": "pending", "internal_note": "as agreed"}, Acting_User="x")
    return directory


def tamper(directory: Path, statement: str) -> None:
    with closing(sqlite3.connect(directory / JOURNAL)) as file, file:
        file.execute(statement)


def test_a_journal_as_it_was_written_verifies(desk: Path) -> None:
    ran = command(desk, "verify")
    assert (ran.code, ran.out, ran.err) == (0, "8 events, each as it was written\n", "")


def test_what_was_altered_is_named_and_the_exit_code_says_so(desk: Path) -> None:
    tamper(desk, "UPDATE stored_events SET account = 'other' WHERE rowid = 4")
    tamper(desk, "DELETE FROM stored_events WHERE rowid = 6")
    ran = command(desk, "verify")
    assert ran.code == 1
    assert ran.out.startswith("position 4: ")
    assert "position 6 is missing" in ran.out
    assert ran.err.startswith("ticketdomain: ")
    assert ran.err.count("\n") == 1


def test_a_seal_proves_what_it_covers_also_after_more_was_written(desk: Path) -> None:
    (desk / "seal.json").write_text(command(desk, "seal").out)
    with running_server(desk) as server:
        server.client(make_key(desk)).open()
    ran = command(desk, "verify", "--seal", "seal.json")
    assert (ran.code, ran.out) == (0, "10 events, each as it was written; the seal holds\n")


def test_a_seal_tells_that_the_newest_events_are_gone(desk: Path) -> None:
    (desk / "seal.json").write_text(command(desk, "seal").out)
    tamper(desk, "DELETE FROM stored_events WHERE rowid > 5")
    tamper(desk, "UPDATE sqlite_sequence SET seq = 5")
    (desk / JOURNAL.with_name("views.db")).unlink()  # who can do the one can do the other
    assert command(desk, "verify").code == 0
    ran = command(desk, "verify", "--seal", "seal.json")
    assert ran.code == 1
    assert "events 6 to 8 that were sealed are missing" in ran.out


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"position":1}', b"[]", BEYOND])
def test_a_file_that_is_no_seal_is_refused(desk: Path, content: bytes) -> None:
    (desk / "seal.json").write_bytes(content)
    ran = command(desk, "verify", "--seal", "seal.json")
    assert ran.code == 2
    assert "holds no seal" in ran.one_line()


def test_a_journal_moves_to_another_place_and_back(desk: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert command(desk, "export", "../moved.ndjson").code == 0
    assert stat.S_IMODE((tmp_path / "moved.ndjson").stat().st_mode) == 0o600
    ran = command(other, "import", "../moved.ndjson")
    assert (ran.code, ran.err) == (0, "8 events imported and verified\n")
    assert command(other, "export").out == (tmp_path / "moved.ndjson").read_text("utf-8")
    with running_server(other) as server:  # the key has moved, too
        keys = command(other, "keys", "list").out
        assert keys == command(desk, "keys", "list").out
        assert server.port


def test_no_file_is_written_over(desk: Path) -> None:
    for name in ("export", "backup"):
        (desk / "kept").write_text("kept")
        assert "exists" in command(desk, name, "kept").one_line()
        assert (desk / "kept").read_text() == "kept"


def test_an_export_that_was_cut_off_leaves_the_journal_empty(desk: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    lines = command(desk, "export").out.splitlines(keepends=True)
    (other / "part").write_text("".join(lines[:6]))
    ran = command(other, "import", "part")
    assert (ran.code, "line 7" in ran.one_line()) == (1, True)
    assert command(other, "verify").out.endswith("0 events, each as it was written\n")


def test_nothing_is_imported_into_a_journal_that_has_events(desk: Path) -> None:
    assert command(desk, "export", "moved").code == 0
    assert "not empty" in command(desk, "import", "moved").one_line()


@pytest.mark.parametrize("arguments", [["verify"], ["seal"], ["export"], ["backup", "copy"]])
def test_where_there_is_no_journal_none_is_made(tmp_path: Path, arguments: list[str]) -> None:
    assert "there is no journal" in command(tmp_path, *arguments).one_line()
    assert list(tmp_path.iterdir()) == []


def test_a_backup_while_others_write_is_whole_and_can_be_restored(
    desk: Path, tmp_path: Path
) -> None:
    secret, done = make_key(desk), Event()
    with running_server(desk) as server:

        def write() -> None:
            client = server.client(secret)
            while not done.is_set():
                client.open()

        writer = Thread(target=write)
        writer.start()
        try:
            ran = command(desk, "backup", "../copy.db")
        finally:
            done.set()
            writer.join()
    assert (ran.code, ran.err.endswith("events copied and verified\n")) == (0, True)
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    restored = tmp_path / "restored"
    (restored / JOURNAL).parent.mkdir(parents=True)
    (tmp_path / "copy.db").rename(restored / JOURNAL)
    assert command(restored, "verify").code == 0
    with running_server(restored) as server:
        assert server.client(secret).get("/v1/me").status == 200


def test_a_backup_of_a_journal_that_was_altered_says_so(desk: Path) -> None:
    tamper(desk, "UPDATE stored_events SET request_id = 'other' WHERE rowid = 4")
    assert "not as it was written" in command(desk, "backup", "copy.db").one_line()


def test_an_exported_line_is_json_with_all_that_is_stored(desk: Path) -> None:
    lines = [json.loads(line) for line in command(desk, "export").out.splitlines()]
    assert [line["line"] for line in lines] == ["journal", *["event"] * 8, "end"]
    note = next(line for line in lines if line.get("type") == "ticket.note_added")
    assert note["data"] == {"type": "ticket.note_added", "body": "as agreed"}
    assert note["on_behalf_of"] == "x"


def test_a_row_of_a_read_model_that_events_do_not_make_is_named(desk: Path) -> None:
    with closing(sqlite3.connect(desk / JOURNAL.with_name("views.db"))) as file, file:
        (table,) = file.execute(
            "SELECT name FROM sqlite_schema WHERE name GLOB 'tickets_[0-9]*' AND type = 'table'"
        ).fetchone()
        file.execute(f"UPDATE {table} SET status = 'other' WHERE subject = 'first'")
    ran = command(desk, "verify")
    assert ran.code == 1
    assert "tickets.status is not what its events make" in ran.out
    assert ran.err.count("\n") == 1
    assert ran.out.count("\n") == 1
    assert command(desk, "projections", "rebuild").code == 0
    assert command(desk, "verify").code == 0


VIEWS = JOURNAL.with_name("views.db")


def tamper_views(directory: Path, statement: str) -> None:
    """Alter what answers; `{}` is the number of the tickets' tables."""
    with closing(sqlite3.connect(directory / VIEWS)) as file, file:
        query = "SELECT generation FROM generations WHERE model = 'tickets' AND place = 'live'"
        (number,) = file.execute(query).fetchone()
        file.execute(statement.replace("{}", str(number)))


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "INSERT INTO ticket_tags_{} SELECT account, 'vip', created_at, id FROM tickets_{}"
            " WHERE subject = 'first'",
            "ticket_tags is not",
        ),
        (
            "INSERT INTO tickets_{} (id, account) SELECT id, 'other' FROM tickets_{}"
            " WHERE subject = 'first'",
            "tickets is not",
        ),
        (
            "INSERT INTO parked SELECT {}, id, 2, 'why' FROM tickets_{} WHERE subject = 'first'",
            "is parked at version 2",
        ),
    ],
)
def test_what_a_read_model_should_not_hold_is_named(desk: Path, statement: str, told: str) -> None:
    tamper_views(desk, statement)
    ran = command(desk, "verify")
    assert (ran.code, ran.out.count("\n")) == (1, 1)
    assert told in ran.out


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE generations SET version = 99", "of version 99"),
        ("UPDATE generations SET position = position - 2", "up to position 6 of 8"),
        ("DELETE FROM generations", "not built yet"),
    ],
)
def test_a_read_model_that_is_not_looked_at_is_named_and_no_fault(
    desk: Path, statement: str, told: str
) -> None:
    tamper_views(desk, statement)
    ran = command(desk, "verify")
    assert ran.code == 0, ran.out
    assert told in ran.out


def test_a_policy_that_cannot_be_read_does_not_end_verify(desk: Path) -> None:
    tamper(desk, "UPDATE stored_events SET state = '{' WHERE topic = 'policy.published'")
    tamper(desk, "UPDATE stored_events SET account = 'other' WHERE rowid = 8")
    ran = command(desk, "verify")
    assert ran.code == 1
    assert "position 8" in ran.out
    assert "could not be looked at to the end" in ran.out


def test_an_index_that_lacks_a_row_is_named(desk: Path) -> None:
    with closing(sqlite3.connect(desk / JOURNAL)) as file, file:
        file.execute("PRAGMA writable_schema = ON")
        file.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, '(topic)', '(account)')"
            " WHERE name = 'stored_events_by_topic'"
        )
    ran = command(desk, "verify")
    assert (ran.code, "the file itself: " in ran.out) == (1, True)
    assert "not as it was written" in command(desk, "backup", "copy.db").one_line()


def test_a_snapshot_that_events_do_not_make_is_named(desk: Path) -> None:
    tamper(
        desk,
        "INSERT INTO snapshots SELECT originator_id, 1, 'ticket', 1, '{}'"
        " FROM stored_events WHERE topic = 'ticket.opened' LIMIT 1",
    )
    ran = command(desk, "verify")
    assert (ran.code, "snapshot for ticket" in ran.out) == (1, True)
