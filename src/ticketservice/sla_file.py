"""The SLA policies of a settings file: checked name by name, and holidays resolved to dates."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeVar
from warnings import catch_warnings, simplefilter

import msgspec
from msgspec import Struct

from ticketdomain.workflow import Workflow
from ticketprojections.business_time import Calendar, Hours
from ticketprojections.sla.match import PRIORITIES, Match
from ticketprojections.sla.policy import Policy, Targets, default_policies, response_statuses

Read = TypeVar("Read")

YEARS_BACK, YEARS_AHEAD = 10, 11  # which holidays are resolved; due times are at most ten ahead
CALENDAR = tuple(name for name in Calendar.__struct_fields__ if name != "name")
HOURS = '[["09:00", "17:00"]]'
EXAMPLES = {"duration": "PT4H", "date": "2026-12-24"}
_path = re.compile(r"(.*) - at `\$(.*)`").fullmatch


class SlaFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Policies, and the calendars in whose business time they measure."""

    # Tables as TOML has them: `read_policies` reads them, and names what is wrong by its place.
    policies: list[Any]
    """The policies; a ticket has the first that matches it."""
    calendars: dict[str, Any] = {}
    """The calendars that policies name."""


class HolidaysOf(Struct, frozen=True):
    """The public holidays of a country, or of a part of it."""

    country: str
    """Its ISO 3166-1 code."""
    subdivision: str | None = None
    """The code of the part, in ISO 3166-2 what follows the country's."""


def read_policies(
    file: SlaFile | None, workflow: Workflow, today: date | None = None
) -> tuple[Policy, ...]:
    """Make the policies that a file describes, or those that hold without one.

    Holidays are resolved for the years around `today`, and for none where it is left out.

    Raises:
        ValueError: naming the setting that cannot be used, and what is allowed.
    """
    if file is None:
        return default_policies(workflow)
    years = range(today.year - YEARS_BACK, today.year + YEARS_AHEAD + 1) if today else range(0)
    calendars = {
        name: _calendar(name, table, years, f"sla.calendars.{name}")
        for name, table in file.calendars.items()
    }
    policies: list[Policy] = []
    for index, table in enumerate(file.policies):
        policy = _policy(table, calendars, workflow, f"sla.policies[{index}]")
        if policy.name in {other.name for other in policies}:
            msg = f"sla.policies[{index}].name: {policy.name!r} is the name of another policy"
            raise ValueError(msg)
        policies.append(policy)
    return tuple(policies)


def _calendar(name: str, written: object, years: Iterable[int], at: str) -> Calendar:
    table = _table(written, CALENDAR, at)
    for field in ("weekly", "overrides", "breaks"):
        for day, hours in _read(table.get(field, {}), dict[str, Any], f"{at}.{field}").items():
            _read(day, str if field == "weekly" else date, f"{at}.{field}.{day}")
            _read(hours, Hours, f"{at}.{field}.{day}", HOURS)
    if isinstance(table.get("holidays"), dict):
        table["holidays"] = _dates(table["holidays"], years, f"{at}.holidays")
    return _read({**table, "name": name}, Calendar, at)


def _dates(written: object, years: Iterable[int], at: str) -> tuple[date, ...]:
    import holidays  # which is slow, and only needed where a country is named

    of = _read(_table(written, HolidaysOf.__struct_fields__, at), HolidaysOf, at)
    supported = holidays.list_supported_countries()
    if of.country not in supported:
        msg = f"{at}.country: {of.country!r} is no known country, such as DE"
        raise ValueError(msg)
    if of.subdivision is not None and of.subdivision not in supported[of.country]:
        allowed = _listed(supported[of.country])
        msg = f"{at}.subdivision: {of.subdivision!r} is none of {of.country}'s: {allowed}"
        raise ValueError(msg)
    with catch_warnings():
        simplefilter("ignore")  # where the library does not know all of the years
        found = holidays.country_holidays(of.country, subdiv=of.subdivision, years=years)
    return tuple(sorted(found))


def _policy(
    written: object, calendars: Mapping[str, Calendar], workflow: Workflow, at: str
) -> Policy:
    table: dict[str, Any] = {"response_statuses": response_statuses(workflow)}
    table |= _table(written, Policy.__struct_fields__, at)
    if "calendar" in table:
        table["calendar"] = _named(table["calendar"], calendars, f"{at}.calendar")
    match = _table(table.get("match", {}), Match.__struct_fields__, f"{at}.match")
    table["match"] = _read(match, Match, f"{at}.match")
    for name, values in table["match"].named().items():
        if not all(values) or not values:
            msg = f"{at}.match.{name} names nothing, or an empty text, which no ticket has"
            raise ValueError(msg)
    if "targets" in table:
        table["targets"] = _targets(table["targets"], f"{at}.targets")
    policy = _read(table, Policy, at)
    _check_policy(policy, workflow, at)
    return policy


def _named(name: object, calendars: Mapping[str, Calendar], at: str) -> Calendar:
    if isinstance(name, str) and name in calendars:
        return calendars[name]
    msg = f"{at}: {name!r} is none of {_listed(calendars)}"
    raise ValueError(msg)


def _targets(written: object, at: str) -> dict[str, Targets]:
    found: dict[str, Targets] = {}
    for priority, each in _table(written, PRIORITIES, at).items():
        table = _table(each, Targets.__struct_fields__, f"{at}.{priority}")
        found[priority] = _read(table, Targets, f"{at}.{priority}")
    return found


def _check_policy(policy: Policy, workflow: Workflow, at: str) -> None:
    if not policy.name.strip() or len(policy.name) > 100 or not policy.name.isprintable():
        msg = f"{at}.name: must be 1 to 100 printable characters, not blank"
        raise ValueError(msg)
    for status in policy.response_statuses:
        if status not in workflow.statuses:
            msg = f"{at}.response_statuses: {status!r} is none of {_listed(workflow.statuses)}"
            raise ValueError(msg)


def _table(written: object, allowed: Iterable[str], at: str) -> dict[str, Any]:
    """Give a table in which every name is allowed."""
    table = _read(written, dict[str, Any], at)
    for name in table:
        if name not in allowed:
            msg = f"{at}.{name} is unknown, allowed are {_listed(allowed)}"
            raise ValueError(msg)
    return table


def _read(written: object, of: type[Read], at: str, example: str = "") -> Read:
    try:
        return msgspec.convert(written, of)
    except msgspec.ValidationError as error:
        found = _path(str(error))
        what, where = (found[1], found[2]) if found else (str(error), "")
        fitting = [example, *(each for word, each in EXAMPLES.items() if word in what)]
        such_as = next((f", such as {each}" for each in fitting if each), "")
        msg = f"{at}{where}: {what}{such_as}"
        raise ValueError(msg) from error


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
