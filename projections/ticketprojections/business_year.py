"""The business hours of one year as spans in UTC, and how long they are together at any instant."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from typing import TypeAlias

Span: TypeAlias = tuple[datetime, datetime]


class BusinessYear:
    """A year's business hours in UTC, with the business time that has passed at each of them."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = list(spans)
        self._openings = [opening for opening, _ in self.spans]
        lengths = [closing - opening for opening, closing in self.spans]
        self._worked = list(accumulate(lengths, initial=timedelta()))
        self.total = self._worked[-1]

    def worked(self, at: datetime) -> timedelta:
        """Give the business time from the year's beginning to an instant in it."""
        index = bisect_right(self._openings, at) - 1
        if index < 0:
            return timedelta()
        opening, closing = self.spans[index]
        return self._worked[index] + (min(at, closing) - opening)

    def when(self, worked: timedelta) -> datetime:
        """Give the first instant at which so much has been worked: more than none, up to all."""
        index = bisect_left(self._worked, worked) - 1
        return self._openings[index] + (worked - self._worked[index])


def union(spans: Iterable[Span]) -> Iterator[Span]:
    """Join spans that touch or overlap, in order."""
    joined: Span | None = None
    for start, end in sorted(spans):
        if joined is None or start > joined[1]:
            if joined is not None:
                yield joined
            joined = (start, end)
        else:
            joined = (joined[0], max(joined[1], end))
    if joined is not None:
        yield joined


def without(spans: Iterable[Span], cuts: Iterable[Span]) -> Iterator[Span]:
    """Cut some spans out of others; both in order and disjoint."""
    left = list(cuts)
    for start, end in spans:
        rest = start
        for cut_start, cut_end in left:
            if rest < cut_start < end:
                yield rest, cut_start
            if cut_start < end:
                rest = max(rest, cut_end)
        if rest < end:
            yield rest, end


def within(spans: Iterable[Span], start: datetime, end: datetime) -> Iterator[Span]:
    """Give what of the spans lies between two instants."""
    for opening, closing in spans:
        if opening < end and start < closing:
            yield max(opening, start), min(closing, end)
