"""Hypothesis strategies for what people send to tickets, and what tickets go through.

For your own property-based tests; they come with the extra `ticketdomain[testing]`. Bodies are JSON
values as `json.dumps` takes them.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from ticketdomain.commands import read_add_reply, read_open_ticket, read_update_ticket
from ticketdomain.decide import decide
from ticketdomain.events import Actor, Recorded
from ticketdomain.json_values import Json, JsonObject
from ticketdomain.ticket import evolve
from ticketdomain.workflow import DEFAULT_WORKFLOW, Workflow

OPENING_MOMENT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def texts(most: int = 40) -> SearchStrategy[str]:
    """Strings that every text field takes: any Unicode but NUL and surrogates, never blank."""
    letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    return st.text(letters, min_size=1, max_size=most).filter(lambda text: bool(text.strip()))


def tags() -> SearchStrategy[str]:
    """Tags: few of them, so that they meet, with blanks around some."""
    return st.sampled_from(["a", "b", "c", "vip", " vip ", "refund"]) | texts(20)


def due_dates() -> SearchStrategy[str]:
    """Dates, and date-times with an offset, as in RFC 3339."""
    zones = st.sampled_from([timezone(timedelta(minutes=each)) for each in (0, 60, -330, 840)])
    # The first and last year reach beyond what UTC can tell in some zones.
    moments = st.datetimes(timezones=zones).filter(lambda moment: 1 < moment.year < 9999)
    return (st.dates() | moments).map(lambda due: due.isoformat())


def json_values(depth: int = 3) -> SearchStrategy[Json]:
    """JSON values that custom fields take, `null` included, up to some levels deep."""
    names = st.sampled_from(["a", "b", "order", "id", "a/b", "~", ""]) | texts(8)
    numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    values: SearchStrategy[Any] = (
        st.none() | st.booleans() | st.sampled_from([0, 1, 1.0]) | numbers | st.text(letters)
    )
    for _ in range(depth):
        arrays, objects = st.lists(values, max_size=3), st.dictionaries(names, values, max_size=3)
        values = values | arrays | objects
    return values


def custom_fields() -> SearchStrategy[JsonObject]:
    """JSON Merge Patches (RFC 7396) for custom fields."""
    names = st.sampled_from(["a", "b", "order", "id", "a/b", "~", ""])
    return st.dictionaries(names, json_values(), max_size=4)


def _fields(workflow: Workflow) -> dict[str, SearchStrategy[Any]]:
    return {
        "subject": st.just("Refund") | texts(),
        "description": st.none() | st.just("") | texts(),
        "priority": st.integers(1, 4),
        "status": st.sampled_from(list(workflow.statuses)),
        "category": st.none() | st.just("billing") | texts(),
        "assigned_to": st.none() | st.just("user_jane_smith") | texts(),
        "due_date": st.none() | st.just("2026-12-24") | due_dates(),
        "tags": st.lists(tags(), max_size=5),
        "custom_fields": custom_fields(),
        "internal_note": texts(),
    }


def openings(workflow: Workflow = DEFAULT_WORKFLOW) -> SearchStrategy[JsonObject]:
    """Bodies with which a ticket can be opened."""
    optional = {**_fields(workflow), "requester_id": st.none() | texts()}
    subject = optional.pop("subject")
    return st.fixed_dictionaries({"subject": subject}, optional=optional)


@st.composite
def updates(draw: DrawFn, workflow: Workflow = DEFAULT_WORKFLOW) -> JsonObject:
    """Bodies of updates that are well formed; the workflow may still refuse a transition."""
    body = draw(st.fixed_dictionaries({}, optional=_fields(workflow)))
    if "tags" not in body and draw(st.booleans()):
        chosen = draw(st.lists(tags(), max_size=5))
        added, removed = chosen[::2], chosen[1::2]
        both = {tag.strip() for tag in added}
        body["add_tags"] = added
        body["remove_tags"] = [tag for tag in removed if tag.strip() not in both]
    return body


def replies() -> SearchStrategy[JsonObject]:
    """Bodies of replies, of agents and of customers."""
    return st.fixed_dictionaries(
        {"body": texts(), "author": st.sampled_from(["agent", "customer"])}
    )


def bad_fields() -> SearchStrategy[tuple[str, Json]]:
    """A field, and a value of it that every update refuses."""
    wrong: dict[str, list[Json]] = {
        "subject": [None, "", " ", 7, [], "x" * 501, "a\0"],
        "description": [7, {}, "x" * 65_537, "a\0"],
        "priority": [None, 0, 5, True, 2.0, "2", 2**64],
        "status": [None, "", "nonsense", 1, "Open"],
        "category": ["", "\t", 1, "x" * 101],
        "assigned_to": ["", 1, "x" * 101, ["jane"]],
        "due_date": ["", "tomorrow", 20261224, "2026-12-24T10:00:00", "2026-02-30"],
        "tags": [None, "a", [1], [""], ["x" * 65], {}, [f"{n}" for n in range(101)]],
        "add_tags": [None, "a", [None], [" "]],
        "remove_tags": [None, 7, [["a"]]],
        "custom_fields": [None, [], "a", {"a": 2**63}, {"a": [[[[[[[[]]]]]]]]}, {"a\0": 1}],
        "internal_note": [None, "", "  ", 7, "x" * 65_537],
        "version": [1],
        "sla": [None],
        "requester_id": ["cust_7"],
        "unheard_of": [None, 1],
    }
    return st.sampled_from(sorted(wrong)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(wrong[name]))
    )


@st.composite
def bad_updates(draw: DrawFn, workflow: Workflow = DEFAULT_WORKFLOW) -> JsonObject:
    """Bodies of updates that every ticket refuses with 422, for one field at least."""
    name, value = draw(bad_fields())
    body = draw(updates(workflow))
    return {**body, name: value}


@st.composite
def histories(draw: DrawFn, workflow: Workflow = DEFAULT_WORKFLOW) -> list[Recorded]:
    """All events of one ticket, as its journal would have them, replies among them."""
    recorded: list[Recorded] = []
    ticket, at = None, OPENING_MOMENT
    for index in range(draw(st.integers(1, 6))):
        if index and draw(st.booleans()) and draw(st.booleans()):
            events = decide(read_add_reply(draw(replies())), ticket, workflow)
        elif index:
            events = decide(read_update_ticket(draw(updates(workflow)), workflow), ticket, workflow)
        else:
            opening = read_open_ticket(draw(openings(workflow)), "acme", workflow)
            events = decide(opening, None, workflow)
        for place, event in enumerate(events):
            version, by = len(recorded) + 1, Actor("key_1", draw(st.none() | st.just("jane")))
            commit = (place, len(events))
            each = Recorded("ticket_1", version, version, at, by, None, event, "acme", commit)
            recorded.append(each)
            ticket = evolve(ticket, each)
        at += draw(st.timedeltas(timedelta(0), timedelta(days=3)))
    return recorded
