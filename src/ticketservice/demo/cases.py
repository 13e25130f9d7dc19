"""The texts of the demo, read from `cases.toml` beside this file."""

import tomllib
from functools import cache
from importlib.resources import files
from random import Random

import msgspec
from msgspec import Struct

from ticketdomain.json_values import JsonObject


class People(Struct, frozen=True, forbid_unknown_fields=True):
    agents: tuple[str, ...]
    first_names: tuple[str, ...]
    products: tuple[str, ...]


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer writes about, and what the two sides say to each other until it is solved.

    `again` is what reopens it; `fields` are the custom fields at first, `done` their last change.
    """

    category: str
    subject: str
    description: str
    tags: tuple[str, ...]
    fields: JsonObject
    question: str
    answer: str
    note: str
    solution: str
    again: str
    done: JsonObject


class Texts(Struct, frozen=True, forbid_unknown_fields=True):
    people: People
    case: tuple[Case, ...]


@cache
def texts() -> Texts:
    """Read all texts."""
    written = files("ticketservice.demo").joinpath("cases.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(written), Texts)


def fill_in(case: Case, name: str, rng: Random) -> Case:
    """Give a case with an order, an amount and a product of its own."""
    words = {
        "{order}": f"A-{rng.randrange(10_000, 99_999)}",
        "{amount}": f"{rng.randrange(900, 40_000) / 100:.2f}",
        "{product}": rng.choice(texts().people.products),
        "{name}": name,
    }
    written = msgspec.json.encode(case).decode()
    for mark, word in words.items():
        written = written.replace(mark, word)
    return msgspec.json.decode(written, type=Case)
