"""Requests as callers make them: addresses, concurrency, retries, and the order of answers."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from running import Answer, Client, Running

JSON = "application/json"


# Opening and updating


def test_opening_answers_where_the_ticket_is(agent: Client) -> None:
    answer = agent.post("/v1/tickets", {"subject": "Refund"})
    assert answer.status == 201
    assert answer.headers["location"] == f"/v1/tickets/{answer.json['id']}"
    assert answer.headers["etag"] == '"1"'
    assert agent.get(answer.headers["location"]).json == answer.json


def test_a_ticket_is_answered_whole(agent: Client) -> None:
    ticket = agent.get(agent.open(requester_id="cust_7")).json
    assert " ".join(sorted(ticket)) == (
        "assigned_to category closed_at created_at custom_fields description due_date id priority"
        " requester_id resolved_at sla status subject tags updated_at version"
    )


def test_patch_does_what_put_does(agent: Client) -> None:
    address = agent.open()
    patched = agent.send("PATCH", address, b'{"priority": 1}')
    assert (patched.status, patched.json["priority"], patched.json["version"]) == (200, 1, 2)


def test_patch_takes_merge_patch_too_and_put_does_not(agent: Client) -> None:
    address, kind = agent.open(), "application/merge-patch+json"
    assert agent.send("PATCH", address, b"{}", Content_Type=kind).status == 200
    assert agent.send("PUT", address, b"{}", Content_Type=kind).status == 415


def test_a_no_op_is_answered_with_the_same_version_and_tag(agent: Client) -> None:
    address = agent.open()
    before, after = agent.get(address), agent.put(address, {"subject": "Refund"})
    assert (after.status, after.body) == (200, before.body)
    assert after.headers["etag"] == before.headers["etag"]


def test_the_position_of_a_write_is_answered(agent: Client) -> None:
    address = agent.open()
    first = int(agent.put(address, {"internal_note": "n"}).headers["journal-position"])
    second = agent.put(address, {"internal_note": "n", "priority": 1})
    assert int(second.headers["journal-position"]) == first + 2
    assert "journal-position" not in agent.get(address).headers


def test_a_dry_run_writes_nothing(agent: Client) -> None:
    address = agent.open()
    dry = agent.put(f"{address}?dry_run=true", {"priority": 1}, Idempotency_Key="k")
    assert (dry.status, dry.json["priority"], dry.json["version"]) == (200, 1, 2)
    assert not {"etag", "location", "journal-position"} & set(dry.headers)
    assert agent.get(address).json["priority"] == 3
    assert agent.put(address, {"priority": 2}, Idempotency_Key="k").status == 200


def test_a_dry_run_of_an_opening_has_no_id(agent: Client) -> None:
    dry = agent.post("/v1/tickets?dry_run=true", {"subject": "s"}, Idempotency_Key="dry")
    assert (dry.status, dry.json["id"], dry.json["version"]) == (200, None, 1)
    assert not {"etag", "location"} & set(dry.headers)


def test_a_dry_run_is_refused_as_the_update_would_be(agent: Client) -> None:
    address = agent.open()
    assert agent.put(f"{address}?dry_run=true", {"priority": 9}).status == 422
    assert agent.put(f"{address}?dry_run=true", {}, If_Match='"9"').status == 412


# Reading the past


def test_a_ticket_at_a_version(agent: Client) -> None:
    address = agent.open()
    agent.put(address, {"priority": 1})
    then = agent.get(f"{address}?version=1")
    assert (then.json["priority"], then.headers["etag"]) == (3, '"1"')


@pytest.mark.parametrize("version", ["0", "-1", "3", "999999999999999999"])
def test_a_version_it_never_had_is_not_found(agent: Client, version: str) -> None:
    address = agent.open(internal_note="n")
    assert agent.get(f"{address}?version={version}").status == 404


@pytest.mark.parametrize("version", ["", "x", "1.0", "٣", "9" * 30])
def test_a_version_that_is_no_integer_is_refused(agent: Client, version: str) -> None:
    from urllib.parse import quote

    answer = agent.get(f"{agent.open()}?version={quote(version)}")
    assert (answer.status, answer.faults) == (422, [("version", "wrong_type")])


def test_a_ticket_as_of_an_instant_includes_what_happened_then(
    desk: Running, agent: Client
) -> None:
    address = agent.open()
    opened = desk.clock.now
    desk.clock.pass_time(hours=1)
    changed = agent.put(address, {"priority": 1}).json["updated_at"]
    assert agent.get(f"{address}?as_of={changed}").json["priority"] == 1
    before = opened.isoformat()  # with a plus that a careless caller leaves as it is
    assert agent.get(f"{address}?as_of={before}").json["priority"] == 3


def test_before_it_was_opened_a_ticket_is_not_found(agent: Client) -> None:
    assert agent.get(f"{agent.open()}?as_of=1999-01-01T00:00:00Z").status == 404


def test_the_future_cannot_be_read(desk: Running, agent: Client) -> None:
    address, ahead = agent.open(), desk.clock.now.year + 1
    answer = agent.get(f"{address}?as_of={ahead}-12-31T00:00:00Z")
    assert (answer.status, answer.faults) == (422, [("as_of", "out_of_range")])


@pytest.mark.parametrize("as_of", ["now", "2026-01-01", "2026-01-01T00:00:00", ""])
def test_an_instant_in_another_form_is_refused(agent: Client, as_of: str) -> None:
    answer = agent.get(f"{agent.open()}?as_of={as_of}")
    assert (answer.status, answer.faults) == (422, [("as_of", "bad_format")])


def test_version_and_instant_exclude_each_other(agent: Client) -> None:
    answer = agent.get(f"{agent.open()}?version=1&as_of=2026-01-01T00:00:00Z")
    assert (answer.status, answer.faults) == (422, [("as_of", "conflict")])


def test_history_can_be_read_as_of_an_instant(desk: Running, agent: Client) -> None:
    address = agent.open()
    opened = agent.get(address).json["updated_at"]
    desk.clock.pass_time(seconds=1)
    agent.put(address, {"priority": 1})
    assert len(agent.get(f"{address}/history?as_of={opened}").json["items"]) == 1


def test_history_tells_who_and_from_what_to_what(agent: Client) -> None:
    address = agent.open(description="", custom_fields={"order": {"id": 7}})
    agent.put(address, {"priority": 1}, Acting_User="jane", X_Request_Id="r-1")
    opening, update = agent.get(f"{address}/history").json["items"]
    assert [change["field"] for change in opening["changes"]] == [
        "subject",
        "priority",
        "status",
        "custom_fields/order/id",
    ]
    assert (update["by"]["on_behalf_of"], update["request_id"]) == ("jane", "r-1")
    assert update["changes"] == [{"field": "priority", "from": 3, "to": 1}]
    assert update["version"] == 2


def test_pages_hold_as_many_as_asked_for(agent: Client) -> None:
    address = agent.open()
    for number in range(3):
        agent.put(address, {"internal_note": f"n{number}"})
    first = agent.get(f"{address}/notes?limit=2").json
    second = agent.get(f"{address}/notes?limit=2&cursor={first['next']}").json
    assert [note["body"] for note in first["items"] + second["items"]] == ["n0", "n1", "n2"]
    assert second["next"] is None


@pytest.mark.parametrize("limit", ["0", "201", "-1"])
def test_a_page_has_1_to_200_items(agent: Client, limit: str) -> None:
    answer = agent.get(f"{agent.open()}/history?limit={limit}")
    assert (answer.status, answer.faults) == (422, [("limit", "out_of_range")])


def test_a_made_up_cursor_is_refused(agent: Client) -> None:
    answer = agent.get(f"{agent.open()}/history?cursor=-7")
    assert (answer.status, answer.faults) == (422, [("cursor", "bad_format")])


# The customer's view


def test_customers_see_what_is_public_and_no_more(agent: Client) -> None:
    address = agent.open(internal_note="secret", tags=["vip"], category="c", assigned_to="jane")
    public = agent.get(address.replace("/v1/", "/v1/public/")).json
    assert " ".join(sorted(public)) == (
        "closed_at created_at description due_date id priority replies resolved_at status subject"
        " updated_at"
    )


def test_internal_updates_change_no_byte_of_the_customers_view(
    desk: Running, agent: Client
) -> None:
    address = agent.open()
    before = public_answers(agent, address)
    for update in INTERNAL:
        desk.clock.pass_time(minutes=1)
        agent.put(address, update)
    assert public_answers(agent, address) == before


INTERNAL: list[dict[str, Any]] = [
    {"internal_note": "secret"},
    {"tags": ["vip"]},
    {"custom_fields": {"a": 1}},
    {"category": "c", "assigned_to": "jane"},
]


def public_answers(agent: Client, address: str) -> list[Any]:
    public = address.replace("/v1/", "/v1/public/")
    answers = [
        agent.get(public, X_Request_Id="r"),
        agent.get(f"{public}/history?limit=1", X_Request_Id="r"),
    ]
    return [(each.status, {**each.headers, "date": ""}, each.body) for each in answers]


def test_public_pages_skip_nothing(agent: Client) -> None:
    address = agent.open()
    for update in ({"priority": 1}, {"internal_note": "n"}, {"subject": "s"}, {"priority": 2}):
        agent.put(address, update)
    public = f"{address.replace('/v1/', '/v1/public/')}/history"
    first = agent.get(f"{public}?limit=3").json
    second = agent.get(f"{public}?limit=3&cursor={first['next']}").json
    assert [len(page["items"]) for page in (first, second)] == [3, 1]
    assert second["next"] is None


# Concurrency and retries


def test_what_has_not_changed_is_not_sent_again(agent: Client) -> None:
    address = agent.open()
    public = address.replace("/v1/", "/v1/public/")
    for each in (address, public):
        tag = agent.get(each).headers["etag"]
        again = agent.get(each, If_None_Match=f'"other", W/{tag}')
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert agent.get(address, If_None_Match="*").status == 304
    assert agent.get(address, If_None_Match='"7"').status == 200


@pytest.mark.parametrize("tags", ["*", '"1"', '"7","1"', ' "x" , "1" '])
def test_a_precondition_that_holds(agent: Client, tags: str) -> None:
    assert agent.put(agent.open(), {"priority": 1}, If_Match=tags).status == 200


@pytest.mark.parametrize("tags", ['"2"', 'W/"1"', '"one"', '"01"', '""'])
def test_a_precondition_that_does_not_hold(agent: Client, tags: str) -> None:
    answer = agent.put(agent.open(), {"priority": 1}, If_Match=tags)
    assert (answer.status, answer.json["current_version"]) == (412, 1)


@pytest.mark.parametrize("tags", ["1", "", '"1', '"1" "2"', "'1'"])
def test_a_precondition_that_makes_no_sense(agent: Client, tags: str) -> None:
    assert agent.put(agent.open(), {}, If_Match=tags).status == 400


def test_a_failed_precondition_tells_what_has_changed_since(agent: Client) -> None:
    address = agent.open()
    agent.put(address, {"priority": 1})
    agent.put(address, {"priority": 2})
    answer = agent.put(address, {"priority": 4}, If_Match='"2"')
    (change,) = answer.json["changes"]
    assert change["changes"] == [{"field": "priority", "from": 1, "to": 2}]


def test_a_key_that_cannot_read_is_told_no_changes(desk: Running, agent: Client) -> None:
    address, writer = agent.open(internal_note="secret"), desk.client("tickets:write")
    answer = writer.put(address, {}, If_Match='"1"')
    assert (answer.status, "changes" in answer.json) == (412, False)


def test_many_clients_on_one_ticket_lose_nothing(desk: Running, agent: Client) -> None:
    address, clients = agent.open(), [desk.client() for _ in range(8)]

    def add(client: Client) -> list[Answer]:
        tags = [f"{id(client)}-{number}" for number in range(5)]
        return [client.put(address, {"add_tags": [tag], "internal_note": tag}) for tag in tags]

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for each in pool.map(add, clients) for answer in each]
    ticket = agent.get(address).json
    assert {answer.status for answer in answers} == {200}
    assert (len(ticket["tags"]), ticket["version"]) == (40, 81)


def test_a_retry_of_an_opening_opens_one_ticket(agent: Client) -> None:
    first = agent.post("/v1/tickets", {"subject": "s"}, Idempotency_Key="open-1")
    again = agent.post("/v1/tickets", {"subject": "s"}, Idempotency_Key="open-1")
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers


def test_a_retry_is_known_by_its_values_not_its_bytes(agent: Client) -> None:
    address = agent.open()
    one, two = b'{"priority":1,"tags":["a"]}', b'{ "tags" : ["a"], "priority" : 1 }'
    agent.send("PUT", address, one, Idempotency_Key="k")
    again = agent.send("PATCH", address, two, Idempotency_Key="k")
    assert again.headers["idempotency-replayed"] == "true"


def test_a_no_op_is_remembered_too(agent: Client) -> None:
    address = agent.open()
    agent.put(address, {"priority": 3}, Idempotency_Key="k")
    agent.put(address, {"priority": 1})
    again = agent.put(address, {"priority": 3}, Idempotency_Key="k")
    assert (again.json["version"], again.headers["idempotency-replayed"]) == (1, "true")


def test_a_refusal_is_not_remembered(agent: Client) -> None:
    address = agent.open()
    assert agent.put(address, {}, Idempotency_Key="k", If_Match='"2"').status == 412
    agent.put(address, {"priority": 1})
    assert agent.put(address, {}, Idempotency_Key="k", If_Match='"2"').status == 200


def test_a_key_belongs_to_its_account_and_address(desk: Running, agent: Client) -> None:
    one, two = agent.open(), agent.open()
    other = desk.client(account="other")
    theirs = other.open()
    for client, address in ((agent, one), (agent, two), (other, theirs)):
        answer = client.put(address, {"priority": 1}, Idempotency_Key="shared")
        assert (answer.status, "idempotency-replayed" in answer.headers) == (200, False)


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é"])
def test_a_malformed_idempotency_key_is_refused(agent: Client, key: str) -> None:
    answer = agent.put(agent.open(), {}, Idempotency_Key=key)
    assert (answer.status, answer.faults) == (400, [("Idempotency-Key", "bad_format")])


# Keys and accounts


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer sk_live_x", "Basic abc", "sk_live_x"]
)
def test_without_a_valid_key_there_is_one_answer(agent: Client, authorization: str | None) -> None:
    answer = agent.get("/v1/me", Authorization=authorization, X_Request_Id="r")
    missing = agent.get("/v1/me", Authorization=None, X_Request_Id="r")
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.body == missing.body


def test_an_expired_and_a_revoked_key_are_as_good_as_none(desk: Running) -> None:
    from datetime import timedelta

    client = desk.client(expires_at=desk.clock.now + timedelta(hours=1))
    assert client.get("/v1/me").status == 200
    desk.clock.pass_time(hours=1)
    assert client.get("/v1/me").status == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/v1/tickets", "tickets:write"),
        ("PUT", "/v1/tickets/ticket_1", "tickets:write"),
        ("PATCH", "/v1/tickets/ticket_1", "tickets:write"),
        ("GET", "/v1/tickets/ticket_1", "tickets:read"),
        ("HEAD", "/v1/tickets/ticket_1", "tickets:read"),
        ("GET", "/v1/tickets/ticket_1/history", "tickets:read"),
        ("GET", "/v1/tickets/ticket_1/notes", "tickets:read"),
        ("GET", "/v1/public/tickets/ticket_1", "public:read"),
        ("GET", "/v1/public/tickets/ticket_1/history", "public:read"),
    ],
)
def test_every_address_asks_for_its_scope(
    desk: Running, method: str, path: str, scope: str
) -> None:
    answer = desk.client("events:read").send(method, path)
    assert answer.status == 403
    assert method == "HEAD" or (answer.json["code"], answer.json["scope"]) == (
        "insufficient_scope",
        scope,
    )


def test_a_key_tells_what_it_may(desk: Running) -> None:
    me = desk.client("tickets:read", account="shop").get("/v1/me").json
    assert (me["account"], me["scopes"], me["expires_at"]) == ("shop", ["tickets:read"], None)


def test_writing_shows_the_ticket_and_reading_is_another_scope(
    desk: Running, agent: Client
) -> None:
    address, writer = agent.open(), desk.client("tickets:write")
    assert writer.put(address, {"priority": 1}).json["priority"] == 1
    assert writer.get(address).status == 403


@pytest.mark.parametrize("below", ["", "/history", "/notes", "?version=1"])
def test_another_accounts_ticket_is_not_found(desk: Running, agent: Client, below: str) -> None:
    address, other = agent.open(), desk.client(account="other")
    missing = other.get(f"/v1/tickets/ticket_0{below}", X_Request_Id="r").json
    found = other.get(f"{address}{below}", X_Request_Id="r").json
    assert (found["status"], found["detail"]) == (404, missing["detail"])
    assert other.put(address, {"priority": 1}, Idempotency_Key="k").status == 404


def test_a_requesters_key_sees_that_requesters_tickets_only(desk: Running, agent: Client) -> None:
    own, others = agent.open(requester_id="cust_7"), agent.open(requester_id="cust_8")
    customer = desk.client("public:read", requester="cust_7")
    assert customer.get(own.replace("/v1/", "/v1/public/")).status == 200
    for address in (others, agent.open()):
        public = address.replace("/v1/", "/v1/public/")
        assert customer.get(public).status == 404
        assert customer.get(f"{public}/history").status == 404


def test_a_keys_stream_is_no_ticket(agent: Client) -> None:
    key_id = agent.get("/v1/me").json["id"]
    assert agent.get(f"/v1/tickets/{key_id}").status == 404
    assert agent.put(f"/v1/tickets/{key_id}", {"priority": 1}).status == 404


# Headers


@pytest.mark.parametrize("name", ["X_Request_Id", "Acting_User"])
@pytest.mark.parametrize("value", ["", "a b", "x" * 129, "é"])
def test_who_and_which_request_are_visible_ascii(agent: Client, name: str, value: str) -> None:
    for answer in (
        agent.put(agent.open(), {}, **{name: value}),
        agent.get(agent.open(), **{name: value}),
    ):
        assert (answer.status, answer.json["code"]) == (400, "bad_header")
        assert answer.headers["x-request-id"].startswith("req_") or name == "Acting_User"


def test_the_request_id_is_answered_given_or_made(agent: Client) -> None:
    assert agent.get("/v1/me", X_Request_Id="mine-7").headers["x-request-id"] == "mine-7"
    made = agent.get("/nowhere")
    assert made.headers["x-request-id"] == made.json["request_id"]


# The order of answers


def test_faults_are_answered_in_the_order_of_the_contract(desk: Running, agent: Client) -> None:
    address = agent.open(internal_note="n")
    reader, plain = desk.client("tickets:read"), "text/plain"
    huge, broken, bad = b" " * (2**20 + 1), b"{", b'{"priority": 9}'
    agent.send("PUT", address, b"{}", Idempotency_Key="used")

    def answered(client: Client, path: str, body: bytes, **headers: str | None) -> int:
        return client.send("PUT", path, body, **{"If_Match": '"1"', **headers}).status

    lost = "/v1/tickets/ticket_0"
    assert answered(reader, lost, huge, Content_Type=plain, Authorization=None) == 401
    assert answered(reader, lost, huge, Content_Type=plain) == 403
    assert answered(agent, lost, huge, Content_Type=plain) == 404
    assert answered(agent, address, huge, Content_Type=plain) == 415
    assert answered(agent, address, huge, Acting_User="a b") == 413
    assert answered(agent, address, broken) == 400
    assert answered(agent, address, bad, Acting_User="a b") == 400
    assert answered(agent, address, bad, Idempotency_Key="used") == 422
    assert answered(agent, address, b"{}", Idempotency_Key="used") == 200
    assert answered(agent, address, b'{"status": "closed"}') == 412


# HEAD, health, description


@pytest.mark.parametrize("below", ["", "/history", "/notes", "?version=1"])
def test_head_is_get_without_a_body(agent: Client, below: str) -> None:
    address = agent.open()
    get, head = (
        agent.send(method, address + below, X_Request_Id="r") for method in ("GET", "HEAD")
    )
    assert (head.status, head.body) == (get.status, b"")
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}


def test_health_needs_no_key(agent: Client) -> None:
    assert agent.get("/healthz", Authorization=None).json == {"status": "ok"}
    assert agent.get("/readyz", Authorization=None).json["status"] == "ready"


def test_a_desk_that_takes_nothing_is_not_ready(own_desk: Running) -> None:
    agent = own_desk.client()
    own_desk.service.desk.close()
    for answer in (agent.get("/readyz"), agent.post("/v1/tickets", {"subject": "s"})):
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")


def test_no_page_is_served_that_loads_from_other_hosts(agent: Client) -> None:
    assert agent.get("/schema", Authorization=None).status == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/v1/me"])
def test_an_unknown_parameter_is_refused_everywhere(agent: Client, path: str) -> None:
    answer = agent.get(f"{path}?verbose=1")
    assert (answer.status, answer.faults) == (422, [("verbose", "unknown_field")])


@pytest.mark.parametrize("kind", ["", "/public"])
@pytest.mark.parametrize("below", ["?dry_run=true", "/history?dry_run=true"])
def test_an_unknown_parameter_of_a_ticket_is_refused(agent: Client, kind: str, below: str) -> None:
    answer = agent.get(agent.open().replace("/v1", f"/v1{kind}") + below)
    assert (answer.status, answer.faults) == (422, [("dry_run", "unknown_field")])


def test_the_past_cannot_be_updated(agent: Client) -> None:
    assert agent.put(f"{agent.open()}?version=1", {"priority": 1}).status == 422


def test_a_parameter_given_twice_is_refused(agent: Client) -> None:
    answer = agent.get(f"{agent.open()}?version=1&version=2")
    assert (answer.status, answer.faults) == (422, [("version", "conflict")])


def test_a_dry_run_is_true_or_false(agent: Client) -> None:
    answer = agent.put(f"{agent.open()}?dry_run=yes", {})
    assert answer.json["errors"][0]["allowed"] == ["true", "false"]


def test_bodies_are_json_values_in_any_spelling(agent: Client) -> None:
    body = json.dumps({"subject": "Grüße 🎫"}, ensure_ascii=True).encode()
    answer = agent.send("POST", "/v1/tickets", body, Content_Type=f"{JSON}; charset=utf-8")
    assert answer.json["subject"] == "Grüße 🎫"
