"""Laws of SLA metrics, for every ticket and every policy there can be."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
from given import NOON, opened_in
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from msgspec.structs import replace
from slow_calendar import calendars

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
    TicketOpened,
)
from ticketdomain.journal import Head
from ticketdomain.live import StreamState
from ticketprojections.business_time import Calendar
from ticketprojections.sla import (
    Breach,
    ClockMetrics,
    Policies,
    Policy,
    Sla,
    SlaMetrics,
    Targets,
    measure,
)
from ticketprojections.sla.match import Match
from ticketprojections.sla.metrics import CLOCKS
from ticketprojections.sla.policy import ALWAYS
from ticketprojections.sla.state import SlaState

STATUSES: dict[str, StatusCategory] = {
    "open": "active",
    "in_progress": "active",
    "pending": "waiting",
    "on_hold": "waiting",
    "resolved": "resolved",
    "closed": "closed",
    "forgotten": "resolved",  # by the workflow's file
}
HOUR = timedelta(hours=1)
OFFICE = Calendar(
    "Europe/Berlin",
    {day: (("09:00", "12:00"), ("13:00", "17:00")) for day in ("mon", "tue", "wed", "thu", "fri")},
    name="office",
)


def gaps() -> SearchStrategy[timedelta]:
    """Times between commits: often none, often one that ends at a target, or at closing time."""
    closing = st.sampled_from([4 * HOUR, 7 * HOUR, 21 * HOUR, 24 * HOUR])  # after noon in UTC
    exact = st.integers(0, 12).map(lambda half_hours: half_hours * HOUR / 2)
    near = st.sampled_from([timedelta(), timedelta(microseconds=1), timedelta(seconds=1)])
    return near | exact | closing | st.timedeltas(timedelta(), timedelta(days=4))


def moves() -> SearchStrategy[TicketEvent]:
    return st.sampled_from([StatusChanged(name, each) for name, each in STATUSES.items()])


def said() -> SearchStrategy[TicketEvent]:
    return st.sampled_from([ReplyAdded("Hello", "agent"), ReplyAdded("Hello", "customer")])


def fields() -> SearchStrategy[TicketEvent]:
    return st.one_of(
        st.integers(1, 4).map(PriorityChanged),
        st.sampled_from([(), ("vip",)]).map(TagsReplaced),
        st.sampled_from([None, "billing"]).map(CategoryChanged),
        st.just(NoteAdded("n")),
    )


def commits() -> SearchStrategy[list[TicketEvent]]:
    caused = moves().map(lambda move: [ReplyAdded("?", "customer"), move])
    one = st.lists(st.one_of(said(), moves()), min_size=1, max_size=1)
    return st.one_of(caused, one, st.lists(st.one_of(fields(), moves()), min_size=1, max_size=3))


@st.composite
def stories(draw: DrawFn) -> list[Recorded]:
    """All events of a ticket, from its opening on, each update one commit."""
    opening = draw(st.sampled_from(sorted(STATUSES)))
    events: list[list[TicketEvent]] = [
        [replace(opened_in(opening, STATUSES[opening]), priority=draw(st.integers(1, 4)))],
        *draw(st.lists(commits(), max_size=8)),
    ]
    recorded: list[Recorded] = []
    at = NOON
    for commit in events:
        for index, event in enumerate(commit):
            version, place = len(recorded) + 1, (index, len(commit))
            by = Actor("key_1")
            recorded.append(
                Recorded("ticket_1", version, version * 10, at, by, None, event, "acme", place)
            )
        at += draw(gaps())
    return recorded


def targets() -> SearchStrategy[Targets]:
    some = st.none() | st.integers(1, 28).map(lambda half_hours: half_hours * HOUR / 2)
    return st.builds(Targets, some, some, some)


@st.composite
def policies(draw: DrawFn) -> Policy:
    """Make a policy; of the office's seven hours a day, some targets are whole days."""
    drawn = calendars().map(lambda plain: msgspec.convert(plain, Calendar))
    useful = drawn.filter(lambda calendar: any(calendar.weekly.values()))
    return Policy(
        name=draw(st.sampled_from(["standard", "gold"])),
        calendar=draw(st.just(ALWAYS) | st.just(OFFICE) | useful),
        targets=draw(st.dictionaries(st.sampled_from("1234"), targets())),
        response_statuses=tuple(draw(st.lists(st.sampled_from(sorted(STATUSES)), max_size=2))),
        match=draw(st.sampled_from([Match(), Match(tag="vip"), Match(priority=(1, 2))])),
    )


class Published:
    """Policies as they follow each other in a journal, and in time."""

    def __init__(self, story: list[Recorded], published: Mapping[int, Policies]) -> None:
        """Publish before the events with these numbers, 0 being the opening."""
        self._by_instant = [(story[number].at, each) for number, each in published.items()]
        self._by_position = {story[n].position - 5: each for n, each in published.items()}
        self.sla = self.upto(story[-1].position)

    def upto(self, position: int) -> Sla:
        """Give a fold that knows only what was published before a position."""
        (_, first), *following = self._by_position.items()
        sla = Sla(first)
        for published_at, policies in following:
            if published_at < position:
                sla.book.add(published_at, policies)
        return sla

    def at(self, instant: datetime) -> Policies:
        return [each for since, each in self._by_instant if since <= instant][-1]


@st.composite
def judged_stories(draw: DrawFn) -> tuple[list[Recorded], Published]:
    """A ticket, and the policies that were published while it lived."""
    story = draw(stories())
    later = [n for n, (a, b) in enumerate(pairwise(story), 1) if a.at < b.at]
    numbers = [0, *sorted(draw(st.sets(st.sampled_from(later), max_size=2)) if later else ())]
    published = {number: tuple(draw(st.lists(policies(), max_size=2))) for number in numbers}
    return story, Published(story, published)


def folded(story: list[Recorded], sla: Sla) -> StreamState:
    return StreamState("ticket_1", (sla.fold,), Head(), (None,)).after(story, Head())


@settings(max_examples=300)
@given(judged_stories(), gaps())
def test_the_fold_says_what_the_definition_says(
    judged: tuple[list[Recorded], Published], later: timedelta
) -> None:
    story, published = judged
    as_of = story[-1].at + later
    told = published.sla.metrics(folded(story, published.sla), as_of)
    assert told == measure(story, published.at, as_of)


@given(judged_stories(), gaps(), st.data())
def test_a_past_moment_is_answered_the_same_whatever_comes_later(
    judged: tuple[list[Recorded], Published], later: timedelta, data: st.DataObject
) -> None:
    """Later events, and later policies in the book that the fold looks up."""
    story, published = judged
    as_of = data.draw(st.sampled_from(story)).at + later
    told = [recorded for recorded in story if recorded.at <= as_of]
    then = published.upto(told[-1].position)
    before = encoded(then.metrics(folded(told, then), as_of))
    folded(story, published.sla)
    assert encoded(published.sla.metrics(folded(told, published.sla), as_of)) == before
    assert encoded(measure(story, published.at, as_of)) == before


def encoded(metrics: SlaMetrics | None) -> bytes:
    return msgspec.json.encode(metrics)


@given(judged_stories(), gaps())
def test_completed_cycles_and_breaches_stay_as_they_are(
    judged: tuple[list[Recorded], Published], later: timedelta
) -> None:
    story, published = judged
    instants = [*(recorded.at for recorded in story), story[-1].at + later]
    told = [each for at in instants if (each := measure(story, published.at, at))]
    for before, after in pairwise(told):
        assert after.cycles[: len(before.cycles)] == before.cycles
        assert {*before.breaches} <= {*after.breaches} | now_undone(before, after)
        assert before.reopen_count <= after.reopen_count


def now_undone(before: SlaMetrics, after: SlaMetrics) -> set[Breach]:
    """A second event of the same instant may take back what the first has made of it."""
    return {*before.breaches} if before.as_of == after.as_of else set()


@given(judged_stories(), gaps())
def test_every_breach_was_once_shown_by_its_clock(
    judged: tuple[list[Recorded], Published], later: timedelta
) -> None:
    story, published = judged
    instants = [*(recorded.at for recorded in story), story[-1].at + later]
    shown = {
        (clock.breached_at, clock.target_seconds)
        for told, around in enumerate(pairwise(instants), 1)
        for at in around
        for clock in clocks(measure(story[:told], published.at, at))
    }
    metrics = measure(story, published.at, instants[-1])
    for breach in metrics.breaches if metrics else ():
        assert (breach.breached_at, breach.target_seconds) in shown


@given(stories(), policies(), gaps())
def test_the_times_per_status_add_up_to_the_age(
    story: list[Recorded], policy: Policy, later: timedelta
) -> None:
    """Before rounding: every instant here is moved to a whole second."""
    whole = [replace(each, at=each.at.replace(microsecond=0)) for each in story]
    as_of = (whole[-1].at + later).replace(microsecond=0)
    metrics = measure(whole, replace(policy, match=Match()), as_of)
    assert metrics is not None
    times = metrics.time_in_status.values()
    age = as_of - whole[0].at
    assert sum(each.wall_seconds for each in times) == age.total_seconds()
    business = policy.calendar.between(whole[0].at, as_of).total_seconds()
    assert sum(each.business_seconds for each in times) == business


@given(judged_stories(), gaps())
def test_business_time_is_never_more_than_real_time(
    judged: tuple[list[Recorded], Published], later: timedelta
) -> None:
    story, published = judged
    metrics = measure(story, published.at, story[-1].at + later)
    for clock in clocks(metrics):
        assert clock.elapsed_seconds <= clock.wall_seconds
    for time in metrics.time_in_status.values() if metrics else ():
        assert time.business_seconds <= time.wall_seconds


def clocks(metrics: SlaMetrics | None) -> list[ClockMetrics]:
    if metrics is None:
        return []
    all_three = (metrics.first_response, metrics.next_response, metrics.resolution)
    return [clock for clock in all_three if clock is not None]


@given(judged_stories(), gaps())
def test_a_clock_is_late_exactly_when_more_than_its_target_has_passed(
    judged: tuple[list[Recorded], Published], later: timedelta
) -> None:
    story, published = judged
    for clock in clocks(measure(story, published.at, story[-1].at + later)):
        late = clock.breached_at is not None
        assert late == (clock.state in ("breached", "missed")) or clock.state == "paused"
        if clock.target_seconds is None:
            assert not late
        elif late:
            assert clock.elapsed_seconds >= clock.target_seconds
        else:
            assert clock.elapsed_seconds <= clock.target_seconds
        assert (clock.ended_at is None) == (clock.state in ("running", "paused", "breached"))
        assert clock.due_at is None or clock.state in ("running", "breached")


@given(stories(), policies(), gaps(), st.data())
def test_a_note_changes_no_clock_under_one_policy(
    story: list[Recorded], policy: Policy, later: timedelta, data: st.DataObject
) -> None:
    as_of = story[-1].at + later
    after = data.draw(st.integers(1, len(story)))
    at = data.draw(st.sampled_from([story[after - 1].at, as_of]))
    noted = replace(story[after - 1], event=NoteAdded("n"), at=at, commit=(0, 1), version=99)
    with_note = sorted([*story[:after], noted, *story[after:]], key=lambda each: each.at)
    assume(at == story[after - 1].at or after == len(story))
    assert encoded(measure(with_note, policy, as_of)) == encoded(measure(story, policy, as_of))


@given(stories(), policies(), gaps(), st.data())
def test_pausing_and_resuming_in_one_instant_changes_nothing_on_the_resolution_clock(
    story: list[Recorded], policy: Policy, later: timedelta, data: st.DataObject
) -> None:
    active = [n for n in range(len(story)) if status_after(story[: n + 1])[1] == "active"]
    assume(active)
    place = data.draw(st.sampled_from(active))
    there, (status, _) = story[place], status_after(story[: place + 1])
    pause = replace(there, event=StatusChanged("on_hold", "waiting"), commit=(0, 1), version=98)
    resume = replace(there, event=StatusChanged(status, "active"), commit=(0, 1), version=99)
    paused = [*story[: place + 1], pause, resume, *story[place + 1 :]]
    as_of = story[-1].at + later
    policy = replace(policy, match=Match())
    plain, other = measure(story, policy, as_of), measure(paused, policy, as_of)
    assert plain is not None
    assert other is not None
    assert (other.resolution, other.cycles) == (plain.resolution, plain.cycles)


def status_after(story: list[Recorded]) -> tuple[str, StatusCategory]:
    entered = [e.event for e in story if isinstance(e.event, StatusChanged | TicketOpened)]
    return entered[-1].status, entered[-1].status_category


@given(judged_stories())
def test_the_summary_says_what_the_metrics_say_at_the_newest_event(
    judged: tuple[list[Recorded], Published],
) -> None:
    story, published = judged
    stream, metrics = folded(story, published.sla), measure(story, published.at, story[-1].at)
    assert msgspec.to_builtins(published.sla.summary(stream)) == short(metrics)


def short(metrics: SlaMetrics | None) -> object:
    """Leave of the whole what stands in a ticket."""
    if metrics is None:
        return None
    whole: dict[str, Any] = msgspec.to_builtins(metrics)
    names = ("due_at", "ended_at", "breached_at")
    return {"policy": whole["policy"]} | {
        clock: whole[clock] and {name: whole[clock][name] for name in names} for clock in CLOCKS
    }


@given(judged_stories())
def test_a_snapshot_of_the_clocks_is_exact(judged: tuple[list[Recorded], Published]) -> None:
    story, published = judged
    state = folded(story, published.sla).of(published.sla.fold)
    assert msgspec.json.decode(msgspec.json.encode(state), type=SlaState) == state
