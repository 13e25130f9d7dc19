"""A journal exported and imported again is the same to the byte, or is not imported at all."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st
from journals import START, filled, write
from msgspec.structs import replace

from ticketdomain.errors import JournalRefusedError, ProofError, TransferError
from ticketdomain.events import CustomFieldsMerged, NoteAdded, Recorded
from ticketdomain.journal import Head, Journal, Remembered, encode, open_journal
from ticketdomain.proof import check
from ticketdomain.testing import histories
from ticketdomain.transfer import export, import_lines

Lines = list[bytes]


def journal(path: Path, name: str = "journal") -> Journal:
    return open_journal(f"sqlite:///{path / name}.db")


@pytest.fixture
def exported(tmp_path: Path) -> Lines:
    with closing(journal(tmp_path)) as opened:
        filled(opened, tickets=2, notes=2)
        write(opened, "ticket_0", CustomFieldsMerged({"a": [1.0, None, "ü\u2028"]}), NoteAdded("x"))
        with opened.writing() as writer:
            remembered = Remembered(bytes(range(32)), "ticket_0", 3)
            writer.remember("acme", "tickets", "key-1", remembered, START)
        return list(export(opened))


def imported(path: Path, lines: Lines) -> Lines:
    """Import into a new journal, and export that."""
    with closing(journal(path, "other")) as other:
        import_lines(other, lines)
        return list(export(other))


def test_what_is_exported_imported_and_exported_again_is_the_same(
    tmp_path: Path, exported: Lines
) -> None:
    assert imported(tmp_path, exported) == exported
    assert len(exported) == 1 + 10 + 1 + 1


def test_an_empty_journal_is_exported_and_imported_too(tmp_path: Path) -> None:
    with closing(journal(tmp_path)) as opened:
        exported = list(export(opened))
    assert imported(tmp_path, exported) == exported


def test_a_retry_is_still_known_after_the_move(tmp_path: Path, exported: Lines) -> None:
    with closing(journal(tmp_path, "other")) as other:
        import_lines(other, exported)
        with other.reading() as reader:
            assert reader.remembered("acme", "tickets", "key-1") == Remembered(
                bytes(range(32)), "ticket_0", 3
            )


def test_a_journal_that_is_not_empty_takes_nothing(tmp_path: Path, exported: Lines) -> None:
    with closing(journal(tmp_path)) as opened:
        with pytest.raises(JournalRefusedError, match="not empty"):
            import_lines(opened, exported)
        assert list(export(opened)) == exported


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM sqlite_sequence",
        "DELETE FROM stored_events; DELETE FROM sqlite_sequence",
    ],
)
def test_a_journal_that_has_forgotten_its_positions_takes_nothing(
    tmp_path: Path, exported: Lines, statement: str
) -> None:
    with closing(sqlite3.connect(tmp_path / "journal.db")) as file:
        file.executescript(statement)
    with closing(journal(tmp_path)) as opened, pytest.raises(JournalRefusedError):
        import_lines(opened, exported)


@pytest.mark.parametrize("payload", [b"{", b'"\xff"', b'{"a":\n1}'])
def test_what_is_no_json_is_not_exported(tmp_path: Path, exported: Lines, payload: bytes) -> None:
    assert exported
    with closing(journal(tmp_path)) as opened:
        with closing(sqlite3.connect(tmp_path / "journal.db")) as file, file:
            file.execute("UPDATE stored_events SET state = ? WHERE rowid = 4", [payload])
        with pytest.raises(ProofError, match="position 4"):
            list(export(opened))


def altered(line: int, field: str, value: object) -> Callable[[Lines], Lines]:
    def alter(lines: Lines) -> Lines:
        content = json.loads(lines[line - 1]) | {field: value}
        return [*lines[: line - 1], json.dumps(content).encode() + b"\n", *lines[line:]]

    return alter


HARMS: list[tuple[Callable[[Lines], Lines], int]] = [
    (lambda lines: lines[:0], 1),
    (lambda lines: lines[:-1], 13),
    (lambda lines: lines[:5], 6),
    (lambda lines: [*lines[:5], lines[5][:40]], 6),
    (lambda lines: lines[1:], 1),
    (lambda lines: [*lines[:4], *lines[5:]], 5),
    (lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]], 5),
    (lambda lines: [*lines[:4], lines[4], *lines[4:]], 6),
    (lambda lines: [*lines, lines[-1]], 14),
    (lambda lines: [lines[0], *lines], 2),
    (lambda lines: [*lines[:4], b"{}\n", *lines[5:]], 5),
    (lambda lines: [*lines[:4], b"\xff\n", *lines[5:]], 5),
    (lambda lines: [*lines[:4], b"[" * 100_000 + b"\n", *lines[5:]], 5),
    (altered(1, "format", 2), 1),
    (altered(5, "salt", "zz"), 5),
    (altered(5, "data", {"body": "another"}), 5),
    (altered(5, "version", 2**64), 5),
    (altered(5, "commit_count", 2**64), 5),
    (altered(5, "version", 1), 5),
    (altered(12, "version", 99), 12),
    (altered(12, "version", 2**64), 12),
    (altered(12, "stream", "ticket_9"), 12),
    (altered(12, "account", "other"), 12),
    (lambda lines: [*lines[:12], lines[11], *lines[12:]], 13),
    (altered(5, "position", 4.5), 5),
    (altered(12, "version", 4), 13),
    (altered(13, "events", 9), 13),
]


@pytest.mark.parametrize(("harm", "line"), HARMS)
def test_what_was_cut_off_or_altered_is_refused_with_its_line(
    tmp_path: Path, exported: Lines, harm: Callable[[Lines], Lines], line: int
) -> None:
    with closing(journal(tmp_path, "other")) as other:
        with pytest.raises(TransferError) as refused:
            import_lines(other, harm(exported))
        assert refused.value.line == line
        with other.reading() as reader:
            assert reader.position() == 0
            assert list(reader.remembrances()) == []


def test_who_alters_a_line_and_the_digest_is_told_which(tmp_path: Path, exported: Lines) -> None:
    lines = altered(5, "data", {"body": "another"})(exported)
    end = {"line": "end", "events": 10, "sha256": hashlib.sha256(b"".join(lines[:-1])).hexdigest()}
    with closing(journal(tmp_path, "other")) as other, pytest.raises(TransferError) as refused:
        import_lines(other, [*lines[:-1], json.dumps(end).encode()])
    assert refused.value.line == 5


def filled_with(journal: Journal, tickets: list[list[Recorded]]) -> None:
    """Write the histories of tickets, one after the other."""
    position = 0
    with journal.writing() as writer:
        for number, history in enumerate(tickets):
            head = Head()
            for recorded in history:
                position += 1
                placed = replace(recorded, ticket_id=f"ticket_{number}", position=position)
                row = encode(placed, head.chain_hash, salt=bytes([number]) * 16)
                writer.append([row])
                head = row.head


@for_any(st.lists(histories(), max_size=3))
def test_every_history_proves_itself_and_comes_through(
    tmp_path_factory: pytest.TempPathFactory, tickets: list[list[Recorded]]
) -> None:
    path = tmp_path_factory.mktemp("journals")
    with closing(journal(path)) as opened:
        filled_with(opened, tickets)
        assert [each for _, findings in check(opened.reading) for each in findings] == []
        exported = list(export(opened))
    assert imported(path, exported) == exported
