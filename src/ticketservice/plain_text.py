"""Callers' texts made fit for a terminal: what would steer it is shown instead of obeyed."""

import re

# Control characters of ASCII and Latin-1 (ECMA-48: an escape sequence begins with one of them),
# those that turn the direction of writing (UAX #9), line separators, and lone surrogates.
_STEERING = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_in_block = re.compile(f"[{_STEERING}]")
_in_line = re.compile(f"[\t\n{_STEERING}]")


def one_line(text: str) -> str:
    """Show a text in one line, line breaks and tabs as `\\n` and `\\t`."""
    return _in_line.sub(_shown, text)


def block(text: str) -> str:
    """Show a text with its lines and tabs."""
    return _in_block.sub(_shown, text.replace("\r\n", "\n"))


def in_json(text: str) -> str:
    """Escape within a JSON text what JSON may hold as it is; its meaning stays the same."""
    return _in_block.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _shown(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
