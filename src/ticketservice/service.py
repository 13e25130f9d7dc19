"""The composition root: everything that a running service consists of."""

from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from secrets import token_hex

from msgspec import Struct

from ticketdomain.change import Change
from ticketdomain.desk import Desk
from ticketdomain.journal import Journal, open_journal
from ticketdomain.keys import KEY, KeyRing
from ticketdomain.live import Folds, Live
from ticketdomain.policies import POLICIES, STREAM
from ticketdomain.ticket import TICKET
from ticketdomain.workflow import Workflow
from ticketprojections.assignments import ASSIGNMENTS
from ticketprojections.public import PUBLIC
from ticketprojections.sla import Policies, Sla
from ticketprojections.sla.policy import default_policies, publication
from ticketprojections.tickets import tickets_model
from ticketprojections.views.file import Views
from ticketprojections.views.projector import Projector
from ticketprojections.views.read_model import ReadModel
from ticketprojections.views.runner import Runner
from ticketservice.feed import Feed
from ticketservice.readiness import Readiness
from ticketservice.settings import Settings
from ticketservice.tail import Tail
from ticketservice.tickets import Tickets

VIEWS = "views.db"  # beside the journal


def utc_now() -> datetime:
    return datetime.now(UTC)


def random_id(kind: str) -> str:
    """Make an id as `ticket_…` of 80 random bits."""
    return f"{kind}_{token_hex(10)}"


class Service(Struct, frozen=True):
    """The parts that web and command line work with."""

    journal: Journal
    desk: Desk
    keys: KeyRing
    tickets: Tickets
    feed: Feed
    tail: Tail
    sla: Sla
    workflow: Workflow
    clock: Callable[[], datetime]
    new_id: Callable[[str], str]
    live: Live
    projector: Projector
    runner: Runner
    readiness: Readiness
    metrics: bool


async def publish(service: Service, policies: Policies) -> None:
    """Promise this from now on; nothing is written if it is promised already.

    Raises:
        TicketDomainError: storage failed.
    """
    change = Change(stream=STREAM, command=publication(policies), account="")
    await service.desk.ask(change)


def folds(sla: Sla) -> Mapping[str, Folds]:
    """Name what is kept of streams, by their kind."""
    return {"ticket": (TICKET, PUBLIC, sla.fold), "key": (KEY,), STREAM: (POLICIES,)}


def read_models(sla: Sla) -> tuple[ReadModel, ...]:
    """Give all that are kept, in the order of building."""
    return (tickets_model(sla), ASSIGNMENTS)


@contextmanager
def open_service(
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    new_id: Callable[[str], str] = random_id,
    *,
    create: bool = True,
) -> Generator[Service]:
    """Open the journal and the desk, and close them at the end.

    Raises:
        JournalError: the journal cannot be opened, or is not there and not to be made.
    """
    with closing(open_journal(settings.database, create=create)) as journal:
        sla = Sla(default_policies())
        live = Live(folds(sla), sla.book.read)
        tickets = Tickets(journal, live, sla)
        feed = Feed(journal, tickets)
        with (
            _projected(journal, live, sla) as (projector, runner),
            closing(Desk(journal, live, settings.workflow, clock)) as desk,
            closing(runner),
        ):
            yield Service(
                journal=journal,
                desk=desk,
                keys=KeyRing(journal, clock),
                tickets=tickets,
                feed=feed,
                tail=Tail(feed.newest),
                sla=sla,
                workflow=settings.workflow,
                clock=clock,
                new_id=new_id,
                live=live,
                projector=projector,
                runner=runner,
                readiness=Readiness(journal, desk, projector, runner),
                metrics=settings.metrics,
            )


@contextmanager
def _projected(journal: Journal, live: Live, sla: Sla) -> Generator[tuple[Projector, Runner]]:
    """Open the read models, which lie beside the journal; the runner is yet to be started."""
    with closing(Views(journal.path.with_name(VIEWS))) as views:
        projector = Projector(journal, live, views, read_models(sla), (TICKET, sla.fold))
        yield projector, Runner(projector)
