"""The world in Amazon's words: every call that our client makes, answered as Amazon answers it."""

from __future__ import annotations

from marketplaces.adapters.amazon.sandbox import (
    definitions,
    inventory,
    legacy,
    listings,
    orders,
    pricing,
    reports,
    tokens,
)
from marketplaces.adapters.amazon.sandbox.answers import error, guarded, ok
from marketplaces.adapters.amazon.sandbox.events import sandbox_event
from marketplaces.adapters.amazon.stores import DOMAINS
from marketplaces.sandbox.facts import Answer, Request, View
from marketplaces.sandbox.wire import Handler, Route, SandboxApi

__all__ = ["API", "sandbox_event"]

_ORDER = r"(?P<order>[^/]+)"
_ITEM = r"/listings/2021-08-01/items/(?P<seller>[^/]+)/(?P<sku>.+)"
_REPORTS = "/reports/2021-06-30"


def _stores(view: View, request: Request) -> Answer:
    entries = [
        {
            "marketplace": {
                "id": store.external_id,
                "countryCode": store.country,
                "name": DOMAINS[store.code].capitalize(),
                "defaultCurrencyCode": store.currency,
                "defaultLanguageCode": "en_GB",
                "domainName": f"www.{DOMAINS[store.code]}",
            },
            "storeName": view.account.label,
            "participation": {"isParticipating": True, "hasSuspendedListings": False},
        }
        for store in view.stores
    ]
    return ok({"payload": entries})


def _route(method: str, path: str, operation: str, handler: Handler) -> Route:
    return Route(method, path, guarded(handler), operation)


def _throttled(request: Request, wait: float) -> Answer:
    """Their 429 does not say when to come back."""
    return error(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")


def _broken(request: Request, status: int) -> Answer:
    code = "ServiceUnavailable" if status == 503 else "InternalFailure"
    return error(status, code, "We encountered an internal error. Please try again.")


def _not_found(request: Request) -> Answer:
    return error(403, "MissingAuthenticationToken", "Missing Authentication Token")


API = SandboxApi(
    routes=(
        Route("POST", "/auth/o2/token", tokens.issue, is_open=True),
        Route("GET", "/storage/(?P<document>.+)", guarded(reports.storage), is_open=True),
        _route("GET", "/sellers/v1/marketplaceParticipations", "getMarketplaceParticipations", _stores),
        _route("GET", "/orders/2026-01-01/orders", "searchOrders", orders.search),
        _route("GET", f"/orders/2026-01-01/orders/{_ORDER}", "getOrder", orders.get),
        _route("GET", "/orders/v0/orders", "getOrdersV0", legacy.search),
        _route("GET", f"/orders/v0/orders/{_ORDER}", "getOrderV0", legacy.get),
        _route("GET", f"/orders/v0/orders/{_ORDER}/orderItems", "getOrderItemsV0", legacy.items),
        _route("POST", f"/orders/v0/orders/{_ORDER}/shipmentConfirmation", "confirmShipment", orders.confirm),
        _route("GET", f"{_REPORTS}/reports", "getReports", reports.listing),
        _route("POST", f"{_REPORTS}/reports", "createReport", reports.create),
        _route("GET", f"{_REPORTS}/reports/(?P<report>[^/]+)", "getReport", reports.get),
        _route("GET", f"{_REPORTS}/documents/(?P<document>.+)", "getReportDocument", reports.document),
        _route("GET", r"/listings/2021-08-01/items/(?P<seller>[^/]+)", "searchListingsItems", listings.search),
        _route("GET", _ITEM, "getListingsItem", listings.get),
        _route("PATCH", _ITEM, "patchListingsItem", listings.patch),
        Route("GET", "/schemas/(?P<type>[^/]+)", guarded(definitions.schema), is_open=True),
        _route("GET", "/definitions/2020-09-01/productTypes", "searchDefinitionsProductTypes", definitions.types),
        _route(
            "GET", "/definitions/2020-09-01/productTypes/(?P<type>[^/]+)", "getDefinitionsProductType", definitions.one
        ),
        _route("GET", "/fba/inventory/v1/summaries", "getInventorySummaries", inventory.summaries),
        _route("POST", "/batches/products/pricing/v0/itemOffers", "getItemOffersBatch", pricing.offers),
        _route("POST", "/products/fees/v0/feesEstimate", "getMyFeesEstimates", pricing.fees),
    ),
    authorise=tokens.authorise,
    throttled=_throttled,
    broken=_broken,
    not_found=_not_found,
)
