"""How a read model takes in what has become of tickets, and which tickets it parks."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from ticketprojections.views.damage import is_damage
from ticketprojections.views.generations import Generation
from ticketprojections.views.read_model import Change, ReadModel
from ticketprojections.views.reading import Batch
from ticketprojections.views.store import Store


def take(store: Store, generation: Generation, model: ReadModel, batch: Batch) -> None:
    """Write what has become of tickets. One that fails is parked, alone, and from then on left out
    with its later events, which keep their order that way, until it is tried again."""
    parked = store.parked_in(generation)
    for ticket_id, error in batch.unreadable.items():
        if ticket_id not in parked:
            store.park(generation, ticket_id, error.version, str(error))
    rows: list[tuple[Change, Any]] = []
    for change in batch.changes:
        if change.ticket_id not in parked:
            try:
                rows.append((change, model.row(change)))
            except Exception as error:  # whatever it is, it is this ticket's alone
                _park(store, generation, change, error)
    if rows:
        _write(store, generation, model, rows)


def _write(
    store: Store, generation: Generation, model: ReadModel, rows: Sequence[tuple[Change, Any]]
) -> None:
    """Write rows together; if that fails, one by one, to find the ticket that it fails for."""
    try:
        with store.db.atomic():
            model.write(store.db, generation.table, [row for _, row in rows])
    except Exception as error:
        if isinstance(error, sqlite3.OperationalError) or is_damage(error):
            raise  # storage fails, and no ticket
        if len(rows) == 1:
            _park(store, generation, rows[0][0], error)
        else:
            for each in rows:
                _write(store, generation, model, [each])


def _park(store: Store, generation: Generation, change: Change, error: Exception) -> None:
    version = change.events[0].version if change.events else change.state.head.version
    store.park(generation, change.ticket_id, version, _reason(error))


def _reason(error: Exception) -> str:
    """Say what went wrong without a text of the ticket's."""
    return type(error).__name__
