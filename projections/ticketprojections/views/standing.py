"""Where the read models stand: which answer, which are being built, which tickets are left out."""

from collections.abc import Sequence

from msgspec import Struct

from ticketdomain.errors import ReadModelMissingError
from ticketprojections.views.generations import Generation, Parked
from ticketprojections.views.projector import Projector


class Standing(Struct, frozen=True):
    """Of one read model the tables that answer, those that are to take their place, and the
    tickets that are parked in either."""

    model: str
    live: Generation | None
    building: Generation | None
    parked: Sequence[Parked]

    @property
    def being_built(self) -> bool:
        return self.live is None or self.building is not None


def standings(projector: Projector) -> list[Standing]:
    """Tell of each read model; where there is no file yet, of each that nothing is built.

    Raises:
        ReadModelError: they cannot be read.
    """
    try:
        with projector.views.reading() as view:
            generations, parked = view.generations(), view.parked()
    except ReadModelMissingError:
        generations, parked = [], []
    placed = {(each.model, each.place): each for each in generations}
    return [
        Standing(
            model.name,
            placed.get((model.name, "live")),
            placed.get((model.name, "building")),
            [each for each in parked if each.model == model.name and each.place != "old"],
        )
        for model in projector.models
    ]
