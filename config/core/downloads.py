"""Whole lists as files, read in slices, each slice inside the client that asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from config.core import tenancy
from config.core.exports import csv_response

SLICE = 1000


def table(rows: QuerySet[Any], many: Any, *, name: str, money: type) -> StreamingHttpResponse:
    """Rows as the serializer says them, newest first. A `money` field becomes two columns, a nested one JSON."""
    is_money = {title: isinstance(field, money) for title, field in many.child.fields.items()}
    header = [column for title in is_money for column in _columns(title, is_money[title])]
    slices = _slices(rows, many.child, tenancy.current())
    first = list(islice(slices, 1))  # read now, so that a value the database refuses is answered as a refusal
    return csv_response(name, header, (_cells(row, is_money) for row in chain(first, slices)))


def _slices(rows: QuerySet[Any], child: Any, schema: str) -> Iterator[dict[str, Any]]:
    """The answer streams after the request has ended, so that each slice enters the client anew."""
    rows, last = rows.order_by("-pk"), None
    while True:
        with tenancy.in_tenant(schema):
            found = list((rows if last is None else rows.filter(pk__lt=last))[:SLICE])
            said = [child.to_representation(row) for row in found]
        yield from said
        if len(found) < SLICE:
            return
        last = found[-1].pk


def _columns(title: str, is_money: bool) -> list[str]:
    return [title, f"{title}_currency"] if is_money else [title]


def _cells(row: dict[str, Any], is_money: dict[str, bool]) -> list[Any]:
    return [cell for title, value in row.items() for cell in _cell(value, is_money[title])]


def _cell(value: Any, is_money: bool) -> list[Any]:
    if is_money:
        return [Decimal(value["amount"]), value["currency"]] if value else [None, None]
    return [json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else value]
