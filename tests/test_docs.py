"""What the README and the pages of docs/ show, done as it stands there by one who follows them."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from itertools import takewhile
from pathlib import Path
from typing import IO

import pytest
from pages import PAGES, ROOT, looks_like
from reader import Reader
from server import PATIENCE

README = PAGES[0]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_whoever_follows_a_page_gets_what_it_shows(page: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        Reader(tmp_path, stack).follow(page)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("```console\n$ false\n```\n", "false"),
        ("```console\n$ nosuch\n```\n", "nosuch"),
        ("```console\n$ curl http://127.0.0.1:8000/v1/me\n```\n", "401"),
        ("```console\n$ echo 'one\ntwo'\none\n```\n", "two"),
        ("```console\n$ ticketdomain serve --nosuch\n```\n", "refused"),
        ('```console\n$ echo \'[1, {"a": 2}]\'\n```\n```json\n[1, {"a": 3}]\n```\n', "2"),
        ('```json\n{"status": "done"}\n```\n', "not_allowed"),
        ("```toml\nprot = 1\n```\n", "prot"),
        ("```toml\nport = \n```\n", "value"),
        ("```python\nassert 1 > 2\n```\n", "1 > 2"),
        ("```\n$ ls\n```\n", "console"),
        ("```bash\nfalse\n```\n", "false"),
        ("```sh\nls\n```\n", "sh"),
    ],
)
def test_a_page_that_is_wrong_is_found_out(shown: str, said: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(shown)
    with pytest.raises(Exception, match=re.escape(said)), ExitStack() as stack:
        Reader(tmp_path, stack).follow(page)


def test_a_page_that_is_right_is_not() -> None:
    assert looks_like("a … c", "a b\nb c\n")
    assert not looks_like("a …c", "a b")


@contextmanager
def quickest_start(directory: Path) -> Generator[IO[str]]:
    """Run scripts/serve on a journal of its own, and give what it prints."""
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "VENV": os.path.relpath(sys.prefix, ROOT),
        "TICKETDOMAIN_DATABASE": f"sqlite:///{directory}/journal.db",
    }
    line = [str(ROOT / "scripts/serve"), "--port", "0"]
    with subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout
        finally:
            process.terminate()
            assert process.wait(PATIENCE) == 0


@pytest.mark.skipif(
    Path(sys.prefix).parent != ROOT, reason="scripts/setup would renew an environment of yours"
)
def test_the_quickest_start_shows_a_command_that_works(tmp_path: Path) -> None:
    with quickest_start(tmp_path) as printed:
        shown = "".join(takewhile(lambda line: "serves on" not in line, printed))
        update = f"{shown[shown.index('curl') :].strip()} --fail --silent"
        ran = subprocess.run(["bash", "-c", update], capture_output=True, text=True, check=False)
    assert '"status":"in_progress"' in ran.stdout
    assert ran.returncode == 0


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
            assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_readme_names_every_script_and_is_short() -> None:
    text = README.read_text("utf-8")
    scripts = [each.name for each in (ROOT / "scripts").iterdir() if os.access(each, os.X_OK)]
    named = re.findall(r"`(?:scripts/)?(\w+)`", text)
    assert {each for each in scripts if (ROOT / "scripts" / each).is_file()} <= {*named}
    assert len(text.splitlines()) <= 150
