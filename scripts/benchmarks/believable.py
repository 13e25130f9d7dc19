"""Believable tickets in any number, as rows of the read model: common words and rare ones, a large
account and a small one, most tickets closed long ago."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

import msgspec

from ticketprojections.sla.metrics import ClockSummary, SlaSummary
from ticketprojections.tickets.model import Row
from ticketprojections.tickets.table import TicketRow, instant

LARGE, SMALL = "large", "small"
IN_SMALL = 0.01  # of all tickets
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
YEARS = timedelta(days=730)

# With how many of a hundred.
STATUSES = {
    ("closed", "closed"): 84,
    ("resolved", "resolved"): 6,
    ("open", "active"): 4,
    ("in_progress", "active"): 3,
    ("pending", "waiting"): 2,
    ("on_hold", "waiting"): 1,
}
PRIORITIES = {1: 5, 2: 20, 3: 60, 4: 15}
SYLLABLES = [a + b for a in "bdfgklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er")]


class Zipf:
    """Things of which the second is half as common as the first, the third a third, and so on."""

    def __init__(self, things: Sequence[str]) -> None:
        self.things = things
        self._weights = list(accumulate(1 / n for n in range(1, len(things) + 1)))

    def pick(self, random: Random, count: int) -> list[str]:
        return random.choices(self.things, cum_weights=self._weights, k=count)


def _word(number: int) -> str:
    """Spell a number, short ones first."""
    text = ""
    while number >= 0:
        number, syllable = divmod(number, len(SYLLABLES))
        text, number = SYLLABLES[syllable] + text, number - 1
    return text


# In no order: common words begin with any letters.
WORDS = Zipf(Random(5).sample([_word(100 + number) for number in range(30_000)], 30_000))
TAGS = Zipf([f"tag-{_word(number)}" for number in range(200)])
CATEGORIES = Zipf([f"category {_word(number)}" for number in range(20)])
PEOPLE = Zipf([f"agent_{number:03}" for number in range(120)])


def rows(count: int) -> Iterator[Row]:
    """Make so many tickets, in the order of their opening, the same every time."""
    random = Random(5)
    for number in range(count):
        account = SMALL if random.random() < IN_SMALL else LARGE
        created = NOW - YEARS + number * YEARS / count
        yield _row(random, f"ticket_{random.getrandbits(80):020x}", account, created)


def _row(random: Random, ticket_id: str, account: str, created: datetime) -> Row:
    (status, category), *_ = random.choices(list(STATUSES), [*STATUSES.values()])
    (priority,) = random.choices(list(PRIORITIES), [*PRIORITIES.values()])
    updated = created + random.random() * timedelta(days=10)
    ended = instant(updated) if category in ("resolved", "closed") else None
    due = random.random() < 0.1
    ticket = TicketRow(
        id=ticket_id,
        account=account,
        subject=" ".join(WORDS.pick(random, 5)),
        description=" ".join(WORDS.pick(random, 30)),
        priority=priority,
        status=status,
        status_category=category,
        category=None if random.random() < 0.2 else CATEGORIES.pick(random, 1)[0],
        assigned_to=None if random.random() < 0.1 else PEOPLE.pick(random, 1)[0],
        requester_id=f"customer_{int(50_000 * random.random() ** 2)}",
        due_date=f"{updated:%Y-%m-%d}" if due else None,
        due_at=f"{updated:%Y-%m-%d}T00:00:00.000000Z" if due else None,
        tags=_json([*dict.fromkeys(TAGS.pick(random, random.choice((0, 1, 1, 2, 4))))]),
        custom_fields=_json({"order": random.randrange(10**6), "shop": TAGS.pick(random, 1)[0]}),
        created_at=instant(created),
        updated_at=instant(updated),
        resolved_at=ended,
        closed_at=ended if category == "closed" else None,
        version=random.randrange(1, 30),
        **_clocks(random, category, created),
    )
    return Row(ticket, tuple(dict.fromkeys(WORDS.pick(random, 40))), whole=True)


def _clocks(random: Random, category: str, created: datetime) -> dict[str, Any]:
    """Say what SLA clocks do: of a ticket in work, two are running."""
    first, last = (created + hours * timedelta(hours=1) for hours in (8, 40))
    if category != "active":
        ended = ClockSummary(None, first, None)
        return {
            "sla": _json(SlaSummary("standard", ended, None, ended)),
            "sla_met": True,
            "sla_paused": category == "waiting",
            "sla_missed": random.random() < 0.05,
        }
    response, resolution = ClockSummary(first, None, None), ClockSummary(last, None, None)
    return {
        "sla": _json(SlaSummary("standard", response, None, resolution)),
        "sla_running": 2,
        "sla_due_at": instant(first),
        "first_response_due_at": instant(first),
        "resolution_due_at": instant(last),
        "sla_late_at": instant(first),
        "sla_timely_until": instant(last),
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
