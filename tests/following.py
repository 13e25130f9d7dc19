"""A service whose read models follow what people do."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from held import up_to_date
from running import Client, Running
from server import JOURNAL

from ticketdomain.journal import open_journal
from ticketservice.service import VIEWS


def views(desk: Running) -> Path:
    return desk.service.projector.views.path


def in_step(desk: Running) -> Callable[[], bool]:
    return lambda: up_to_date(desk.service.journal, views(desk))


def work(agent: Client, tickets: int = 3) -> None:
    """Open tickets and change them: no state of read models ever gets into the way."""
    for number in range(tickets):
        address = agent.open(tags=[f"tag {number}"], description="word " * 500)
        update = {"internal_note": "called", "assigned_to": f"user_{number}"}
        assert agent.put(address, update).status == 200
        assert agent.get(address).json["version"] == 3


def whole(directory: Path) -> bool:
    """Whether the read models beside a directory's journal are up to date."""
    with closing(open_journal(f"sqlite:///{directory / JOURNAL}")) as journal:
        return up_to_date(journal, directory / JOURNAL.with_name(VIEWS))
