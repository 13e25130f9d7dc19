"""What an update does to a ticket, field by field: contract, section 1."""

import pytest
from given import (
    CLOSED,
    OPENED,
    PENDING,
    REOPENED,
    RESOLVED,
    at_minute,
    given,
    opened,
    opened_in,
    recorded,
)

from ticketdomain.commands import OpenTicket, UpdateTicket
from ticketdomain.decide import decide
from ticketdomain.errors import TicketNotFoundError
from ticketdomain.events import (
    AssigneeChanged,
    CategoryChanged,
    CustomFieldsMerged,
    DescriptionChanged,
    DueDateChanged,
    NoteAdded,
    PriorityChanged,
    ReplyAdded,
    StatusChanged,
    SubjectChanged,
    TagsReplaced,
)
from ticketdomain.json_values import Json
from ticketdomain.ticket import replay
from ticketdomain.workflow import DEFAULT_WORKFLOW, Workflow


def test_renaming_a_ticket() -> None:
    given(OPENED).when(UpdateTicket(subject="Refund 7")).then(SubjectChanged("Refund 7"))


def test_everything_at_once_comes_in_the_order_of_the_fields() -> None:
    given(OPENED).when_asked(
        {
            "internal_note": "n",
            "custom_fields": {"a": 1},
            "tags": ["t"],
            "due_date": "2026-12-24",
            "assigned_to": "jane",
            "category": "billing",
            "status": "pending",
            "priority": 1,
            "description": "d",
            "subject": "s",
        }
    ).then(
        SubjectChanged("s"),
        DescriptionChanged("d"),
        PriorityChanged(1),
        PENDING,
        CategoryChanged("billing"),
        AssigneeChanged("jane"),
        DueDateChanged("2026-12-24"),
        TagsReplaced(("t",)),
        CustomFieldsMerged({"a": 1}),
        NoteAdded("n"),
    )


def test_an_empty_update_changes_nothing() -> None:
    given(OPENED).when_asked({}).then_nothing()


def test_asking_for_what_is_so_changes_nothing() -> None:
    given(opened(tags=("a", "b"), custom_fields={"a": 1})).when_asked(
        {
            "subject": "Refund",
            "description": None,
            "priority": 3,
            "status": "open",
            "category": None,
            "assigned_to": None,
            "due_date": None,
            "tags": ["b", "a"],
            "custom_fields": {"a": 1.0, "gone": None},
        }
    ).then_nothing()


@pytest.mark.parametrize("field", ["subject", "priority", "status", "tags", "add_tags"])
def test_a_field_that_must_not_be_null(field: str) -> None:
    given(OPENED).when_asked({field: None}).then_refused((f"/{field}", "null_not_allowed"))


@pytest.mark.parametrize("field", ["remove_tags", "custom_fields", "internal_note"])
def test_another_field_that_must_not_be_null(field: str) -> None:
    given(OPENED).when_asked({field: None}).then_refused((f"/{field}", "null_not_allowed"))


def test_null_clears_what_can_be_empty() -> None:
    full = opened(description="d", category="c", assigned_to="jane", due_date="2026-12-24")
    wish: Json = {"description": None, "category": None, "assigned_to": None, "due_date": None}
    given(full).when_asked(wish).then(
        DescriptionChanged(None), CategoryChanged(None), AssigneeChanged(None), DueDateChanged(None)
    )


def test_an_empty_description_is_not_a_cleared_one() -> None:
    given(OPENED).when_asked({"description": ""}).then(DescriptionChanged(""))
    given(opened(description="")).when_asked({"description": None}).then(DescriptionChanged(None))


@pytest.mark.parametrize(
    ("field", "most"),
    [("subject", 500), ("category", 100), ("assigned_to", 100), ("internal_note", 65_536)],
)
def test_a_text_may_be_as_long_as_its_limit_and_no_longer(field: str, most: int) -> None:
    assert given(OPENED).when_asked({field: "🎫" * most}).ticket()
    given(OPENED).when_asked({field: "🎫" * (most + 1)}).then_refused((f"/{field}", "too_long"))


@pytest.mark.parametrize("field", ["subject", "category", "assigned_to", "internal_note"])
@pytest.mark.parametrize("blank", ["", "  ", "\t\n", "\u3000"])
def test_a_text_must_not_be_blank(field: str, blank: str) -> None:
    given(OPENED).when_asked({field: blank}).then_refused((f"/{field}", "blank"))


@pytest.mark.parametrize("field", ["subject", "description", "category", "internal_note"])
def test_a_text_must_not_hold_nul(field: str) -> None:
    given(OPENED).when_asked({field: "a\0b"}).then_refused((f"/{field}", "bad_character"))


def test_a_description_of_the_limit_is_taken() -> None:
    assert given(OPENED).when_asked({"description": "x" * 65_536}).ticket()
    given(OPENED).when_asked({"description": "x" * 65_537}).then_refused(
        ("/description", "too_long")
    )


@pytest.mark.parametrize("value", [True, 2.0, "2", [2], {}])
def test_a_priority_is_an_integer_and_looks_like_one(value: Json) -> None:
    given(OPENED).when_asked({"priority": value}).then_refused(("/priority", "wrong_type"))


@pytest.mark.parametrize("value", [0, 5, -1, 10**30])
def test_a_priority_is_from_1_to_4(value: int) -> None:
    given(OPENED).when_asked({"priority": value}).then_refused(("/priority", "out_of_range"))


# Status


def test_an_unknown_status_is_refused_with_those_that_exist() -> None:
    asked = given(OPENED).when_asked({"status": "opened"})
    asked.then_refused(("/status", "not_allowed"))
    asked.then_allowed("open", "in_progress", "pending", "on_hold", "resolved", "closed")


LIMITED = Workflow(
    {"new": "active", "done": "resolved", "gone": "closed"}, {"new": ("done",), "gone": ()}
)


def test_a_transition_that_the_workflow_forbids_is_refused_with_those_it_allows() -> None:
    asked = given(opened_in("new", "active"), workflow=LIMITED).when_asked({"status": "gone"})
    asked.then_refused(("/status", "not_allowed"))
    asked.then_allowed("done")


def test_a_status_without_limits_may_be_left_for_any_other() -> None:
    given(opened_in("done", "resolved"), workflow=LIMITED).when_asked({"status": "gone"}).then(
        StatusChanged("gone", "closed")
    )


def test_asking_for_the_present_status_is_quiet_even_where_nothing_may_follow() -> None:
    given(opened_in("gone", "closed"), workflow=LIMITED).when_asked(
        {"status": "gone"}
    ).then_nothing()


def test_a_status_that_the_workflow_forgot_stays_readable_and_may_be_left() -> None:
    forgotten = given(opened_in("triage", "waiting"), workflow=LIMITED)
    assert forgotten.ticket().status == "triage"
    forgotten.when_asked({"status": "gone"}).then(StatusChanged("gone", "closed"))


def test_a_new_ticket_has_the_first_status_of_the_workflow() -> None:
    ticket = given(workflow=LIMITED).when_asked({"subject": "s"}).ticket()
    assert (ticket.status, ticket.status_category, ticket.priority) == ("new", "active", 3)


def test_resolving_stamps_resolved_at() -> None:
    ticket = given(OPENED).when_asked({"status": "resolved"}).ticket()
    assert (ticket.resolved_at, ticket.closed_at) == (at_minute(1), None)


def test_resolving_twice_changes_nothing() -> None:
    given(OPENED, RESOLVED).when(UpdateTicket(status="resolved")).then_nothing()


def test_closing_a_resolved_ticket_keeps_resolved_at() -> None:
    ticket = given(OPENED, RESOLVED).when_asked({"status": "closed"}).ticket()
    assert (ticket.resolved_at, ticket.closed_at) == (at_minute(1), at_minute(2))


def test_closing_an_open_ticket_leaves_resolved_at_empty() -> None:
    ticket = given(OPENED).when_asked({"status": "closed"}).ticket()
    assert (ticket.resolved_at, ticket.closed_at) == (None, at_minute(1))


def test_resolving_a_closed_ticket_stamps_anew_and_clears_closed_at() -> None:
    ticket = given(OPENED, RESOLVED, CLOSED).when_asked({"status": "resolved"}).ticket()
    assert (ticket.resolved_at, ticket.closed_at) == (at_minute(3), None)


@pytest.mark.parametrize("status", ["open", "in_progress", "pending", "on_hold"])
def test_reopening_clears_both(status: str) -> None:
    ticket = given(OPENED, RESOLVED, CLOSED).when_asked({"status": status}).ticket()
    assert (ticket.resolved_at, ticket.closed_at) == (None, None)


def test_moving_within_the_resolved_category_keeps_the_stamp() -> None:
    workflow = Workflow({"new": "active", "fixed": "resolved", "duplicate": "resolved"})
    fixed = given(opened_in("fixed", "resolved"), workflow=workflow)
    assert fixed.when_asked({"status": "duplicate"}).ticket().resolved_at == at_minute(0)


@pytest.mark.parametrize(
    ("status", "stamps"),
    [("resolved", (at_minute(0), None)), ("closed", (None, at_minute(0))), ("open", (None, None))],
)
def test_opening_in_a_status_counts_as_entering_it(status: str, stamps: object) -> None:
    ticket = given().when_asked({"subject": "s", "status": status}).ticket()
    assert (ticket.resolved_at, ticket.closed_at) == stamps


# Due date


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-12-24", "2026-12-24"),
        ("2024-02-29", "2024-02-29"),
        ("2026-12-24T10:00+01:00", "2026-12-24T09:00:00Z"),
        ("2026-12-24T10:00:00Z", "2026-12-24T10:00:00Z"),
        ("2026-12-24t10:00:00.5z", "2026-12-24T10:00:00.500000Z"),
        ("2026-12-24T23:30:00.123456-02:00", "2026-12-25T01:30:00.123456Z"),
        ("2026-12-24T10:00:00-00:00", "2026-12-24T10:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_a_due_date_is_kept_as_date_or_instant(written: str, kept: str) -> None:
    given(OPENED).when_asked({"due_date": written}).then(DueDateChanged(kept))


@pytest.mark.parametrize(
    "written",
    [
        "",
        "tomorrow",
        "2026-12-24T10:00:00",
        "2026-12-24 10:00:00Z",
        "2026-12-24T10:00:00.1234567Z",
        "2026-12-24T10Z",
        "20261224",
        "2026-W52-4",
        "2026-13-01",
        "2025-02-29",
        "2026-12-24T24:00:00Z",
        "2026-12-24T23:59:60Z",
        "2026-12-24T10:00:00+24:00",
        "2026-12-24T10:00:00+0100",
        "٢٠٢٦-12-24",
        "2026-12-24\n",
    ],
)
def test_a_due_date_in_another_form_is_refused(written: str) -> None:
    given(OPENED).when_asked({"due_date": written}).then_refused(("/due_date", "bad_format"))


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"])
def test_a_due_date_outside_the_years_of_utc_is_refused(written: str) -> None:
    given(OPENED).when_asked({"due_date": written}).then_refused(("/due_date", "out_of_range"))


def test_the_same_instant_in_another_zone_is_no_change() -> None:
    due = opened(due_date="2026-12-24T09:00:00Z")
    given(due).when_asked({"due_date": "2026-12-24T10:00:00+01:00"}).then_nothing()


# Tags


def test_tags_are_replaced() -> None:
    given(opened(tags=("a", "b"))).when_asked({"tags": ["c"]}).then(TagsReplaced(("c",)))


def test_no_tags_clear_all() -> None:
    given(opened(tags=("a",))).when_asked({"tags": []}).then(TagsReplaced(()))


def test_tags_are_trimmed_and_each_kept_once_where_it_stood_first() -> None:
    given(OPENED).when_asked({"tags": [" b ", "a", "b", "B"]}).then(TagsReplaced(("b", "a", "B")))


def test_the_order_of_tags_alone_is_no_change() -> None:
    given(opened(tags=("a", "b"))).when_asked({"tags": ["b", "a"]}).then_nothing()


def test_limits_of_tags_count_after_trimming_and_merging() -> None:
    tags: list[Json] = [f"{' ' * 100}{n % 100}" for n in range(300)]
    assert len(given(OPENED).when_asked({"tags": tags}).ticket().tags) == 100


def test_more_than_100_tags_are_too_many() -> None:
    given(OPENED).when_asked({"tags": [str(n) for n in range(101)]}).then_refused(
        ("/tags", "too_many")
    )


@pytest.mark.parametrize(
    ("tag", "code"),
    [(7, "wrong_type"), (None, "wrong_type"), ("  ", "blank"), ("x" * 65, "too_long")],
)
def test_a_bad_tag_is_named_by_its_place(tag: Json, code: str) -> None:
    given(OPENED).when_asked({"tags": ["fine", tag]}).then_refused(("/tags/1", code))


def test_single_tags_are_removed_first_and_added_at_the_end() -> None:
    given(opened(tags=("a", "b"))).when_asked({"add_tags": ["c", "b"], "remove_tags": ["a"]}).then(
        TagsReplaced(("b", "c"))
    )


def test_adding_a_tag_that_is_there_changes_nothing() -> None:
    given(opened(tags=("a",))).when_asked(
        {"add_tags": [" a "], "remove_tags": ["z"]}
    ).then_nothing()


def test_adding_beyond_100_tags_is_refused() -> None:
    full = opened(tags=tuple(str(n) for n in range(100)))
    given(full).when_asked({"add_tags": ["more"]}).then_refused(("/add_tags", "too_many"))
    assert given(full).when_asked({"add_tags": ["more"], "remove_tags": ["0"]}).ticket()


def test_tags_cannot_be_replaced_and_changed_singly_at_once() -> None:
    given(OPENED).when_asked({"tags": [], "add_tags": [], "remove_tags": []}).then_refused(
        ("/add_tags", "conflict"), ("/remove_tags", "conflict")
    )


def test_the_same_tag_cannot_be_added_and_removed() -> None:
    given(OPENED).when_asked({"add_tags": ["a"], "remove_tags": [" a"]}).then_refused(
        ("/remove_tags", "conflict")
    )


# Custom fields


def test_custom_fields_are_merged_at_every_depth() -> None:
    ticket = (
        given(opened(custom_fields={"order": {"id": 7, "lines": [1, 2]}, "vip": True}))
        .when_asked({"custom_fields": {"order": {"id": None, "lines": [3]}, "channel": "mail"}})
        .ticket()
    )
    assert ticket.custom_fields == {"order": {"lines": [3]}, "vip": True, "channel": "mail"}


def test_the_event_holds_the_smallest_patch() -> None:
    given(opened(custom_fields={"a": {"b": 1, "c": 2}})).when_asked(
        {"custom_fields": {"a": {"b": 1.0, "c": 3, "gone": None}, "d": {"e": None}}}
    ).then(CustomFieldsMerged({"a": {"c": 3}, "d": {}}))


def test_true_is_not_1() -> None:
    given(opened(custom_fields={"a": 1})).when_asked({"custom_fields": {"a": True}}).then(
        CustomFieldsMerged({"a": True})
    )


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_integers_beyond_64_bits_are_refused_where_they_stand(number: int) -> None:
    given(OPENED).when_asked({"custom_fields": {"a/b": [0, number]}}).then_refused(
        ("/custom_fields/a~1b/1", "out_of_range")
    )


def test_nul_is_refused_in_names_and_values() -> None:
    given(OPENED).when_asked({"custom_fields": {"a\0": "b\0"}}).then_refused(
        ("/custom_fields/a\0", "bad_character"), ("/custom_fields/a\0", "bad_character")
    )


def nested(levels: int) -> Json:
    return {"a": nested(levels - 1)} if levels > 1 else {}


def test_custom_fields_may_be_8_levels_deep_and_no_deeper() -> None:
    assert given(OPENED).when_asked({"custom_fields": nested(8)}).ticket()
    given(OPENED).when_asked({"custom_fields": nested(9)}).then_refused(
        ("/custom_fields", "too_deep")
    )
    given().when_asked({"subject": "s", "custom_fields": nested(9)}).then_refused(
        ("/custom_fields", "too_deep")
    )


def test_arrays_are_levels_too() -> None:
    given(OPENED).when_asked({"custom_fields": {"a": [[[[[[[[]]]]]]]]}}).then_refused(
        ("/custom_fields", "too_deep")
    )


def test_custom_fields_may_be_65536_bytes_when_merged() -> None:
    half = opened(custom_fields={"a": "x" * 30_000})
    room = 65_536 - 30_000 - len('{"a":"","b":""}')
    assert given(half).when_asked({"custom_fields": {"b": "y" * room}}).ticket()
    given(half).when_asked({"custom_fields": {"b": "y" * (room + 1)}}).then_refused(
        ("/custom_fields", "too_large")
    )


def test_the_size_is_that_of_utf_8_and_counts_on_opening_too() -> None:
    given().when_asked({"subject": "s", "custom_fields": {"a": "é" * 32_768}}).then_refused(
        ("/custom_fields", "too_large")
    )


def test_opening_merges_custom_fields_into_nothing() -> None:
    ticket = given().when_asked({"subject": "s", "custom_fields": {"a": None, "b": {"c": None}}})
    assert ticket.ticket().custom_fields == {"b": {}}


# Notes


def test_a_note_is_always_a_change() -> None:
    given(OPENED, NoteAdded("n")).when_asked({"internal_note": "n"}).then(NoteAdded("n"))


def test_a_ticket_can_be_opened_with_a_note() -> None:
    asked = given().when(OpenTicket(account="acme", subject="s", internal_note="n"))
    assert asked.ticket().version == 2


# Bodies


@pytest.mark.parametrize("body", [None, [], "x", 7, True])
def test_a_body_that_is_no_object_is_refused(body: Json) -> None:
    given(OPENED).when_asked(body).then_refused(("", "wrong_type"))


def test_unknown_fields_are_refused_by_name() -> None:
    given(OPENED).when_asked({"Status": "open", "a/b": 1}).then_refused(
        ("/Status", "unknown_field"), ("/a~1b", "unknown_field")
    )


@pytest.mark.parametrize(
    "field",
    [
        "id",
        "version",
        "created_at",
        "updated_at",
        "resolved_at",
        "closed_at",
        "sla",
        "requester_id",
    ],
)
def test_fields_that_no_update_sets_are_read_only(field: str) -> None:
    given(OPENED).when_asked({field: None}).then_refused((f"/{field}", "read_only"))


def test_a_requester_is_set_on_opening_only() -> None:
    ticket = given().when_asked({"subject": "s", "requester_id": "cust_7"}).ticket()
    assert ticket.requester_id == "cust_7"


def test_single_tags_are_no_fields_of_an_opening() -> None:
    given().when_asked({"subject": "s", "add_tags": ["a"]}).then_refused(
        ("/add_tags", "unknown_field")
    )


def test_a_ticket_needs_a_subject() -> None:
    given().when_asked({}).then_refused(("/subject", "required"))


def test_all_faults_are_reported_at_once() -> None:
    given(OPENED).when_asked({"subject": "", "priority": 9, "tags": [1, 2], "x": 0}).then_refused(
        ("/subject", "blank"),
        ("/priority", "out_of_range"),
        ("/tags/0", "wrong_type"),
        ("/tags/1", "wrong_type"),
        ("/x", "unknown_field"),
    )


def test_100_faults_are_enough() -> None:
    faults = [(f"/tags/{n}", "wrong_type") for n in range(100)]
    given(OPENED).when_asked({"tags": list(range(150))}).then_refused(*faults)


def test_faults_of_the_state_are_reported_together() -> None:
    full = opened(status="new", tags=tuple(str(n) for n in range(100)))
    given(full, workflow=LIMITED).when_asked(
        {"status": "gone", "add_tags": ["more"], "custom_fields": {"a": "x" * 65_536}}
    ).then_refused(
        ("/status", "not_allowed"), ("/add_tags", "too_many"), ("/custom_fields", "too_large")
    )


# The fold


def test_a_ticket_that_is_not_there_cannot_be_updated() -> None:
    with pytest.raises(TicketNotFoundError):
        decide(UpdateTicket(), None, DEFAULT_WORKFLOW)


def test_a_ticket_is_opened_once() -> None:
    given(OPENED).when(OpenTicket(account="acme", subject="s")).then_refused(("", "conflict"))


def test_a_reply_makes_a_version_and_changes_no_field() -> None:
    before, after = replay(recorded(OPENED)), replay(recorded(OPENED, ReplyAdded("hi", "customer")))
    assert before is not None
    assert after is not None
    assert (after.version, after.updated_at) == (2, at_minute(1))
    assert (after.status, after.tags, after.subject) == (before.status, (), before.subject)


def test_no_events_are_no_ticket() -> None:
    assert replay([]) is None


def test_reopening_and_resolving_again_stamps_the_latest() -> None:
    ticket = replay(recorded(OPENED, RESOLVED, REOPENED, RESOLVED))
    assert ticket is not None
    assert ticket.resolved_at == at_minute(3)
