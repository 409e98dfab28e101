"""Questions of twenty at a time: what a sale would cost, and who else sells an item."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from config.core import clock
from config.core.errors import RateLimited
from marketplaces.adapters.amazon import listing_search
from marketplaces.adapters.amazon.api import Api
from marketplaces.adapters.amazon.errors import pause
from marketplaces.contract import AccountFacts, Store

_SIZE = 20
_MOST_BATCHES = 10
Subject = Mapping[str, str]
Ask = Callable[[Api, AccountFacts, list[tuple[Store, Subject]]], bytes]


def fees(api: Api, account: AccountFacts, subjects: Sequence[Subject]) -> Iterator[bytes]:
    """Fee estimates at the price that each listing has now; a listing without a price cannot be estimated."""
    return _batches(api, account, sorted(subjects, key=lambda s: s.get("channel", "")), _ask_fees)


def offers(api: Api, account: AccountFacts, subjects: Sequence[Subject]) -> Iterator[bytes]:
    """All offers of the subjects' items; several listings of one item in one store are asked about once."""
    items = {(s["channel"], s["item"]): s for s in subjects if s.get("item")}
    return _batches(api, account, list(items.values()), _ask_offers)


def _batches(
    api: Api,
    account: AccountFacts,
    subjects: Sequence[Subject],
    ask: Ask,
) -> Iterator[bytes]:
    """Batches until the budget is used up; what was not reached stays the stalest and comes first next time."""
    stores = {store.code: store for store in account.stores}
    known = [(stores[s["channel"]], s) for s in subjects if s.get("channel") in stores]
    for place in range(0, min(len(known), _SIZE * _MOST_BATCHES), _SIZE):
        try:
            yield ask(api, account, known[place : place + _SIZE])
        except RateLimited:
            if place == 0:
                raise
            return


def _ask_fees(api: Api, account: AccountFacts, batch: list[tuple[Store, Subject]]) -> bytes:
    questions = []
    for store in dict.fromkeys(store for store, _ in batch):
        skus = [subject["sku"] for other, subject in batch if other == store]
        questions += [_fee_question(store, item) for item in listing_search.by_sku(api, account, store, skus)]
    questions = [question for question in questions if question]
    if not questions:
        return b"[]"
    path = "/products/fees/v0/feesEstimate"
    reply = api.write("getMyFeesEstimates", "POST", path, body=questions, idempotent=True)
    reply.json()
    return reply.body


def _fee_question(store: Store, item: Mapping[str, Any]) -> dict[str, Any]:
    """The question about one listing as the search shows it; empty when it has no price."""
    prices = [o["price"]["amount"] for o in item.get("offers") or () if o.get("offerType", "B2C") == "B2C"]
    channels = [str(row.get("fulfillmentChannelCode")) for row in item.get("fulfillmentAvailability") or ()]
    if not prices:
        return {}
    price = {"CurrencyCode": store.currency, "Amount": Decimal(str(prices[0]))}
    return {
        "IdType": "SellerSKU",
        "IdValue": item["sku"],
        "FeesEstimateRequest": {
            "MarketplaceId": store.external_id,
            "IsAmazonFulfilled": any(channel.startswith("AMAZON") for channel in channels),
            "PriceToEstimateFees": {"ListingPrice": price},
            "Identifier": f"{store.code}:{item['sku']}",
        },
    }


def _ask_offers(api: Api, account: AccountFacts, batch: list[tuple[Store, Subject]]) -> bytes:
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
    reply = api.write("getItemOffersBatch", "POST", path, body={"requests": requests}, idempotent=True)
    statuses = [(answer.get("status") or {}).get("statusCode") for answer in reply.json().get("responses") or []]
    if statuses and all(status == 429 for status in statuses):
        until = clock.now() + pause("getItemOffersBatch")
        raise RateLimited("getItemOffersBatch: every item of the batch was throttled.", until=until)
    return reply.body
