"""What the README shows, run as it stands there."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

from server import PROGRAM, command, make_key, running_server

from ticketservice.settings import Settings, read_settings

README = Path(__file__).parents[1] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


def commands(beginning: str) -> list[str]:
    """Give the console's commands that begin so, with the lines that continue them."""
    typed = "".join(blocks("console")).split("$ ")
    return [each for each in typed if each.startswith(beginning)]


def test_the_key_of_the_readme_can_be_made(tmp_path: Path) -> None:
    (create,) = commands("ticketdomain keys create")
    made = command(tmp_path, *create.split()[1:])
    assert made.out.startswith("sk_live_")


def test_the_requests_of_the_readme_are_answered(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    opening, update, history = commands("curl")
    with running_server(tmp_path) as server:

        def run(request: str, ticket: str = "") -> dict[str, Any]:
            here = request.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
            variables = {**os.environ, "KEY": secret, "TICKET": ticket}
            ran = subprocess.run(
                ["bash", "-c", here], env=variables, capture_output=True, check=True
            )
            answer: dict[str, Any] = json.loads(ran.stdout)
            return answer

        ticket = str(run(opening)["id"])
        assert run(update, ticket)["status"] == "in_progress"
        assert len(run(history, ticket)["items"]) == 2


def test_the_settings_file_of_the_readme_is_one(tmp_path: Path) -> None:
    (shown,) = blocks("toml")
    file = tmp_path / "ticketdomain.toml"
    file.write_text(shown, "utf-8")
    assert read_settings({}, file).workflow.statuses == tomllib.loads(shown)["workflow"]["statuses"]


def test_the_readme_names_every_setting_and_its_default() -> None:
    rows = re.findall(r"\| `(\w+)` \| `(\w+)` \| `(.+?)` \|", README.read_text("utf-8"))
    defaults = Settings()
    assert {name for name, _, _ in rows} == {*Settings.__struct_fields__} - {"workflow"}
    for name, variable, default in rows:
        assert variable == f"TICKETDOMAIN_{name.upper()}"
        assert str(getattr(defaults, name)) == default


def test_the_readme_names_every_script() -> None:
    scripts = {each.name for each in README.with_name("scripts").iterdir() if "." not in each.name}
    text = README.read_text("utf-8")
    assert {name for name in scripts - {"benchmarks"} if f"`{name}`" not in text} <= {"setup"}
    assert PROGRAM.exists()
