"""Read models follow by themselves, whatever becomes of their file and of those who fill it."""

import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from following import in_step, views, work
from held import held_by
from msgspec.structs import replace
from running import Running, running
from server import eventually

import ticketservice.service
from ticketprojections.views import file, runner
from ticketprojections.views.projector import Projector
from ticketservice.service import VIEWS, read_models


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "LOCK_TIMEOUT", 0.2)
    monkeypatch.setattr(runner, "FAILED_SECONDS", 0.1)


def test_what_is_written_is_taken_in(own_desk: Running) -> None:
    work(own_desk.client())
    eventually(in_step(own_desk))


def test_a_file_of_another_schema_is_made_anew(tmp_path: Path) -> None:
    with running(tmp_path) as desk:
        work(desk.client())
        eventually(in_step(desk))
    with closing(sqlite3.connect(tmp_path / VIEWS)) as other:
        other.execute("PRAGMA user_version = 99")
        other.execute("DROP TABLE parked")
    with running(tmp_path) as desk:
        eventually(in_step(desk))


def test_read_models_of_another_version_are_built_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path) as desk:
        work(desk.client())
        eventually(in_step(desk))

    def newer(sla: Any) -> Any:
        return tuple(replace(each, version=2) for each in read_models(sla))

    monkeypatch.setattr(ticketservice.service, "read_models", newer)
    with running(tmp_path) as desk:
        eventually(lambda: versions(desk) == [2, 2])
        work(desk.client())
        eventually(in_step(desk))


def versions(desk: Running) -> list[int]:
    with desk.service.projector.views.reading() as view:
        return [each.version for each in view.generations()]


def test_a_journal_that_was_restored_is_read_anew(tmp_path: Path) -> None:
    with running(tmp_path) as desk:
        work(desk.client())
        desk.service.desk.close()
        shutil.copytree(tmp_path, tmp_path / "backup")
    with running(tmp_path) as desk:
        work(desk.client())
        eventually(in_step(desk))
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
        if (tmp_path / "backup" / name).exists():
            shutil.move(tmp_path / "backup" / name, tmp_path / name)
    with running(tmp_path) as desk:
        eventually(in_step(desk))
        assert len(held_by(tmp_path / VIEWS).tickets) == 3


def test_a_file_that_another_process_holds_is_waited_for(own_desk: Running) -> None:
    agent = own_desk.client()
    work(agent)
    eventually(in_step(own_desk))
    with closing(sqlite3.connect(views(own_desk), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        work(agent)
        eventually(lambda: own_desk.service.runner.failing)
        work(agent)
    eventually(in_step(own_desk))
    eventually(lambda: not own_desk.service.runner.failing)


@pytest.mark.parametrize("name", ["views.lock", "views.build", "views.db"])
def test_a_directory_that_takes_no_file_is_told_and_waited_for(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with running(tmp_path) as desk:
        eventually(lambda: desk.service.runner.failing)
        work(desk.client())
        (tmp_path / name).rmdir()
        eventually(in_step(desk))
        eventually(lambda: not desk.service.runner.failing)


def test_a_fault_of_the_program_does_not_end_it(
    own_desk: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.delattr(Projector, "follow")
        work(own_desk.client())
        eventually(lambda: own_desk.service.runner.failing)
    eventually(in_step(own_desk))


def test_a_failure_is_logged_once(own_desk: Running, caplog: pytest.LogCaptureFixture) -> None:
    with closing(sqlite3.connect(views(own_desk), isolation_level=None)) as other:
        eventually(in_step(own_desk))
        other.execute("BEGIN EXCLUSIVE")
        work(own_desk.client())
        eventually(lambda: own_desk.service.runner.failing)
        sleep(1)
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == [
        "read models cannot be kept up to date"
    ]


def test_all_files_are_the_owner_s_alone(own_desk: Running) -> None:
    eventually(in_step(own_desk))
    files = list(views(own_desk).parent.glob("views*"))
    assert {each.name for each in files} >= {"views.db", "views.lock", "views.build"}
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
