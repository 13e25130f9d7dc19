"""A projection: a named, versioned, pure fold over recorded events."""

from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from ticketdomain.events import Recorded

State = TypeVar("State", bound=Struct)


class Fold(Struct, Generic[State], frozen=True):
    """Raise `version` when `evolve` or `state` changes: stored snapshots are then left alone."""

    name: str
    version: int
    state: type[State]
    evolve: Callable[[State | None, Recorded], State]
