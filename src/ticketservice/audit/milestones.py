"""What an update, or the time before it, has done to a ticket's SLA clocks."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from ticketprojections.sla import Breach
from ticketprojections.sla.clock import Clock
from ticketprojections.sla.metrics import CLOCKS, ClockName, outcome
from ticketprojections.sla.running_time import seconds
from ticketprojections.sla.state import SlaState

Happening: TypeAlias = Literal["met", "missed", "breached", "reopened"]


class Milestone(Struct, frozen=True):
    """A clock has ended in time (`met`) or late (`missed`), its target has run out (`breached`), or
    it goes on after its end (`reopened`).

    `elapsed_seconds` is business time; `at` the instant of the update, of a breach that at which
    the target ran out: maybe long before an update that has tightened it.
    """

    clock: ClockName
    happened: Happening
    at: datetime
    elapsed_seconds: int
    target_seconds: int | None


def ends(before: SlaState | None, after: SlaState) -> Iterator[Milestone]:
    """Tell which clocks an update has ended or reopened."""
    for name in CLOCKS:
        was, is_now = _clock(before, name), _clock(after, name)
        if is_now is None or after.policy is None:
            continue
        if not is_now.live and (was is None or was.live):
            how = outcome(late=is_now.breached_at is not None)
            yield _milestone(is_now, how, after.at)
        elif name == "resolution" and is_now.live and was and not was.live:
            yield _milestone(was, "reopened", after.at, is_now)


def breaches(before: SlaState | None, after: SlaState) -> Iterator[Breach]:
    """Give what has run out by the newest event, and maybe again what was so before."""
    if after.policy is not None:
        yield from after.breaches[len(before.breaches) if before else 0 :]
        yield from (breach for clock in after.clocks() if (breach := clock.breach()))


def ran_out(before: SlaState | None, breach: Breach) -> bool:
    """Whether time alone did it: the clock was running towards that very instant."""
    clock = _clock(before, breach.clock)
    return clock is not None and clock.due_at == breach.breached_at


def of_breach(breach: Breach) -> Milestone:
    target = breach.target_seconds
    return Milestone(breach.clock, "breached", breach.breached_at, target, target)


def _clock(state: SlaState | None, name: ClockName) -> Clock | None:
    clock: Clock | None = getattr(state, name, None)
    return clock


def _milestone(
    ended: Clock, happened: Happening, at: datetime, now: Clock | None = None
) -> Milestone:
    target = (now or ended).target
    return Milestone(
        ended.name,
        happened,
        at,
        seconds(ended.spent),
        None if target is None else seconds(target),
    )
