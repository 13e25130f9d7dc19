"""What the README and the pages of docs/ show, run as it stands there."""

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
SLA = README.with_name("docs") / "sla.md"


def blocks(language: str, page: Path = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def commands(beginning: str, page: Path = README) -> list[str]:
    """Give the console's commands that begin so, with the lines that continue them."""
    typed = "".join(blocks("console", page)).split("$ ")
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
    assert {name for name, _, _ in rows} == {*Settings.__struct_fields__} - {"workflow", "sla"}
    for name, variable, default in rows:
        assert variable == f"TICKETDOMAIN_{name.upper()}"
        assert str(getattr(defaults, name)) == default


def test_the_policies_of_the_sla_page_are_valid(tmp_path: Path) -> None:
    (tmp_path / "ticketdomain.toml").write_text("".join(blocks("toml", SLA)), "utf-8")
    (check,) = commands("ticketdomain", SLA)
    told = command(tmp_path, *check.split()[1:])
    assert told.out.startswith("ticketdomain.toml: valid")
    assert "policy vip, in calendar office, for priority 1 or 2 and tag vip" in told.out


def test_the_request_of_the_sla_page_is_answered(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    (request,) = commands("curl", SLA)
    with running_server(tmp_path) as server:
        ticket = server.client(secret).open().rpartition("/")[2]
        variables = {**os.environ, "KEY": secret, "TICKET": ticket}
        here = request.replace(":8000", f":{server.port}")
        ran = subprocess.run(["bash", "-c", here], env=variables, capture_output=True, check=True)
    assert json.loads(ran.stdout)["resolution"]["target_seconds"] == 72 * 3600


def test_the_readme_names_every_script() -> None:
    scripts = {each.name for each in README.with_name("scripts").iterdir() if "." not in each.name}
    text = README.read_text("utf-8")
    assert {name for name in scripts - {"benchmarks"} if f"`{name}`" not in text} <= {"setup"}
    assert PROGRAM.exists()
