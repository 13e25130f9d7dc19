"""What a journal proves by itself, and what only a seal does: every kind of tampering is tried."""

import hashlib
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from given import OPENED
from journals import filled, write
from msgspec.structs import astuple, replace

from ticketdomain.errors import ProofError
from ticketdomain.events import NoteAdded, PriorityChanged
from ticketdomain.journal import Head, Journal, Snapshot, StoredRow, encode, open_journal
from ticketdomain.journal.recorder import COLUMNS
from ticketdomain.journal.rows import decode
from ticketdomain.live import Live
from ticketdomain.proof import broken, check, check_snapshots, seal
from ticketdomain.ticket import TICKET
from ticketdomain.transfer import export

AT = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Generator[Journal]:
    with closing(open_journal(f"sqlite:///{tmp_path / 'journal.db'}")) as opened:
        filled(opened, tickets=2, notes=2)  # positions 1 to 8
        write(opened, "ticket_0", PriorityChanged(1), NoteAdded("together"))  # 9 and 10
        yield opened


def tamper(journal: Journal, *statements: str) -> None:
    with closing(sqlite3.connect(journal.path)) as file, file:
        for statement in statements:
            file.execute(statement)


def found(journal: Journal) -> list[tuple[int, str, int]]:
    """Give where something is wrong."""
    findings = [each for _, findings in check(journal.reading) for each in findings]
    return [(each.position, each.stream, each.version) for each in findings]


def rows(journal: Journal) -> list[StoredRow]:
    with journal.reading() as reader:
        return list(reader.rows(after=0))


def test_a_journal_as_it_was_written_is_without_a_finding(journal: Journal) -> None:
    assert found(journal) == []
    assert len(list(check(journal.reading))) == 10 + 1


@pytest.mark.parametrize("column", StoredRow.__struct_fields__)
def test_whatever_byte_of_a_row_is_altered_is_found(journal: Journal, column: str) -> None:
    row = rows(journal)[3]
    for altered in alterations(getattr(row, column)):
        try:
            replace_row(journal, row, replace(row, **{column: altered}))
        except sqlite3.IntegrityError:  # SQLite itself refuses two of the same version
            continue
        assert found(journal) != [], altered
        replace_row(journal, replace(row, **{column: altered}), row)
    assert found(journal) == []


def replace_row(journal: Journal, old: StoredRow, new: StoredRow) -> None:
    marks = ", ".join("?" for _ in astuple(new))
    with closing(sqlite3.connect(journal.path)) as file, file:
        file.execute("DELETE FROM stored_events WHERE rowid = ?", [old.position])
        file.execute(f"INSERT INTO stored_events ({COLUMNS}) VALUES ({marks})", astuple(new))
        file.execute("UPDATE sqlite_sequence SET seq = 10 WHERE name = 'stored_events'")


def alterations(value: object) -> list[object]:
    """Give the value with each single byte of it altered, in turn."""
    match value:
        case int():
            return [value + 90]
        case None:
            return ["x"]
        case str():
            return [value[:i] + chr(ord(value[i]) ^ 1) + value[i + 1 :] for i in range(len(value))]
        case bytes():
            return [value[:i] + bytes([value[i] ^ 1]) + value[i + 1 :] for i in range(len(value))]
        case _:
            raise TypeError(value)


@pytest.mark.parametrize("column", [each for each in COLUMNS.split(", ") if each != "rowid"])
def test_a_value_of_another_type_is_found(journal: Journal, column: str) -> None:
    tamper(journal, f"UPDATE stored_events SET {column} = 1.5 WHERE rowid = 4")
    assert 4 in [position for position, _, _ in found(journal)]
    assert seal(journal, AT).count == 10
    with suppress(ProofError):
        list(export(journal))


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["DELETE FROM stored_events WHERE rowid = 4"], (4, "", 0)),
        (
            [
                "UPDATE stored_events SET rowid = 99 WHERE rowid = 3",
                "UPDATE stored_events SET rowid = 3 WHERE rowid = 4",
                "UPDATE stored_events SET rowid = 4 WHERE rowid = 99",
            ],
            (3, "ticket_0", 4),
        ),
        (
            [
                "UPDATE stored_events SET (state, salt) ="
                " (SELECT state, salt FROM stored_events WHERE rowid = 7) WHERE rowid = 2"
            ],
            (2, "ticket_0", 2),
        ),
        (["DELETE FROM stored_events WHERE rowid = 10"], (10, "", 0)),
    ],
    ids=["one removed", "two swapped", "a payload of another", "the newest cut off"],
)
def test_what_is_moved_or_removed_is_named(
    journal: Journal, statements: list[str], expected: tuple[int, str, int]
) -> None:
    tamper(journal, *statements)
    assert expected in found(journal)


def test_an_event_that_was_put_in_is_found(journal: Journal) -> None:
    first = rows(journal)[0]
    replace_row(journal, first, first)
    forged = replace(first, position=11, originator_id="ticket_9", originator_version=2)
    replace_row(journal, forged, forged)
    assert (11, "ticket_9", 2) in found(journal)


@pytest.mark.parametrize("position", [0, -1, -(2**63)])
def test_an_event_that_was_put_in_before_all_others_is_found(
    journal: Journal, position: int
) -> None:
    kept = seal(journal, AT)
    forged = replace(rows(journal)[0], position=position, originator_id="ticket_9")
    replace_row(journal, forged, forged)
    assert position in [each for each, _, _ in found(journal)]
    now = seal(journal, AT, upto=kept.position)
    assert list(broken(kept, now, now.position)) != []
    with pytest.raises(ProofError):
        list(export(journal))


@pytest.mark.parametrize("newest", [5, "'x'", "NULL"])
def test_a_newest_position_that_cannot_be_is_found(journal: Journal, newest: object) -> None:
    tamper(journal, f"UPDATE sqlite_sequence SET seq = {newest} WHERE name = 'stored_events'")
    assert found(journal) == [(0, "", 0)]


def test_a_salt_of_another_length_is_found(journal: Journal) -> None:
    first = rows(journal)[0]
    payload_hash = hashlib.sha256(b"short" + first.state).digest()
    replace_row(journal, first, replace(first, salt=b"short", payload_hash=payload_hash))
    whats = [each.what for _, findings in check(journal.reading) for each in findings]
    assert "its salt is not of 16 bytes" in whats


def test_an_update_of_which_a_part_is_gone_is_found(journal: Journal) -> None:
    tamper(
        journal,
        "DELETE FROM stored_events WHERE rowid = 10",
        "UPDATE sqlite_sequence SET seq = 9 WHERE name = 'stored_events'",
    )
    assert found(journal) == [(0, "ticket_0", 6)]


def cut_off(journal: Journal) -> None:
    """Remove the newest update, and what remembers that it was there."""
    tamper(
        journal,
        "DELETE FROM stored_events WHERE rowid > 8",
        "UPDATE sqlite_sequence SET seq = 8 WHERE name = 'stored_events'",
    )


def computed_anew(journal: Journal) -> None:
    """Write another text into an event, and every hash as if it had always been so."""
    heads: dict[str, Head] = {}
    with closing(sqlite3.connect(journal.path)) as file, file:
        for row in rows(journal):
            recorded = decode(row)
            if row.position == 3:
                recorded = replace(recorded, event=NoteAdded("nothing was said"))
            forged = encode(recorded, heads.get(row.originator_id, Head()).chain_hash, row.salt)
            heads[row.originator_id] = forged.head
            file.execute(
                "UPDATE stored_events SET state = ?, payload_hash = ?, chain_hash = ?"
                " WHERE rowid = ?",
                [forged.state, forged.payload_hash, forged.chain_hash, row.position],
            )


@pytest.mark.parametrize("forge", [cut_off, computed_anew])
def test_what_the_chain_cannot_show_a_seal_does(
    journal: Journal, forge: Callable[[Journal], None]
) -> None:
    kept = seal(journal, AT)
    forge(journal)
    assert found(journal) == []
    now = seal(journal, AT)
    assert list(broken(kept, now, now.position)) != []


def test_a_seal_holds_whatever_is_written_after_it(journal: Journal) -> None:
    kept = seal(journal, AT)
    write(journal, "ticket_1", NoteAdded("later"))
    assert list(broken(kept, seal(journal, AT, upto=kept.position), 11)) == []
    assert (kept.position, kept.count) == (10, 10)


def test_a_seal_of_nothing_holds(tmp_path: Path) -> None:
    with closing(open_journal(f"sqlite:///{tmp_path / 'empty.db'}")) as empty:
        kept = seal(empty, AT)
        write(empty, "ticket_0", OPENED)
        assert list(broken(kept, seal(empty, AT, upto=0), 1)) == []


def test_a_snapshot_that_events_do_not_make_is_found(journal: Journal) -> None:
    live = Live({"ticket": (TICKET,)})
    with journal.reading() as reader:
        states = [live.at(reader, "ticket_0", version) for version in (2, 4)]
    with journal.writing() as writer:
        writer.keep([snapshot for state in states for snapshot in state.snapshots()])
    assert list(check_snapshots(journal, {"ticket": (TICKET,)})) == []
    for harm in (b'{"id":"x"}', b"", states[0].snapshots()[0].state):
        with closing(sqlite3.connect(journal.path)) as file, file:
            file.execute("UPDATE snapshots SET state = ? WHERE version = 4", [harm])
        (found,) = check_snapshots(journal, {"ticket": (TICKET,)})
        assert (found.stream, found.version) == ("ticket_0", 4)


@pytest.mark.parametrize(
    ("stream", "state"),
    [(b"ticket_0", b"{}"), ("ticket_0", 1.5), ("ticket_0", b"[" * 100_000)],
)
def test_a_snapshot_of_other_types_is_found_and_the_next_one_too(
    journal: Journal, stream: object, state: object
) -> None:
    with closing(sqlite3.connect(journal.path)) as file, file:
        for forged in (stream, b"ticket_9"):
            values = [forged, 2, "ticket", TICKET.version, state]
            file.execute("INSERT INTO snapshots VALUES (?, ?, ?, ?, ?)", values)
    assert len(list(check_snapshots(journal, {"ticket": (TICKET,)}))) == 2


def test_a_snapshot_of_another_program_is_left_alone(journal: Journal) -> None:
    with journal.writing() as writer:
        writer.keep([Snapshot("ticket_0", 2, "ticket", 99, b"?"), Snapshot("x_1", 2, "y", 1, b"?")])
    assert [each.stream for each in check_snapshots(journal, {"ticket": (TICKET,)})] == ["x_1"]
