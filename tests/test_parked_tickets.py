"""An event that cannot be taken in parks its ticket, and no other."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from diary import Refused, diary, noted
from held import expected, held_by
from journals import filled, write
from read_models import Program, opened

from ticketdomain.errors import UndecodableStreamError
from ticketdomain.events import NoteAdded, SlaPolicyPublished, TagsReplaced
from ticketdomain.journal import Journal, open_journal
from ticketprojections.assignments import ASSIGNMENTS
from ticketprojections.sla import fold
from ticketprojections.sla.match import traits_after
from ticketprojections.views import building, projector

UNREADABLE = {
    "no JSON": ("state", b"\xff"),
    "another event's": ("state", b'{"type":"ticket.subject_changed"}'),
    "nested too deep": ("state", b'{"type":"ticket.opened","custom_fields":' + b'{"a":' * 100_000),
    "of an unknown type": ("topic", "ticket.sent_to_mars"),
    "of a newer version": ("schema_version", 99),
    "at no instant": ("at", "yesterday"),
}
BOTH = {"tickets", "assignments"}


@pytest.fixture(params=UNREADABLE)
def unreadable(request: pytest.FixtureRequest) -> tuple[str, object]:
    return UNREADABLE[request.param]


def spoil(journal: Journal, version: int, column: str, value: object) -> Callable[[], None]:
    """Make an event of the first ticket unreadable; give what mends it."""
    where = "WHERE originator_id = 'ticket_0' AND originator_version = ?"
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as file:
        (good,) = file.execute(f"SELECT {column} FROM stored_events {where}", [version]).fetchone()
        file.execute(f"UPDATE stored_events SET {column} = ? {where}", [value, version])

    def mend() -> None:
        spoil(journal, version, column, good)

    return mend


def go_on(journal: Journal, program: Program) -> None:
    """Let something happen to every ticket, and follow."""
    for ticket in range(3):
        write(journal, f"ticket_{ticket}", NoteAdded("later"), TagsReplaced(("late",)))
    program.follow()


def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (projector, building):
        monkeypatch.setattr(module, "POSITIONS", 2)
        monkeypatch.setattr(module, "TICKETS", 1)


def test_an_unreadable_event_parks_its_ticket_alone(
    tmp_path: Path, unreadable: tuple[str, object]
) -> None:
    with opened(tmp_path) as (journal, program):
        filled(journal)
        program.follow()
        before = held_by(program.views.path).tickets["ticket_0"]
        write(journal, "ticket_0", NoteAdded("poison"))
        write(journal, "ticket_0", NoteAdded("behind it"))
        mend = spoil(journal, 7, *unreadable)
        go_on(journal, program)
        assert program.parked() == {(model, "ticket_0"): 7 for model in BOTH}
        held = held_by(program.views.path)
        assert held.tickets.pop("ticket_0") == before
        assert held.tickets == expected(journal, but=["ticket_0"]).tickets
        mend()
        go_on(journal, program)
        assert held_by(program.views.path).tickets["ticket_0"] == before
        program.projector.retry(["ticket_0"])
        assert program.parked() == {}
        assert held_by(program.views.path) == expected(journal)


def test_a_first_event_that_is_unreadable_parks_its_ticket(
    tmp_path: Path, unreadable: tuple[str, object]
) -> None:
    with opened(tmp_path) as (journal, program):
        mend = spoil(filled(journal), 1, *unreadable)
        go_on(journal, program)
        assert program.parked() == {(model, "ticket_0"): 1 for model in BOTH}
        assert held_by(program.views.path) == expected(journal, but=["ticket_0"])
        mend()
        program.projector.retry(program.projector.parked())
        assert held_by(program.views.path) == expected(journal)


@pytest.mark.parametrize("version", [1, 4])
def test_an_unreadable_event_met_while_building_parks_its_ticket(
    tmp_path: Path, unreadable: tuple[str, object], version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    with closing(open_journal(f"sqlite:///{tmp_path / 'journal.db'}")) as journal:
        mend = spoil(filled(journal), version, *unreadable)
    with opened(tmp_path) as (journal, program):
        assert program.parked() == {(model, "ticket_0"): version for model in BOTH}
        go_on(journal, program)
        assert held_by(program.views.path) == expected(journal, but=["ticket_0"])
        mend()
        program.build(*program.models)
        assert program.parked() == {}
        assert held_by(program.views.path) == expected(journal)


def test_what_is_still_unreadable_when_it_is_retried_is_parked_again(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, program):
        spoil(filled(journal), 2, "state", b"")
        program.follow()
        program.projector.retry(["ticket_0", "ticket_1", "ticket_unheard_of"])
        assert program.parked() == {(model, "ticket_0"): 2 for model in BOTH}


def test_another_unreadable_event_of_a_parked_ticket_makes_no_difference(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, program):
        spoil(filled(journal), 2, "state", b"")
        program.follow()
        write(journal, "ticket_0", NoteAdded("another"))
        spoil(journal, 7, "state", b"")
        program.follow()
        assert program.parked() == {(model, "ticket_0"): 2 for model in BOTH}


def test_what_is_mended_is_taken_in_at_the_next_start(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, program):
        mend = spoil(filled(journal), 2, "state", b"")
        program.follow()
        mend()
    with opened(tmp_path) as (journal, program):
        assert program.parked() == {}
        assert held_by(program.views.path) == expected(journal)


@pytest.mark.parametrize("fails", ["rows", "writes"])
def test_a_ticket_that_one_read_model_fails_for_is_parked_there_alone(
    tmp_path: Path, fails: str
) -> None:
    refused = Refused(**{fails: {"ticket_1"}})
    with opened(tmp_path, diary(refused), ASSIGNMENTS) as (journal, program):
        filled(journal, notes=1)
        program.follow()
        assert program.parked() == {("diary", "ticket_1"): 1}
        refused.rows.clear()
        refused.writes.clear()
        go_on(journal, program)
        assert noted(tmp_path) == {
            ticket: ["first", "note 0", "later"] for ticket in ("ticket_0", "ticket_2")
        }
        program.projector.retry(["ticket_1"])
        assert noted(tmp_path)["ticket_1"] == ["first", "note 0", "later"]


def test_policies_that_cannot_be_read_are_no_ticket_s_fault(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, program):
        write(journal, "policy", SlaPolicyPublished(()))
        with closing(sqlite3.connect(journal.path, isolation_level=None)) as file:
            file.execute("UPDATE stored_events SET schema_version = 99")
        filled(journal)
        with pytest.raises(UndecodableStreamError, match="policy"):
            program.follow()
        assert program.parked() == {}


def test_storage_that_fails_parks_nobody(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, program):
        filled(journal)
        with closing(sqlite3.connect(program.views.path)) as file:
            file.execute("ALTER TABLE tickets_1 RENAME TO elsewhere")
        with pytest.raises(sqlite3.OperationalError):
            program.follow()
        assert program.parked() == {}


def test_a_ticket_that_a_fold_fails_for_is_parked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(traits: Any, event: Any) -> Any:
        if event == NoteAdded("poison"):
            raise OverflowError
        return traits_after(traits, event)

    with opened(tmp_path) as (journal, program):
        write(filled(journal), "ticket_0", NoteAdded("poison"))
        with monkeypatch.context() as patch:
            patch.setattr(fold, "traits_after", failing)
            program.follow()
            assert program.parked() == {(model, "ticket_0"): 7 for model in BOTH}
        program.projector.retry(["ticket_0"])
        assert held_by(program.views.path) == expected(journal)


def test_however_many_are_parked_all_are_retried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    refused = Refused(rows={"ticket_0", "ticket_1", "ticket_2"})
    with opened(tmp_path, diary(refused)) as (journal, program):
        filled(journal)
        program.follow()
        refused.rows.clear()
        program.projector.retry(program.projector.parked())
        assert program.parked() == {}
        assert len(noted(tmp_path)) == 3
