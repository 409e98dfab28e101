"""Returns of orders: one row per returned position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marketplaces.adapters.shopify.rows.reading import (
    count,
    each,
    moment,
    number_of,
    pieces_of,
    product_ids,
    records,
    required_id,
    text,
)
from marketplaces.canonical import Fulfilment, Rejected, Return, Row
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, whole_page

NEVER_CAME = frozenset({"DECLINED", "CANCELED"})


@whole_page
def returns(page: Page) -> Iterator[Row | Rejected]:
    """One Return per position of every return that was not declined or called off."""
    found = (
        p for p in pieces_of(page, "orders", "order", "nodes") if not (isinstance(p, Mapping) and p.get("test") is True)
    )
    yield from each(found, _returns, name="order with returns")


def _returns(raw: Mapping[str, Any]) -> Iterator[Return]:
    if "returns" not in raw:
        raise Unreadable("returns are missing; check that the query asks for them")
    order = required_id(raw)
    for back in records(raw, "returns"):
        if text(back, "status") not in NEVER_CAME:
            for row in records(back, "returnLineItems"):
                yield _return(order, back, row)


def _return(order: str, back: Mapping[str, Any], row: Mapping[str, Any]) -> Return:
    began, closed = moment(back.get("createdAt"), "createdAt"), moment(back.get("closedAt"), "closedAt")
    if began is None:
        raise Unreadable("createdAt of the return is missing; ask for it again")
    line = inner(inner(row, "fulfillmentLineItem"), "lineItem")
    variant = inner(line, "variant")
    quantity = count(row, "quantity")
    reason = inner(row, "returnReasonDefinition")
    return Return(
        external_id=required_id(row),
        changed_at=closed or began,
        order_id=order,
        line_id=number_of(line.get("id")),
        sku=text(line, "sku"),
        product_ids=product_ids(barcode=text(variant, "barcode"), variant=number_of(variant.get("id"))),
        quantity=quantity,
        reason=text(reason, "name") or text(reason, "handle"),
        comment_code=text(reason, "handle"),
        disposition=text(back, "status"),
        is_handled=text(back, "status") == "CLOSED" or count(row, "processedQuantity", 0) >= quantity > 0,
        fulfilment=Fulfilment.MERCHANT,
        returned_at=began,
        extra={"return_id": required_id(back), "refunded": count(row, "refundedQuantity", 0)},
    )
