"""docs/settings.md: made of the settings as they are, with all of them, and true."""

import re
import tomllib
from typing import Annotated, Literal

import msgspec
import pytest
import settings_page
from settings_page import EXAMPLE, PAGE

from ticketservice.settings import TABLES, Settings, read_settings

SHOWN = re.compile(r"^\| `(\w+)` \| .*? \| (?:`(.+?)`|.*?) \| .+ \| (?:`(\w+)`)? \|$", re.MULTILINE)


class Larger(Settings, frozen=True):
    """Settings as they may be one day."""

    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    """How many processes
    there are."""
    colour: Literal["always", "never"] = "never"
    """Whether logs are coloured."""
    hosts: tuple[str, ...] = ("a", "b")
    """Who else serves."""
    quota: float | None = None
    """How much, at most."""


class WithoutDocs(Settings, frozen=True):
    """Settings of which one says nothing."""

    workers: int = 1


def with_example(text: str) -> str:
    return f"{text}\n{EXAMPLE.read_text('utf-8')}"


def test_the_page_is_made_of_the_settings_as_they_are() -> None:
    assert PAGE.read_text("utf-8") == settings_page.page(), "the page is old: run scripts/docs"


def test_the_page_shows_every_plain_setting_with_the_variable_that_holds_it() -> None:
    rows = SHOWN.findall(PAGE.read_text("utf-8"))
    assert [name for name, _, _ in rows] == [*Settings.__struct_fields__]
    written = tomllib.loads(EXAMPLE.read_text("utf-8"))
    for name, default, variable in rows:
        if name not in TABLES:
            assert tomllib.loads(f"it = {default}")["it"] == getattr(Settings(), name)
            value = str(written[name])
            assert getattr(read_settings({variable: value}), name) == written[name]


def test_the_example_sets_everything_otherwise_than_by_default() -> None:
    settings = read_settings({}, EXAMPLE)
    for name in Settings.__struct_fields__:
        assert getattr(settings, name) != getattr(Settings(), name)
    for name in settings.workflow.__struct_fields__:
        assert getattr(settings.workflow, name) != getattr(Settings().workflow, name)


def test_a_new_setting_comes_into_the_page_by_itself() -> None:
    example = with_example('workers = 4\ncolour = "always"\nhosts = ["c"]\nquota = 0.5')
    page = settings_page.page(Larger, example)
    assert "| `workers` | integer, 1 to 64 | `1` | How many processes there are. |" in page
    assert '| `colour` | `always` or `never` | `"never"` | Whether logs are coloured. |' in page
    assert '| `hosts` | array of string | `["a", "b"]` | Who else serves. |' in page
    assert "| `quota` | float | none | How much, at most. |" in page
    assert "quota = 0.5" in page


def test_a_setting_without_docs_stops_the_page() -> None:
    with pytest.raises(LookupError, match=r"WithoutDocs.workers has no docs"):
        settings_page.page(WithoutDocs, with_example("workers = 4"))


def test_a_setting_without_an_example_stops_the_page() -> None:
    with pytest.raises(LookupError, match=r"Larger.colour has no example in ticketdomain.toml"):
        settings_page.page(Larger, with_example("workers = 4"))
