"""Returns: one row per returned article. bol tells neither the order line nor money; both are found later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marketplaces.adapters.bol.rows.reading import (
    counted,
    each,
    fulfilment,
    moment,
    pieces_of,
    product_ids,
    records,
    required,
    text,
)
from marketplaces.canonical import Rejected, Return, Row
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, read_json, whole_page


@whole_page
def returns(page: Page) -> Iterator[Row | Rejected]:
    """One Return per `rmaId`, from the list or from one return."""
    yield from each(pieces_of(read_json(page), "returns"), _returns, name="return", id_key="returnId")


def _returns(raw: Mapping[str, Any]) -> Iterator[Return]:
    registered = moment(raw.get("registrationDateTime"), "registrationDateTime")
    items = records(raw, "returnItems")
    if registered is None or not items:
        raise Unreadable("registrationDateTime or returnItems is missing; ask for the return by its id")
    for item in items:
        results = records(item, "processingResults")
        times = [at for result in results if (at := moment(result.get("processingDateTime"), "processingDateTime"))]
        reason = inner(item, "returnReason")
        yield Return(
            external_id=required(item, "rmaId"),
            changed_at=max([registered, *times]),
            order_id=required(item, "orderId"),
            product_ids=product_ids(ean=text(item, "ean")),
            quantity=counted(item, "expectedQuantity"),
            reason=text(reason, "mainReason"),
            comment_code=text(reason, "detailedReason"),
            disposition=",".join(
                dict.fromkeys(text(r, "processingResult") for r in results if text(r, "processingResult"))
            ),
            is_handled=item["handled"] if isinstance(item.get("handled"), bool) else None,
            fulfilment=fulfilment(text(raw, "fulfilmentMethod")),
            returned_at=registered,
            extra=_extra(raw, results),
        )


def _extra(raw: Mapping[str, Any], results: list[Mapping[str, Any]]) -> dict[str, Any]:
    handling = [text(result, "handlingResult") for result in results if text(result, "handlingResult")]
    return {"return_id": text(raw, "returnId"), **({"handling": handling} if handling else {})}
