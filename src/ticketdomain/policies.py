"""SLA policies: published into the journal, so that it alone tells what was promised when."""

from bisect import bisect_left
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from msgspec import Struct

from ticketdomain.errors import UndecodableStreamError
from ticketdomain.events import Recorded, SlaPolicyPublished
from ticketdomain.fold import Fold
from ticketdomain.journal import Reader, decode
from ticketdomain.json_values import JsonObject

STREAM = "policy"
TOPICS = ("policy.published",)

Meaning = TypeVar("Meaning")


class PublishPolicies(Struct, frozen=True):
    """Promise this from now on; see `SlaPolicyPublished`."""

    policies: tuple[JsonObject, ...]


def evolve_policies(_: SlaPolicyPublished | None, recorded: Recorded) -> SlaPolicyPublished:
    """Give what is promised after one more publication: that one alone."""
    if isinstance(recorded.event, SlaPolicyPublished):
        return recorded.event
    msg = f"{recorded.event} cannot follow in {recorded.ticket_id}"
    raise TypeError(msg)


POLICIES = Fold("policies", 1, SlaPolicyPublished, evolve_policies)


def decide_policies(
    command: PublishPolicies, promised: SlaPolicyPublished | None
) -> list[SlaPolicyPublished]:
    """Give the events that follow from a command; publishing the same again is quiet."""
    published = SlaPolicyPublished(command.policies)
    return [] if published == promised else [published]


class PolicyBook(Generic[Meaning]):
    """Every publication, by its position in the journal, as `understand` understands it.

    Which one was in force at an event is told by positions, not by instants: so it stays told,
    whatever the clock does. Before the first publication it is `unpublished`. Any thread may ask.
    """

    def __init__(
        self, understand: Callable[[SlaPolicyPublished], Meaning], unpublished: Meaning
    ) -> None:
        self._understand = understand
        self._positions: list[int] = [0]
        self._meanings: list[Meaning | UndecodableStreamError] = [unpublished]
        self._lock = Lock()

    def at(self, position: int) -> Meaning:
        """Give what was in force for the event at a position.

        Raises:
            UndecodableStreamError: this program cannot understand what was.
        """
        found = self._meanings[bisect_left(self._positions, position) - 1]
        if isinstance(found, UndecodableStreamError):
            raise UndecodableStreamError(found.stream, found.version) from found
        return found

    def read(self, reader: Reader) -> None:
        """Take in what has been published since.

        What cannot be understood fails only those who ask for it, so that a cure can be published.
        """
        with self._lock:
            for row in reader.feed(after=self._positions[-1], topics=TOPICS):
                recorded = decode(row)
                assert isinstance(recorded.event, SlaPolicyPublished)
                try:
                    self.add(recorded.position, self._understand(recorded.event))
                except ValueError as error:
                    unreadable = UndecodableStreamError(STREAM, recorded.version)
                    unreadable.__cause__ = error
                    self.add(recorded.position, unreadable)

    def add(self, position: int, meaning: Meaning | UndecodableStreamError) -> None:
        """Take in a publication that follows on all others."""
        self._meanings.append(meaning)  # before its position: at() takes no lock
        self._positions.append(position)
