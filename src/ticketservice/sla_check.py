"""What `ticketdomain sla check` tells of a file's policies: hours, targets, and due times."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ticketprojections.business_time import Calendar
from ticketprojections.business_year import union
from ticketprojections.sla.match import PRIORITIES, Match
from ticketprojections.sla.metrics import CLOCKS
from ticketprojections.sla.policy import Policy, Terms

DAY = timedelta(days=1)
WIDTH = 32


def describe(policies: Sequence[Policy], now: datetime) -> Iterator[str]:
    """Tell line by line what the policies mean for the week from `now` on."""
    for calendar in {policy.calendar.name: policy.calendar for policy in policies}.values():
        yield f"calendar {calendar.name}, in the time of {calendar.timezone}"
        yield from _week(calendar, now)
        yield ""
    for policy in policies:
        yield f"policy {policy.name}, in calendar {policy.calendar.name}, for {_whom(policy.match)}"
        yield f"  first response: {', '.join(['a reply', *policy.response_statuses])}"
        yield f"  due times of what starts now, {_local(policy.calendar, now)}:"
        yield f"  priority  {'  '.join(name.ljust(WIDTH) for name in CLOCKS)}".rstrip()
        for priority in PRIORITIES:
            yield f"  {priority:10}{_dues(policy.terms[int(priority)], now)}".rstrip()
        yield ""


def _week(calendar: Calendar, now: datetime) -> Iterator[str]:
    zone = ZoneInfo(calendar.timezone)
    today = now.astimezone(zone).date()
    for day in (today + number * DAY for number in range(7)):
        midnight = datetime.combine(day, time(), zone)
        spans = union(calendar.spans(midnight, datetime.combine(day + DAY, time(), zone)))
        hours = [f"{start.astimezone(zone):%H:%M}-{_close(end, zone)}" for start, end in spans]
        yield f"  {day:%a %Y-%m-%d}  {', '.join(hours) or 'closed'}"


def _close(end: datetime, zone: ZoneInfo) -> str:
    local = end.astimezone(zone)
    return "24:00" if local.time() == time() else f"{local:%H:%M}"


def _dues(terms: Terms, now: datetime) -> str:
    return "".join(_due(terms, terms.target(clock), now).ljust(WIDTH) + "  " for clock in CLOCKS)


def _due(terms: Terms, target: timedelta | None, now: datetime) -> str:
    if target is None:
        return "-"
    due = terms.calendar.add(now, target)
    return f"{_local(terms.calendar, due) if due else 'never'} ({_duration(target)})"


def _local(calendar: Calendar, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(calendar.timezone)):%a %Y-%m-%d %H:%M}"


def _duration(target: timedelta) -> str:
    hours, rest = divmod(int(target.total_seconds()), 3600)
    minutes, seconds = divmod(rest, 60)
    parts = (f"{hours} h", f"{minutes} min", f"{seconds} s")
    return " ".join(part for part in parts if not part.startswith("0 "))


def _whom(match: Match) -> str:
    asked = [f"{name} {' or '.join(each)}" for name, each in match.named().items()]
    return " and ".join(asked) or "every ticket"
