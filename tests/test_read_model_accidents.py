"""Whatever becomes of the file of the read models, they are made anew."""

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from following import in_step, views, work
from running import Running, running
from server import eventually

from ticketdomain.errors import ReadModelError
from ticketservice.service import VIEWS


def lose(path: Path) -> None:
    path.unlink()


def lose_all(path: Path) -> None:
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()


def overwrite(path: Path, first: float = 0.0, last: float = 1.0) -> None:
    size = path.stat().st_size
    with path.open("r+b") as opened:
        opened.seek(int(size * first))
        opened.write(b"\xa5" * int(size * (last - first)))


def spoil_the_header(path: Path) -> None:
    with path.open("r+b") as opened:
        opened.write(b"no database at all")


def spoil_the_middle(path: Path) -> None:
    overwrite(path, 0.2, 0.9)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def put_a_text_there(path: Path) -> None:
    path.unlink()
    path.write_text("Read models were here.\n" * 1000)


def put_another_database_there(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (name)")


ACCIDENTS = (
    lose,
    lose_all,
    overwrite,
    spoil_the_header,
    spoil_the_middle,
    truncate,
    empty,
    put_a_text_there,
    put_another_database_there,
)


def checkpoint(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def read_all(desk: Running) -> None:
    """Read as lists do."""
    try:
        with desk.service.projector.views.reading() as view:
            for name in ("tickets", "ticket_tags", "assignments", "ticket_words"):
                list(view.select(f"SELECT * FROM {name}"))
    except ReadModelError:
        pass


@pytest.mark.parametrize("happens", ACCIDENTS)
def test_an_accident_of_the_file_is_made_good_while_it_runs(
    own_desk: Running, happens: Callable[[Path], None]
) -> None:
    agent = own_desk.client()
    work(agent, 20)
    eventually(in_step(own_desk))
    checkpoint(views(own_desk))
    happens(views(own_desk))
    work(agent)
    read_all(own_desk)
    eventually(in_step(own_desk))
    assert stat.S_IMODE(views(own_desk).stat().st_mode) == 0o600


def look_into(path: Path) -> None:
    """Do what a curious person does before there is anything."""
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("SELECT name FROM sqlite_schema")


@pytest.mark.parametrize("happened", [*ACCIDENTS, look_into])
def test_an_accident_of_the_file_is_made_good_at_the_next_start(
    tmp_path: Path, happened: Callable[[Path], None]
) -> None:
    with running(tmp_path) as desk:
        work(desk.client(), 20)
        eventually(in_step(desk))
    happened(tmp_path / VIEWS)
    with running(tmp_path) as desk:
        work(desk.client())
        read_all(desk)
        eventually(in_step(desk))
        assert stat.S_IMODE(views(desk).stat().st_mode) == 0o600
