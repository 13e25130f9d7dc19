"""How far the read models are, and which tickets they leave out: as text, and as JSON."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ticketdomain.journal import Reader
from ticketprojections.views.projector import Projector
from ticketprojections.views.standing import Standing, standings


class Building(Struct, frozen=True):
    """A version that is being built; `done` of it, from 0 to 1."""

    version: int
    done: float

    def __str__(self) -> str:
        return f"version {self.version} is being built, {self.done:.0%} done"


class State(Struct, frozen=True):
    """Where a read model stands; nulls where none answers yet, or none is being built."""

    name: str
    version: int | None
    position: int | None
    lag: int | None
    building: Building | None

    def __str__(self) -> str:
        built = "nothing is built yet"
        if self.version is not None:
            built = f"version {self.version}, position {self.position}, lag {self.lag}"
        return f"{self.name}: {built}" + (f"; {self.building}" if self.building else "")


class LeftOut(Struct, frozen=True):
    """A ticket of which so many events wait, from a version on."""

    ticket_id: str
    read_model: str
    place: str
    version: int
    waiting: int
    reason: str

    def __str__(self) -> str:
        where = self.read_model if self.place == "live" else f"the new {self.read_model}"
        events = "1 event waits" if self.waiting == 1 else f"{self.waiting} events wait"
        return (
            f"{self.ticket_id}: parked in {where} at version {self.version},"
            f" {events}: {self.reason}"
        )


class Status(Struct, frozen=True):
    """All read models, and all tickets that some of them leaves out."""

    read_models: Sequence[State]
    parked: Sequence[LeftOut]

    def __str__(self) -> str:
        return "\n".join(map(str, [*self.read_models, *self.parked]))


def read_status(projector: Projector) -> Status:
    """Read how things stand, whether a service runs or not.

    Raises:
        ReadModelError: the read models cannot be read.
        JournalError: the journal cannot.
    """
    found = standings(projector)
    with projector.journal.reading() as reader:  # after the read models: it is never behind them
        newest = reader.position()
        return Status(
            [_state(each, newest) for each in found],
            [left_out for each in found for left_out in _left_out(reader, each)],
        )


def _state(standing: Standing, newest: int) -> State:
    live, begun = standing.live, standing.building
    return State(
        name=standing.model,
        version=live.version if live else None,
        position=live.position if live else None,
        lag=newest - live.position if live else None,
        building=Building(begun.version, begun.done) if begun else None,
    )


def _left_out(reader: Reader, standing: Standing) -> Iterator[LeftOut]:
    for each in standing.parked:
        newest = max((row.originator_version for row in reader.stream(each.ticket_id)), default=0)
        waiting = max(1, newest - max(1, each.version) + 1)
        yield LeftOut(each.ticket_id, each.model, each.place, each.version, waiting, each.reason)
