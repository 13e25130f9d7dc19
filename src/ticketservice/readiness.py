"""Whether a service can do its work, part by part."""

import asyncio
import logging
import os
from asyncio import to_thread
from collections.abc import Awaitable
from pathlib import Path
from time import monotonic
from typing import Literal, TypeAlias

from ticketdomain.desk import Desk
from ticketdomain.journal import Journal
from ticketprojections.views.projector import Projector
from ticketprojections.views.runner import Runner
from ticketprojections.views.standing import standings

State: TypeAlias = Literal["ok", "building", "parked", "failed"]
Checks: TypeAlias = dict[str, State]

FRESH_SECONDS = 1.0  # anyone may ask, as often as they like, and asking writes to the disk
PATIENCE_SECONDS = 2.0

log = logging.getLogger(__name__)


class Readiness:
    """Checks for one event loop; what those have found that read files holds for a second."""

    def __init__(self, journal: Journal, desk: Desk, projector: Projector, runner: Runner) -> None:
        self.stopping = False
        self._journal = journal
        self._desk = desk
        self._projector = projector
        self._runner = runner
        self._file = _identity(journal.path)
        self._asking = asyncio.Lock()
        self._found: Checks = {}
        self._found_at = -FRESH_SECONDS

    async def checks(self) -> Checks:
        """Give the state of every part.

        `serving` fails from when it is told to stop, `desk` when no changes are taken,
        `journal_file` when its path no longer names the file that is open, `read_models` when they
        cannot be read or kept up to date. These may also be `building`, some or all of them, or
        hold back tickets that are `parked`: neither keeps a service from being ready.
        """
        async with self._asking:
            if monotonic() - self._found_at >= FRESH_SECONDS:
                self._found = await self._of_journal()
                self._found["read_models"] = await _found(to_thread(self._of_read_models))
                self._found_at = monotonic()
        serving, desk = _state(not self.stopping), _state(self._desk.open)
        return {"serving": serving, "desk": desk, **self._found}

    async def _of_journal(self) -> Checks:
        in_place = self._file is not None and _identity(self._journal.path) == self._file
        return {
            "journal_file": _state(in_place),
            "journal_readable": await _found(to_thread(self._read)),
            "journal_writable": await _found(self._desk.check()),
        }

    def _read(self) -> None:
        with self._journal.reading() as reader:
            newest = reader.position()
            list(reader.touched(after=newest - 1, upto=newest))

    def _of_read_models(self) -> State:
        if self._runner.failing:
            return "failed"
        found = standings(self._projector)
        if any(each.being_built for each in found):
            return "building"
        return "parked" if any(each.parked for each in found) else "ok"


async def _found(check: Awaitable[State | None]) -> State:
    """Give what a check finds; one that finds nothing wrong may say nothing."""
    try:
        return await asyncio.wait_for(check, PATIENCE_SECONDS) or "ok"
    except Exception as error:  # whatever it is: who asks for health is always answered
        log.warning("a check of readiness failed", exc_info=error)
        return "failed"


def _state(good: bool) -> State:
    return "ok" if good else "failed"


def _identity(path: Path) -> tuple[int, int] | None:
    """Tell a file from any other, also from one that comes to have its path."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
