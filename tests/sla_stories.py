"""A ticket's life as a tale, "12:00 opened; 12:20 agent replies; 13:00 asked", and its SLA then."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TypeAlias

import msgspec
from given import OPENED, opened, opened_in
from msgspec import Struct
from msgspec.structs import replace

from ticketdomain.events import (
    Actor,
    CategoryChanged,
    NoteAdded,
    PriorityChanged,
    Recorded,
    ReplyAdded,
    StatusCategory,
    StatusChanged,
    TagsReplaced,
    TicketEvent,
)
from ticketdomain.journal import Head
from ticketdomain.json_values import JsonObject
from ticketdomain.live import StreamState
from ticketdomain.workflow import DEFAULT_WORKFLOW
from ticketprojections.sla import Policy, SlaMetrics, measure
from ticketprojections.sla import fold as sla_fold

InForce: TypeAlias = Policy | Sequence[Policy]
Published: TypeAlias = InForce | Callable[[datetime], InForce]
Targets: TypeAlias = Mapping[str, tuple[str | None, str | None, str | None]]

WEEK = {
    name: date(2026, 11, 23) + timedelta(days=after)
    for after, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
}
INSTANT = re.compile(r"(?:(?P<day>[A-Z]\w\w|\d{4}-\d\d-\d\d) )?(?P<time>\d\d:\d\d\S*)")

ALWAYS: JsonObject = {
    "name": "always",
    "timezone": "UTC",
    "weekly": {day.lower(): [["00:00", "24:00"]] for day in WEEK},
}
OFFICE: JsonObject = {
    "name": "office",
    "timezone": "Europe/Berlin",
    "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}


def policy(
    name: str = "standard",
    *,
    calendar: JsonObject = ALWAYS,
    responses: Sequence[str] = ("in_progress",),
    match: JsonObject | None = None,
    **targets: tuple[str | None, str | None, str | None],
) -> Policy:
    """Make a policy; `p3=("PT1H", "PT2H", "PT4H")` are priority 3's targets in the clocks' order.

    Without any it has targets for priorities 1 and 3, empty ones for 4, and does not name 2.
    """
    chosen: Targets = targets or {
        "p1": ("PT15M", "PT30M", "PT1H"),
        "p3": ("PT1H", "PT2H", "PT4H"),
        "p4": (None, None, None),
    }
    clocks = ("first_response", "next_response", "resolution")
    written: dict[str, object] = {
        "name": name,
        "calendar": calendar,
        "response_statuses": list(responses),
        "targets": {
            priority.removeprefix("p"): dict(zip(clocks, durations, strict=True))
            for priority, durations in chosen.items()
        },
    }
    return msgspec.convert(written if match is None else {**written, "match": match}, Policy)


STANDARD = policy()
IN_OFFICE_HOURS = policy(calendar=OFFICE)


def replaced(before: InForce, when: str, after: InForce) -> Callable[[datetime], InForce]:
    """Publish other policies at an instant, which is already theirs."""
    return lambda at: before if at < instant(when) else after


class Clock(Struct, frozen=True, forbid_unknown_fields=True):
    """A clock as callers read it, its instants as text; likewise what follows."""

    state: str
    target_seconds: int | None
    elapsed_seconds: int
    wall_seconds: int
    started_at: str
    due_at: str | None
    ended_at: str | None
    breached_at: str | None


class Cycle(Struct, frozen=True, forbid_unknown_fields=True):
    ended_at: str
    elapsed_seconds: int
    target_seconds: int | None
    state: str


class Breach(Struct, frozen=True, forbid_unknown_fields=True):
    clock: str
    target_seconds: int
    breached_at: str


class Stay(Struct, frozen=True, forbid_unknown_fields=True):
    business_seconds: int
    wall_seconds: int


class Sla(Struct, frozen=True, forbid_unknown_fields=True):
    policy: str
    calendar: str
    as_of: str
    first_response: Clock
    next_response: Clock | None
    resolution: Clock
    cycles: list[Cycle]
    breaches: list[Breach]
    reopen_count: int
    first_resolved_at: str | None
    time_in_status: dict[str, Stay]


def sla(told: str, under: Published = STANDARD) -> Sla:
    metrics = answer(told, under=under)
    assert metrics is not None, "no policy matches"
    return msgspec.json.decode(msgspec.json.encode(metrics), type=Sla)


def first_response(told: str, under: Published = STANDARD) -> Clock:
    return sla(told, under=under).first_response


def next_response(told: str, under: Published = STANDARD) -> Clock:
    clock = sla(told, under=under).next_response
    assert clock is not None, "no customer has replied"
    return clock


def resolution(told: str, under: Published = STANDARD) -> Clock:
    return sla(told, under=under).resolution


def answer(told: str, under: Published = STANDARD) -> SlaMetrics | None:
    """Measure the tale by the plain definition; the fold has to say the same."""
    (asked,) = (line for line in told.split("; ") if line.endswith(" asked"))
    as_of = instant(asked)
    metrics = measure(story(told), under, as_of)
    assert folded(story(told), under, as_of) == metrics
    return metrics


def folded(story: list[Recorded], under: Published, as_of: datetime) -> SlaMetrics | None:
    """Fold what had happened, with the policies published into the gaps between the events."""
    told = [replace(each, position=2 * each.version) for each in story if each.at <= as_of]
    if not told:
        return None
    fold = sla_fold.Sla(in_force(under, told[0].at))
    for before, after in pairwise(told):
        if in_force(under, before.at) != in_force(under, after.at):
            fold.book.add(after.position - 1, in_force(under, after.at))
    nothing = StreamState("ticket_1", (fold.fold,), Head(), (None,))
    return fold.metrics(nothing.after(told, Head()), as_of)


def in_force(under: Published, at: datetime) -> Sequence[Policy]:
    found = under(at) if callable(under) else under
    return (found,) if isinstance(found, Policy) else found


def story(told: str) -> list[Recorded]:
    """Read a ticket's events: one commit per line, lines parted by `; `, events by `, `.

    A line begins with a time in UTC, on Monday 2026-11-23 unless a day of that week or a date
    stands before it. A status that the default workflow lacks is written `name/category`.
    """
    events: list[Recorded] = []
    for line in told.split("; "):
        if not line.endswith(" asked"):
            events.extend(_commit(line, len(events) + 1))
    assert events == sorted(events, key=lambda each: each.at), told
    return events


def _commit(line: str, first_version: int) -> Iterator[Recorded]:
    at, deeds = instant(line), INSTANT.sub("", line, count=1).strip().split(", ")
    for index, deed in enumerate(deeds):
        version, commit = first_version + index, (index, len(deeds))
        by, request_id = Actor("key_1"), f"req_{first_version}"
        event = _event(deed)
        yield Recorded("ticket_1", version, version, at, by, request_id, event, "acme", commit)


def instant(line: str) -> datetime:
    found = INSTANT.match(line)
    assert found is not None, line
    day = found["day"] or "Mon"
    return datetime.fromisoformat(f"{WEEK.get(day, day)}T{found['time']}+00:00")


def _event(words: str) -> TicketEvent:
    match words.split():
        case ["opened", *how]:
            return _opening(how)
        case ["agent" | "customer" as author, "replies"]:
            return ReplyAdded("About the refund", "agent" if author == "agent" else "customer")
        case ["note"]:
            return NoteAdded("Ask Jane")
        case ["priority", priority]:
            return PriorityChanged(int(priority))
        case ["category", category]:
            return CategoryChanged(category)
        case ["tagged", *tags]:
            return TagsReplaced(tuple(tags))
        case ["untagged"]:
            return TagsReplaced(())
        case [status]:
            return StatusChanged(*_status(status))
        case _:
            raise ValueError(words)


def _opening(how: list[str]) -> TicketEvent:
    match how:
        case []:
            return OPENED
        case ["priority", priority]:
            return opened(priority=int(priority))
        case ["tagged", *tags]:
            return opened(tags=tuple(tags))
        case [status]:
            return opened_in(*_status(status))
        case _:
            raise ValueError(how)


def _status(words: str) -> tuple[str, StatusCategory]:
    status, _, category = words.partition("/")
    return status, msgspec.convert(category or DEFAULT_WORKFLOW.statuses[status], StatusCategory)
