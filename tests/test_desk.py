"""The one writer, and the states it keeps warm: live = replayed, whatever happens between."""

import asyncio
import sqlite3
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from given import OPENED
from hypothesis import given
from hypothesis import strategies as st
from journals import stream, write
from msgspec.structs import replace
from running import Clock

from ticketdomain.batch import Batch
from ticketdomain.change import Change, IdempotencyKey, Outcome
from ticketdomain.commands import OpenTicket, UpdateTicket, read_update_ticket
from ticketdomain.decide import TicketCommand
from ticketdomain.desk import Desk
from ticketdomain.errors import (
    IdempotencyKeyReusedError,
    JournalUnavailableError,
    TicketNotFoundError,
    UndecodableStreamError,
    VersionMismatchError,
)
from ticketdomain.events import NoteAdded, SlaPolicyPublished, SubjectChanged
from ticketdomain.journal import Journal, open_journal
from ticketdomain.live import Live, StreamState
from ticketdomain.policies import STREAM, PolicyBook, PublishPolicies
from ticketdomain.testing import updates
from ticketdomain.ticket import TICKET, replay
from ticketdomain.workflow import DEFAULT_WORKFLOW
from ticketprojections.sla import Policies, Sla
from ticketprojections.sla.policy import default_policies, publication, understand
from ticketservice.service import folds

OPEN = OpenTicket(account="acme", subject="Refund")


class Office:
    """A desk with its journal; what several ask at once waits in one line."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.journal = open_journal(f"sqlite:///{path / 'journal.db'}")
        self.sla = Sla(default_policies())
        self.live = self.cold()
        self.desk = Desk(self.journal, self.live, DEFAULT_WORKFLOW, self.clock)

    def cold(self, capacity: int = 2_000) -> Live:
        """Give folds that have seen nothing yet."""
        return Live(folds(self.sla), self.sla.book.read, capacity)

    def ask(self, *changes: Change) -> list[Outcome | BaseException]:
        async def all_at_once() -> list[Outcome | BaseException]:
            return await asyncio.gather(*map(self.desk.ask, changes), return_exceptions=True)

        return asyncio.run(all_at_once())

    def asked(self, change: Change) -> Outcome:
        (outcome,) = self.ask(change)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def newest(self, name: str = "ticket_0") -> StreamState:
        with self.journal.reading() as reader:
            return self.live.newest(reader, name)

    def close(self) -> None:
        self.desk.close()
        self.journal.close()


@pytest.fixture
def office(tmp_path: Path) -> Generator[Office]:
    opened = Office(tmp_path)
    opened.asked(change(OPEN))
    yield opened
    opened.close()


def change(
    command: TicketCommand | PublishPolicies, ticket: str = "ticket_0", **more: Any
) -> Change:
    return replace(Change(stream=ticket, command=command, account="acme"), **more)


def note(body: str = "n", ticket: str = "ticket_0", **more: Any) -> Change:
    return change(UpdateTicket(internal_note=body), ticket, **more)


def positions(journal: Journal) -> list[int]:
    with sqlite3.connect(journal.path) as file:
        rows = file.execute("SELECT rowid FROM stored_events ORDER BY rowid").fetchall()
    file.close()
    return [row[0] for row in rows]


def tamper(journal: Journal, statement: str) -> None:
    with sqlite3.connect(journal.path) as file:
        file.execute(statement)
    file.close()


def test_all_that_waits_is_decided_in_turn(office: Office) -> None:
    office.ask(*(note(str(number)) for number in range(50)))
    bodies = [
        each.event.body for each in stream(office.journal) if isinstance(each.event, NoteAdded)
    ]
    assert bodies == [str(number) for number in range(50)]
    assert positions(office.journal) == list(range(1, 52))


def test_a_refusal_takes_no_other_down(office: Office) -> None:
    bad = change(UpdateTicket(status="nonsense"))
    lost = change(UpdateTicket(), ticket="ticket_404")
    first, _, _, last = office.ask(note(), bad, lost, note())
    assert isinstance(first, Outcome)
    assert isinstance(last, Outcome)
    assert last.state.head.version == 3


def test_another_accounts_ticket_is_not_there(office: Office) -> None:
    with pytest.raises(TicketNotFoundError):
        office.asked(note(account="other"))
    assert office.newest().head.version == 1


def test_a_precondition_is_judged_on_what_the_same_batch_has_left(office: Office) -> None:
    first, second = office.ask(note(versions=frozenset({1})), note(versions=frozenset({1})))
    assert isinstance(first, Outcome)
    assert isinstance(second, VersionMismatchError)
    assert second.current_version == 2


def test_a_retry_in_the_same_batch_is_answered_as_the_first(office: Office) -> None:
    once = note(idempotency=IdempotencyKey("ticket_0", "k", b"1"))
    first, _, retried = office.ask(once, note("between"), once)
    assert isinstance(first, Outcome)
    assert retried == Outcome(first.state, replayed=True)


def test_a_key_with_another_request_is_refused(office: Office) -> None:
    office.asked(note(idempotency=IdempotencyKey("ticket_0", "k", b"1")))
    with pytest.raises(IdempotencyKeyReusedError):
        office.asked(note(idempotency=IdempotencyKey("ticket_0", "k", b"2")))


def test_a_retry_is_answered_as_it_was_whatever_came_since(office: Office) -> None:
    once = note(idempotency=IdempotencyKey("ticket_0", "k", b"1"))
    first = office.asked(once)
    office.asked(change(UpdateTicket(subject="other")))
    again = office.asked(once)
    assert (again.replayed, again.state) == (True, first.state)


def test_a_retry_a_week_later_is_still_known_and_later_forgotten(office: Office) -> None:
    once = note(idempotency=IdempotencyKey("ticket_0", "k", b"1"))
    office.asked(once)
    office.clock.pass_time(days=7)
    office.asked(note(idempotency=IdempotencyKey("ticket_0", "other", b"1")))
    assert office.asked(once).replayed
    office.clock.pass_time(seconds=1)
    office.asked(note(idempotency=IdempotencyKey("ticket_0", "another", b"1")))
    assert not office.asked(once).replayed


def test_a_dry_run_leaves_nothing_behind(office: Office) -> None:
    dry, real = office.ask(note(dry_run=True), note())
    assert isinstance(dry, Outcome)
    assert isinstance(real, Outcome)
    assert dry.state.head.version == real.state.head.version == 2
    assert positions(office.journal) == [1, 2]


def test_a_clock_set_back_never_turns_a_ticket_back(office: Office) -> None:
    office.clock.pass_time(hours=-1)
    office.asked(note())
    first, second = stream(office.journal)
    assert second.at == first.at


def test_what_another_process_wrote_is_seen_before_deciding(office: Office) -> None:
    other = open_journal(f"sqlite:///{office.journal.path}")
    write(other, "ticket_0", SubjectChanged("theirs"))
    outcome = office.asked(change(UpdateTicket(subject="theirs")))
    assert outcome.state.head.version == 2
    write(other, "ticket_0", SubjectChanged("again"))
    assert office.newest().of(TICKET) == replay(stream(other))
    other.close()


def test_a_stream_that_cannot_be_decoded_troubles_no_other(office: Office) -> None:
    office.asked(change(OPEN, ticket="ticket_1"))
    tamper(office.journal, "UPDATE stored_events SET state = x'00' WHERE rowid = 1")
    restarted = Office(office.journal.path.parent)
    bad, good = restarted.ask(note(), note(ticket="ticket_1"))
    assert isinstance(bad, UndecodableStreamError)
    assert isinstance(good, Outcome)
    restarted.close()


def test_a_failing_batch_fails_all_its_changes_and_the_next_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Batch) -> None:
        raise JournalUnavailableError

    with monkeypatch.context() as patched:
        patched.setattr(Batch, "write", full)
        assert all(isinstance(each, JournalUnavailableError) for each in office.ask(note(), note()))
    assert office.asked(note()).state.head.version == 2


def test_a_closed_desk_takes_nothing_more(office: Office) -> None:
    office.desk.close()
    assert not office.desk.open
    with pytest.raises(JournalUnavailableError):
        office.asked(note())


def test_a_publication_that_cannot_be_understood_can_be_cured(office: Office) -> None:
    written = default_policies(), replace(default_policies()[0], name="other")
    broken = PublishPolicies(({"name": "of a newer program", "clocks": []},))
    office.asked(change(broken, STREAM))
    failed, cured = office.ask(change(OPEN, "ticket_1"), change(publication(written[1:]), STREAM))
    assert isinstance(failed, UndecodableStreamError)
    assert isinstance(cured, Outcome)
    summary = office.sla.summary(office.asked(change(OPEN, "ticket_1")).state)
    assert summary is not None
    assert summary.policy == "other"


def test_many_threads_may_read_the_book_at_once(office: Office) -> None:
    for number in range(20):
        policies = (replace(default_policies()[0], name=f"policy {number}"),)
        office.asked(change(publication(policies), STREAM))

    def understand_slowly(published: SlaPolicyPublished) -> Policies:
        sleep(0.001)  # long enough for another thread to begin
        understood.append(published)
        return understand(published)

    understood: list[SlaPolicyPublished] = []
    book: PolicyBook[Policies] = PolicyBook(understand_slowly, default_policies())

    def read(_: int) -> None:
        with office.journal.reading() as reader:
            book.read(reader)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read, range(8)))
    assert len(understood) == 20
    assert [book.at(n + 3)[0].name for n in range(20)] == [f"policy {n}" for n in range(20)]


def test_warm_states_are_bounded(office: Office) -> None:
    live = office.cold(capacity=2)
    with office.journal.reading() as reader:
        state = live.newest(reader, "ticket_0")
    live.keep([replace(state, stream=f"ticket_{n}") for n in range(4)])
    assert [live.warm(f"ticket_{n}") is not None for n in range(4)] == [False, False, True, True]


@given(bodies=st.lists(updates(), min_size=1, max_size=12), every=st.integers(1, 5))
def test_live_is_replayed_at_every_version_with_and_without_snapshots(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[dict[str, Any]], every: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("ticketdomain.batch.SNAPSHOT_EVERY", every)
        office = Office(tmp_path_factory.mktemp("office"))
        office.asked(change(OPEN))
        for body in bodies:
            office.asked(change(read_update_ticket(body, DEFAULT_WORKFLOW)))
    check_every_version(office)
    tamper(office.journal, "UPDATE snapshots SET state = x'7b' WHERE version % 2")
    check_every_version(office)
    office.close()


def check_every_version(office: Office) -> None:
    history = stream(office.journal)
    cold = office.cold()
    with office.journal.reading() as reader:
        assert cold.newest(reader, "ticket_0") == office.newest()
        for each in history:
            state = cold.at(reader, "ticket_0", each.version)
            assert state.head.version == each.version
            assert state.of(TICKET) == replay(history[: each.version])


def test_a_journal_opened_ticket_is_as_it_was_written(office: Office) -> None:
    write(office.journal, "ticket_7", OPENED, NoteAdded("n"))
    assert office.newest("ticket_7").of(TICKET) == replay(stream(office.journal, "ticket_7"))
