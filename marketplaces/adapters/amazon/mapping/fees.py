"""Fee estimates (single, batch) and the two fee preview reports -> Fee. Parts are negative: the seller pays them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from config.core.money import Money
from marketplaces.adapters.amazon.mapping.document import Document, Record, read, table
from marketplaces.adapters.amazon.mapping.listings import report_mark
from marketplaces.adapters.amazon.mapping.nodes import Node, each
from marketplaces.adapters.amazon.mapping.values import Unreadable, amount
from marketplaces.adapters.amazon.stores import channel, find
from marketplaces.canonical import Fee, FeePart, IdentifierKind, LineClass, ProductId, Rejected, Row
from marketplaces.contract import Page

_CLASSES: Mapping[str, LineClass] = {
    "referralfee": LineClass.COMMISSION,
    "variableclosingfee": LineClass.CLOSING,
    "fixedclosingfee": LineClass.CLOSING,
    "peritemfee": LineClass.CLOSING,
    "fbafees": LineClass.FULFILMENT,
    "digitalservicesfee": LineClass.DIGITAL_SERVICES,
    "digitalservicesfeefba": LineClass.DIGITAL_SERVICES,
}
_PREVIEW = (
    ("estimated-referral-fee-per-unit", "ReferralFee"),
    ("estimated-referral-fee-per-item", "ReferralFee"),
    ("estimated-variable-closing-fee", "VariableClosingFee"),
    ("estimated-fixed-closing-fee", "FixedClosingFee"),
    ("expected-domestic-fulfilment-fee-per-unit", "FBAFees"),
    ("expected-fulfillment-fee-per-unit", "FBAFees"),
)


def fees(page: Page) -> Iterator[Row | Rejected]:
    return read(page, from_json=_json, from_table=_preview)


def fee_class(label: str) -> LineClass:
    """The class of a fee type; the network's own parts all begin alike, anything else unknown stays unknown."""
    word = label.casefold()
    return _CLASSES.get(word, LineClass.FULFILMENT if word.startswith("fba") else LineClass.UNKNOWN)


def _json(raw: Any, context: Mapping[str, str]) -> Iterator[Row | Rejected]:
    if not isinstance(raw, list):
        body = Node(raw)
        payload = body.node("payload") if body.has("payload") else body
        if not payload.has("FeesEstimateResult", "FeesEstimateIdentifier"):
            raise Unreadable("the document has no FeesEstimateResult; is it another resource?")
        raw = [payload.get("FeesEstimateResult") or payload.raw]
    return each(raw, _estimate)


def _estimate(raw: Any) -> Iterator[Row]:
    result = Node(raw, "result")
    asked, error = result.node("FeesEstimateIdentifier"), result.node("Error")
    if result.text("Status") not in ("Success", ""):
        raise Unreadable(
            f"no estimate for {asked.text('IdValue')}: {error.text('Code')} {error.text('Message')}".strip()
        )
    value, is_sku = asked.need("IdValue"), asked.text("IdType") != "ASIN"
    estimate = result.node("FeesEstimate")
    yield Fee(
        external_id=value,
        changed_at=estimate.moment("TimeOfFeesEstimation"),
        channel=channel(asked.need("MarketplaceId")),
        sku=value if is_sku else "",
        product_ids=() if is_sku else (ProductId(IdentifierKind.MARKETPLACE_ITEM, value),),
        price=asked.node("PriceToEstimateFees").need_money("ListingPrice"),
        parts=tuple(_part(part) for part in estimate.nodes("FeeDetailList")),
        quoted_at=estimate.moment("TimeOfFeesEstimation"),
        extra={"is_network": asked.flag("IsAmazonFulfilled")},
    )


def _part(part: Node) -> FeePart:
    label = part.need("FeeType")
    charged = part.money("FinalFee") or part.need_money("FeeAmount")
    return FeePart(line_class=fee_class(label), label=label, amount=-charged)


def _preview(document: Document) -> Iterator[Row | Rejected]:
    """One of the preview reports; `--` means that the marketplace does not know."""
    report = table(document)
    columns = tuple((name, label) for name, label in _PREVIEW if name in report.columns)
    if not columns:
        raise Unreadable("the file has no column with an estimated fee")
    mark = report_mark(document, "your-price", "price", columns[0][0])
    store = find(document.context.get("store", ""))
    build = partial(_row, columns=columns, mark=mark, store=store.code if store else "")
    return each(report.records(), build)


def _row(row: Record, *, columns: tuple[tuple[str, str], ...], mark: str, store: str) -> Iterator[Row]:
    code = channel(row.text("amazon-store")) or store
    known = find(code)
    currency = row.text("currency") or (known.currency if known else "")
    if not currency:
        raise Unreadable("the report names no currency; tell its store")
    price = _told(row, "sales-price") or _told(row, "your-price", "price")
    sku, asin = row.need("sku", "seller-sku"), row.text("asin")
    amounts = [(label, text) for name, label in columns if (text := _told(row, name))]
    yield Fee(
        external_id=sku,
        channel=code,
        sku=sku,
        product_ids=(ProductId(IdentifierKind.MARKETPLACE_ITEM, asin),) if asin else (),
        price=Money(amount(price, mark=mark), currency),
        parts=tuple(
            FeePart(line_class=fee_class(label), label=label, amount=Money(-amount(text, mark=mark), currency))
            for label, text in amounts
        ),
    )


def _told(row: Record, *names: str) -> str:
    text = row.text(*names)
    return "" if text == "--" else text
