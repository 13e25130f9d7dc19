"""Business time counted slowly and plainly, and calendars and moments to check the quick one by."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NotRequired, TypedDict
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

Intervals = list[list[str]]
Span = tuple[datetime, datetime]


class Plain(TypedDict):
    """A calendar as it is written down, for `msgspec.convert`."""

    timezone: str
    weekly: dict[str, Intervals]
    holidays: NotRequired[list[str]]
    overrides: NotRequired[dict[str, Intervals]]
    breaks: NotRequired[dict[str, Intervals]]
    name: NotRequired[str]


WEEKDAYS: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
RESOLUTION = timedelta(microseconds=1)


@lru_cache(None)
def instant(zone: str, day: date, hh_mm: str) -> datetime:
    """Read a local time as RFC 5545 (3.3.5) does, which is what `fold=0` means in zoneinfo."""
    hours, minutes = hh_mm.split(":")
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    return (midnight + timedelta(hours=int(hours), minutes=int(minutes))).astimezone(UTC)


def spans(zone: str, day: date, intervals: Intervals) -> Iterator[Span]:
    for opens, closes in intervals:
        last = day + DAY if closes <= opens else day
        yield instant(zone, day, opens), instant(zone, last, closes)


def hours(calendar: Plain, day: date) -> Iterator[Span]:
    intervals = calendar["weekly"].get(WEEKDAYS[day.weekday()], [])
    if str(day) in calendar.get("holidays", []):
        intervals = []
    intervals = calendar.get("overrides", {}).get(str(day), intervals)
    return spans(calendar["timezone"], day, intervals)


def breaks(calendar: Plain, day: date) -> Iterator[Span]:
    return spans(calendar["timezone"], day, calendar.get("breaks", {}).get(str(day), []))


def days(start: datetime, end: datetime) -> list[date]:
    """Every local date whose hours can reach into the time from start to end.

    A local date is at most one off the date in UTC; hours last at most a day, plus a skipped one.
    """
    first, last = start.date() - 3 * DAY, end.date() + DAY
    return [first + n * DAY for n in range((last - first).days + 1)]


def is_open(calendar: Plain, moment: datetime) -> bool:
    near = days(moment, moment)
    return any(
        opens <= moment < closes for day in near for opens, closes in hours(calendar, day)
    ) and not any(begins <= moment < ends for day in near for begins, ends in breaks(calendar, day))


def open_pieces(calendar: Plain, start: datetime, end: datetime) -> Iterator[Span]:
    """Cut the time wherever something begins or ends, and keep the pieces that are open."""
    cuts = {start, end}
    for day in days(start, end):
        for span in (*hours(calendar, day), *breaks(calendar, day)):
            cuts |= {cut for cut in span if start < cut < end}
    for begins, ends in pairwise(sorted(cuts)):
        if is_open(calendar, begins):
            yield begins, ends


def slow_between(calendar: Plain, start: datetime, end: datetime) -> timedelta:
    if end <= start:
        return timedelta(0)
    return sum((b - a for a, b in open_pieces(calendar, start, end)), timedelta(0))


def slow_add(calendar: Plain, start: datetime, duration: timedelta) -> datetime | None:
    """Walk from piece to piece through ten years, give or take a week."""
    if not duration:
        return start
    for week in range(522):
        since = start + week * 7 * DAY
        for begins, ends in open_pieces(calendar, since, since + 7 * DAY):
            if ends - begins >= duration:
                return begins + duration
            duration -= ends - begins
    return None


# In each zone, local dates on or beside which something unusual happens. None are ten years apart:
# `add` and `slow_add` differ a little in where they stop.
UNUSUAL_DAYS = {
    "UTC": ("2027-01-01", "2028-02-29"),
    "Europe/Berlin": ("2026-03-29", "2026-10-25", "2040-03-25"),
    "America/New_York": ("2026-03-08", "2026-11-01", "2027-01-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "America/Sao_Paulo": ("2018-02-18", "2018-11-04"),
    "Pacific/Apia": ("2011-12-30", "2012-04-01"),
    "Pacific/Kiritimati": ("1994-12-31",),
    "Asia/Kathmandu": ("1986-01-01",),
    "Africa/Cairo": ("2024-04-26", "2024-11-01"),
}
TIMES = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 15, 30, 45)]
QUARTER = timedelta(minutes=15)


@st.composite
def calendars(draw: st.DrawFn) -> Plain:
    zone = draw(st.sampled_from(sorted(UNUSUAL_DAYS)))
    every_day = st.fixed_dictionaries({day: intervals(1) for day in WEEKDAYS})
    some_days = st.dictionaries(st.sampled_from(WEEKDAYS), intervals())
    exceptions = st.dictionaries(dates(zone), intervals(), max_size=3)
    return {
        "timezone": zone,
        "weekly": draw(every_day | some_days),
        "holidays": draw(st.lists(dates(zone), max_size=2)),
        "overrides": draw(exceptions),
        "breaks": draw(exceptions),
        "name": draw(st.text(max_size=5)),
    }


@st.composite
def intervals(draw: st.DrawFn, least: int = 0) -> Intervals:
    """Hours of one day, of 14 minutes at least; most of them meet a change of clocks."""
    early = st.sampled_from(TIMES[:14])
    opening = early | st.sampled_from(TIMES)
    closing = opening | st.sampled_from(["00:00", "23:59", "24:00"])
    usual = st.sampled_from([["09:00", "17:00"], ["22:00", "06:00"], ["00:00", "24:00"]])
    either = st.tuples(early, early) | st.tuples(opening, closing)
    return [draw(usual | either.map(list[str])) for _ in range(draw(st.integers(least, 3)))]


@st.composite
def dates(draw: st.DrawFn, zone: str) -> str:
    day = date.fromisoformat(draw(st.sampled_from(UNUSUAL_DAYS[zone])))
    return str(day + draw(st.integers(-1, 1)) * DAY)


@st.composite
def moments(draw: st.DrawFn, calendar: Plain) -> datetime:
    """Instants in UTC: mostly beside the unusual days, and often on a quarter of an hour."""
    day = date.fromisoformat(draw(dates(calendar["timezone"])))
    near = st.integers(-96, 96).map(QUARTER.__mul__) | st.timedeltas(-DAY, DAY)
    far = st.timedeltas(-9999 * DAY, 9999 * DAY) if draw(st.integers(0, 9)) == 9 else near
    return instant(calendar["timezone"], day, "00:00") + draw(near | far)


@st.composite
def moments_in_order(draw: st.DrawFn, calendar: Plain, count: int) -> list[datetime]:
    """Moments within a few weeks, earliest first."""
    steps = st.integers(1, 400).map(QUARTER.__mul__) | st.timedeltas(RESOLUTION, 10 * DAY)
    at = draw(moments(calendar))
    return [at, *(at := at + draw(steps) for _ in range(count - 1))]


def durations() -> st.SearchStrategy[timedelta]:
    """At most 100 hours: 14 minutes a week, the least of `intervals`, are more in ten years."""
    return st.integers(1, 400).map(QUARTER.__mul__) | st.timedeltas(RESOLUTION, 400 * QUARTER)
