"""Business time: how much of a span lies within a calendar's hours, exactly, whatever clocks do.

Local times are read as RFC 5545, section 3.3.5, reads them: one that does not exist is moved on by
the gap, one that happens twice is the first of both.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from typing import TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct

from ticketprojections.business_year import BusinessYear, Span, union, within, without

Hours: TypeAlias = tuple[tuple[str, str], ...]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FARTHEST = timedelta(days=3653)  # ten years

_time = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00").fullmatch
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


class Calendar(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """When a desk works, in local time.

    Hours are pairs of `HH:MM`, open and close; `24:00` is the end of the day, a close at or before
    its open runs past midnight and belongs to the day on which it opens.

    Raises:
        ValueError: a time zone, a day or a time of day is none.
    """

    timezone: str
    """The IANA name of the zone whose local time it is in."""
    weekly: dict[str, Hours]
    """The hours of `mon` to `sun`; a day left out has none."""
    holidays: tuple[date, ...] = ()
    """Dates without hours."""
    overrides: dict[date, Hours] = {}
    """Other hours on a date, holiday or not."""
    breaks: dict[date, Hours] = {}
    """Hours that are cut out of whatever hours a date has."""
    name: str = ""

    def __post_init__(self) -> None:
        _check_zone(self.timezone)
        for name, hours in self.weekly.items():
            if name not in DAYS:
                msg = f"weekly names {name!r}, which is none of {', '.join(DAYS)}"
                raise ValueError(msg)
            _check_hours(name, hours)
        for day, hours in [*self.overrides.items(), *self.breaks.items()]:
            _check_hours(day.isoformat(), hours)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Give the business time from one instant to another, zero if the end is not after it.

        Raises:
            ValueError: an instant is without its offset.
        """
        start, end = _in_utc(start), _in_utc(end)
        if end <= start:
            return timedelta()
        worked = self._year(end.year).worked(end) - self._year(start.year).worked(start)
        for number in range(start.year, end.year):
            worked += self._year(number).total
        return worked

    def add(self, start: datetime, duration: timedelta) -> datetime | None:
        """Give the first instant by which so much business time has passed since `start`.

        That is `start` itself after no time, a closing instant rather than the next opening, and
        `None` if it is not within ten years.

        Raises:
            ValueError: the duration is negative, or the instant without its offset.
        """
        begin = _in_utc(start)
        if duration <= timedelta():
            return _unless_negative(start, duration)
        if duration > FARTHEST:  # business time is never more than real time
            return None
        left = self._year(begin.year).worked(begin) + duration
        for number in range(begin.year, min(begin.year + 11, _LAST.year + 1)):
            year = self._year(number)
            if left <= year.total:
                found = year.when(left)
                return found if found - begin <= FARTHEST else None
            left -= year.total
        return None

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Give what lies within business hours from one instant to another, in UTC, in order.

        A span over the new year in UTC comes as two that touch.
        """
        start, end = _in_utc(start), _in_utc(end)
        if end <= start:
            return
        for number in range(start.year, end.year + 1):
            yield from within(self._year(number).spans, start, end)

    @cached_property
    def _years(self) -> dict[int, BusinessYear]:
        return {}

    def _year(self, number: int) -> BusinessYear:
        if (known := self._years.get(number)) is None:
            known = self._years[number] = BusinessYear(self._spans_of(number))
        return known

    def _spans_of(self, number: int) -> Iterator[Span]:
        """Give the business hours of a year in UTC, with what reaches into it from beside it."""
        begin = datetime(number, 1, 1, tzinfo=UTC)
        end = _LAST if number == _LAST.year else datetime(number + 1, 1, 1, tzinfo=UTC)
        around = range(begin.toordinal() - 2, end.toordinal() + 2)
        days = [date.fromordinal(n) for n in around if 1 <= n <= date.max.toordinal()]
        worked = union(span for day in days for span in self._resolved(day, self._hours(day)))
        breaks = (span for day in days for span in self._resolved(day, self.breaks.get(day, ())))
        return within(without(worked, union(breaks)), begin, end)

    def _hours(self, day: date) -> Hours:
        if (hours := self.overrides.get(day)) is not None:
            return hours
        return () if day in self._holidays else self.weekly.get(DAYS[day.weekday()], ())

    @cached_property
    def _holidays(self) -> frozenset[date]:
        return frozenset(self.holidays)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def _resolved(self, day: date, hours: Hours) -> Iterator[Span]:
        for opening, closing in hours:
            start = self._instant(day, opening)
            end = self._instant(day if opening < closing else _next(day), closing)
            if start < end:  # not so where a gap moves the opening past the closing
                yield start, end

    def _instant(self, day: date, text: str) -> datetime:
        if text == "24:00":
            day, text = _next(day), "00:00"
        local = datetime.combine(day, time.fromisoformat(text), self._zone)
        return _in_utc(local)


def _check_zone(name: str) -> None:
    if name not in _zones():  # which leaves out the machine's own, such as localtime
        msg = f"timezone {name!r} is no IANA time zone, such as Europe/Berlin"
        raise ValueError(msg)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"Factory", "localtime"})


def _check_hours(day: str, hours: Hours) -> None:
    for opening, closing in hours:
        for text in (opening, closing):
            if not _time(text):
                msg = f"{day}: {text!r} is no time of day: HH:MM from 00:00 to 24:00"
                raise ValueError(msg)
        if opening == "24:00":
            msg = f"{day}: 24:00 is the end of a day, nothing opens then"
            raise ValueError(msg)


def _in_utc(at: datetime) -> datetime:
    """Give an instant in UTC; beyond the first or last one, that one."""
    if at.tzinfo is UTC:
        return at
    if at.utcoffset() is None:
        msg = f"{at} is without its offset from UTC"
        raise ValueError(msg)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return _FIRST if at.year == _FIRST.year else _LAST


def _unless_negative(start: datetime, duration: timedelta) -> datetime:
    if duration:
        msg = f"{duration} is negative"
        raise ValueError(msg)
    return start


def _next(day: date) -> date:
    return min(day, date.max - timedelta(days=1)) + timedelta(days=1)
