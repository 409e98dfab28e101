"""Returns: units sent back together become one row. The list names neither article nor line: its orders stand beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplaces.adapters.otto.rows import units
from marketplaces.adapters.otto.rows.reading import moment, pieces_of, product_ids, records, required, text
from marketplaces.canonical import Fulfilment, Rejected, Return, Row
from marketplaces.contract import Page
from marketplaces.pieces import UNREADABLE, Unreadable, inner, read_json, record, whole_page

DECIDED = frozenset({"ACCEPTED", "REJECTED"})


@dataclass(frozen=True, slots=True)
class _Back:
    """One unit that came back, with what its order says of it."""

    unit_id: str
    order_id: str
    line_id: str
    status: str
    returned_at: datetime
    changed_at: datetime
    product: Mapping[str, Any]
    details: Mapping[str, Any]


@whole_page
def returns(page: Page) -> Iterator[Row | Rejected]:
    """One Return per order line and moment; a list alone, or `{"returns": list, "orders": [order, ...]}`."""
    body = read_json(page)
    told = body.get("returns", body) if isinstance(body, Mapping) else body
    orders = records(body, "orders") if isinstance(body, Mapping) else []
    known = units.lines_of_units(orders)
    groups: dict[tuple[str, str, datetime], list[_Back]] = {}
    for piece in pieces_of(told, "positionItems", "resources"):
        try:
            back = _back(record(piece, "returned unit"), known)
            groups.setdefault((back.order_id, back.line_id, back.returned_at), []).append(back)
        except UNREADABLE as error:
            found = text(piece, "positionItemId") if isinstance(piece, Mapping) else ""
            yield Rejected(f"returned unit: {error}", raw=piece, external_id=found)
    for group in groups.values():
        yield _return(group)


def _back(raw: Mapping[str, Any], known: Mapping[str, Any]) -> _Back:
    unit_id = required(raw, "positionItemId")
    at = moment(raw.get("occurredTime"), "occurredTime")
    if at is None:
        raise Unreadable("occurredTime is missing; read the list of returns again")
    order, line_id, unit = known.get(unit_id, ({}, unit_id, {}))
    details = inner(raw, "details")
    sent_back = moment(unit.get("returnedDate"), "returnedDate") if text(raw, "status") in DECIDED else None
    return _Back(
        unit_id=unit_id,
        order_id=text(order, "orderNumber") or text(details, "orderNumber") or required(raw, "salesOrderId"),
        line_id=line_id,
        status=required(raw, "status"),
        returned_at=min(sent_back or at, at),
        changed_at=at,
        product=inner(unit, "product"),
        details=details,
    )


def _return(group: list[_Back]) -> Return:
    first = min(group, key=lambda back: back.unit_id)
    states = sorted({back.status for back in group})
    conditions = sorted({text(back.details, "condition") for back in group} - {""})
    return Return(
        external_id=first.unit_id,
        changed_at=max(back.changed_at for back in group),
        order_id=first.order_id,
        line_id=first.line_id,
        sku=text(first.product, "sku"),
        product_ids=product_ids(ean=text(first.product, "ean")),
        quantity=len(group),
        reason=next((reason for back in group if (reason := text(back.details, "reason"))), ""),
        comment_code=",".join(conditions),
        disposition=",".join(states),
        is_handled=set(states) <= DECIDED,
        fulfilment=Fulfilment.MERCHANT,
        returned_at=first.returned_at,
        extra={"position_items": {back.unit_id: back.status for back in group}, **_tracking(first)},
    )


def _tracking(back: _Back) -> dict[str, Any]:
    key = inner(back.details, "returnTrackingKey")
    numbers = key.get("trackingNumbers")
    told = [str(number) for number in numbers] if isinstance(numbers, list) else []
    return {"return_carrier": text(key, "carrier"), "return_numbers": told} if told else {}
