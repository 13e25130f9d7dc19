"""What every storage of the journal must do; run against each of them."""

import sqlite3
import stat
from collections.abc import Generator
from pathlib import Path
from threading import Thread

import pytest
from given import OPENED
from journals import START, filled, rows, stream, write
from msgspec.structs import replace
from server import PATIENCE

from ticketdomain.errors import (
    JournalRefusedError,
    JournalUnavailableError,
    UndecodableStreamError,
)
from ticketdomain.events import Actor, NoteAdded
from ticketdomain.journal import (
    Head,
    Journal,
    Remembered,
    Snapshot,
    StoredRow,
    Writer,
    decode,
    encode,
    open_journal,
)
from ticketdomain.journal.growth import Growth
from ticketdomain.journal.recorder import JournalDatastore
from ticketdomain.journal.rows import chain_hash


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Generator[Journal]:
    opened = open_journal(f"sqlite:///{path}")
    yield opened
    opened.close()


def reopened(path: Path) -> Journal:
    return open_journal(f"sqlite:///{path}")


def position(journal: Journal) -> int:
    with journal.reading() as reader:
        return reader.position()


def test_a_new_journal_is_empty(journal: Journal) -> None:
    assert position(journal) == 0
    assert rows(journal) == []


def test_events_of_some_types_are_given_in_the_order_of_the_journal_up_to_a_position(
    journal: Journal,
) -> None:
    filled(journal, tickets=2, notes=1)  # opened, note, note; then the same again
    topics = ("ticket.opened", "ticket.note_added")
    with journal.reading() as reader:
        assert [row.position for row in reader.feed(after=1, topics=topics, upto=5)] == [2, 3, 4, 5]
        assert [row.position for row in reader.feed(after=0, topics=topics[:1])] == [1, 4]


def test_an_event_is_found_by_its_position(journal: Journal) -> None:
    filled(journal, tickets=2, notes=0)
    with journal.reading() as reader:
        found = [reader.at(position) for position in (3, 5)]
    assert [each and (each.originator_id, each.topic) for each in found] == [
        ("ticket_1", "ticket.opened"),
        None,
    ]


def test_who_waits_for_the_journal_to_grow_is_woken_when_it_does() -> None:
    growth = Growth()
    waiting = Thread(target=growth.wait, args=(7, PATIENCE))
    waiting.start()
    growth.announce(7)
    assert waiting.is_alive()
    growth.announce(9)
    waiting.join(PATIENCE / 2)
    assert not waiting.is_alive()
    growth.announce(8)  # by another thread, that was slower
    assert growth.position == 9


def test_what_is_written_is_read_back(journal: Journal) -> None:
    write(journal, "ticket_0", OPENED, NoteAdded("n"))
    first, second = stream(journal)
    assert (first.event, second.event) == (OPENED, NoteAdded("n"))
    assert (second.version, second.position, second.commit) == (2, 2, (1, 2))
    assert (second.at, second.by, second.account) == (START, Actor("key_1", "jane"), "acme")


def test_positions_count_commits_of_all_streams_without_gaps(journal: Journal) -> None:
    filled(journal)
    everything = [row for ticket in range(3) for row in rows(journal, f"ticket_{ticket}")]
    assert sorted(row.position for row in everything) == list(range(1, 19))


def test_a_version_that_is_taken_is_refused_and_nothing_is_written(journal: Journal) -> None:
    write(journal, "ticket_0", OPENED)
    (row,) = rows(journal)
    again = [replace(row, position=2, originator_version=2), replace(row, position=3)]
    with pytest.raises(JournalUnavailableError), journal.writing() as writer:
        writer.append(again)
    assert rows(journal) == [row]


def test_what_fails_halfway_leaves_nothing_and_takes_no_position(journal: Journal) -> None:
    with pytest.raises(KeyError), journal.writing() as writer:
        append_and_fail(writer)
    write(journal, "ticket_0", OPENED)
    assert [row.position for row in rows(journal)] == [1]


def append_and_fail(writer: Writer) -> None:
    writer.append([encode(decode(sample()), Head().chain_hash, bytes(16))])
    raise KeyError


def sample() -> StoredRow:
    event = b'{"type":"ticket.note_added","body":"n"}'
    at = "2026-11-23T12:00:00.000000Z"
    where = (1, "ticket_0", 1, "ticket.note_added", event, "acme", at, "key_1", None, None)
    return StoredRow(*where, 0, 1, 1, bytes(16), bytes(32), bytes(32))


def test_one_writer_at_a_time(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticketdomain.journal.recorder.LOCK_TIMEOUT", 0.05)
    other = reopened(journal.path)
    with journal.writing(), pytest.raises(JournalUnavailableError), other.writing():
        pass
    other.close()


def test_readers_neither_wait_for_a_writer_nor_see_what_is_not_committed(journal: Journal) -> None:
    write(journal, "ticket_0", OPENED)
    with journal.writing() as writer:
        recorded = decode(replace(sample(), position=2, originator_version=2))
        writer.append([encode(recorded, Head().chain_hash, bytes(16))])
        assert len(rows(journal)) == 1
    assert len(rows(journal)) == 2


def test_a_reader_keeps_its_view_while_others_write(journal: Journal) -> None:
    write(journal, "ticket_0", OPENED)
    with journal.reading() as reader:
        before = reader.position()
        write(journal, "ticket_0", NoteAdded("n"))
        assert (reader.position(), len(list(reader.stream("ticket_0")))) == (before, 1)


def test_readers_cannot_write(journal: Journal) -> None:
    readers = JournalDatastore(journal.path, read_only=True)
    with pytest.raises(JournalUnavailableError), readers.transaction(commit=False) as cursor:
        cursor.execute("DELETE FROM stored_events")
    readers.close()


def test_a_reopened_journal_is_the_same(journal: Journal, path: Path) -> None:
    before = rows(filled(journal))
    journal.close()
    again = reopened(path)
    assert rows(again) == before
    again.close()


def test_positions_survive_vacuum(journal: Journal, path: Path) -> None:
    before = rows(filled(journal))
    journal.close()
    with sqlite3.connect(path) as file:
        file.execute("DELETE FROM stored_events WHERE originator_id = 'ticket_1'")
    file.execute("VACUUM")
    file.close()
    again = reopened(path)
    assert rows(again) == before
    assert position(again) == 18
    again.close()


def test_a_dump_restores_every_position_and_hash(journal: Journal, path: Path) -> None:
    before = rows(filled(journal))
    journal.close()
    with sqlite3.connect(path) as file:
        dump = "\n".join(file.iterdump())
    file.close()
    restored = sqlite3.connect(path.with_name("restored.db"))
    restored.executescript(dump)
    restored.close()
    again = reopened(path.with_name("restored.db"))
    assert rows(again) == before
    write(again, "ticket_0", NoteAdded("after"))
    assert rows(again)[-1].position == 19
    again.close()


def test_a_position_is_never_used_again_even_after_a_delete(journal: Journal, path: Path) -> None:
    filled(journal)
    with sqlite3.connect(path) as file:
        file.execute("DELETE FROM stored_events WHERE rowid > 15")
    file.close()
    write(journal, "ticket_9", OPENED)
    assert rows(journal, "ticket_9")[0].position == 19


# The chain


def test_every_row_is_chained_to_the_one_before(journal: Journal) -> None:
    previous = bytes(32)
    for row in rows(filled(journal)):
        assert row.chain_hash == chain_hash(row, previous)
        previous = row.chain_hash


@pytest.mark.parametrize(
    "change",
    [
        {"position": 99},
        {"originator_id": "ticket_9"},
        {"originator_version": 9},
        {"topic": "ticket.reply_added"},
        {"account": "other"},
        {"at": "2020-01-01T00:00:00.000000Z"},
        {"key_id": "key_9"},
        {"on_behalf_of": None},
        {"request_id": "req_9"},
        {"commit_index": 7},
        {"commit_count": 7},
        {"schema_version": 7},
        {"payload_hash": bytes(32)},
    ],
)
def test_no_stored_field_can_be_altered_unseen(journal: Journal, change: dict[str, object]) -> None:
    first, second = rows(filled(journal, tickets=1, notes=0))
    assert chain_hash(replace(second, **change), first.chain_hash) != second.chain_hash


def test_payload_and_salt_can_be_blanked_and_the_chain_holds(journal: Journal) -> None:
    first, second = rows(filled(journal, tickets=1, notes=0))
    blanked = replace(second, state=b"", salt=b"")
    assert chain_hash(blanked, first.chain_hash) == second.chain_hash


def test_the_same_text_has_another_payload_hash_every_time(journal: Journal) -> None:
    write(journal, "ticket_0", NoteAdded("n"), NoteAdded("n"))
    first, second = rows(journal)
    assert first.state == second.state
    assert first.payload_hash != second.payload_hash


# Beside the events


def test_a_request_is_remembered_for_its_account_and_address_only(journal: Journal) -> None:
    answered = Remembered(bytes(32), "ticket_0", 3)
    with journal.writing() as writer:
        writer.remember("acme", "ticket_0", "k", answered, START)
    with journal.reading() as reader:
        assert reader.remembered("acme", "ticket_0", "k") == answered
        assert reader.remembered("other", "ticket_0", "k") is None
        assert reader.remembered("acme", "ticket_1", "k") is None


def test_requests_are_forgotten_when_old(journal: Journal) -> None:
    with journal.writing() as writer:
        writer.remember("acme", "ticket_0", "k", Remembered(bytes(32), "ticket_0", 3), START)
        writer.forget(START)
        assert writer.remembered("acme", "ticket_0", "k")
        writer.forget(START.replace(year=2027))
        assert writer.remembered("acme", "ticket_0", "k") is None


def test_snapshots_come_newest_first_up_to_a_version(journal: Journal) -> None:
    kept = [Snapshot("ticket_0", version, "ticket", 1, b"{}") for version in (200, 400, 600)]
    with journal.writing() as writer:
        writer.keep(kept)
    with journal.reading() as reader:
        assert list(reader.snapshots("ticket_0", upto=400)) == [kept[1], kept[0]]


# Files


def test_files_are_for_their_owner_only(journal: Journal, path: Path) -> None:
    filled(journal)
    files = list(path.parent.iterdir())
    assert {each.name for each in files} >= {"journal.db", "journal.db-wal"}
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}


def test_a_file_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE recipes (name TEXT)")
    file.close()
    with pytest.raises(JournalRefusedError, match="no journal"):
        reopened(path)
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]
    file.close()


def test_a_journal_of_a_newer_program_is_refused(journal: Journal, path: Path) -> None:
    journal.close()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE journal_schema SET version = 2")
    file.close()
    with pytest.raises(JournalRefusedError, match="schema 2"):
        reopened(path)


@pytest.mark.parametrize("address", ["", "journal.db", "sqlite://x", "sqlite:///", "mysql:///x"])
def test_an_address_of_another_kind_is_refused(address: str) -> None:
    with pytest.raises(JournalRefusedError, match="sqlite:///PATH"):
        open_journal(address)


# What cannot be decoded


@pytest.mark.parametrize(
    "change",
    [
        {"state": b"{"},
        {"state": b"\xff"},
        {"state": b'{"type":"ticket.note_added"}'},
        {"topic": "ticket.never_heard_of"},
        {"schema_version": 2},
        {"at": "yesterday"},
    ],
)
def test_a_row_that_cannot_be_decoded_is_named(change: dict[str, object]) -> None:
    with pytest.raises(UndecodableStreamError, match="event 1 of ticket_0"):
        decode(replace(sample(), **change))


def test_what_is_not_read_to_its_end_holds_no_later_reader_back(journal: Journal) -> None:
    filled(journal)
    with journal.reading() as reader:
        left = reader.stream("ticket_0")
        next(left)
    write(journal, "ticket_0", NoteAdded("later"))
    assert len(rows(journal)) == 7
    del left
