"""A redaction takes texts away for good, changes nothing else, and is itself on record."""

import hashlib
from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given as for_any
from journals import filled, rows, write
from msgspec.structs import asdict, replace
from running import Running
from server import JOURNAL, command, make_key, running_server
from test_transfer import filled_with

from ticketdomain.errors import NothingToRedactError, TicketNotFoundError
from ticketdomain.events import (
    Actor,
    CustomFieldsMerged,
    NoteAdded,
    Recorded,
    ReplyAdded,
    SubjectChanged,
    TagsReplaced,
    TextsRedacted,
)
from ticketdomain.journal import Journal, Remembered, Snapshot, decode, open_journal
from ticketdomain.proof import broken, check, seal
from ticketdomain.redaction import REDACTED, redact, redacted
from ticketdomain.testing import histories
from ticketdomain.ticket import replay

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CARD = "4111-1111-1111-1111"
TEXTS = ("subject", "description", "custom_fields")


@pytest.fixture
def journal(tmp_path: Path) -> Generator[Journal]:
    with closing(open_journal(f"sqlite:///{tmp_path / 'journal.db'}")) as opened:
        filled(opened, tickets=2, notes=2)
        write(opened, "ticket_0", NoteAdded(f"pays with {CARD}"), TagsReplaced(("paid",)))
        yield opened


def blank(journal: Journal, *versions: int, ticket_id: str = "ticket_0") -> tuple[int, ...]:
    operator = Actor("operator", "jane")
    return redact(journal, ticket_id, versions or None, reason="card number", by=operator, now=NOW)


def findings(journal: Journal) -> list[str]:
    return [each.what for _, found in check(journal.reading) for each in found]


def test_a_note_is_blanked_and_the_redaction_recorded(journal: Journal) -> None:
    assert blank(journal, 5) == (5,)
    *_, note, tags, record = map(decode, rows(journal))
    assert note.event == NoteAdded(REDACTED)
    assert tags.event == TagsReplaced(("paid",))
    left = hashlib.sha256(rows(journal)[4].state).hexdigest()
    assert record.event == TextsRedacted((5,), "card number", (left,))
    assert (record.version, record.at, record.by) == (7, NOW, Actor("operator", "jane"))


def test_the_text_is_nowhere_in_the_file_any_more(journal: Journal) -> None:
    snapshot = Snapshot("ticket_0", 5, "ticket", 1, CARD.encode())
    with journal.writing() as writer:
        writer.keep([snapshot])
    blank(journal, 5)
    journal.shorten()
    for file in journal.path.parent.iterdir():
        assert CARD.encode() not in file.read_bytes(), file


def test_chain_and_earlier_seals_hold(journal: Journal) -> None:
    kept = seal(journal, NOW)
    blank(journal)
    assert findings(journal) == []
    assert list(broken(kept, seal(journal, NOW, upto=kept.position), 11)) == []


def test_a_whole_ticket_is_redacted_at_once_and_no_other(journal: Journal) -> None:
    assert blank(journal) == (1, 2, 3, 4, 5)
    assert decode(rows(journal, "ticket_1")[1]).event == NoteAdded("first")


@pytest.mark.parametrize("versions", [(6,), (7,)])
def test_where_there_is_no_text_nothing_is_recorded(
    journal: Journal, versions: tuple[int, ...]
) -> None:
    write(journal, "ticket_0", TagsReplaced(()))
    with pytest.raises(NothingToRedactError):
        blank(journal, *versions)
    assert len(rows(journal)) == 7


def test_twice_is_once(journal: Journal) -> None:
    blank(journal, 5)
    assert blank(journal, 5) == ()
    assert len(rows(journal)) == 7
    assert blank(journal) == (1, 2, 3, 4)


@pytest.mark.parametrize(("ticket_id", "version"), [("ticket_9", 1), ("ticket_0", 99), ("key", 1)])
def test_what_is_not_there_cannot_be_redacted(
    journal: Journal, ticket_id: str, version: int
) -> None:
    with pytest.raises(TicketNotFoundError):
        blank(journal, version, ticket_id=ticket_id)


def test_a_payload_that_was_blanked_without_a_redaction_is_found(journal: Journal) -> None:
    row = rows(journal)[4]
    with journal.writing() as writer:
        writer.blank([replace(row, state=b'{"type":"ticket.note_added","body":"x"}', salt=b"")])
    assert findings(journal) == ["its payload was blanked, and no redaction of it is recorded"]


def test_a_redaction_that_leaves_other_text_is_found(journal: Journal) -> None:
    blank(journal, 5)
    row = rows(journal)[4]
    for left in (b'{"type":"ticket.note_added","body":"x"}', row.state + b" "):
        with journal.writing() as writer:
            writer.blank([replace(row, state=left)])
        assert findings(journal) == ["its payload is not what the redaction left"]


def test_structure_stays_and_only_texts_and_numbers_go() -> None:
    patch = CustomFieldsMerged({"card": CARD, "gone": None, "vip": True, "n": [1, {"a": 2.5}]})
    assert redacted(patch) == CustomFieldsMerged(
        {"card": REDACTED, "gone": None, "vip": True, "n": [0, {"a": 0}]}
    )
    assert redacted(SubjectChanged(CARD)) == SubjectChanged(REDACTED)
    assert redacted(ReplyAdded(CARD, "customer")) == ReplyAdded(REDACTED, "customer")


@for_any(histories())
def test_a_redaction_changes_nothing_but_texts(
    tmp_path_factory: pytest.TempPathFactory, history: list[Recorded]
) -> None:
    path = tmp_path_factory.mktemp("journals") / "journal.db"
    with closing(open_journal(f"sqlite:///{path}")) as opened:
        filled_with(opened, [history])
        before = replay(map(decode, rows(opened)))
        kept = seal(opened, NOW)
        blank(opened)
        after = replay(map(decode, rows(opened)))
        assert findings(opened) == []
        assert list(broken(kept, seal(opened, NOW, upto=kept.position), 10**6)) == []
    assert before is not None
    assert after is not None
    same = {"version": before.version, "updated_at": before.updated_at}
    texts = {name: asdict(before)[name] for name in TEXTS}
    assert replace(after, **same, **texts) == before
    assert after.subject == REDACTED


def test_a_running_service_shows_it_everywhere_though_it_knew_the_text(own_desk: Running) -> None:
    agent, site = own_desk.client(), own_desk.client("public:read")
    ticket = agent.open(subject=CARD, description=CARD, custom_fields={"card": CARD})
    agent.put(ticket, {"internal_note": CARD})
    agent.post(f"{ticket}/replies", {"body": CARD, "author": "customer"})
    name = ticket.rpartition("/")[2]
    public = f"/v1/public/tickets/{name}"
    addresses = [ticket, f"{ticket}?version=2", f"{ticket}/history", f"{ticket}/notes"]
    addresses += [f"{ticket}/replies", f"{ticket}/sla", "/v1/events", "/v1/tickets"]
    readers = [(agent, each) for each in addresses]
    readers += [(site, public), (site, f"{public}/history")]
    for client, address in readers:
        assert client.get(address).status == 200
    with closing(open_journal(f"sqlite:///{own_desk.service.journal.path}")) as other:
        blank(other, ticket_id=name)
        other.shorten()
        newest = str(seal(other, NOW).position)
    agent.get("/v1/tickets", Min_Position=newest)
    for client, address in readers:
        answer = client.get(address)
        assert answer.status == 200
        assert CARD.encode() not in answer.body, address
    assert agent.get(ticket).json["subject"] == REDACTED
    assert agent.get(f"{ticket}/history").json["items"][-1]["changes"] == [
        {
            "field": "redaction",
            "from": None,
            "to": {"versions": [1, 2, 3], "reason": "card number"},
        }
    ]
    after = agent.put(ticket, {"priority": 1}).json
    assert (after["subject"], after["version"]) == (REDACTED, 5)


def test_requests_that_wrote_no_redacted_text_are_still_known(journal: Journal) -> None:
    with journal.writing() as writer:
        for version in (2, 3, 6):  # 1 and 2, 5 and 6 were written together
            remembered = Remembered(b"hash", "ticket_0", version)
            writer.remember("acme", "tickets", str(version), remembered, NOW)
    blank(journal, 1, 5)
    with journal.reading() as reader:
        hashes = {each.key: each.request_hash for each in reader.remembrances()}
    assert [key for key, kept in hashes.items() if kept == b"hash"] == ["3"]


def test_a_retry_of_what_was_redacted_is_not_done_again(own_desk: Running) -> None:
    agent = own_desk.client()
    ticket = agent.open()
    note = {"internal_note": CARD}
    agent.put(ticket, note, Idempotency_Key="k")
    name = ticket.rpartition("/")[2]
    with closing(open_journal(f"sqlite:///{own_desk.service.journal.path}")) as other:
        blank(other, ticket_id=name)
    assert agent.put(ticket, note, Idempotency_Key="k").status == 422
    assert agent.get(ticket).json["version"] == 3


def test_lists_and_search_forget_what_was_redacted(own_desk: Running) -> None:
    agent = own_desk.client()
    ticket = agent.open(subject="Refund")
    agent.put(ticket, {"internal_note": "secretword"})
    agent.put(ticket, {"internal_note": "otherword"})

    def found(word: str) -> int:
        return len(agent.get(f"/v1/tickets?q={word}").json["items"])

    assert (found("secretword"), found("otherword")) == (1, 1)
    name = ticket.rpartition("/")[2]
    with closing(open_journal(f"sqlite:///{own_desk.service.journal.path}")) as other:
        blank(other, 2, ticket_id=name)
        with other.reading() as reader:
            newest = reader.position()
    agent.get("/v1/tickets", Min_Position=str(newest))
    assert (found("secretword"), found("otherword"), found("redacted")) == (0, 1, 1)


def test_the_command_leaves_the_text_in_no_file(tmp_path: Path) -> None:
    secret = make_key(tmp_path)
    with running_server(tmp_path) as server:
        agent = server.client(secret)
        ticket = agent.open(subject=f"Refund {CARD}")
        for _ in range(30):
            agent.put(ticket, {"internal_note": f"pays with {CARD}", "description": CARD})
            agent.put(ticket, {"description": None})
        assert agent.get("/v1/tickets?q=4111").json["items"] != []
        (tmp_path / "seal.json").write_text(command(tmp_path, "seal").out)
        name = ticket.rpartition("/")[2]
        ran = command(tmp_path, "redact", name, "--reason", "card number", "--by", "jane")
        assert ran.code == 0, ran.err
        assert agent.get("/v1/tickets?q=4111").json["items"] == []
        for file in (tmp_path / JOURNAL).parent.iterdir():
            content = file.read_bytes()
            assert CARD.encode() not in content, file
            assert b"x4111" not in content, file
        entry = agent.get(f"{ticket}/history?limit=200").json["items"][-1]
        assert entry["by"] == {"key_id": "operator", "on_behalf_of": "jane"}
    assert command(tmp_path, "verify", "--seal", "seal.json").code == 0
    (tmp_path / JOURNAL.with_name("views.db")).unlink()
    again = command(tmp_path, "redact", name, "--reason", "x")
    assert (again.code, "redacted already" in again.out) == (0, True)
    assert "there is no ticket" in command(tmp_path, "redact", "t", "--reason", "x").one_line()
    assert "never had" in command(tmp_path, "redact", name, "999", "--reason", "x").one_line()
    for reason in (" ", "x" * 1_001, "a\udcff", "a\nb"):
        assert command(tmp_path, "redact", name, "--reason", reason).code == 2
    for by in ("", "jane doe", "j\u00fcrgen", "j" * 129):
        assert command(tmp_path, "redact", name, "--reason", "x", "--by", by).code == 2
