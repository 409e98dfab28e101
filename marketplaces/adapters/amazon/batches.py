"""Questions of twenty at a time: what a sale would cost, and who else sells an item."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from config.core import clock
from config.core.errors import RateLimited
from marketplaces.adapters.amazon.api import Api
from marketplaces.adapters.amazon.errors import pause
from marketplaces.contract import AccountFacts, Store

_SIZE = 20
_MOST_BATCHES = 10
Subject = Mapping[str, str]


def fees(api: Api, account: AccountFacts, subjects: Sequence[Subject]) -> Iterator[bytes]:
    """Fee estimates at the price a listing has now; subjects without a price cannot be estimated and are left out."""
    priced = [subject for subject in subjects if subject.get("price")]
    return _batches(api, account, priced, _ask_fees)


def offers(api: Api, account: AccountFacts, subjects: Sequence[Subject]) -> Iterator[bytes]:
    """All offers of the subjects' items; several listings of one item in one store are asked about once."""
    items = {(s["channel"], s["item"]): s for s in subjects if s.get("item")}
    return _batches(api, account, list(items.values()), _ask_offers)


def _batches(
    api: Api,
    account: AccountFacts,
    subjects: Sequence[Subject],
    ask: Callable[[Api, list[tuple[Store, Subject]]], bytes],
) -> Iterator[bytes]:
    """Batches until the budget is used up; what was not reached stays the stalest and comes first next time."""
    stores = {store.code: store for store in account.stores}
    known = [(stores[s["channel"]], s) for s in subjects if s.get("channel") in stores]
    for place in range(0, min(len(known), _SIZE * _MOST_BATCHES), _SIZE):
        try:
            yield ask(api, known[place : place + _SIZE])
        except RateLimited:
            if place == 0:
                raise
            return


def _ask_fees(api: Api, batch: list[tuple[Store, Subject]]) -> bytes:
    body = [_fee_question(store, subject) for store, subject in batch]
    path = "/products/fees/v0/feesEstimate"
    return api.write("getMyFeesEstimates", "POST", path, body=body, idempotent=True).body


def _fee_question(store: Store, subject: Subject) -> dict[str, Any]:
    price = {"CurrencyCode": store.currency, "Amount": _number(subject["price"])}
    return {
        "IdType": "SellerSKU",
        "IdValue": subject["sku"],
        "FeesEstimateRequest": {
            "MarketplaceId": store.external_id,
            "IsAmazonFulfilled": subject.get("fulfilment") == "marketplace",
            "PriceToEstimateFees": {"ListingPrice": price},
            "Identifier": f"{store.code}:{subject['sku']}",
        },
    }


def _number(text: str) -> int | float:
    """JSON wants a number here; a price in minor units is written back exactly by its shortest form."""
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)


def _ask_offers(api: Api, batch: list[tuple[Store, Subject]]) -> bytes:
    """The batch answers 200 even where single items were throttled; when all of them were, so was the batch."""
    requests = [
        {
            "uri": f"/products/pricing/v0/items/{subject['item']}/offers",
            "method": "GET",
            "MarketplaceId": store.external_id,
            "ItemCondition": "New",
            "CustomerType": "Consumer",
        }
        for store, subject in batch
    ]
    path = "/batches/products/pricing/v0/itemOffers"
    body = api.write("getItemOffersBatch", "POST", path, body={"requests": requests}, idempotent=True).body
    statuses = [(answer.get("status") or {}).get("statusCode") for answer in json.loads(body).get("responses") or []]
    if statuses and all(status == 429 for status in statuses):
        until = clock.now() + pause("getItemOffersBatch")
        raise RateLimited("getItemOffersBatch: every item of the batch was throttled.", until=until)
    return body
