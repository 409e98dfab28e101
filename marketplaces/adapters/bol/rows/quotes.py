"""Quoted commissions, and the offers of everyone who sells the same product."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from config.core.clock import now
from config.core.money import Money
from marketplaces.adapters.bol.rows.reading import (
    each,
    euros,
    fulfilment,
    moment,
    pieces_of,
    product_ids,
    records,
    required,
    text,
)
from marketplaces.canonical import Competitor, Fee, FeePart, LineClass, Offer, Rejected, Row
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, read_json, record, whole_page


@whole_page
def fees(page: Page) -> Iterator[Row | Rejected]:
    """One Fee per quoted product and price: `POST /retailer/commission`, or the answer for one product."""
    body = read_json(page)
    about = _about(page, body)

    def build(raw: Mapping[str, Any]) -> Iterator[Fee]:
        yield _fee(raw, about)

    yield from each(pieces_of(body, "commissions"), build, name="commission", id_key="ean")


def _about(page: Page, body: Any) -> Mapping[str, str]:
    """What was asked, which the answer does not repeat; a saved page may carry it as `about`."""
    told = inner(body, "about") if isinstance(body, Mapping) else {}
    return {**page.context, **{key: value for key, value in told.items() if isinstance(value, str)}}


def _sku_of(ean: str, context: Mapping[str, str]) -> str:
    """Our SKU for an EAN, from what was asked."""
    try:
        known = json.loads(context.get("skus", "") or "{}")
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"skus is not JSON ({error}); it maps each EAN to our SKU") from error
    found = known.get(ean, "") if isinstance(known, Mapping) else ""
    return found if isinstance(found, str) else ""


def _fee(raw: Mapping[str, Any], context: Mapping[str, str]) -> Fee:
    ean, price, cost = required(raw, "ean"), euros(raw, "unitPrice"), euros(raw, "totalCost")
    if price is None or cost is None:
        raise Unreadable("unitPrice or totalCost is missing; ask for the commission with a price")
    return Fee(
        external_id=f"{ean}:{text(raw, 'condition') or 'NEW'}",
        sku=_sku_of(ean, context),
        product_ids=product_ids(ean=ean),
        price=price,
        parts=(FeePart(line_class=LineClass.COMMISSION, label="totalCost", amount=-cost),),
        includes_vat=_includes_vat(context.get("seller_country", "")),
        quoted_at=moment(context.get("observed_at"), "observed_at"),
        extra={
            key: text(raw, key) for key in ("fixedAmount", "percentage", "totalCostWithoutReduction") if text(raw, key)
        },
    )


def _includes_vat(country: str) -> bool | None:
    """`totalCost` contains VAT for Dutch sellers and not for Belgian ones; unknown while the country is not set."""
    return {"NL": True, "BE": False}.get(country.upper())


@whole_page
def offers(page: Page) -> Iterator[Row | Rejected]:
    """One Offer per country of an answer of `GET /retailer/products/{ean}/offers`."""
    by_country: dict[str, list[Mapping[str, Any]]] = {}
    body = read_json(page)
    about = _about(page, body)
    for piece in pieces_of(body, "offers"):
        raw = record(piece, "offer")
        by_country.setdefault(text(raw, "countryCode") or about.get("channel", ""), []).append(raw)
    for country, raws in sorted(by_country.items()):
        group = [{"country": country, "offers": raws}]
        yield from each(group, lambda raw: [_offer(raw, about)], name="offers", id_key="country")


def _offer(group: Mapping[str, Any], context: Mapping[str, str]) -> Offer:
    competitors = tuple(_competitor(raw, context.get("retailer_id", "")) for raw in records(group, "offers"))
    featured = next((other for other in competitors if other.is_featured), None)
    ean, channel = context.get("ean", ""), str(group["country"])
    return Offer(
        external_id=f"{ean}:{channel}",
        channel=channel,
        sku=context.get("sku", ""),
        product_ids=product_ids(ean=ean),
        observed_at=_observed_at(context),
        is_featured_own=featured.is_own if featured and context.get("retailer_id") else None,
        featured_price=featured.price if featured else None,
        lowest_price=_lowest(competitors),
        offer_count=len(competitors),
        competitors=competitors,
    )


def _observed_at(context: Mapping[str, str]) -> datetime:
    """An answer about competitors carries no time; read without one, it counts as seen now."""
    return moment(context.get("observed_at"), "observed_at") or now()


def _lowest(competitors: Sequence[Competitor]) -> Money | None:
    return min((other.price for other in competitors), default=None, key=lambda price: price.amount)


def _competitor(raw: Mapping[str, Any], retailer_id: str) -> Competitor:
    price, seller = euros(raw, "price"), required(raw, "retailerId")
    if price is None:
        raise Unreadable("price is missing; ask for the offers again")
    return Competitor(
        seller=seller,
        price=price,
        is_own=bool(retailer_id) and seller == retailer_id,
        is_featured=raw.get("bestOffer") is True,
        fulfilment=fulfilment(text(raw, "fulfilmentMethod")),
    )
