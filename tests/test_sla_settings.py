"""The table `[sla]` of a settings file: what it promises, why it is refused, how it is shown."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from journals import stream
from running import running
from server import Ran, command, make_key, running_server

from ticketdomain.events import SlaPolicyPublished
from ticketprojections.business_time import Calendar
from ticketprojections.sla import Policies, Targets
from ticketprojections.sla.match import Match
from ticketprojections.sla.policy import default_policies, publication, understand
from ticketservice.settings import Settings, SettingsError, read_settings
from ticketservice.sla_check import describe
from ticketservice.sla_file import read_policies

FULL = """
[sla.calendars.office]
timezone = "Europe/Berlin"
holidays = ["2026-12-24", 2026-12-25]

[sla.calendars.office.weekly]
mon = [["09:00", "12:30"], ["13:30", "18:00"]]
fri = [["22:00", "06:00"]]
sun = [["00:00", "24:00"]]

[sla.calendars.office.overrides]
2026-12-31 = [["09:00", "12:00"]]

[sla.calendars.office.breaks]
2026-11-30 = [["10:00", "11:00"]]

[sla.calendars.berlin]
timezone = "Europe/Berlin"
weekly = { tue = [["09:00", "17:00"]] }
holidays = { country = "DE", subdivision = "BE" }

[[sla.policies]]
name = "vip"
calendar = "berlin"
match = { tag = ["vip", "gold"], priority = [1, 2], account = "acme", category = "billing" }
response_statuses = ["in_progress", "pending"]

[sla.policies.targets.1]
first_response = "PT15M"
next_response = "PT30M"
resolution = "P1DT2H3M4S"

[[sla.policies]]
name = "standard"
calendar = "office"
targets = { 3 = { resolution = "PT8H" } }
"""
PLAIN = """
[sla.calendars.office]
timezone = "Europe/Berlin"
weekly = { mon = [["09:00", "17:00"]] }

[[sla.policies]]
name = "standard"
calendar = "office"
targets = { 1 = { first_response = "PT1H" } }
"""
HOURS = '[["09:00", "17:00"]]'
TODAY = date(2026, 11, 23)
TARGETS = '{ 1 = { first_response = "PT1H" } }'
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings_of(text: str) -> Settings:
    Path("ticketdomain.toml").write_text(text, "utf-8")
    return read_settings({})


def policies_of(text: str, today: date = TODAY) -> Policies:
    settings = settings_of(text)
    return read_policies(settings.sla, settings.workflow, today)


def refusal(text: str) -> str:
    with pytest.raises(SettingsError) as refused:
        settings_of(text)
    message = str(refused.value)
    assert message.startswith("ticketdomain.toml: ")
    assert len(message.splitlines()) == 1
    return message


def holidays_of(named: str, today: date = TODAY) -> tuple[date, ...]:
    text = PLAIN.replace("[[sla.policies]]", f"holidays = {named}\n[[sla.policies]]", 1)
    return policies_of(text, today)[0].calendar.holidays


# What a file promises


def test_a_whole_file_is_read_as_it_is_written() -> None:
    vip, standard = policies_of(FULL)
    assert (vip.name, vip.calendar.name, vip.response_statuses) == (
        "vip",
        "berlin",
        ("in_progress", "pending"),
    )
    assert (vip.match.tag, vip.match.priority) == (("vip", "gold"), (1, 2))
    assert (vip.match.account, vip.match.category) == ("acme", "billing")
    whole = timedelta(days=1, hours=2, minutes=3, seconds=4)
    assert vip.targets == {"1": Targets(timedelta(minutes=15), timedelta(minutes=30), whole)}
    assert standard.targets == {"3": Targets(resolution=timedelta(hours=8))}
    assert (standard.name, standard.match) == ("standard", Match())


def test_a_calendar_is_read_as_it_is_written() -> None:
    assert policies_of(FULL)[1].calendar == Calendar(
        timezone="Europe/Berlin",
        weekly={
            "mon": (("09:00", "12:30"), ("13:30", "18:00")),
            "fri": (("22:00", "06:00"),),
            "sun": (("00:00", "24:00"),),
        },
        holidays=(date(2026, 12, 24), date(2026, 12, 25)),
        overrides={date(2026, 12, 31): (("09:00", "12:00"),)},
        breaks={date(2026, 11, 30): (("10:00", "11:00"),)},
        name="office",
    )


def test_policies_are_published_as_they_are_read() -> None:
    policies = policies_of(FULL)
    assert understand(SlaPolicyPublished(publication(policies).policies)) == tuple(policies)


def test_without_the_table_the_default_policy_is_promised() -> None:
    assert settings_of("port = 8001").sla is None
    (policy,) = policies = policies_of("port = 8001")
    assert policies == default_policies()
    assert (policy.name, policy.match, policy.response_statuses[0]) == (
        "standard",
        Match(),
        "in_progress",
    )
    hours = {int(each): _hours(targets) for each, targets in policy.targets.items()}
    assert hours == {1: (1, 1, 4), 2: (4, 4, 24), 3: (8, 8, 72), 4: (24, 24, 120)}


def _hours(targets: Targets) -> tuple[float, ...]:
    clocks = (targets.first_response, targets.next_response, targets.resolution)
    return tuple(each.total_seconds() / 3600 for each in clocks if each is not None)


def test_a_desk_can_promise_nothing(tmp_path: Path) -> None:
    settings = settings_of("[sla]\npolicies = []")
    with running(tmp_path, sla=settings.sla) as desk:
        agent = desk.client()
        address = agent.open()
        assert agent.get(address).json["sla"] is None
        assert agent.put(address, {"priority": 1}).json["sla"] is None
        assert agent.get(f"{address}/sla").body == b"null"


@pytest.mark.parametrize(
    ("workflow", "expected"),
    [
        ("", ("in_progress", "pending", "on_hold", "resolved", "closed")),
        (
            '[workflow.statuses]\nnew = "active"\nparts = "waiting"\ndone = "closed"',
            ("parts", "done"),
        ),
        ('[workflow.statuses]\nnew = "active"', ()),
    ],
)
@pytest.mark.parametrize("policies", ["", PLAIN])
def test_every_status_but_the_first_is_a_response_unless_others_are_named(
    workflow: str, expected: tuple[str, ...], policies: str
) -> None:
    (policy,) = policies_of(f"{workflow}\n{policies}")
    assert policy.response_statuses == expected


def test_a_policy_can_take_no_status_for_a_response() -> None:
    (policy,) = policies_of(PLAIN.replace("name =", "response_statuses = []\nname ="))
    assert policy.response_statuses == ()


def test_a_tickets_status_may_be_named_that_is_the_desks_own() -> None:
    workflow = '[workflow.statuses]\nnew = "active"\nparts = "waiting"'
    named = PLAIN.replace("name =", 'response_statuses = ["parts", "new"]\nname =')
    assert policies_of(f"{workflow}\n{named}")[0].response_statuses == ("parts", "new")


def test_what_is_not_promised_has_no_target() -> None:
    (policy,) = policies_of(PLAIN)
    assert policy.terms[1].target("resolution") is None
    assert policy.terms[2].target("first_response") is None


def test_holidays_of_a_country_are_dates_of_the_years_around() -> None:
    christmas = {date(year, 12, day) for year in range(2016, 2037) for day in (25, 26)}
    found = holidays_of('{ country = "DE" }')
    assert christmas <= set(found)
    assert list(found) == sorted(found)
    assert min(found).year <= 2016
    assert max(found).year >= 2036
    assert date(2026, 12, 24) not in found


def test_holidays_of_a_part_of_a_country_are_its_own() -> None:
    womens_day = date(2026, 3, 8)
    assert womens_day in holidays_of('{ country = "DE", subdivision = "BE" }')
    assert womens_day not in holidays_of('{ country = "DE" }')
    assert womens_day not in holidays_of('{ country = "DE", subdivision = "BY" }')


def test_holidays_are_resolved_for_the_years_around_the_day_of_the_start() -> None:
    found = holidays_of('{ country = "DE" }', date(2040, 1, 1))
    assert {date(2030, 12, 25), date(2050, 12, 25)} <= set(found)
    assert date(2016, 12, 25) not in found


def test_holidays_are_published_as_dates(tmp_path: Path) -> None:
    settings = settings_of(PLAIN.replace("[[s", 'holidays = { country = "DE" }\n[[s'))
    with running(tmp_path, sla=settings.sla) as desk:
        (row,) = stream(desk.service.journal, "policy")
        assert isinstance(row.event, SlaPolicyPublished)
        calendar = json.loads(json.dumps(row.event.policies))[0]["calendar"]
        assert {"2026-12-25", "2026-12-26"} <= set(calendar["holidays"])
        assert "country" not in json.dumps(row.event.policies)


@pytest.mark.parametrize("country", ["IN", "US", "SA", "CN", "TR", "IL"])
def test_holidays_of_a_country_are_found_without_a_warning(country: str) -> None:
    assert len(holidays_of(f'{{ country = "{country}" }}')) > 50


def test_a_holiday_has_no_hours() -> None:
    (policy,) = policies_of(
        PLAIN.replace("mon =", "fri =").replace("[[s", 'holidays = { country = "DE" }\n[[s')
    )
    thursday, friday = (datetime(2026, 12, day, 12, tzinfo=UTC) for day in (24, 25))
    assert policy.calendar.between(thursday, friday + timedelta(days=1)) == timedelta()
    assert policy.calendar.between(thursday, friday + timedelta(days=8)) == timedelta(hours=0)
    assert policy.calendar.between(thursday, friday + timedelta(days=15)) == timedelta(hours=8)


# What a file cannot promise


@pytest.mark.parametrize(
    ("text", "setting", "allowed"),
    [
        ("sla = 1", "sla", "object"),
        ("[sla]", "sla", "policies"),
        ("[sla]\npolicies = 1", "sla.policies", "array"),
        ("[sla]\npolicies = {}", "sla.policies", "array"),
        ("[sla]\npolicies = [1]", "sla.policies[0]", "object"),
        ("[sla]\npolicies = []\ncalendars = []", "sla.calendars", "object"),
        ("[sla]\npolicies = []\npolicy = 1", "policy", "unknown"),
        ("[sla]\npolicies = []\n[sla.calendars.x]", "sla.calendars.x", "timezone"),
        ('[[sla.policies]]\nname = "x"\ncalendar = "y"\ntargets = {}', "calendar", "'y'"),
    ],
)
def test_a_table_that_is_none_is_refused(text: str, setting: str, allowed: str) -> None:
    message = refusal(text)
    assert setting in message
    assert allowed in message


WRONG_CALENDARS = [
    ('"Europe/Berlin"', '"Europe/Berln"', "timezone", "IANA time zone"),
    ('"Europe/Berlin"', '""', "timezone", "Europe/Berlin"),
    ('"Europe/Berlin"', '"Europe"', "timezone", "Europe/Berlin"),
    ('"Europe/Berlin"', '"../zone"', "timezone", "Europe/Berlin"),
    ('"Europe/Berlin"', "1", "timezone", "str"),
    ('timezone = "Europe/Berlin"', "", "timezone", "required"),
    ("timezone", "time_zone", "time_zone", "timezone, weekly, holidays, overrides, breaks"),
    ("timezone", 'name = "x"\ntimezone', "name", "timezone, weekly, holidays"),
    ("mon =", "monday =", "'monday'", "mon, tue, wed, thu, fri, sat, sun"),
    ("mon =", "Mon =", "'Mon'", "mon, tue, wed, thu, fri, sat, sun"),
    ("09:00", "9:00", "'9:00'", "HH:MM from 00:00 to 24:00"),
    ("09:00", "25:00", "'25:00'", "HH:MM from 00:00 to 24:00"),
    ("17:00", "24:01", "'24:01'", "HH:MM from 00:00 to 24:00"),
    ("17:00", "17:60", "mon", "HH:MM from 00:00 to 24:00"),
    ("17:00", "17:00:00", "mon", "HH:MM from 00:00 to 24:00"),
    ("09:00", "24:00", "mon", "nothing opens then"),
    ('"09:00"', "9", "weekly", "09:00"),
    ('"09:00"', "09:00:00", "weekly", "09:00"),
    (HOURS, '["09:00", "17:00"]', "weekly", HOURS),
    (HOURS, '[["09:00"]]', "weekly", HOURS),
    (HOURS, '"09:00-17:00"', "weekly", HOURS),
    (f"weekly = {{ mon = {HOURS} }}", "", "weekly", "required"),
    (f"{{ mon = {HOURS} }}", "{}", "'office'", "weekly hours"),
    (f"{{ mon = {HOURS} }}", "{ mon = [], tue = [] }", "'office'", "weekly hours"),
    (f"{{ mon = {HOURS} }}", "[]", "weekly", "object"),
]
WRONG_DATES = [
    ("holidays = 1", "holidays", "array"),
    ('holidays = ["2026-12-32"]', "holidays[0]", "2026-12-24"),
    ('holidays = ["2026-12-25", "24.12."]', "holidays[1]", "2026-12-24"),
    ("holidays = [2026-12-24T10:00:00Z]", "holidays[0]", "2026-12-24"),
    ("holidays = [24]", "holidays[0]", "2026-12-24"),
    ("holidays = {}", "holidays", "country"),
    ('holidays = { country = "XX" }', "holidays.country", "DE"),
    ('holidays = { country = "Germany" }', "holidays.country", "DE"),
    ("holidays = { country = 49 }", "holidays.country", "str"),
    ('holidays = { country = "DE", subdivision = "Berlin" }', "holidays.subdivision", "BB, BE"),
    ('holidays = { country = "DE", subdivision = 1 }', "holidays.subdivision", "str"),
    ('holidays = { country = "DE", state = "BE" }', "holidays.state", "country, subdivision"),
    ("overrides = []", "overrides", "object"),
    ('overrides = { "31.12." = [] }', "overrides", "2026-12-24"),
    ('overrides = { 2026-12-31 = ["09:00", "12:00"] }', "overrides", HOURS),
    ('overrides = { 2026-12-31 = [["09:00", "12:60"]] }', "2026-12-31", "HH:MM"),
    ("breaks = 1", "breaks", "object"),
    ("breaks = { soon = [] }", "breaks", "2026-12-24"),
    ('breaks = { 2026-12-31 = [["24:00", "24:00"]] }', "2026-12-31", "nothing opens then"),
]
WRONG_POLICIES = [
    ("priority = 1", "priority", "name, calendar, targets, response_statuses, match"),
    ('match = "vip"', "match", "object"),
    ("match = []", "match", "object"),
    ("match = { priority = 9 }", "match", "1, 2, 3, 4"),
    ("match = { priority = 0 }", "match", "1, 2, 3, 4"),
    ("match = { priority = -1 }", "match", "1, 2, 3, 4"),
    ("match = { priority = [1, 5] }", "match", "1, 2, 3, 4"),
    ('match = { priority = "1" }', "match.priority", "int"),
    ("match = { priority = true }", "match.priority", "int"),
    ('match = { colour = "red" }', "match.colour", "priority, category, tag, account"),
    ('match = { tag = "" }', "match.tag", "names nothing"),
    ("match = { category = [] }", "match.category", "names nothing"),
    ("match = { tag = 1 }", "match.tag", "str"),
    ("match = { tag = [1] }", "match.tag[0]", "str"),
    ("match = { account = false }", "match.account", "str"),
    ('response_statuses = "open"', "response_statuses", "array"),
    ("response_statuses = [1]", "response_statuses[0]", "str"),
    ('response_statuses = ["opened"]', "response_statuses", "open, in_progress, pending"),
]
WRONG_PROMISES = [
    ('"PT1H"', '"PT0S"', "targets.1", "positive"),
    ('"PT1H"', '"-PT1H"', "targets.1", "positive"),
    ('"PT1H"', '"PT0.5S"', "targets.1", "whole seconds"),
    ('"PT1H"', '"P1M"', "targets.1.first_response", "PT4H"),
    ('"PT1H"', '"P1Y"', "targets.1.first_response", "PT4H"),
    ('"PT1H"', '"1h"', "targets.1.first_response", "PT4H"),
    ('"PT1H"', '""', "targets.1.first_response", "PT4H"),
    ('"PT1H"', "3600", "targets.1.first_response", "PT4H"),
    ('"PT1H"', "true", "targets.1.first_response", "PT4H"),
    ('"PT1H"', '"P99999999999D"', "targets.1.first_response", "range"),
    ("first_response", "first", "targets.1.first", "first_response, next_response, resolution"),
    ("{ 1 =", "{ 5 =", "targets", "1, 2, 3, 4"),
    ("{ 1 =", "{ high =", "targets", "1, 2, 3, 4"),
    ("{ 1 =", "{ 01 =", "targets", "1, 2, 3, 4"),
    (TARGETS, "[]", "targets", "object"),
    (TARGETS, '"PT1H"', "targets", "object"),
    (TARGETS, '{ 1 = "PT1H" }', "targets.1", "object"),
    (f"targets = {TARGETS}", "", "targets", "required"),
    ('calendar = "office"', 'calendar = "home"', "calendar", "office"),
    ('calendar = "office"', 'calendar = ["office"]', "calendar", "office"),
    ('calendar = "office"', "calendar = 1", "calendar", "office"),
    ('calendar = "office"', "", "calendar", "required"),
    ('name = "standard"', "", "name", "required"),
    ('name = "standard"', 'name = ""', "name", "1 to 100 printable characters"),
    ('name = "standard"', 'name = " "', "name", "not blank"),
    ('name = "standard"', f'name = "{"x" * 101}"', "name", "1 to 100 printable characters"),
    ('name = "standard"', "name = 1", "name", "str"),
]


@pytest.mark.parametrize(("right", "wrong", "setting", "allowed"), WRONG_CALENDARS)
def test_a_calendar_that_cannot_be_used_is_refused(
    right: str, wrong: str, setting: str, allowed: str
) -> None:
    message = refusal(PLAIN.replace(right, wrong, 1))
    assert "sla.calendars.office" in message or "sla.policies[0]" in message
    assert setting in message
    assert allowed in message


@pytest.mark.parametrize(("line", "setting", "allowed"), WRONG_DATES)
def test_dates_that_are_none_are_refused(line: str, setting: str, allowed: str) -> None:
    message = refusal(PLAIN.replace("weekly =", f"{line}\nweekly ="))
    assert "sla.calendars.office" in message
    assert setting in message
    assert allowed in message


@pytest.mark.parametrize(("line", "setting", "allowed"), WRONG_POLICIES)
def test_a_policy_that_cannot_be_used_is_refused(line: str, setting: str, allowed: str) -> None:
    message = refusal(PLAIN.replace("name =", f"{line}\nname ="))
    assert f"sla.policies[0].{setting}" in message
    assert allowed in message


@pytest.mark.parametrize(("right", "wrong", "setting", "allowed"), WRONG_PROMISES)
def test_a_promise_that_is_none_is_refused(
    right: str, wrong: str, setting: str, allowed: str
) -> None:
    message = refusal(PLAIN.replace(right, wrong, 1))
    assert "sla.policies[0]" in message
    assert setting in message
    assert allowed in message


def test_the_day_whose_hours_are_none_is_named() -> None:
    wrong = PLAIN.replace(f"mon = {HOURS}", f'mon = {HOURS}, wed = ["09:00", "17:00"]')
    assert "wed" in refusal(wrong)


def test_two_policies_of_one_name_are_refused() -> None:
    message = refusal(PLAIN + PLAIN[PLAIN.index("[[sla") :])
    assert "sla.policies[1].name" in message
    assert "'standard'" in message


def test_the_policy_that_is_wrong_is_named_by_its_place() -> None:
    other = PLAIN[PLAIN.index("[[sla") :].replace("standard", "other").replace("PT1H", "soon")
    assert "sla.policies[1].targets.1.first_response" in refusal(PLAIN + other)


def test_a_calendar_without_hours_is_refused_where_a_policy_has_it() -> None:
    spare = '[sla.calendars.spare]\ntimezone = "UTC"\nweekly = {}\n'
    assert len(policies_of(spare + PLAIN)) == 1
    assert "'spare'" in refusal(spare + PLAIN.replace('calendar = "office"', 'calendar = "spare"'))


def test_a_status_that_the_workflow_lacks_is_no_response() -> None:
    workflow = '[workflow.statuses]\nnew = "active"\n'
    named = PLAIN.replace("name =", 'response_statuses = ["in_progress"]\nname =')
    assert "'in_progress' is none of new" in refusal(workflow + named)


def test_no_variable_of_the_environment_holds_policies() -> None:
    with pytest.raises(SettingsError, match="TICKETDOMAIN_SLA"):
        read_settings({"TICKETDOMAIN_SLA": "{}"})


@pytest.mark.parametrize("wrong", ['"P1M"', '"soon"'])
def test_no_service_starts_on_policies_that_cannot_be_used(tmp_path: Path, wrong: str) -> None:
    Path("desk.toml").write_text(PLAIN.replace('"PT1H"', wrong))
    for ran in (
        command(tmp_path, "serve", "--port", "0", "--config", "desk.toml"),
        command(tmp_path, "keys", "list", "--config", "desk.toml"),
        command(tmp_path, "sla", "check", "desk.toml"),
    ):
        line = ran.one_line()
        assert line.startswith("ticketdomain: desk.toml: sla.policies[0].targets.1.first_response")
    assert not Path("data").exists()


def test_a_service_promises_what_its_file_says(tmp_path: Path) -> None:
    Path("ticketdomain.toml").write_text(FULL)
    with running_server(tmp_path) as server:
        agent = server.client(make_key(tmp_path))
        address = agent.open(tags=["gold"], category="billing", priority=1)
        assert agent.get(address).json["sla"]["policy"] == "vip"
        assert agent.get(f"{address}/sla").json["calendar"] == "berlin"
        assert agent.get(agent.open(tags=["gold"])).json["sla"]["policy"] == "standard"


# What `ticketdomain sla check` shows


def check(directory: Path, text: str, *options: str) -> Ran:
    Path("desk.toml").write_text(text, "utf-8")
    return command(directory, "sla", "check", *options, "desk.toml")


def shown(text: str, now: datetime) -> list[str]:
    return list(describe(policies_of(text, now.date()), now))


def test_a_good_file_is_told_to_be_so(tmp_path: Path) -> None:
    ran = check(tmp_path, FULL)
    assert (ran.code, ran.err) == (0, "")
    first, *_ = ran.out.splitlines()
    assert first.startswith("desk.toml: valid")
    assert first.endswith("vip, standard")
    assert not Path("data").exists()


def test_seven_days_are_listed_from_today_on_the_closed_ones_too(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    lines = check(tmp_path, PLAIN.replace("Europe/Berlin", "UTC")).out.splitlines()
    begun = lines.index("calendar office, in the time of UTC") + 1
    days = [line.split() for line in lines[begun : begun + 7]]
    assert date.fromisoformat(days[0][1]) - today <= timedelta(days=1)
    assert [each[0] for each in days] == [
        f"{date.fromisoformat(days[0][1]) + timedelta(days=after):%a}" for after in range(7)
    ]
    assert {each[0]: each[2] for each in days} == {
        day.title(): "09:00-17:00" if day == "mon" else "closed" for day in DAYS
    }


def test_the_week_of_a_calendar_is_as_its_file_says() -> None:
    assert shown(FULL, datetime(2026, 12, 24, 23, 30, tzinfo=UTC))[9:17] == [
        "calendar office, in the time of Europe/Berlin",
        "  Fri 2026-12-25  closed",
        "  Sat 2026-12-26  closed",
        "  Sun 2026-12-27  00:00-24:00",
        "  Mon 2026-12-28  09:00-12:30, 13:30-18:00",
        "  Tue 2026-12-29  closed",
        "  Wed 2026-12-30  closed",
        "  Thu 2026-12-31  09:00-12:00",
    ]


def test_hours_past_midnight_are_told_on_both_days() -> None:
    lines = shown(FULL, datetime(2026, 11, 27, 9, tzinfo=UTC))
    assert "  Fri 2026-11-27  22:00-24:00" in lines
    assert "  Sat 2026-11-28  00:00-06:00" in lines
    assert "  Mon 2026-11-30  09:00-10:00, 11:00-12:30, 13:30-18:00" in lines


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 3, 29), "05:00"),
        (date(2026, 7, 5), "04:00"),
        (date(2026, 10, 25), "03:00"),
    ],
)
def test_a_day_on_which_clocks_change_is_a_day_of_its_own_length(day: date, due: str) -> None:
    sundays = PLAIN.replace(f"mon = {HOURS}", 'sun = [["00:00", "24:00"]]').replace("1H", "4H")
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    lines = shown(sundays, noon - timedelta(days=1))
    assert f"  Sun {day}  00:00-24:00" in lines
    assert any(f"Sun {day} {due} (4 h)" in line for line in lines)
    assert len([line for line in lines if "closed" in line and "first" not in line]) == 6


def test_due_times_are_told_by_priority_in_the_calendars_time() -> None:
    lines = shown(FULL, datetime(2026, 11, 24, 8, tzinfo=UTC))
    begun = next(n for n, line in enumerate(lines) if line.startswith("policy vip"))
    assert lines[begun] == (
        "policy vip, in calendar berlin, for priority 1 or 2 and category billing"
        " and tag vip or gold and account acme"
    )
    assert lines[begun + 1] == "  first response: a reply, in_progress, pending"
    assert "Tue 2026-11-24 09:00" in lines[begun + 2]
    first, *others = lines[begun + 4 : begun + 8]
    assert first.split()[:5] == ["1", "Tue", "2026-11-24", "09:15", "(15"]
    assert [line.split() for line in others] == [[each, "-", "-", "-"] for each in "234"]
    assert lines[begun + 4].endswith("Tue 2026-12-15 11:03 (26 h 3 min 4 s)")


def test_a_due_time_beyond_ten_years_is_never() -> None:
    lines = shown(PLAIN.replace("PT1H", "P3000D"), datetime(2026, 11, 23, tzinfo=UTC))
    assert any("never (72000 h)" in line for line in lines)


def test_every_policy_is_told_for_whom_it_is() -> None:
    lines = shown(PLAIN, datetime(2026, 11, 23, tzinfo=UTC))
    assert "policy standard, in calendar office, for every ticket" in lines


def test_a_file_without_policies_is_told_what_holds_then(tmp_path: Path) -> None:
    ran = check(tmp_path, "port = 8001")
    assert ran.code == 0
    assert "the file has none" in ran.out.splitlines()[0]
    assert "calendar always, in the time of UTC" in ran.out
    assert ran.out.count("00:00-24:00") == 7
    assert ran.out.count("(24 h)") == 3


def test_a_file_that_promises_nothing_is_told_so(tmp_path: Path) -> None:
    ran = check(tmp_path, "[sla]\npolicies = []")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.strip().endswith("none")


def test_holidays_of_a_country_are_closed_days_and_nothing_is_on_stderr(tmp_path: Path) -> None:
    every_day = ", ".join(f"{day} = {HOURS}" for day in DAYS)
    text = PLAIN.replace(f"mon = {HOURS}", every_day)
    text = text.replace("[[s", 'holidays = { country = "IN" }\n[[s')
    ran = check(tmp_path, text)
    assert (ran.code, ran.err) == (0, "")


def test_holidays_are_shown_closed() -> None:
    every_day = ", ".join(f"{day} = {HOURS}" for day in DAYS)
    text = PLAIN.replace(f"mon = {HOURS}", every_day)
    text = text.replace("[[s", 'holidays = { country = "DE" }\n[[s')
    lines = shown(text, datetime(2026, 12, 24, 9, tzinfo=UTC))
    assert [line for line in lines if line.endswith("closed") and "2026" in line] == [
        "  Fri 2026-12-25  closed",
        "  Sat 2026-12-26  closed",
    ]


@pytest.mark.parametrize("text", ["prot = 8001", "port = 99999", "port = ", "[workflow.statuses]"])
def test_a_file_with_another_wrong_setting_is_refused(tmp_path: Path, text: str) -> None:
    assert check(tmp_path, text).one_line().startswith("ticketdomain: desk.toml: ")


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    Path("binary.toml").write_bytes(b"\xff\xfe")
    Path("directory").mkdir()
    for name in ("nosuch.toml", "directory", "binary.toml"):
        assert name in command(tmp_path, "sla", "check", name).one_line()
    assert "FILE" in command(tmp_path, "sla", "check").one_line()


def test_the_check_looks_at_its_file_alone(tmp_path: Path) -> None:
    Path("ticketdomain.toml").write_text("prot = 1")
    Path("desk.toml").write_text(PLAIN)
    ran = command(tmp_path, "sla", "check", "desk.toml", TICKETDOMAIN_PORT="none")
    assert (ran.code, ran.err) == (0, "")


def test_a_desk_with_statuses_of_its_own_is_shown_them(tmp_path: Path) -> None:
    statuses = '[workflow.statuses]\nreceived = "active"\nat_the_bench = "active"\ndone = "closed"'
    ran = check(tmp_path, f"{statuses}\n{PLAIN}")
    assert "first response: a reply, at_the_bench, done\n" in ran.out


def test_the_check_describes_itself(tmp_path: Path) -> None:
    ran = command(tmp_path, "sla", "check", "--help")
    assert ran.code == 0
    assert "FILE" in ran.out
