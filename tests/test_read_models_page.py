"""What docs/read-models.md and projections/README.md say of read models, held against these."""

import csv
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from pages import ROOT, blocks, commands
from server import JOURNAL, PROGRAM, command
from telling import Story, telling

from ticketdomain.ticket import TICKET
from ticketprojections import assignments
from ticketprojections.sla import Sla
from ticketprojections.sla.policy import default_policies
from ticketprojections.views.projector import Projector
from ticketservice.service import open_service, read_models
from ticketservice.settings import Settings

PAGE = ROOT / "docs" / "read-models.md"
GUIDE = ROOT / "projections" / "README.md"
VIEWS = JOURNAL.with_name("views.db")
DAY = "2025-11-24"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Read models of a few tickets, all of them of a year ago."""
    with telling(tmp_path) as story:
        fill(story)
    assert command(tmp_path, "projections", "rebuild").code == 0
    return tmp_path


def fill(story: Story) -> None:
    """One answered at once, one answered too late, one still late, one that nobody promised."""
    story.open("ticket_1", category="billing", assigned_to="jane")
    story.reply("here", ticket="ticket_1")
    story.update("ticket_1", status="resolved")
    story.open("ticket_2", category="billing", assigned_to="jane")
    story.update("ticket_2", assigned_to="jim")
    story.update("ticket_2", assigned_to="jane")
    story.clock.pass_time(days=20)
    story.reply("sorry", ticket="ticket_2")
    story.update("ticket_2", status="resolved")
    story.open("ticket_3", tags=["vip"])


def columns(views: sqlite3.Connection, table: str) -> set[str]:
    """Give the columns of a view, or of the table of a generation that has none."""
    named = "SELECT name FROM sqlite_schema WHERE name = ? OR name GLOB ? ORDER BY name"
    name = views.execute(named, [table, f"{table}_[0-9]"]).fetchone()[0]
    return {row[1] for row in views.execute(f"PRAGMA table_info({name})")}


def tables() -> set[str]:
    models = read_models(Sla(default_policies()))
    return {table for model in models for table in model.tables}


def described(page: str) -> dict[str, set[str]]:
    """Give the columns that the page names, by table: one of a heading, or of a first cell."""
    told: dict[str, set[str]] = {}
    for section in re.split(r"^##+ ", page, flags=re.MULTILINE):
        heading = re.match(r"`(\w+)`", section)
        table = heading[1] if heading else ""
        for row in re.findall(r"^\|(.+)\|$", section, re.MULTILINE):
            first, second = (re.findall(r"`(\w+)`", cell) for cell in row.split("|")[:2])
            table = table if heading or not first else first[0]
            told.setdefault(table, set()).update(first if heading else second)
    return {table: names for table, names in told.items() if names}


def test_the_page_names_every_table_and_column(desk: Path) -> None:
    with closing(sqlite3.connect(desk / VIEWS)) as views:
        names = {*tables(), "generations", "parked", "source"}
        there_are = {name: columns(views, name) for name in names}
    assert described(PAGE.read_text("utf-8")) == there_are


def report(directory: Path, of: str) -> list[list[str]]:
    """Run a query of the page for the account of these tickets, and give its rows."""
    shown = [
        each.typed for b in blocks(PAGE) if b.language == "console" for each in commands(b.text)
    ]
    (typed,) = [each for each in shown if of in each and "SELECT" in each]
    program = str(PROGRAM.with_name("sqlite-utils"))
    line = typed.replace("sqlite-utils", program, 1).replace("'demo'", "'acme'")
    ran = subprocess.run(
        ["bash", "-c", line], cwd=directory, capture_output=True, text=True, check=True
    )
    return list(csv.reader(ran.stdout.splitlines()))[1:]


def test_the_report_on_assignments_counts_a_ticket_once_a_day(desk: Path) -> None:
    assert report(desk, "assignments") == [["jane", DAY, "2"], ["jim", DAY, "1"]]


def test_the_report_on_targets_tells_missed_and_met(desk: Path) -> None:
    told = sorted(report(desk, "sla_missed"))
    assert told == [["(none)", "1", "1", "0"], ["billing", "2", "1", "1"]]


def test_a_read_model_that_is_taken_out_is_dropped_at_the_next_start(desk: Path) -> None:
    with open_service(Settings(database=f"sqlite:///{desk / JOURNAL}")) as service:
        folds, views = (TICKET, service.sla.fold), service.projector.views
        Projector(service.journal, service.live, views, (assignments.ASSIGNMENTS,), folds).open()
    with closing(sqlite3.connect(desk / VIEWS)) as file:
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_schema")]
        assert not [name for name in names if name.startswith("ticket")]
        assert file.execute("SELECT count(*) FROM assignments").fetchone() == (3,)


def test_the_example_of_the_guide_is_the_file_itself() -> None:
    (shown,) = [each.text for each in blocks(GUIDE) if each.language == "python"]
    assert shown == Path(assignments.__file__).read_text("utf-8")
