"""What people read at /docs: whole, well formed, safe, and every command on it works."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import pytest
from running import Client
from shop import TICKET, shop

from ticketservice.web.app import describe
from ticketservice.web.description import examples
from ticketservice.web.page import render, style

VOID = {"meta", "link", "br", "hr", "img", "input"}
PAGES = ("/docs", "/docs/style.css", "/openapi.json")
API = describe()
NAMES = [
    each["operationId"]
    for methods in API["paths"].values()
    for method, each in methods.items()
    if method != "head"
]


class Page(HTMLParser):
    """Reads a page, and fails where its elements are not nested as they should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.requests: list[str] = []
        self._in_request = False
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "pre":
            self._in_request = ("class", "request") in attrs
            self.requests += [""] if self._in_request else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        if self._in_request and "pre" in self.open:
            self.requests[-1] += data

    def values(self, attribute: str) -> list[str]:
        return [each[attribute] or "" for _, each in self.tags if attribute in each]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(API))


def test_every_operation_and_object_has_its_place_and_a_way_to_it(page: Page) -> None:
    ids = page.values("id")
    wanted = {*NAMES, *(f"schema-{name}" for name in API["components"]["schemas"])}
    assert len(ids) == len({*ids})
    assert wanted <= {*ids}
    links = {each.removeprefix("#") for each in page.values("href") if each.startswith("#")}
    assert wanted <= links <= {*ids}
    assert {*page.values("aria-labelledby")} <= {*ids}


def test_the_page_loads_nothing_but_its_own_stylesheet(page: Page) -> None:
    assert not {"script", "img", "iframe", "style"} & {tag for tag, _ in page.tags}
    assert page.values("src") == []
    assert page.values("style") == []
    assert [each["href"] for tag, each in page.tags if tag == "link"] == ["/docs/style.css"]
    assert all(each[0] in "#/" for each in page.values("href"))
    assert "url(" not in style()
    assert "@import" not in style()


def test_the_page_can_be_found_ones_way_around_in(page: Page) -> None:
    tags = [tag for tag, _ in page.tags]
    assert (tags.count("main"), tags.count("h1"), tags.count("nav")) == (1, 1, 1)
    assert ("html", {"lang": "en"}) in page.tags
    assert page.values("class")[0] == "skip"


def test_what_is_described_is_shown_and_never_run() -> None:
    name, hostile = "Hostile", "<script>alert(1)</script>"
    schema = {
        "type": "object",
        "description": hostile,
        "properties": {hostile: {"enum": [hostile]}},
    }
    components = {**API["components"], "schemas": {**API["components"]["schemas"], name: schema}}
    text = render({**API, "components": components})
    assert hostile not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3


def test_limits_codes_and_scopes_can_be_read(page: Page) -> None:
    text = render(API)
    for shown in ("1 to 500 characters", "up to 100 items", "1 to 4", "tickets:write", "any key"):
        assert shown in text
    assert len(page.requests) == sum(len(examples.exchanges(name)) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_the_page_works(name: str, page: Page, tmp_path: Path) -> None:
    with shop(tmp_path) as (desk, client):
        secret = client._secret  # pyright: ignore[reportPrivateUsage]
        base = f"http://127.0.0.1:{desk.port}"
        variables = {**os.environ, "API": base, "KEY": secret, "TICKET": TICKET}
        for each in examples.exchanges(name):
            assert examples.curl(each) in page.requests
            desk.clock.pass_time(minutes=1)
            command = f"{examples.curl(each)} -s -o answer -w '%{{http_code}}'"
            ran = subprocess.run(
                ["bash", "-c", command], env=variables, cwd=tmp_path, capture_output=True
            )
            assert ran.stdout == b"%d" % each["answer"]["status"], ran


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_safe_and_need_no_key(agent: Client, path: str) -> None:
    headers = agent.get(path, Authorization=None).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", PAGES)
def test_pages_answer_head_and_refuse_unknown_parameters(agent: Client, path: str) -> None:
    got, head = agent.get(path), agent.send("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(got.body))
    assert head.headers["content-type"] == got.headers["content-type"]
    answer = agent.get(f"{path}?verbose=1")
    assert (answer.status, answer.faults) == (422, [("verbose", "unknown_field")])


def test_the_description_is_made_once(agent: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = agent.get("/docs").body, agent.get("/openapi.json").body
    monkeypatch.delattr("ticketservice.web.description.document.document")
    monkeypatch.delattr("ticketservice.web.page.render")
    assert (agent.get("/docs").body, agent.get("/openapi.json").body) == first


def test_the_start_of_the_service_waits_for_no_page() -> None:
    late = ["jinja2", "markdown_it", "ticketservice.web.description.document"]
    code = f"import sys, ticketservice.serve; print([m for m in {late} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_text_stands_out_from_its_ground_in_light_and_in_dark() -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    light, dark = style().split("@media (prefers-color-scheme: dark)")[:2]
    colours = dict(re.findall(r"--([\w-]+): (#\w+);", light))
    for scheme in (colours, {**colours, **dict(re.findall(r"--([\w-]+): (#\w+);", dark))}):
        for ink, ground in product(
            ("ink", "quiet", "link", "good", "bad", "change"), ("ground", "tint")
        ):
            assert contrast(scheme[ink], scheme[ground]) >= 4.5, (ink, ground)
        for ink in ("sheet-ink", "sheet-quiet"):
            assert contrast(scheme[ink], scheme["sheet"]) >= 4.5, ink


def contrast(a: str, b: str) -> float:
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Give the relative luminance that WCAG 2.2 defines."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
