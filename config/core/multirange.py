"""Covered time as a value: half-open spans, sorted and apart, stored as PostgreSQL's `tstzmultirange`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from psycopg.types.multirange import Multirange, TimestamptzMultirange
from psycopg.types.range import TimestamptzRange

Span = tuple[datetime, datetime]
Spans = tuple[Span, ...]


def merged(spans: Iterable[Span]) -> Spans:
    """The same time as few spans in order; spans that touch become one, empty ones vanish."""
    result: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return tuple(result)


def missing(expected: Iterable[Span], covered: Iterable[Span]) -> list[Span]:
    """What of the expected time is not covered."""
    gaps = []
    done = merged(covered)
    for start, end in merged(expected):
        for from_, to in done:
            if to <= start or from_ >= end:
                continue
            if from_ > start:
                gaps.append((start, from_))
            start = to
        if start < end:
            gaps.append((start, end))
    return gaps


def is_covered(span: Span, covered: Iterable[Span]) -> bool:
    return not missing([span], covered)


def covered_until(start: datetime, covered: Iterable[Span]) -> datetime:
    """How far time is covered without a gap from `start` on; `start` itself when it is not."""
    return next((end for begin, end in merged(covered) if begin <= start < end), start)


class MultiRangeField(models.Field):
    """Spans of aware moments; `F(name) + Value(spans, MultiRangeField())` adds spans within the database."""

    description = "spans of time"
    empty_strings_allowed = False

    def db_type(self, connection: Any) -> str:
        return "tstzmultirange"

    def from_db_value(self, value: Multirange[datetime] | None, expression: Any, connection: Any) -> Spans | None:
        if value is None:
            return None
        return tuple((span.lower, span.upper) for span in value if span.lower and span.upper)

    def to_python(self, value: Any) -> Spans | None:
        return None if value is None else merged((start, end) for start, end in value)

    def get_prep_value(self, value: Any) -> TimestamptzMultirange | None:
        if value is None or isinstance(value, TimestamptzMultirange):
            return value
        spans = merged(value)
        if any(moment.tzinfo is None for span in spans for moment in span):
            raise ValueError("covered time is made of aware moments")
        return TimestamptzMultirange([TimestamptzRange(start, end, "[)") for start, end in spans])

    def value_to_string(self, obj: models.Model) -> str:
        return str([[start.isoformat(), end.isoformat()] for start, end in getattr(obj, self.attname) or ()])
