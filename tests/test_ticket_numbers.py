"""Tickets are numbered in the read models in the order of their opening."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from read_models import Desk, Program, opened

from ticketprojections.tickets import model
from ticketprojections.tickets.model import EPOCH


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Desk, Program]]:
    with opened(tmp_path) as (_, program):
        yield program.desk, program


def open_at(desk: Desk, *opened_at: tuple[str, int]) -> None:
    """Open tickets so many microseconds after the numbers begin, each on its own."""
    for name, microseconds in opened_at:
        opening = desk.open((f"ticket_{name}", "acme"), {"subject": name})
        desk.write(EPOCH + timedelta(microseconds=microseconds), [opening])


def in_the_order_of_numbers(program: Program) -> str:
    """Give the tickets as a search of words finds them."""
    with closing(sqlite3.connect(program.views.path)) as file:
        return "".join(each for (each,) in file.execute("SELECT subject FROM tickets ORDER BY no"))


def test_tickets_are_numbered_in_the_order_of_their_opening(office: tuple[Desk, Program]) -> None:
    """Whoever came first to the journal: clocks of two machines are never quite the same."""
    desk, program = office
    open_at(desk, ("b", 900), ("d", 1900))
    program.follow()
    open_at(desk, ("a", 400), ("c", 901))
    program.follow()
    assert in_the_order_of_numbers(program) == "abcd"


@pytest.mark.parametrize("at_once", [1, 9])
def test_more_tickets_than_a_microsecond_has_room_for_are_all_there(
    office: tuple[Desk, Program], at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "IN_A_MICROSECOND", 2)
    desk, program = office
    for name, at in zip("fedcbagih", (2, 1, 0, 0, 0, 0, 2, 8, 0), strict=True):
        open_at(desk, (name, at))
        if at_once == 1:
            program.follow()
    program.follow()
    assert sorted(in_the_order_of_numbers(program)) == list("abcdefghi")
