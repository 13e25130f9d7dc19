"""The service as it would be without SLA metrics, to measure what they cost."""

from typing import Any

from msgspec import Struct

import ticketservice.service
from ticketdomain.events import Recorded
from ticketdomain.fold import Fold
from ticketdomain.live import StreamState
from ticketprojections.sla import Policies, Sla
from ticketservice.cli import main


class Nothing(Struct, frozen=True):
    policy: None = None

    def clocks(self) -> tuple[()]:
        return ()


NOTHING = Nothing()


def nothing(_: Nothing | None, __: Recorded) -> Nothing:
    return NOTHING


class NoSla(Sla):
    """Folds nothing, and answers `null`."""

    def __init__(self, unpublished: Policies) -> None:
        super().__init__(unpublished)
        fold: Fold[Any] = Fold("nothing", 1, Nothing, nothing)
        self.fold = fold

    def summary(self, stream: StreamState) -> None:
        pass


ticketservice.service.__dict__["Sla"] = NoSla

if __name__ == "__main__":
    main()
