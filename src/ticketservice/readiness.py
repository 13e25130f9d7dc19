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

State: TypeAlias = Literal["ok", "failed"]
Checks: TypeAlias = dict[str, State]

FRESH_SECONDS = 1.0  # anyone may ask, as often as they like, and asking writes to the disk
PATIENCE_SECONDS = 2.0

log = logging.getLogger(__name__)


class Readiness:
    """Checks for one event loop; what the journal's have found holds for a second."""

    def __init__(self, journal: Journal, desk: Desk) -> None:
        self.stopping = False
        self._journal = journal
        self._desk = desk
        self._file = _identity(journal.path)
        self._asking = asyncio.Lock()
        self._found: Checks = {}
        self._found_at = -FRESH_SECONDS

    async def checks(self) -> Checks:
        """Give the state of every part.

        `serving` fails from when it is told to stop, `desk` when no changes are taken,
        `journal_file` when its path no longer names the file that is open.
        """
        async with self._asking:
            if monotonic() - self._found_at >= FRESH_SECONDS:
                self._found = await self._of_journal()
                self._found_at = monotonic()
        serving, desk = _state(not self.stopping), _state(self._desk.open)
        return {"serving": serving, "desk": desk, **self._found}

    async def _of_journal(self) -> Checks:
        in_place = self._file is not None and _identity(self._journal.path) == self._file
        return {
            "journal_file": _state(in_place),
            "journal_readable": _state(await _succeeds(to_thread(self._read))),
            "journal_writable": _state(await _succeeds(self._desk.check())),
        }

    def _read(self) -> None:
        with self._journal.reading() as reader:
            newest = reader.position()
            list(reader.touched(after=newest - 1, upto=newest))


async def _succeeds(check: Awaitable[None]) -> bool:
    try:
        await asyncio.wait_for(check, PATIENCE_SECONDS)
    except Exception as error:  # whatever it is: who asks for health is always answered
        log.warning("a check of the journal failed", exc_info=error)
        return False
    return True


def _state(good: bool) -> State:
    return "ok" if good else "failed"


def _identity(path: Path) -> tuple[int, int] | None:
    """Tell a file from any other, also from one that comes to have its path."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
