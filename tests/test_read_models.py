"""Read models hold what the journal says, however they came to hold it."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from given import OPENED
from held import expected, held_by
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import SearchStrategy
from journals import filled, write
from read_models import Desk, Program, moment, opened
from test_sla_laws import policies

from ticketdomain.change import Change
from ticketdomain.journal import open_journal
from ticketdomain.json_values import JsonObject
from ticketdomain.testing import openings, replies, updates
from ticketprojections.views import building, projector
from ticketprojections.views.store import Store

ACCOUNTS = ("acme", "globex")
MODELS = st.sampled_from([0, 1])


class Killed(BaseException):
    """What ends a program in the middle of a transaction."""


class ReadModelLife(RuleBasedStateMachine):
    """People change tickets; programs follow, build, end at any moment, and begin again."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = TemporaryDirectory()
        path = Path(self._directory.name)
        self.journal = open_journal(f"sqlite:///{path / 'journal.db'}")
        self.tickets: list[tuple[str, str]] = []
        self.step = 0
        self._patch = pytest.MonkeyPatch()

    @initialize()
    def begin(self) -> None:
        self.desk, self.another = Desk(self.journal), Desk(self.journal)
        self.program = Program(self.journal, self.desk)
        self.program.open()

    def teardown(self) -> None:
        self.everything_is_taken_in()
        self._patch.undo()
        self.program.views.close()
        self.journal.close()
        self._directory.cleanup()

    @rule(data=st.data(), by=st.lists(st.sampled_from(["us", "another"]), min_size=1, max_size=4))
    def change_tickets(self, data: st.DataObject, by: list[str]) -> None:
        for who in by:
            desk = self.desk if who == "us" else self.another
            self.step += data.draw(st.integers(0, 3))
            changes = [data.draw(self._changes(desk)) for _ in range(data.draw(st.integers(1, 3)))]
            desk.write(moment(self.step), changes)

    def _changes(self, desk: Desk) -> SearchStrategy[Change]:
        opening = st.builds(self._open, st.just(desk), st.sampled_from(ACCOUNTS), openings())
        if not self.tickets:
            return opening
        ticket = st.sampled_from(self.tickets)
        update = st.builds(desk.update, ticket, updates())
        reply = st.builds(desk.reply, ticket, replies())
        return opening | update | update | reply

    def _open(self, desk: Desk, account: str, body: JsonObject) -> Change:
        name = f"ticket_{len(self.tickets) * 7 % 10}{len(self.tickets)}"  # in no order
        self.tickets.append((name, account))
        return desk.open((name, account), body)

    @rule(policy=policies())
    def publish_policies(self, policy: Any) -> None:
        self.desk.write(moment(self.step), [self.desk.publish((policy,))])

    @rule(positions=st.integers(1, 9), tickets=st.integers(1, 3))
    def take_smaller_batches(self, positions: int, tickets: int) -> None:
        self._patch.setattr(projector, "POSITIONS", positions)
        self._patch.setattr(building, "POSITIONS", positions)
        self._patch.setattr(building, "TICKETS", tickets)

    @rule()
    def follow(self) -> None:
        self.program.projector.follow()

    @rule(which=MODELS)
    def begin_to_build(self, which: int) -> None:
        self.program.builder.begin(self.program.models[which])

    @rule(which=MODELS, steps=st.integers(1, 4))
    def build_on(self, which: int, steps: int) -> None:
        for _ in range(steps):
            self.program.builder.step(self.program.models[which])

    @rule(which=MODELS)
    def abandon_building(self, which: int) -> None:
        self.program.builder.abandon(self.program.models[which])

    @rule(of=st.sampled_from(["parked_in", "reach", "made_of", "swap", "drop"]), which=MODELS)
    def be_killed(self, of: str, which: int) -> None:
        """End in the middle of a transaction of following, or of building."""
        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            patch.setattr(Store, of, _killed)
            self.program.projector.follow()
            self.program.builder.step(self.program.models[which])
        self.begin_again()

    @rule()
    def begin_again(self) -> None:
        self.program.views.close()
        self.desk = Desk(self.journal)
        self.program = Program(self.journal, self.desk)
        self.program.open()

    @rule()
    def take_in_twice(self) -> None:
        """Forget how far what answers is."""
        with self.program.views.writing() as store:
            for generation in store.generations("live"):
                store.reach(generation, generation.position // 2)

    @rule()
    def retry_what_is_well(self) -> None:
        self.program.projector.retry([name for name, _ in self.tickets])

    @rule()
    def everything_is_taken_in(self) -> None:
        self.program.build()
        self.program.follow()
        assert held_by(self.program.views.path) == expected(self.journal)


def _killed(*_: Any) -> None:
    raise Killed


def live(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        ReadModelLife,
        settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None),
    )


def test_read_models_hold_what_the_journal_says_whatever_happens() -> None:
    live(examples=30, steps=30)


@pytest.mark.soak
def test_read_models_hold_what_the_journal_says_for_long() -> None:
    live(examples=1000, steps=60)


def test_an_empty_journal_may_become_any(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, _):
        filled(journal)
    with opened(tmp_path) as (journal, program):
        assert held_by(program.views.path) == expected(journal)


def test_tickets_that_were_opened_one_right_after_the_other_are_all_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "TICKETS", 2)
    with opened(tmp_path) as (journal, program):
        for number in range(9):
            write(journal, f"ticket_{number}", OPENED)
        program.build(*program.models)
        assert held_by(program.views.path) == expected(journal)


def test_a_list_that_is_not_read_to_its_end_holds_no_later_one_back(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, program):
        filled(journal)
        program.follow()
        with program.views.reading() as view:
            left = view.select("SELECT id FROM tickets")
            next(left)
        write(journal, "ticket_3", OPENED)
        program.follow()
        with program.views.reading() as view:
            assert len(list(view.select("SELECT id FROM tickets"))) == 4
        del left
