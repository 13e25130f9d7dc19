"""The plain definition of a ticket's SLA metrics: its whole story, judged at once.

The fold in `fold.py` gives the same, one event at a time.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from ticketdomain.events import Recorded
from ticketprojections.sla.match import traits_after
from ticketprojections.sla.metrics import (
    Breach,
    ClockMetrics,
    ClockState,
    Cycle,
    SlaMetrics,
    TimeInStatus,
    in_order,
    outcome,
)
from ticketprojections.sla.policy import NO_TERMS, Policies, Policy, Terms, terms
from ticketprojections.sla.running_time import due_at, elapsed, has_run, seconds, wall_time
from ticketprojections.sla.story import Course, Story

PolicySource: TypeAlias = Policy | Policies | Callable[[datetime], Policy | Policies]


def measure(
    recorded_events: Iterable[Recorded], policy: PolicySource, as_of: datetime
) -> SlaMetrics | None:
    """Measure a ticket by its events, oldest first; what came after `as_of` is left out.

    `policy` is one policy, or several of which the first match wins, or a function from an instant
    to what was in force then. `None` where no policy matches, or nothing had happened yet.
    """
    told = [each for each in recorded_events if each.at <= as_of]
    judged_by = list(_terms(told, policy))
    if not told or judged_by[-1] is NO_TERMS:
        return None
    return _metrics(Story(told, judged_by, as_of))


def _terms(told: Sequence[Recorded], policy: PolicySource) -> Iterator[Terms]:
    """Give the terms by which the ticket is judged from each of its events on."""
    traits = None
    for recorded in told:
        traits = traits_after(traits, recorded.event)
        in_force = policy(recorded.at) if callable(policy) else policy
        yield terms((in_force,) if isinstance(in_force, Policy) else in_force, traits)


def _metrics(story: Story) -> SlaMetrics:
    policy = story.terms[-1].policy
    first, following = story.first_response(), list(story.next_responses())
    *earlier, resolution = story.resolutions()
    courses = (first, *following, *earlier, resolution)
    resolved = [course.until for course in (*earlier, resolution) if course.ended]
    return SlaMetrics(
        policy=policy.name,
        calendar=policy.calendar.name,
        as_of=story.as_of.astimezone(UTC),
        first_response=_clock(story, first),
        next_response=_clock(story, following[-1]) if following else None,
        resolution=_clock(story, resolution),
        cycles=tuple(_cycle(story, course) for course in earlier),
        breaches=in_order(breach for course in courses for breach in _breaches(story, course)),
        reopen_count=len(earlier),
        first_resolved_at=resolved[0] if resolved else None,
        time_in_status=_time_in_status(story),
    )


def _clock(story: Story, course: Course) -> ClockMetrics:
    judged_by = story.terms[course.last]
    target, calendar = judged_by.target(course.clock), judged_by.calendar
    due = due_at(judged_by, course.clock, course.runs)
    late = due is not None and has_run(calendar, course.runs, due, course.until)
    return ClockMetrics(
        state=_state(course, late=late),
        target_seconds=None if target is None else seconds(target),
        elapsed_seconds=seconds(elapsed(calendar, course.runs)),
        wall_seconds=seconds(wall_time(course.runs)),
        started_at=story.at[0 if course.clock == "resolution" else course.begun],
        due_at=due if course.running else None,
        ended_at=course.until if course.ended else None,
        breached_at=due if late else None,
    )


def _state(course: Course, *, late: bool) -> ClockState:
    if course.ended:
        return outcome(late=late)
    if course.running:
        return "breached" if late else "running"
    return "paused"


def _cycle(story: Story, course: Course) -> Cycle:
    clock = _clock(story, course)
    return Cycle(
        ended_at=course.until,
        elapsed_seconds=clock.elapsed_seconds,
        target_seconds=clock.target_seconds,
        state=outcome(late=clock.breached_at is not None),
    )


def _breaches(story: Story, course: Course) -> Iterator[Breach]:
    """Hold a clock against every target it had, at the last instant of each."""
    dues: dict[int, datetime | None] = {}
    for first, upto in story.periods:
        begun, end = max(first, course.begun), min(upto, course.last)
        if begun > end:
            continue
        judged_by = story.terms[end]
        until = course.until if end == course.last else story.at[end + 1]
        if end < course.last and until == story.at[begun]:
            continue  # what was so only between two events of one instant never was
        if id(judged_by) not in dues:
            dues[id(judged_by)] = due_at(judged_by, course.clock, course.runs)
        due, target = dues[id(judged_by)], judged_by.target(course.clock)
        if due and target and has_run(judged_by.calendar, course.runs, due, until):
            yield Breach(clock=course.clock, target_seconds=seconds(target), breached_at=due)


def _time_in_status(story: Story) -> dict[str, TimeInStatus]:
    """Add up the stays in each status, each in the calendar of when it ended."""
    business: defaultdict[str, timedelta] = defaultdict(timedelta)
    wall: defaultdict[str, timedelta] = defaultdict(timedelta)
    for move, until, judged_by in story.stays():
        entered = story.at[move.event]
        business[move.status] += judged_by.calendar.between(entered, until)
        wall[move.status] += until - entered
    return {
        status: TimeInStatus(
            business_seconds=seconds(business[status]), wall_seconds=seconds(wall[status])
        )
        for status in business
    }
