"""Own offers in every shape: Offer API v11 and v10 (JSON), the export and the report of unpublished offers (CSV)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from config.core.money import Money
from marketplaces.adapters.bol import documents
from marketplaces.adapters.bol.rows.reading import (
    counted,
    each,
    euros,
    fulfilment,
    listed,
    moment,
    pieces_of,
    product_ids,
    records,
    required,
    text,
    whole,
)
from marketplaces.canonical import (
    Fulfilment,
    Listing,
    ListingIssue,
    ListingStatus,
    Price,
    Rejected,
    Row,
    Severity,
    Stock,
)
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, read_json, read_text, record, whole_page

OWN_POOL, MARKETPLACE_POOL = "merchant", "FBB"


@whole_page
def listings(page: Page) -> Iterator[Row | Rejected]:
    """One Listing per offer and country in which it is offered; without a country where the payload names none."""
    yield from each(_offers(page), _listings, name="offer", id_key="offerId")


@whole_page
def prices(page: Page) -> Iterator[Row | Rejected]:
    """One Price per offer and country, for one piece, VAT included; an offer without a price gives none."""
    yield from each(_offers(page), _prices, name="offer", id_key="offerId")


@whole_page
def stock(page: Page) -> Iterator[Row | Rejected]:
    """Units that we told bol (own offers), or units in bol's warehouse (inventory)."""
    for raw in _offers(page, "inventory"):
        is_inventory = isinstance(raw, Mapping) and "bsku" in raw
        yield from each(
            [raw],
            _inventory if is_inventory else _own_stock,
            name="stock",
            id_key="bsku" if is_inventory else "offerId",
        )


def _offers(page: Page, *more: str) -> Iterator[Any]:
    """Offers of a JSON answer or lines of a CSV report, both as mappings with the JSON's names."""
    content = read_text(page)
    if content.lstrip()[:1] not in ("{", "["):
        yield from _csv_offers(content)
        return
    body = read_json(page)
    reasons: Mapping[str, Any] = {}
    if isinstance(body, Mapping) and "list" in body:
        body, reasons = body["list"], inner(body, "reasons")
    key = next((key for key in more if isinstance(body, Mapping) and key in body), "offers")
    if isinstance(body, Mapping) and "page" in body and key not in body:
        return
    for offer in pieces_of(body, key):
        found = reasons.get(text(offer, "offerId")) if isinstance(offer, Mapping) else None
        yield {**offer, "notForSaleReasons": found} if found else offer


def _csv_offers(content: str) -> Iterator[Mapping[str, Any]]:
    """Lines by header name, because bol inserts columns anywhere; comma, semicolon or tab."""
    content = content.lstrip("\r\n ")
    head = content.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=delimiter)
    try:
        if "offerId" not in [name.strip() for name in reader.fieldnames or []]:
            raise Unreadable(
                "the file is neither JSON nor a CSV with the column offerId; check the resource and the file"
            )
        for line in reader:
            yield _from_csv(
                {(key or "").strip(): (value or "") for key, value in line.items() if not isinstance(value, list)}
            )
    except csv.Error as error:
        raise Unreadable(f"the CSV breaks off ({error}); download it again") from error


def _from_csv(line: Mapping[str, str]) -> dict[str, Any]:
    """A line of the export or of the report of unpublished offers, in the nesting of the JSON."""
    offer: dict[str, Any] = {
        "offerId": line.get("offerId", ""),
        "ean": line.get("ean", ""),
        "reference": line.get("referenceCode") or line.get("reference", ""),
        "changed": line.get("mutationDateTime", ""),
        "fulfilment": {"method": line.get("fulfilmentType", "")},
    }
    if line.get("bundlePricesPrice"):
        offer["prices"] = [{"quantity": 1, "unitPrice": line["bundlePricesPrice"]}]
    counts = {"amount": line.get("stockAmount"), "correctedStock": line.get("correctedStock")}
    offer["stock"] = {key: value for key, value in counts.items() if value}
    if line.get("onHoldByRetailer"):
        offer["onHoldByRetailer"] = line["onHoldByRetailer"].strip().lower() == "true"
    if reason := line.get("notPublishableReason"):
        told = line.get("notPublishableReasonDescription", "")
        offer["notPublishableReasons"] = [{"code": reason, "description": told}]
    return offer


def _listings(raw: Mapping[str, Any]) -> Iterator[Listing]:
    issues = _issues(raw)
    for country in _countries(raw):
        own = tuple(issue for place, issue in issues if place in ("", country)) if issues is not None else None
        status, word = _status(raw, country, own)
        yield Listing(
            external_id=required(raw, "offerId"),
            changed_at=_changed_at(raw),
            channel=country,
            sku=text(raw, "reference"),
            product_ids=product_ids(ean=_ean(raw), offer=text(raw, "offerId")),
            title=_title(raw),
            status=status,
            status_raw=word,
            fulfilment=_method(raw),
            price=_price(raw),
            quantity=_quantity(raw),
            issues=own,
            content=_switches(raw),
            extra=_extra(raw),
        )


def _switches(raw: Mapping[str, Any]) -> dict[str, str]:
    """Whether we hold it back, and what we promise; the words of its product are in the catalogue."""
    told = {"on_hold": documents.on_hold(raw), "delivery": documents.delivery(raw)}
    return {field: value for field, value in told.items() if value}


def _prices(raw: Mapping[str, Any]) -> Iterator[Price]:
    offer_id, price = required(raw, "offerId"), _price(raw)
    if price is None:
        if "retailerId" in raw:
            raise Unreadable("this is an offer of anyone who sells the product; ask for our own offers")
        return
    for country in _countries(raw):
        yield Price(
            external_id=offer_id,
            changed_at=_changed_at(raw),
            channel=country,
            sku=text(raw, "reference"),
            price=price,
        )


def _own_stock(raw: Mapping[str, Any]) -> Iterator[Stock]:
    """Only offers that the retailer ships have a stock of ours; of the others the warehouse tells."""
    if _method(raw) == Fulfilment.MARKETPLACE:
        return
    yield Stock(
        external_id=required(raw, "offerId"),
        changed_at=_changed_at(raw),
        sku=text(raw, "reference"),
        product_ids=product_ids(ean=_ean(raw), offer=text(raw, "offerId")),
        pool=OWN_POOL,
        fulfilment=Fulfilment.MERCHANT,
        available=_quantity(raw),
    )


def _inventory(raw: Mapping[str, Any]) -> Iterator[Stock]:
    yield Stock(
        external_id=required(raw, "bsku"),
        product_ids=product_ids(ean=text(raw, "ean"), unit=text(raw, "bsku")),
        pool=MARKETPLACE_POOL,
        fulfilment=Fulfilment.MARKETPLACE,
        available=counted(raw, "regularStock"),
        unsellable=whole(raw, "gradedStock"),
        extra={"title": text(raw, "title")} if text(raw, "title") else {},
    )


def _countries(raw: Mapping[str, Any]) -> list[str]:
    """v11 `countryAvailabilities`, v10 `store.visible`; one without a name where neither tells."""
    places = records(raw, "countryAvailabilities") or records(inner(raw, "store"), "visible")
    return [code for place in places if (code := text(place, "countryCode").upper())] or [""]


def _ean(raw: Mapping[str, Any]) -> str:
    return text(raw, "ean") or text(inner(raw, "product"), "ean")


def _title(raw: Mapping[str, Any]) -> str:
    return (
        text(inner(raw, "store"), "productTitle")
        or text(inner(raw, "product"), "title")
        or text(raw, "unknownProductTitle")
    )


def _method(raw: Mapping[str, Any]) -> Fulfilment:
    return fulfilment(text(inner(raw, "fulfilment"), "method"))


def _changed_at(raw: Mapping[str, Any]) -> Any:
    told = text(raw, "lastModifiedDateTime", "lastModifiedAt", "changed")
    return moment(told, "the time of the last change")


def _price(raw: Mapping[str, Any]) -> Money | None:
    """The price of one piece; larger bundles are discounts for several."""
    pricing = inner(raw, "pricing")
    bundles = records(pricing, "bundlePrices") or records(raw, "prices")
    single = next((bundle for bundle in bundles if whole(bundle, "quantity") in (1, None)), None)
    return euros(single, "unitPrice") if single else None


def _quantity(raw: Mapping[str, Any]) -> int | None:
    """What can be sold: corrected for open orders where bol tells it."""
    told = inner(raw, "stock")
    corrected = whole(told, "correctedStock")
    return corrected if corrected is not None else whole(told, "amount")


def _status(raw: Mapping[str, Any], country: str, issues: Sequence[ListingIssue] | None) -> tuple[ListingStatus, str]:
    """Our word and bol's: held back by us, blocked with reasons, for sale, or merely not for sale."""
    if raw.get("onHoldByRetailer") is True:
        return ListingStatus.PAUSED, "onHoldByRetailer"
    if issues:
        return ListingStatus.SUPPRESSED, ",".join(issue.code for issue in issues)
    places = records(raw, "countryAvailabilities")
    for_sale = next((p.get("forSale") for p in places if text(p, "countryCode").upper() == country), None)
    if for_sale is False:
        return ListingStatus.INACTIVE, "forSale=false"
    if for_sale is True or (country and "store" in raw):
        return ListingStatus.ACTIVE, "forSale=true" if for_sale else "visible"
    if "store" in raw:
        return ListingStatus.INACTIVE, "not visible"
    return ListingStatus.UNKNOWN, ""


def _issues(raw: Mapping[str, Any]) -> list[tuple[str, ListingIssue]] | None:
    """Reasons why an offer is not for sale with the country they hold in ("" is every one); None when not told."""
    if "notPublishableReasons" not in raw and "notForSaleReasons" not in raw:
        return None
    found = [("", reason) for reason in records(raw, "notPublishableReasons")]
    told = raw.get("notForSaleReasons")
    if told is not None:
        found += list(_reasons(told, ""))
    return [(country, _issue(reason)) for country, reason in found]


def _reasons(told: Any, country: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """v11 groups reasons by country in a nesting that it changed before: any object with a code is a reason."""
    if isinstance(told, list):
        for piece in told:
            yield from _reasons(piece, country)
    elif isinstance(told, Mapping):
        place = text(told, "countryCode").upper() or country
        if "code" in told:
            yield place, told
        for piece in told.values():
            if isinstance(piece, list | Mapping):
                yield from _reasons(piece, place)


def _issue(reason: Mapping[str, Any]) -> ListingIssue:
    attributes = [
        text(record(a, "attribute"), "id", "name") if isinstance(a, Mapping) else str(a)
        for a in listed(reason, "missingAttributes") or listed(reason, "attributes")
    ]
    return ListingIssue(
        code=required(reason, "code"),
        severity=Severity.ERROR,
        message=text(reason, "description") or text(reason, "code"),
        attributes=tuple(attributes),
        is_blocking=True,
    )


def _extra(raw: Mapping[str, Any]) -> dict[str, Any]:
    condition, promise = inner(raw, "condition"), inner(raw, "fulfilment")
    found = {"condition": text(condition, "name", "category"), "delivery": text(promise, "deliveryCode", "schedule")}
    return {key: value for key, value in found.items() if value}
