"""A service that documented examples can be held against: one ticket, a clock that stands still,
and ids that are counted, so that every answer is known beforehand."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from running import Client, Running, running

from ticketservice.web.description.parameters import TICKET_ID

TICKET: str = TICKET_ID["example"]
ADDRESS = f"/v1/tickets/{TICKET}"
OPENING = {
    "subject": "Charged twice for one order",
    "description": "My card was charged twice; please send one amount back.",
    "priority": 2,
    "category": "billing",
    "requester_id": "cust_7",
    "due_date": "2026-12-24",
    "tags": ["refund", "vip"],
    "custom_fields": {"order": {"id": 7, "amount": 49.9}},
}


@contextmanager
def shop(path: Path) -> Generator[tuple[Running, Client]]:
    """Run a service whose every answer is known beforehand: the clock stands, ids are counted.

    Its ticket has been opened, noted on, and replied to by the customer.
    """
    numbers = count()

    def new_id(kind: str) -> str:
        number = next(numbers)
        if kind == "ticket" and not opened:
            return TICKET
        return f"{kind}_{hashlib.sha256(f'{kind} {number}'.encode()).hexdigest()[:20]}"

    opened: list[str] = []
    with running(path, new_id=new_id) as desk:
        desk.wait_for_read_models()
        client = desk.client()
        opened.append(client.open(**OPENING))
        desk.clock.pass_time(minutes=20)
        client.put(ADDRESS, {"status": "pending", "internal_note": "Asked the bank."})
        desk.clock.pass_time(minutes=20)
        reply = {"body": "When will I have it?", "author": "customer"}
        client.post(f"{ADDRESS}/replies", reply, Acting_User="mail_gateway")
        desk.clock.pass_time(minutes=20)
        yield desk, client
