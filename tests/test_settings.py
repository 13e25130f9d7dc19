"""Where settings come from, which of them wins, and how those that cannot be used are told."""

from pathlib import Path
from typing import Any

import pytest
from server import command, make_key, running_server

from ticketdomain.workflow import DEFAULT_WORKFLOW
from ticketservice.settings import Settings, SettingsError, read_settings

REPAIRS = """
[workflow.statuses]
received = "active"
at_the_bench = "active"
waiting_for_parts = "waiting"
repaired = "resolved"
handed_over = "closed"

[workflow.transitions]
received = ["at_the_bench"]
handed_over = []
"""


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings_file(text: str, name: str = "ticketdomain.toml") -> Path:
    path = Path(name)
    path.write_text(text)
    return path


def test_nothing_needs_to_be_set() -> None:
    settings = read_settings({})
    assert settings.database == "sqlite:///data/journal.db"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.workflow == DEFAULT_WORKFLOW


def test_the_file_wins_over_the_defaults() -> None:
    settings_file("port = 8001")
    assert read_settings({}) == Settings(port=8001)


def test_the_environment_wins_over_the_file() -> None:
    settings_file('port = 8001\nhost = "0.0.0.0"')
    settings = read_settings({"TICKETDOMAIN_PORT": "8002"})
    assert settings == Settings(port=8002, host="0.0.0.0")


def test_an_option_wins_over_everything() -> None:
    settings_file("port = 8001")
    assert read_settings({"TICKETDOMAIN_PORT": "8002"}, port=8003).port == 8003


def test_an_option_that_is_not_given_changes_nothing() -> None:
    settings_file("port = 8001")
    assert read_settings({}, port=None, host=None).port == 8001


def test_every_plain_setting_can_be_set_in_the_environment() -> None:
    environment = {
        "TICKETDOMAIN_DATABASE": "sqlite:////srv/journal.db",
        "TICKETDOMAIN_HOST": "0.0.0.0",
        "TICKETDOMAIN_PORT": "80",
        "TICKETDOMAIN_LOG_LEVEL": "warning",
        "TICKETDOMAIN_ACCESS_LOG": "false",
        "TICKETDOMAIN_METRICS": "0",
        "PATH": "/bin",
    }
    expected = Settings("sqlite:////srv/journal.db", "0.0.0.0", 80, "warning", False, False)
    assert read_settings(environment) == expected


def test_the_environment_names_another_file() -> None:
    settings_file("port = 8001")
    settings_file("port = 8002", "other.toml")
    assert read_settings({"TICKETDOMAIN_CONFIG": "other.toml"}).port == 8002


def test_a_file_given_as_an_option_wins_over_the_one_in_the_environment() -> None:
    settings_file("port = 8002", "other.toml")
    given = settings_file("port = 8003", "given.toml")
    assert read_settings({"TICKETDOMAIN_CONFIG": "other.toml"}, given).port == 8003


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prot = 8001", "prot"),
        ("port = '8001'", "port"),
        ("port = 99999", "port"),
        ("port = -1", "port"),
        ("port = 80.5", "port"),
        ("port = \n", "line 1"),
        ("log_level = 'loud'", "log_level"),
        ("workflow = 1", "workflow"),
        ("[workflow.statuses]", "status"),
        ("[workflow.statuses]\nopen = 'ajar'", "ajar"),
        ("[workflow.statuses]\n' ' = 'active'", "' '"),
        ("[workflow.statuses]\nopen = 'active'\n[workflow.transitions]\nopen = ['shut']", "shut"),
        ("[workflow.statuses]\nopen = 'active'\n[workflow.transitions]\nshut = []", "shut"),
        ("[workflow.statuses]\nopen = 'active'\n[workflow.transition]\nopen = []", "transition"),
    ],
)
def test_a_file_that_cannot_be_used_names_itself_and_what_is_wrong(text: str, named: str) -> None:
    settings_file(text)
    with pytest.raises(SettingsError) as refused:
        read_settings({})
    assert named in str(refused.value)
    assert "ticketdomain.toml" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROT", "8001"),
        ("WORKFLOW", "{}"),
        ("PORT", "http"),
        ("PORT", "99999"),
        ("PORT", ""),
        ("HOST", ""),
        ("LOG_LEVEL", "loud"),
        ("CONFIG", "nosuch.toml"),
    ],
)
def test_an_environment_that_cannot_be_used_names_what_is_wrong(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({f"TICKETDOMAIN_{name}": value})
    named = value if name == "CONFIG" else name
    assert named.lower() in str(refused.value).lower()


def test_the_program_tells_a_wrong_setting_in_one_line(tmp_path: Path) -> None:
    assert "TICKETDOMAIN_PROT" in command(tmp_path, "serve", TICKETDOMAIN_PROT="1").one_line()
    settings_file("prot = 8001")
    assert "prot" in command(tmp_path, "keys", "list").one_line()


def test_a_service_serves_what_its_options_and_environment_say(tmp_path: Path) -> None:
    settings_file("port = 1\ndatabase = 'sqlite:///file.db'")
    environment = {"TICKETDOMAIN_PORT": "2", "TICKETDOMAIN_DATABASE": "sqlite:///environment.db"}
    with running_server(tmp_path, **environment) as server:  # with --port 0, which is any port
        assert server.port > 2
        assert Path("environment.db").exists()
        assert not Path("file.db").exists()


def test_a_repair_shop_names_its_own_statuses(tmp_path: Path) -> None:
    settings_file(REPAIRS)
    with running_server(tmp_path) as server:
        agent = server.client(make_key(tmp_path))
        address = agent.open()

        def move_to(status: str) -> Any:
            return agent.put(address, {"status": status}).json

        assert agent.get(address).json["status"] == "received"
        assert move_to("repaired")["errors"][0]["allowed"] == ["at_the_bench"]
        assert "received" in move_to("open")["errors"][0]["allowed"]
        assert move_to("at_the_bench")["resolved_at"] is None
        assert move_to("repaired")["resolved_at"] is not None
        assert move_to("handed_over")["closed_at"] is not None
        assert move_to("received")["errors"][0]["allowed"] == []


def test_a_status_that_the_file_no_longer_knows_can_still_be_left(tmp_path: Path) -> None:
    settings_file(REPAIRS)
    with running_server(tmp_path) as server:
        secret = make_key(tmp_path)
        address = server.client(secret).open(status="handed_over")
    settings_file("")
    with running_server(tmp_path) as server:
        agent = server.client(secret)
        handed_over = agent.get(address).json
        assert handed_over["status"] == "handed_over"
        assert handed_over["closed_at"] is not None
        reopened = agent.put(address, {"status": "open"}).json
        assert (reopened["status"], reopened["closed_at"]) == ("open", None)
