"""Preconditions and retries (RFC 9110, section 13; Idempotency-Key)."""

import hashlib
import re

import msgspec

from ticketdomain.change import IdempotencyKey
from ticketdomain.json_values import Json, canonical
from ticketservice.web.problems import bad_header
from ticketservice.web.requests import Request, header, visible_header

IF_MATCH = "If-Match"
_TAG = r'(?:W/)?"[!#-~\x80-\xff]*"'
_tags = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*").fullmatch
_find_tags = re.compile(_TAG).findall
_version = re.compile(r'"([1-9][0-9]{0,17})"').fullmatch
_sorted = msgspec.json.Encoder(order="sorted").encode


def etag(version: int) -> str:
    """Write the strong tag of an agent's view of a ticket."""
    return f'"{version}"'


def if_match(request: Request) -> frozenset[int] | None:
    """Give the versions at which the ticket may be; `None` for any.

    Tags that are weak, or no version of ours, stand for no version.

    Raises:
        ProblemError: 400, the header is no list of tags.
    """
    value = header(request, IF_MATCH)
    if value is None or value.strip() == "*":
        return None
    if not _tags(value):
        raise bad_header(IF_MATCH, 'must be * or a list of tags like "7"')
    matches = (_version(tag) for tag in _find_tags(value))
    return frozenset(int(match[1]) for match in matches if match)


def none_match(request: Request, tag: str) -> bool:
    """Whether what the caller has is still so: then the answer is 304."""
    value = header(request, "If-None-Match")
    if value is None:
        return False
    return value.strip() == "*" or tag in [each.removeprefix("W/") for each in _find_tags(value)]


def idempotency_key(request: Request, address: str, body: Json) -> IdempotencyKey | None:
    """Give what a retry of this request is known by.

    Raises:
        ProblemError: 400, the header is malformed.
    """
    key = visible_header(request, "Idempotency-Key", most=255)
    if key is None:
        return None
    return IdempotencyKey(address, key, hashlib.sha256(_sorted(canonical(body))).digest())
