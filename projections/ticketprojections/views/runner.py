"""Keeps read models at the journal's end: a thread, in one process of those that share them."""

import logging
from threading import Event, Thread
from time import perf_counter

from ticketdomain.errors import ReadModelDamagedError
from ticketprojections.views.building import Builder
from ticketprojections.views.lock import building, following
from ticketprojections.views.projector import Projector

# What is written meanwhile is taken together: a ticket that changes often is written once.
PAUSE_SECONDS = 0.02
LOOK_SECONDS = 0.025  # whether another process has written
TAKE_OVER_SECONDS = 0.25
AGAIN_SECONDS = 0.1  # before what was damaged is made anew: it may be so again
FAILED_SECONDS = 2.0
EVENTS = 1_000  # in a step of building: so long what is written waits to be listed
REST = 1  # after a step of building, by the time that it took: requests need the interpreter too

log = logging.getLogger(__name__)


class Runner:
    """Follows the journal as soon as no other process does, and builds what has to be built.

    `failing` tells that it cannot, for a reason that is in the log.
    """

    def __init__(self, projector: Projector) -> None:
        self.failing = False
        self._projector = projector
        self._builder = Builder(projector, EVENTS)
        self._rested = 0.0
        self._journal = projector.journal
        self._lock = following(projector.views.path)
        self._build_lock = building(projector.views.path)
        self._closing = Event()
        self._seen = 0
        self._thread = Thread(target=self._run, name="read-models")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop after the step that is under way; it need not have been started."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()
        for lock in (self._build_lock, self._lock):
            lock.release()

    def _run(self) -> None:
        rest = 0.0
        while not self._closing.wait(rest):
            try:
                rest = self._work() if self._lock.take() else TAKE_OVER_SECONDS
            except ReadModelDamagedError as error:
                log.warning("read models are made anew: %s", error)
                rest = self._make_anew()
            except Exception:  # whatever it is: nobody else takes the lock while this lives
                rest = self._failed()

    def _make_anew(self) -> float:
        try:
            self._projector.views.remove()
        except OSError:
            return self._failed()
        return AGAIN_SECONDS

    def _failed(self) -> float:
        """Tell so once: it may pass, as a full disk does."""
        if not self.failing:
            log.exception("read models cannot be kept up to date")
        self.failing = True
        return FAILED_SECONDS

    def _work(self) -> float:
        """Follow until it is told to stop, or the file is gone; then it may be begun again."""
        self._projector.open()
        self._projector.retry(self._projector.parked())
        self._seen = -1
        while not self._closing.is_set() and self._projector.views.intact():
            at_end = self._follow()
            busy = self._build()
            self.failing = False
            rest = self._rested - perf_counter() if busy else PAUSE_SECONDS
            self._closing.wait(min(PAUSE_SECONDS, max(0.0, rest)))
            if at_end and not busy:
                self._journal.growth.wait(self._seen, LOOK_SECONDS)
        return 0.0

    def _follow(self) -> bool:
        """Follow if the journal has grown; tell whether its end is reached."""
        with self._journal.reading() as reader:
            newest = reader.position()
        if newest == self._seen:
            return True
        at_end = self._projector.follow()
        self._seen = newest if at_end else -1
        return at_end

    def _build(self) -> bool:
        """Do a step of building, unless it is to rest from the last; tell whether there is more."""
        began = perf_counter()
        if began < self._rested:
            return True
        wanted, left_behind = self._builder.wanted(), self._builder.left_behind()
        if not (wanted or left_behind) or not self._build_lock.take():
            self._build_lock.release()
            return False
        for model in left_behind:
            self._builder.abandon(model)
        for model in wanted[:1]:
            self._builder.begin(model)
            self._builder.step(model)
        ended = perf_counter()
        self._rested = ended + REST * (ended - began)
        return True
