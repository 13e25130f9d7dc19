"""Every version of every event that was ever released can be read for ever.

A file in `golden/` is a payload as it was stored; what it means today stands here. A golden file is
never changed: a new version of an event is a new file.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from ticketdomain.events import (
    AssigneeChanged,
    CategoryChanged,
    CustomFieldsMerged,
    DescriptionChanged,
    DueDateChanged,
    JournalEvent,
    KeyIssued,
    KeyRevoked,
    NoteAdded,
    PriorityChanged,
    ReplyAdded,
    SlaPolicyPublished,
    StatusChanged,
    SubjectChanged,
    TagsReplaced,
    TextsRedacted,
    TicketOpened,
)
from ticketdomain.journal import StoredRow, decode
from ticketdomain.journal.upcasting import SCHEMA_VERSIONS, Step, upcast

GOLDEN = Path(__file__).with_name("golden")

MEANING: dict[str, JournalEvent] = {
    "ticket.opened.v1": TicketOpened(
        account="acme",
        subject="Refund",
        description=None,
        priority=3,
        status="open",
        status_category="active",
        category="billing",
        assigned_to=None,
        requester_id="cust_7",
        due_date="2026-12-24",
        tags=("vip", "refund"),
        custom_fields={"order": {"id": 7, "total": 12.5}},
    ),
    "ticket.subject_changed.v1": SubjectChanged("Refund 7"),
    "ticket.description_changed.v1": DescriptionChanged(None),
    "ticket.priority_changed.v1": PriorityChanged(1),
    "ticket.status_changed.v1": StatusChanged("pending", "waiting"),
    "ticket.category_changed.v1": CategoryChanged("billing"),
    "ticket.assignee_changed.v1": AssigneeChanged("user_jane_smith"),
    "ticket.due_date_changed.v1": DueDateChanged("2026-12-24T09:00:00Z"),
    "ticket.tags_replaced.v1": TagsReplaced(("vip",)),
    "ticket.custom_fields_merged.v1": CustomFieldsMerged({"order": {"id": None}, "_type_": "x"}),
    "ticket.note_added.v1": NoteAdded("Contacted customer."),
    "ticket.texts_redacted.v1": TextsRedacted((1, 3), "card number", ("0a" * 32, "1b" * 32)),
    "ticket.reply_added.v1": ReplyAdded("Thank you!", "customer"),
    "key.issued.v1": KeyIssued(
        account="acme",
        name="shop",
        scopes=("tickets:read",),
        secret_sha256="00" * 32,
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        requester=None,
    ),
    "key.revoked.v1": KeyRevoked(),
    "policy.published.v1": SlaPolicyPublished(
        (
            {
                "name": "standard",
                "calendar": {
                    "timezone": "UTC",
                    "weekly": {"mon": [["09:00", "17:00"]]},
                    "holidays": ["2026-12-25"],
                    "overrides": {"2026-12-24": [["09:00", "12:00"]]},
                    "breaks": {},
                    "name": "office",
                },
                "targets": {
                    "1": {
                        "first_response": "PT3600S",
                        "next_response": None,
                        "resolution": "PT14400S",
                    }
                },
                "response_statuses": ["pending"],
                "match": {"priority": None, "category": None, "tag": ["vip"], "account": None},
            },
        )
    ),
}


def row(topic: str, version: int, payload: bytes) -> StoredRow:
    at = "2026-11-23T12:00:00.000000Z"
    where = (1, "ticket_1", 1, topic, payload, "acme", at, None, None, None, 0, 1, version)
    return StoredRow(*where, bytes(16), bytes(32), bytes(32))


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.iterdir()))
def test_an_event_of_any_version_means_what_it_meant(name: str) -> None:
    topic, _, version = name.rpartition(".v")
    payload = (GOLDEN / f"{name}.json").read_bytes().strip()
    assert decode(row(topic, int(version), payload)).event == MEANING[name]


@pytest.mark.parametrize("name", sorted(MEANING))
def test_the_newest_version_is_stored_as_its_file_shows(name: str) -> None:
    stored = (GOLDEN / f"{name}.json").read_bytes().strip()
    assert msgspec.json.encode(MEANING[name]) == stored


def test_every_version_of_every_event_has_a_file() -> None:
    versions = {f"{topic}.v{v + 1}" for topic, n in SCHEMA_VERSIONS.items() for v in range(n)}
    assert versions == {path.stem for path in GOLDEN.iterdir()} == {*MEANING}
    assert len(SCHEMA_VERSIONS) == len(get_args(JournalEvent))


def test_upcasting_goes_one_step_at_a_time() -> None:
    steps: dict[tuple[str, int], Step] = {
        ("ticket.renamed", 1): lambda old: {"names": [old["name"]]},
        ("ticket.renamed", 2): lambda old: {**old, "language": "en"},
    }
    newest = {"ticket.renamed": 3}
    assert upcast("ticket.renamed", 1, {"name": "a"}, steps, newest) == {
        "names": ["a"],
        "language": "en",
    }
    assert upcast("ticket.renamed", 3, {"names": []}, steps, newest) == {"names": []}


def test_an_event_of_a_newer_program_is_not_guessed_at() -> None:
    with pytest.raises(KeyError):
        upcast("ticket.note_added", 2, {"body": "n"})
