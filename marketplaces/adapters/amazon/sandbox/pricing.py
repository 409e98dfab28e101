"""Offer batches and fee estimates, twenty at a time."""

from __future__ import annotations

from decimal import Decimal
from email.utils import format_datetime
from typing import Any

from config.core.money import Money, total
from marketplaces.adapters.amazon.sandbox import ids
from marketplaces.adapters.amazon.sandbox.answers import Refused, body_of, ok, pascal, stamp
from marketplaces.canonical import Fulfilment
from marketplaces.contract import Store
from marketplaces.sandbox import tariffs
from marketplaces.sandbox.facts import Answer, Request, View, WorldCompetitor, WorldListing, WorldOffer

_SIZE = 20


def offers(view: View, request: Request) -> Answer:
    asked = body_of(request).get("requests")
    if not isinstance(asked, list) or not 1 <= len(asked) <= _SIZE:
        raise Refused(400, "InvalidInput", "requests must hold 1 to 20 requests.")
    skus = {(store.external_id, ids.item_id(product.serial)): product.sku for store, product in view.offered()}
    return ok({"responses": [_answer(view, one, skus) for one in asked]})


def _answer(view: View, asked: dict[str, Any], skus: dict[tuple[str, str], str]) -> dict[str, Any]:
    """Each item is answered by itself; an unknown one is an error inside a good answer."""
    item, store_id = str(asked.get("uri", "")).split("/")[-2], asked.get("MarketplaceId", "")
    echo = {"MarketplaceId": store_id, "ItemCondition": "New", "CustomerType": "Consumer", "Asin": item}
    store = next((store for store in view.stores if store.external_id == store_id), None)
    sku = skus.get((store_id, item))
    found = view.offer(sku, store.code) if sku and store else None
    if found is None:
        errors = {"errors": [{"code": "InvalidInput", "message": f"{item} is an invalid ASIN for this store."}]}
        return {"status": {"statusCode": 400, "reasonPhrase": "Bad Request"}, "body": errors, "request": echo}
    headers = {"Date": format_datetime(found.observed_at.replace(microsecond=0)), "x-amzn-RequestId": "simulated"}
    body = {"payload": _payload(view, found, item)}
    return {"headers": headers, "status": {"statusCode": 200, "reasonPhrase": "OK"}, "body": body, "request": echo}


def _payload(view: View, offer: WorldOffer, item: str) -> dict[str, Any]:
    store = offer.listing.store.external_id
    rows = [_own(view, offer), *(_other(one) for one in offer.competitors)]
    return {
        "ASIN": item,
        "marketplaceId": store,
        "ItemCondition": "New",
        "status": "Success",
        "Identifier": {"MarketplaceId": store, "ASIN": item, "ItemCondition": "New"},
        "Summary": _summary(offer, rows),
        "Offers": rows[:20],
    }


def _summary(offer: WorldOffer, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A product of which nobody is featured has no featured price at all."""
    cheapest = min(rows, key=lambda row: row["ListingPrice"]["Amount"] + row["Shipping"]["Amount"])
    winner = next((row for row in rows if row["IsBuyBoxWinner"]), None)
    summary: dict[str, Any] = {
        "TotalOfferCount": len(rows),
        "NumberOfOffers": [{"condition": "new", "fulfillmentChannel": "Merchant", "OfferCount": len(rows)}],
        "LowestPrices": [{"condition": "new", "fulfillmentChannel": "Merchant", **_prices(cheapest)}],
    }
    if winner:
        summary["BuyBoxPrices"] = [{"condition": "New", **_prices(winner)}]
    return summary


def _prices(row: dict[str, Any]) -> dict[str, Any]:
    listed, shipping = row["ListingPrice"], row["Shipping"]
    landed = {"CurrencyCode": listed["CurrencyCode"], "Amount": listed["Amount"] + shipping["Amount"]}
    return {"LandedPrice": landed, "ListingPrice": listed, "Shipping": shipping}


def _own(view: View, offer: WorldOffer) -> dict[str, Any]:
    listing = offer.listing
    free = Money(Decimal(0), listing.price.currency)
    is_network = listing.fulfilment is Fulfilment.MARKETPLACE
    row = _row(listing.price, free, is_network=is_network, is_winner=offer.is_featured_own is True)
    return {**row, "SellerId": view.account.settings["seller_id"]}


def _other(one: WorldCompetitor) -> dict[str, Any]:
    is_network = one.fulfilment is Fulfilment.MARKETPLACE
    row = _row(one.price, one.shipping, is_network=is_network, is_winner=one.is_featured)
    return {**row, "SellerId": ids.seller_id(one.seller_serial)}


def _row(price: Money, shipping: Money, *, is_network: bool, is_winner: bool) -> dict[str, Any]:
    return {
        "SubCondition": "new",
        "ShippingTime": {"minimumHours": 24, "maximumHours": 48, "availabilityType": "NOW"},
        "ListingPrice": pascal(price),
        "Shipping": pascal(shipping),
        "IsFulfilledByAmazon": is_network,
        "IsBuyBoxWinner": is_winner,
        "IsFeaturedMerchant": True,
    }


def fees(view: View, request: Request) -> Answer:
    asked = body_of(request)
    if not isinstance(asked, list) or not 1 <= len(asked) <= _SIZE:
        raise Refused(400, "InvalidInput", "The body must hold 1 to 20 requests.")
    return ok([_estimate(view, one) for one in asked])


def _estimate(view: View, asked: dict[str, Any]) -> dict[str, Any]:
    question = asked["FeesEstimateRequest"]
    identifier = {
        "MarketplaceId": question["MarketplaceId"],
        "SellerId": view.account.settings["seller_id"],
        "IdType": asked["IdType"],
        "IdValue": asked["IdValue"],
        "IsAmazonFulfilled": bool(question.get("IsAmazonFulfilled")),
        "PriceToEstimateFees": question["PriceToEstimateFees"],
        "SellerInputIdentifier": question["Identifier"],
    }
    store = next((store for store in view.stores if store.external_id == question["MarketplaceId"]), None)
    listing = view.listing(asked["IdValue"], store.code) if store else None
    if store is None or listing is None:
        problem = {"Type": "Sender", "Code": "InvalidParameterValue", "Message": "There is no such item.", "Detail": []}
        return {"Status": "ClientError", "FeesEstimateIdentifier": identifier, "Error": problem}
    price = Money(question["PriceToEstimateFees"]["ListingPrice"]["Amount"], store.currency)
    details = _details(listing, store, price, is_network=identifier["IsAmazonFulfilled"])
    estimate = {
        "TimeOfFeesEstimation": stamp(view.at),
        "TotalFeesEstimate": pascal(
            total((Money(d["FinalFee"]["Amount"], store.currency) for d in details), store.currency)
        ),
        "FeeDetailList": details,
    }
    return {"Status": "Success", "FeesEstimateIdentifier": identifier, "FeesEstimate": estimate}


def _details(listing: WorldListing, store: Store, price: Money, *, is_network: bool) -> list[dict[str, Any]]:
    referral = tariffs.part(price, Decimal(tariffs.COMMISSION[listing.product.category]))
    details = [_detail("ReferralFee", referral)]
    if is_network:
        sending = tariffs.in_currency(tariffs.fulfilment_eur(listing.product.weight_g), store.currency)
        details.append({**_detail("FBAFees", sending), "IncludedFeeDetailList": [_detail("FBAPickAndPack", sending)]})
    return details


def _detail(kind: str, fee: Money) -> dict[str, Any]:
    free = Money(Decimal(0), fee.currency)
    return {"FeeType": kind, "FeeAmount": pascal(fee), "FeePromotion": pascal(free), "FinalFee": pascal(fee)}
