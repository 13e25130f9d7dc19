"""Every sentence of the SLA's meaning, told as the desk lives it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from given import NOON, OPENED, at_minute, opened, recorded
from sla_stories import (
    ALWAYS,
    IN_OFFICE_HOURS,
    OFFICE,
    STANDARD,
    Breach,
    Cycle,
    Stay,
    answer,
    first_response,
    next_response,
    policy,
    replaced,
    resolution,
    sla,
)

from ticketdomain.events import (
    AssigneeChanged,
    CategoryChanged,
    CustomFieldsMerged,
    DescriptionChanged,
    DueDateChanged,
    NoteAdded,
    SubjectChanged,
    TagsReplaced,
    TicketEvent,
)
from ticketdomain.json_values import JsonObject
from ticketprojections.sla import measure

SUNDAYS: JsonObject = {**OFFICE, "weekly": {"sun": [["00:00", "24:00"]]}}
QUICK = policy("quick", p3=("PT30M", "PT30M", "PT2H"))
VIP = policy("vip", match={"tag": "vip"}, p3=("PT10M", "PT10M", "PT1H"))
VIP_IN_OFFICE_HOURS = policy(calendar=OFFICE, match={"tag": "vip"})


def test_the_first_response_is_awaited_from_the_opening_on() -> None:
    clock = first_response("12:00 opened; 12:20 asked")
    assert (clock.state, clock.elapsed_seconds) == ("running", 1200)
    assert (clock.started_at, clock.due_at) == ("2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z")


def test_an_agents_first_public_reply_is_the_first_response() -> None:
    clock = first_response("12:00 opened; 12:20 agent replies; 12:30 asked")
    assert (clock.state, clock.elapsed_seconds) == ("met", 1200)
    assert (clock.ended_at, clock.due_at) == ("2026-11-23T12:20:00Z", None)


@pytest.mark.parametrize("status", ["in_progress", "resolved", "closed"])
def test_taking_up_or_finishing_a_ticket_is_a_first_response(status: str) -> None:
    clock = first_response(f"12:00 opened; 12:20 {status}; 12:30 asked")
    assert (clock.state, clock.ended_at) == ("met", "2026-11-23T12:20:00Z")


def test_a_status_that_is_no_response_leaves_the_first_response_open() -> None:
    clock = first_response("12:00 opened; 12:20 pending; 12:30 asked")
    assert (clock.state, clock.elapsed_seconds) == ("running", 1800)


@pytest.mark.parametrize("earlier", ["agent replies", "in_progress", "resolved"])
@pytest.mark.parametrize("later", ["agent replies", "in_progress", "closed"])
def test_the_earliest_of_reply_and_status_is_the_first_response(earlier: str, later: str) -> None:
    clock = first_response(f"12:00 opened; 12:20 {earlier}; 12:40 {later}; 13:30 asked")
    assert (clock.elapsed_seconds, clock.ended_at) == (1200, "2026-11-23T12:20:00Z")


@pytest.mark.parametrize("status", ["in_progress", "resolved", "closed"])
def test_being_opened_in_a_response_status_counts_as_the_first_response(status: str) -> None:
    clock = first_response(f"12:00 opened {status}; 12:20 agent replies; 12:30 asked")
    assert (clock.state, clock.elapsed_seconds) == ("met", 0)
    assert clock.ended_at == "2026-11-23T12:00:00Z"


def test_being_opened_pending_is_no_first_response() -> None:
    clock = first_response("12:00 opened pending; 12:20 asked")
    assert (clock.state, clock.due_at) == ("running", "2026-11-23T13:00:00Z")


def test_the_first_response_never_pauses() -> None:
    waiting = first_response("12:00 opened; 12:10 pending; 12:40 asked")
    assert (waiting.state, waiting.elapsed_seconds) == ("running", 2400)
    back = first_response("12:00 opened; 12:10 pending; 12:30 open; 12:40 asked")
    assert (back.elapsed_seconds, back.due_at) == (2400, "2026-11-23T13:00:00Z")


def test_a_reply_while_the_ticket_waits_is_a_first_response() -> None:
    clock = first_response("12:00 opened; 12:10 pending; 12:20 agent replies; 12:30 asked")
    assert (clock.state, clock.ended_at) == ("met", "2026-11-23T12:20:00Z")


def test_an_agent_who_replies_twice_responded_with_the_first_reply() -> None:
    clock = first_response("12:00 opened; 12:20 agent replies; 14:00 agent replies; 15:00 asked")
    assert (clock.state, clock.ended_at) == ("met", "2026-11-23T12:20:00Z")


def test_a_customers_reply_is_no_first_response() -> None:
    assert first_response("12:00 opened; 12:20 customer replies; 12:30 asked").ended_at is None


def test_an_internal_note_is_no_first_response() -> None:
    assert first_response("12:00 opened; 12:20 note; 12:30 asked").state == "running"


@pytest.mark.parametrize("status", ["in_progress", "resolved", "closed"])
def test_a_status_that_the_customers_reply_caused_is_no_first_response(status: str) -> None:
    clock = first_response(f"12:00 opened; 12:20 customer replies, {status}; 12:30 asked")
    assert (clock.state, clock.elapsed_seconds) == ("running", 1800)


def test_a_customers_reply_causes_all_that_follows_it_in_its_update() -> None:
    clock = first_response(
        "12:00 opened; 12:20 customer replies, tagged late, in_progress; 12:30 asked"
    )
    assert clock.state == "running"


def test_an_agent_who_takes_the_ticket_up_later_responds_after_all() -> None:
    clock = first_response(
        "12:00 opened; 12:10 customer replies, in_progress; 12:20 open; 12:30 in_progress; "
        "12:40 asked"
    )
    assert (clock.state, clock.ended_at) == ("met", "2026-11-23T12:30:00Z")


def test_an_agents_update_at_the_very_instant_of_a_customers_reply_is_the_agents() -> None:
    clock = first_response("12:00 opened; 12:20 customer replies; 12:20 in_progress; 12:30 asked")
    assert (clock.state, clock.ended_at) == ("met", "2026-11-23T12:20:00Z")


def test_a_status_before_the_customers_reply_in_one_update_was_not_caused_by_it() -> None:
    clock = first_response("12:00 opened; 12:20 in_progress, customer replies; 12:30 asked")
    assert (clock.state, clock.ended_at) == ("met", "2026-11-23T12:20:00Z")


def test_a_status_after_an_agents_reply_in_one_update_is_the_agents() -> None:
    clock = next_response(
        "12:00 opened; 12:10 customer replies; 12:20 agent replies, resolved; 12:30 asked"
    )
    assert (clock.state, clock.ended_at) == ("met", "2026-11-23T12:20:00Z")


def test_the_first_response_does_not_begin_anew_when_a_ticket_is_reopened() -> None:
    clock = first_response("12:00 opened; 12:20 resolved; 13:00 open; 15:00 asked")
    assert (clock.state, clock.ended_at) == ("met", "2026-11-23T12:20:00Z")


def test_no_next_response_is_due_before_the_customer_has_replied() -> None:
    assert sla("12:00 opened; 13:00 asked").next_response is None
    assert sla("12:00 opened; 12:20 agent replies; 13:00 asked").next_response is None
    assert sla("12:00 opened; 12:20 note; 12:30 pending; 13:00 asked").next_response is None


def test_the_next_response_is_awaited_from_the_customers_reply_on() -> None:
    clock = next_response("12:00 opened; 12:10 customer replies; 13:00 asked")
    assert (clock.state, clock.elapsed_seconds) == ("running", 3000)
    assert (clock.started_at, clock.due_at) == ("2026-11-23T12:10:00Z", "2026-11-23T14:10:00Z")


def test_the_oldest_reply_that_no_agent_has_answered_counts() -> None:
    clock = next_response(
        "12:00 opened; 12:10 customer replies; 12:40 customer replies; 13:00 asked"
    )
    assert (clock.started_at, clock.elapsed_seconds) == ("2026-11-23T12:10:00Z", 3000)


def test_an_agents_next_public_reply_is_the_next_response() -> None:
    clock = next_response("12:00 opened; 12:10 customer replies; 12:40 agent replies; 13:00 asked")
    assert (clock.state, clock.elapsed_seconds) == ("met", 1800)
    assert (clock.ended_at, clock.due_at) == ("2026-11-23T12:40:00Z", None)


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_finishing_the_ticket_is_a_next_response(status: str) -> None:
    clock = next_response(f"12:00 opened; 12:10 customer replies; 12:40 {status}; 13:00 asked")
    assert (clock.state, clock.ended_at) == ("met", "2026-11-23T12:40:00Z")


@pytest.mark.parametrize("deed", ["note", "in_progress", "pending", "priority 3", "tagged vip"])
def test_nothing_else_is_a_next_response(deed: str) -> None:
    clock = next_response(f"12:00 opened; 12:10 customer replies; 12:40 {deed}; 13:00 asked")
    assert (clock.state, clock.elapsed_seconds) == ("running", 3000)


@pytest.mark.parametrize("status", ["in_progress", "resolved", "closed"])
def test_a_status_that_the_customers_reply_caused_is_no_next_response(status: str) -> None:
    clock = next_response(
        f"12:00 opened; 12:10 customer replies; 12:40 customer replies, {status}; 13:00 asked"
    )
    assert (clock.state, clock.started_at) == ("running", "2026-11-23T12:10:00Z")


def test_the_next_response_never_pauses() -> None:
    clock = next_response(
        "12:00 opened; 12:10 customer replies; 12:20 pending; 12:50 open; 13:00 asked"
    )
    assert (clock.elapsed_seconds, clock.due_at) == (3000, "2026-11-23T14:10:00Z")


def test_a_customer_who_writes_before_any_agent_awaits_both_responses() -> None:
    waiting = "12:00 opened; 12:10 customer replies; 12:30 asked"
    assert first_response(waiting).due_at == "2026-11-23T13:00:00Z"
    assert next_response(waiting).due_at == "2026-11-23T14:10:00Z"


def test_one_reply_is_the_first_response_and_the_next_one() -> None:
    answered = "12:00 opened; 12:10 customer replies; 12:40 agent replies; 13:00 asked"
    assert first_response(answered).elapsed_seconds == 2400
    assert next_response(answered).elapsed_seconds == 1800


def test_the_outcome_stays_until_the_customer_writes_again() -> None:
    clock = next_response(
        "12:00 opened; 12:10 customer replies; 14:40 agent replies; 15:00 agent replies; "
        "Wed 18:00 asked"
    )
    assert (clock.state, clock.elapsed_seconds) == ("missed", 9000)
    assert (clock.ended_at, clock.breached_at) == ("2026-11-23T14:40:00Z", "2026-11-23T14:10:00Z")


def test_a_customer_who_writes_again_awaits_a_new_response() -> None:
    clock = next_response(
        "12:00 opened; 12:10 customer replies; 14:40 agent replies; 15:00 customer replies; "
        "15:30 asked"
    )
    assert (clock.state, clock.elapsed_seconds, clock.breached_at) == ("running", 1800, None)
    assert (clock.started_at, clock.due_at) == ("2026-11-23T15:00:00Z", "2026-11-23T17:00:00Z")


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_a_reply_to_a_finished_ticket_that_stays_finished_awaits_a_response(status: str) -> None:
    clock = next_response(f"12:00 opened; 13:00 {status}; 14:00 customer replies; 14:10 asked")
    assert (clock.state, clock.started_at) == ("running", "2026-11-23T14:00:00Z")


def test_a_reply_that_reopens_a_ticket_awaits_a_response() -> None:
    clock = next_response("12:00 opened; 13:00 resolved; 14:00 customer replies, open; 14:10 asked")
    assert (clock.state, clock.due_at) == ("running", "2026-11-23T16:00:00Z")


def test_closing_a_resolved_ticket_answers_the_customers_reply() -> None:
    clock = next_response(
        "12:00 opened; 13:00 resolved; 14:00 customer replies; 14:20 closed; 15:00 asked"
    )
    assert (clock.state, clock.ended_at) == ("met", "2026-11-23T14:20:00Z")


def test_a_reply_answered_in_the_same_instant_took_no_time() -> None:
    clock = next_response("12:00 opened; 12:10 customer replies; 12:10 resolved; 13:00 asked")
    assert (clock.state, clock.elapsed_seconds) == ("met", 0)


def test_the_resolution_is_awaited_from_the_opening_on() -> None:
    clock = resolution("12:00 opened; 13:00 asked")
    assert (clock.state, clock.target_seconds, clock.elapsed_seconds) == ("running", 14400, 3600)
    assert (clock.started_at, clock.due_at) == ("2026-11-23T12:00:00Z", "2026-11-23T16:00:00Z")


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_resolving_or_closing_ends_the_resolution(status: str) -> None:
    metrics = sla(f"12:00 opened; 13:00 {status}; 18:00 asked")
    assert (metrics.resolution.state, metrics.resolution.elapsed_seconds) == ("met", 3600)
    assert metrics.resolution.ended_at == "2026-11-23T13:00:00Z"
    assert metrics.first_resolved_at == "2026-11-23T13:00:00Z"


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_a_ticket_opened_finished_is_resolved_at_once(status: str) -> None:
    metrics = sla(f"12:00 opened {status}; 13:00 asked")
    assert (metrics.resolution.state, metrics.resolution.elapsed_seconds) == ("met", 0)
    assert metrics.resolution.ended_at == "2026-11-23T12:00:00Z"
    assert metrics.first_resolved_at == "2026-11-23T12:00:00Z"


@pytest.mark.parametrize("deed", ["agent replies", "customer replies", "in_progress", "note"])
def test_nothing_else_ends_the_resolution(deed: str) -> None:
    clock = resolution(f"12:00 opened; 12:30 {deed}; 13:00 asked")
    assert (clock.state, clock.due_at) == ("running", "2026-11-23T16:00:00Z")


@pytest.mark.parametrize("status", ["pending", "on_hold"])
def test_the_resolution_pauses_while_the_ticket_waits(status: str) -> None:
    clock = resolution(f"12:00 opened; 13:00 {status}; 14:00 asked")
    assert (clock.state, clock.elapsed_seconds, clock.due_at) == ("paused", 3600, None)


def test_the_resolution_goes_on_after_the_wait() -> None:
    clock = resolution("12:00 opened; 13:00 pending; 15:00 open; 15:30 asked")
    assert (clock.state, clock.elapsed_seconds) == ("running", 5400)
    assert (clock.started_at, clock.due_at) == ("2026-11-23T12:00:00Z", "2026-11-23T18:00:00Z")


def test_one_wait_may_follow_another() -> None:
    clock = resolution("12:00 opened; 13:00 pending; 14:00 on_hold; 15:00 open; 15:30 asked")
    assert (clock.state, clock.elapsed_seconds) == ("running", 5400)


def test_two_waits_both_pause_the_resolution() -> None:
    clock = resolution(
        "12:00 opened; 12:30 pending; 13:00 open; 13:30 on_hold; 15:00 open; 15:30 asked"
    )
    assert (clock.elapsed_seconds, clock.due_at) == (5400, "2026-11-23T18:00:00Z")


def test_a_ticket_opened_pending_waits_from_the_start() -> None:
    clock = resolution("12:00 opened pending; 13:00 asked")
    assert (clock.state, clock.elapsed_seconds, clock.due_at) == ("paused", 0, None)
    woken = resolution("12:00 opened pending; 13:00 open; 13:10 asked")
    assert (woken.started_at, woken.due_at) == ("2026-11-23T12:00:00Z", "2026-11-23T17:00:00Z")


def test_a_waiting_ticket_can_be_resolved() -> None:
    clock = resolution("12:00 opened; 13:00 pending; 19:00 resolved; 20:00 asked")
    assert (clock.state, clock.elapsed_seconds) == ("met", 3600)
    assert clock.ended_at == "2026-11-23T19:00:00Z"


def test_a_wait_of_no_length_changes_nothing() -> None:
    metrics = sla("12:00 opened; 13:00 pending; 13:00 open; 14:00 asked")
    assert metrics.resolution == resolution("12:00 opened; 14:00 asked")
    assert metrics.time_in_status == {"open": Stay(7200, 7200), "pending": Stay(0, 0)}


def test_two_changes_within_one_second_are_told_apart() -> None:
    metrics = sla("12:00 opened; 12:00:00.200000 pending; 12:00:00.700000 open; 12:00:10 asked")
    assert metrics.resolution.elapsed_seconds == 9
    assert metrics.resolution.due_at == "2026-11-23T16:00:00.500000Z"


def test_a_customers_reply_pauses_the_resolution_by_the_status_it_causes() -> None:
    clock = resolution("12:00 opened; 13:00 customer replies, on_hold; 14:00 asked")
    assert (clock.state, clock.elapsed_seconds) == ("paused", 3600)


def test_a_customers_reply_sets_the_resolution_going_again() -> None:
    clock = resolution("12:00 opened; 13:00 pending; 14:00 customer replies, open; 15:00 asked")
    assert (clock.state, clock.elapsed_seconds) == ("running", 7200)


def test_a_customers_reply_reopens_a_ticket() -> None:
    metrics = sla("12:00 opened; 13:00 resolved; 14:00 customer replies, open; 15:00 asked")
    assert (metrics.reopen_count, metrics.resolution.elapsed_seconds) == (1, 7200)


def test_a_customer_who_says_it_is_solved_ends_the_resolution_but_still_awaits_an_answer() -> None:
    metrics = sla("12:00 opened; 12:20 customer replies, resolved; 13:00 closed; 14:00 asked")
    assert metrics.resolution.ended_at == "2026-11-23T12:20:00Z"
    assert metrics.first_response.ended_at == "2026-11-23T13:00:00Z"
    assert metrics.next_response is not None
    assert metrics.next_response.ended_at == "2026-11-23T13:00:00Z"


def test_a_status_that_no_workflow_knows_acts_by_the_category_recorded_with_it() -> None:
    metrics = sla(
        "12:00 opened triage/active; 12:30 parts/waiting; 13:00 sent/active; "
        "13:30 delivered/resolved; 14:00 asked"
    )
    assert (metrics.resolution.state, metrics.resolution.elapsed_seconds) == ("met", 3600)
    assert list(metrics.time_in_status) == ["triage", "parts", "sent", "delivered"]


def test_a_status_keeps_the_category_it_had_when_it_was_entered() -> None:
    clock = resolution("12:00 opened; 12:30 pending/active; 13:00 asked")
    assert (clock.state, clock.elapsed_seconds) == ("running", 3600)


def test_a_second_resolved_status_answers_a_reply_but_resolves_nothing_anew() -> None:
    paid = "12:00 opened; 13:00 resolved; 13:10 customer replies; 13:30 paid/resolved; 14:00 asked"
    assert next_response(paid).ended_at == "2026-11-23T13:30:00Z"
    assert resolution(paid).ended_at == "2026-11-23T13:00:00Z"


def test_elapsed_time_is_business_time_beside_the_time_on_the_wall() -> None:
    clock = resolution("15:00 opened; Tue 09:00 asked", under=IN_OFFICE_HOURS)
    assert (clock.elapsed_seconds, clock.wall_seconds) == (7200, 64800)


def test_pauses_are_cut_out_of_the_time_on_the_wall_too() -> None:
    clock = resolution(
        "12:00 opened; 13:00 pending; 15:00 open; 15:30 resolved; 16:00 open; 16:10 asked"
    )
    assert (clock.elapsed_seconds, clock.wall_seconds) == (6000, 6000)


def test_pauses_are_measured_in_business_time() -> None:
    clock = resolution(
        "14:00 opened; 15:00 pending; Tue 09:00 open; Tue 09:30 asked", under=IN_OFFICE_HOURS
    )
    assert (clock.elapsed_seconds, clock.wall_seconds) == (5400, 5400)
    assert clock.due_at == "2026-11-24T12:00:00Z"


def test_a_wait_over_the_weekend_costs_only_the_office_hours_in_it() -> None:
    metrics = sla(
        "Fri 15:00 opened; Fri 15:30 pending; 2026-11-30 08:30 open; 2026-11-30 09:00 asked",
        under=IN_OFFICE_HOURS,
    )
    assert metrics.time_in_status["pending"] == Stay(3600, 234000)
    assert metrics.resolution.due_at == "2026-11-30T12:00:00Z"


def test_a_ticket_left_open_over_the_weekend_is_due_on_monday() -> None:
    clock = resolution("Fri 15:00 opened; Sun 10:00 asked", under=IN_OFFICE_HOURS)
    assert (clock.elapsed_seconds, clock.wall_seconds) == (3600, 154800)
    assert clock.due_at == "2026-11-30T11:00:00Z"


def test_a_ticket_opened_at_night_counts_from_the_morning() -> None:
    clock = first_response("19:00 opened; Tue 08:20 asked", under=IN_OFFICE_HOURS)
    assert (clock.elapsed_seconds, clock.wall_seconds) == (1200, 48000)
    assert (clock.started_at, clock.due_at) == ("2026-11-23T19:00:00Z", "2026-11-24T09:00:00Z")


def test_a_night_ticket_answered_at_night_took_no_business_time() -> None:
    clock = first_response(
        "19:00 opened; 22:00 agent replies; Tue 09:00 asked", under=IN_OFFICE_HOURS
    )
    assert (clock.state, clock.elapsed_seconds, clock.wall_seconds) == ("met", 0, 10800)


def test_elapsed_time_is_shown_in_whole_seconds_rounded_down() -> None:
    clock = first_response("12:00:00.100000 opened; 12:00:09.999999 asked")
    assert (clock.elapsed_seconds, clock.wall_seconds) == (9, 9)


def test_elapsed_time_is_compared_exactly() -> None:
    clock = first_response("12:00 opened; 13:00:00.000001 agent replies; 14:00 asked")
    assert (clock.state, clock.elapsed_seconds) == ("missed", 3600)
    assert clock.breached_at == "2026-11-23T13:00:00Z"


def test_what_falls_due_at_closing_time_is_due_at_closing_time() -> None:
    clock = first_response("15:00 opened; 15:10 asked", under=IN_OFFICE_HOURS)
    assert clock.due_at == "2026-11-23T16:00:00Z"


def test_nothing_is_due_on_a_clock_that_waits_has_ended_or_has_no_target() -> None:
    assert resolution("12:00 opened; 12:10 pending; 12:20 asked").due_at is None
    assert resolution("12:00 opened; 12:10 resolved; 12:20 asked").due_at is None
    assert resolution("12:00 opened priority 4; 12:20 asked").due_at is None


def test_what_takes_more_than_ten_years_is_never_due() -> None:
    a_minute_a_week: JsonObject = {**ALWAYS, "weekly": {"mon": [["09:00", "09:01"]]}}
    weekly = policy(calendar=a_minute_a_week, p3=("PT1M", "PT1M", "PT24H"))
    clock = resolution("Tue 12:00 opened; Wed 12:00 asked", under=weekly)
    assert (clock.state, clock.due_at) == ("running", None)


def test_a_calendar_far_away_counts_its_own_mornings() -> None:
    new_york = policy(calendar={**OFFICE, "timezone": "America/New_York"})
    clock = first_response("12:00 opened; 14:20 asked", under=new_york)
    assert (clock.elapsed_seconds, clock.due_at) == (1200, "2026-11-23T15:00:00Z")


def test_a_holiday_has_no_business_time() -> None:
    tuesday_off = policy(calendar={**OFFICE, "holidays": ["2026-11-24"]})
    clock = first_response("15:30 opened; Wed 08:10 asked", under=tuesday_off)
    assert (clock.elapsed_seconds, clock.due_at) == (2400, "2026-11-25T08:30:00Z")


def test_a_sunday_that_loses_an_hour_has_23() -> None:
    sundays = policy(calendar=SUNDAYS, p3=("PT1H", "PT2H", "PT23H"))
    clock = resolution("2026-03-28 12:00 opened; 2026-03-29 10:00 asked", under=sundays)
    assert (clock.elapsed_seconds, clock.due_at) == (39600, "2026-03-29T22:00:00Z")


def test_a_sunday_that_gains_an_hour_has_25() -> None:
    sundays = policy(calendar=SUNDAYS, p3=("PT1H", "PT2H", "PT25H"))
    clock = resolution("2026-10-24 12:00 opened; 2026-10-25 11:00 asked", under=sundays)
    assert (clock.elapsed_seconds, clock.due_at) == (46800, "2026-10-25T23:00:00Z")


def test_monday_begins_at_nine_also_after_the_clocks_changed() -> None:
    spring = "2026-03-27 15:30 opened; 2026-03-28 12:00 asked"
    assert first_response(spring, under=IN_OFFICE_HOURS).due_at == "2026-03-30T07:30:00Z"
    autumn = "2026-10-23 14:30 opened; 2026-10-24 12:00 asked"
    assert first_response(autumn, under=IN_OFFICE_HOURS).due_at == "2026-10-26T08:30:00Z"


def test_exactly_on_target_is_met() -> None:
    clock = first_response("12:00 opened; 13:00 agent replies; 14:00 asked")
    assert (clock.state, clock.elapsed_seconds, clock.breached_at) == ("met", 3600, None)


def test_a_clock_is_breached_when_more_than_the_target_has_elapsed() -> None:
    assert first_response("12:00 opened; 13:00 asked").state == "running"
    late = first_response("12:00 opened; 13:00:00.000001 asked")
    assert (late.state, late.elapsed_seconds) == ("breached", 3600)
    assert (late.due_at, late.breached_at) == ("2026-11-23T13:00:00Z", "2026-11-23T13:00:00Z")


def test_the_breach_is_the_instant_the_target_ran_out_and_not_when_it_was_noticed() -> None:
    clock = resolution("12:00 opened; Thu 09:00 note; Sun 12:00 asked")
    assert (clock.state, clock.breached_at) == ("breached", "2026-11-23T16:00:00Z")


def test_a_reply_after_hours_may_still_be_exactly_on_target() -> None:
    clock = first_response(
        "15:00 opened; 19:00 agent replies; Tue 12:00 asked", under=IN_OFFICE_HOURS
    )
    assert (clock.state, clock.elapsed_seconds, clock.wall_seconds) == ("met", 3600, 14400)
    assert (clock.ended_at, clock.breached_at) == ("2026-11-23T19:00:00Z", None)


def test_a_reply_after_hours_may_be_late_since_the_afternoon() -> None:
    clock = first_response(
        "14:30 opened; 19:00 agent replies; Tue 12:00 asked", under=IN_OFFICE_HOURS
    )
    assert (clock.state, clock.elapsed_seconds) == ("missed", 5400)
    assert clock.breached_at == "2026-11-23T15:30:00Z"


@pytest.mark.parametrize("when", ["16:00", "20:00", "Tue 08:00"])
def test_what_was_due_at_closing_time_is_not_late_before_the_next_opening(when: str) -> None:
    metrics = sla(f"15:00 opened; {when} asked", under=IN_OFFICE_HOURS)
    assert (metrics.first_response.state, metrics.breaches) == ("running", [])
    assert metrics.first_response.due_at == "2026-11-23T16:00:00Z"


def test_what_was_due_at_closing_time_is_late_since_then_once_the_office_opens() -> None:
    metrics = sla("15:00 opened; Tue 08:00:00.000001 asked", under=IN_OFFICE_HOURS)
    assert metrics.first_response.state == "breached"
    assert metrics.first_response.breached_at == "2026-11-23T16:00:00Z"
    assert metrics.breaches == [Breach("first_response", 3600, "2026-11-23T16:00:00Z")]


def test_a_clock_that_ends_late_is_missed_and_keeps_its_breach() -> None:
    clock = resolution("12:00 opened; 17:00 resolved; Fri 12:00 asked")
    assert (clock.state, clock.elapsed_seconds, clock.due_at) == ("missed", 18000, None)
    assert (clock.ended_at, clock.breached_at) == ("2026-11-23T17:00:00Z", "2026-11-23T16:00:00Z")


def test_a_clock_that_waits_while_late_is_paused_and_keeps_its_breach() -> None:
    clock = resolution("12:00 opened; 17:00 pending; 18:00 asked")
    assert (clock.state, clock.elapsed_seconds, clock.due_at) == ("paused", 18000, None)
    assert clock.breached_at == "2026-11-23T16:00:00Z"


def test_a_clock_that_waits_in_time_does_not_become_late() -> None:
    metrics = sla("12:00 opened; 12:10 agent replies; 13:00 pending; Sun 12:00 asked")
    assert (metrics.resolution.state, metrics.resolution.breached_at) == ("paused", None)
    assert metrics.breaches == []


def test_a_pause_after_closing_time_does_not_make_a_clock_late_that_is_on_target() -> None:
    """Times are UTC, the office closes at 16:00: eight hours have run by then, and no more."""
    whole_day = policy(calendar=OFFICE, p3=(None, None, "PT8H"))
    told = "08:00 opened; 19:00 pending; Tue 19:00 customer replies, open; Tue 20:00 asked"
    assert resolution(told, under=whole_day).state == "running"
    assert sla(told.replace("asked", "resolved; Tue 21:00 asked"), under=whole_day).breaches == []


def test_a_missed_end_stays_listed_though_a_looser_target_follows() -> None:
    told = "12:00 opened; 12:05 agent replies; 13:30 priority 1, resolved; 15:00 priority 3, open"
    (breach,) = sla(f"{told}; 15:30 asked").breaches
    assert (breach.clock, breach.breached_at) == ("resolution", "2026-11-23T13:00:00Z")


def test_a_clock_that_waits_exactly_on_target_is_late_only_when_it_goes_on() -> None:
    assert resolution("12:00 opened; 16:00 pending; 17:00 asked").breached_at is None
    late = resolution("12:00 opened; 16:00 pending; 18:00 open; 18:30 asked")
    assert (late.state, late.breached_at) == ("breached", "2026-11-23T16:00:00Z")


def test_every_breach_of_every_clock_is_listed_oldest_first() -> None:
    assert sla("12:00 opened; 12:10 customer replies; 18:00 asked").breaches == [
        Breach("first_response", 3600, "2026-11-23T13:00:00Z"),
        Breach("next_response", 7200, "2026-11-23T14:10:00Z"),
        Breach("resolution", 14400, "2026-11-23T16:00:00Z"),
    ]


def test_a_late_answer_stays_listed_when_the_customer_has_written_again() -> None:
    metrics = sla(
        "12:00 opened; 12:05 agent replies; 12:10 customer replies; 14:40 agent replies; "
        "15:00 customer replies; 15:30 agent replies; 15:40 asked"
    )
    assert metrics.breaches == [Breach("next_response", 7200, "2026-11-23T14:10:00Z")]


def test_every_late_answer_is_listed() -> None:
    metrics = sla(
        "12:00 opened priority 1; 12:05 agent replies, pending; 13:00 customer replies; "
        "14:00 agent replies; 15:00 customer replies; 16:00 asked"
    )
    assert metrics.breaches == [
        Breach("next_response", 1800, "2026-11-23T13:30:00Z"),
        Breach("next_response", 1800, "2026-11-23T15:30:00Z"),
    ]


def test_a_reopened_resolution_goes_on_from_the_original_start() -> None:
    clock = resolution("12:00 opened; 13:00 resolved; 15:00 open; 15:30 asked")
    assert (clock.state, clock.started_at) == ("running", "2026-11-23T12:00:00Z")
    assert (clock.ended_at, clock.breached_at) == (None, None)


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_the_time_spent_finished_is_cut_out_like_a_pause(status: str) -> None:
    metrics = sla(f"12:00 opened; 13:00 {status}; 15:00 open; 15:30 asked")
    assert (metrics.resolution.elapsed_seconds, metrics.reopen_count) == (5400, 1)
    assert metrics.resolution.due_at == "2026-11-23T18:00:00Z"


def test_the_finished_cycle_stays_as_it_was() -> None:
    metrics = sla("12:00 opened; 13:00 resolved; 15:00 open; Fri 12:00 asked")
    assert metrics.cycles == [Cycle("2026-11-23T13:00:00Z", 3600, 14400, "met")]
    assert metrics.first_resolved_at == "2026-11-23T13:00:00Z"


def test_a_resolution_that_no_reopening_followed_is_no_cycle() -> None:
    metrics = sla("12:00 opened; 13:00 resolved; 15:00 asked")
    assert (metrics.cycles, metrics.reopen_count) == ([], 0)


def test_a_ticket_reopened_late_is_late_at_once() -> None:
    metrics = sla("12:00 opened; 17:00 resolved; 18:00 open; 18:00 asked")
    assert (metrics.resolution.state, metrics.resolution.elapsed_seconds) == ("breached", 18000)
    assert metrics.resolution.breached_at == "2026-11-23T16:00:00Z"
    assert metrics.cycles == [Cycle("2026-11-23T17:00:00Z", 18000, 14400, "missed")]


def test_a_breach_that_outlives_a_reopening_is_listed_once() -> None:
    metrics = sla("12:00 opened; 12:05 agent replies; 17:00 resolved; 18:00 open; Tue 12:00 asked")
    assert metrics.breaches == [Breach("resolution", 14400, "2026-11-23T16:00:00Z")]


def test_a_ticket_reopened_twice_has_two_cycles() -> None:
    metrics = sla("12:00 opened; 13:00 resolved; 14:00 open; 15:00 closed; 16:00 open; 16:10 asked")
    assert metrics.cycles == [
        Cycle("2026-11-23T13:00:00Z", 3600, 14400, "met"),
        Cycle("2026-11-23T15:00:00Z", 7200, 14400, "met"),
    ]
    assert (metrics.reopen_count, metrics.resolution.elapsed_seconds) == (2, 7800)


def test_a_ticket_resolved_again_shows_the_newest_outcome() -> None:
    metrics = sla("12:00 opened; 13:00 resolved; 14:00 open; 18:00 resolved; 19:00 asked")
    assert (metrics.resolution.state, metrics.resolution.elapsed_seconds) == ("missed", 18000)
    assert metrics.resolution.breached_at == "2026-11-23T17:00:00Z"
    assert metrics.first_resolved_at == "2026-11-23T13:00:00Z"


def test_a_ticket_reopened_into_waiting_waits() -> None:
    metrics = sla("12:00 opened; 13:00 resolved; 14:00 pending; 15:00 asked")
    assert (metrics.resolution.state, metrics.resolution.elapsed_seconds) == ("paused", 3600)
    assert (metrics.reopen_count, metrics.resolution.ended_at) == (1, None)
    assert metrics.cycles == [Cycle("2026-11-23T13:00:00Z", 3600, 14400, "met")]


def test_a_ticket_reopened_into_waiting_goes_on_from_there() -> None:
    clock = resolution("12:00 opened; 13:00 resolved; 14:00 pending; 15:00 open; 15:30 asked")
    assert (clock.elapsed_seconds, clock.due_at) == (5400, "2026-11-23T18:00:00Z")


def test_closing_a_resolved_ticket_does_not_move_its_end() -> None:
    metrics = sla("12:00 opened; 13:00 resolved; 15:00 closed; 16:00 asked")
    assert metrics.resolution.ended_at == "2026-11-23T13:00:00Z"
    assert (metrics.resolution.elapsed_seconds, metrics.cycles) == (3600, [])
    assert metrics.reopen_count == 0


def test_a_closed_ticket_that_is_only_resolved_again_was_not_reopened() -> None:
    metrics = sla("12:00 opened; 13:00 closed; 15:00 resolved; 16:00 asked")
    assert metrics.resolution.ended_at == "2026-11-23T13:00:00Z"
    assert (metrics.reopen_count, metrics.cycles) == (0, [])


def test_a_ticket_resolved_closed_and_reopened_has_one_cycle() -> None:
    metrics = sla("12:00 opened; 13:00 resolved; 15:00 closed; 16:00 open; 16:10 asked")
    assert metrics.cycles == [Cycle("2026-11-23T13:00:00Z", 3600, 14400, "met")]
    assert (metrics.reopen_count, metrics.resolution.elapsed_seconds) == (1, 4200)


def test_a_ticket_opened_resolved_can_be_reopened() -> None:
    metrics = sla("12:00 opened resolved; 13:00 open; 13:30 asked")
    assert metrics.cycles == [Cycle("2026-11-23T12:00:00Z", 0, 14400, "met")]
    assert metrics.resolution.started_at == "2026-11-23T12:00:00Z"
    assert metrics.resolution.due_at == "2026-11-23T17:00:00Z"


def test_a_ticket_resolved_for_no_time_at_all_was_still_reopened() -> None:
    metrics = sla("12:00 opened; 13:00 resolved; 13:00 open; 14:00 asked")
    assert (metrics.reopen_count, metrics.resolution.elapsed_seconds) == (1, 7200)
    assert metrics.cycles == [Cycle("2026-11-23T13:00:00Z", 3600, 14400, "met")]


def test_the_time_spent_resolved_overnight_is_cut_out_in_business_time() -> None:
    clock = resolution(
        "14:00 opened; 15:00 resolved; Tue 09:00 open; Tue 10:00 asked", under=IN_OFFICE_HOURS
    )
    assert (clock.elapsed_seconds, clock.wall_seconds) == (7200, 7200)
    assert clock.due_at == "2026-11-24T12:00:00Z"


def test_a_new_priority_counts_its_target_from_the_original_start() -> None:
    clock = resolution("12:00 opened; 12:30 priority 1; 12:40 asked")
    assert (clock.target_seconds, clock.elapsed_seconds) == (3600, 2400)
    assert (clock.started_at, clock.due_at) == ("2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z")


def test_a_new_priority_reaches_every_live_clock() -> None:
    metrics = sla("12:00 opened; 12:05 customer replies; 12:10 priority 1; 12:12 asked")
    assert metrics.first_response.due_at == "2026-11-23T12:15:00Z"
    assert metrics.next_response is not None
    assert metrics.next_response.due_at == "2026-11-23T12:35:00Z"


def test_a_new_priority_keeps_the_pauses() -> None:
    clock = resolution("12:00 opened; 12:10 pending; 12:40 open; 12:50 priority 1; 13:00 asked")
    assert (clock.elapsed_seconds, clock.due_at) == (1800, "2026-11-23T13:30:00Z")


def test_a_looser_target_sets_a_late_clock_running_again() -> None:
    clock = resolution("12:00 opened priority 1; 13:30 priority 3; 14:00 asked")
    assert (clock.state, clock.target_seconds, clock.breached_at) == ("running", 14400, None)
    assert clock.due_at == "2026-11-23T16:00:00Z"


def test_a_looser_target_does_not_rewrite_a_breach_that_had_happened() -> None:
    metrics = sla("12:00 opened priority 1; 12:05 agent replies; 13:30 priority 3; 14:00 asked")
    assert metrics.breaches == [Breach("resolution", 3600, "2026-11-23T13:00:00Z")]


def test_a_looser_target_can_run_out_as_well() -> None:
    metrics = sla("12:00 opened priority 1; 12:05 agent replies; 13:30 priority 3; 17:00 asked")
    assert metrics.breaches == [
        Breach("resolution", 3600, "2026-11-23T13:00:00Z"),
        Breach("resolution", 14400, "2026-11-23T16:00:00Z"),
    ]


def test_a_looser_target_that_comes_in_time_leaves_no_breach() -> None:
    metrics = sla("12:00 opened priority 1; 12:05 agent replies; 13:00 priority 3; 14:00 asked")
    assert (metrics.resolution.state, metrics.breaches) == ("running", [])


def test_a_tighter_target_may_have_run_out_before_it_was_set() -> None:
    tightened = "12:00 opened; 12:05 agent replies; 14:00 priority 1; "
    assert sla(tightened + "13:59:59 asked").breaches == []
    metrics = sla(tightened + "14:00 asked")
    assert metrics.resolution.breached_at == "2026-11-23T13:00:00Z"
    assert metrics.breaches == [Breach("resolution", 3600, "2026-11-23T13:00:00Z")]


def test_a_priority_lost_and_regained_leaves_each_breach_once() -> None:
    metrics = sla(
        "12:00 opened priority 1; 12:05 agent replies; 14:00 priority 3; 15:00 priority 1; "
        "15:30 asked"
    )
    assert metrics.resolution.breached_at == "2026-11-23T13:00:00Z"
    assert metrics.breaches == [Breach("resolution", 3600, "2026-11-23T13:00:00Z")]


def test_a_slip_put_right_in_the_same_instant_leaves_no_breach() -> None:
    metrics = sla(
        "12:00 opened; 12:05 agent replies; 14:00 priority 1; 14:00 priority 3; 15:00 asked"
    )
    assert (metrics.resolution.state, metrics.breaches) == ("running", [])


def test_a_slip_put_right_a_moment_later_was_a_breach_in_between() -> None:
    metrics = sla(
        "12:00 opened; 12:05 agent replies; 14:00 priority 1; 14:00:00.000001 priority 3; "
        "15:00 asked"
    )
    assert metrics.resolution.state == "running"
    assert metrics.breaches == [Breach("resolution", 3600, "2026-11-23T13:00:00Z")]


def test_a_tighter_target_may_make_a_waiting_clock_late() -> None:
    metrics = sla("12:00 opened; 12:05 agent replies; 13:30 pending; 14:00 priority 1; 15:00 asked")
    assert (metrics.resolution.state, metrics.resolution.due_at) == ("paused", None)
    assert metrics.resolution.breached_at == "2026-11-23T13:00:00Z"
    assert metrics.breaches == [Breach("resolution", 3600, "2026-11-23T13:00:00Z")]


def test_a_tighter_target_that_a_waiting_clock_has_not_used_up_leaves_it_in_time() -> None:
    waiting = "12:00 opened; 12:30 pending; 14:00 priority 1; "
    assert resolution(waiting + "15:00 asked").breached_at is None
    assert resolution(waiting + "16:00 open; 16:10 asked").due_at == "2026-11-23T16:30:00Z"


def test_a_looser_target_puts_a_late_waiting_clock_back_in_time() -> None:
    metrics = sla(
        "12:00 opened priority 1; 12:05 agent replies; 13:30 pending; 14:00 priority 3; 15:00 asked"
    )
    assert (metrics.resolution.state, metrics.resolution.breached_at) == ("paused", None)
    assert metrics.breaches == [Breach("resolution", 3600, "2026-11-23T13:00:00Z")]


def test_a_priority_changed_to_and_fro_while_waiting_lists_its_breach_once() -> None:
    metrics = sla(
        "12:00 opened; 12:05 agent replies; 13:30 pending; 14:00 priority 1; 14:30 priority 3; "
        "15:00 priority 1; 16:00 open; 16:30 asked"
    )
    assert (metrics.resolution.state, metrics.resolution.elapsed_seconds) == ("breached", 7200)
    assert metrics.breaches == [Breach("resolution", 3600, "2026-11-23T13:00:00Z")]


def test_a_first_response_already_met_stays_met() -> None:
    clock = first_response("12:00 opened; 12:40 agent replies; 13:00 priority 1; 14:00 asked")
    assert (clock.state, clock.target_seconds, clock.breached_at) == ("met", 3600, None)


def test_a_first_response_already_missed_stays_missed() -> None:
    clock = first_response(
        "12:00 opened priority 1; 12:40 agent replies; 13:00 priority 3; 14:00 asked"
    )
    assert (clock.state, clock.target_seconds) == ("missed", 900)
    assert clock.breached_at == "2026-11-23T12:15:00Z"


def test_a_next_response_already_given_stays_as_it_was() -> None:
    clock = next_response(
        "12:00 opened; 12:10 customer replies; 13:00 agent replies; 13:30 priority 1; 14:00 asked"
    )
    assert (clock.state, clock.target_seconds) == ("met", 7200)


def test_a_resolved_ticket_is_not_judged_again_by_a_new_priority() -> None:
    metrics = sla(
        "12:00 opened; 12:05 agent replies; 13:30 resolved; 14:00 priority 1; 14:30 asked"
    )
    assert (metrics.resolution.state, metrics.resolution.target_seconds) == ("met", 14400)
    assert metrics.breaches == []


def test_a_reopened_ticket_is_judged_by_its_new_priority_and_its_cycle_by_the_old() -> None:
    metrics = sla(
        "12:00 opened; 12:05 agent replies; 13:30 resolved; 14:00 priority 1; 15:00 open; "
        "15:10 asked"
    )
    assert (metrics.resolution.state, metrics.resolution.target_seconds) == ("breached", 3600)
    assert metrics.resolution.breached_at == "2026-11-23T13:00:00Z"
    assert metrics.cycles == [Cycle("2026-11-23T13:30:00Z", 5400, 14400, "met")]
    assert metrics.breaches == [Breach("resolution", 3600, "2026-11-23T13:00:00Z")]


def test_a_missed_cycle_stays_missed_when_the_reopened_ticket_is_given_time() -> None:
    metrics = sla(
        "12:00 opened priority 1; 12:05 agent replies; 14:00 resolved; 15:00 open; "
        "15:10 priority 3; 15:30 asked"
    )
    assert metrics.cycles == [Cycle("2026-11-23T14:00:00Z", 7200, 3600, "missed")]
    assert metrics.breaches == [Breach("resolution", 3600, "2026-11-23T13:00:00Z")]
    assert (metrics.resolution.state, metrics.resolution.breached_at) == ("running", None)
    assert metrics.resolution.due_at == "2026-11-23T17:00:00Z"


def test_a_missed_cycle_stays_listed_when_the_reopening_itself_gives_time() -> None:
    metrics = sla(
        "12:00 opened priority 1; 12:05 agent replies; 14:00 resolved; 15:00 priority 3, open; "
        "15:30 asked"
    )
    assert metrics.breaches == [Breach("resolution", 3600, "2026-11-23T13:00:00Z")]
    assert metrics.resolution.breached_at is None


def test_a_priority_changed_to_and_fro_while_resolved_is_no_breach() -> None:
    metrics = sla(
        "12:00 opened; 12:05 agent replies; 13:30 resolved; 14:00 priority 1; 14:30 priority 3; "
        "15:00 open; 15:10 asked"
    )
    assert (metrics.resolution.state, metrics.breaches) == ("running", [])


def test_a_looser_target_that_comes_between_closing_time_and_opening_comes_in_time() -> None:
    metrics = sla(
        "15:00 opened priority 1; 15:05 agent replies; 19:00 priority 3; Tue 09:00 asked",
        under=IN_OFFICE_HOURS,
    )
    assert (metrics.resolution.state, metrics.breaches) == ("running", [])


def test_an_update_that_tightens_and_resolves_is_judged_by_the_tighter_target() -> None:
    metrics = sla("12:00 opened; 12:05 agent replies; 13:30 priority 1, resolved; 14:00 asked")
    assert (metrics.resolution.state, metrics.resolution.target_seconds) == ("missed", 3600)
    assert metrics.breaches == [Breach("resolution", 3600, "2026-11-23T13:00:00Z")]


def test_an_update_that_loosens_and_resolves_is_met_after_a_breach() -> None:
    metrics = sla(
        "12:00 opened priority 1; 12:05 agent replies; 13:30 priority 3, resolved; 14:00 asked"
    )
    assert (metrics.resolution.state, metrics.resolution.breached_at) == ("met", None)
    assert metrics.breaches == [Breach("resolution", 3600, "2026-11-23T13:00:00Z")]


def test_a_ticket_resolved_and_then_tightened_in_one_instant_is_met() -> None:
    metrics = sla(
        "12:00 opened; 12:05 agent replies; 13:30 resolved; 13:30 priority 1; 14:00 asked"
    )
    assert (metrics.resolution.state, metrics.resolution.target_seconds) == ("met", 14400)
    assert metrics.breaches == []


@pytest.mark.parametrize("priority", [2, 4])  # 4 has empty targets, 2 is not named
def test_a_clock_without_a_target_only_runs(priority: int) -> None:
    metrics = sla(f"12:00 opened priority {priority}; Sun 12:00 asked")
    assert (metrics.resolution.state, metrics.resolution.target_seconds) == ("running", None)
    assert (metrics.resolution.due_at, metrics.resolution.breached_at) == (None, None)
    assert (metrics.first_response.state, metrics.breaches) == ("running", [])


@pytest.mark.parametrize("priority", [2, 4])
def test_a_clock_without_a_target_waits(priority: int) -> None:
    clock = resolution(f"12:00 opened priority {priority}; 13:00 pending; Sun 12:00 asked")
    assert (clock.state, clock.elapsed_seconds, clock.breached_at) == ("paused", 3600, None)


@pytest.mark.parametrize("priority", [2, 4])
def test_a_clock_without_a_target_ends_met(priority: int) -> None:
    metrics = sla(
        f"12:00 opened priority {priority}; 12:10 customer replies; Sat 12:00 resolved; "
        "Sun 12:00 asked"
    )
    clocks = (metrics.first_response, metrics.next_response, metrics.resolution)
    assert [(clock and (clock.state, clock.target_seconds)) for clock in clocks] == [
        ("met", None),
        ("met", None),
        ("met", None),
    ]


def test_a_cycle_without_a_target_was_met() -> None:
    metrics = sla("12:00 opened priority 4; Sat 12:00 closed; Sat 13:00 open; Sun 12:00 asked")
    assert metrics.cycles == [Cycle("2026-11-28T12:00:00Z", 432000, None, "met")]


def test_a_breach_stays_listed_when_the_target_is_dropped() -> None:
    metrics = sla("12:00 opened; 12:05 agent replies; 17:00 priority 4; 18:00 asked")
    assert (metrics.resolution.state, metrics.resolution.breached_at) == ("running", None)
    assert metrics.breaches == [Breach("resolution", 14400, "2026-11-23T16:00:00Z")]


def test_a_policy_may_leave_out_a_single_target() -> None:
    metrics = sla("12:00 opened; 18:00 asked", under=policy(p3=("PT1H", None, None)))
    assert (metrics.first_response.state, metrics.resolution.state) == ("breached", "running")


def test_the_first_policy_that_matches_wins() -> None:
    assert sla("12:00 opened; 12:05 asked", under=[QUICK, STANDARD]).policy == "quick"
    assert sla("12:00 opened; 12:05 asked", under=[VIP, STANDARD]).policy == "standard"
    assert sla("12:00 opened tagged vip; 12:05 asked", under=(VIP, QUICK)).policy == "vip"
    assert sla("12:00 opened tagged vip; 12:05 asked", under=(QUICK, VIP)).policy == "quick"


@pytest.mark.parametrize(
    "match",
    [
        {},
        {"priority": 3},
        {"priority": [1, 3]},
        {"category": "billing"},
        {"category": ["sales", "billing"]},
        {"tag": "vip"},
        {"tag": ["gold", "late"]},
        {"account": "acme"},
        {"account": ["initech", "acme"]},
        {"priority": [3], "category": "billing", "tag": ["vip"], "account": "acme"},
    ],
)
def test_a_policy_may_name_priority_category_tag_and_account(match: JsonObject) -> None:
    ticket = recorded(opened(priority=3, category="billing", tags=("vip", "late")))
    assert measure(ticket, policy(match=match), NOON) is not None


@pytest.mark.parametrize(
    "match",
    [
        {"priority": 1},
        {"priority": [1, 2, 4]},
        {"category": "sales"},
        {"tag": "gold"},
        {"tag": ["gold", "vi"]},
        {"account": "initech"},
        {"priority": 3, "category": "sales"},
        {"tag": "vip", "account": "initech"},
    ],
)
def test_all_that_a_policy_names_must_be_so(match: JsonObject) -> None:
    ticket = recorded(opened(priority=3, category="billing", tags=("vip", "late")))
    assert measure(ticket, policy(match=match), NOON) is None


def test_a_ticket_without_category_and_tags_matches_none_of_them() -> None:
    assert measure(recorded(OPENED), policy(match={"category": "billing"}), NOON) is None
    assert measure(recorded(OPENED), policy(match={"tag": "vip"}), NOON) is None


def test_a_ticket_that_no_policy_matches_has_no_sla() -> None:
    assert answer("12:00 opened; 13:00 asked", under=VIP) is None
    assert answer("12:00 opened; 13:00 asked", under=[VIP, VIP]) is None
    assert answer("12:00 opened; 13:00 asked", under=[]) is None


def test_before_its_opening_a_ticket_has_no_sla() -> None:
    assert answer("11:59:59.999999 asked; 12:00 opened") is None
    assert measure([], STANDARD, NOON) is None


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ("tagged late vip", {"tag": "vip"}),
        ("category billing", {"category": "billing"}),
        ("priority 1", {"priority": 1}),
    ],
)
def test_a_change_of_the_ticket_may_bring_it_under_another_policy(
    change: str, match: JsonObject
) -> None:
    policies = [policy("other", match=match), STANDARD]
    told = f"12:00 opened; 12:30 {change}; "
    assert sla(told + "12:29 asked", under=policies).policy == "standard"
    assert sla(told + "12:30 asked", under=policies).policy == "other"


def test_a_ticket_that_becomes_a_vips_counts_the_vips_target_from_the_start() -> None:
    metrics = sla(
        "12:00 opened; 12:05 agent replies; 12:30 tagged vip; 12:40 asked", under=[VIP, STANDARD]
    )
    assert metrics.resolution.due_at == "2026-11-23T13:00:00Z"
    assert metrics.first_response.target_seconds == 3600


def test_a_ticket_that_leaves_every_policy_has_no_sla() -> None:
    leaving = "12:00 opened tagged vip; 12:30 untagged; "
    assert answer(leaving + "12:29 asked", under=VIP) is not None
    assert answer(leaving + "12:30 asked", under=VIP) is None


def test_a_ticket_resolved_under_no_policy_still_has_no_sla() -> None:
    assert answer("12:00 opened; 12:30 resolved; 13:00 asked", under=VIP) is None


def test_what_ended_under_no_policy_has_no_target_and_counts_around_the_clock() -> None:
    clock = first_response(
        "15:00 opened; 18:00 agent replies; 19:00 tagged vip; 19:30 asked",
        under=VIP_IN_OFFICE_HOURS,
    )
    assert (clock.state, clock.target_seconds, clock.elapsed_seconds) == ("met", None, 10800)


def test_what_still_runs_when_a_policy_comes_is_judged_by_it_from_the_start() -> None:
    clock = resolution(
        "15:00 opened; 18:00 agent replies; 19:00 tagged vip; 19:30 asked",
        under=VIP_IN_OFFICE_HOURS,
    )
    assert (clock.elapsed_seconds, clock.wall_seconds) == (3600, 16200)
    assert clock.due_at == "2026-11-24T11:00:00Z"


def test_a_cycle_under_no_policy_has_no_target() -> None:
    metrics = sla(
        "12:00 opened; 12:40 resolved; 14:00 tagged vip; 15:00 open; 15:10 asked", under=VIP
    )
    assert metrics.cycles == [Cycle("2026-11-23T12:40:00Z", 2400, None, "met")]
    assert metrics.resolution.due_at == "2026-11-23T15:20:00Z"


def test_a_breach_stays_listed_after_a_time_under_no_policy() -> None:
    metrics = sla(
        "12:00 opened tagged vip; 12:30 agent replies; 12:40 untagged; 14:00 resolved; "
        "15:00 tagged vip; 15:10 asked",
        under=VIP,
    )
    assert metrics.breaches == [Breach("first_response", 600, "2026-11-23T12:10:00Z")]
    assert (metrics.resolution.state, metrics.resolution.target_seconds) == ("met", None)


def test_without_a_policy_only_finishing_or_replying_is_a_response() -> None:
    taken_up = "12:00 opened; 12:10 in_progress; 12:20 tagged vip; 12:30 asked"
    assert first_response(taken_up, under=policy(match={"tag": "vip"})).ended_at is None
    finished = "12:00 opened; 12:10 closed; 12:20 tagged vip; 12:30 asked"
    assert first_response(finished, under=VIP).ended_at == "2026-11-23T12:10:00Z"


def test_a_target_used_up_under_no_policy_is_late_once_a_policy_comes() -> None:
    told = "12:00 opened tagged vip; 12:05 untagged; 13:00 tagged vip; 13:00 asked"
    assert first_response(told, under=VIP).state == "breached"
    assert sla(told, under=VIP).breaches[0] == Breach("first_response", 600, "2026-11-23T12:10:00Z")


def test_a_new_policy_reaches_an_open_ticket_with_its_next_event() -> None:
    newer = replaced(STANDARD, "13:00", QUICK)
    assert resolution("12:00 opened; 15:00 asked", under=newer).target_seconds == 14400
    clock = resolution("12:00 opened; 13:30 note; 13:40 asked", under=newer)
    assert (clock.target_seconds, clock.due_at) == (7200, "2026-11-23T14:00:00Z")


def test_an_event_at_the_instant_of_publication_is_judged_by_the_new_policy() -> None:
    newer = replaced(STANDARD, "13:00", QUICK)
    assert sla("12:00 opened; 13:00 note; 13:40 asked", under=newer).policy == "quick"


def test_what_ended_under_an_old_policy_is_never_judged_again() -> None:
    metrics = sla(
        "12:00 opened; 12:40 agent replies; 12:50 resolved; 13:30 note; 14:00 asked",
        under=replaced(STANDARD, "13:00", QUICK),
    )
    assert (metrics.first_response.state, metrics.first_response.target_seconds) == ("met", 3600)
    assert (metrics.resolution.state, metrics.resolution.target_seconds) == ("met", 14400)
    assert (metrics.policy, metrics.breaches) == ("quick", [])


def test_a_clock_is_judged_by_the_policy_of_the_event_that_ends_it() -> None:
    metrics = sla(
        "12:00 opened; 13:30 agent replies; 13:40 asked", under=replaced(STANDARD, "13:00", QUICK)
    )
    assert (metrics.first_response.state, metrics.first_response.target_seconds) == ("missed", 1800)
    assert metrics.breaches == [
        Breach("first_response", 1800, "2026-11-23T12:30:00Z"),
        Breach("first_response", 3600, "2026-11-23T13:00:00Z"),
    ]


def test_a_new_policy_does_not_rewrite_a_breach_that_had_happened() -> None:
    metrics = sla(
        "12:00 opened; 12:05 agent replies; 14:30 note; 15:00 asked",
        under=replaced(QUICK, "14:15", STANDARD),
    )
    assert (metrics.resolution.state, metrics.resolution.breached_at) == ("running", None)
    assert metrics.breaches == [Breach("resolution", 7200, "2026-11-23T14:00:00Z")]


def test_a_live_clock_is_measured_anew_in_a_new_calendar() -> None:
    metrics = sla(
        "15:00 opened; 15:05 agent replies; Tue 09:30 note; Tue 10:00 asked",
        under=replaced(STANDARD, "Tue 09:00", IN_OFFICE_HOURS),
    )
    assert (metrics.calendar, metrics.resolution.elapsed_seconds) == ("office", 10800)
    assert metrics.resolution.due_at == "2026-11-24T11:00:00Z"
    assert metrics.breaches == [Breach("resolution", 14400, "2026-11-23T19:00:00Z")]


def test_the_earlier_spans_of_a_resolution_are_measured_anew_too() -> None:
    clock = resolution(
        "14:00 opened; 15:00 pending; 20:00 open; Tue 09:30 note; Tue 10:00 asked",
        under=replaced(STANDARD, "Tue 09:00", IN_OFFICE_HOURS),
    )
    assert (clock.elapsed_seconds, clock.wall_seconds) == (10800, 54000)
    assert clock.due_at == "2026-11-24T11:00:00Z"


def test_a_cycle_keeps_the_calendar_it_was_measured_in() -> None:
    metrics = sla(
        "15:00 opened; 18:00 resolved; Tue 09:00 open; Tue 10:00 asked",
        under=replaced(STANDARD, "20:00", IN_OFFICE_HOURS),
    )
    assert metrics.cycles == [Cycle("2026-11-23T18:00:00Z", 10800, 14400, "met")]
    assert metrics.resolution.elapsed_seconds == 7200


def test_new_response_statuses_count_from_their_publication_on() -> None:
    newer = replaced(STANDARD, "12:30", policy(responses=("pending",)))
    clock = first_response("12:00 opened; 12:40 pending; 12:50 asked", under=newer)
    assert clock.ended_at == "2026-11-23T12:40:00Z"
    clock = first_response("12:00 opened; 12:40 in_progress; 12:50 asked", under=newer)
    assert clock.state == "running"


def test_a_response_under_old_response_statuses_stays_one() -> None:
    newer = replaced(STANDARD, "12:30", policy(responses=("pending",)))
    clock = first_response("12:00 opened; 12:10 in_progress; 12:40 note; 12:50 asked", under=newer)
    assert (clock.state, clock.ended_at) == ("met", "2026-11-23T12:10:00Z")


def test_a_status_entered_before_it_became_a_response_is_none() -> None:
    newer = replaced(STANDARD, "12:30", policy(responses=("pending",)))
    clock = first_response("12:00 opened; 12:10 pending; 12:40 note; 12:50 asked", under=newer)
    assert (clock.state, clock.due_at) == ("running", "2026-11-23T13:00:00Z")


def test_publishing_the_same_policy_again_changes_nothing() -> None:
    told = "12:00 opened; 12:40 note; 13:30 pending; 15:00 open; 18:00 asked"
    assert sla(told, under=lambda _: policy()) == sla(told)


def test_several_policies_can_be_published_together() -> None:
    newer = replaced([STANDARD], "12:30", [VIP, QUICK])
    vip = sla("12:00 opened tagged vip; 12:40 note; 12:50 asked", under=newer)
    assert vip.policy == "vip"
    assert sla("12:00 opened; 12:40 note; 12:50 asked", under=newer).policy == "quick"


def test_what_came_after_the_moment_asked_about_is_left_out() -> None:
    asked = sla("12:00 opened; 12:30 asked; 12:40 agent replies; 13:00 resolved; 14:00 open")
    assert asked == sla("12:00 opened; 12:30 asked")


def test_what_happened_at_exactly_the_moment_asked_about_counts() -> None:
    clock = resolution("12:00 opened; 12:30 asked; 12:30 resolved; 12:30:00.000001 open")
    assert (clock.state, clock.ended_at) == ("met", "2026-11-23T12:30:00Z")


def test_asking_again_about_a_past_moment_gives_the_same_answer_under_a_later_policy() -> None:
    newer = replaced(STANDARD, "13:00", QUICK)
    asked = sla("12:00 opened; 12:30 asked; 13:30 note", under=newer)
    assert asked == sla("12:00 opened; 12:30 asked")


def test_the_moment_asked_about_may_be_told_in_any_zone() -> None:
    there = at_minute(30).astimezone(ZoneInfo("Asia/Kolkata"))
    here = msgspec.json.encode(measure(recorded(OPENED), STANDARD, at_minute(30)))
    assert msgspec.json.encode(measure(recorded(OPENED), STANDARD, there)) == here


NO_CONCERN_OF_THE_SLA: list[TicketEvent] = [
    SubjectChanged("Refund 7"),
    DescriptionChanged("Paid twice"),
    CategoryChanged("billing"),
    AssigneeChanged("jane"),
    DueDateChanged("2026-12-24"),
    TagsReplaced(("vip",)),
    CustomFieldsMerged({"order": 7}),
    NoteAdded("Ask Jane"),
]


def test_a_thousand_updates_that_are_no_concern_of_the_sla_change_nothing() -> None:
    busy = recorded(OPENED, *NO_CONCERN_OF_THE_SLA * 125, minutes=0)
    quiet = measure(recorded(OPENED), STANDARD, at_minute(30))
    assert measure(busy, STANDARD, at_minute(30)) == quiet


def test_the_time_in_each_status_is_business_time_beside_the_time_on_the_wall() -> None:
    metrics = sla("15:00 opened; 15:20 pending; Tue 09:00 asked", under=IN_OFFICE_HOURS)
    assert metrics.time_in_status == {"open": Stay(1200, 1200), "pending": Stay(6000, 63600)}


def test_several_stays_in_a_status_are_added() -> None:
    metrics = sla(
        "12:00 opened; 12:10 pending; 12:30 open; 12:40 resolved; 13:00 open; 13:05 asked"
    )
    assert metrics.time_in_status == {
        "open": Stay(1500, 1500),
        "pending": Stay(1200, 1200),
        "resolved": Stay(1200, 1200),
    }


def test_stays_are_rounded_down_after_they_are_added() -> None:
    metrics = sla("12:00 opened; 12:00:00.600000 pending; 12:00:01 open; 12:00:01.600000 asked")
    assert metrics.time_in_status == {"open": Stay(1, 1), "pending": Stay(0, 0)}


def test_statuses_are_told_in_the_order_of_their_first_entry() -> None:
    metrics = sla(
        "12:00 opened pending; 12:10 resolved; 12:20 open; 12:30 pending; 12:40 closed; 13:00 asked"
    )
    assert list(metrics.time_in_status) == ["pending", "resolved", "open", "closed"]


def test_a_status_entered_at_the_moment_asked_about_has_no_time_yet() -> None:
    metrics = sla("12:00 opened; 12:10 pending; 12:10 asked")
    assert metrics.time_in_status == {"open": Stay(600, 600), "pending": Stay(0, 0)}


def test_a_stay_that_has_ended_keeps_the_calendar_in_which_it_ended() -> None:
    metrics = sla(
        "15:00 opened; 18:00 pending; 21:00 open; Tue 09:00 asked",
        under=replaced(STANDARD, "19:00", IN_OFFICE_HOURS),
    )
    assert metrics.time_in_status == {"open": Stay(14400, 54000), "pending": Stay(0, 10800)}


def test_a_stay_that_goes_on_is_measured_in_the_newest_calendar() -> None:
    newer = replaced(STANDARD, "17:00", IN_OFFICE_HOURS)
    metrics = sla("15:00 opened; 18:00 note; 19:00 asked", under=newer)
    assert metrics.time_in_status == {"open": Stay(3600, 14400)}


def test_a_stay_under_no_policy_counts_around_the_clock() -> None:
    metrics = sla(
        "15:00 opened; 18:00 pending; 19:00 tagged vip; 19:30 asked", under=VIP_IN_OFFICE_HOURS
    )
    assert metrics.time_in_status == {"open": Stay(10800, 10800), "pending": Stay(0, 5400)}


def test_the_figures_can_be_asked_for_in_python() -> None:
    metrics = measure(recorded(OPENED), STANDARD, at_minute(30))
    assert metrics is not None
    assert metrics.resolution.due_at == NOON + timedelta(hours=4)
    assert (metrics.as_of, metrics.next_response) == (at_minute(30), None)


def test_the_answer_has_the_published_shape_to_the_byte() -> None:
    metrics = answer(
        "08:00 opened; 08:20 agent replies; 09:00 pending; 10:00 customer replies, open; "
        "13:30 agent replies, resolved; 15:00 customer replies, open; Tue 09:00 asked",
        under=IN_OFFICE_HOURS,
    )
    assert msgspec.json.encode(metrics).decode() == A_FULL_ANSWER


A_FULL_ANSWER = (
    '{"policy":"standard","calendar":"office","as_of":"2026-11-24T09:00:00Z",'
    '"first_response":{"state":"met","target_seconds":3600,'
    '"elapsed_seconds":1200,"wall_seconds":1200,'
    '"started_at":"2026-11-23T08:00:00Z","due_at":null,'
    '"ended_at":"2026-11-23T08:20:00Z","breached_at":null},'
    '"next_response":{"state":"running","target_seconds":7200,'
    '"elapsed_seconds":7200,"wall_seconds":64800,'
    '"started_at":"2026-11-23T15:00:00Z","due_at":"2026-11-24T09:00:00Z",'
    '"ended_at":null,"breached_at":null},'
    '"resolution":{"state":"breached","target_seconds":14400,'
    '"elapsed_seconds":23400,"wall_seconds":81000,'
    '"started_at":"2026-11-23T08:00:00Z","due_at":"2026-11-23T13:00:00Z",'
    '"ended_at":null,"breached_at":"2026-11-23T13:00:00Z"},'
    '"cycles":[{"ended_at":"2026-11-23T13:30:00Z","elapsed_seconds":16200,'
    '"target_seconds":14400,"state":"missed"}],'
    '"breaches":['
    '{"clock":"next_response","target_seconds":7200,"breached_at":"2026-11-23T12:00:00Z"},'
    '{"clock":"resolution","target_seconds":14400,"breached_at":"2026-11-23T13:00:00Z"}],'
    '"reopen_count":1,"first_resolved_at":"2026-11-23T13:30:00Z",'
    '"time_in_status":{"open":{"business_seconds":23400,"wall_seconds":81000},'
    '"pending":{"business_seconds":3600,"wall_seconds":3600},'
    '"resolved":{"business_seconds":5400,"wall_seconds":5400}}}'
)
