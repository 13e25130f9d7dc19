"""The words of a text, as they are searched for: case and accents are ignored."""

import re
from collections.abc import Iterable
from unicodedata import category, normalize

from ticketdomain.json_values import Json

# Scripts that put no space between words: there every character is a word, and a text of several
# is found by all of them.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_find = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_])+").findall


def words(text: str) -> list[str]:
    """Split a text at everything that is no letter or digit; in order, also what comes twice."""
    if not text.isascii():
        # Decomposed (UAX #15), accents are marks of their own.
        text = "".join(each for each in normalize("NFKD", text) if category(each)[0] != "M")
    return _find(text.casefold())


def words_in(values: Iterable[Json]) -> Iterable[str]:
    """Give the words of all values in JSON, without the names of their fields."""
    for value in values:
        if isinstance(value, str):
            yield from words(value)
        elif isinstance(value, dict):
            yield from words_in(value.values())
        elif isinstance(value, list):
            yield from words_in(value)
        elif value is not None:
            yield from words(str(value).lower())
