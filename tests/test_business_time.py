"""Business time: each sentence of its definition, the days clocks change, and its laws."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_calendar import (
    RESOLUTION,
    UNUSUAL_DAYS,
    WEEKDAYS,
    Intervals,
    Plain,
    calendars,
    durations,
    moments,
    moments_in_order,
    slow_add,
    slow_between,
)

from ticketprojections.business_time import Calendar

BERLIN = "Europe/Berlin"
NOTHING, HOUR, MINUTE = timedelta(0), timedelta(hours=1), timedelta(minutes=1)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def intervals(*hours: str) -> Intervals:
    return [each.split("-") for each in hours]


def on(days: str, *hours: str, zone: str = BERLIN, **exceptions: object) -> Calendar:
    """Make a calendar with these hours on these weekdays."""
    weekly = {day: intervals(*hours) for day in days.split()}
    return msgspec.convert({"timezone": zone, "weekly": weekly, **exceptions}, Calendar)


def daily(*hours: str, zone: str = BERLIN, **exceptions: object) -> Calendar:
    return on(" ".join(WEEKDAYS), *hours, zone=zone, **exceptions)


def only(day: str, *hours: str, zone: str = BERLIN, **exceptions: object) -> Calendar:
    """Make a calendar with hours on one date and no other."""
    return on("", zone=zone, overrides={day: intervals(*hours)}, **exceptions)


def office(zone: str = BERLIN, **exceptions: object) -> Calendar:
    return on("mon tue wed thu fri", "09:00-17:00", zone=zone, **exceptions)


def always(zone: str = BERLIN, **exceptions: object) -> Calendar:
    return daily("00:00-24:00", zone=zone, **exceptions)


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)


def between(calendar: Calendar, start: str, end: str) -> timedelta:
    return calendar.between(at(start), at(end))


def due(calendar: Calendar, start: str, duration: timedelta) -> datetime | None:
    found = calendar.add(at(start), duration)
    return found and found.astimezone(UTC)


# Hours. 23 November 2026 is a Monday.


def test_the_hours_of_a_working_day_count() -> None:
    assert between(office(), "2026-11-23 00:00+01", "2026-11-24 00:00+01") == 8 * HOUR
    assert between(office(), "2026-11-23 16:30+01", "2026-11-24 09:15+01") == 45 * MINUTE


def test_a_night_counts_nothing() -> None:
    assert between(office(), "2026-11-23 17:00+01", "2026-11-24 09:00+01") == NOTHING


def test_a_weekend_counts_nothing() -> None:
    assert between(office(), "2026-11-27 17:00+01", "2026-11-30 09:00+01") == NOTHING
    assert due(office(), "2026-11-28 12:00+01", HOUR) == at("2026-11-30 10:00+01")


def test_a_week_has_its_five_days() -> None:
    assert between(office(), "2026-11-23 12:00+01", "2026-11-30 12:00+01") == 40 * HOUR


def test_microseconds_count() -> None:
    start, end = "2026-11-23 08:59:59.999999+01", "2026-11-23 09:00:00.000001+01"
    assert between(office(), start, end) == RESOLUTION
    assert due(office(), start, RESOLUTION) == at(end)


@pytest.mark.parametrize(("number", "day"), [*enumerate(WEEKDAYS)])
def test_every_weekday_has_hours_of_its_own(number: int, day: str) -> None:
    start = at("2026-11-23 00:00+01") + number * 24 * HOUR
    assert on(day, "09:00-17:00").between(start, start + 24 * HOUR) == 8 * HOUR
    assert on(day, "09:00-17:00").between(start + 24 * HOUR, start + 7 * 24 * HOUR) == NOTHING


def test_a_split_day_counts_its_parts() -> None:
    split = daily("13:00-17:00", "09:00-12:00")
    assert between(split, "2026-11-23 00:00+01", "2026-11-24 00:00+01") == 7 * HOUR
    assert due(split, "2026-11-23 11:30+01", HOUR) == at("2026-11-23 13:30+01")


@pytest.mark.parametrize(
    "hours",
    [
        ["09:00-13:00", "12:00-17:00"],
        ["09:00-17:00", "10:00-11:00"],
        ["09:00-17:00", "09:00-17:00"],
        ["12:00-17:00", "09:00-12:00"],
    ],
)
def test_hours_that_overlap_or_touch_count_once(hours: list[str]) -> None:
    assert between(daily(*hours), "2026-11-23 00:00+01", "2026-11-24 00:00+01") == 8 * HOUR
    assert due(daily(*hours), "2026-11-23 09:00+01", 8 * HOUR) == at("2026-11-23 17:00+01")


def test_24_00_is_the_end_of_the_day() -> None:
    late = daily("22:00-24:00")
    assert between(late, "2026-11-23 00:00+01", "2026-11-24 00:00+01") == 2 * HOUR
    assert due(late, "2026-11-23 22:00+01", 2 * HOUR) == at("2026-11-24 00:00+01")


def test_23_59_means_23_59() -> None:
    almost = daily("00:00-23:59")
    assert between(almost, "2026-11-23 00:00+01", "2026-11-24 00:00+01") == 24 * HOUR - MINUTE
    assert between(almost, "2026-11-23 23:59+01", "2026-11-24 00:00+01") == NOTHING


def test_a_close_at_or_before_its_open_runs_past_midnight() -> None:
    assert between(only("2026-11-23", "22:00-06:00"), *NOVEMBER) == 8 * HOUR
    assert between(only("2026-11-23", "22:00-00:00"), *NOVEMBER) == 2 * HOUR
    assert between(only("2026-11-23", "00:00-00:00"), *NOVEMBER) == 24 * HOUR
    assert between(only("2026-11-23", "09:00-09:00"), *NOVEMBER) == 24 * HOUR


NOVEMBER = ("2026-11-01 00:00+01", "2026-12-01 00:00+01")


def test_hours_past_midnight_belong_to_the_day_on_which_they_open() -> None:
    monday_night = on("mon", "22:00-06:00")
    assert between(monday_night, "2026-11-23 00:00+01", "2026-11-23 06:00+01") == NOTHING
    assert between(monday_night, "2026-11-24 00:00+01", "2026-11-24 06:00+01") == 6 * HOUR


def test_a_night_that_runs_into_the_hours_of_the_next_day_counts_once() -> None:
    shifts = daily("22:00-06:00", "05:00-08:00")
    assert between(shifts, "2026-11-23 12:00+01", "2026-11-24 12:00+01") == 10 * HOUR
    assert due(shifts, "2026-11-23 22:00+01", 10 * HOUR) == at("2026-11-24 08:00+01")


def test_the_night_of_new_years_eve_runs_into_the_new_year() -> None:
    nights = on("thu", "22:00-06:00")
    assert between(nights, "2026-12-31 23:00+01", "2027-01-01 12:00+01") == 7 * HOUR
    assert between(nights, "2027-01-01 00:00+01", "2027-01-01 12:00+01") == 6 * HOUR
    assert due(nights, "2027-01-01 01:00+01", HOUR) == at("2027-01-01 02:00+01")


def test_hours_of_two_days_ago_can_reach_into_the_year_in_utc() -> None:
    long = on("wed", "20:00-19:30", zone="America/New_York")
    assert between(long, "2027-01-01 00:00Z", "2027-01-02 00:00Z") == 30 * MINUTE
    assert due(long, "2027-01-01 00:00Z", 30 * MINUTE) == at("2026-12-31 19:30-05")


# Holidays, overrides and breaks. Christmas Day 2026 is a Friday.


def test_a_holiday_has_no_hours() -> None:
    closed = office(holidays=["2026-12-25"])
    assert between(closed, "2026-12-24 17:00+01", "2026-12-28 09:00+01") == NOTHING
    assert due(closed, "2026-12-24 16:30+01", HOUR) == at("2026-12-28 09:30+01")


def test_a_holiday_is_a_date_of_the_calendars_zone() -> None:
    closed = always("Pacific/Apia", holidays=["2026-12-25"])
    assert between(closed, "2026-12-24 11:00Z", "2026-12-25 11:00Z") == NOTHING
    assert between(closed, "2026-12-24 10:00Z", "2026-12-25 12:00Z") == 2 * HOUR


def test_an_override_holds_instead_of_the_weekly_hours() -> None:
    short = office(overrides={"2026-12-24": [["10:00", "12:00"]]})
    assert between(short, "2026-12-24 00:00+01", "2026-12-25 00:00+01") == 2 * HOUR
    assert due(short, "2026-12-24 11:00+01", 2 * HOUR) == at("2026-12-25 10:00+01")


def test_an_override_opens_a_day_without_weekly_hours() -> None:
    stocktaking = office(overrides={"2026-11-28": [["10:00", "14:00"]]})
    assert between(stocktaking, "2026-11-28 00:00+01", "2026-11-30 00:00+01") == 4 * HOUR


def test_an_override_without_intervals_closes_the_day() -> None:
    closed = office(overrides={"2026-11-24": []})
    assert between(closed, "2026-11-23 17:00+01", "2026-11-25 09:00+01") == NOTHING


def test_overrides_beat_holidays() -> None:
    emergency = office(holidays=["2026-12-25"], overrides={"2026-12-25": [["10:00", "11:00"]]})
    assert between(emergency, "2026-12-25 00:00+01", "2026-12-26 00:00+01") == HOUR


def test_a_holiday_drops_the_night_that_opens_on_it_and_not_the_one_before() -> None:
    nights = daily("22:00-06:00", holidays=["2026-12-25"])
    assert between(nights, "2026-12-25 00:00+01", "2026-12-25 12:00+01") == 6 * HOUR
    assert between(nights, "2026-12-25 12:00+01", "2026-12-26 12:00+01") == NOTHING


def test_an_override_drops_the_night_that_opens_on_it_and_not_the_one_before() -> None:
    nights = daily("22:00-06:00", overrides={"2026-12-25": [["12:00", "13:00"]]})
    assert between(nights, "2026-12-25 00:00+01", "2026-12-25 12:00+01") == 6 * HOUR
    assert between(nights, "2026-12-25 12:00+01", "2026-12-26 12:00+01") == HOUR


def office_with_break(*hours: str) -> Calendar:
    return office(breaks={"2026-11-25": intervals(*hours)})


WEDNESDAY = ("2026-11-25 00:00+01", "2026-11-26 00:00+01")


def test_a_break_is_cut_out() -> None:
    assert between(office_with_break("12:00-13:00"), *WEDNESDAY) == 7 * HOUR
    lunch = office_with_break("12:00-13:00")
    assert due(lunch, "2026-11-25 11:30+01", HOUR) == at("2026-11-25 13:30+01")


def test_what_is_due_exactly_at_a_break_is_due_when_it_begins() -> None:
    lunch = office_with_break("12:00-13:00")
    assert due(lunch, "2026-11-25 11:00+01", HOUR) == at("2026-11-25 12:00+01")


def test_a_break_at_the_edge_of_the_hours_shortens_them() -> None:
    assert between(office_with_break("09:00-10:00"), *WEDNESDAY) == 7 * HOUR
    assert between(office_with_break("16:00-17:00"), *WEDNESDAY) == 7 * HOUR
    assert between(office_with_break("08:00-09:30", "16:30-18:00"), *WEDNESDAY) == 7 * HOUR


def test_a_break_beside_the_hours_changes_nothing() -> None:
    assert between(office_with_break("08:00-09:00", "17:00-18:00"), *WEDNESDAY) == 8 * HOUR


def test_a_break_over_whole_hours_closes_them() -> None:
    assert between(office_with_break("09:00-17:00"), *WEDNESDAY) == NOTHING
    assert between(office_with_break("00:00-24:00"), *WEDNESDAY) == NOTHING


def test_breaks_that_overlap_are_cut_out_once() -> None:
    assert between(office_with_break("12:30-14:00", "12:00-13:00"), *WEDNESDAY) == 6 * HOUR


def test_a_break_in_the_night_is_cut_out_of_hours_of_the_day_before() -> None:
    nights = on("mon", "22:00-06:00", breaks={"2026-11-24": [["02:00", "03:00"]]})
    assert between(nights, "2026-11-23 22:00+01", "2026-11-24 06:00+01") == 7 * HOUR
    assert due(nights, "2026-11-24 01:30+01", HOUR) == at("2026-11-24 03:30+01")


def test_a_break_on_the_day_a_night_opens_leaves_the_morning_after_alone() -> None:
    nights = on("mon", "22:00-06:00", breaks={"2026-11-23": [["02:00", "03:00"]]})
    assert between(nights, "2026-11-23 22:00+01", "2026-11-24 06:00+01") == 8 * HOUR


def test_a_break_runs_past_midnight_too() -> None:
    nights = daily("22:00-06:00", breaks={"2026-11-23": [["23:30", "00:30"]]})
    assert between(nights, "2026-11-23 12:00+01", "2026-11-24 12:00+01") == 7 * HOUR
    assert between(nights, "2026-11-22 12:00+01", "2026-11-23 12:00+01") == 8 * HOUR


def test_a_break_is_cut_out_of_an_override() -> None:
    hours, lunch = {"2026-11-25": [["12:00", "14:00"]]}, {"2026-11-25": [["13:00", "15:00"]]}
    assert between(office(overrides=hours, breaks=lunch), *WEDNESDAY) == HOUR


def test_a_break_on_a_holiday_is_nothing_to_cut() -> None:
    calendar = office(holidays=["2026-11-25"], breaks={"2026-11-25": [["12:00", "13:00"]]})
    assert between(calendar, *WEDNESDAY) == NOTHING
    assert between(calendar, "2026-11-24 00:00+01", "2026-11-27 00:00+01") == 16 * HOUR


# Days on which clocks change


@pytest.mark.parametrize(
    ("zone", "start", "end", "hours"),
    [
        (BERLIN, "2026-03-29 00:00+01", "2026-03-30 00:00+02", 23),
        (BERLIN, "2026-10-25 00:00+02", "2026-10-26 00:00+01", 25),
        (BERLIN, "2040-03-25 00:00+01", "2040-03-26 00:00+02", 23),
        ("Australia/Lord_Howe", "2026-10-04 00:00+10:30", "2026-10-05 00:00+11", 23.5),
        ("Australia/Lord_Howe", "2026-04-05 00:00+11", "2026-04-06 00:00+10:30", 24.5),
        ("America/Sao_Paulo", "2018-11-04 01:00-02", "2018-11-05 00:00-02", 23),
        ("America/Sao_Paulo", "2018-02-17 00:00-02", "2018-02-18 00:00-03", 25),
        ("Africa/Cairo", "2024-04-26 01:00+03", "2024-04-27 00:00+03", 23),
        ("Africa/Cairo", "2024-10-31 00:00+03", "2024-11-01 00:00+02", 25),
        ("Asia/Beirut", "2022-03-27 01:00+03", "2022-03-28 00:00+03", 23),
        ("Asia/Kathmandu", "1986-01-01 00:15+05:45", "1986-01-02 00:00+05:45", 23.75),
        ("Africa/Casablanca", "2026-02-15 00:00+01", "2026-02-16 00:00+00", 25),
    ],
)
def test_a_full_day_has_the_hours_that_really_pass(
    zone: str, start: str, end: str, hours: float
) -> None:
    today = str(at(start).astimezone(ZoneInfo(zone)).date())
    one_day = only(today, "00:00-24:00", zone=zone)
    assert one_day.between(at(start) - 48 * HOUR, at(end) + 48 * HOUR) == hours * HOUR
    assert between(one_day, start, end) == between(always(zone), start, end) == hours * HOUR
    assert due(one_day, start, hours * HOUR) == due(always(zone), start, hours * HOUR) == at(end)


def test_local_times_are_read_as_in_the_examples_of_rfc_5545() -> None:
    repeated = only("2007-11-04", "01:30-12:00", zone="America/New_York")
    assert (
        due(repeated, "2007-11-04 00:00-04", RESOLUTION) == at("2007-11-04 01:30-04") + RESOLUTION
    )
    missing = only("2007-03-11", "02:30-12:00", zone="America/New_York")
    assert due(missing, "2007-03-11 00:00-05", RESOLUTION) == at("2007-03-11 03:30-04") + RESOLUTION


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [
        ("01:00-03:00", 60),
        ("01:00-02:00", 60),
        ("01:00-02:30", 150 - 60),  # until 03:30
        ("02:30-04:00", 30),  # from 03:30
        ("02:00-03:30", 30),  # from 03:00
        ("02:15-02:45", 30),  # 03:15 to 03:45
        ("02:00-03:00", 0),  # 03:00 to 03:00
        ("02:30-03:00", 0),  # 03:30 to 03:00
    ],
)
def test_a_time_that_does_not_exist_is_moved_on_by_the_gap(hours: str, minutes: int) -> None:
    forward = only("2026-03-29", hours)
    assert between(forward, "2026-03-28 00:00+01", "2026-03-31 00:00+02") == minutes * MINUTE


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [
        ("01:00-03:00", 180),
        ("01:00-02:00", 60),
        ("01:00-02:30", 90),
        ("02:30-04:00", 150),
        ("02:00-03:30", 150),
        ("02:15-02:45", 30),
        ("02:00-03:00", 120),
        ("02:30-03:00", 90),
    ],
)
def test_a_time_that_happens_twice_means_the_first(hours: str, minutes: int) -> None:
    back = only("2026-10-25", hours)
    assert between(back, "2026-10-24 00:00+02", "2026-10-27 00:00+01") == minutes * MINUTE


def test_a_time_in_a_gap_of_half_an_hour_is_moved_on_by_half_an_hour() -> None:
    forward = only("2026-10-04", "02:15-04:00", zone="Australia/Lord_Howe")
    end = "2026-10-05 00:00+11"
    assert between(forward, "2026-10-03 00:00+10:30", end) == 75 * MINUTE
    assert between(forward, "2026-10-04 02:45+11", end) == 75 * MINUTE


def test_hours_inside_the_repeated_hour_pass_once() -> None:
    back = daily("02:15-02:45")
    assert between(back, "2026-10-25 02:00+02", "2026-10-25 02:00+01") == 30 * MINUTE
    assert between(back, "2026-10-25 02:00+01", "2026-10-25 03:00+01") == NOTHING
    assert due(back, "2026-10-25 02:30+02", 20 * MINUTE) == at("2026-10-26 02:20+01")


def test_a_night_is_shorter_or_longer_when_clocks_change() -> None:
    nights = daily("22:00-06:00")
    assert between(nights, "2026-03-28 12:00+01", "2026-03-29 12:00+02") == 7 * HOUR
    assert between(nights, "2026-10-24 12:00+02", "2026-10-25 12:00+01") == 9 * HOUR
    assert due(nights, "2026-03-28 22:00+01", 8 * HOUR) == at("2026-03-29 23:00+02")


def test_the_hours_of_an_office_do_not_feel_clocks_change_at_night() -> None:
    assert between(daily("09:00-17:00"), "2026-03-28 12:00+01", "2026-03-29 12:00+02") == 8 * HOUR
    assert between(daily("09:00-17:00"), "2026-10-24 12:00+02", "2026-10-25 12:00+01") == 8 * HOUR


def test_a_break_is_read_like_hours_when_clocks_change() -> None:
    forward = always(breaks={"2026-03-29": [["02:00", "02:30"]]})  # 03:00 to 03:30
    assert between(forward, "2026-03-29 00:00+01", "2026-03-30 00:00+02") == 22.5 * HOUR
    turned = always(breaks={"2026-03-29": [["02:30", "03:00"]]})  # 03:30 to 03:00
    assert between(turned, "2026-03-29 00:00+01", "2026-03-30 00:00+02") == 23 * HOUR
    back = always(breaks={"2026-10-25": [["02:00", "03:00"]]})
    assert between(back, "2026-10-25 00:00+02", "2026-10-26 00:00+01") == 23 * HOUR


def test_a_midnight_that_does_not_exist_is_moved_on_as_well() -> None:
    zone, noons = "America/Sao_Paulo", ("2018-11-03 12:00-03", "2018-11-04 12:00-02")
    assert between(daily("00:00-08:00", zone=zone), *noons) == 7 * HOUR
    assert between(daily("20:00-24:00", zone=zone), *noons) == 4 * HOUR
    assert between(daily("20:00-00:30", zone=zone), *noons) == 4.5 * HOUR
    assert between(daily("22:00-02:00", zone=zone), *noons) == 3 * HOUR


def test_an_hour_before_midnight_that_is_repeated_belongs_to_its_day() -> None:
    zone, noons = "Africa/Cairo", ("2024-10-31 12:00+03", "2024-11-01 12:00+02")
    assert between(on("thu", "23:00-24:00", zone=zone), *noons) == 2 * HOUR
    assert between(on("thu", "22:00-23:30", zone=zone), *noons) == 1.5 * HOUR
    assert between(on("thu", "23:30-00:30", zone=zone), *noons) == 2 * HOUR


def test_a_day_that_a_country_skipped_is_moved_onto_the_next() -> None:
    zone, days = "Pacific/Apia", ("2011-12-29 00:00-10", "2012-01-01 00:00+14")
    assert between(always(zone), *days) == 48 * HOUR
    assert between(daily("09:00-17:00", zone=zone), *days) == 16 * HOUR
    assert between(on("fri", "09:00-17:00", zone=zone), *days) == 8 * HOUR
    assert due(on("fri", "09:00-17:00", zone=zone), days[0], HOUR) == at("2011-12-31 10:00+14")


def test_a_night_before_a_skipped_day_lasts_as_long_as_any() -> None:
    nights = on("thu", "22:00-06:00", zone="Pacific/Apia")
    assert between(nights, "2011-12-29 12:00-10", "2011-12-31 06:00+14") == 8 * HOUR


# Zones of the moments asked about


def test_moments_may_be_written_in_any_zone() -> None:
    start, end = "2026-11-23 20:00+05:45", "2026-11-23 17:00+01"  # 09:15 and 11:00 in New York
    assert between(office("America/New_York"), start, end) == 105 * MINUTE
    assert due(office("America/New_York"), start, 105 * MINUTE) == at(end)


def test_moments_in_one_zone_are_apart_by_the_time_that_passes() -> None:
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo(BERLIN))
    assert always().between(twice, twice.replace(fold=1)) == HOUR
    assert always().between(twice.replace(fold=1), twice + 15 * MINUTE) == NOTHING
    assert office().between(twice - 24 * HOUR, twice + 72 * HOUR) == 16 * HOUR


def test_a_due_moment_in_the_second_of_two_hours_is_told_from_the_first() -> None:
    start = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo(BERLIN))
    found = always().add(start, HOUR)
    assert found is not None
    assert found.astimezone(UTC) == at("2026-10-25 02:30+01")


# Ends


def test_end_before_start_is_zero() -> None:
    assert between(office(), "2026-11-24 12:00+01", "2026-11-23 12:00+01") == NOTHING
    assert between(office(), "2026-11-23 12:00+01", "2026-11-23 12:00+01") == NOTHING


def test_zero_duration_added_gives_the_start_itself() -> None:
    for start in ("2026-11-23 12:00+01", "2026-11-23 17:00+01", "2026-11-28 03:00+01"):
        assert due(office(), start, NOTHING) == at(start)
    assert due(on(""), "2026-11-23 12:00+01", NOTHING) == at("2026-11-23 12:00+01")


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        office().add(at("2026-11-23 12:00+01"), -RESOLUTION)


def test_a_moment_without_its_offset_is_refused() -> None:
    naive = at("2026-11-23 12:00+01").replace(tzinfo=None)
    for asked in (lambda: always().between(naive, LAST), lambda: always().add(naive, HOUR)):
        with pytest.raises(ValueError, match="offset"):
            asked()


def test_what_is_due_exactly_at_closing_is_due_at_the_closing_instant() -> None:
    assert due(office(), "2026-11-23 09:00+01", 8 * HOUR) == at("2026-11-23 17:00+01")
    assert due(office(), "2026-11-20 17:00+01", 8 * HOUR) == at("2026-11-23 17:00+01")
    assert due(office(), "2026-11-20 09:00+01", 16 * HOUR) == at("2026-11-23 17:00+01")


def test_what_is_due_a_moment_after_closing_is_due_after_the_next_opening() -> None:
    found = due(office(), "2026-11-23 09:00+01", 8 * HOUR + RESOLUTION)
    assert found == at("2026-11-24 09:00+01") + RESOLUTION


def test_a_clock_that_starts_exactly_at_closing_waits_for_the_next_opening() -> None:
    assert due(office(), "2026-11-23 17:00+01", HOUR) == at("2026-11-24 10:00+01")


def test_a_calendar_without_hours_never_counts() -> None:
    assert between(on(""), "2026-11-23 12:00+01", "2036-11-23 12:00+01") == NOTHING
    assert due(on(""), "2026-11-23 12:00+01", RESOLUTION) is None
    assert due(on("mon tue"), "2026-11-23 12:00+01", RESOLUTION) is None


def test_add_looks_up_to_ten_years_ahead() -> None:
    rare = only("2036-11-20", "09:00-17:00")
    assert due(rare, "2026-11-23 12:00+01", HOUR) == at("2036-11-20 10:00+01")
    assert due(rare, "2026-11-16 12:00+01", HOUR) is None
    assert due(always(), "2026-11-23 12:00+01", 3640 * 24 * HOUR) == at("2036-11-10 12:00+01")
    assert due(always(), "2026-11-23 12:00+01", 3660 * 24 * HOUR) is None


def test_ten_years_after_a_leap_day_are_ten_years() -> None:
    rare = only("2038-02-26", "09:00-17:00")
    assert due(rare, "2028-02-29 12:00+01", HOUR) == at("2038-02-26 10:00+01")
    assert due(on(""), "2028-02-29 12:00+01", HOUR) is None


def test_a_duration_beyond_all_years_is_never_reached() -> None:
    assert due(always(), "2026-11-23 12:00+01", timedelta.max) is None


# Many years


def test_twenty_years_around_the_clock_are_the_time_that_passes() -> None:
    start, end = "2010-01-01 00:00+01", "2030-01-01 00:00+01"
    assert between(always(), start, end) == 7305 * 24 * HOUR


def test_twenty_years_of_office_hours_are_5217_weekdays() -> None:
    # 7305 days are 1043 weeks, and Friday to Monday.
    start, end = "2010-01-01 00:00+01", "2030-01-01 00:00+01"
    assert between(office(), start, end) == (5 * 1043 + 2) * 8 * HOUR


@pytest.mark.parametrize("zone", UNUSUAL_DAYS)
def test_twenty_years_are_the_sum_of_the_years(zone: str) -> None:
    nights = daily("22:00-06:00", "01:00-03:00", zone=zone, holidays=["2012-06-01"])
    ends = [datetime(year, 6, 1, 1, 23, 45, tzinfo=UTC) for year in range(2005, 2026)]
    years = [nights.between(a, b) for a, b in pairwise(ends)]
    assert nights.between(ends[0], ends[-1]) == sum(years, NOTHING)


@pytest.mark.parametrize("zone", UNUSUAL_DAYS)
def test_the_first_and_last_moments_there_are_can_be_asked_about(zone: str) -> None:
    week = 7 * 24 * HOUR
    for calendar in (always(zone), daily("22:00-06:00", zone=zone)):
        assert NOTHING < calendar.between(FIRST, FIRST + week) <= week
        assert NOTHING < calendar.between(LAST - week, LAST) <= week
        assert calendar.add(FIRST, HOUR) is not None
        assert calendar.add(LAST - week, HOUR) is not None
        assert calendar.add(LAST, HOUR) is None
        assert calendar.add(LAST - week, 2 * week) is None


def test_the_first_century_is_counted_from_its_first_moment() -> None:
    end = FIRST + 36525 * 24 * HOUR
    assert always("UTC").between(FIRST, end) == end - FIRST


# What is no calendar


MONDAY: dict[str, object] = {"timezone": BERLIN, "weekly": {"mon": [["09:00", "17:00"]]}}


def refused(fields: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields, Calendar)


def test_a_time_zone_and_weekly_hours_are_enough_and_needed() -> None:
    assert msgspec.convert(MONDAY, Calendar) == on("mon", "09:00-17:00")
    for name in MONDAY:
        refused({other: value for other, value in MONDAY.items() if other != name})


BAD_INTERVALS = [
    ["9:00", "17:00"],
    ["09:00", "17"],
    ["09:00", "17:00:00"],
    ["09:00", "25:00"],
    ["09:00", "24:01"],
    ["09:60", "17:00"],
    ["24:00", "17:00"],
    ["24:00", "24:00"],
    ["-9:00", "17:00"],
    ["09:00", "17:00\n"],
    [" 9:00", "17:00"],
    ["+9:00", "17:00"],
    ["0900", "1700"],
    ["09.00", "17.00"],
    ["0٩:0٠", "17:00"],  # noqa: RUF001 - digits, though not those of HH:MM
    ["", "17:00"],
    ["09:00"],
    ["09:00", "12:00", "17:00"],
    [],
    [9, 17],
    [None, "17:00"],
    "09:00-17:00",
]


@pytest.mark.parametrize("bad", BAD_INTERVALS)
def test_times_are_two_of_hh_mm(bad: object) -> None:
    refused({**MONDAY, "weekly": {"mon": [bad]}})
    refused({**MONDAY, "overrides": {"2026-11-23": [bad]}})
    refused({**MONDAY, "breaks": {"2026-11-23": [bad]}})


@pytest.mark.parametrize(
    "bad", ["2026-02-30", "2026-1-1", "20260101", "12-25", "", "2026-11-23T00:00:00"]
)
def test_dates_are_dates(bad: str) -> None:
    refused({**MONDAY, "holidays": [bad]})
    refused({**MONDAY, "overrides": {bad: []}})
    refused({**MONDAY, "breaks": {bad: []}})


@pytest.mark.parametrize(
    "bad", ["Europe/Bonn", "", "Europe", "../UTC", "/UTC", "zone.tab", "UTC\0", "x" * 999, 1, None]
)
def test_a_time_zone_is_a_known_one(bad: object) -> None:
    refused({**MONDAY, "timezone": bad})


@pytest.mark.parametrize("day", ["monday", "Mon", "mo", "", "0", "2026-11-23"])
def test_days_are_mon_to_sun(day: str) -> None:
    refused({**MONDAY, "weekly": {day: []}})


@pytest.mark.parametrize(
    "fields",
    [{"weekly": []}, {"holiday": ["2026-12-25"]}, {"holidays": "2026-12-25"}, {"name": 1}],
)
def test_a_field_that_is_unknown_or_of_another_shape_is_refused(fields: dict[str, object]) -> None:
    refused({**MONDAY, **fields})


# Laws


class Case(NamedTuple):
    plain: Plain
    calendar: Calendar
    moments: list[datetime]


@st.composite
def cases(draw: st.DrawFn, count: int = 2) -> Case:
    """A calendar and moments, earliest first, near what is unusual in its zone."""
    plain = draw(calendars())
    return Case(plain, msgspec.convert(plain, Calendar), draw(moments_in_order(plain, count)))


def added(calendar: Calendar, start: datetime, duration: timedelta) -> datetime | None:
    found = calendar.add(start, duration)
    return found and found.astimezone(UTC)


@given(cases())
def test_business_time_is_what_the_slow_calendar_counts(case: Case) -> None:
    start, end = case.moments
    assert case.calendar.between(start, end) == slow_between(case.plain, start, end)


@given(cases(1), durations())
def test_a_due_moment_is_where_the_slow_calendar_arrives(case: Case, duration: timedelta) -> None:
    [start] = case.moments
    assert added(case.calendar, start, duration) == slow_add(case.plain, start, duration)


@settings(max_examples=10)  # years take the slow calendar a while
@given(cases(1), st.timedeltas(timedelta(days=300), timedelta(days=1500)))
def test_years_are_what_the_slow_calendar_counts(case: Case, years: timedelta) -> None:
    [start] = case.moments
    told = case.calendar.between(start, start + years)
    assert told == slow_between(case.plain, start, start + years)


@given(cases(3))
def test_time_in_two_parts_adds_up(case: Case) -> None:
    a, b, c = case.moments
    between = case.calendar.between
    assert between(a, b) + between(b, c) == between(a, c)


@given(st.data())
def test_time_in_two_parts_adds_up_over_many_years(data: st.DataObject) -> None:
    plain = data.draw(calendars())
    a, b, c = sorted(data.draw(moments(plain)) for _ in range(3))
    between = msgspec.convert(plain, Calendar).between
    assert between(a, b) + between(b, c) == between(a, c)


@given(cases(1), durations())
def test_what_is_added_has_passed_and_not_a_moment_sooner(case: Case, duration: timedelta) -> None:
    [start] = case.moments
    if found := added(case.calendar, start, duration):
        assert case.calendar.between(start, found) == duration
        assert case.calendar.between(start, found - RESOLUTION) < duration


@given(cases(2))
def test_adding_the_time_between_arrives_no_later(case: Case) -> None:
    start, end = case.moments
    found = added(case.calendar, start, case.calendar.between(start, end))
    assert found is not None
    assert found <= end
    assert case.calendar.between(found, end) == NOTHING


@given(cases(1), durations(), durations())
def test_adding_in_two_steps_is_adding_at_once(case: Case, a: timedelta, b: timedelta) -> None:
    [start] = case.moments
    halfway, at_once = added(case.calendar, start, a), added(case.calendar, start, a + b)
    if halfway is not None and at_once is not None:
        assert added(case.calendar, halfway, b) == at_once


@given(cases())
def test_business_time_is_no_longer_than_the_time_that_passes(case: Case) -> None:
    start, end = case.moments
    assert NOTHING <= case.calendar.between(start, end) <= end - start
    assert case.calendar.between(end, start) == NOTHING


@given(cases(3))
def test_a_longer_time_has_no_less_business_time(case: Case) -> None:
    a, b, c = case.moments
    inner = case.calendar.between(b, c)
    assert max(case.calendar.between(a, b), inner) <= case.calendar.between(a, c)


@given(cases(2), durations(), durations())
def test_a_later_start_or_a_longer_duration_is_due_no_sooner(
    case: Case, a: timedelta, b: timedelta
) -> None:
    start, later = case.moments
    soon = added(case.calendar, start, a)
    for other in (added(case.calendar, later, a), added(case.calendar, start, a + b)):
        assert soon is None or other is None or soon <= other


@given(cases(2), durations(), st.sampled_from(sorted(UNUSUAL_DAYS)).map(ZoneInfo))
def test_the_zone_in_which_moments_are_written_changes_nothing(
    case: Case, duration: timedelta, zone: ZoneInfo
) -> None:
    calendar, (start, end) = case.calendar, case.moments
    there, then = start.astimezone(zone), end.astimezone(zone)
    assert calendar.between(there, then) == calendar.between(start, end)
    assert added(calendar, there, duration) == added(calendar, start, duration)


@given(cases(2))
def test_a_calendar_written_and_read_is_the_same(case: Case) -> None:
    calendar, (start, end) = case.calendar, case.moments
    told = calendar.between(start, end)
    again = msgspec.convert(msgspec.to_builtins(calendar), Calendar)
    from_json = msgspec.json.decode(msgspec.json.encode(calendar), type=Calendar)
    assert again == calendar == from_json
    assert again.between(start, end) == told
