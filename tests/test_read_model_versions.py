"""Tables of other versions, of other programs, and of other journals."""

import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from diary import Refused, diary, noted
from given import opened as opened_with
from journals import filled, write
from msgspec.structs import replace
from read_models import Desk, Program, opened
from sqlite_utils import Database

from ticketdomain.errors import ReadModelDamagedError, ReadModelError
from ticketdomain.events import NoteAdded
from ticketdomain.journal import Journal, open_journal
from ticketprojections.assignments import ASSIGNMENTS
from ticketprojections.views import projector
from ticketprojections.views.read_model import Tables
from ticketprojections.views.store import Store
from ticketservice.service import VIEWS


def names(directory: Path, kind: str) -> set[str]:
    with closing(sqlite3.connect(directory / VIEWS)) as file:
        found = file.execute("SELECT name FROM sqlite_schema WHERE type = ?", [kind])
        return {name for (name,) in found if not name.startswith(("sqlite_", "ticket_search"))}


def journal_end(journal: Journal) -> int:
    with journal.reading() as reader:
        return reader.position()


OURS = {"generations", "parked", "source"}


def test_a_newer_version_is_built_beside_and_takes_over(tmp_path: Path) -> None:
    with opened(tmp_path, diary()) as (journal, _):
        filled(journal)
    with opened(tmp_path, diary(None, 2, "mood")) as (journal, program):
        write(journal, "ticket_0", NoteAdded("newest"))
        program.follow()
        assert noted(tmp_path)["ticket_0"][-1] == "newest"
        assert names(tmp_path, "table") == {*OURS, "diary_2"}


def test_until_then_the_older_version_answers(tmp_path: Path) -> None:
    with opened(tmp_path, diary()) as (journal, _):
        filled(journal)
    with closing(open_journal(f"sqlite:///{tmp_path / 'journal.db'}")) as journal:
        newer = diary(None, 2, "mood")
        program = Program(journal, Desk(journal), (newer,))
        program.open()
        write(journal, "ticket_0", NoteAdded("newest"))
        program.builder.begin(newer)
        program.follow()
        program.builder.step(newer)
        assert "newest" not in noted(tmp_path).get("ticket_0", [])
        program.build()
        program.views.close()
    assert noted(tmp_path)["ticket_0"][-1] == "newest"


def test_a_ticket_that_is_parked_in_other_columns_does_not_stop_a_start(tmp_path: Path) -> None:
    with opened(tmp_path, diary(Refused(rows={"ticket_1"}))) as (journal, program):
        filled(journal)
        program.follow()
    with opened(tmp_path, diary(None, 2, "mood")) as (journal, program):
        assert set(noted(tmp_path)) == {"ticket_0", "ticket_1", "ticket_2"}
        assert program.parked() == {}


def test_tables_and_names_that_a_newer_version_has_no_more_are_dropped(tmp_path: Path) -> None:
    def create(db: Database, tables: Tables) -> None:
        diary().create(db, tables)
        db.conn.execute(f"CREATE TABLE {tables('moods')} (mood TEXT)")

    moody = replace(diary(), tables=("diary", "moods"), create=create)
    with opened(tmp_path, moody):
        assert names(tmp_path, "view") == {"diary", "moods"}
    with opened(tmp_path, diary(None, 2)):
        assert names(tmp_path, "view") == {"diary"}
        assert names(tmp_path, "table") == {*OURS, "diary_2"}


def test_a_read_model_that_a_program_has_no_more_holds_no_other_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "POSITIONS", 2)
    with opened(tmp_path, ASSIGNMENTS, diary()):
        pass
    with opened(tmp_path, diary()) as (journal, program):
        filled(journal)
        program.follow()
        assert set(noted(tmp_path)) == {"ticket_0", "ticket_1", "ticket_2"}
    with (
        opened(tmp_path, ASSIGNMENTS, diary()) as (journal, program),
        program.views.reading() as view,
    ):
        assert {each.position for each in view.generations()} == {journal_end(journal)}


def test_what_was_killed_before_the_old_tables_were_dropped_drops_them_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, diary()) as (journal, program):
        filled(journal)
        with monkeypatch.context() as patch:
            patch.delattr(Store, "drop")
            with pytest.raises(AttributeError):
                program.build(diary())
        assert names(tmp_path, "table") == {*OURS, "diary_1", "diary_2"}
    with opened(tmp_path, diary()):
        assert names(tmp_path, "table") == {*OURS, "diary_2"}


def test_a_file_of_another_schema_is_none_of_ours(tmp_path: Path) -> None:
    with opened(tmp_path) as (_, program):
        with closing(sqlite3.connect(program.views.path)) as file:
            file.execute("PRAGMA user_version = 99")
        with pytest.raises(ReadModelDamagedError, match="version 99"):
            program.open()


def restored(directory: Path, journal: Journal) -> None:
    """Put another journal in the place of one."""
    for path in directory.glob("journal.db*"):
        path.unlink()
    shutil.copyfile(journal.path, directory / "journal.db")


def test_read_models_of_another_journal_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with opened(tmp_path / "other") as (other, _):
        write(other, "ticket_0", opened_with(subject="Other"), *[NoteAdded("n")] * 30)
    with opened(tmp_path) as (journal, program):
        filled(journal)
        program.follow()
    restored(tmp_path, other)
    with pytest.raises(ReadModelDamagedError), opened(tmp_path):
        pass


@pytest.mark.parametrize("how_far", ["follow", "begin"])
def test_a_journal_that_is_older_than_its_read_models_is_noticed(
    tmp_path: Path, how_far: str
) -> None:
    """Also when it has grown again, past where they were."""
    (tmp_path / "backup").mkdir()
    with opened(tmp_path) as (journal, program):
        filled(journal)
        program.follow()
        with closing(sqlite3.connect(journal.path)) as file:
            file.execute("VACUUM INTO ?", [str(tmp_path / "backup" / "journal.db")])
        write(journal, "ticket_0", NoteAdded("lost"))
        if how_far == "follow":
            program.follow()
        else:
            program.builder.begin(program.models[0])
    with closing(open_journal(f"sqlite:///{tmp_path / 'backup' / 'journal.db'}")) as backup:
        write(backup, "ticket_1", NoteAdded("instead"), NoteAdded("instead"))
    restored(tmp_path, backup)
    with pytest.raises(ReadModelDamagedError), opened(tmp_path):
        pass


def test_nobody_but_the_owner_can_read_them(tmp_path: Path) -> None:
    with opened(tmp_path) as (_, program):
        files = list(tmp_path.glob(f"{VIEWS}*"))
        assert len(files) == 3
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert program.views.intact()


def go_on(directory: Path) -> None:
    with opened(directory, diary()) as (journal, program):
        write(journal, "ticket_0", NoteAdded("newest"))
        program.follow()


@pytest.mark.parametrize("table", ["generations", "parked", "source", "diary_1"])
def test_damage_met_at_the_start_is_told_as_such(tmp_path: Path, table: str) -> None:
    with opened(tmp_path, diary(Refused(rows={"ticket_1"}))) as (journal, program):
        filled(journal)
        program.follow()
    with closing(sqlite3.connect(tmp_path / VIEWS)) as file:
        query = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        (page,) = file.execute(query, [table]).fetchone()
    with (tmp_path / VIEWS).open("r+b") as damaged:
        damaged.seek((page - 1) * 4096)
        damaged.write(b"\xa5" * 4096)
    with pytest.raises(ReadModelDamagedError):
        go_on(tmp_path)


def test_what_a_newer_program_could_not_write_is_no_matter_once_the_file_is_gone(
    tmp_path: Path,
) -> None:
    with opened(tmp_path, diary()) as (journal, _):
        filled(journal)
    with closing(open_journal(f"sqlite:///{tmp_path / 'journal.db'}")) as journal:
        newer = diary(None, 2, "mood")
        program = Program(journal, Desk(journal), (newer,))
        program.open()
        write(journal, "ticket_0", NoteAdded("newer"))
        program.follow()  # generation 1 is left as it is
        program.views.remove()
        program.open()
        for _ in program.builder.build(newer):
            pass
        write(journal, "ticket_0", NoteAdded("newest"))
        program.follow()
        program.views.close()
    assert noted(tmp_path)["ticket_0"][-1] == "newest"


def test_a_build_whose_file_is_removed_says_so(tmp_path: Path) -> None:
    with opened(tmp_path, diary()) as (journal, program):
        filled(journal)
        steps = program.builder.build(program.models[0])
        next(steps)
        program.views.remove()
        program.open()
        with pytest.raises(ReadModelError):
            list(steps)
