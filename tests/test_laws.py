"""Laws of updates, of merge patches and of the folds, for every history there can be."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from given import opened, recorded
from hypothesis import given
from hypothesis import strategies as st
from model import merged
from msgspec.structs import replace

from ticketdomain.commands import read_open_ticket, read_update_ticket
from ticketdomain.decide import decide
from ticketdomain.errors import InvalidCommandError
from ticketdomain.events import CustomFieldsMerged, NoteAdded, Recorded, TicketEvent
from ticketdomain.json_values import (
    JsonObject,
    canonical,
    equal,
    leaves,
    merge_object,
    smallest_patch,
)
from ticketdomain.testing import (
    bad_updates,
    custom_fields,
    histories,
    json_values,
    openings,
    tags,
    texts,
    updates,
)
from ticketdomain.ticket import Ticket, evolve, replay
from ticketdomain.workflow import DEFAULT_WORKFLOW
from ticketprojections.history import entries
from ticketprojections.public import (
    PUBLIC_EVENTS,
    PublicSide,
    evolve_public_side,
    public_entries,
    public_ticket,
)

Body = dict[str, Any]


def asked(ticket: Ticket | None, body: Body) -> list[TicketEvent]:
    return decide(read_update_ticket(body, DEFAULT_WORKFLOW), ticket, DEFAULT_WORKFLOW)


def after(ticket: Ticket, body: Body) -> Ticket:
    events = asked(ticket, body)
    last = recorded(*[opened()] * ticket.version, *events)[ticket.version :]
    for each in last:
        ticket = evolve(ticket, each)
    return ticket


def content(ticket: Ticket) -> Body:
    """Everything of a ticket but when and how often it changed."""
    told: Body = msgspec.to_builtins(ticket)
    told["tags"] = set(told["tags"])
    for name in ("version", "updated_at", "resolved_at", "closed_at", "created_at"):
        del told[name]
    return told


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    ticket = replay(draw(histories()))
    assert ticket is not None
    return ticket


@given(tickets(), updates())
def test_fields_left_out_stay_as_they_are(ticket: Ticket, body: Body) -> None:
    touched = {*body, *(["tags"] if "add_tags" in body else []), "status_category"}
    before, now = content(ticket), content(after(ticket, body))
    assert {n: v for n, v in before.items() if n not in touched} == {
        n: v for n, v in now.items() if n not in touched
    }


@given(tickets(), updates())
def test_the_same_update_again_gives_a_note_or_nothing(ticket: Ticket, body: Body) -> None:
    again = asked(after(ticket, body), body)
    assert again == ([NoteAdded(body["internal_note"])] if "internal_note" in body else [])


@given(tickets(), updates(), updates())
def test_disjoint_updates_compose_in_any_order(ticket: Ticket, one: Body, two: Body) -> None:
    of_tags = {"tags", "add_tags", "remove_tags"}
    taken = {*one, *of_tags} if of_tags & {*one} else {*one}
    two = {name: value for name, value in two.items() if name not in taken}
    at_once = content(after(ticket, {**one, **two}))
    assert content(after(after(ticket, one), two)) == at_once
    assert content(after(after(ticket, two), one)) == at_once


@given(tickets(), st.lists(tags()))
def test_tags_are_exactly_those_asked_for(ticket: Ticket, wanted: list[str]) -> None:
    assert set(after(ticket, {"tags": wanted}).tags) == {tag.strip() for tag in wanted}


@given(tickets(), bad_updates())
def test_a_bad_update_is_refused_and_names_every_fault_in_the_body(
    ticket: Ticket, body: Body
) -> None:
    with pytest.raises(InvalidCommandError) as refused:
        asked(ticket, body)
    assert {fault.pointer.split("/")[1] for fault in refused.value.faults} <= {*body}


@given(tickets(), updates())
def test_the_version_rises_by_the_number_of_events(ticket: Ticket, body: Body) -> None:
    assert after(ticket, body).version == ticket.version + len(asked(ticket, body))


# JSON Merge Patch (RFC 7396)


@given(custom_fields(), custom_fields())
def test_merging_is_what_the_rfc_says(target: JsonObject, patch: JsonObject) -> None:
    stored = merge_object({}, target)
    assert merge_object(stored, patch) == merged(stored, patch)


@given(custom_fields(), custom_fields())
def test_merging_twice_is_merging_once(target: JsonObject, patch: JsonObject) -> None:
    once = merge_object(target, patch)
    assert merge_object(once, patch) == once


@given(custom_fields(), custom_fields())
def test_merging_changes_neither_side(target: JsonObject, patch: JsonObject) -> None:
    before = msgspec.json.encode([target, patch])
    merge_object(target, patch)
    assert msgspec.json.encode([target, patch]) == before


@given(custom_fields(), custom_fields())
def test_the_smallest_patch_does_it_and_has_nothing_to_spare(a: JsonObject, b: JsonObject) -> None:
    before, wanted = merge_object({}, a), merge_object({}, b)
    patch = smallest_patch(before, wanted)
    assert equal(merge_object(before, patch), wanted)
    assert not smallest_patch(before, before)
    for path, _ in leaves(patch):
        assert not equal(merge_object(before, without(patch, path)), wanted)


def without(patch: JsonObject, path: str) -> JsonObject:
    """Take one leaf out of a patch."""
    name, _, rest = path[1:].partition("/")
    name = name.replace("~1", "/").replace("~0", "~")
    inner = patch[name]
    kept = {other: value for other, value in patch.items() if other != name}
    if rest or (path.endswith("/") and path != "/"):
        assert isinstance(inner, dict)
        return {**kept, name: without(inner, f"/{rest}")}
    return kept


@given(tickets(), custom_fields())
def test_a_patch_in_an_event_is_the_smallest(ticket: Ticket, patch: JsonObject) -> None:
    for event in asked(ticket, {"custom_fields": patch}):
        assert isinstance(event, CustomFieldsMerged)
        result = merge_object(ticket.custom_fields, event.patch)
        assert event.patch == smallest_patch(ticket.custom_fields, result)


@given(json_values(), json_values())
def test_equal_values_are_written_alike_and_others_are_not(a: Any, b: Any) -> None:
    write = msgspec.json.Encoder(order="sorted").encode
    assert (write(canonical(a)) == write(canonical(b))) == equal(a, b)


# Folds


@given(histories())
def test_a_history_gives_the_ticket(history: list[Recorded]) -> None:
    ticket, told = replay(history), list(entries(None, history))
    assert ticket is not None
    assert told[-1].version == ticket.version
    plain = {c.field: c.to for entry in told for c in entry.changes}
    assert plain["subject"] == ticket.subject
    assert plain["status"] == ticket.status


@given(histories(), st.data())
def test_a_history_read_in_two_parts_is_the_same(
    history: list[Recorded], data: st.DataObject
) -> None:
    cut = data.draw(st.sampled_from([r.first_of_commit - 1 for r in history]))
    parts = [*entries(None, history[:cut]), *entries(replay(history[:cut]), history[cut:])]
    assert parts == list(entries(None, history))


@given(histories(), st.data())
def test_no_byte_of_the_customers_view_tells_of_internal_events(
    history: list[Recorded], data: st.DataObject
) -> None:
    internal = [each for each in history if not isinstance(each.event, PUBLIC_EVENTS)]
    gone = {each.version for each in internal if data.draw(st.booleans())}
    last = history[-1]
    later = last.at + timedelta(days=1)
    note = replace(last, version=last.version + 1, at=later, event=NoteAdded("n"), commit=(0, 1))
    left = [each for each in history if each.version not in gone]
    assert shown(left) == shown(history) == shown([*history, note])


def shown(history: list[Recorded]) -> bytes:
    ticket, side = replay(history), None
    for each in history:
        side = evolve_public_side(side, each)
    assert ticket is not None
    assert isinstance(side, PublicSide)
    return msgspec.json.encode([public_ticket(ticket, side), list(public_entries(history))])


@given(openings(), texts())
def test_the_customers_view_holds_no_note(opening: Body, note: str) -> None:
    secret = f"secret {note}"
    command = read_open_ticket({**opening, "internal_note": secret}, "acme", DEFAULT_WORKFLOW)
    history = recorded(*decide(command, None, DEFAULT_WORKFLOW))
    assert msgspec.json.encode(secret)[1:-1] not in shown(history)
