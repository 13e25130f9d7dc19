"""A desk whose work goes into a journal, and a program that keeps read models beside it."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from given import NOON

from ticketdomain.batch import Batch, Settled
from ticketdomain.change import Change
from ticketdomain.commands import read_add_reply, read_open_ticket, read_update_ticket
from ticketdomain.errors import InvalidCommandError
from ticketdomain.journal import Journal, open_journal
from ticketdomain.json_values import JsonObject
from ticketdomain.live import Live
from ticketdomain.policies import STREAM
from ticketdomain.ticket import TICKET
from ticketdomain.workflow import DEFAULT_WORKFLOW
from ticketprojections.sla import Policies, Sla
from ticketprojections.sla.policy import default_policies, publication
from ticketprojections.views.building import Builder
from ticketprojections.views.file import Views
from ticketprojections.views.projector import Projector
from ticketprojections.views.read_model import ReadModel
from ticketservice.service import VIEWS, folds, read_models

Named: TypeAlias = tuple[str, str]  # a ticket's id, and its account


class Desk:
    """Who changes tickets, several in one transaction if need be; keeps states warm."""

    def __init__(self, journal: Journal) -> None:
        self.sla = Sla(default_policies())
        self.live = Live(folds(self.sla), self.sla.book.read, capacity=3)
        self._journal = journal

    def open(self, ticket: Named, body: JsonObject) -> Change:
        stream, account = ticket
        command = read_open_ticket(body, account, DEFAULT_WORKFLOW)
        return Change(stream=stream, command=command, account=account)

    def update(self, ticket: Named, body: JsonObject) -> Change:
        stream, account = ticket
        command = read_update_ticket(body, DEFAULT_WORKFLOW)
        return Change(stream=stream, command=command, account=account)

    def reply(self, ticket: Named, body: JsonObject) -> Change:
        stream, account = ticket
        return Change(stream=stream, command=read_add_reply(body), account=account)

    def publish(self, policies: Policies) -> Change:
        return Change(stream=STREAM, command=publication(policies), account="")

    def write(self, now: datetime, changes: Iterable[Change]) -> None:
        """Commit changes together; those that are refused stay out."""
        with self._journal.writing() as writer:
            batch = Batch(writer, self.live, DEFAULT_WORKFLOW, now, Settled())
            for change in changes:
                try:
                    batch.decide(change)
                except InvalidCommandError:
                    continue
            batch.write()
        self.live.keep(batch.states.values())


class Program:
    """A program's read models, as it has opened them."""

    def __init__(
        self, journal: Journal, desk: Desk, models: Sequence[ReadModel] | None = None
    ) -> None:
        self.desk = desk
        self.views = Views(journal.path.with_name(VIEWS))
        self.models = read_models(desk.sla) if models is None else models
        self.projector = Projector(
            journal, desk.live, self.views, self.models, (TICKET, desk.sla.fold)
        )
        self.builder = Builder(self.projector)

    def open(self) -> None:
        """Do what a program does before it follows."""
        self.projector.open()
        self.projector.retry(self.projector.parked())

    def build(self, *models: ReadModel) -> None:
        """Build these, or those that are wanted."""
        for model in models or self.builder.wanted():
            list(self.builder.build(model))

    def follow(self) -> None:
        """Follow to the journal's end."""
        while not self.projector.follow():
            pass

    def parked(self) -> dict[tuple[str, str], int]:
        """Give from which version on which ticket is parked in which read model that answers."""
        with self.views.reading() as view:
            live = [each for each in view.parked() if each.place == "live"]
        return {(each.model, each.ticket_id): each.version for each in live}


@contextmanager
def opened(directory: Path, *models: ReadModel) -> Generator[tuple[Journal, Program]]:
    """Open a directory's journal and read models, built and up to date."""
    with closing(open_journal(f"sqlite:///{directory / 'journal.db'}")) as journal:
        program = Program(journal, Desk(journal), models or None)
        with closing(program.views):
            program.open()
            program.build()
            program.follow()
            yield journal, program


def moment(step: int) -> datetime:
    """Give an instant of a day on which something happens every few hours."""
    return NOON + timedelta(hours=5 * step)
